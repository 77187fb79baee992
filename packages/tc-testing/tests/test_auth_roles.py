"""Roles and the audit history: what the recorded exchanges do not show."""

from __future__ import annotations

from typing import Any

import pytest
from checked import checked_root
from hawk_client import Caller

from tc_testing import LocalTaskcluster

ROLE = "/api/auth/v1/roles/project%3Ademo"
PAYLOAD = {"description": "d", "scopes": ["b", "a"]}
CLIENT = "/api/auth/v1/clients/project%2Fdemo%2Fci"
CLIENT_PAYLOAD = {"expires": "2100-01-01T00:00:00.000Z", "description": "d"}


@pytest.fixture
def root(tc: LocalTaskcluster) -> Caller:
    return checked_root(tc)


def make_role(root: Caller, role_id: str, *scopes: str) -> Any:
    return root("PUT", f"/api/auth/v1/roles/{role_id}", {"description": "d", "scopes": list(scopes)})


class TestRoles:
    def test_role_gives_its_scopes(self, tc: LocalTaskcluster, root: Caller) -> None:
        caller = Caller(tc.root_url, "c", tc.add_client("c", ["assume:project:demo"]))
        secret = "/api/secrets/v1/secret/x"
        assert caller("GET", secret).status == 403
        assert make_role(root, "project%3Ademo", "secrets:get:x").status == 200
        assert caller("GET", secret).status == 404
        root("POST", ROLE, PAYLOAD)
        assert caller("GET", secret).status == 403
        make_role(root, "project%3A*", "secrets:get:*")
        assert caller("GET", secret).status == 404
        root("DELETE", "/api/auth/v1/roles/project%3A*")
        assert caller("GET", secret).status == 403

    def test_what_everyone_may_do_can_be_changed(self, root: Caller, anonymous: Caller) -> None:
        assert anonymous("GET", "/api/secrets/v1/secrets").status == 200
        root("POST", "/api/auth/v1/roles/anonymous", {"description": "d", "scopes": []})
        assert anonymous("GET", "/api/secrets/v1/secrets").status == 403

    def test_update_keeps_when_it_was_created(self, tc: LocalTaskcluster, root: Caller) -> None:
        created = root("PUT", ROLE, PAYLOAD).json
        tc.clock.advance(hours=1)
        updated = root("POST", ROLE, {"description": "e", "scopes": []}).json
        assert (updated["description"], updated["scopes"]) == ("e", [])
        assert updated["created"] == created["created"] < updated["lastModified"]
        assert root("GET", ROLE).json == updated

    def test_giving_scopes_takes_having_them(self, tc: LocalTaskcluster, root: Caller) -> None:
        scopes = ["auth:create-role:project:*", "auth:update-role:project:*", "a"]
        caller = Caller(tc.root_url, "giver", tc.add_client("giver", scopes))
        assert caller("PUT", ROLE, PAYLOAD).code == "InsufficientScopes"
        assert caller("PUT", ROLE, PAYLOAD | {"scopes": ["a"]}).status == 200
        assert caller("POST", ROLE, PAYLOAD).code == "InsufficientScopes"
        root("POST", ROLE, PAYLOAD)
        assert caller("POST", ROLE, PAYLOAD | {"description": "other"}).json["scopes"] == ["a", "b"]

    def test_role_that_is_not_there(self, root: Caller) -> None:
        assert root("POST", ROLE, PAYLOAD).message == "Role not found"
        assert root("DELETE", ROLE).status == 204

    def test_cycle_through_others(self, root: Caller) -> None:
        make_role(root, "a%3A*", "assume:b:<..>")
        make_role(root, "b%3A*", "x")
        reply = root("POST", "/api/auth/v1/roles/b%3A*", {"description": "d", "scopes": ["assume:a:x<..>"]})
        assert reply.message == (
            "Roles may not contain dependency cycles, found: 'assume:b:*' -> 'assume:a:*' -> 'assume:b:*'"
        )
        assert root("GET", "/api/auth/v1/roles/b%3A*").json["scopes"] == ["x"]

    def test_roles_may_assume_each_other_where_scopes_do_not_grow(self, root: Caller) -> None:
        make_role(root, "a", "assume:b", "x")
        assert make_role(root, "b", "assume:a").json["expandedScopes"] == ["assume:a", "assume:b", "x"]

    def test_pages_go_on_where_they_ended(self, root: Caller) -> None:
        for role_id in "bdf":
            make_role(root, role_id)
        first = root("GET", "/api/auth/v1/roles2?limit=2").json
        assert [role["roleId"] for role in first["roles"]] == ["anonymous", "b"]
        root("DELETE", "/api/auth/v1/roles/b")
        make_role(root, "a")
        token = first["continuationToken"]
        rest = root("GET", f"/api/auth/v1/roles2?limit=2&continuationToken={token}").json
        assert [role["roleId"] for role in rest["roles"]] == ["d", "f"]
        assert "continuationToken" not in rest


class TestAuditHistory:
    def history(self, root: Caller, path: str) -> list[tuple[str, str]]:
        entries = root("GET", f"/api/auth/v1/{path}").json["auditHistory"]
        return [(entry["clientId"], entry["actionType"]) for entry in entries]

    def test_life_of_a_client(self, tc: LocalTaskcluster, root: Caller) -> None:
        root("PUT", CLIENT, CLIENT_PAYLOAD)
        other = Caller(tc.root_url, "admin", tc.add_client("admin", ["auth:*"]))
        for path in ("", "/disable", "/enable", "/reset"):
            assert other("POST", CLIENT + path, None if path else CLIENT_PAYLOAD).status == 200
        root("DELETE", CLIENT)
        done_by_other = [("admin", action) for action in ("updated", "disabled", "enabled", "reset")]
        assert self.history(root, "audit/client/project%2Fdemo%2Fci") == [
            (tc.client_id, "created"),
            *done_by_other,
            (tc.client_id, "deleted"),
        ]
        assert self.history(root, "clients/admin/audit") == done_by_other

    def test_of_roles_secrets_and_hooks(self, tc: LocalTaskcluster, root: Caller) -> None:
        secret: dict[str, Any] = {"secret": {}, "expires": "2100-01-01T00:00:00.000Z"}
        metadata = {"name": "n", "description": "d", "owner": "ci@example.com"}
        for verb, path, payload, entity in (
            ("PUT", ROLE, PAYLOAD, "role/project%3Ademo"),
            ("PUT", "/api/secrets/v1/secret/x%2Fy", secret, "secret/x%2Fy"),
            ("PUT", "/api/hooks/v1/hooks/g/h", {"metadata": metadata, "task": {}}, "hook/g%2Fh"),
        ):
            assert root(verb, path, payload).status == 200
            assert self.history(root, f"audit/{entity}") == [(tc.client_id, "created")]
            root("DELETE", path)
            assert self.history(root, f"audit/{entity}")[-1] == (tc.client_id, "deleted")

    def test_what_failed_is_not_in_it(self, root: Caller) -> None:
        root("PUT", CLIENT, CLIENT_PAYLOAD)
        assert root("PUT", CLIENT, CLIENT_PAYLOAD | {"description": "other"}).status == 409
        assert len(self.history(root, "audit/client/project%2Fdemo%2Fci")) == 1

    def test_it_takes_scopes(self, anonymous: Caller) -> None:
        assert anonymous("GET", "/api/auth/v1/audit/client/x").code == "InsufficientScopes"
        assert anonymous("GET", "/api/auth/v1/clients/x/audit").code == "InsufficientScopes"


def test_changes_are_announced(tc: LocalTaskcluster, root: Caller) -> None:
    root("PUT", CLIENT, CLIENT_PAYLOAD)
    root("POST", f"{CLIENT}/disable")
    root("DELETE", CLIENT)
    root("PUT", ROLE, PAYLOAD)
    root("POST", ROLE, PAYLOAD)
    root("DELETE", ROLE)
    names = ["clientCreated", "clientUpdated", "clientDeleted", "roleCreated", "roleUpdated", "roleDeleted"]
    assert [message.name for message in tc.messages] == names
    assert tc.messages[0].payload == {"version": 1, "clientId": "project/demo/ci"}
