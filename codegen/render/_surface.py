"""Writes api.md: what a package offers, read off its modules without running them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | ast.Assign | ast.AnnAssign


def surface(name: str, modules: Mapping[str, str]) -> str:
    """Return the text of the api.md of a package, but for the header of generated files.

    Args:
        name: what the distribution is called.
        modules: source of all its modules by their names, such as ``tc_core._client``; that of a package within
            is called like the package.

    Raises:
        ValueError: a module is no Python, or exports what it does not have; the message names it.
    """
    package = _Package({name: _parsed(name, text) for name, text in modules.items()})
    lines = [f"# {name}", "", "What the package offers, for review: a change of it shows here.", ""]
    for module in sorted(modules):
        exported = package.exported(module)
        if exported and not any(part.startswith("_") for part in module.split(".")):
            lines += [f"## {module}", "", "```python"]
            for item in exported:
                written = list(package.lines(module, item))
                # What takes one line needs no space around it.
                lines += [""] if len(written) > 1 and lines[-1] not in ("", "```python") else []
                lines += [*written, *([""] if len(written) > 1 else [])]
            lines += ["```", ""]
    return "\n".join(lines)


@dataclass(frozen=True)
class _Package:
    modules: Mapping[str, ast.Module]

    def exported(self, module: str) -> list[str]:
        for statement in self.modules[module].body:
            match statement:
                case (
                    ast.Assign(targets=[ast.Name("__all__")], value=value)
                    | ast.AnnAssign(target=ast.Name("__all__"), value=ast.expr() as value)
                ):
                    return [name for name in ast.literal_eval(value) if name != "__version__"]
                case _:
                    pass
        return []

    def lines(self, module: str, name: str) -> Iterator[str]:
        home, found = self.definition(module, name)
        match found:
            case ast.ClassDef():
                yield from self._class(home, found, name)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from _function(found, "")
            case ast.Assign() | ast.AnnAssign():
                yield ast.unparse(found)
            case str():
                yield f"{name}  # {found}"

    def definition(self, module: str, name: str) -> tuple[str, Definition | str]:
        """Return where a name of a module is defined and how, or words on where it is from."""
        for statement in _statements(self.modules[module].body):
            match statement:
                case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef() if statement.name == name:
                    return module, statement
                case ast.Assign(targets=[ast.Name(target)]) | ast.AnnAssign(target=ast.Name(target)):
                    if target == name:
                        return module, statement
                case ast.ImportFrom():
                    for alias in statement.names:
                        if (alias.asname or alias.name) == name:
                            return self._imported(module, statement, alias.name)
                case _:
                    pass
        raise ValueError(f"{module}: __all__ has {name!r}, but the module does not")

    def _imported(self, module: str, statement: ast.ImportFrom, name: str) -> tuple[str, Definition | str]:
        source = self._absolute(module, statement)
        if f"{source}.{name}" in self.modules:
            return f"{source}.{name}", "a module"
        if source in self.modules:
            return self.definition(source, name)
        return module, f"that of {source}"

    def _absolute(self, module: str, statement: ast.ImportFrom) -> str:
        if not statement.level:
            return statement.module or ""
        # A package is its own parent: its modules are below it.
        is_package = any(other.startswith(f"{module}.") for other in self.modules)
        parents = module.split(".")
        parents = parents[: len(parents) - statement.level + is_package]
        return ".".join([*parents, *([statement.module] if statement.module else [])])

    def _class(self, module: str, found: ast.ClassDef, name: str) -> Iterator[str]:
        bases = [ast.unparse(base) for base in (*found.bases, *found.keywords)]
        yield from _decorators(found, "")
        yield f"class {name}({', '.join(bases)})" if bases else f"class {name}"
        yield from self._members(module, found)

    def _members(self, module: str, found: ast.ClassDef) -> Iterator[str]:
        """Give the public members of a class, and those it has from classes that nobody can name."""
        for base in found.bases:
            home, inherited = self._base(module, base)
            if isinstance(inherited, ast.ClassDef) and inherited not in self._public():
                yield from self._members(home, inherited)
        for statement in found.body:
            match statement:
                case ast.FunctionDef() | ast.AsyncFunctionDef() if _is_public(statement.name):
                    yield from _function(statement, "    ")
                    if statement.name == "__init__":
                        yield from (f"    {name}" for name in _attributes(statement))
                case ast.AnnAssign(target=ast.Name(name)) if _is_public(name):
                    yield f"    {ast.unparse(statement)}"
                case _:
                    pass

    def _base(self, module: str, base: ast.expr) -> tuple[str, Definition | str]:
        """Return where a base class is defined and how, if it is one of the package."""
        try:
            match base:
                case ast.Name(name):
                    return self.definition(module, name)
                case ast.Attribute(ast.Name(owner), name):
                    return self.definition(self.definition(module, owner)[0], name)
                case _:
                    pass
        except ValueError:
            pass
        return module, "none of the package"

    def _public(self) -> list[Definition | str]:
        """Return what users can name."""
        return [
            self.definition(module, name)[1]
            for module in self.modules
            if "._" not in module
            for name in self.exported(module)
        ]


def _function(found: ast.FunctionDef | ast.AsyncFunctionDef, indent: str) -> Iterator[str]:
    yield from _decorators(found, indent)
    returns = f" -> {ast.unparse(found.returns)}" if found.returns else ""
    keyword = "async def" if isinstance(found, ast.AsyncFunctionDef) else "def"
    yield f"{indent}{keyword} {found.name}({ast.unparse(found.args)}){returns}"


def _attributes(init: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, None]:
    """Return the names of the attributes that an object is given when it is made."""
    return {
        node.attr: None
        for node in ast.walk(init)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and not node.attr.startswith("_")
    }


def _decorators(found: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, indent: str) -> Iterator[str]:
    for decorator in found.decorator_list:
        yield f"{indent}@{ast.unparse(decorator)}"


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        if isinstance(statement, ast.If):
            yield from _statements(statement.body)
            yield from _statements(statement.orelse)
        else:
            yield statement


def _is_public(name: str) -> bool:
    return not name.startswith("_") or (name.startswith("__") and name.endswith("__"))


def _parsed(name: str, text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError as error:
        raise ValueError(f"{name}: no Python: {error}") from error
