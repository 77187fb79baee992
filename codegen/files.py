"""The tree that is generated: what should be there, what is there, and making the one the other."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from . import model, read, render, swap

ROOT = Path(__file__).parents[1]
ANY = "docs/any.md"


@dataclass(frozen=True)
class Facts:
    """What is known of one Taskcluster version, and the version of the family that is made from it."""

    apis: Mapping[str, read.Api]
    taskcluster: str
    version: str

    @classmethod
    def stored(cls, root: Path) -> Facts:
        """Return those that a tree holds."""
        apis, taskcluster = read.stored(root / "codegen" / "api")
        return cls(apis, taskcluster, (root / "VERSION").read_text(encoding="utf-8").strip())

    @property
    def files(self) -> dict[str, str]:
        """The files that hold them, by path."""
        api = {f"codegen/api/{name}": text for name, text in read.dump(self.apis, self.taskcluster).items()}
        return {"VERSION": f"{self.version}\n", **api}


def services(root: Path, facts: Facts | None = None) -> tuple[model.Service, ...]:
    """Work out the service packages from what is in codegen, or from other facts."""
    overrides = _overrides(root)
    return tuple(
        model.build(api, overrides, _docs(root, name))
        for name, api in (facts or Facts.stored(root)).apis.items()
    )


def notes(root: Path) -> Iterator[str]:
    """Give what a person should look into."""
    apis = Facts.stored(root).apis
    for service in services(root):
        yield from service.notes
    yield from model.unused_overrides(_overrides(root), apis)
    for path in sorted((root / "codegen" / "docs").glob("*.toml")):
        if path.stem not in apis:
            yield f"{path.relative_to(root).as_posix()}: is about a service that is not there"
    for package in sorted((root / "packages").glob("*")):
        left = [path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
        if left and package.name not in (*render.BY_HAND, *map(model.distribution_name, apis)):
            yield f"packages/{package.name}: has files written by hand for a service that is not there"


def undocumented(root: Path) -> Iterator[str]:
    """Give the methods and exchanges that codegen/docs has no words for."""
    for service in services(root):
        words = [(method.name, method.docs) for method in service.methods]
        words += [(exchange.name, exchange.docs) for exchange in service.exchanges]
        yield from (f"{service.name}.{name}" for name, docs in words if not docs.summary)


def expected(root: Path, facts: Facts | None = None) -> dict[str, str]:
    """Return the text of every generated file, by its path.

    Args:
        root: the tree.
        facts: others than those in the tree.

    Raises:
        ValueError: something that they are made from is malformed; the message names it.
    """
    facts = facts or Facts.stored(root)
    if base_version(facts.version) != facts.taskcluster:
        raise ValueError(f"VERSION is {facts.version}, but codegen/api holds Taskcluster {facts.taskcluster}")
    family = render.Family(
        version=facts.version,
        services=services(root, facts),
        packages=tomllib.loads((root / "codegen" / "packages.toml").read_text(encoding="utf-8")),
        additions=dict(_additions(root, facts)),
        license=(root / "LICENSE").read_text(encoding="utf-8"),
        facts={path.rpartition("/")[2]: text for path, text in facts.files.items() if path.endswith(".json")},
    )
    files = {f"packages/{path}": text for path, text in render.render(family).items()}
    return {
        **files,
        **dict(_surfaces(root, files, facts)),
        ANY: render.header() + render.untyped_table(family.services),
    }


def base_version(version: str) -> str:
    """Return the Taskcluster version that a version of the family begins with."""
    return version.partition(".dev")[0].partition(".post")[0]


def write(root: Path) -> list[str]:
    """Make the generated files what they should be; return the paths that changed."""
    changed = changes(root, expected(root))
    swap.replace(root, changed)
    return sorted(changed)


def changes(root: Path, wanted: Mapping[str, str]) -> dict[str, bytes | None]:
    """Return the content of the generated files that differ, None for those that should not be there."""
    return {
        path: wanted[path].encode() if path in wanted else None for path in sorted(differences(root, wanted))
    }


def differences(root: Path, wanted: Mapping[str, str]) -> list[str]:
    """Return the paths that are missing, differ, or should not be there."""
    there = {path.relative_to(root).as_posix() for path in generated(root)}
    differing = [
        path
        for path, text in wanted.items()
        if not (root / path).is_file() or (root / path).read_bytes() != text.encode()
    ]
    return sorted({*differing, *(there - wanted.keys())})


def generated(root: Path) -> Iterator[Path]:
    """Give every file that stands where only generated files stand."""
    if (root / ANY).is_file():
        yield root / ANY
    for package in sorted((root / "packages").glob("*")):
        patterns = [
            "pyproject.toml",
            "LICENSE",
            "api.md",
            "src/*/_version.py",
            "src/*/py.typed",
            "src/*/_generated/**/*",
        ]
        if package.name not in render.BY_HAND:
            patterns += ["README.md", "src/*/__init__.py", "src/*/types.py"]
        for pattern in patterns:
            yield from (
                path
                for path in sorted(package.glob(pattern))
                if path.is_file() and "__pycache__" not in path.parts
            )


def _overrides(root: Path) -> model.Overrides:
    return model.read_overrides((root / "codegen" / "overrides.toml").read_text(encoding="utf-8"))


def _docs(root: Path, service: str) -> model.Docs:
    path = root / "codegen" / "docs" / f"{service}.toml"
    return model.read_docs(path.read_text(encoding="utf-8")) if path.exists() else model.Docs()


def _surfaces(root: Path, rendered: Mapping[str, str], facts: Facts) -> Iterator[tuple[str, str]]:
    """Give the api.md of each package, from what is rendered and what is written by hand."""
    for name in (*render.BY_HAND, *map(model.distribution_name, facts.apis)):
        source = f"packages/{name}/src/"
        texts = {
            path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
            for path in (root / source).glob("**/*.py")
            if "_generated" not in path.parts
        }
        texts |= {path: text for path, text in rendered.items() if path.startswith(source)}
        modules = {
            path.removeprefix(source).removesuffix(".py").removesuffix("/__init__").replace("/", "."): text
            for path, text in texts.items()
            if path.endswith(".py")
        }
        yield f"packages/{name}/api.md", render.header() + render.surface(name, modules)


def _additions(root: Path, facts: Facts) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give for each service with hand-written additions the names in their ``__all__``."""
    for name in facts.apis:
        source = root / "packages" / model.distribution_name(name) / "src" / model.import_name(name)
        module = source / "_additions.py"
        if module.exists():
            yield name, _public(module)


def _public(module: Path) -> tuple[str, ...]:
    for statement in ast.parse(module.read_text(encoding="utf-8")).body:
        match statement:
            case ast.Assign(targets=[ast.Name("__all__")], value=value):
                return tuple(ast.literal_eval(value))
            case _:
                pass
    raise ValueError(f"{module}: has no __all__, which says what the package makes public")
