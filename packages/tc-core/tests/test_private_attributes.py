"""What we use of httpx and aiohttp although it is private. A release without it is to be noticed here, not by users."""

from __future__ import annotations

import inspect

import aiohttp
import httpcore
import httpx
from aiohttp.client_proto import ResponseHandler
from hypothesis import given
from hypothesis import strategies as st

TARGETS = st.from_regex(r"/(?:[a-z0-9._~/-]|%7E){0,20}(\?(?:[a-z0-9=&]|%2B){0,20})?", fullmatch=True)


def test_the_transports_of_httpx_hand_on_requests_to_what_they_keep_as_pool() -> None:
    for transport, kind in (
        (httpx.HTTPTransport(verify=False), httpcore.ConnectionPool),
        (httpx.AsyncHTTPTransport(verify=False), httpcore.AsyncConnectionPool),
    ):
        assert isinstance(getattr(transport, "_pool", None), kind), (
            "httpx keeps its pool elsewhere: transports.OneConnection must put its connection there"
        )


@given(TARGETS)
def test_the_urls_of_httpx_keep_path_and_query_in_a_tuple(target: str) -> None:
    origin = httpx.URL("https://tc.example.com:8443")
    assert hasattr(origin, "_uri_reference"), (
        "httpx keeps the parts of URLs elsewhere: exchange._with_target must put them there"
    )
    from tc_core._drivers import exchange

    url = exchange._with_target(origin, target)  # pyright: ignore[reportPrivateUsage]
    assert url.raw_path == target.encode()
    assert str(url) == f"https://tc.example.com:8443{target}"
    assert (url.raw_scheme, url.raw_host, url.port) == (b"https", b"tc.example.com", 8443)
    assert str(origin) == "https://tc.example.com:8443"


def test_a_request_of_aiohttp_is_sent_by_a_method_that_is_given_the_connection() -> None:
    send = getattr(aiohttp.ClientRequest, "send", None)
    assert inspect.iscoroutinefunction(send), (
        "aiohttp sends requests elsewhere: aiohttp_exchanges.Request must look at the connection there"
    )
    assert list(inspect.signature(send).parameters) == ["self", "conn"]


def test_a_connection_of_aiohttp_tells_what_is_wrong_with_it() -> None:
    assert isinstance(getattr(ResponseHandler, "should_close", None), property), "see Attempt.begin"
    assert callable(getattr(ResponseHandler, "exception", None)), "see Attempt.check_end"
