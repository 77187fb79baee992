"""What comes back from a call, over real sockets."""

from __future__ import annotations

import gc
import pickle
from typing import Any

import httpx
import mohawk
import pytest
from flavours import Flavour, every_flavour
from sample import AsyncSample, Sample
from wire import Received, Visit, Wire, answer, error

from tc_core import (
    APIError,
    AsyncClient,
    AuthenticationFailed,
    BadRequest,
    Client,
    Conflict,
    Credentials,
    FailedDependency,
    Gone,
    InsufficientScopes,
    NotAcceptable,
    NotFound,
    Retry,
    ServerError,
    TaskclusterError,
    TooManyRequests,
)

CREDENTIALS = Credentials("a/client", "a-secret-token")

ERRORS = {
    400: BadRequest,
    401: AuthenticationFailed,
    402: APIError,
    403: InsufficientScopes,
    404: NotFound,
    406: NotAcceptable,
    409: Conflict,
    410: Gone,
    424: FailedDependency,
    429: TooManyRequests,
    500: ServerError,
    503: ServerError,
}


@every_flavour
async def test_a_call_returns_the_json_value(flavour: Flavour) -> None:
    with Wire(answer(200, {"name": "ü", "list": [1, None]})) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url) as sample:
            assert await sample.thing("one") == {"name": "ü", "list": [1, None]}
        assert (wire.requests[0].verb, wire.requests[0].target) == ("GET", "/api/sample/v1/things/one")


@every_flavour
async def test_a_payload_travels_as_json(flavour: Flavour) -> None:
    with Wire(answer()) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url) as sample:
            await sample.putThing("one", {"name": "ü"})
    request = wire.requests[0]
    assert request.body == '{"name":"ü"}'.encode()
    assert request.headers["content-type"] == "application/json"
    assert request.headers["content-length"] == str(len(request.body))


@every_flavour
async def test_a_call_without_payload_sends_no_content_type(flavour: Flavour) -> None:
    with Wire(answer(204, b"")) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url) as sample:
            await sample.deleteThing("one")
    assert wire.requests[0].body == b""
    assert "content-type" not in wire.requests[0].headers


@every_flavour
@pytest.mark.parametrize("sent", [answer(204, b""), answer(200, {}), answer(200, b"OK"), answer(200, b"")])
async def test_a_method_that_answers_nothing_ignores_the_body(flavour: Flavour, sent: bytes) -> None:
    with Wire(sent, answer(200, {"still": "usable"})) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url) as sample:
            await sample.deleteThing("one")
            assert await sample.thing("one") == {"still": "usable"}
    assert wire.accepted == 1


@every_flavour
async def test_a_method_that_answers_text_returns_it(flavour: Flavour) -> None:
    with Wire(answer(200, "<svg>ü</svg>".encode(), {"Content-Type": "image/svg+xml"})) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url) as sample:
            assert await sample.badge() == "<svg>ü</svg>"


@every_flavour
async def test_a_redirect_is_returned_and_not_followed(flavour: Flavour) -> None:
    target = "https://elsewhere.example.com/file?signature=1%2F2"
    with Wire(answer(303, {"url": target}, {"Location": target})) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url, credentials=CREDENTIALS) as sample:
            assert await sample.latest() == target
    assert len(wire.requests) == 1


@every_flavour
async def test_a_header_may_be_as_long_as_a_signed_url(flavour: Flavour) -> None:
    location = "https://storage.example.com/?signature=" + "x" * 60_000
    with Wire(answer(303, b"", {"Location": location})) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url) as sample:
            assert await sample.latest() == location


@every_flavour
async def test_a_declared_answer_is_read_from_a_redirect_too(flavour: Flavour) -> None:
    with Wire(answer(303, {"storageType": "s3"}, {"Location": "https://elsewhere.example.com/"})) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url) as sample:
            assert await sample.thing("one") == {"storageType": "s3"}


@every_flavour
async def test_a_redirect_without_location_is_an_error(flavour: Flavour) -> None:
    with Wire(answer(303)) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url) as sample:
            with pytest.raises(APIError, match=r"^sample.latest: 303: .*Location") as caught:
                await sample.latest()
    assert caught.value.status == 303


@every_flavour
@pytest.mark.parametrize("body", [b"", b"<html>", b'{"cut": ', b"\xff\xfe", b"[" * 100_000])
async def test_an_answer_that_is_no_json_is_an_error(flavour: Flavour, body: bytes) -> None:
    with Wire(answer(200, body, {"X-For-Request-Id": "r1"}), answer(200, {})) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url) as sample:
            with pytest.raises(APIError, match=r"^sample.thing: 200: .*not JSON") as caught:
                await sample.thing("one")
            assert await sample.thing("one") == {}
    assert (caught.value.status, caught.value.request_id) == (200, "r1")


@every_flavour
@pytest.mark.parametrize("status", ERRORS)
async def test_an_error_has_the_class_of_its_status_and_what_the_service_said(
    flavour: Flavour, status: int
) -> None:
    message = "No such thing.\n\n---\n\n* method: thing"
    with Wire(error(status, "SomeCode", message, {"X-For-Request-Id": "r1"})) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url, retry=Retry(retries=0)) as sample:
            with pytest.raises(TaskclusterError) as caught:
                await sample.thing("one")
    found = caught.value
    assert type(found) is ERRORS[status]
    assert isinstance(found, APIError)
    assert (found.status, found.code, found.message) == (status, "SomeCode", "No such thing.")
    assert (found.method, found.request_id, found.retry_after) == ("sample.thing", "r1", None)
    assert found.body == {"code": "SomeCode", "message": message}
    assert str(found) == f"sample.thing: {status} SomeCode: No such thing. (request id r1)"
    copy = pickle.loads(pickle.dumps(found))
    assert (type(copy), vars(copy)) == (type(found), vars(found))


@every_flavour
@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (b'{"error": "Not found"}', None, "Not found"),
        (b'{"reason": "file-missing", "message": "gone"}', "file-missing", "gone"),
        (b"<html>Bad gateway</html>", None, "<html>Bad gateway</html>"),
        (b"", None, "the service answered 400 without saying why"),
        (b"[1]", None, "the service answered 400 without saying why"),
    ],
)
async def test_an_error_in_another_form_is_read_as_far_as_it_goes(
    flavour: Flavour, body: bytes, code: str | None, message: str
) -> None:
    with Wire(answer(400, body)) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url) as sample:
            with pytest.raises(BadRequest) as caught:
                await sample.thing("one")
    assert (caught.value.code, caught.value.message) == (code, message)


@every_flavour
async def test_an_error_does_not_repeat_secrets_of_the_request(flavour: Flavour) -> None:
    header = 'Hawk id="a/client", ts="1", nonce="n", mac="c2VjcmV0"'
    with Wire(error(400, "InputError", f"a-secret-token and bewit=c2VjcmV0 and {header}")) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url, credentials=CREDENTIALS) as sample:
            with pytest.raises(BadRequest) as caught:
                await sample.thing("one")
    told = f"{caught.value!s} {caught.value!r} {vars(caught.value)} {pickle.dumps(caught.value)!r}"
    assert "a-secret-token" not in told
    assert "c2VjcmV0" not in told


@every_flavour
@pytest.mark.parametrize("thing", ["a b", "a/b", "a?b#c", "ü%2F", "it's!(*)", ".hidden", "a+b&c=d;e"])
async def test_what_is_signed_is_what_is_sent(flavour: Flavour, thing: str) -> None:
    with Wire(answer(), answer()) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url, credentials=CREDENTIALS) as sample:
            await sample.putThing(thing, {"a": "ü"})
            await sample.request("GET", "api/sample/v1/it's/(raw)!*", query={"q": thing})
    for request in wire.requests:
        assert_signed(request, wire.url, CREDENTIALS)


@every_flavour
async def test_a_root_url_with_a_path_is_signed_and_sent_with_it(flavour: Flavour) -> None:
    with Wire(answer()) as wire:
        url = f"{wire.url}/below/"
        async with flavour.make(Sample, AsyncSample, url, credentials=CREDENTIALS) as sample:
            await sample.thing("one")
    assert wire.requests[0].target == "/below/api/sample/v1/things/one"
    assert_signed(wire.requests[0], wire.url, CREDENTIALS)


@every_flavour
async def test_anonymous_calls_are_not_signed(flavour: Flavour) -> None:
    with Wire(answer()) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url) as sample:
            await sample.thing("one")
    assert "authorization" not in wire.requests[0].headers


@every_flavour
async def test_a_signed_url_can_be_fetched_by_anybody(flavour: Flavour) -> None:
    with Wire(answer()) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url, credentials=CREDENTIALS) as sample:
            url = await sample.thing_signed_url("a b", ttl=60)
            assert url.startswith(f"{sample.thing_url('a b')}?bewit=")
        assert httpx.get(url, trust_env=False).status_code == 200
    assert wire.requests[0].target.startswith("/api/sample/v1/things/a%20b?bewit=")


@every_flavour
async def test_a_low_level_request_returns_the_answer_as_it_is(flavour: Flavour) -> None:
    with Wire(answer(201, b"\x00raw", {"X-Two": "1", "x-two": "2", "X-For-Request-Id": "r1"})) as wire:
        async with flavour.make(Client, AsyncClient, wire.url) as client:
            response = await client.request(
                "post", "/api/sample/v1/a?b=c", query={"d": 1, "e": None}, payload=[1]
            )
    assert (response.status, response.content, response.request_id) == (201, b"\x00raw", "r1")
    assert response.headers["x-two"] == "1, 2"
    request = wire.requests[0]
    assert (request.verb, request.target, request.body) == ("POST", "/api/sample/v1/a?b=c&d=1", b"[1]")


@every_flavour
async def test_a_low_level_request_names_verb_and_path_in_errors(flavour: Flavour) -> None:
    with Wire(error(404, "ResourceNotFound", "none")) as wire:
        async with flavour.make(Client, AsyncClient, wire.url) as client:
            with pytest.raises(NotFound, match=r"^GET /api/nowhere: 404 ResourceNotFound: none$"):
                await client.request("GET", "api/nowhere", query={"bewit": "c2VjcmV0"})


@every_flavour
async def test_a_walk_goes_on_past_an_empty_page(flavour: Flavour) -> None:
    pages: list[dict[str, Any]] = [
        {"things": [1, 2], "continuationToken": "t/1"},
        {"things": [], "continuationToken": "t2"},
        {"things": [3]},
    ]
    with Wire(*(answer(200, page) for page in pages)) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url) as sample:
            assert [item async for item in sample.listThings_items(limit=2)] == [1, 2, 3]
    assert [request.target.partition("?")[2] for request in wire.requests] == [
        "limit=2",
        "limit=2&continuationToken=t%2F1",
        "limit=2&continuationToken=t2",
    ]


@every_flavour
async def test_a_walk_ends_with_an_error_when_a_token_is_repeated(flavour: Flavour) -> None:
    page = answer(200, {"things": [1], "continuationToken": "again"})
    with Wire(page, page) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url) as sample:
            items = sample.listThings_items()
            assert [await anext(items), await anext(items)] == [1, 1]
            with pytest.raises(TaskclusterError, match=r"^sample.listThings: .*continuation token"):
                await anext(items)


@every_flavour
@pytest.mark.parametrize("body", [[], None, "busy", 3, {"things": [], "continuationToken": {"a": 1}}])
async def test_json_that_is_no_page_ends_a_walk_with_an_error(flavour: Flavour, body: object) -> None:
    first = answer(200, {"things": [1], "continuationToken": "two"})
    with Wire(first, answer(200, body), first, answer(200, body)) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url) as sample:
            for walk in (sample.listThings_items(), sample.listThings_pages()):
                await anext(walk)
                with pytest.raises(TaskclusterError, match=r"^sample\.listThings: the answer is no page"):
                    await anext(walk)


@every_flavour
@pytest.mark.parametrize("body", [{}, {"things": None}, {"things": {"a": 1}}])
async def test_a_page_without_items_ends_a_walk_over_them_with_an_error(
    flavour: Flavour, body: object
) -> None:
    with Wire(answer(200, body)) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url) as sample:
            with pytest.raises(TaskclusterError, match=r"^sample\.listThings: .*no list of things"):
                await anext(sample.listThings_items())


@every_flavour
async def test_a_walk_over_items_lets_go_of_a_page_before_it_asks_for_the_next(flavour: Flavour) -> None:
    things: list[Any] = [{"of a page": []}] * 5  # what holds no container is not seen by gc
    pages = [
        answer(200, {"things": things, "continuationToken": "two"}),
        answer(200, {"things": things, "continuationToken": "three"}),
        answer(200, {"things": []}),
    ]
    del things
    held: list[int] = []

    def page(visit: Visit) -> None:
        held.append(sum(type(each) is dict and "of a page" in each for each in gc.get_objects()))
        visit.send(pages[len(held) - 1])

    with Wire(page, page, page) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url) as sample:
            assert len([item["of a page"] async for item in sample.listThings_items()]) == 10
    # The loop has the last item at hand.
    assert held == [0, 1, 1]


@every_flavour
async def test_a_walk_that_is_left_early_asks_for_no_more_pages(flavour: Flavour) -> None:
    with Wire(answer(200, {"things": [1, 2], "continuationToken": "t"}), answer(200, {})) as wire:
        async with flavour.make(Sample, AsyncSample, wire.url) as sample:
            pages = sample.listThings_pages()
            assert (await anext(pages))["things"] == [1, 2]
            assert await sample.thing("one") == {}
    assert len(wire.requests) == 2


@every_flavour
async def test_a_mock_transport_of_httpx_serves_calls(flavour: Flavour) -> None:
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"mocked": True})

    transport = httpx.MockTransport(handle)
    async with flavour.make(
        Sample, AsyncSample, "https://tc.example.com", credentials=CREDENTIALS, transport=transport
    ) as sample:
        assert await sample.putThing("one", {"a": 1}) == {"mocked": True}
    assert str(seen[0].url) == "https://tc.example.com/api/sample/v1/things/one"
    assert (seen[0].content, seen[0].headers["host"]) == (b'{"a":1}', "tc.example.com")


def assert_signed(request: Received, url: str, credentials: Credentials) -> None:
    """Let mohawk's server side, which is not what signed, read the header."""
    mohawk.Receiver(
        lambda _: {"id": credentials.client_id, "key": credentials.access_token, "algorithm": "sha256"},
        request.headers["authorization"],
        url + request.target,
        request.verb,
        content=request.body or None,
        content_type=request.headers.get("content-type"),
        accept_untrusted_content=not request.body,
    )
