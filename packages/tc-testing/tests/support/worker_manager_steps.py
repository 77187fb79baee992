"""What happened between the recorded exchanges of worker-manager, made up for."""

from __future__ import annotations

from typing import Any

from queue_steps import Exchange, Replay, Step

SECRET = "s" * 44
ANOTHER_SECRET = "a" * 44
SHORT_SECRET = "short"

PATH = "/api/worker-manager/v1"
POOL: dict[str, Any] = {"description": "d", "config": {}, "owner": "a@example.com", "emailOnError": False}


def prove_with(secret: str) -> Step:
    """Let the placeholder stand for this secret from now on."""

    def step(replay: Replay, _: list[Exchange]) -> None:
        replay.given["<staticSecret>"] = secret

    return step


def make_pools(replay: Replay, _: list[Exchange]) -> None:
    replay.make("PUT", f"{PATH}/worker-pool/acc%2Fpkdhrftn1", POOL | {"providerId": "null-provider"})
    for name in ("acc%2Fskdhrftn1", "demo%2Fstatic-066e"):
        replay.make("PUT", f"{PATH}/worker-pool/{name}", POOL | {"providerId": "static"})


def make_worker_of_other_pool(replay: Replay, exchanges: list[Exchange]) -> None:
    make_worker(replay, exchanges, "acc%2Fskdhrftn1/group/worker", 1)


def make_second_worker(replay: Replay, exchanges: list[Exchange]) -> None:
    make_worker(replay, exchanges, "demo%2Fstatic-0798/group-1/worker-2", 2)


def make_worker(replay: Replay, exchanges: list[Exchange], name: str, capacity: int) -> None:
    [create] = [exchange["request"]["body"] for exchange in exchanges if exchange["id"] == "create-worker"]
    proof = {"providerInfo": {"staticSecret": SECRET}}
    replay.make("PUT", f"{PATH}/workers/{name}", {**create, **proof, "capacity": capacity})


def avoid_end_of_hour(replay: Replay, _: list[Exchange]) -> None:
    # Errors are counted by the hour; they and the counting must fall into the same one.
    if replay.tc.clock.now().minute == 59:
        replay.tc.clock.advance(minutes=1)


def report_again(replay: Replay, exchanges: list[Exchange]) -> None:
    [report] = [
        exchange["request"]["body"] for exchange in exchanges if exchange["id"] == "report-worker-error"
    ]
    replay.make("POST", f"{PATH}/worker-pool-errors/demo%2Fstatic-0798", report | {"title": "Network down"})


def report_in_other_pool(replay: Replay, exchanges: list[Exchange]) -> None:
    [report] = [
        exchange["request"]["body"] for exchange in exchanges if exchange["id"] == "report-worker-error"
    ]
    for title in ("Disk full", "Network down"):
        replay.make("POST", f"{PATH}/worker-pool-errors/demo%2Fstatic-066e", report | {"title": title})


STEPS: dict[str, Step] = {
    "list-worker-pools-page-1": make_pools,
    "list-worker-pools-stats": make_worker_of_other_pool,
    "create-worker": prove_with(SECRET),
    "create-worker-other-secret": prove_with(ANOTHER_SECRET),
    "create-worker-400-null": make_second_worker,
    "create-worker-400": prove_with(SHORT_SECRET),
    "create-worker-400-expires": prove_with(SECRET),
    "register-worker-400-proof": prove_with(ANOTHER_SECRET),
    "register-worker-404": prove_with(SECRET),
    "report-worker-error": avoid_end_of_hour,
    "list-worker-pool-errors-page-1": report_again,
    "worker-pool-error-stats-all": report_in_other_pool,
}
