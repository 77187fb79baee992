"""What is sent and answered: a task, its status, and a page of a task group, of the size they have in practice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

TASK_ID = "fN1SbArXTPSVFNUvaOlinQ"
TASK_GROUP_ID = "EblUF8c8RmiGgIM_6hTmIw"
PAGE_SIZE = 1000

CLIENT_ID = "project/example/benchmarks"
ACCESS_TOKEN = "not-a-secret-0123456789-0123456789-0123456789"

TASK: dict[str, Any] = {
    "taskQueueId": "example-t/linux-b-2024",
    "schedulerId": "example-level-3",
    "projectId": "example",
    "taskGroupId": TASK_GROUP_ID,
    "dependencies": ["QJ2u3eimTQqgheMDXVXvrA", "cu7kEjjHRPmbxraElzBlnA"],
    "requires": "all-completed",
    "priority": "low",
    "retries": 5,
    "created": "2026-11-23T09:27:52.425Z",
    "deadline": "2026-11-24T09:27:52.425Z",
    "expires": "2027-11-23T09:27:52.425Z",
    "routes": [
        "index.example.v2.main.latest.linux.build-opt",
        "index.example.v2.main.revision.4c6b2c1f0d9e8a7b6c5d4e3f2a1b0c9d8e7f6a5b.linux.build-opt",
        "checks",
    ],
    "scopes": [
        "secrets:get:project/example/level-3/build",
        "queue:get-artifact:project/example/*",
        "assume:project:example:worker-cache:level-3",
    ],
    "payload": {
        "image": {
            "type": "indexed",
            "namespace": "example.images.builder.latest",
            "path": "public/image.tar.zst",
        },
        "command": [
            "/usr/local/bin/run-task",
            "--fetch-hgfingerprint",
            "--checkout=/builds/worker/checkouts/vcs/",
            "--",
            "bash",
            "-cx",
            "cd /builds/worker/checkouts/vcs && ./tools/build.sh --platform linux --kind opt --with-tests",
        ],
        "env": {
            "BASE_REPOSITORY": "https://git.example.com/example/example",
            "HEAD_REPOSITORY": "https://git.example.com/example/example",
            "HEAD_REF": "refs/heads/main",
            "HEAD_REV": "4c6b2c1f0d9e8a7b6c5d4e3f2a1b0c9d8e7f6a5b",
            "LEVEL": "3",
            "PLATFORM": "linux",
            "UPLOAD_DIR": "/builds/worker/artifacts",
            "BUILD_DATE": "20261123092752",
            "CACHE_BUCKET": "example-level-3-compiler-cache-us-east-1",
            "TOOLTOOL_MANIFEST": "config/manifests/linux64/releng.manifest",
        },
        "artifacts": {
            "public/build": {
                "type": "directory",
                "path": "/builds/worker/artifacts/",
                "expires": "2027-11-23T09:27:52.425Z",
            }
        },
        "features": {"taskclusterProxy": True, "chainOfTrust": True},
        "maxRunTime": 7200,
    },
    "metadata": {
        "name": "build-linux/opt",
        "description": "Builds the example for Linux, optimised, with its tests",
        "owner": "release@example.com",
        "source": "https://git.example.com/example/example/file/4c6b2c1f0d9e/taskcluster/kinds/build",
    },
    "tags": {
        "kind": "build",
        "os": "linux",
        "label": "build-linux/opt",
        "createdForUser": "release@example.com",
    },
    "extra": {"index": {"rank": 1763890072}, "treeherder": {"symbol": "B", "tier": 1}},
}

STATUS: dict[str, Any] = {
    "status": {
        "taskId": TASK_ID,
        "provisionerId": "example-t",
        "workerType": "linux-b-2024",
        "taskQueueId": "example-t/linux-b-2024",
        "schedulerId": "example-level-3",
        "projectId": "example",
        "taskGroupId": TASK_GROUP_ID,
        "priority": "low",
        "deadline": "2026-11-24T09:27:52.425Z",
        "expires": "2027-11-23T09:27:52.425Z",
        "retriesLeft": 5,
        "state": "running",
        "runs": [
            {
                "runId": 0,
                "state": "running",
                "reasonCreated": "scheduled",
                "workerGroup": "us-east-1",
                "workerId": "i-0123456789abcdef0",
                "takenUntil": "2026-11-23T09:48:03.117Z",
                "scheduled": "2026-11-23T09:27:52.445Z",
                "started": "2026-11-23T09:28:03.119Z",
            }
        ],
    }
}


def compact(value: object) -> str:
    """Write JSON as services do."""
    return json.dumps(value, separators=(",", ":"))


def pages(count: int) -> Iterator[str]:
    """Give so many pages of `listTaskGroup`, each with `PAGE_SIZE` tasks; the token of page n is n."""
    group = {"taskGroupId": TASK_GROUP_ID, "schedulerId": "example-level-3", "expires": TASK["expires"]}
    page = compact(group | {"tasks": [STATUS | {"task": TASK}] * PAGE_SIZE})
    for number in range(1, count):
        yield f'{page[:-1]},"continuationToken":"{number}"}}'
    yield page
