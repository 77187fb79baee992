"""Every job of the house. `nox --list` names them; `nox` alone runs what must pass before a change lands."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import nox
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

nox.options.sessions = ["lint", "types", "freshness", "tests", "wheels", "pythons", "report"]

Word = str | Path

ROOT = Path(__file__).parent
WORK = ROOT / ".nox"
REPORTS = WORK / "reports"
CONSTRAINTS = ROOT / "constraints.txt"
PIP_INSTALL: tuple[Word, ...] = ("pip", "install", "-qq", "-c", CONSTRAINTS)
PACKAGES = sorted(path.parent.name for path in ROOT.glob("packages/*/pyproject.toml"))
REPRODUCIBLE = {"SOURCE_DATE_EPOCH": "1577836800"}
SUITES = [name for name in PACKAGES if (ROOT / "packages" / name / "tests").is_dir()]
RECORDED = [name for name in SUITES if (ROOT / "packages" / name / "tests" / "test_cassettes.py").exists()]
OWN_SESSION = ("tests/test_types.py", "tests/test_wheels.py")
# What is tested in further environments, and what these tests need.
ESSENTIALS = ["tc-core", "tc-queue"]
FOR_ESSENTIALS = [*ESSENTIALS, "tc-object", "tc-testing"]
LATER_PYTHONS = ["3.12", "3.13", "3.14"]
# The same examples in each run, so that a change is not held up by what chance finds in another place.
# Without nox, and with `-- --hypothesis-profile=default`, they are drawn anew.
STEADY = "--hypothesis-profile=ci"
# Minutes, most of them of waiting for timeouts. `tests` has it, and on a hosted CI does so under each Python.
ADVERSITY = "packages/tc-core/tests/adversity"


@nox.session(venv_backend="none")
def lint(session: nox.Session) -> None:
    """Check style and formatting, and that the changelog fragments make a changelog."""
    dev(session, "ruff", "check", ".")
    dev(session, "ruff", "format", "--check", ".")
    dev(session, "towncrier", "build", "--draft", "--version", "next")


@nox.session(venv_backend="none")
def types(session: nox.Session) -> None:
    """Check all annotations with mypy and pyright, and that both see the deliberate mistakes."""
    dev(session, "mypy")
    dev(session, "pyright", "--project", ROOT / "pyproject.toml", "--pythonpath", development(session))
    pytest(session, "types", "tests/test_types.py")


@nox.session(venv_backend="none")
def freshness(session: nox.Session) -> None:
    """Check that the generated files are what the generator writes today."""
    dev(session, "codegen", "check")


@nox.session(venv_backend="none")
@nox.parametrize("suite", [nox.param(name, id=name) for name in [*SUITES, "house"]])
def tests(session: nox.Session, suite: str) -> None:
    """Run the tests of one package, or of the house as a whole."""
    if suite == "house":
        pytest(session, suite, "tests", *(f"--ignore={path}" for path in OWN_SESSION), *session.posargs)
    else:
        pytest(session, suite, f"packages/{suite}/tests", *session.posargs)


@nox.session(venv_backend="none")
def wheels(session: nox.Session) -> None:
    """Build every wheel and sdist, look inside, build them again, install them alone, and test what is inside.

    All tests run on what is installed but for those of adversity on sockets.
    """
    dist, wheelhouse = new_folder("dist"), new_folder("wheelhouse")
    built = hatch(session, development(session), PACKAGES, dist)
    dev(session, "pip", "wheel", "-qq", "-c", CONSTRAINTS, "-w", wheelhouse, *built)
    folders = {"DIST": str(dist), "WHEELHOUSE": str(wheelhouse)}
    pytest(session, "wheels", "tests/test_wheels.py", env=folders | REPRODUCIBLE)
    check_installed(session, "installed", PACKAGES, SUITES, "--ignore", ADVERSITY)


@nox.session(venv_backend="none")
def lowest(session: nox.Session) -> None:
    """Run the tests of tc-core and tc-queue with the lowest versions that the metadata allows."""
    constraints = new_folder("lowest-versions") / "constraints.txt"
    constraints.write_text(lowest_versions(FOR_ESSENTIALS))
    check_installed(session, "lowest", FOR_ESSENTIALS, ESSENTIALS, constraints=constraints)


@nox.session(venv_backend="none")
@nox.parametrize("version", [nox.param(version, id=version) for version in LATER_PYTHONS])
def pythons(session: nox.Session, version: str) -> None:
    """Run the tests of tc-core and tc-queue, but for those of adversity, under a later Python, where there is one."""
    base = find_python(version)
    if not base:
        session.skip(f"there is no Python {version} on the PATH, nor among those of pyenv")
    check_installed(
        session, f"python-{version}", FOR_ESSENTIALS, ESSENTIALS, "--ignore", ADVERSITY, base=base
    )


@nox.session(venv_backend="none")
def report(session: nox.Session) -> None:
    """Add up the results of the tests that ran since the last report, in one line."""
    counts = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for path in REPORTS.glob("*.xml"):
        for suite in ElementTree.parse(path).iter("testsuite"):
            for key in counts:
                counts[key] += int(suite.get(key, 0))
        path.unlink()
    failed = counts["failures"] + counts["errors"]
    passed = counts["tests"] - failed - counts["skipped"]
    print(f"{passed} passed, {failed} failed, {counts['skipped']} skipped", flush=True)


@nox.session(venv_backend="none")
def codegen(session: nox.Session) -> None:
    """Write the generated files anew, and print what needs words of ours or a look."""
    dev(session, "codegen", *session.posargs)


@nox.session(venv_backend="none")
def update(session: nox.Session) -> None:
    """Take in another Taskcluster version: `-- <file, folder or root URL> --version X.Y.Z`."""
    dev(session, "codegen", "update", *session.posargs)


@nox.session(venv_backend="none")
@nox.parametrize("package", [nox.param(name, id=name) for name in RECORDED])
def record(session: nox.Session, package: str) -> None:
    """Record cassettes anew from TASKCLUSTER_ROOT_URL, or with `-- --local` from tc-testing."""
    server = "local" if "--local" in session.posargs else "deployment"
    tests = (f"packages/{package}/tests/test_cassettes.py", "tests/test_cassettes.py")
    dev(session, "pytest", f"--record={server}", *tests)


@nox.session(venv_backend="none")
def build(session: nox.Session) -> None:
    """Build all wheels and sdists into dist/."""
    shutil.rmtree(ROOT / "dist", ignore_errors=True)
    hatch(session, development(session), PACKAGES, ROOT / "dist")


@nox.session(venv_backend="none")
def release(session: nox.Session) -> None:
    """Commit and tag a release: `-- X.Y.Z` or `-- X.Y.Z.postN`, with --dry-run or --upload URL."""
    dev(session, "release", *session.posargs, env=REPRODUCIBLE)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure against the official client and the floor; with `-- --check`, fail when a ratio has grown."""
    tools = environment(session, "bench-tools", "hatchling")
    wheels = hatch(
        session, tools, ["tc-core", "tc-object", "tc-queue", "tc-testing"], new_folder("bench-dist")
    )
    requirements = ROOT / "benchmarks" / "requirements.txt"
    session.run("python", "-m", "pip", "install", "-qq", "-r", requirements, *wheels)
    # httpx loads click where that is installed, which the local Taskcluster brings along and its users need not have.
    few = [wheel for wheel in wheels if "tc_testing" not in str(wheel)]
    programs = environment(session, "bench-programs", "-r", requirements, *few, constraints=requirements)
    session.run("python", "-m", "benchmarks", *session.posargs, env={"PYTHON_OF_PROGRAMS": str(programs)})


@nox.session(venv_backend="none")
def soak(session: nox.Session) -> None:
    """Make 100,000 calls with 5 % faults and to a local Taskcluster: descriptors, threads and memory must stay flat.

    `-- --calls N` makes so many, `-- local` only those to the local Taskcluster.
    """
    dev(session, "tests.soak", *session.posargs, env={"PYTHONPATH": str(ROOT / "tests" / "support")})


@nox.session
def quickstart(session: nox.Session) -> None:
    """Run examples/quickstart.py against a local Taskcluster, or with `-- --deployment` against yours."""
    arguments = [argument for argument in session.posargs if argument != "--deployment"]
    tools = environment(session, "quickstart-tools", "hatchling")
    dist = new_folder("quickstart-dist")
    client = hatch(session, tools, ["tc-core", "tc-queue", "tc-auth", "tc-secrets", "tc-index"], dist)
    session.run("python", "-m", *PIP_INSTALL, *client)
    script: tuple[Word, ...] = ("python", ROOT / "examples" / "quickstart.py", *arguments)
    if "--deployment" in session.posargs:
        session.run(*script)
        return
    # Not beside the clients: their environment is what a user of them has.
    run(session, tools, *PIP_INSTALL, *hatch(session, tools, ["tc-core", "tc-testing"], dist))
    with local_taskcluster(tools) as variables:
        session.run(*script, env=variables)


def dev(session: nox.Session, module: str, *arguments: Word, env: dict[str, str] | None = None) -> None:
    """Run a module in the development environment."""
    run(session, development(session), module, *arguments, env=env)


def pytest(session: nox.Session, name: str, *arguments: Word, env: dict[str, str] | None = None) -> None:
    dev(session, "pytest", STEADY, f"--junitxml={REPORTS / name}.xml", *arguments, env=env)


def run(session: nox.Session, python: Path, *module: Word, env: dict[str, str] | None = None) -> None:
    session.run(python, "-m", *module, env=env, external=True)


def development(session: nox.Session) -> Path:
    """Return the Python of the one environment that all checks share: one for each would cost minutes.

    It is made anew when what goes into it has changed.
    """
    tools = group("dev")
    folders = [ROOT / "packages" / name for name in PACKAGES]
    files = [CONSTRAINTS, *(folder / "pyproject.toml" for folder in folders)]
    recipe = "\n".join([sys.version, str(ROOT), *tools, *(file.read_text() for file in files)])
    made_from = WORK / "dev" / "recipe.txt"
    if not made_from.exists() or made_from.read_text() != recipe:
        python = environment(session, "dev", *tools)
        # All in one command: so pip meets the exact pins among the packages with these folders, and looks up
        # none of their names in an index, where some of them belong to other projects.
        editables = [word for folder in folders for word in ("-e", folder)]
        run(session, python, *PIP_INSTALL, "--no-build-isolation", *editables)
        made_from.write_text(recipe)
    return interpreter("dev")


def group(name: str) -> Sequence[str]:
    """Return what a dependency group of pyproject.toml names."""
    return nox.project.dependency_groups(nox.project.load_toml(ROOT / "pyproject.toml"), name)


def environment(
    session: nox.Session,
    name: str,
    *requirements: Word,
    base: Path = Path(sys.executable),
    constraints: Path = CONSTRAINTS,
) -> Path:
    """Make a virtual environment under .nox, in place of the one of that name, and return its Python."""
    run(session, Path(sys.executable), "virtualenv", "-q", "--clear", "-p", base, WORK / name)
    run(session, interpreter(name), "pip", "install", "-qq", "-c", constraints, *requirements)
    return interpreter(name)


def find_python(version: str) -> Path | None:
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    on_path = shutil.which(f"python{version}")
    candidates = [Path(on_path)] if on_path else []
    for candidate in [*candidates, *pyenv.glob(f"versions/{version}.*/bin/python")]:
        # On the PATH pyenv has a name for each version, which works only for those that are switched on.
        if subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode == 0:
            return candidate
    return None


def metadata(package: str) -> dict[str, Any]:
    """Return what the pyproject.toml of a package says of it."""
    project: dict[str, Any] = nox.project.load_toml(ROOT / "packages" / package / "pyproject.toml")["project"]
    return project


def lowest_versions(packages: Sequence[str]) -> str:
    """Return constraints.txt, but with the lowest versions of what the packages need."""
    pins = {canonicalize_name(line.split("==")[0]): line for line in CONSTRAINTS.read_text().split()}
    for name in packages:
        project = metadata(name)
        needs: list[str] = [
            *project["dependencies"],
            *chain(*project.get("optional-dependencies", {}).values()),
        ]
        for need in map(Requirement, needs):
            for bound in need.specifier:
                if bound.operator == ">=":
                    pins[canonicalize_name(need.name)] = f"{need.name}=={bound.version}"
    return "\n".join(pins.values())


def check_installed(
    session: nox.Session,
    name: str,
    packages: Sequence[str],
    suites: Sequence[str],
    *options: str,
    base: Path = Path(sys.executable),
    constraints: Path = CONSTRAINTS,
) -> None:
    """Test wheels of the packages in an environment of their own, with the sources out of reach.

    The options are for pytest.
    """
    built = hatch(session, development(session), packages, new_folder(f"{name}-dist"))
    extras = [",".join(metadata(package).get("optional-dependencies", {})) for package in packages]
    wheels = [f"{path}[{extra}]" if extra else path for path, extra in zip(built, extras, strict=True)]
    python = environment(session, name, *group("test"), *wheels, base=base, constraints=constraints)
    house = new_folder(f"{name}-house")
    without = shutil.ignore_patterns(".*", "src", "dist", "__pycache__")
    shutil.copytree(ROOT, house, ignore=without, dirs_exist_ok=True)
    with session.chdir(house):
        tests = [f"packages/{suite}/tests" for suite in suites]
        report = f"--junitxml={REPORTS / name}.xml"
        run(session, python, "pytest", STEADY, report, *options, *tests, *session.posargs)


def interpreter(name: str) -> Path:
    return WORK / name / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def new_folder(name: str) -> Path:
    shutil.rmtree(WORK / name, ignore_errors=True)
    (WORK / name).mkdir(parents=True)
    return WORK / name


def hatch(session: nox.Session, python: Path, packages: Sequence[str], into: Path) -> list[Path]:
    """Build the wheel and the sdist of each package; return the paths of the wheels."""
    for name in packages:
        with session.chdir(ROOT / "packages" / name):
            command = (python, "-m", "hatchling", "build", "-d", into)
            session.run(*command, env=REPRODUCIBLE, external=True, silent=True)
    return [path for name in packages for path in into.glob(f"{name.replace('-', '_')}-*.whl")]


@contextmanager
def local_taskcluster(python: Path) -> Generator[dict[str, str | None]]:
    """Serve a Taskcluster on a free port; give the variables that lead to it, with none of the caller's left."""
    of_the_caller = {name: None for name in os.environ if name.startswith("TASKCLUSTER_")}
    with subprocess.Popen([python, "-m", "tc_testing", "serve"], stdout=subprocess.PIPE, text=True) as server:
        try:
            # It prints three lines, `export NAME=value`, once it answers.
            exports = [shlex.split(line)[1] for line in islice(server.stdout or (), 3)]
            yield of_the_caller | dict(export.split("=", 1) for export in exports) | {"NO_PROXY": "127.0.0.1"}
        finally:
            server.terminate()
