"""The built wheels and sdists, as a user gets them. `nox -s wheels` builds them and runs this."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.metadata import Metadata
from wire import Wire, answer

if "DIST" not in os.environ:
    pytest.skip("needs built wheels: run `nox -s wheels`", allow_module_level=True)

DIST = Path(os.environ["DIST"])
WHEELHOUSE = Path(os.environ["WHEELHOUSE"])
VERSION = (Path(__file__).parent.parent / "VERSION").read_text().strip()
PACKAGES = sorted(path.parent.name for path in Path(__file__).parent.glob("../packages/*/pyproject.toml"))
SERVICES = [name for name in PACKAGES if name not in ("tc-core", "tc-testing")]
# What httpx, mohawk, slugid and typing_extensions bring, these four, and tc-core itself.
CORE_DISTRIBUTIONS = 11
UV = ("--no-cache", "--offline", "--python")

each_package = pytest.mark.parametrize("name", PACKAGES)


def stem(name: str) -> str:
    return f"{name.replace('-', '_')}-{VERSION}"


def wheel(name: str) -> Path:
    return DIST / f"{stem(name)}-py3-none-any.whl"


def sdist(name: str) -> Path:
    return DIST / f"{stem(name)}.tar.gz"


def run(*command: str | Path, cwd: Path | None = None) -> str:
    finished = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@each_package
def test_metadata_is_valid_and_complete(name: str) -> None:
    with ZipFile(wheel(name)) as archive:
        metadata = Metadata.from_email(archive.read(f"{stem(name)}.dist-info/METADATA"), validate=True)
    assert metadata.name == name
    assert str(metadata.version) == VERSION
    assert str(metadata.requires_python) == ">=3.11"
    assert metadata.license_expression == "MPL-2.0"
    assert metadata.summary
    assert metadata.description_content_type == "text/markdown"
    assert f"# {name}\n" in (metadata.description or "")


@each_package
def test_packages_of_the_house_are_pinned_exactly(name: str) -> None:
    with ZipFile(wheel(name)) as archive:
        metadata = Metadata.from_email(archive.read(f"{stem(name)}.dist-info/METADATA"))
    ours = [need for need in metadata.requires_dist or [] if need.name.startswith("tc-")]
    # One behind an extra has a marker too.
    assert [str(need.specifier) for need in ours] == [f"=={VERSION}"] * len(ours)
    assert ours or name == "tc-core"


@each_package
def test_licence_and_type_marker_are_inside(name: str) -> None:
    package = name.replace("-", "_")
    with ZipFile(wheel(name)) as archive:
        assert {f"{package}/py.typed", f"{stem(name)}.dist-info/licenses/LICENSE"} <= set(archive.namelist())
    with tarfile.open(sdist(name)) as archive:
        inside = {f"{stem(name)}/{path}" for path in ("LICENSE", "README.md", f"src/{package}/py.typed")}
        assert inside <= set(archive.getnames())


@each_package
def test_building_from_the_sdist_gives_the_same_bytes(name: str, tmp_path: Path) -> None:
    with tarfile.open(sdist(name)) as archive:
        archive.extractall(tmp_path, filter="data")
    again = tmp_path / "again"
    run(sys.executable, "-m", "hatchling", "build", "-d", again, cwd=tmp_path / stem(name))
    for file in (wheel(name), sdist(name)):
        assert (again / file.name).read_bytes() == file.read_bytes(), file.name


def install(where: Path, *names: str) -> Path:
    """Make an environment that holds these wheels and what they need; return its Python."""
    run(sys.executable, "-m", "venv", "--without-pip", where)
    python = where / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    # The core with pip, as most do; the many others with uv, which takes a tenth of the time.
    tool = (
        ("pip", "--python", python, "install") if len(names) == 1 else ("uv", "pip", "install", *UV, python)
    )
    wheels = (wheel(name) for name in names)
    run(sys.executable, "-m", *tool, "--no-index", "--find-links", WHEELHOUSE, *wheels)
    return python


def distributions(python: Path) -> list[str]:
    program = "from importlib.metadata import distributions as all; print(*(each.name for each in all()))"
    return sorted(run(python, "-I", "-c", program).split())


def called(python: Path, program: str) -> tuple[str, str]:
    """Run a program of one call, with a root URL as its argument; return what it printed and what it asked for."""
    with Wire(answer(200, {"alive": True})) as wire:
        printed = run(python, "-I", "-c", program, wire.url)
    (request,) = wire.requests
    return printed, f"{request.verb} {request.target}"


def test_the_core_installs_alone_and_makes_a_call(tmp_path: Path) -> None:
    python = install(tmp_path, "tc-core")
    assert len(distributions(python)) == CORE_DISTRIBUTIONS, distributions(python)
    program = (
        "import sys, tc_core; print(tc_core.Client(sys.argv[1]).request('GET', 'api/queue/v1/ping').json())"
    )
    assert called(python, program) == ("{'alive': True}\n", "GET /api/queue/v1/ping")


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_installs_with_the_core_alone_and_makes_a_call(name: str, tmp_path: Path) -> None:
    python = install(tmp_path, "tc-core", name)
    assert len(distributions(python)) == CORE_DISTRIBUTIONS + 1, distributions(python)
    service = "".join(word.title() for word in name.split("-")[1:])
    program = (
        f"import sys; from {name.replace('-', '_')} import {service}; print({service}(sys.argv[1]).ping())"
    )
    assert called(python, program) == ("{'alive': True}\n", f"GET /api/{name[3:]}/v1/ping")


def test_the_local_taskcluster_installs_with_the_core_alone_and_answers_a_call(tmp_path: Path) -> None:
    python = install(tmp_path, "tc-core", "tc-testing")
    assert {"tc-core", "tc-testing"} == {name for name in distributions(python) if name.startswith("tc-")}
    program = (
        "from tc_core import Client; from tc_testing import LocalTaskcluster\n"
        "with LocalTaskcluster() as local: print(Client(local.root_url).request('GET', 'api/queue/v1/ping').status)"
    )
    assert run(python, "-I", "-c", program) == "200\n"
