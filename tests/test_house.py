"""Rules that hold for the house as a whole, whatever a single package does."""

from __future__ import annotations

import ast
import graphlib
import importlib
import importlib.util
import inspect
import json
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections.abc import Set
from pathlib import Path
from types import ModuleType
from typing import TypeVar

import nox.registry
import pytest

import noxfile

ROOT = Path(__file__).parent.parent
VERSION = (ROOT / "VERSION").read_text().strip()
PACKAGES = sorted(path.parent for path in ROOT.glob("packages/*/pyproject.toml"))
SERVICES = sorted(path.stem for path in ROOT.glob("codegen/api/*.json"))

each_package = pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)


def import_name(package: Path) -> str:
    return package.name.replace("-", "_")


def public_modules(package: Path) -> list[ModuleType]:
    top = importlib.import_module(import_name(package))
    names = [module.name for module in pkgutil.walk_packages(top.__path__, f"{top.__name__}.")]
    return [top, *(importlib.import_module(name) for name in names if "._" not in name)]


def tracked_files() -> list[Path]:
    """Files that are committed or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_there_is_a_package_for_each_service() -> None:
    assert [path.name for path in PACKAGES] == sorted(
        ["tc-core", "tc-testing", *(f"tc-{service}" for service in SERVICES)]
    )


@each_package
def test_a_package_has_the_same_rooms_as_the_others(package: Path) -> None:
    assert f"# {package.name}\n" in (package / "README.md").read_text()
    assert (package / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    assert (package / "src" / import_name(package) / "__init__.py").is_file()
    assert (package / "src" / import_name(package) / "py.typed").is_file()


@each_package
def test_version_literals_agree_with_the_version_file(package: Path) -> None:
    project = tomllib.loads((package / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION
    assert importlib.import_module(import_name(package)).__version__ == VERSION


@each_package
def test_packages_of_the_house_are_pinned_exactly(package: Path) -> None:
    project = tomllib.loads((package / "pyproject.toml").read_text())["project"]
    extras = project.get("optional-dependencies", {}).values()
    ours = [need for needs in [project["dependencies"], *extras] for need in needs if need.startswith("tc-")]
    assert ours == [f"{need.split('==')[0]}=={VERSION}" for need in ours]
    assert ours or package.name == "tc-core"


def public_names(module: ModuleType) -> set[str]:
    """What a module defines for others, and for a package also what it takes from its own modules."""
    tree = ast.parse(inspect.getsource(module))
    statements = [
        inner for node in tree.body for inner in (node.body if isinstance(node, ast.If) else [node])
    ]
    names: set[str] = set()
    for node in statements:
        match node:
            case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
                names.add(name)
            case ast.Assign([ast.Name(name)]) | ast.AnnAssign(ast.Name(name)):
                names.add(name)
            case ast.ImportFrom(source, aliases, level) if hasattr(module, "__path__"):
                if level or str(source).startswith(module.__name__):
                    names |= {alias.asname or alias.name for alias in aliases}
            case _:
                pass
    variables = {name for name in names if isinstance(getattr(module, name, None), TypeVar)}
    return {name for name in names - variables if not name.startswith("_")}


@each_package
def test_all_lists_exactly_the_public_names(package: Path) -> None:
    for module in public_modules(package):
        declared = set(module.__all__) - {"__version__"}
        assert len(module.__all__) == len(set(module.__all__)), module.__name__
        assert not public_names(module) - declared, module.__name__
        assert not [name for name in declared if not hasattr(module, name)], module.__name__


@each_package
def test_all_is_sorted(package: Path) -> None:
    # Ruff's own order, which its configuration does not apply to generated files.
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select=RUF022", str(package / "src")]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout


def imported_modules(name: str, path: Path, known: Set[str]) -> set[str]:
    """The modules among those known that a module imports, be it for type checkers only."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            source = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            # A name taken from a package is a module of it or something in its __init__.
            found |= {
                f"{source}.{each.name}" if f"{source}.{each.name}" in known else source for each in node.names
            }
        elif isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
    return found & known - {name}


@pytest.mark.parametrize(
    "source", [*(package / "src" for package in PACKAGES), ROOT], ids=lambda path: path.parent.name
)
def test_no_modules_import_each_other_in_a_circle(source: Path) -> None:
    paths = (source / "codegen").rglob("*.py") if source == ROOT else source.rglob("*.py")
    modules = {
        ".".join(path.relative_to(source).with_suffix("").parts).removesuffix(".__init__"): path
        for path in paths
    }
    graph = {name: imported_modules(name, path, modules.keys()) for name, path in modules.items()}
    graphlib.TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("service", SERVICES)
def test_importing_a_service_loads_neither_http_nor_payload_types(service: str) -> None:
    module = f"tc_{service.replace('-', '_')}"
    program = f"import json, sys, {module}; print(json.dumps(sorted(sys.modules)))"
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded: list[str] = json.loads(finished.stdout)
    heavy = ("httpx", f"{module}.types", f"{module}._generated.types")
    assert not [name for name in loaded if name.startswith(heavy)]


def test_constraints_are_plain_pins() -> None:
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line), line


def test_documented_sessions_exist() -> None:
    sessions = {
        *nox.registry.get(),
        *(f"tests({suite})" for suite in [*noxfile.SUITES, "house"]),
        *(f"record({package})" for package in noxfile.RECORDED),
    }
    documented = {
        name
        for file in tracked_files()
        if file.suffix in (".md", ".py", ".toml", ".jinja") and file != Path(__file__)
        for name in re.findall(r"\bnox -s \"?([a-z-]+(?:\([a-z-]+\))?)", file.read_text())
    }
    assert {"codegen", "quickstart", "tests(house)"} <= documented <= sessions


# One letter of each stands in brackets, so that this file does not find itself.
FORBIDDEN = {
    "host of a package registry": r"[p]ypi\.org|[p]ythonhosted\.org|[n]pmjs\.(?:org|com)|[d]ebian\.org",
    "path of somebody's machine": r"(?<![\w.])/(?:[h]ome|[U]sers|[r]oot|[w]ork|[t]mp)/\w",
    "private key": r"-----[B]EGIN [A-Z ]*PRIVATE KEY",
    "token of a cloud or a forge": r"\b[A]KIA[0-9A-Z]{16}\b|\b[g]h[pousr]_\w{36}|\b[x]ox[abp]-\w{10}",
    "install by name from the public index": r"[p]ip install (?:-U |--upgrade )?tc-",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_tracked_files_hold_nothing_that_must_stay_outside(what: str) -> None:
    found: list[str] = []
    for file in tracked_files():
        lines = file.read_bytes().decode("utf-8", "replace").splitlines()
        found += [
            f"{file.relative_to(ROOT)}:{number}"
            for number, line in enumerate(lines, 1)
            if re.search(FORBIDDEN[what], line)
        ]
    assert not found


def test_a_test_that_leaves_something_in_the_tree_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text((ROOT / "conftest.py").read_text().replace('["cassettes"]', "[]"))
    (tmp_path / "test_stray.py").write_text("def test_it():\n    open('stray.txt', 'x').close()\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert finished.returncode == 1
    assert "the test left stray.txt" in finished.stdout
