"""Work for the official Python client, one function a case: `python official_client.py case`.

It runs in a process of its own: it leaves event loops and connections open, which is an error in these tests.
"""

from __future__ import annotations

import asyncio
import sys
import urllib.request
from collections.abc import Callable
from importlib import import_module
from typing import Any

# Without types.
taskcluster: Any = import_module("taskcluster")
aio: Any = import_module("taskcluster.aio")
download: Any = import_module("taskcluster.download")
upload: Any = import_module("taskcluster.upload")

WORKER = {"workerGroup": "g", "workerId": "w"}


def task() -> dict[str, Any]:
    return {
        "taskQueueId": "demo/one",
        "created": taskcluster.fromNowJSON("0 seconds"),
        "deadline": taskcluster.fromNowJSON("1 hour"),
        "payload": {"command": ["true"]},
        "routes": ["index.demo.latest"],
        "metadata": {
            "name": "n",
            "description": "d",
            "owner": "o@example.com",
            "source": "https://example.com",
        },
    }


def options() -> dict[str, Any]:
    return taskcluster.optionsFromEnvironment()


def status_of(call: Callable[[], object]) -> int:
    try:
        call()
    except taskcluster.exceptions.TaskclusterRestFailure as error:
        return error.status_code
    return 200


def life_of_a_task() -> None:
    queue, index = taskcluster.Queue(options()), taskcluster.Index(options())
    task_id, definition = taskcluster.slugId(), task()
    for _ in range(2):
        assert queue.createTask(task_id, definition)["status"]["state"] == "pending"
    [claim] = queue.claimWork("demo/one", {"tasks": 1, **WORKER})["tasks"]
    worker = taskcluster.Queue({"rootUrl": options()["rootUrl"], "credentials": claim["credentials"]})
    artifact = {
        "storageType": "reference",
        "url": "https://example.com/log",
        "contentType": "text/plain",
        "expires": taskcluster.fromNowJSON("1 hour"),
    }
    worker.createArtifact(task_id, claim["runId"], "public/log", artifact)
    assert worker.reportCompleted(task_id, claim["runId"])["status"]["state"] == "completed"
    assert index.findTask("demo.latest")["taskId"] == task_id
    assert [found["name"] for found in queue.listArtifacts(task_id, 0)["artifacts"]] == ["public/log"]
    assert status_of(lambda: queue.reportCompleted(task_id, 7)) == 404


def signed_urls_and_temporary_credentials() -> None:
    secrets = taskcluster.Secrets(options())
    secrets.set("demo/é", {"secret": {"a": 1}, "expires": taskcluster.fromNow("1 hour")})
    with urllib.request.urlopen(secrets.buildSignedUrl("get", "demo/é")) as answer:
        assert answer.status == 200
    own = options()["credentials"]
    temporary = taskcluster.createTemporaryCredentials(
        own["clientId"],
        own["accessToken"],
        taskcluster.fromNow("0 seconds"),
        taskcluster.fromNow("1 hour"),
        ["secrets:get:other"],
        name="someone",
    )
    limited = {"rootUrl": options()["rootUrl"], "credentials": temporary}
    assert "secrets:get:other" in taskcluster.Auth(limited).currentScopes()["scopes"]
    assert status_of(lambda: taskcluster.Secrets(limited).get("demo/é")) == 403


def pages() -> None:
    auth = taskcluster.Auth(options())
    names = [f"demo/{number}" for number in range(5)]
    for name in names:
        client: dict[str, Any] = {"description": "", "expires": taskcluster.fromNow("1 hour"), "scopes": []}
        auth.createClient(name, client)
    seen: list[str] = []

    def take(page: dict[str, Any]) -> None:
        seen.extend(client["clientId"] for client in page["clients"])

    auth.listClients(query={"prefix": "demo/", "limit": "2"}, paginationHandler=take)
    assert seen == names


def objects() -> None:
    service = taskcluster.Object(options())
    for size in (5, 100_000):
        facts = {"name": f"demo/{size}", "objectService": service}
        upload.uploadFromBuf(
            projectId="demo",
            contentType="text/plain",
            expires=taskcluster.fromNow("1 hour"),
            data=b"x" * size,
            contentLength=size,
            **facts,
        )
        data, content_type = download.downloadToBuf(**facts)
        assert (bytes(data), content_type) == (b"x" * size, "text/plain")


def asynchronously() -> None:
    async def live() -> str:
        async with aio.createSession() as session:
            queue = aio.Queue(options(), session=session)
            task_id = taskcluster.slugId()
            await queue.createTask(task_id, task())
            return (await queue.cancelTask(task_id))["status"]["runs"][0]["reasonResolved"]

    assert asyncio.run(live()) == "canceled"


CASES = {
    case.__name__: case
    for case in (life_of_a_task, signed_urls_and_temporary_credentials, pages, objects, asynchronously)
}

if __name__ == "__main__":
    CASES[sys.argv[1]]()
