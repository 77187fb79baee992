"""All cassettes together: every method is on one, none shows a secret, and the manual says what they hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from cassette_page import NOT_RECORDED, PAGE, held, page
from cassettes import CASSETTES, HOUSE, cassette_of, label, recorded_tests, what_is_said_of

from tc_testing._facts import methods
from tc_testing.recording import leaks

PATHS = sorted(HOUSE.glob(CASSETTES))
TESTS = sorted(HOUSE.glob("packages/*/tests/test_cassettes.py"))


def test_every_method_is_on_a_cassette_or_has_a_reason_not_to_be() -> None:
    every = [f"{method.service}.{method.name}" for method in methods()]
    on_cassettes = held()
    assert len(every) == 194
    assert [name for name in every if name not in on_cassettes and name not in NOT_RECORDED] == []
    assert [name for name in NOT_RECORDED if name not in every or name in on_cassettes] == []


def test_every_method_on_a_cassette_has_succeeded_once() -> None:
    failed = [name for name, cassettes in held().items() if min(set[int]().union(*cassettes.values())) >= 400]
    assert failed == []


def test_every_service_has_recordings_of_success_and_of_errors() -> None:
    statuses: dict[str, set[int]] = {}
    for name, cassettes in held().items():
        statuses.setdefault(name.partition(".")[0], set()).update(*cassettes.values())
    assert len(statuses) == 11
    assert [name for name, found in statuses.items() if 200 not in found or max(found) < 400] == []
    assert {200, 303, 400, 401, 403, 404, 406, 409, 424} <= set().union(*statuses.values())


def test_a_failure_that_a_retry_mended_is_on_a_cassette() -> None:
    cassette = "tc-queue/a-group-is-listed-sealed-and-cancelled"
    path = HOUSE / f"packages/{cassette.replace('/', '/tests/cassettes/')}.yaml"
    # A deployment does not fail when it is told to.
    assert 500 in held()["queue.createTask"][cassette] or what_is_said_of(path)["kind"] == "deployment"


def test_each_cassette_belongs_to_a_test() -> None:
    names = {cassette_of(path, test.name) for path in TESTS for test in recorded_tests(path)}
    assert names == set(HOUSE.glob(CASSETTES))


@pytest.mark.parametrize("path", PATHS, ids=label)
def test_cassettes_show_no_secret_and_say_where_they_come_from(path: Path) -> None:
    assert leaks(path.read_text("utf-8")) == []
    said = what_is_said_of(path)
    assert said["kind"] in ("local", "deployment")
    assert said["version"]
    assert len(said["seed"]) == 32


def test_no_two_recordings_have_the_same_seed() -> None:
    seeds = [what_is_said_of(path)["seed"] for path in PATHS]
    assert len(set(seeds)) == len(seeds)


def test_the_manual_says_what_the_cassettes_hold(pytestconfig: pytest.Config) -> None:
    scopes = {
        path.parents[1].name: {scope for test in recorded_tests(path) for scope in test.needs.scopes}
        for path in TESTS
    }
    text = PAGE.read_text("utf-8")
    expected = page(text, scopes)
    if pytestconfig.getoption("--record"):
        PAGE.write_text(expected, "utf-8")
    else:
        assert text == expected, "run nox -s record"
