"""The proxies of the environment, which httpx.Client would have looked up."""

from __future__ import annotations

import traceback

import pytest
from flavours import Flavour, every_flavour
from sample import AsyncSample, Sample
from wire import Wire, answer

from tc_core import Credentials, Retry, TransportError

OK = answer(200, {"ok": True})
ELSEWHERE = "http://tc.example.invalid:8080"


@every_flavour
@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
async def test_calls_go_through_the_proxy_of_the_environment(
    flavour: Flavour, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Wire(OK, OK) as proxy:
        monkeypatch.setenv(name, proxy.url)
        async with flavour.make(
            Sample, AsyncSample, ELSEWHERE, credentials=Credentials("id", "token")
        ) as sample:
            assert await sample.thing("a b") == {"ok": True}
            await sample.thing("two")
    first = proxy.requests[0]
    assert (first.verb, first.target) == ("GET", f"{ELSEWHERE}/api/sample/v1/things/a%20b")
    assert first.headers["host"] == "tc.example.invalid:8080"
    assert proxy.accepted == 1


@every_flavour
async def test_what_comes_behind_an_answer_of_a_proxy_is_not_taken_for_the_next(
    flavour: Flavour, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Wire(OK + answer(404, {"of": "nobody"}), OK) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        async with flavour.make(Sample, AsyncSample, ELSEWHERE, retry=Retry(retries=0)) as sample:
            for name in ("one", "two"):
                assert await sample.thing(name) == {"ok": True}
    assert proxy.accepted == 2


@every_flavour
async def test_a_proxy_without_a_scheme_is_one_for_http(
    flavour: Flavour, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Wire(OK) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"127.0.0.1:{proxy.port}")
        async with flavour.make(Sample, AsyncSample, ELSEWHERE) as sample:
            assert await sample.thing("one") == {"ok": True}


@every_flavour
async def test_a_proxy_gets_its_own_credentials_and_no_error_shows_them(
    flavour: Flavour, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Wire(OK, answer(407)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://user:a-secret@127.0.0.1:{proxy.port}")
        async with flavour.make(Sample, AsyncSample, ELSEWHERE) as sample:
            await sample.thing("one")
            with pytest.raises(Exception, match="407") as caught:
                await sample.thing("two")
    assert proxy.requests[0].headers["proxy-authorization"].startswith("Basic ")
    assert "a-secret" not in f"{caught.value!s} {vars(caught.value)}"


@every_flavour
@pytest.mark.parametrize("hosts", ["127.0.0.1", "localhost,127.0.0.1", "*"])
async def test_hosts_of_no_proxy_are_reached_directly(
    flavour: Flavour, hosts: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Wire() as proxy, Wire(OK) as wire:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", hosts)
        async with flavour.make(Sample, AsyncSample, wire.url) as sample:
            assert await sample.thing("one") == {"ok": True}
    assert proxy.accepted == 0


@every_flavour
async def test_no_proxy_may_name_a_port(flavour: Flavour, monkeypatch: pytest.MonkeyPatch) -> None:
    with Wire(OK) as proxy, Wire(OK) as wire:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", f"127.0.0.1:{wire.port}")
        async with flavour.make(Sample, AsyncSample, wire.url) as near:
            await near.thing("one")
        async with flavour.make(Sample, AsyncSample, "http://127.0.0.1:9") as far:
            await far.thing("two")
    assert [request.target for request in wire.requests] == ["/api/sample/v1/things/one"]
    assert [request.target for request in proxy.requests] == ["http://127.0.0.1:9/api/sample/v1/things/two"]


@every_flavour
async def test_other_hosts_than_those_of_no_proxy_go_through_the_proxy(
    flavour: Flavour, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Wire(OK) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "example.com,.internal")
        async with flavour.make(Sample, AsyncSample, ELSEWHERE) as sample:
            assert await sample.thing("one") == {"ok": True}


@every_flavour
async def test_https_asks_the_proxy_for_a_tunnel_and_tells_when_it_refuses(
    flavour: Flavour, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Wire(answer(403)) as proxy, Wire() as other:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("HTTP_PROXY", other.url)
        root_url = "https://tc.example.invalid"
        async with flavour.make(
            Sample, AsyncSample, root_url, credentials=Credentials("id", "token"), retry=Retry(retries=0)
        ) as sample:
            with pytest.raises(TransportError, match="403") as caught:
                await sample.thing("one")
    assert not caught.value.sent
    assert (proxy.requests[0].verb, proxy.requests[0].target) == ("CONNECT", "tc.example.invalid:443")
    assert "authorization" not in proxy.requests[0].headers
    assert other.accepted == 0


@every_flavour
async def test_the_environment_is_read_with_the_first_call_and_not_with_the_client(
    flavour: Flavour, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Wire(OK) as proxy:
        async with flavour.make(Sample, AsyncSample, ELSEWHERE) as sample:
            monkeypatch.setenv("HTTP_PROXY", proxy.url)
            assert await sample.thing("one") == {"ok": True}


@every_flavour
@pytest.mark.parametrize("host", ["[::1", "proxy..example.com", "a" * 64])
async def test_what_is_no_proxy_is_an_error_that_names_the_variable_and_holds_no_password(
    flavour: Flavour, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://user:canary@{host}:3128")
    async with flavour.make(Sample, AsyncSample, ELSEWHERE, retry=Retry(retries=0)) as sample:
        with pytest.raises(ValueError, match=r"^http_proxy: the environment names no proxy") as caught:
            await sample.thing("one")
    assert caught.value.__context__ is None
    report = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert "canary" not in "".join(report.format())
