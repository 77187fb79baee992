"""Credentials for other services, and signatures checked for them."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from checked import checked_root
from hawk_client import Caller, temporary
from queue_client import QueueClient

from tc_testing import LocalTaskcluster

HAWK = "/api/auth/v1/authenticate-hawk"
REQUEST = {"method": "get", "resource": "/x?y=1", "host": "service.example", "port": 80}
AUTH = "/api/auth/v1"


@pytest.fixture
def root(tc: LocalTaskcluster) -> Caller:
    return checked_root(tc)


def in_seconds(tc: LocalTaskcluster, date: str) -> float:
    return (datetime.fromisoformat(date) - tc.clock.now()).total_seconds()


class TestAuthenticateHawk:
    def check(self, root: Caller, caller: Caller, **request: Any) -> Any:
        header = caller.authorization("GET", "/x?y=1", host="service.example")
        return root("POST", HAWK, REQUEST | {"authorization": header} | request).json

    def test_client(self, tc: LocalTaskcluster, root: Caller) -> None:
        caller = Caller(tc.root_url, "c", tc.add_client("c", ["a:*"]))
        found = self.check(root, caller)
        assert (found["status"], found["scheme"], found["clientId"]) == ("auth-success", "hawk", "c")
        assert "a:*" in found["scopes"]
        assert in_seconds(tc, found["expires"]) > timedelta(days=365).total_seconds()

    def test_payload_hash_is_for_the_service_to_check(self, root: Caller, tc: LocalTaskcluster) -> None:
        caller = Caller(tc.root_url, tc.client_id, tc.access_token)
        assert "hash" in self.check(root, caller)
        header = caller.authorization("GET", "/x?y=1", host="service.example", hashed=False)
        assert "hash" not in self.check(root, caller, authorization=header)

    def test_temporary_credentials_end_with_the_certificate(self, tc: LocalTaskcluster, root: Caller) -> None:
        issuer = Caller(tc.root_url, tc.client_id, tc.access_token)
        found = self.check(root, temporary(issuer, ["a:b"], expiry=60))
        assert "a:b" in found["scopes"]
        assert 0 < in_seconds(tc, found["expires"]) <= 60

    def test_credentials_of_a_task(self, tc: LocalTaskcluster, root: Caller) -> None:
        queue = QueueClient(tc)
        task_id = queue.create()
        claim = queue.claim(task_id)
        found = self.check(root, queue.with_credentials(claim["credentials"]))
        assert found["clientId"].startswith(f"task-client/{task_id}/0/")
        assert 0 < in_seconds(tc, found["expires"]) <= 30 * 60

    @pytest.mark.parametrize(
        "changed", [{"method": "post"}, {"resource": "/x"}, {"host": "other.example"}, {"port": 443}]
    )
    def test_another_request(self, tc: LocalTaskcluster, root: Caller, changed: dict[str, Any]) -> None:
        caller = Caller(tc.root_url, tc.client_id, tc.access_token)
        assert self.check(root, caller, **changed) == {
            "status": "auth-failed",
            "message": "Unauthorized: Bad mac",
        }

    def test_bewit(self, tc: LocalTaskcluster, root: Caller) -> None:
        caller = Caller("http://service.example", tc.client_id, tc.access_token)
        found = root("POST", HAWK, REQUEST | {"resource": caller.bewit("/x")}).json
        assert (found["status"], found["clientId"]) == ("auth-success", tc.client_id)

    def test_nobody(self, tc: LocalTaskcluster, root: Caller) -> None:
        found = root("POST", HAWK, REQUEST).json
        assert (found["status"], found["scheme"]) == ("no-auth", "none")
        assert 0 < in_seconds(tc, found["expires"]) <= 15 * 60


class TestAws:
    def test_bucket_that_is_configured(self, tc: LocalTaskcluster, root: Caller) -> None:
        path = f"{AUTH}/aws/s3/read-write/my-bucket/a/b"
        assert root("GET", path).status == 404
        tc.configure(aws_buckets=["my-bucket"])
        assert root("GET", path).status == 200
        assert root("GET", f"{AUTH}/aws/s3/read-write/public-bucket/a").status == 404

    def test_prefix_begins_inside_the_bucket(self, root: Caller) -> None:
        assert root("GET", f"{AUTH}/aws/s3/read-only/public-bucket/%2Fa").code == "InputError"

    def test_reading_takes_less(self, tc: LocalTaskcluster) -> None:
        reader = Caller(tc.root_url, "r", tc.add_client("r", ["auth:aws-s3:read-only:public-bucket/a/*"]))
        writer = Caller(tc.root_url, "w", tc.add_client("w", ["auth:aws-s3:read-write:public-bucket/a/*"]))
        for caller, level, status in (
            (reader, "read-only", 200),
            (reader, "read-write", 403),
            (writer, "read-only", 200),
            (writer, "read-write", 200),
        ):
            assert caller("GET", f"{AUTH}/aws/s3/{level}/public-bucket/a/b").status == status
        assert reader("GET", f"{AUTH}/aws/s3/read-only/public-bucket/b").status == 403


class TestAzure:
    @pytest.fixture(autouse=True)
    def account(self, tc: LocalTaskcluster) -> None:
        tc.configure(azure_accounts={"demo": {"tables": ["T"], "containers": ["c"]}})

    def test_what_there_is(self, root: Caller) -> None:
        assert root("GET", f"{AUTH}/azure/accounts").json == {"accounts": ["demo"]}
        assert root("GET", f"{AUTH}/azure/demo/tables").json == {"tables": ["T"]}
        assert root("GET", f"{AUTH}/azure/demo/containers").json == {"containers": ["c"]}
        assert root("GET", f"{AUTH}/azure/other/containers").status == 404

    @pytest.mark.parametrize("kind", ["table/T", "containers/c"])
    def test_signature(self, tc: LocalTaskcluster, root: Caller, kind: str) -> None:
        for level in ("read-only", "read-write"):
            found = root("GET", f"{AUTH}/azure/demo/{kind}/{level}").json
            assert "sig=" in found["sas"]
            assert in_seconds(tc, found["expiry"]) > 0

    @pytest.mark.parametrize("kind", ["table/other", "containers/other"])
    def test_only_who_writes_makes_what_is_not_there(self, root: Caller, kind: str) -> None:
        assert root("GET", f"{AUTH}/azure/demo/{kind}/read-only").status == 404
        assert root("GET", f"{AUTH}/azure/demo/{kind}/read-write").status == 200

    def test_reading_takes_less(self, tc: LocalTaskcluster) -> None:
        scopes = ["auth:azure-table:read-only:demo/T", "auth:azure-container:read-only:demo/c"]
        caller = Caller(tc.root_url, "r", tc.add_client("r", scopes))
        for kind in ("table/T", "containers/c"):
            assert caller("GET", f"{AUTH}/azure/demo/{kind}/read-only").status == 200
            assert caller("GET", f"{AUTH}/azure/demo/{kind}/read-write").status == 403


class TestOthers:
    def test_sentry(self, tc: LocalTaskcluster, root: Caller) -> None:
        tc.configure(sentry_projects=["demo"])
        found = root("GET", f"{AUTH}/sentry/demo/dsn").json
        assert found["project"] == "demo"
        assert found["dsn"]["secret"] != found["dsn"]["public"]
        assert root("GET", f"{AUTH}/sentry/other/dsn").status == 404

    def test_gcp(self, tc: LocalTaskcluster, root: Caller) -> None:
        tc.configure(gcp_service_accounts=["svc@demo.iam.gserviceaccount.com"])
        path = f"{AUTH}/gcp/credentials/-/svc%40demo.iam.gserviceaccount.com"
        assert 0 < in_seconds(tc, root("GET", path).json["expireTime"]) <= 3600
        assert root("GET", f"{AUTH}/gcp/credentials/-/other%40example.com").status == 400

    def test_github(self, tc: LocalTaskcluster, root: Caller) -> None:
        path = f"{AUTH}/github/app/Demo-Org/repo-token"
        payload = {"repositories": ["Repo"], "permissions": {"contents": "read", "checks": "write"}}
        tc.configure(github_apps={"app": ["demo-org"]})
        assert root("POST", path, payload).json["token"]
        assert root("POST", f"{AUTH}/github/app/other/repo-token", payload).status == 404
        scope = "auth:github-repo-token:app/demo-org/repo"
        some = Caller(tc.root_url, "s", tc.add_client("s", [f"{scope}:contents:read"]))
        assert some("POST", path, payload).status == 403
        all_of_it = Caller(
            tc.root_url, "a", tc.add_client("a", [f"{scope}:contents:read", f"{scope}:checks:write"])
        )
        assert all_of_it("POST", path, payload).status == 200

    def test_websocktunnel(self, tc: LocalTaskcluster, root: Caller) -> None:
        found = root("GET", f"{AUTH}/websocktunnel/demo/worker-1").json
        _, claims, _ = (base64.urlsafe_b64decode(part + "==") for part in found["token"].split("."))
        read = json.loads(claims)
        assert (read["tid"], read["aud"]) == ("worker-1", "demo")
        assert read["exp"] == datetime.fromisoformat(found["expires"]).timestamp()
        assert 95 * 3600 < in_seconds(tc, found["expires"]) <= 96 * 3600
