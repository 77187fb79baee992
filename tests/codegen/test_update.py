"""Taking in another Taskcluster version, rehearsed on made-up references and on those of the house."""

from __future__ import annotations

import copy
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trees
from made_up import Json, exchange, method, published, record

from codegen import files, swap
from codegen.model import class_name

ROOT = Path(__file__).parents[2]
TEXT: Json = {"type": "string"}
SCHEMAS: Json = {
    "odd/v1/thing.json": record("name", name=TEXT),
    "odd/v1/message.json": record("thingId", thingId=TEXT),
}
GET = method(route="/thing/<thingId>", output="v1/thing.json#")
OTHER = method("other", output="v1/thing.json#")
ODD = published(GET, OTHER, exchanges=(exchange("made", {"name": "thingId"}),), schemas=SCHEMAS)
EVEN = published(method("half"), service="even")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree of one made-up service for Taskcluster 1.2.3."""
    return trees.make(tmp_path / "tree", ODD)


def fragments(tree: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted((tree / "changelog.d").glob("*"))}


def updated(tree: Path, references: Json, version: str = "1.3.0") -> dict[str, str]:
    """Update, see to it that all agrees and that a second time changes nothing, and return the fragments."""
    assert trees.update(tree, references, version) == 0
    after = trees.contents(tree)
    assert after["VERSION"].decode() == f"{version}.dev0\n"
    assert trees.run(tree, "check") == 0
    assert trees.update(tree, references, version) == 0
    assert trees.contents(tree) == after
    found = fragments(tree)
    assert found.pop(f"+taskcluster-1.2.3-to-{version}.feature.md") == (
        f"The packages are for Taskcluster {version}, and carry its version. They were for 1.2.3.\n"
    )
    return found


def test_the_first_version_needs_no_changelog(tree: Path) -> None:
    assert fragments(tree) == {}
    assert (tree / "codegen" / "api" / "VERSION").read_text() == "1.2.3\n"


def test_a_new_service(tree: Path) -> None:
    found = updated(tree, ODD | EVEN)
    assert list(found) == ["+taskcluster-1.2.3-to-1.3.0-even.feature.md"]
    written = trees.contents(tree)
    assert "packages/tc-even/src/tc_even/_generated/client.py" in written
    assert b'"tc-core==1.3.0.dev0"' in written["packages/tc-even/pyproject.toml"]
    assert b'"tc-core==1.3.0.dev0"' in written["packages/tc-odd/pyproject.toml"]
    assert "packages/tc-testing/src/tc_testing/_generated/even.json" in written


def test_a_removed_service(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trees.update(tree, ODD | EVEN, "1.2.3")
    (tree / "packages" / "tc-even" / "tests").mkdir()
    (tree / "packages" / "tc-even" / "tests" / "test_even.py").write_text("")
    (tree / "codegen" / "docs" / "even.toml").write_text('[methods.half]\nsummary = "Halve."\n')
    shutil.rmtree(tree / "changelog.d")
    found = updated(tree, ODD)
    assert list(found) == ["+taskcluster-1.2.3-to-1.3.0-even.removal.md"]
    assert "The package `tc-even` is gone" in found["+taskcluster-1.2.3-to-1.3.0-even.removal.md"]
    written = trees.contents(tree)
    assert sorted(
        path for path in written if "even" in path and "event" not in path and "changelog.d" not in path
    ) == [
        "codegen/docs/even.toml",
        "packages/tc-even/tests/test_even.py",
    ]
    told = capsys.readouterr().out
    assert "note: codegen/docs/even.toml: is about a service that is not there\n" in told
    assert "note: packages/tc-even: has files written by hand for a service that is not there\n" in told


def test_a_removed_method_keeps_its_words(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    docs = tree / "codegen" / "docs" / "odd.toml"
    docs.write_text('[methods.other]\nsummary = "Return the other."\n')
    found = updated(tree, published(GET, exchanges=(exchange("made", {"name": "thingId"}),), schemas=SCHEMAS))
    assert found == {
        "+taskcluster-1.2.3-to-1.3.0-odd.removal.md": (
            "`tc-odd`, from Taskcluster 1.2.3 to 1.3.0:\n\n"
            "- `Odd.other` is gone, and with it `other_url` and `other_signed_url`.\n"
        )
    }
    assert docs.read_text() == '[methods.other]\nsummary = "Return the other."\n'
    told = capsys.readouterr().out
    assert "note: odd.other: is in codegen/docs and nowhere else\n" in told
    assert "breaks: odd: `Odd.other` is gone" in told
    assert "undocumented: odd.thing\n" in told


def test_a_renamed_type_a_new_exchange_and_a_query_argument(tree: Path) -> None:
    schemas = {
        "odd/v1/object.json": SCHEMAS["odd/v1/thing.json"],
        "odd/v1/message.json": SCHEMAS["odd/v1/message.json"],
    }
    methods = [{**entry, "output": "v1/object.json#"} for entry in (GET, OTHER)]
    methods[0]["query"] = ["colour"]
    exchanges = (exchange("made", {"name": "thingId"}), exchange("lost", {"name": "thingId"}))
    assert updated(tree, published(*methods, exchanges=exchanges, schemas=schemas)) == {
        "+taskcluster-1.2.3-to-1.3.0-odd.removal.md": (
            "`tc-odd`, from Taskcluster 1.2.3 to 1.3.0:\n\n"
            "- The type `Thing` in `tc_odd.types` is called `Object` now.\n"
        ),
        "+taskcluster-1.2.3-to-1.3.0-odd.feature.md": (
            "`tc-odd`, from Taskcluster 1.2.3 to 1.3.0:\n\n"
            "- `Odd.thing` takes the query argument `colour`.\n"
            "- `OddEvents.lost(thingId)` is new.\n"
        ),
    }


def test_an_older_version_in_which_an_answer_has_no_schema(tree: Path) -> None:
    older = published(
        {**GET, "output": "blob"}, OTHER, exchanges=(exchange("made", {"name": "thingId"}),), schemas=SCHEMAS
    )
    assert updated(tree, older, "1.1.0") == {
        "+taskcluster-1.2.3-to-1.1.0-odd.removal.md": (
            "`tc-odd`, from Taskcluster 1.2.3 to 1.1.0:\n\n"
            "- `Odd.thing` returns `Any` now, as its answer has lost its schema; it returned `Thing`.\n"
        )
    }
    assert "def thing(self, thingId: str) -> Any" in (tree / "packages" / "tc-odd" / "api.md").read_text()


def test_an_update_that_is_taken_back_leaves_nothing(tree: Path) -> None:
    before = trees.contents(tree)
    updated(tree, EVEN)
    assert trees.update(tree, ODD, "1.2.3") == 0
    assert trees.contents(tree) == before


def test_a_fragment_that_somebody_worked_on_is_not_taken_away(tree: Path) -> None:
    updated(tree, EVEN)
    edited = tree / "changelog.d" / "+taskcluster-1.2.3-to-1.3.0-even.feature.md"
    edited.write_text("Even numbers have a package of their own.\n")
    assert trees.update(tree, ODD, "1.2.3") == 0
    assert edited.read_text() == "Even numbers have a package of their own.\n"


def test_what_was_told_before_stays(tree: Path) -> None:
    (tree / "changelog.d").mkdir(exist_ok=True)
    (tree / "changelog.d" / "7.bugfix.md").write_text("Mended.\n")
    trees.update(tree, published(GET, exchanges=(), schemas=SCHEMAS), "1.3.0")
    first = fragments(tree)
    trees.update(tree, published(GET, schemas=SCHEMAS) | EVEN, "1.4.0")
    second = fragments(tree)
    assert second.items() > first.items()
    assert {*second} - {*first} == {
        "+taskcluster-1.3.0-to-1.4.0-even.feature.md",
        "+taskcluster-1.3.0-to-1.4.0.feature.md",
    }


def test_the_same_version_anew(tree: Path) -> None:
    (tree / "VERSION").write_text("1.2.3.post1\n")
    trees.run(tree, "write")
    assert trees.update(tree, ODD | EVEN, "1.2.3") == 0
    assert (tree / "VERSION").read_text() == "1.2.3.post1\n"
    trees.update(tree, ODD | published(method("half"), method("twice"), service="even"), "1.2.3")
    trees.update(
        tree, ODD | published(method("half"), method("twice"), method("thrice"), service="even"), "1.2.3"
    )
    assert fragments(tree) == {
        "+taskcluster-1.2.3-to-1.2.3-even.feature.md": (
            "`tc-even`, within Taskcluster 1.2.3:\n\n"
            "- The package `tc-even` is new: `Even` and `AsyncEven` for the even service, with 1 method.\n"
        ),
        "+taskcluster-1.2.3-to-1.2.3-even-2.feature.md": (
            "`tc-even`, within Taskcluster 1.2.3:\n\n- `Even.twice()` is new.\n"
        ),
        "+taskcluster-1.2.3-to-1.2.3-even-3.feature.md": (
            "`tc-even`, within Taskcluster 1.2.3:\n\n- `Even.thrice()` is new.\n"
        ),
    }


def test_texts_that_name_the_old_version_are_listed(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "README.md").write_text("For Taskcluster 1.2.3.\nNot 1.2.34 or 11.2.3.\n")
    (tree / "docs").mkdir(exist_ok=True)
    (tree / "docs" / "table.md").write_text("none\n" + "of 1.2.3\n" * 3)
    updated(tree, ODD)
    told = capsys.readouterr().out.splitlines()
    assert [line for line in told if "names" in line] == [
        "note: README.md:1: names 1.2.3",
        "note: docs/table.md:2: names 1.2.3, and so do 2 lines below",
    ]


@pytest.mark.parametrize("version", ["1", "1.2", "v1.2.3", "1.2.3.dev0", "latest", ""])
def test_a_version_that_is_none_is_refused(
    tree: Path, version: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = trees.contents(tree)
    assert trees.update(tree, ODD, version) == 1
    assert f"version: {version!r} is no Taskcluster version" in capsys.readouterr().err
    assert trees.contents(tree) == before


@pytest.mark.parametrize(
    ("references", "place"),
    [
        (published(GET), "schemas/odd/v1/thing.json: is not there, but odd.thing needs it"),
        (published(method("close")), "close: taken already"),
        (
            published(GET, schemas={"odd/v1/thing.json": record(a={"$ref": "#/definitions/b"})}),
            "schemas/odd/v1/thing.json/definitions/b: a $ref leads here",
        ),
        (
            published(GET, schemas={"odd/v1/thing.json": record(a={"items": 7})}),
            "schemas/odd/v1/thing.json/properties/a/items: is no schema, but 7",
        ),
        (published(service="../odd"), "references/../odd/v1/api.json: serviceName is '../odd'"),
        (published(method(), service="core"), "tc-core is a package of ours"),
    ],
)
def test_what_cannot_be_understood_is_named_and_nothing_is_written(
    tree: Path, references: Json, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = trees.contents(tree)
    assert trees.update(tree, references, "1.3.0") == 1
    assert place in capsys.readouterr().err
    assert trees.contents(tree) == before


@pytest.mark.parametrize("signalled", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_the_middle_leaves_the_tree_as_it_was(tree: Path, signalled: signal.Signals) -> None:
    before = trees.contents(tree)
    finished = interrupted(tree, f"os.kill(os.getpid(), {signalled.value})")
    assert (finished.returncode, finished.stderr) == (130, "codegen: interrupted\n")
    assert trees.contents(tree) == before


def test_after_a_crash_the_next_command_puts_the_tree_back(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = trees.contents(tree)
    assert interrupted(tree, "os._exit(9)").returncode == 9
    assert trees.contents(tree) != before
    assert trees.run(tree, "check") == 0
    assert capsys.readouterr().out == "An earlier command was cut short; the tree is as it was before it.\n"
    assert trees.contents(tree) == before


INTERRUPTED = """
import os, runpy, signal, sys
from codegen import swap

# Python leaves it ignored in what a shell starts in the background.
signal.signal(signal.SIGINT, signal.default_int_handler)

put = swap._put
def step(root, path, content):
    if path == "packages/tc-even/pyproject.toml":
        {event}
    put(root, path, content)
swap._put = step
sys.argv = ["codegen", "--root", {root!r}, "update", {source!r}, "--version", "1.3.0"]
runpy.run_module("codegen", run_name="__main__")
"""


def interrupted(tree: Path, event: str) -> subprocess.CompletedProcess[str]:
    """Update in a process of its own, in which something happens half way through the files."""
    source = tree.parent / "even.json"
    source.write_text(json.dumps([{"filename": name, "content": content} for name, content in EVEN.items()]))
    program = INTERRUPTED.format(event=event, root=str(tree), source=str(source))
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False)


def test_the_house_moves_to_another_version_and_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = trees.copy(tmp_path / "tree")
    facts = files.Facts.stored(tree)
    trees.run(tree, "write")
    before = trees.contents(tree)

    assert trees.update(tree, as_published(facts, {}), "999.1.0") == 0
    pins = trees.contents(tree)["packages/tc-queue/pyproject.toml"]
    assert b'"tc-core==999.1.0.dev0"' in pins
    assert {name for name in fragments(tree) if "999" in name} == {
        f"+taskcluster-{facts.taskcluster}-to-999.1.0.feature.md"
    }
    assert trees.update(tree, as_published(facts, {}), facts.taskcluster) == 0
    assert trees.contents(tree) == before

    (service, dropped), moved = next(methods_with_urls(facts)), max(facts.apis)
    altered_facts = as_published(facts, {"rename": {moved: "mirror"}, "drop": {service: dropped}})
    assert trees.update(tree, altered_facts, "999.1.0") == 0
    altered = trees.contents(tree)
    package = moved.replace("-", "_")
    assert f"packages/tc-{moved}/src/tc_{package}/_generated/client.py" not in altered
    assert "packages/tc-mirror/src/tc_mirror/_generated/client.py" in altered
    told = (
        f"`{class_name(service)}.{dropped}` is gone, and with it `{dropped}_url` and `{dropped}_signed_url`."
    )
    assert f"breaks: {service}: {told}\n" in capsys.readouterr().out
    assert trees.run(tree, "check") == 0
    towncrier(tree, told)
    assert trees.update(tree, as_published(facts, {}), facts.taskcluster) == 0
    assert trees.contents(tree) == before


def methods_with_urls(facts: files.Facts) -> Iterator[tuple[str, str]]:
    for service, api in facts.apis.items():
        for entry in api["methods"]:
            if entry["verb"] == "GET" and "continuationToken" not in entry["query"]:
                yield service, entry["name"]


def as_published(facts: files.Facts, alterations: dict[str, Any]) -> Json:
    """Return facts in the form in which a deployment publishes them, altered."""
    published_files: Json = {}
    for name, api in copy.deepcopy(dict(facts.apis)).items():
        service = alterations.get("rename", {}).get(name, name)
        about = {"serviceName": service, "apiVersion": api["version"]}
        methods = [
            {
                **method,
                "method": method["verb"].lower(),
                **{key: f"/schemas/{name}#" for key, name in method.items() if key in ("input", "output")},
            }
            for method in api["methods"]
            if alterations.get("drop", {}).get(name) != method["name"]
        ]
        published_files[f"references/{service}/v1/api.json"] = {**about, "entries": methods}
        if api["exchanges"]:
            exchanges = [{**entry, "schema": f"/schemas/{entry['schema']}#"} for entry in api["exchanges"]]
            published_files[f"references/{service}/v1/exchanges.json"] = {
                **about,
                "exchangePrefix": "",
                "entries": exchanges,
            }
        published_files |= {f"schemas/{path}": schema for path, schema in api["schemas"].items()}
    return published_files


def towncrier(tree: Path, told: str) -> None:
    """See to it that towncrier makes a changelog of the fragments."""
    shutil.copy(ROOT / "pyproject.toml", tree / "pyproject.toml")
    command = [sys.executable, "-m", "towncrier", "build", "--draft", "--version", "next"]
    finished = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    (tree / "pyproject.toml").unlink()
    assert finished.returncode == 0, finished.stderr
    assert "### Removed or incompatible\n\n" in finished.stdout
    assert f"\n  - {told}\n" in finished.stdout
    assert not (tree / swap.FOLDER).exists()
