"""No method of Taskcluster is without a wire test."""

from __future__ import annotations

from wire_cases import HOUSE, Expected

PACKAGES = [path.parents[1] for path in HOUSE.glob("packages/*/tests/test_wire.py")]


def test_each_service_has_wire_tests() -> None:
    services = {path.stem for path in HOUSE.glob("codegen/api/*.json")}
    assert {package.name for package in PACKAGES} == {f"tc-{service}" for service in services}


def test_they_are_as_many_as_taskcluster_106_has_methods() -> None:
    expected = [Expected.read(package) for package in PACKAGES]
    verbs = [verb for each in expected for verb in {case.method: case.verb for case in each.cases}.values()]
    assert len(expected) == 11
    assert len(verbs) == 194
    assert verbs.count("GET") == 125
    assert sum(len(each.pages) for each in expected) == 35
