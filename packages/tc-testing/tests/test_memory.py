"""A server that is reset between tests, as the pytest fixture does it, does not grow."""

from __future__ import annotations

import gc
import sys
from datetime import timedelta

from tc_core import Client, json_date, slug_id
from tc_testing import LocalTaskcluster

CALLS_A_ROUND = 250
MOST_GROWTH = 2 * CALLS_A_ROUND  # objects in four rounds: less than one a call


def test_memory_is_flat(tc: LocalTaskcluster) -> None:
    with Client(tc.root_url, credentials=tc.credentials) as client:
        sizes = [objects_after_round(tc, client) for _ in range(8)]
    # The first rounds fill what is kept for good: compiled schemas, what the client remembers.
    assert sizes[7] - sizes[3] < MOST_GROWTH, sizes


def objects_after_round(tc: LocalTaskcluster, client: Client) -> int:
    now = tc.clock.now()
    task = {
        "taskQueueId": "demo/one",
        "created": json_date(now),
        "deadline": json_date(now + timedelta(hours=1)),
        "payload": {"command": ["x" * 1000]},
        "metadata": {
            "name": "n",
            "description": "d",
            "owner": "o@example.com",
            "source": "https://example.com",
        },
    }
    for number in range(CALLS_A_ROUND):
        path = f"api/queue/v1/task/{slug_id()}"
        client.request("PUT", path, payload=task)
        if number % 25 == 0:
            client.request("POST", f"{path}/cancel")
    tc.reset()
    gc.collect()
    return sys.getallocatedblocks()
