"""A first walk through Taskcluster: credentials, tasks, the index, secrets, signed URLs, errors.

It reads TASKCLUSTER_ROOT_URL, TASKCLUSTER_CLIENT_ID and TASKCLUSTER_ACCESS_TOKEN, which must be permanent
credentials. All that it makes lies under one name prefix and expires by itself. `--help` lists the scopes
that it needs.
"""

from __future__ import annotations

import argparse
import json
import sys
from urllib.request import urlopen

from tc_auth import Auth
from tc_core import Client, Credentials, InsufficientScopes, TaskclusterError, from_now, slug_id
from tc_core.scopes import satisfies
from tc_index import Index
from tc_queue import Queue
from tc_queue.types import CreateTaskRequest
from tc_secrets import Secrets

GROUP_SIZE = 25
TASK_QUEUE_HELP = "where the tasks wait; one without workers, since they do nothing (default: %(default)s)"


def main() -> int:
    options = parse_arguments()
    try:
        walk(options.task_queue, options.prefix)
    except (TaskclusterError, StepFailed, OSError, ValueError) as error:
        print(f"failed: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


def walk(task_queue: str, prefix: str) -> None:
    # One client holds the connections and the options; the clients of the services share it.
    with Client.from_env() as client:
        own = Credentials.from_env()
        done(f"credentials of {own.client_id} read from the environment")

        # Programs get fewer rights than people. Named temporary credentials are made on our side, without
        # a call, and appear in logs under their own client id. They end by themselves.
        scopes = scopes_of_the_walk(task_queue, prefix)
        credentials = own.create_named_temp_creds(client_name(prefix), ttl=1800, scopes=scopes)
        limited = client.with_options(credentials=credentials)
        granted = Auth(limited).currentScopes()["scopes"]
        check(satisfies(granted, {"AllOf": scopes}), f"the temporary credentials have only {granted}")
        done(f"named temporary credentials {credentials.client_id} made, with {len(scopes)} scopes")

        queue, index, secrets = Queue(limited), Index(limited), Secrets(limited)

        # Whoever creates a task chooses its id, so a call that is repeated cannot create a second task.
        group_id = slug_id()
        task = definition(task_queue, prefix, group_id, "task 1")
        queue.createTask(group_id, task)
        name = queue.task(group_id)["metadata"]["name"]
        check(name == "task 1", f"the task reads back as {name!r}")
        done(f"task {group_id} created and read back")

        for number in range(2, GROUP_SIZE + 1):
            queue.createTask(slug_id(), definition(task_queue, prefix, group_id, f"task {number}"))
        # The iterator asks for a page of 10 when the one before is used up.
        members = [member["status"]["taskId"] for member in queue.listTaskGroup_items(group_id, limit=10)]
        check(len(set(members)) == GROUP_SIZE, f"the group lists {len(members)} tasks")
        done(f"group of {len(members)} tasks walked in pages of 10")

        namespace = f"{index_namespace(prefix)}.{group_id}"
        soon = from_now("1 hour")
        index.insertTask(namespace, {"taskId": group_id, "rank": 1, "data": {}, "expires": soon})
        found = index.findTask(namespace)["taskId"]
        check(found == group_id, f"the index holds {found}")
        done(f"task found in the index as {namespace}")

        secret = f"{prefix}/{group_id}"
        secrets.set(secret, {"secret": {"greeting": "hello"}, "expires": soon})
        try:
            greeting = secrets.get(secret)["secret"]["greeting"]
        finally:
            secrets.remove(secret)
        check(greeting == "hello", "the secret reads back otherwise")
        done(f"secret {secret} set, read and removed")

        # A signed URL carries the right to one GET for a while: here 60 seconds, for any HTTP client.
        with urlopen(queue.task_signed_url(group_id, ttl=60)) as answer:
            name = json.load(answer)["metadata"]["name"]
        check(name == "task 1", f"the signed URL gives {name!r}")
        done("signed URL fetched by urllib")

        # Errors have one class for each status, with Taskcluster's code and the request id for the operators.
        try:
            secrets.get(f"not-{prefix}/{group_id}")
        except InsufficientScopes as error:
            done(f"refused as it should be: {error.status} {error.code}")
        else:
            raise StepFailed("a secret outside the scopes was not refused")

        # A sealed group takes no further tasks; only then can it be cancelled as a whole.
        queue.sealTaskGroup(group_id)
        cancelled = queue.cancelTaskGroup(group_id)["cancelledCount"]
        check(cancelled == GROUP_SIZE, f"{cancelled} tasks were cancelled")
        done(f"group sealed, {cancelled} tasks cancelled")


def definition(task_queue: str, prefix: str, group_id: str, name: str) -> CreateTaskRequest:
    """A task that no worker is meant to run. Plain dicts with datetimes; a type checker knows every key."""
    return {
        "taskQueueId": task_queue,
        "schedulerId": scheduler(prefix),
        "taskGroupId": group_id,
        "created": from_now("0 seconds"),
        "deadline": from_now("10 minutes"),
        "expires": from_now("1 hour"),
        "payload": {},
        "metadata": {
            "name": name,
            "description": "made by examples/quickstart.py",
            "owner": "nobody@example.com",
            "source": "https://example.com/quickstart",
        },
    }


def scopes_of_the_walk(task_queue: str, prefix: str) -> list[str]:
    """What the temporary credentials may do; the caller's own must have all of it to grant it."""
    return [
        f"queue:create-task:lowest:{task_queue}",
        "queue:create-task:project:none",
        f"queue:scheduler-id:{scheduler(prefix)}",
        "queue:get-task:*",
        "queue:list-task-group:*",
        f"queue:seal-task-group:{scheduler(prefix)}/*",
        f"queue:cancel-task-group:{scheduler(prefix)}/*",
        f"index:insert-task:{index_namespace(prefix)}.*",
        f"index:find-task:{index_namespace(prefix)}.*",
        f"secrets:set:{prefix}/*",
        f"secrets:get:{prefix}/*",
        "auth:current-scopes",
    ]


def client_name(prefix: str) -> str:
    return f"{prefix}/walk"


def scheduler(prefix: str) -> str:
    return prefix.replace("/", "-")


def index_namespace(prefix: str) -> str:
    return prefix.replace("/", ".")


class StepFailed(Exception):
    """A call succeeded with an answer that is not the expected one."""


def check(condition: bool, otherwise: str) -> None:
    if not condition:
        raise StepFailed(otherwise)


def done(step: str) -> None:
    print(step, flush=True)


def parse_arguments() -> argparse.Namespace:
    scopes = [f"auth:create-client:{client_name('PREFIX')}", *scopes_of_the_walk("TASK_QUEUE", "PREFIX")]
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="scopes needed (a slash in PREFIX is a dot in index names, a dash in scheduler ids):\n  "
        + "\n  ".join(scopes),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--task-queue", default="quickstart/nobody", help=TASK_QUEUE_HELP)
    parser.add_argument("--prefix", default="quickstart", help="of all names (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
