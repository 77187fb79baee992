"""What is made of methods: names that fit and names that do not, arguments, answers, walks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from made_up import Json, build, exchange, method, package, published, record
from trees import of_106

from codegen import files, model, read
from codegen.model import Scalar
from tc_auth import Auth
from tc_core.service import AsyncService, Service
from tc_index import Index

ROOT = Path(__file__).parents[2]
REAL = {
    f"{service.name}.{method.name}": method for service in files.services(ROOT) for method in service.methods
}

PAGE = record(
    "things", things={"type": "array", "items": {"type": "string"}}, continuationToken={"type": "string"}
)


def client(*methods: Json, schemas: Json | None = None, overrides: str = "", docs: str = "") -> str:
    """Return the module with the methods of a made-up service."""
    service = build(published(*methods, schemas=schemas), overrides, docs)
    return package(service)["src/tc_odd/_generated/client.py"]


def test_the_names_of_the_base_are_known() -> None:
    for base in (Service, AsyncService):
        public = {name for name in dir(base) if not name.startswith("_")}
        assert public <= model.BASE_NAMES


@pytest.mark.parametrize("name", ["close", "aclose", "request", "with_options", "from_env"])
def test_a_method_called_like_one_of_the_base_is_refused(name: str) -> None:
    with pytest.raises(model.CollisionError, match=rf"^{name}: taken already.*methods of odd"):
        build(published(method(name)))


@pytest.mark.parametrize("name", ["_call", "__enter__", "a-b", "1st"])
def test_a_method_that_cannot_be_a_public_name_is_refused(name: str) -> None:
    with pytest.raises(model.CollisionError, match=f"^{name}: no public name in Python"):
        build(published(method(name)))


@pytest.mark.parametrize("name", ["import", "None", "async"])
def test_a_keyword_is_refused(name: str) -> None:
    with pytest.raises(model.CollisionError, match=f"^{name}: a keyword"):
        build(published(method(name)))
    with pytest.raises(model.CollisionError, match=f"^{name}: a keyword.*odd.thing"):
        build(published(method(query=[name])))


def test_two_methods_of_one_name_are_refused() -> None:
    with pytest.raises(model.CollisionError, match=r"^thing: odd has 2 methods"):
        build(published(method(), method()))


@pytest.mark.parametrize("ending", ["url", "signed_url", "pages", "items"])
def test_a_method_called_like_the_companion_of_another_is_refused(ending: str) -> None:
    walked = method("list", query=["continuationToken"], output="v1/page.json#")
    with pytest.raises(model.CollisionError, match=rf"^list_{ending}: odd\.list has a companion"):
        build(published(walked, method(f"list_{ending}", "post"), schemas={"odd/v1/page.json": PAGE}))


def test_companions_that_are_called_the_same_are_refused() -> None:
    with pytest.raises(model.CollisionError, match=r"^a_signed_url: odd\.a_signed has a companion"):
        build(published(method("a"), method("a_signed")))


def test_a_companion_called_like_one_of_the_base_is_refused() -> None:
    with pytest.raises(model.CollisionError, match=r"^root_url: odd\.root has a companion"):
        build(published(method("root")))


def test_a_method_without_companions_leaves_their_names_free() -> None:
    build(published(method("list", "post"), method("list_url", "post"), method("list_items", "post")))


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        (method(query=["ttl"]), "ttl"),
        (method(route="/<ttl>"), "ttl"),
        (method(route="/<a>/<a>"), "a"),
        (method(route="/<a>", query=["a"]), "a"),
        (method(route="/<self>"), "self"),
        (method(verb="post", route="/<payload>", input="v1/in.json#"), "payload"),
        (method(query=["a-b"]), "a-b"),
        (method(query=["_t"]), "_t"),
    ],
)
def test_an_argument_that_cannot_be_is_refused(entry: Json, name: str) -> None:
    with pytest.raises(model.CollisionError, match=rf"^{name}: .*odd\.thing"):
        build(published(entry, schemas={"odd/v1/in.json": {"type": "object"}}))


def test_names_that_are_only_sometimes_taken_are_free_otherwise() -> None:
    build(published(method(verb="post", route="/<payload>", query=["ttl"])))


def test_an_exchange_called_like_the_parser_is_refused() -> None:
    schemas = {"odd/v1/message.json": {"type": "object"}}
    with pytest.raises(model.CollisionError, match=r"^parse_routing_key: taken already"):
        build(published(exchanges=(exchange("parse_routing_key"),), schemas=schemas))


def test_path_arguments_are_positional_and_query_arguments_are_named() -> None:
    text = client(
        method(verb="put", route="/<a>/<b>", query=["c"], input="v1/in.json#"),
        schemas={"odd/v1/in.json": record()},
    )
    assert "def thing(self, a: str, b: str, payload: _t.In, *, c: str | None = None) -> None:" in text
    assert 'self._call(_thing, (a, b), {"c": c}, payload=payload)' in text


def test_a_delete_may_have_a_body() -> None:
    text = client(method(verb="delete", input="v1/in.json#"), schemas={"odd/v1/in.json": record()})
    assert "def thing(self, payload: _t.In) -> None:" in text
    assert "payload=True" in text
    assert REAL["notify.deleteDenylistAddress"].payload


def test_a_method_without_an_input_takes_no_payload() -> None:
    assert "def thing(self) -> None:" in client(method(verb="post"))


@of_106
def test_106_has_13_methods_that_could_have_an_input_and_have_none() -> None:
    without = [name for name, made in REAL.items() if made.verb in ("POST", "PUT") and not made.payload]
    assert len(without) == 13
    assert "queue.cancelTask" in without


def test_only_get_methods_have_urls() -> None:
    assert "_url" not in client(method(verb="post"))
    text = client(method(route="/<a>", query=["b"]))
    assert "def thing_url(self, a: str, *, b: str | None = None) -> str:" in text
    assert "def thing_signed_url(self, a: str, *, b: str | None = None, ttl: float = 900) -> str:" in text
    assert "async def thing_signed_url" in text
    assert "async def thing_url" not in text


@of_106
def test_106_has_125_methods_with_urls() -> None:
    assert sum(made.has_url for made in REAL.values()) == 125


def test_every_page_and_its_items_are_typed() -> None:
    text = client(
        method(query=["continuationToken"], output="v1/page.json#"), schemas={"odd/v1/page.json": PAGE}
    )
    assert "def thing_pages(self, *, continuationToken: str | None = None) -> Iterator[_t.Page]:" in text
    assert "def thing_items(self, *, continuationToken: str | None = None) -> Iterator[str]:" in text
    assert "def thing_items(self, *, continuationToken: str | None = None) -> AsyncIterator[str]:" in text
    assert 'self._items(_thing, "things", query={"continuationToken": continuationToken})' in text


@of_106
def test_the_walks_of_the_real_tree() -> None:
    walks = {name: made for name, made in REAL.items() if made.paginated}
    assert len(walks) == 35
    assert sorted(name for name, made in walks.items() if made.verb == "POST") == [
        "index.findTasksAtIndex",
        "queue.statuses",
        "queue.tasks",
    ]
    assert not [name for name, made in walks.items() if not made.items_key]
    assert {name for name, made in walks.items() if made.item == Scalar("str")} == {
        "auth.azureContainers",
        "auth.azureTables",
        "auth.listRoleIds",
        "secrets.list",
    }
    without_limit = [
        name for name, made in walks.items() if "limit" not in [argument.name for argument in made.query]
    ]
    assert without_limit == ["auth.azureTables", "auth.azureContainers"]


def test_items_that_cannot_be_told_are_asked_for() -> None:
    page = record("a b", a={"type": "array"}, b={"type": "array", "items": {"type": "string"}})
    files = published(
        method(query=["continuationToken"], output="v1/page.json#"), schemas={"odd/v1/page.json": page}
    )
    service = build(files)
    assert service.notes == (
        "odd.thing: nothing says which key of a page holds its items; it has no thing_items",
    )
    assert "thing_pages" in package(service)["src/tc_odd/_generated/client.py"]
    assert "thing_items" not in package(service)["src/tc_odd/_generated/client.py"]
    said = build(files, '[[items]]\nmethods = ["odd.thing"]\nkey = "b"\nreason = "a holds warnings"')
    assert said.notes == ()
    assert (said.methods[0].items_key, said.methods[0].item) == ("b", Scalar("str"))


def test_a_method_that_lost_its_schema_is_still_there() -> None:
    service = build(published(method(query=["continuationToken"]), method("make", "post")))
    assert service.notes == (
        "odd.thing: nothing says how it answers; taken as json",
        "odd.thing: nothing says which key of a page holds its items; it has no thing_items",
        "odd.make: nothing says how it answers; taken as none",
    )
    text = package(service)["src/tc_odd/_generated/client.py"]
    assert "def thing(self, *, continuationToken: str | None = None) -> Any:" in text
    assert "def make(self) -> None:" in text


def test_overrides_say_how_methods_answer() -> None:
    overrides = """
        [[answers]]
        methods = ["odd.badge"]
        answer = "text"
        reason = "r"
        [[answers]]
        methods = ["odd.latest"]
        answer = "redirect"
        reason = "r"
        [[answers]]
        methods = ["*.ping"]
        answer = "json"
        schema = "pong"
        reason = "r"
        [schemas.pong]
        type = "object"
        properties = { alive = { type = "boolean" } }
    """
    text = client(method("badge"), method("latest"), method("ping"), overrides=overrides)
    assert '_badge: Endpoint[str] = Endpoint("odd", "v1", "badge", "GET", "/badge", answer="text")' in text
    assert (
        '_latest: Endpoint[str] = Endpoint("odd", "v1", "latest", "GET", "/latest", answer="redirect")'
        in text
    )
    assert "def ping(self) -> _t.Pong:" in text


@of_106
def test_every_answer_of_the_real_tree_is_known() -> None:
    assert [note for service in files.services(ROOT) for note in service.notes] == []
    by_answer: dict[str, list[str]] = {}
    for name, made in REAL.items():
        by_answer.setdefault(made.answer, []).append(name)
    assert by_answer["redirect"] == ["github.latest", "index.findArtifactFromTask", "object.download"]
    assert by_answer["text"] == ["github.badge"]
    assert len(by_answer["none"]) == 18
    assert [name for name, made in REAL.items() if made.not_repeatable] == [
        "github.createComment",
        "hooks.triggerHook",
        "hooks.triggerHookWithToken",
        "notify.email",
        "notify.pulse",
        "notify.matrix",
        "notify.slack",
        "worker-manager.reregisterWorker",
    ]
    assert [name for name, made in REAL.items() if made.may_be_empty] == [
        "auth.awsS3Credentials",
        "index.listNamespaces",
    ]


def test_a_method_that_acts_twice_says_so_with_the_reason() -> None:
    overrides = '[[not_repeatable]]\nmethods = ["odd.thing"]\nreason = "every call weighs more"'
    text = client(method(verb="post"), overrides=overrides)
    assert '"POST", "/thing", answer="none", repeatable=False' in text
    words = "Not retried when its answer was lost, as every call weighs more; `Retry(unrepeatable=True)`"
    assert text.count(words) == 2
    assert "repeatable" not in client(method(verb="post"))


def test_a_path_argument_may_be_empty_where_overrides_say_so() -> None:
    overrides = '[[may_be_empty]]\nmethods = ["odd.*"]\nnames = ["b"]\nreason = "the root"'
    text = client(method(route="/<a>/<b>"), method("other", route="/other/<c>"), overrides=overrides)
    assert text.count('may_be_empty=("b",)') == 1
    assert Index("https://tc.example.com").listNamespaces_url("").endswith("/api/index/v1/namespaces/")
    url = Auth("https://tc.example.com").awsS3Credentials_url("read-only", "bucket", "")
    assert url.endswith("/aws/s3/read-only/bucket/")
    with pytest.raises(ValueError, match=r"^namespace: is ''"):
        Index("https://tc.example.com").listTasks_url("")


def test_overrides_for_what_is_not_there_are_noted_and_do_nothing() -> None:
    overrides = model.read_overrides("""
        answers = [{ methods = ["odd.thing", "odd.gone"], answer = "text", reason = "r" }]
        arguments = [{ methods = ["odd.*"], names = ["b"], schema = {}, reason = "r" }]
        may_be_empty = [{ methods = ["odd.thing"], names = ["a"], reason = "r" }]
        corrections = [
            { schema = "odd/v1/in.json", at = "/oneOf/0/required", reason = "r" },
            { schema = "odd/v1/in.json", at = "/properties/a", value = {}, reason = "r" },
            { schema = "odd/v1/gone.json", at = "/type", reason = "r" },
        ]
    """)
    entry = method(verb="post", route="/<a>", input="v1/in.json#")
    apis = read.take(published(entry, schemas={"odd/v1/in.json": record()}))
    assert list(model.unused_overrides(overrides, apis)) == [
        "overrides: answers[0] is for odd.gone, and nothing like it is there",
        "overrides: arguments[0] is for odd.*, and nothing like it is there",
        "overrides: corrections[0] is for odd/v1/in.json#/oneOf/0/required, which is not there",
        "overrides: corrections[2] is for odd/v1/gone.json#/type, which is not there",
    ]
    corrected = overrides.corrected(apis["odd"]["schemas"])["odd/v1/in.json"]
    assert corrected == {**apis["odd"]["schemas"]["odd/v1/in.json"], "properties": {"a": {}}}


def test_a_service_without_types_is_python_all_the_same() -> None:
    written = package(build(published(method(verb="post"))))
    for path, text in written.items():
        if path.endswith(".py"):
            compile(text, path, "exec")
    assert written["src/tc_odd/types.py"].endswith("__all__: list[str] = []\n")
    assert "_t" not in written["src/tc_odd/_generated/client.py"].replace("_thing", "")


def test_overrides_give_types_to_arguments() -> None:
    overrides = """
        [[arguments]]
        methods = ["*"]
        names = ["runId", "limit"]
        schema = { type = "integer" }
        reason = "r"
        [[arguments]]
        methods = ["odd.thing"]
        names = ["since"]
        schema = { type = "string", format = "date-time" }
        reason = "r"
    """
    text = client(method(verb="post", route="/<runId>", query=["since", "limit"]), overrides=overrides)
    assert (
        "def thing(self, runId: int, *, since: str | datetime | None = None, limit: int | None = None) -> None:"
        in text
    )
    assert "from datetime import datetime\n" in text


def test_a_correction_replaces_a_part_of_a_schema() -> None:
    overrides = """
        [[corrections]]
        schema = "odd/v1/thing.json"
        at = "/properties/a/type"
        value = "integer"
        reason = "observed"
        [[corrections]]
        schema = "odd/v1/thing.json"
        at = "/oneOf/0/required"
        reason = "observed"
    """
    schema: Json = {**record(a={"type": "string"}), "oneOf": [{"required": ["a"], "properties": {}}]}
    made = model.read_overrides(overrides).corrected({"odd/v1/thing.json": schema, "odd/v1/other.json": {}})
    assert made["odd/v1/thing.json"]["properties"] == {"a": {"type": "integer"}}
    assert made["odd/v1/thing.json"]["oneOf"] == [{"properties": {}}]
    assert schema["properties"] == {"a": {"type": "string"}}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[answer]]", "answer is not known"),
        ('[[answers]]\nmethods = []\nanswer = "none"', r"answers\[0\] has no reason"),
        ('[[answers]]\nmethods = []\nreason = ""\nanswer = "nothing"', r"answers\[0\]: answer is 'nothing'"),
        ('[[answers]]\nmethods = []\nreason = ""\nanswer = "json"\nschema = "a"', "no 'a' among the schemas"),
        ('[[arguments]]\nnames = []\nreason = ""', r"arguments\[0\] has no methods, schema"),
    ],
)
def test_malformed_overrides_are_named(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=f"overrides: .*{problem}"):
        model.read_overrides(text)


@of_106
def test_every_override_is_still_for_something() -> None:
    overrides = model.read_overrides((ROOT / "codegen" / "overrides.toml").read_text())
    apis, _ = read.stored(ROOT / "codegen" / "api")
    assert list(model.unused_overrides(overrides, apis)) == []


SHADOWS = [
    "str",
    "int",
    "float",
    "list",
    "dict",
    "set",
    "get",
    "object",
    "type",
    "status",
    "version",
    "client",
    "task",
]


def test_methods_called_like_builtins_leave_annotations_as_they_are(tmp_path: Path) -> None:
    """A service whose methods hide every name that annotations use, as two type checkers and Python see it."""
    overrides = """
        [[arguments]]
        methods = ["*"]
        names = ["limit"]
        schema = { type = "integer" }
        reason = "r"
        [[arguments]]
        methods = ["*"]
        names = ["since"]
        schema = { type = "string", format = "date-time" }
        reason = "r"
    """
    page = record("rows", rows={"type": "array", "items": {"type": "object"}})
    walked: Json = {
        "query": ["since", "continuationToken", "limit"],
        "output": "v1/page.json#",
        "stability": "deprecated",
    }
    methods = [method(name, **walked) for name in [*SHADOWS, "datetime", "deprecated", "t", "bool"]]
    words = ({"name": "word"}, {"name": "kind", "constant": "k"})
    exchanges = tuple(exchange(name, *words) for name in ("str", "int"))
    schemas: Json = {
        "odd/v1/page.json": page,
        "odd/v1/message.json": {"type": "object"},
        "odd/v1/tree.json": {"oneOf": [{"type": "string"}, {"type": "array", "items": {"$ref": "#"}}]},
        "odd/v1/names.json": record(
            "content-type",
            **{
                "content-type": {"type": "string"},
                "list": {"items": {"type": "string"}},
                "names": {"items": {"$ref": "#"}},
            },
        ),
    }
    methods += [
        method("tree", output="v1/tree.json#"),
        method("names", output="v1/names.json#"),
        method("rename", "put", input="v1/names.json#"),
    ]
    service = build(published(*methods, exchanges=exchanges, schemas=schemas), overrides)
    for path, text in package(service).items():
        place = tmp_path / path.removeprefix("src/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    (tmp_path / "uses.py").write_text(USES)

    checked = [
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "tc_odd", "uses.py"],
        [sys.executable, "-m", "pyright", "--pythonpath", sys.executable],
        [sys.executable, "-W", "ignore::DeprecationWarning", "uses.py"],
    ]
    settings = {"typeCheckingMode": "strict", "include": ["."], "reportDeprecated": False}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    for command in checked:
        finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert finished.returncode == 0, finished.stdout + finished.stderr


USES = """
from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any, assert_type

from tc_odd import Odd, OddEvents
from tc_odd.types import Page, StrRoutingKey, Tree

odd = Odd("https://tc.example.com")
now = datetime(2026, 1, 2, tzinfo=timezone.utc)
assert odd.list_url(since=now, limit=3).endswith("/list?since=2026-01-02T00%3A00%3A00.000Z&limit=3")
assert_type(odd.t_url(), str)
assert OddEvents.str(word="a").routing_key_pattern == "a.k"
assert_type(OddEvents.parse_routing_key("str", "a.k"), StrRoutingKey)


def never_run() -> None:
    assert_type(odd.dict(since=now), Page)
    assert_type(odd.dict_items(limit=1), Iterator[dict[str, Any]])
    assert_type(odd.bool_pages(), Iterator[Page])
    tree: str | list[Tree] = odd.tree()
    assert tree
    names = odd.names()
    assert_type(names["content-type"], str)
    assert_type(names.get("list"), list[str] | None)
    odd.rename(names)
    odd.rename({"content-type": "a", "list": ("b",), "names": (names,)})
"""
