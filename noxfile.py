"""Every job of the house. `nox --list` names them; `nox` alone runs what must pass before a change lands."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from xml.etree import ElementTree

import nox

nox.options.sessions = ["lint", "types", "freshness", "tests", "wheels", "report"]

Word = str | Path

ROOT = Path(__file__).parent
WORK = ROOT / ".nox"
REPORTS = WORK / "reports"
PIP_INSTALL: tuple[Word, ...] = ("pip", "install", "-qq", "-c", ROOT / "constraints.txt")
PACKAGES = sorted(path.parent.name for path in ROOT.glob("packages/*/pyproject.toml"))
REPRODUCIBLE = {"SOURCE_DATE_EPOCH": "1577836800"}
SUITES = [name for name in PACKAGES if (ROOT / "packages" / name / "tests").is_dir()]
OWN_SESSION = ("tests/test_types.py", "tests/test_wheels.py")


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
    """Build every wheel and sdist, look inside, build them again, and install them by file path."""
    dist, wheelhouse = new_folder("dist"), new_folder("wheelhouse")
    built = build(session, development(session), PACKAGES, dist)
    dev(session, "pip", "wheel", "-qq", "-c", ROOT / "constraints.txt", "-w", wheelhouse, *built)
    folders = {"DIST": str(dist), "WHEELHOUSE": str(wheelhouse)}
    pytest(session, "wheels", "tests/test_wheels.py", env=folders | REPRODUCIBLE)


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
    """Write the generated files anew."""
    dev(session, "codegen", *session.posargs)


@nox.session
def quickstart(session: nox.Session) -> None:
    """Run examples/quickstart.py against a local Taskcluster, or with `-- --deployment` against yours."""
    arguments = [argument for argument in session.posargs if argument != "--deployment"]
    tools = environment(session, "quickstart-tools", "hatchling")
    dist = new_folder("quickstart-dist")
    client = build(session, tools, ["tc-core", "tc-queue", "tc-auth", "tc-secrets", "tc-index"], dist)
    session.run("python", "-m", *PIP_INSTALL, *client)
    script: tuple[Word, ...] = ("python", ROOT / "examples" / "quickstart.py", *arguments)
    if "--deployment" in session.posargs:
        session.run(*script)
        return
    # Not beside the clients: their environment is what a user of them has.
    run(session, tools, *PIP_INSTALL, *build(session, tools, ["tc-core", "tc-testing"], dist))
    with local_taskcluster(tools) as variables:
        session.run(*script, env=variables)


def dev(session: nox.Session, module: str, *arguments: Word, env: dict[str, str] | None = None) -> None:
    """Run a module in the development environment."""
    run(session, development(session), module, *arguments, env=env)


def pytest(session: nox.Session, name: str, *arguments: Word, env: dict[str, str] | None = None) -> None:
    dev(session, "pytest", f"--junitxml={REPORTS / name}.xml", *arguments, env=env)


def run(session: nox.Session, python: Path, *module: Word, env: dict[str, str] | None = None) -> None:
    session.run(python, "-m", *module, env=env, external=True)


def development(session: nox.Session) -> Path:
    """Return the Python of the one environment that all checks share: one for each would cost minutes.

    It is made anew when what goes into it has changed.
    """
    tools = nox.project.dependency_groups(nox.project.load_toml(ROOT / "pyproject.toml"), "dev")
    folders = [ROOT / "packages" / name for name in PACKAGES]
    files = [ROOT / "constraints.txt", *(folder / "pyproject.toml" for folder in folders)]
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


def environment(session: nox.Session, name: str, *requirements: str) -> Path:
    """Make a virtual environment under .nox, in place of the one of that name, and return its Python."""
    run(session, Path(sys.executable), "virtualenv", "-q", "--clear", WORK / name)
    run(session, interpreter(name), *PIP_INSTALL, *requirements)
    return interpreter(name)


def interpreter(name: str) -> Path:
    return WORK / name / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def new_folder(name: str) -> Path:
    shutil.rmtree(WORK / name, ignore_errors=True)
    (WORK / name).mkdir(parents=True)
    return WORK / name


def build(session: nox.Session, python: Path, packages: Sequence[str], into: Path) -> list[Path]:
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
