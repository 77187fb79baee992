"""How artifacts are downloaded and published. Loaded with the first one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from mimetypes import guess_type
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from tc_core import APIError, Credentials, FailedDependency, TaskclusterError, VerificationFailed
from tc_core._pages import PageWalk
from tc_core._transfers import checks
from tc_core._transfers.download import download
from tc_core._transfers.places import Doubt, Place
from tc_core._transfers.sinks import make_sink
from tc_core._transfers.sources import Source, make_source
from tc_core._transfers.steps import Answer, Together, Transfer, Work
from tc_core._transfers.terms import Terms, seconds
from tc_core._transfers.upload import measure, upload
from tc_core.transfers import Download, DownloadedFile, OnProgress, Phase, Upload

from ._folder import Folder
from ._glob import compile_glob

if TYPE_CHECKING:
    from ._generated import types as _t
    from ._generated.client import AsyncQueue, Queue

AnyQueue: TypeAlias = "Queue | AsyncQueue"


class ObjectServices(Protocol):
    """Makes a client of the object service for an artifact, with the credentials that came with it.

    When they expire it asks for others, with ``again`` if there is such a way.
    """

    def __call__(self, first: Credentials, again: Callable[[Any], Any] | None, /) -> Any: ...


class Artifact:
    """One artifact of a run, or of the latest run, and how the queue is asked about it."""

    def __init__(
        self,
        queue: AnyQueue,
        services: ObjectServices,
        terms: Terms,
        task_id: str,
        run_id: int | None,
        name: str,
    ) -> None:
        checks.check_text("task_id", task_id)
        if run_id is not None:
            check_run(run_id)
        checks.check_text("name", name)
        self.name = name
        self._queue = queue
        self._services = services
        self._terms = terms
        self._task_id = task_id
        self._run_id = run_id

    def locate(self, *, managed_only: bool) -> Transfer[Place]:
        """Ask where the bytes are."""
        content: _t.ArtifactContentResponse = yield from self._terms.ask(self._queue, self._content)
        match content["storageType"]:
            case "error":
                raise self._failed(content)
            case "object":
                require_objects()
                service = self._services(credentials_of(content), self._content)
                stored_as = content["name"]
                del content  # Some reports show local variables, and its credentials are a secret.
                return (yield from self._locate_object(service, stored_as))
            case "reference" if managed_only:
                raise TaskclusterError(
                    f"artifact {self.name!r}: is a reference, to a place that Taskcluster does not manage"
                )
            case "s3" | "reference":
                return Place(url=content["url"], doubt=self._doubt)
        raise TaskclusterError(f"artifact {self.name!r}: has a storage type that is not known here")

    def _locate_object(self, service: Any, stored_as: str) -> Transfer[Place]:
        from tc_object._transfers import locate_object

        place = yield from locate_object(service, self._terms, stored_as)
        return place if place.hashes else replace(place, doubt=self._doubt)

    def _content(self, queue: Any) -> Any:
        if self._run_id is None:
            return queue.latestArtifact(self._task_id, self.name)
        return queue.artifact(self._task_id, self._run_id, self.name)

    def _info(self, queue: Any) -> Any:
        if self._run_id is None:
            return queue.latestArtifactInfo(self._task_id, self.name)
        return queue.artifactInfo(self._task_id, self._run_id, self.name)

    def _failed(self, content: _t.ArtifactContentResponseError) -> FailedDependency:
        reason, message = content["reason"], content["message"]
        return FailedDependency(
            message,
            status=424,
            code=reason,
            body={"reason": reason, "message": message},
            method=f"artifact {self.name}",
        )

    @property
    def _doubt(self) -> Doubt | None:
        """Whether a web page came in place of an artifact: a proxy's word on an error or a login, with status 200."""
        return None if _is_page(guess_type(self.name)[0] or "") else Doubt(_has_page, self._refuse_page)

    def _refuse_page(self) -> Transfer[None]:
        try:
            info: _t.ArtifactResponse = yield from self._terms.ask(self._queue, self._info)
            declared = info["contentType"]
        except APIError:
            declared = "unknown"
        if not _is_page(declared):
            raise VerificationFailed(
                f"artifact {self.name!r}: a web page came in its place; its content type is {declared}"
            )


def _has_page(answer: Answer) -> bool:
    return _is_page(answer.headers.get("content-type", ""))


def _is_page(content_type: str) -> bool:
    return content_type.lower().startswith(("text/html", "application/xhtml"))


def download_artifact(
    artifact: Artifact, terms: Terms, to: Any, *, managed_only: bool, on_progress: OnProgress | None
) -> Transfer[Download]:
    """Check the arguments of `Queue.download_artifact` at once, and return what does it."""
    checks.check_on_progress(on_progress)
    sink = make_sink(to)
    return download(terms, lambda: artifact.locate(managed_only=managed_only), sink, on_progress)


def download_artifacts(
    queue: AnyQueue,
    services: ObjectServices,
    terms: Terms,
    task_id: str,
    pattern: str,
    to: Any,
    *,
    run_id: int | None,
    concurrency: int,
    managed_only: bool,
    on_progress: OnProgress | None,
) -> Transfer[dict[str, DownloadedFile]]:
    """Check the arguments of `Queue.download_artifacts`, and do it."""
    wanted = compile_glob(pattern)
    folder = Folder(to)
    checks.check_text("task_id", task_id)
    if run_id is not None:
        check_run(run_id)
    _check_concurrency(concurrency)
    checks.check_on_progress(on_progress)
    names = yield from _names(queue, terms, task_id, run_id)
    matching = [name for name in names if wanted.fullmatch(name)]
    paths: dict[str, Path] = yield Work(lambda: folder.paths(matching))
    total = None if on_progress is None else _Total(on_progress)

    def one(name: str) -> Transfer[Download]:
        artifact = Artifact(queue, services, terms, task_id, run_id, name)
        each = None if total is None else total.part(name)
        return download_artifact(artifact, terms, paths[name], managed_only=managed_only, on_progress=each)

    try:
        yield Work(lambda: folder.make(paths.values()))
        # All before the first begins: so what is in the way of one is told before any is downloaded.
        downloads: list[Transfer[Download]] = yield Work(lambda: [one(name) for name in paths])
        results: list[DownloadedFile] = yield Together(downloads, concurrency)
    except BaseException:
        folder.tidy()
        raise
    return dict(zip(paths, results, strict=True))


def _names(queue: AnyQueue, terms: Terms, task_id: str, run_id: int | None) -> Transfer[list[str]]:
    walk = PageWalk("queue.listArtifacts", None, "artifacts")

    def ask(queue: Any) -> Any:
        if run_id is None:
            return queue.listLatestArtifacts(task_id, **walk.query)
        return queue.listArtifacts(task_id, run_id, **walk.query)

    names: list[str] = []
    while walk.more:
        page: _t.ListArtifactsResponse = yield from terms.ask(queue, ask)
        walk.check(page)
        names += [artifact["name"] for artifact in page["artifacts"]]
        walk.advance(page)
    return names


def create_artifact_from(
    queue: AnyQueue,
    services: ObjectServices,
    terms: Terms,
    task_id: str,
    run_id: int,
    name: str,
    source: Any,
    *,
    expires: str | datetime,
    content_type: str,
    storage: Literal["object", "s3"],
    on_progress: OnProgress | None,
) -> Transfer[Upload]:
    """Check the arguments of `Queue.create_artifact_from`, and do it."""
    check_artifact(task_id, run_id, name)
    checks.check_text("content_type", content_type)
    checks.check_on_progress(on_progress)
    if storage not in ("object", "s3"):
        raise ValueError(f"storage: is {storage!r}; pass 'object' or 's3'")
    if storage == "object":
        require_objects()
    made = make_source(source)
    payload: Any = {
        "storageType": storage,
        "expires": checks.check_expires(expires, terms.now()),
        "contentType": content_type,
    }

    def create(queue: Any) -> Any:
        return queue.createArtifact(task_id, run_id, name, payload)

    if storage == "s3":
        return (yield from _publish_s3(queue, terms, made, create, on_progress))
    from tc_object._transfers import send_object

    # Before there is an artifact: if the source cannot be read, none is left behind that lacks its bytes.
    yield from measure(made, on_progress)
    answer: _t.PostArtifactResponseObject = yield from terms.ask(queue, create)
    begun: Any = {key: answer[key] for key in ("projectId", "uploadId", "expires")}
    # There is no way to other credentials: an artifact of this kind cannot be created twice.
    service = services(credentials_of(answer), None)
    stored_as = answer["name"]
    del answer  # Some reports show local variables, and its credentials are a secret.
    sent = yield from send_object(service, terms, stored_as, made, begun, content_type, on_progress)
    finish: _t.FinishArtifactRequest = {"uploadId": begun["uploadId"]}
    yield from terms.ask(queue, lambda queue: queue.finishArtifact(task_id, run_id, name, finish))
    return sent


def _publish_s3(
    queue: AnyQueue,
    terms: Terms,
    source: Source,
    create: Callable[[Any], Any],
    on_progress: OnProgress | None,
) -> Transfer[Upload]:
    length = yield from measure(source, on_progress)

    def locate() -> Transfer[Place]:
        # The same again gives a fresh URL.
        answer: _t.PostArtifactResponseS3 = yield from terms.ask(queue, create)
        headers = {"Content-Type": answer["contentType"]}
        return Place(url=answer["putUrl"], expires=seconds(answer["expires"]), headers=headers)

    return (yield from upload(terms, locate, source, length, on_progress))


def require_objects() -> None:
    """Raise ModuleNotFoundError, with what to install, if tc-object is not there."""
    try:
        import tc_object  # noqa: F401  # pyright: ignore[reportUnusedImport]
    except ModuleNotFoundError as error:
        if error.name != "tc_object":
            raise
        raise ModuleNotFoundError(
            "artifacts kept by the object service need the package tc-object; install tc-queue[artifacts]",
            name="tc_object",
        ) from None


def check_artifact(task_id: Any, run_id: Any, name: Any) -> None:
    """Check what names an artifact of a run."""
    checks.check_text("task_id", task_id)
    check_run(run_id)
    checks.check_text("name", name)


def check_run(run_id: Any) -> None:
    """Raise an error unless the value can be the number of a run."""
    if isinstance(run_id, bool) or not isinstance(run_id, int):
        raise TypeError(f"run_id: {type(run_id).__name__}; pass a whole number such as 0")
    if run_id < 0:
        raise ValueError(f"run_id: is {run_id}; must be 0 or more")


def _check_concurrency(value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"concurrency: {type(value).__name__}; pass a whole number")
    if value < 1:
        raise ValueError(f"concurrency: is {value}; must be at least 1")


class _Total:
    """Adds up the progress of downloads that run at the same time, perhaps in threads."""

    def __init__(self, on_progress: OnProgress) -> None:
        self._on_progress = on_progress
        self._lock = Lock()
        self._done: dict[str, int] = {}

    def part(self, name: str) -> OnProgress:
        """Return what is told the progress of one of them."""

        def tell(done: int, _: int | None, phase: Phase) -> None:
            with self._lock:
                self._done[name] = done
                self._on_progress(sum(self._done.values()), None, phase)

        return tell


def reference_payload(
    task_id: str,
    run_id: int,
    name: str,
    url: str,
    expires: str | datetime,
    content_type: str,
    now: float,
) -> _t.PostArtifactRequestReference:
    """Check the arguments of `Queue.create_reference_artifact`."""
    check_artifact(task_id, run_id, name)
    checks.check_text("url", url)
    if not re.match(r"https?://[^/]", url):
        raise ValueError("url: must begin with http:// or https:// and a host")
    checks.check_text("content_type", content_type)
    return {
        "storageType": "reference",
        "url": url,
        "contentType": content_type,
        "expires": checks.check_expires(expires, now),
    }


def error_payload(
    task_id: str, run_id: int, name: str, reason: Any, message: Any, expires: str | datetime, now: float
) -> _t.PostArtifactRequestError:
    """Check the arguments of `Queue.create_error_artifact`."""
    check_artifact(task_id, run_id, name)
    checks.check_text("reason", reason)
    if not isinstance(message, str):
        raise TypeError(f"message: {type(message).__name__}; pass a str")
    return {
        "storageType": "error",
        "reason": reason,
        "message": message,
        "expires": checks.check_expires(expires, now),
    }


def link_payload(
    task_id: str,
    run_id: int,
    name: str,
    artifact: str,
    expires: str | datetime,
    content_type: str,
    now: float,
) -> _t.PostArtifactRequestLink:
    """Check the arguments of `Queue.create_link_artifact`."""
    check_artifact(task_id, run_id, name)
    checks.check_text("artifact", artifact)
    checks.check_text("content_type", content_type)
    return {
        "storageType": "link",
        "artifact": artifact,
        "contentType": content_type,
        "expires": checks.check_expires(expires, now),
    }


def credentials_of(answer: _t.ArtifactContentResponseObject | _t.PostArtifactResponseObject) -> Credentials:
    """Return the credentials for one object that the queue gave."""
    given = answer["credentials"]
    return Credentials(given["clientId"], given["accessToken"], given["certificate"])
