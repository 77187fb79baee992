"""What a Taskcluster answered to the methods of this service, replayed from cassettes (see docs/cassettes.md)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cassettes import Scene, monitoring, recorded

from tc_core import BadRequest, InsufficientScopes, NotFound
from tc_secrets import AsyncSecrets, Secrets

test_monitoring = monitoring(Secrets, AsyncSecrets)


@recorded(
    Secrets,
    AsyncSecrets,
    scopes=["secrets:get:recording-*", "secrets:set:recording-*", "secrets:list-secrets"],
)
async def test_secrets_are_set_listed_and_removed(secrets: AsyncSecrets, scene: Scene) -> None:
    names = sorted(scene.name() for _ in range(3))
    expires = scene.now() + timedelta(days=1)
    for name in names:
        scene.afterwards(secrets.remove, name)
        await secrets.set(name, {"secret": {"password": scene.text(), "pin": 1234}, "expires": expires})
    # On a cassette the secret itself is not.
    assert (await secrets.get(names[0]))["secret"].keys() == {"password", "pin"}
    for attempt in scene.attempts():
        with attempt:
            listed = [name async for name in secrets.list_items(limit=2)]
            assert set(names) <= set(listed)
    await secrets.remove(names[0])
    with pytest.raises(NotFound):
        await secrets.get(names[0])


@recorded(Secrets, AsyncSecrets, scopes=["secrets:set:recording-*"])
async def test_what_is_refused(secrets: AsyncSecrets, scene: Scene) -> None:
    name = scene.name()
    with pytest.raises(InsufficientScopes) as forbidden:
        await secrets.get(name)
    assert f"secrets:get:{name}" in forbidden.value.message
    with pytest.raises(BadRequest) as bad:
        await secrets.set(name, {"secret": {}})  # type: ignore[typeddict-item]  # pyright: ignore
    assert bad.value.code == "InputValidationError"
