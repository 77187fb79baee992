"""worker-manager: what is not in the recorded exchanges. Pools of a cloud, launch configs, workers that work."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hawk_client import Caller

from tc_core import json_date
from tc_testing import LocalTaskcluster

PATH = "/api/worker-manager/v1"
POOL = "/worker-pool/proj%2Fci"
SECRET = "s" * 44


@pytest.fixture
def cloud(tc: LocalTaskcluster) -> LocalTaskcluster:
    tc.configure(worker_providers={"fake-google": "google"})
    return tc


def definition(provider: str, config: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "providerId": provider,
        "description": "",
        "config": config or {},
        "owner": "ci@example.com",
        "emailOnError": False,
    }


def launching(*configs: dict[str, Any]) -> dict[str, Any]:
    return definition("fake-google", {"minCapacity": 0, "maxCapacity": 9, "launchConfigs": list(configs)})


def launch_config(name: str, capacity: int = 1, **worker_config: Any) -> dict[str, Any]:
    manager = {"launchConfigId": name, "capacityPerInstance": capacity}
    return {"workerManager": manager, "workerConfig": worker_config}


def registration(worker_id: str = "w1", **proof: str) -> dict[str, Any]:
    return {
        "workerPoolId": "proj/ci",
        "providerId": "fake-google",
        "workerGroup": "zone-a",
        "workerId": worker_id,
        "workerIdentityProof": proof or {"token": "of the machine"},
    }


def announced(tc: LocalTaskcluster) -> list[str]:
    return [message.name for message in tc.messages if message.service == "worker-manager"]


def make_static_worker(root: Caller, **facts: Any) -> None:
    assert root("PUT", PATH + POOL, definition("static")).status == 200
    worker = {"expires": "2100-01-01T00:00:00.000Z", "providerInfo": {"staticSecret": SECRET}, **facts}
    assert root("PUT", f"{PATH}/workers/proj%2Fci/g/w", worker).status == 200


class TestProviders:
    def test_listed(self, cloud: LocalTaskcluster, root: Caller) -> None:
        providers = root("GET", f"{PATH}/providers").json["providers"]
        assert [provider["providerType"] for provider in providers] == ["static", "google"]

    def test_forgotten_with_a_reset(self, cloud: LocalTaskcluster, root: Caller) -> None:
        assert root("PUT", PATH + POOL, launching()).status == 200
        cloud.reset()
        assert root("PUT", PATH + POOL, launching()).message == "Invalid Provider"

    def test_configuration_is_checked(self, cloud: LocalTaskcluster, root: Caller) -> None:
        reply = root("PUT", PATH + POOL, definition("fake-google", {"launchConfigs": [], "minCapacity": -1}))
        assert reply.code == "InputValidationError"
        assert "config-google.json" in reply.message
        assert "data must have required property 'maxCapacity'" in reply.message
        assert "data/minCapacity must be >= 0" in reply.message


class TestLaunchConfigs:
    def test_archived_and_taken_back(self, cloud: LocalTaskcluster, root: Caller) -> None:
        one, two = launch_config("one"), launch_config("two")
        root("PUT", PATH + POOL, launching(one))
        root("POST", PATH + POOL, launching(two))
        root("POST", PATH + POOL, launching(one | {"zone": "b"}, two))
        assert announced(cloud) == [
            "workerPoolCreated",
            "launchConfigCreated",
            "workerPoolUpdated",
            "launchConfigArchived",
            "launchConfigCreated",
            "workerPoolUpdated",
            "launchConfigUpdated",
        ]

    def test_listed_with_the_archived_if_asked_for(self, cloud: LocalTaskcluster, root: Caller) -> None:
        root("PUT", PATH + POOL, launching(launch_config("one"), {"workerConfig": {}}))
        root("POST", PATH + POOL, launching(launch_config("one")))
        path = f"{PATH}{POOL}/launch-configs"
        assert [c["launchConfigId"] for c in root("GET", path).json["workerPoolLaunchConfigs"]] == ["one"]
        [_, archived] = root("GET", f"{path}?includeArchived=true").json["workerPoolLaunchConfigs"]
        assert archived["isArchived"]
        assert archived["launchConfigId"].startswith("lc-")  # made up for the one that had none

    def test_workers_of_an_archived_one_shall_terminate(self, cloud: LocalTaskcluster, root: Caller) -> None:
        root("PUT", PATH + POOL, launching(launch_config("one")))
        root("POST", f"{PATH}/worker/register", registration())
        path = f"{PATH}/workers/proj%2Fci/zone-a/w1/should-terminate"
        assert root("GET", path).json["terminate"] is False
        root("POST", PATH + POOL, launching(launch_config("two")))
        assert root("GET", path).json["terminate"] is True


class TestWorkersOfACloud:
    def test_registered(self, cloud: LocalTaskcluster, root: Caller, anonymous: Caller) -> None:
        root("PUT", PATH + POOL, launching(launch_config("one", 4, answer=42)))
        answer = anonymous("POST", f"{PATH}/worker/register", registration()).json
        assert answer["workerConfig"] == {"answer": 42}
        [worker] = root("GET", f"{PATH}/workers/proj%2Fci?launchConfigId=one&state=running").json["workers"]
        assert (worker["workerGroup"], worker["workerId"], worker["capacity"]) == ("zone-a", "w1", 4)
        [stats] = root("GET", f"{PATH}{POOL}/stats").json["launchConfigStats"]
        assert (stats["launchConfigId"], stats["runningCount"], stats["currentCapacity"]) == ("one", 1, 4)
        [requested, running] = cloud.messages[-2:]
        assert (requested.name, running.name) == ("workerRequested", "workerRunning")
        assert running.key["launchConfigId"] == "one"
        assert running.key["providerId"] == "fake-google"

    def test_not_made_by_hand(self, cloud: LocalTaskcluster, root: Caller) -> None:
        root("PUT", PATH + POOL, launching())
        worker = {"expires": "2100-01-01T00:00:00.000Z"}
        reply = root("PUT", f"{PATH}/workers/proj%2Fci/g/w", worker)
        assert reply.message == "not supported for this provider"


class TestStaticWorkers:
    def test_claims_with_its_credentials_until_they_expire(self, tc: LocalTaskcluster, root: Caller) -> None:
        make_static_worker(root)
        payload = registration(staticSecret=SECRET) | {
            "providerId": "static",
            "workerGroup": "g",
            "workerId": "w",
        }
        given = root("POST", f"{PATH}/worker/register", payload).json["credentials"]
        ext = {"certificate": json.loads(given["certificate"])}
        worker = Caller(tc.root_url, given["clientId"], given["accessToken"], ext=ext)
        current = "/api/auth/v1/scopes/current"
        assert "queue:claim-work:proj/ci" in worker("GET", current).json["scopes"]
        tc.clock.advance(days=4, minutes=6)
        assert worker("GET", current).status == 401

    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            ({"workerId": "none"}, "Worker g/none in worker pool proj/ci does not exist"),
            ({"providerId": "moon"}, "Provider moon does not exist"),
            ({"workerIdentityProof": {"token": "x"}}, "missing staticSecret in workerIdentityProof"),
        ],
    )
    def test_refused(self, root: Caller, changed: dict[str, Any], message: str) -> None:
        make_static_worker(root)
        payload = {**registration(staticSecret=SECRET), "providerId": "static", "workerGroup": "g"}
        reply = root("POST", f"{PATH}/worker/register", {**payload, "workerId": "w", **changed})
        assert reply.message == message

    def test_refused_once_it_expired(self, tc: LocalTaskcluster, root: Caller) -> None:
        make_static_worker(root)
        tc.clock.advance(days=365 * 80)
        payload = registration(staticSecret=SECRET) | {"workerGroup": "g", "workerId": "w"}
        reply = root("POST", f"{PATH}/worker/register", payload | {"providerId": "static"})
        assert reply.message == "Worker g/w has expired"

    def test_shown_by_the_queue_with_what_is_known_of_it(self, root: Caller) -> None:
        make_static_worker(root, capacity=3)
        for name in ("g/w", "g/stray"):
            path = f"/api/queue/v1/provisioners/proj/worker-types/ci/{name}"
            assert root("PUT", path, {"expires": "2100-01-01T00:00:00.000Z"}).status == 200
        path = f"{PATH}/provisioners/proj/worker-types/ci/workers"
        workers = root("GET", path).json["workers"]
        assert [(w["workerId"], w["state"], w["capacity"]) for w in workers] == [
            ("stray", "standalone", 0),
            ("w", "running", 3),
        ]
        [running] = root("GET", f"{path}?workerState=running").json["workers"]
        assert running["workerId"] == "w"
        assert root("GET", f"{path}?quarantined=true").json["workers"] == []
        assert root("GET", f"{path}?workerState=asleep").code == "InvalidRequestArguments"
        assert root("GET", f"{path}/g/none").status == 404

    def test_its_runs_go_to_others_when_it_is_removed(self, tc: LocalTaskcluster, root: Caller) -> None:
        make_static_worker(root)
        task = "/api/queue/v1/task/SN3lVRjTQyeVqtc3qNPa9g"
        now = tc.clock.now()
        facts = {"name": "", "description": "", "owner": "", "source": "https://example.com"}
        definition = {
            "taskQueueId": "proj/ci",
            "created": json_date(now),
            "deadline": json_date(now + timedelta(hours=1)),
            "payload": {},
            "metadata": facts,
        }
        assert root("PUT", task, definition).status == 200
        who = {"workerGroup": "g", "workerId": "w"}
        [claim] = root("POST", "/api/queue/v1/claim-work/proj%2Fci", {"tasks": 1, **who}).json["tasks"]
        root("DELETE", f"{PATH}/workers/proj%2Fci/g/w")
        runs = root("GET", f"{task}/status").json["status"]["runs"]
        assert [run.get("reasonResolved") for run in runs] == ["worker-shutdown", None]
        assert root("POST", f"{task}/runs/{claim['runId']}/completed").status == 409
        assert announced(tc)[-2:] == ["workerRemoved", "workerStopped"]
        assert root("GET", f"{PATH}/workers/proj%2Fci/g/w").json["state"] == "stopped"


class TestPools:
    def test_other_id_in_the_body(self, root: Caller) -> None:
        root("PUT", PATH + POOL, definition("static"))
        reply = root("POST", PATH + POOL, definition("static") | {"workerPoolId": "proj/other"})
        assert reply.message == "Incorrect workerPoolId in request body"

    def test_id_that_is_none(self, root: Caller) -> None:
        assert root("GET", f"{PATH}/worker-pool/proj").code == "InvalidRequestArguments"

    def test_deleted_pool_says_what_its_provider_was(self, tc: LocalTaskcluster, root: Caller) -> None:
        root("PUT", PATH + POOL, definition("static"))
        root("DELETE", PATH + POOL)
        message = tc.messages[-1]
        assert message.payload == {
            "workerPoolId": "proj/ci",
            "providerId": "null-provider",
            "previousProviderId": "static",
        }
        assert message.routing_key == "primary.null-provider.proj.ci._._._._"


class TestErrors:
    def test_counted_for_a_week(self, tc: LocalTaskcluster, root: Caller) -> None:
        make_static_worker(root)
        report = {
            "workerGroup": "g",
            "workerId": "w",
            "kind": "k",
            "title": "t",
            "description": "",
            "extra": {"code": "E1"},
        }
        root("POST", f"{PATH}/worker-pool-errors/proj%2Fci", report)
        stats = f"{PATH}/worker-pool-errors/stats?workerPoolId=proj%2Fci"
        totals = root("GET", stats).json["totals"]
        assert (totals["total"], totals["code"]) == (1, {"E1": 1})
        tc.clock.advance(days=2)
        totals = root("GET", stats).json["totals"]
        assert sum(totals["daily"].values()) == 1
        assert sum(totals["hourly"].values()) == 0
        tc.clock.advance(days=6)
        assert root("GET", stats).json["totals"]["total"] == 0
