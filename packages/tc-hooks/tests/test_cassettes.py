"""What a Taskcluster answered to the methods of this service, replayed from cassettes (see docs/cassettes.md)."""

# A method is recorded as long as a server has it.
# pyright: reportDeprecated=false

from __future__ import annotations

import pytest
from cassettes import Scene, monitoring, recorded

from tc_auth import AsyncAuth, Auth
from tc_core import AuthenticationFailed, BadRequest, Conflict, InsufficientScopes, NotFound
from tc_hooks import AsyncHooks, Hooks
from tc_hooks.types import CreateHookRequest

TASK_SCOPES = [
    "queue:create-task:lowest:recording-hooks/worker",
    "queue:create-task:project:none",
    "queue:scheduler-id:-",
]

test_monitoring = monitoring(Hooks, AsyncHooks)


def definition(description: str = "of a recording") -> CreateHookRequest:
    return {
        "metadata": {
            "name": "a hook",
            "description": description,
            "owner": "ci@example.com",
            "emailOnError": False,
        },
        "task": {
            "provisionerId": "recording-hooks",
            "workerType": "worker",
            "created": {"$fromNow": "0 seconds"},
            "deadline": {"$fromNow": "1 hour"},
            "payload": {},
            "metadata": {
                "name": "a task",
                "description": "of a recording",
                "owner": "ci@example.com",
                "source": "https://example.com/recording",
            },
        },
        "triggerSchema": {
            "type": "object",
            "properties": {"branch": {"type": "string"}},
            "additionalProperties": False,
        },
    }


@recorded(
    Hooks,
    AsyncHooks,
    scopes=[
        "assume:hook-id:recording-*",
        "auth:create-role:hook-id:recording-*",
        "auth:delete-role:hook-id:recording-*",
        "hooks:get-trigger-token:recording-*",
        "hooks:get:recording-*",
        "hooks:list-hooks:*",
        "hooks:list-last-fires:recording-*",
        "hooks:modify-hook:recording-*",
        "hooks:reset-trigger-token:recording-*",
        "hooks:status:recording-*",
        "hooks:trigger-hook:recording-*",
        *TASK_SCOPES,
    ],
)
async def test_a_hook_is_made_triggered_and_removed(hooks: AsyncHooks, scene: Scene) -> None:
    group, hook = scene.name(), "nightly/linux"
    auth = await scene.connect(Auth, AsyncAuth)
    role = f"hook-id:{group}/{hook}"
    scene.afterwards(auth.deleteRole, role)
    await auth.createRole(role, {"description": "of a recording", "scopes": TASK_SCOPES})
    scene.afterwards(hooks.removeHook, group, hook)
    created = await hooks.createHook(group, hook, definition())
    assert (created["hookGroupId"], created["hookId"]) == (group, hook)
    with pytest.raises(Conflict):
        await hooks.createHook(group, hook, definition())
    updated = await hooks.updateHook(group, hook, definition("updated"))
    assert updated["metadata"]["description"] == "updated"
    assert (await hooks.hook(group, hook))["metadata"] == updated["metadata"]
    with pytest.raises(NotFound):
        await hooks.hook(group, "none")
    for attempt in scene.attempts():
        with attempt:
            assert group in (await hooks.listHookGroups())["groups"]
            assert [each["hookId"] for each in (await hooks.listHooks(group))["hooks"]] == [hook]
    triggered = await hooks.triggerHook(group, hook, {"branch": "main"})
    assert "status" in triggered
    with pytest.raises(BadRequest):
        await hooks.triggerHook(group, hook, {"branch": 1})
    old = (await hooks.getTriggerToken(group, hook))["token"]
    new = (await hooks.resetTriggerToken(group, hook))["token"]
    assert new != old
    await hooks.triggerHookWithToken(group, hook, new, {"branch": "main"})
    with pytest.raises(AuthenticationFailed):
        await hooks.triggerHookWithToken(group, hook, old, {})
    for attempt in scene.attempts():
        with attempt:
            fires = [each["firedBy"] async for each in hooks.listLastFires_items(group, hook, limit=1)]
            assert set(fires) == {"triggerHook", "triggerHookWithToken"}
    assert (await hooks.getHookStatus(group, hook))["lastFire"]["result"] == "success"


@recorded(Hooks, AsyncHooks)
async def test_what_is_refused(hooks: AsyncHooks, scene: Scene) -> None:
    with pytest.raises(InsufficientScopes):
        await hooks.createHook(scene.name(), "hook", definition())
