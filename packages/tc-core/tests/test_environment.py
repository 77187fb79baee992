"""Where clients connect and as whom, as the TASKCLUSTER_* variables say."""

from __future__ import annotations

from typing import Any

import pytest
from sample import AsyncSample, Sample

from tc_core import AsyncClient, Client, Credentials

ROOT = {"TASKCLUSTER_ROOT_URL": "https://tc.example.com"}
PROXY = {"TASKCLUSTER_PROXY_URL": "http://taskcluster"}
SIGNED = {"TASKCLUSTER_CLIENT_ID": "project/demo/ci", "TASKCLUSTER_ACCESS_TOKEN": "an-access-token"}

ANONYMOUS = "anonymous"
CI = "Credentials(client_id='project/demo/ci')"

every_kind = pytest.mark.parametrize("kind", [Client, AsyncClient, Sample, AsyncSample])


def shown(kind: Any, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], **options: Any) -> str:
    """What such a client says about itself: its root URL and its credentials."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    return repr(kind.from_env(**options)).removeprefix(kind.__name__)


@every_kind
@pytest.mark.parametrize(
    ("environ", "url", "signer"),
    [
        (ROOT, "https://tc.example.com", ANONYMOUS),
        (PROXY, "http://taskcluster", ANONYMOUS),
        (ROOT | PROXY, "http://taskcluster", ANONYMOUS),
        (ROOT | SIGNED, "https://tc.example.com", CI),
        (ROOT | SIGNED | PROXY, "https://tc.example.com", CI),
        (ROOT | PROXY | {"TASKCLUSTER_CLIENT_ID": ""}, "http://taskcluster", ANONYMOUS),
        (ROOT | {"TASKCLUSTER_PROXY_URL": ""}, "https://tc.example.com", ANONYMOUS),
        (ROOT | {"TASKCLUSTER_ACCESS_TOKEN": "unused"}, "https://tc.example.com", ANONYMOUS),
    ],
)
def test_a_client_id_goes_before_the_proxy_and_the_proxy_before_no_credentials(
    kind: Any, environ: dict[str, str], url: str, signer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shown(kind, monkeypatch, environ) == f"({url!r}, {signer})"


@every_kind
@pytest.mark.parametrize(
    "environ", [{}, {"TASKCLUSTER_ROOT_URL": ""}, {"TASKCLUSTER_ACCESS_TOKEN": "unused"}]
)
def test_an_environment_without_a_url_is_told_what_to_set(
    kind: Any, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(
        ValueError, match=r"set TASKCLUSTER_ROOT_URL, .* or TASKCLUSTER_PROXY_URL inside a task"
    ):
        shown(kind, monkeypatch, environ)


@pytest.mark.parametrize("missing", ["TASKCLUSTER_ROOT_URL", "TASKCLUSTER_ACCESS_TOKEN"])
def test_a_client_id_needs_its_token_and_the_root_url(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {name: value for name, value in (ROOT | SIGNED | PROXY).items() if name != missing}
    with pytest.raises(ValueError, match=rf"^{missing} is not set"):
        shown(Client, monkeypatch, environ)


def test_credentials_given_go_before_those_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    given = Credentials("given", "a-token")
    assert shown(Client, monkeypatch, ROOT | SIGNED, credentials=given).endswith(
        "Credentials(client_id='given'))"
    )


def test_none_given_means_anonymous(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (
        shown(Client, monkeypatch, ROOT | SIGNED | PROXY, credentials=None)
        == "('https://tc.example.com', anonymous)"
    )


def test_options_are_taken_and_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"^timeout: is -1"):
        shown(Client, monkeypatch, ROOT, timeout=-1)
    with pytest.raises(TypeError, match=r"^colour: is no option"):
        shown(Client, monkeypatch, ROOT, colour="red")


def test_the_environment_is_read_when_asked_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASKCLUSTER_ROOT_URL", "https://one.example.com")
    first = Client.from_env()
    monkeypatch.setenv("TASKCLUSTER_ROOT_URL", "https://two.example.com")
    assert (first.root_url, Client.from_env().root_url) == (
        "https://one.example.com",
        "https://two.example.com",
    )
    assert Client("https://three.example.com").root_url == "https://three.example.com"
