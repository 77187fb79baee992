"""How generated Python is laid out and what its docstrings say."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import build, method, package, published

from codegen import files
from codegen.render._layout import WIDTH, Bracket, Piece, flat, lay_out
from codegen.render._words import docstring, scope_lines

ROOT = Path(__file__).parents[2]

names = st.text("abcxyz", min_size=1, max_size=40)
pieces: st.SearchStrategy[Any] = st.recursive(
    names,
    lambda inner: st.builds(
        Bracket, names.map(lambda name: f"{name}("), st.lists(inner, max_size=5).map(tuple), st.just(")")
    ),
    max_leaves=30,
)


@given(pieces, st.sampled_from([0, 4, 8]))
def test_laying_out_changes_nothing_but_the_lines(piece: Piece, indent: int) -> None:
    laid_out = lay_out(piece, indent).strip()
    assert ast.dump(ast.parse(laid_out)) == ast.dump(ast.parse(flat(piece)))


@given(pieces)
def test_what_can_be_broken_fits(piece: Piece) -> None:
    for line in lay_out(piece, 0).splitlines():
        assert len(line) <= WIDTH or not set(line) & set("()") or line.endswith("(")


@pytest.mark.parametrize(
    "command",
    [
        ["format", "--check", "--line-length=110"],
        ["check", "--select=F,I,UP", "--config=lint.isort.known-first-party=['tc_*']"],
    ],
    ids=["format", "check"],
)
def test_generated_python_is_as_ruff_would_have_it(command: list[str]) -> None:
    """An editor that formats on save leaves generated files alone."""
    python = [str(path) for path in files.generated(ROOT) if path.suffix == ".py"]
    ruff = [sys.executable, "-m", "ruff", *command, "--isolated", "--target-version=py311", *python]
    finished = subprocess.run(ruff, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr


@pytest.mark.parametrize(
    ("paragraphs", "text"),
    [
        (["One."], '"""One."""'),
        (["One.", "", "Two."], '"""One.\n\nTwo.\n"""'),
        (['Say "a"'], '"""Say "a" """'),
        (["a\\b"], '"""a\\\\b"""'),
        (['"""'], '"""\\"\\"\\" """'),
    ],
)
def test_a_docstring(paragraphs: list[str], text: str) -> None:
    assert docstring(paragraphs, 0) == text


@given(
    st.lists(
        st.text(
            st.characters(codec="utf-8", exclude_categories=["C"], exclude_characters="\x85\u2028\u2029"),
            max_size=60,
        ),
        min_size=1,
    )
)
def test_a_docstring_says_what_it_was_given(words: list[str]) -> None:
    paragraphs = [" ".join(word.split()) for word in words]
    written = docstring(paragraphs, 4)
    parsed = ast.literal_eval(written.strip())
    assert parsed.split() == " ".join(paragraphs).split()
    assert all(line == line.rstrip() for line in written.splitlines())


def test_a_long_docstring_is_wrapped() -> None:
    written = docstring(["word " * 60, "Raises:\n    NotFound: " + "word " * 40], 8)
    assert all(len(line) <= WIDTH for line in written.splitlines())
    assert "\n            NotFound: word" in written
    assert "\n                word" in written


@pytest.mark.parametrize(
    ("scopes", "lines"),
    [
        ("queue:get-task:<taskId>", ["- `queue:get-task:<taskId>`"]),
        ({"AllOf": ["a"]}, ["- `a`"]),
        ({"AllOf": ["a", "b"]}, ["- all of:", "  - `a`", "  - `b`"]),
        (
            {"AnyOf": ["a", {"AllOf": ["b", "c"]}]},
            ["- any of:", "  - `a`", "  - all of:", "    - `b`", "    - `c`"],
        ),
        (
            {"AllOf": [{"for": "scope", "in": "scopes", "each": "<scope>"}]},
            ["- `<scope>` for each scope of scopes"],
        ),
        ({"if": "private", "then": "a"}, ["- if private:", "  - `a`"]),
        (
            {"if": "readOnly", "then": {"AnyOf": ["a", "b"]}, "else": "c"},
            ["- if readOnly:", "  - any of:", "    - `a`", "    - `b`", "- else:", "  - `c`"],
        ),
        ({"NoneOf": ["a"]}, ['- {"NoneOf": ["a"]}']),
    ],
)
def test_scopes_in_readable_form(scopes: Any, lines: list[str]) -> None:
    assert list(scope_lines(scopes)) == lines


def test_every_scope_expression_of_the_real_tree_is_understood() -> None:
    for service in files.services(ROOT):
        for made in service.methods:
            assert not [line for line in scope_lines(made.scopes or "") if line.strip().startswith("- {")], (
                made.name
            )


DOCS = """
[service]
summary = "Odd things."
[types]
summary = "What they weigh."
[methods.thing]
summary = "Return the thing."
details = '''
It is found
by its id.

There may be none.'''
errors.NotFound = "when there is none"
errors.Conflict = "never"
deprecated = "use other"
"""


def method_text(entry: dict[str, Any], docs: str = "") -> str:
    service = build(published(entry), docs=docs)
    return package(service)["src/tc_odd/_generated/client.py"]


def test_our_words_come_first_and_then_the_facts() -> None:
    text = method_text(method(route="/a/<b>", scopes={"AnyOf": ["x", "y"]}), DOCS)
    assert (
        '''        """Return the thing.

        It is found by its id.

        There may be none.

        Raises:
            Conflict: never
            NotFound: when there is none

        Route: `GET /a/<b>`
        Scopes:
            - any of:
              - `x`
              - `y`
        Stability: stable
        """
'''
        in text
    )
    assert '    """Odd things."""' in text


def test_a_method_without_words_has_the_facts() -> None:
    assert '''        """Call `thing` of the odd service.

        Route: `GET /thing`
        Scopes: none
        Stability: experimental
        """
''' in method_text(method(stability="experimental"))


def test_what_is_deprecated_says_so_to_type_checkers_and_at_run_time() -> None:
    text = method_text(method(stability="deprecated"), DOCS)
    assert text.count('    @deprecated("thing is deprecated: use other")\n') == 6
    assert '@deprecated("thing is deprecated: see the Taskcluster manual")' in method_text(
        method(stability="deprecated")
    )


def test_facts_are_json_without_surprises() -> None:
    for path in (ROOT / "codegen" / "api").glob("*.json"):
        assert (
            json.dumps(json.loads(path.read_text()), ensure_ascii=False, indent=1) + "\n" == path.read_text()
        )
