"""TLS and proxies, by real handshakes with an authority that nobody knows."""

from __future__ import annotations

from pathlib import Path

import pytest
from adversity import Witness, make_clients, secret_credentials, well
from authority import Authority
from flavours import Flavour, every_flavour
from proxy import Proxy
from wire import Wire, answer

from tc_core import Retry, TransportError

NEVER = Retry(retries=0)
OK = {"ok": True}


# Whom we trust ------------------------------------------------------------------------------------------------


@every_flavour
async def test_an_authority_that_nobody_knows_is_not_believed(
    flavour: Flavour, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    witness = Witness(caplog, credentials := secret_credentials())
    with Wire(tls=authority.server()) as wire:
        async with make_clients(flavour, wire.url, retry=NEVER, credentials=credentials) as clients:
            with pytest.raises(TransportError, match="certificate verify failed") as caught:
                await clients.client()
        wire.wait_until_all_closed()
    assert not caught.value.sent
    assert isinstance(caught.value.__cause__, Exception)
    witness.check(caught.value)


@every_flavour
async def test_an_authority_in_ssl_cert_file_is_believed(
    flavour: Flavour, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.write_file(tmp_path)))
    with Wire(otherwise=well, tls=authority.server()) as wire:
        async with make_clients(flavour, wire.url, retry=NEVER) as clients:
            assert await clients.client() == OK
            assert await clients.createClient() == OK
    assert wire.accepted == 1


@every_flavour
async def test_an_authority_in_ssl_cert_dir_is_believed(
    flavour: Flavour, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", str(authority.write_folder(tmp_path)))
    with Wire(otherwise=well, tls=authority.server()) as wire:
        async with make_clients(flavour, wire.url, retry=NEVER) as clients:
            assert await clients.client() == OK


@every_flavour
async def test_ssl_cert_file_takes_the_place_of_all_other_authorities(
    flavour: Flavour, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(Authority().write_file(tmp_path)))
    monkeypatch.setenv("SSL_CERT_DIR", str(authority.write_folder(tmp_path)))
    with Wire(tls=authority.server()) as wire:
        async with make_clients(flavour, wire.url, retry=NEVER) as clients:
            with pytest.raises(TransportError, match="certificate verify failed"):
                await clients.client()


@every_flavour
@pytest.mark.parametrize("content", [None, "no certificate"])
async def test_ssl_cert_file_without_certificates_is_named_in_the_error(
    flavour: Flavour, content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "authority.pem"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    async with make_clients(flavour, "https://127.0.0.1:9", retry=NEVER) as clients:
        for _ in range(2):
            with pytest.raises(ValueError, match=r"^SSL_CERT_FILE: .*authority\.pem cannot be read"):
                await clients.client()


@every_flavour
async def test_an_authority_in_a_context_is_believed(flavour: Flavour, authority: Authority) -> None:
    with Wire(otherwise=well, tls=authority.server()) as wire:
        async with make_clients(flavour, wire.url, ssl_context=authority.client()) as clients:
            assert await clients.client() == OK


@every_flavour
async def test_an_authority_is_not_believed_about_another_host(
    flavour: Flavour, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    witness = Witness(caplog, credentials := secret_credentials())
    with Wire(tls=authority.server("tc.example.com")) as wire:
        async with make_clients(
            flavour, wire.url, retry=NEVER, ssl_context=authority.client(), credentials=credentials
        ) as clients:
            with pytest.raises(TransportError, match="IP address mismatch") as caught:
                await clients.client()
        wire.wait_until_all_closed()
    assert not caught.value.sent
    witness.check(caught.value)


@every_flavour
async def test_a_handshake_that_fails_is_tried_again_and_costs_no_place(
    flavour: Flavour, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    witness = Witness(caplog)
    with Wire(tls=authority.server()) as wire:
        async with make_clients(
            flavour, wire.url, retry=Retry(retries=2, delay=0), max_connections=1
        ) as clients:
            for _ in range(2):
                with pytest.raises(TransportError, match="certificate verify failed"):
                    await clients.announceClient()
    assert witness.attempts == wire.accepted == 6


@every_flavour
async def test_a_server_that_speaks_no_tls_is_an_error_of_what_was_not_sent(flavour: Flavour) -> None:
    with Wire() as wire:
        url = wire.url.replace("http:", "https:")
        async with make_clients(flavour, url, retry=NEVER, timeout=0.2) as clients:
            with pytest.raises(TransportError) as caught:
                await clients.client()
        wire.wait_until_all_closed()
    assert not caught.value.sent


# Who we are, and what we speak --------------------------------------------------------------------------------


@every_flavour
async def test_a_client_shows_the_certificate_of_its_context(flavour: Flavour, authority: Authority) -> None:
    with Wire(otherwise=well, tls=authority.server(clients=True)) as wire:
        context = authority.client("worker.example.com")
        async with make_clients(flavour, wire.url, ssl_context=context) as clients:
            assert await clients.client() == OK
            [connection] = wire.secured
            certificate = connection.getpeercert() or {}
    assert certificate["subjectAltName"] == (("DNS", "worker.example.com"),)


@every_flavour
async def test_a_client_without_a_certificate_is_refused_by_a_server_that_wants_one(
    flavour: Flavour, authority: Authority
) -> None:
    with Wire(tls=authority.server(clients=True)) as wire:
        async with make_clients(flavour, wire.url, ssl_context=authority.client(), retry=NEVER) as clients:
            with pytest.raises(TransportError):
                await clients.client()
        wire.wait_until_all_closed()
    assert wire.secured == []


@every_flavour
@pytest.mark.parametrize("own", [False, True], ids=["of the environment", "of the user"])
async def test_only_http_1_1_is_offered_even_to_a_server_that_would_rather_speak_http_2(
    flavour: Flavour, own: bool, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.write_file(tmp_path)))
    with Wire(otherwise=well, tls=authority.server()) as wire:
        async with make_clients(
            flavour, wire.url, ssl_context=authority.client() if own else None
        ) as clients:
            await clients.client()
            [connection] = wire.secured
            assert connection.selected_alpn_protocol() == "http/1.1"
            assert connection.version() in ("TLSv1.2", "TLSv1.3")
    assert wire.requests[0].head.startswith(b"GET /api/auth/v1/clients/a%2Fclient HTTP/1.1\r\n")


# Proxies ------------------------------------------------------------------------------------------------------


@every_flavour
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
async def test_https_goes_through_a_tunnel_of_the_proxy_in_the_environment(
    flavour: Flavour, name: str, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        Wire(otherwise=well, tls=authority.server("tc.example.invalid")) as wire,
        Proxy(to=wire.port) as proxy,
    ):
        monkeypatch.setenv(name, f"http://user:a-secret@127.0.0.1:{proxy.port}")
        async with make_clients(
            flavour,
            "https://tc.example.invalid",
            ssl_context=authority.client(),
            credentials=secret_credentials(),
        ) as clients:
            assert await clients.client() == OK
            assert await clients.createClient() == OK
        wire.wait_until_all_closed()
    [connect] = proxy.requests
    assert connect.startswith(b"CONNECT tc.example.invalid:443 HTTP/1.1\r\n")
    assert b"proxy-authorization: basic " in connect.lower()
    assert b"Hawk" not in connect
    assert wire.requests[0].target == "/api/auth/v1/clients/a%2Fclient"
    assert "proxy-authorization" not in wire.requests[0].headers


@every_flavour
async def test_what_comes_behind_an_answer_in_a_tunnel_is_not_taken_for_the_next(
    flavour: Flavour, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = answer(200, OK) + answer(404, {"of": "nobody"})
    with (
        Wire(first, otherwise=well, tls=authority.server("tc.example.invalid")) as wire,
        Proxy(to=wire.port) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        async with make_clients(
            flavour, "https://tc.example.invalid", ssl_context=authority.client(), retry=NEVER
        ) as clients:
            assert await clients.client() == OK
            assert await clients.client() == OK
        wire.wait_until_all_closed()
    assert len(proxy.requests) == 2


@every_flavour
async def test_hosts_of_no_proxy_get_https_directly(
    flavour: Flavour, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Wire(otherwise=well, tls=authority.server()) as wire, Proxy(to=wire.port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        async with make_clients(flavour, wire.url, ssl_context=authority.client()) as clients:
            assert await clients.client() == OK
    assert proxy.requests == []


@every_flavour
async def test_a_wrong_certificate_behind_a_proxy_is_refused_too(
    flavour: Flavour, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Wire(tls=authority.server("elsewhere.example.com")) as wire, Proxy(to=wire.port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        async with make_clients(
            flavour, "https://tc.example.invalid", ssl_context=authority.client(), retry=NEVER
        ) as clients:
            with pytest.raises(TransportError, match="Hostname mismatch") as caught:
                await clients.client()
        wire.wait_until_all_closed()
    assert not caught.value.sent


@every_flavour
async def test_a_proxy_that_speaks_tls_is_believed_by_ssl_cert_file(
    flavour: Flavour, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.write_file(tmp_path)))
    with Wire(otherwise=well, tls=authority.server()) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        async with make_clients(flavour, "http://tc.example.invalid", retry=NEVER) as clients:
            assert await clients.client() == OK
    assert proxy.requests[0].target == "http://tc.example.invalid/api/auth/v1/clients/a%2Fclient"


@every_flavour
@pytest.mark.parametrize("url", ["http://tc.example.invalid", "https://tc.example.invalid"])
async def test_a_proxy_that_speaks_tls_is_believed_by_nothing_but_ssl_cert_file(
    flavour: Flavour, url: str, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(Authority().write_file(tmp_path)))
    monkeypatch.setenv("SSL_CERT_DIR", str(authority.write_folder(tmp_path)))
    with Wire(tls=authority.server()) as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        async with make_clients(flavour, url, retry=NEVER) as clients:
            with pytest.raises(TransportError, match="certificate verify failed") as caught:
                await clients.client()
        proxy.wait_until_all_closed()
    assert not caught.value.sent


@every_flavour
async def test_a_server_behind_a_proxy_that_wants_a_certificate_refuses_a_client_without_one(
    flavour: Flavour, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        Wire(tls=authority.server("tc.example.invalid", clients=True)) as wire,
        Proxy(to=wire.port) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        async with make_clients(
            flavour, "https://tc.example.invalid", ssl_context=authority.client(), retry=NEVER
        ) as clients:
            with pytest.raises(TransportError):
                await clients.client()
        wire.wait_until_all_closed()
    assert wire.secured == []


@every_flavour
@pytest.mark.parametrize(
    "proxy", ["ftp://user:a-secret@proxy.example.com", "http://user:a-secret@proxy:port"]
)
async def test_a_proxy_that_is_none_is_named_in_the_error_without_its_password_and_takes_no_place(
    flavour: Flavour, proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    async with make_clients(
        flavour, "https://tc.example.invalid", max_connections=1, deadline=5.0
    ) as clients:
        for _ in range(2):
            with pytest.raises(ValueError, match=r"^https_proxy: the environment names no proxy") as caught:
                await clients.client()
            assert "a-secret" not in f"{caught.value!r} {caught.value.__cause__!r}"
