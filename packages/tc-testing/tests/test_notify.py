"""Notifications: what the recorded exchanges do not show."""

from __future__ import annotations

from typing import Any

import pytest
from hawk_client import Caller

from tc_testing import LocalTaskcluster

NOTIFY = "/api/notify/v1"
EMAIL = {"address": "ci@example.com", "subject": "s", "content": "c"}
MATRIX = {"roomId": "!r:example.com", "body": "b"}
SLACK = {"channelId": "C1", "text": "t"}
PULSE: dict[str, Any] = {"routingKey": "demo.x", "message": {"a": 1}}


def test_notifications_are_kept(tc: LocalTaskcluster, root: Caller) -> None:
    tc.configure(matrix=True, slack=True)
    for method, payload in (("email", EMAIL), ("pulse", PULSE), ("matrix", MATRIX), ("slack", SLACK)):
        assert root("POST", f"{NOTIFY}/{method}", payload).content == b"OK"
        assert root("POST", f"{NOTIFY}/{method}", payload).status == 204
    assert [(sent.kind, sent.address) for sent in tc.notifications] == [
        ("email", "ci@example.com"),
        ("pulse", "demo.x"),
        ("matrix-room", "!r:example.com"),
        ("slack-channel", "C1"),
    ]
    assert tc.notifications[0].content["template"] == "simple"
    tc.reset()
    assert tc.notifications == []


def test_pulse_is_published(tc: LocalTaskcluster, root: Caller) -> None:
    for _ in range(2):
        root("POST", f"{NOTIFY}/pulse", PULSE)
    [message] = tc.messages
    assert (message.routing_key, message.payload["message"]) == ("primary.demo.x", {"a": 1})


def test_another_text_is_another_notification(tc: LocalTaskcluster, root: Caller) -> None:
    for subject in ("a", "b"):
        assert root("POST", f"{NOTIFY}/email", EMAIL | {"subject": subject}).status == 200
    assert len(tc.notifications) == 2


@pytest.mark.parametrize(
    ("kind", "address", "method", "payload"),
    [
        ("email", "ci@example.com", "email", EMAIL),
        ("pulse", "demo.x", "pulse", PULSE),
        ("matrix-room", "!r:example.com", "matrix", MATRIX),
        ("slack-channel", "C1", "slack", SLACK),
    ],
)
def test_denied_address(
    tc: LocalTaskcluster, root: Caller, kind: str, address: str, method: str, payload: Any
) -> None:
    tc.configure(matrix=True, slack=True)
    denied = {"notificationType": kind, "notificationAddress": address}
    root("POST", f"{NOTIFY}/denylist/add", denied)
    assert root("GET", f"{NOTIFY}/denylist/list").json == {"addresses": [denied]}
    reply = root("POST", f"{NOTIFY}/{method}", payload)
    assert (reply.status, reply.code) == (400, "DenylistedAddress")
    assert tc.notifications == []
    root("DELETE", f"{NOTIFY}/denylist/delete", denied)
    assert root("POST", f"{NOTIFY}/{method}", payload).status == 200


@pytest.mark.parametrize(
    ("scope", "method", "payload"),
    [
        ("notify:pulse:demo.x", "pulse", PULSE),
        ("notify:matrix-room:!r:example.com", "matrix", MATRIX),
        ("notify:slack-channel:C1", "slack", SLACK),
    ],
)
def test_scope_names_the_address(tc: LocalTaskcluster, scope: str, method: str, payload: Any) -> None:
    tc.configure(matrix=True, slack=True)
    allowed = Caller(tc.root_url, "a", tc.add_client("a", [scope]))
    other = Caller(tc.root_url, "o", tc.add_client("o", [f"{scope}x"]))
    assert other("POST", f"{NOTIFY}/{method}", payload).status == 403
    assert allowed("POST", f"{NOTIFY}/{method}", payload).status == 200
