"""Mistakes that mypy --strict and pyright strict must both flag, on the lines marked so and on no other."""

from __future__ import annotations

from datetime import date

from tc_core import AsyncClient, Client, Credentials, Retry, from_now, slug_id
from tc_index import Index
from tc_queue import AsyncQueue, Queue
from tc_queue.types import CreateTaskRequest
from tc_secrets import Secrets

ROOT_URL = "https://tc.example.com"


def payloads(queue: Queue, index: Index, secrets: Secrets, task: CreateTaskRequest) -> None:
    queue.createTask(slug_id(), {**task, "taskQueueID": "proj/linux"})  # mistake: mistyped key
    queue.createTask(slug_id(), {"created": from_now("0s"), "deadline": from_now("1h"), "payload": {}})  # mistake: missing required key
    queue.createTask(slug_id(), {**task, "priority": "urgent"})  # mistake: wrong literal
    queue.createTask(slug_id(), {**task, "retries": "5"})  # mistake: text for a number
    queue.createTask(slug_id(), {**task, "scopes": "secrets:get:proj/one"})  # mistake: bare text for an array
    queue.createTask(slug_id(), {**task, "dependencies": [1]})  # mistake: number in an array of texts
    queue.createTask(slug_id(), {**task, "deadline": date.today()})  # mistake: date without a time
    queue.createTask(slug_id(), {**task, "deadline": 3600})  # mistake: seconds for a date
    queue.createTask(slug_id(), {**task, "payload": "true"})  # mistake: text for an object
    queue.createTask(slug_id())  # mistake: missing payload
    queue.createTask(slug_id(), queue.status(slug_id()))  # mistake: answer of another method
    queue.cancelTask(slug_id(), {})  # mistake: payload where none is taken
    index.insertTask("proj.x", {"taskId": slug_id(), "rank": "1", "data": {}, "expires": from_now("1 day")})  # mistake: text for a number
    secrets.set("proj/one", {"secret": {}})  # mistake: missing required key


def arguments(queue: Queue, secrets: Secrets) -> None:
    queue.task()  # mistake: missing path argument
    queue.task(1)  # mistake: number for a task id
    queue.getArtifact_url(slug_id(), "0", "public/log")  # mistake: text for a run id
    queue.listTaskGroup(slug_id(), pageSize=10)  # mistake: unknown query argument
    queue.listTaskGroup(slug_id(), limit="10")  # mistake: text for a limit
    queue.listTaskGroup(slug_id(), None, 10)  # mistake: query arguments by position
    secrets.list(prefix="proj/")  # mistake: query argument of another method
    queue.task(slug_id(), timeout=5)  # mistake: option passed to a method
    queue.task_signed_url(slug_id(), ttl="60")  # mistake: text for seconds
    queue.createTask_url(slug_id())  # mistake: URL of a method that is no GET
    queue.task_items(slug_id())  # mistake: items of a method without pages
    queue.createTasks(slug_id())  # mistake: unknown method


def answers(queue: Queue, group_id: str) -> None:
    print(queue.task(slug_id())["workertype"])  # mistake: mistyped key of an answer
    print(queue.task(slug_id())["metadata"]["name"] + 1)  # mistake: text plus number
    print(queue.status(slug_id())["status"]["state"] == "done")  # mistake: wrong literal
    for page in queue.listTaskGroup_items(group_id):
        print(page["tasks"])  # mistake: a key of the page on an item


def options(queue: Queue, client: Client) -> None:
    Queue(client, timeout=5)  # mistake: option passed to a service on a shared client
    Queue(client, credentials=Credentials("id", "token"))  # mistake: option passed to a service on a shared client
    Queue(ROOT_URL, retries=5)  # mistake: unknown option
    Queue(ROOT_URL, retry=5)  # mistake: number for a retry rule
    Queue(ROOT_URL, authorized_scopes="one:scope")  # mistake: bare text for an array
    Queue(ROOT_URL, retry=Retry(attempts=5))  # mistake: unknown option
    queue.with_options(time_out=5)  # mistake: unknown option
    Credentials("id")  # mistake: missing access token
    Credentials("id", b"token")  # mistake: bytes for a text
    Credentials("id", "token").create_temp_creds(ttl=60, scopes="one:scope")  # mistake: bare text for an array


async def flavours(client: AsyncClient, queue: AsyncQueue) -> None:
    Queue(client)  # mistake: sync service on an async client
    AsyncQueue(Client(ROOT_URL))  # mistake: async service on a sync client
    print(queue.task(slug_id())["metadata"])  # mistake: answer that is not awaited
    for page in queue.listTaskGroup_pages(slug_id()):  # mistake: for without async
        break
    with queue:  # mistake: with without async
        pass


def transfers(queue: Queue) -> None:
    print(queue.download_artifact(slug_id(), "public/log").path)  # mistake: a path where there is none
    print(queue.download_artifact(slug_id(), "public/log", to="log").content)  # mistake: content of a file
    queue.download_artifact(slug_id(), "public/log", to=3)  # mistake: number for a path
    queue.create_artifact_from(slug_id(), 0, "public/log", 3, expires=from_now("1 day"))  # mistake: number for bytes
    queue.create_artifact_from(slug_id(), 0, "public/log", b"", expires=None)  # mistake: no expiry
    queue.create_error_artifact(slug_id(), 0, "x", "lost", "", expires=from_now("1 day"))  # mistake: unknown reason
