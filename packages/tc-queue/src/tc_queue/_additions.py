"""What the clients of the queue can do beyond its methods: artifacts, downloaded and published in one call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, overload

from ._generated import client

if TYPE_CHECKING:
    import os
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from tc_core import Credentials
    from tc_core.transfers import (
        Download,
        DownloadedBytes,
        DownloadedFile,
        OnProgress,
        Sink,
        Source,
        Upload,
        Writer,
    )
    from tc_object import AsyncObject, Object

    from ._generated import types as _t

__all__ = ["AsyncQueue", "Queue"]

_ErrorReason = Literal[
    "file-missing-on-worker",
    "invalid-resource-on-worker",
    "too-large-file-on-worker",
    "file-not-readable-on-worker",
]


class Queue(client.Queue):
    __doc__ = client.Queue.__doc__

    @overload
    def download_artifact(
        self,
        task_id: str,
        name: str,
        *,
        run_id: int | None = None,
        to: None = None,
        managed_only: bool = False,
        on_progress: OnProgress | None = None,
    ) -> DownloadedBytes: ...
    @overload
    def download_artifact(
        self,
        task_id: str,
        name: str,
        *,
        run_id: int | None = None,
        to: str | os.PathLike[str],
        managed_only: bool = False,
        on_progress: OnProgress | None = None,
    ) -> DownloadedFile: ...
    @overload
    def download_artifact(
        self,
        task_id: str,
        name: str,
        *,
        run_id: int | None = None,
        to: Writer | Callable[[], Writer],
        managed_only: bool = False,
        on_progress: OnProgress | None = None,
    ) -> Download: ...
    def download_artifact(
        self,
        task_id: str,
        name: str,
        *,
        run_id: int | None = None,
        to: Sink | None = None,
        managed_only: bool = False,
        on_progress: OnProgress | None = None,
    ) -> Download:
        """Download the artifact ``name`` of a task, wherever it is stored, and verify it.

        What the object service keeps must have the hashes that were stated for it; of other artifacts the number of
        bytes is checked. An interrupted download goes on where it broke off if the storage allows. Credentials
        of Taskcluster are sent to no storage.

        Args:
            task_id: the task.
            name: the artifact's name, such as ``public/build.zip``. A link leads to what it names.
            run_id: the run; the latest one by default.
            to: a path, a writable binary file, or a function that opens a writer; see `tc_core.transfers.Sink`.
                By default the bytes are returned.
            managed_only: refuse a reference, before its URL is touched: it may lead anywhere.
            on_progress: see `tc_core.transfers.OnProgress`, and `tc_core.progress` for a ready one.

        Raises:
            ValueError, TypeError: an argument is malformed; the message names it, and nothing was sent.
            FailedDependency: the artifact is of the error kind; ``code`` is its reason.
            NotFound: there is no such artifact.
            ModuleNotFoundError: it is kept by the object service, and tc-object is not installed.
            VerificationFailed: the bytes are not the artifact's; none are left at a path.
            APIError: the queue, the object service or the storage refused.
            TransportError: the connection was lost more often than the client's options allow.
            TaskclusterError: it is a reference, and ``managed_only`` is set.

        Source: `artifact` and `latestArtifact` of the queue.
        """
        from ._artifacts import Artifact, download_artifact

        return self._transfer(
            lambda terms: download_artifact(
                Artifact(self, self._object_service, terms, task_id, run_id, name),
                terms,
                to,
                managed_only=managed_only,
                on_progress=on_progress,
            )
        )

    def download_artifacts(
        self,
        task_id: str,
        pattern: str,
        *,
        to: str | os.PathLike[str],
        run_id: int | None = None,
        concurrency: int = 4,
        managed_only: bool = False,
        on_progress: OnProgress | None = None,
    ) -> dict[str, DownloadedFile]:
        """Download the artifacts of a task whose names match a pattern, several at a time.

        Each is written to ``to`` under its own name, with the folders in it. The first error ends all of them; those
        that were complete by then stay.

        Args:
            task_id: the task.
            pattern: ``*`` and ``?`` stand for anything but a slash, ``[...]`` for one of some characters, ``**`` for
                any number of folders: ``public/**/*.log``.
            to: a folder, made if need be.
            run_id: the run; the latest one by default.
            concurrency: most downloads at the same time.
            managed_only: refuse references, before their URLs are touched: they may lead anywhere.
            on_progress: told the sum of all, from one thread at a time; the total is not known.

        Returns:
            What was downloaded, by the names of the artifacts; nothing if none matches.

        Raises:
            ValueError, TypeError: an argument is malformed, or a name would lead out of the folder; nothing was
                downloaded.
            TaskclusterError: as in `download_artifact`.

        Source: `listArtifacts` and `artifact` of the queue.
        """
        from ._artifacts import download_artifacts

        return self._transfer(
            lambda terms: download_artifacts(
                self,
                self._object_service,
                terms,
                task_id,
                pattern,
                to,
                run_id=run_id,
                concurrency=concurrency,
                managed_only=managed_only,
                on_progress=on_progress,
            )
        )

    def create_artifact_from(
        self,
        task_id: str,
        run_id: int,
        name: str,
        source: Source,
        *,
        expires: str | datetime,
        content_type: str = "application/octet-stream",
        storage: Literal["object", "s3"] = "object",
        on_progress: OnProgress | None = None,
    ) -> Upload:
        """Create the artifact ``name`` of a run from bytes: create it, upload, and finish it.

        What fails on the way is tried again from the beginning, as the client's `Retry` says; a URL that expired is
        asked for anew.

        Args:
            task_id: the task.
            run_id: the run, which must not be resolved yet.
            name: printable ASCII, such as ``public/build.zip``; slashes are allowed.
            source: bytes, the path of a file, a seekable binary file, or a function that opens a reader; see
                `tc_core.transfers.Source`.
            expires: when the artifact may be deleted; no later than the task's own ``expires``.
            content_type: what the bytes are, such as ``text/plain``.
            storage: ``object`` for the object service, which keeps hashes, or ``s3``.
            on_progress: see `tc_core.transfers.OnProgress`, and `tc_core.progress` for a ready one.

        Raises:
            ValueError, TypeError: an argument is malformed; the message names it, and nothing was sent.
            ModuleNotFoundError: ``storage`` is ``object``, and tc-object is not installed; nothing was sent.
            VerificationFailed: the source changed while it was uploaded.
            APIError: the queue, the object service or the storage refused.
            TransportError: the connection was lost more often than the client's options allow.

        Source: `createArtifact` and `finishArtifact` of the queue.
        """
        from ._artifacts import create_artifact_from

        return self._transfer(
            lambda terms: create_artifact_from(
                self,
                self._object_service,
                terms,
                task_id,
                run_id,
                name,
                source,
                expires=expires,
                content_type=content_type,
                storage=storage,
                on_progress=on_progress,
            )
        )

    def create_reference_artifact(
        self,
        task_id: str,
        run_id: int,
        name: str,
        url: str,
        *,
        expires: str | datetime,
        content_type: str = "application/octet-stream",
    ) -> None:
        """Create an artifact that is whatever is at a URL, which Taskcluster does not manage.

        Args:
            task_id: the task.
            run_id: the run.
            name: printable ASCII, such as ``public/build.zip``.
            url: where it is; http or https.
            expires: when the artifact may be deleted; what is at the URL stays.
            content_type: what is there, such as ``text/html``.

        Raises:
            ValueError, TypeError: an argument is malformed; the message names it, and nothing was sent.
            APIError: the queue refused.

        Source: `createArtifact` of the queue.
        """
        from ._artifacts import reference_payload

        clock = self._core.session.options.clock
        payload = reference_payload(task_id, run_id, name, url, expires, content_type, clock())
        self.createArtifact(task_id, run_id, name, payload)

    def create_error_artifact(
        self,
        task_id: str,
        run_id: int,
        name: str,
        reason: _ErrorReason,
        message: str,
        *,
        expires: str | datetime,
    ) -> None:
        """Create an artifact that says why there is none: whoever asks for it gets the reason and the message.

        Args:
            task_id: the task.
            run_id: the run.
            name: printable ASCII, such as ``public/build.zip``.
            reason: one of Taskcluster's reasons.
            message: for people.
            expires: when the artifact may be deleted.

        Raises:
            ValueError, TypeError: an argument is malformed; the message names it, and nothing was sent.
            APIError: the queue refused.

        Source: `createArtifact` of the queue.
        """
        from ._artifacts import error_payload

        clock = self._core.session.options.clock
        payload = error_payload(task_id, run_id, name, reason, message, expires, clock())
        self.createArtifact(task_id, run_id, name, payload)

    def create_link_artifact(
        self,
        task_id: str,
        run_id: int,
        name: str,
        artifact: str,
        *,
        expires: str | datetime,
        content_type: str = "application/octet-stream",
    ) -> None:
        """Create an artifact that is another artifact of the same run under a second name.

        Args:
            task_id: the task.
            run_id: the run.
            name: printable ASCII, such as ``public/latest.zip``.
            artifact: the name that it leads to; nothing need be there yet.
            expires: when the link may be deleted.
            content_type: what is there, such as ``text/plain``.

        Raises:
            ValueError, TypeError: an argument is malformed; the message names it, and nothing was sent.
            APIError: the queue refused.

        Source: `createArtifact` of the queue.
        """
        from ._artifacts import link_payload

        clock = self._core.session.options.clock
        payload = link_payload(task_id, run_id, name, artifact, expires, content_type, clock())
        self.createArtifact(task_id, run_id, name, payload)

    def _object_service(
        self,
        first: Credentials,
        again: Callable[[client.Queue], _t.ArtifactContentResponseObject] | None,
    ) -> Object:
        from tc_object import Object

        from ._artifacts import credentials_of

        given = [first]

        def provide() -> Credentials:
            if given:
                return given.pop()
            assert again is not None
            return credentials_of(again(self))

        # The scopes that the user limits this client to are none of these credentials.
        credentials = provide if again else first
        core = self._core.changed({"credentials": credentials, "authorized_scopes": None})
        return Object._of(core, owner=False)


class AsyncQueue(client.AsyncQueue):
    __doc__ = client.AsyncQueue.__doc__

    @overload
    async def download_artifact(
        self,
        task_id: str,
        name: str,
        *,
        run_id: int | None = None,
        to: None = None,
        managed_only: bool = False,
        on_progress: OnProgress | None = None,
    ) -> DownloadedBytes: ...
    @overload
    async def download_artifact(
        self,
        task_id: str,
        name: str,
        *,
        run_id: int | None = None,
        to: str | os.PathLike[str],
        managed_only: bool = False,
        on_progress: OnProgress | None = None,
    ) -> DownloadedFile: ...
    @overload
    async def download_artifact(
        self,
        task_id: str,
        name: str,
        *,
        run_id: int | None = None,
        to: Writer | Callable[[], Writer],
        managed_only: bool = False,
        on_progress: OnProgress | None = None,
    ) -> Download: ...
    async def download_artifact(
        self,
        task_id: str,
        name: str,
        *,
        run_id: int | None = None,
        to: Sink | None = None,
        managed_only: bool = False,
        on_progress: OnProgress | None = None,
    ) -> Download:
        """Download the artifact ``name`` of a task, wherever it is stored, and verify it.

        As `Queue.download_artifact`; what writes runs in worker threads, ``on_progress`` in the event loop.
        """
        from ._artifacts import Artifact, download_artifact

        return await self._transfer(
            lambda terms: download_artifact(
                Artifact(self, self._object_service, terms, task_id, run_id, name),
                terms,
                to,
                managed_only=managed_only,
                on_progress=on_progress,
            )
        )

    async def download_artifacts(
        self,
        task_id: str,
        pattern: str,
        *,
        to: str | os.PathLike[str],
        run_id: int | None = None,
        concurrency: int = 4,
        managed_only: bool = False,
        on_progress: OnProgress | None = None,
    ) -> dict[str, DownloadedFile]:
        """Download the artifacts of a task whose names match a pattern, several at a time.

        As `Queue.download_artifacts`.
        """
        from ._artifacts import download_artifacts

        return await self._transfer(
            lambda terms: download_artifacts(
                self,
                self._object_service,
                terms,
                task_id,
                pattern,
                to,
                run_id=run_id,
                concurrency=concurrency,
                managed_only=managed_only,
                on_progress=on_progress,
            )
        )

    async def create_artifact_from(
        self,
        task_id: str,
        run_id: int,
        name: str,
        source: Source,
        *,
        expires: str | datetime,
        content_type: str = "application/octet-stream",
        storage: Literal["object", "s3"] = "object",
        on_progress: OnProgress | None = None,
    ) -> Upload:
        """Create the artifact ``name`` of a run from bytes: create it, upload, and finish it.

        As `Queue.create_artifact_from`; what reads the source runs in worker threads, ``on_progress`` in the event
        loop.
        """
        from ._artifacts import create_artifact_from

        return await self._transfer(
            lambda terms: create_artifact_from(
                self,
                self._object_service,
                terms,
                task_id,
                run_id,
                name,
                source,
                expires=expires,
                content_type=content_type,
                storage=storage,
                on_progress=on_progress,
            )
        )

    async def create_reference_artifact(
        self,
        task_id: str,
        run_id: int,
        name: str,
        url: str,
        *,
        expires: str | datetime,
        content_type: str = "application/octet-stream",
    ) -> None:
        """Create an artifact that is whatever is at a URL, as `Queue.create_reference_artifact` does."""
        from ._artifacts import reference_payload

        clock = self._core.session.options.clock
        payload = reference_payload(task_id, run_id, name, url, expires, content_type, clock())
        await self.createArtifact(task_id, run_id, name, payload)

    async def create_error_artifact(
        self,
        task_id: str,
        run_id: int,
        name: str,
        reason: _ErrorReason,
        message: str,
        *,
        expires: str | datetime,
    ) -> None:
        """Create an artifact that says why there is none, as `Queue.create_error_artifact` does."""
        from ._artifacts import error_payload

        clock = self._core.session.options.clock
        payload = error_payload(task_id, run_id, name, reason, message, expires, clock())
        await self.createArtifact(task_id, run_id, name, payload)

    async def create_link_artifact(
        self,
        task_id: str,
        run_id: int,
        name: str,
        artifact: str,
        *,
        expires: str | datetime,
        content_type: str = "application/octet-stream",
    ) -> None:
        """Create an artifact that is another one under a second name, as `Queue.create_link_artifact` does."""
        from ._artifacts import link_payload

        clock = self._core.session.options.clock
        payload = link_payload(task_id, run_id, name, artifact, expires, content_type, clock())
        await self.createArtifact(task_id, run_id, name, payload)

    def _object_service(
        self,
        first: Credentials,
        again: Callable[[client.AsyncQueue], Awaitable[_t.ArtifactContentResponseObject]] | None,
    ) -> AsyncObject:
        from tc_object import AsyncObject

        from ._artifacts import credentials_of

        given = [first]

        async def provide() -> Credentials:
            if given:
                return given.pop()
            assert again is not None
            return credentials_of(await again(self))

        # The scopes that the user limits this client to are none of these credentials.
        credentials = provide if again else first
        core = self._core.changed({"credentials": credentials, "authorized_scopes": None})
        return AsyncObject._of(core, owner=False)
