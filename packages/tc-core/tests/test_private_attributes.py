"""What we use of httpx although it is private. A release without it is to be noticed here, and not by users."""

from __future__ import annotations

import httpcore
import httpx
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
