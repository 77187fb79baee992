"""What a Taskcluster answered to the methods of this service, replayed from cassettes (see docs/cassettes.md)."""

# A method is recorded as long as a server has it.
# pyright: reportDeprecated=false

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import pytest
from cassettes import Scene, monitoring, recorded

from tc_auth import AsyncAuth, Auth
from tc_auth.types import (
    AuthenticateHawkRequest,
    CreateClientRequest,
    CreateRoleRequest,
    GithubRepoTokenRequest,
)
from tc_core import AuthenticationFailed, BadRequest, Conflict, Credentials, InsufficientScopes, NotFound
from tc_testing import LocalTaskcluster

test_monitoring = monitoring(Auth, AsyncAuth)


@recorded(
    Auth,
    AsyncAuth,
    scopes=[
        "auth:audit-history:client",
        "auth:client-audit-history:*",
        "auth:create-client:recording-*",
        "auth:current-scopes",
        "auth:delete-client:recording-*",
        "auth:disable-client:recording-*",
        "auth:enable-client:recording-*",
        "auth:get-client:*",
        "auth:list-clients",
        "auth:reset-access-token:recording-*",
        "auth:update-client:recording-*",
        "test:recording",
    ],
)
async def test_a_client_is_made_used_and_deleted(auth: AsyncAuth, scene: Scene) -> None:
    prefix = scene.name()
    client_ids = [f"{prefix}/one", f"{prefix}/two"]
    definition: CreateClientRequest = {
        "expires": scene.now() + timedelta(days=1),
        "description": "of a recording",
        "scopes": ["test:recording"],
        "deleteOnExpiration": True,
    }
    tokens: list[str] = []
    for client_id in client_ids:
        scene.afterwards(auth.deleteClient, client_id)
        tokens.append((await auth.createClient(client_id, definition))["accessToken"])
    assert tokens[0] != tokens[1]
    with pytest.raises(Conflict):
        await auth.createClient(client_ids[0], {**definition, "description": "another"})
    made = await scene.connect(Auth, AsyncAuth, Credentials(client_ids[0], tokens[0]))
    assert "test:recording" in (await made.currentScopes())["scopes"]
    with pytest.raises(InsufficientScopes):
        await made.disableClient(client_ids[0])
    for attempt in scene.attempts():
        with attempt:
            listed = [each["clientId"] async for each in auth.listClients_items(prefix=prefix, limit=1)]
            assert sorted(listed) == client_ids
    updated = await auth.updateClient(client_ids[0], {**definition, "description": "updated"})
    assert (await auth.client(client_ids[0])) == updated
    assert (await auth.disableClient(client_ids[0]))["disabled"]
    with pytest.raises(AuthenticationFailed):
        await made.currentScopes()
    assert not (await auth.enableClient(client_ids[0]))["disabled"]
    reset = await auth.resetAccessToken(client_ids[0])
    assert reset["accessToken"] not in tokens
    for attempt in scene.attempts():
        with attempt:
            assert (await auth.getEntityHistory("client", client_ids[0], limit=2))["auditHistory"]
            assert (await auth.listAuditHistory(scene.client_id, limit=2))["auditHistory"]
    with pytest.raises(NotFound):
        await auth.client(f"{prefix}/none")


@recorded(
    Auth,
    AsyncAuth,
    scopes=[
        "auth:create-role:recording-*",
        "auth:delete-role:recording-*",
        "auth:expand-scopes",
        "auth:get-role:recording-*",
        "auth:list-roles",
        "auth:update-role:recording-*",
        "test:recording",
    ],
)
async def test_a_role_is_made_and_deleted(auth: AsyncAuth, scene: Scene) -> None:
    role_id = scene.name()
    definition: CreateRoleRequest = {"description": "of a recording", "scopes": ["test:recording"]}
    scene.afterwards(auth.deleteRole, role_id)
    created = await auth.createRole(role_id, definition)
    assert created["scopes"] == ["test:recording"]
    with pytest.raises(Conflict):
        await auth.createRole(role_id, {**definition, "description": "another"})
    await auth.updateRole(role_id, {**definition, "description": "updated"})
    assert (await auth.role(role_id))["description"] == "updated"
    for attempt in scene.attempts():
        with attempt:
            expanded = await auth.expandScopes({"scopes": [f"assume:{role_id}"]})
            assert set(expanded["scopes"]) == {f"assume:{role_id}", "test:recording"}
            assert role_id in [each["roleId"] for each in await auth.listRoles()]
            assert role_id in [each["roleId"] async for each in auth.listRoles2_items(limit=100)]
            assert role_id in [each async for each in auth.listRoleIds_items(limit=100)]
    with pytest.raises(NotFound):
        await auth.role(f"{role_id}/none")


@recorded(Auth, AsyncAuth)
async def test_signatures_are_checked(auth: AsyncAuth, scene: Scene) -> None:
    request: AuthenticateHawkRequest = {
        "method": "get",
        "resource": "/a?b=1",
        "host": "service.example.com",
        "port": 443,
    }
    nobody = await auth.authenticateHawk(request)
    assert nobody["status"] == "no-auth"
    refused = await auth.authenticateHawk({**request, "authorization": scene.text()})
    assert refused["status"] == "auth-failed"
    made_up = await scene.connect(Auth, AsyncAuth, Credentials("tester", "no-secret"))
    assert (await made_up.testAuthenticateGet())["clientId"] == "tester"
    answer = await made_up.testAuthenticate({"clientScopes": ["test:a"], "requiredScopes": ["test:a"]})
    assert answer["scopes"]
    with pytest.raises(InsufficientScopes):
        await made_up.testAuthenticate({"clientScopes": ["test:a"], "requiredScopes": ["test:b"]})


@recorded(Auth, AsyncAuth, scopes=["auth:websocktunnel-token:recording/*"])
async def test_a_token_for_a_websocktunnel(auth: AsyncAuth, scene: Scene) -> None:
    answer = await auth.websocktunnelToken("recording", scene.name())
    assert answer["token"]


def with_accounts(tc: LocalTaskcluster) -> None:
    tc.configure(
        aws_buckets=["recording-bucket"],
        azure_accounts={"recording": {"tables": ["DemoTable"], "containers": ["demo"]}},
        gcp_service_accounts=["ci@recording.iam.example.com"],
        github_apps={"recording-app": ["recording"]},
        sentry_projects=["recording"],
    )


@recorded(
    Auth, AsyncAuth, scopes=["auth:aws-s3:*"], facts={"aws_bucket": "recording-bucket"}, local=with_accounts
)
async def test_credentials_for_aws(auth: AsyncAuth, scene: Scene) -> None:
    bucket = scene.facts["aws_bucket"]
    answer = await auth.awsS3Credentials("read-only", bucket, "recording/")
    assert answer["credentials"].keys() == {"accessKeyId", "secretAccessKey", "sessionToken"}
    await auth.awsS3Credentials("read-write", bucket, "recording/", format="iam-role-compat")
    with pytest.raises(NotFound):
        await auth.awsS3Credentials("read-only", scene.name(), "")
    with pytest.raises(BadRequest):
        await auth.awsS3Credentials(cast(Any, "write-only"), bucket, "recording/")


@recorded(
    Auth,
    AsyncAuth,
    scopes=["auth:azure-container:*", "auth:azure-table:*"],
    facts={"azure_account": "recording", "azure_table": "DemoTable", "azure_container": "demo"},
    local=with_accounts,
)
async def test_credentials_for_azure(auth: AsyncAuth, scene: Scene) -> None:
    account = scene.facts["azure_account"]
    assert account in (await auth.azureAccounts())["accounts"]
    assert scene.facts["azure_table"] in (await auth.azureTables(account))["tables"]
    assert scene.facts["azure_container"] in (await auth.azureContainers(account))["containers"]
    assert (await auth.azureTableSAS(account, scene.facts["azure_table"], "read-only"))["sas"]
    assert (await auth.azureContainerSAS(account, scene.facts["azure_container"], "read-only"))["sas"]
    with pytest.raises(NotFound):
        await auth.azureTables(scene.name())


@recorded(
    Auth,
    AsyncAuth,
    scopes=["auth:gcp:access-token:*"],
    facts={"gcp_service_account": "ci@recording.iam.example.com"},
    local=with_accounts,
)
async def test_credentials_for_google(auth: AsyncAuth, scene: Scene) -> None:
    assert (await auth.gcpCredentials("-", scene.facts["gcp_service_account"]))["accessToken"]
    with pytest.raises(BadRequest):
        await auth.gcpCredentials("-", f"{scene.name()}@example.com")


@recorded(
    Auth,
    AsyncAuth,
    scopes=["auth:github-repo-token:*"],
    facts={"github_app": "recording-app", "github_owner": "recording", "github_repository": "demo"},
    local=with_accounts,
)
async def test_a_token_for_github(auth: AsyncAuth, scene: Scene) -> None:
    wanted: GithubRepoTokenRequest = {
        "repositories": [scene.facts["github_repository"]],
        "permissions": {"contents": "read"},
    }
    answer = await auth.githubRepoToken(scene.facts["github_app"], scene.facts["github_owner"], wanted)
    assert answer["token"]


@recorded(
    Auth, AsyncAuth, scopes=["auth:sentry:*"], facts={"sentry_project": "recording"}, local=with_accounts
)
async def test_a_dsn_for_sentry(auth: AsyncAuth, scene: Scene) -> None:
    answer = await auth.sentryDSN(scene.facts["sentry_project"])
    assert answer["dsn"].keys() == {"public", "secret"}
    with pytest.raises(NotFound):
        await auth.sentryDSN(scene.name())
