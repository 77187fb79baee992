"""The tree that is generated: what should be there, what is there, and making the one the other."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

from . import model, read, render

ROOT = Path(__file__).parents[1]


def services(root: Path) -> tuple[model.Service, ...]:
    """Work out the service packages from what is in codegen."""
    folder = root / "codegen"
    apis, _ = read.stored(folder / "api")
    overrides = model.read_overrides((folder / "overrides.toml").read_text(encoding="utf-8"))
    return tuple(
        model.build(api, overrides, _docs(folder / "docs" / f"{name}.toml")) for name, api in apis.items()
    )


def expected(root: Path) -> dict[str, str]:
    """Return the text of every generated file, by its path.

    Raises:
        ValueError: something that they are made from is malformed; the message names it.
    """
    apis, taskcluster = read.stored(root / "codegen" / "api")
    version = (root / "VERSION").read_text(encoding="utf-8").strip()
    if version.partition(".dev")[0].partition(".post")[0] != taskcluster:
        raise ValueError(f"VERSION is {version}, but codegen/api holds Taskcluster {taskcluster}")
    family = render.Family(
        version=version,
        services=services(root),
        packages=tomllib.loads((root / "codegen" / "packages.toml").read_text(encoding="utf-8")),
        additions=dict(_additions(root, list(apis))),
        license=(root / "LICENSE").read_text(encoding="utf-8"),
        facts={name: text for name, text in read.dump(apis, taskcluster).items() if name.endswith(".json")},
    )
    return {f"packages/{path}": text for path, text in render.render(family).items()}


def write(root: Path) -> list[str]:
    """Make the generated files what they should be; return the paths that changed."""
    wanted = expected(root)
    changed = differences(root, wanted)
    for path in changed:
        place = root / path
        if path in wanted:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(wanted[path].encode())
        else:
            place.unlink()
            _prune(place.parent)
    return changed


def differences(root: Path, wanted: dict[str, str]) -> list[str]:
    """Return the paths that are missing, differ, or should not be there."""
    there = {path.relative_to(root).as_posix(): path for path in generated(root)}
    differing = [
        path
        for path, text in wanted.items()
        if path not in there or there[path].read_bytes() != text.encode()
    ]
    return sorted({*differing, *(there.keys() - wanted.keys())})


def generated(root: Path) -> Iterator[Path]:
    """Give every file that stands where only generated files stand."""
    for package in sorted((root / "packages").glob("*")):
        patterns = [
            "pyproject.toml",
            "LICENSE",
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


def _docs(path: Path) -> model.Docs:
    return model.read_docs(path.read_text(encoding="utf-8")) if path.exists() else model.Docs()


def _additions(root: Path, names: list[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give for each service with hand-written additions the names in their ``__all__``."""
    for name in names:
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


def _prune(folder: Path) -> None:
    """Remove folders that hold nothing but what Python cached."""
    while folder.is_dir() and not [path for path in folder.iterdir() if path.name != "__pycache__"]:
        for cache in folder.glob("__pycache__/*"):
            cache.unlink()
        for cache in folder.glob("__pycache__"):
            cache.rmdir()
        folder.rmdir()
        folder = folder.parent
