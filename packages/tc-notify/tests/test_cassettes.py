"""What a Taskcluster answered to the methods of this service, replayed from cassettes (see docs/cassettes.md)."""

from __future__ import annotations

import pytest
from cassettes import Scene, monitoring, recorded

from tc_core import BadRequest, InsufficientScopes
from tc_notify import AsyncNotify, Notify
from tc_testing import LocalTaskcluster

test_monitoring = monitoring(Notify, AsyncNotify)


def with_accounts(tc: LocalTaskcluster) -> None:
    tc.configure(matrix=True, slack=True)


@recorded(Notify, AsyncNotify, scopes=["notify:email:*"], facts={"email_address": "ci@example.com"})
async def test_an_email(notify: AsyncNotify, scene: Scene) -> None:
    await notify.email(
        {"address": scene.facts["email_address"], "subject": scene.name(), "content": "of a recording"}
    )


@recorded(Notify, AsyncNotify, scopes=["notify:pulse:recording.*"])
async def test_a_message_on_pulse(notify: AsyncNotify, scene: Scene) -> None:
    await notify.pulse({"routingKey": "recording.demo", "message": {"name": scene.name()}})


@recorded(
    Notify,
    AsyncNotify,
    scopes=["notify:matrix-room:*"],
    facts={"matrix_room": "!recording:example.com"},
    local=with_accounts,
)
async def test_a_message_on_matrix(notify: AsyncNotify, scene: Scene) -> None:
    await notify.matrix({"roomId": scene.facts["matrix_room"], "body": scene.name()})


@recorded(
    Notify,
    AsyncNotify,
    scopes=["notify:slack-channel:*"],
    facts={"slack_channel": "C0123RECORDING"},
    local=with_accounts,
)
async def test_a_message_on_slack(notify: AsyncNotify, scene: Scene) -> None:
    await notify.slack({"channelId": scene.facts["slack_channel"], "text": scene.name()})


@recorded(Notify, AsyncNotify, scopes=["notify:manage-denylist", "notify:email:*"])
async def test_the_denylist(notify: AsyncNotify, scene: Scene) -> None:
    addresses = [f"{scene.name()}@example.com" for _ in range(2)]
    for address in addresses:
        denied = {"notificationType": "email", "notificationAddress": address}
        scene.afterwards(notify.deleteDenylistAddress, denied)
        await notify.addDenylistAddress({"notificationType": "email", "notificationAddress": address})
    for attempt in scene.attempts():
        with attempt:
            listed = {each["notificationAddress"] async for each in notify.listDenylist_items(limit=1)}
            assert set(addresses) <= listed
    with pytest.raises(BadRequest):
        await notify.email({"address": addresses[0], "subject": "denied", "content": "of a recording"})


@recorded(Notify, AsyncNotify)
async def test_what_is_refused(notify: AsyncNotify, scene: Scene) -> None:
    with pytest.raises(InsufficientScopes):
        await notify.listDenylist()
