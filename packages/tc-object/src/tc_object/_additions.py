"""What the clients of the object service can do beyond its methods: whole uploads and downloads."""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

from ._generated import client

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from datetime import datetime

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

__all__ = ["AsyncObject", "Object"]


class Object(client.Object):
    __doc__ = client.Object.__doc__

    def upload_object(
        self,
        name: str,
        source: Source,
        *,
        project_id: str,
        expires: str | datetime,
        content_type: str = "application/octet-stream",
        upload_id: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> Upload:
        """Upload bytes as the object ``name``, and finish the upload.

        Small content travels inside `createUpload`, other content straight to the storage. What fails on the way is
        tried again from the beginning, as the client's `Retry` says; a URL that expired is asked for anew.

        Args:
            name: printable ASCII; slashes are allowed.
            source: bytes, the path of a file, a seekable binary file, or a function that opens a reader; see
                `tc_core.transfers.Source`.
            project_id: the project that the object belongs to.
            expires: when the object may be deleted.
            content_type: what the bytes are, such as ``text/plain``.
            upload_id: a slug id by which the upload can be repeated; a fresh one by default.
            on_progress: see `tc_core.transfers.OnProgress`, and `tc_core.progress` for a ready one.

        Raises:
            ValueError, TypeError: an argument is malformed; the message names it, and nothing was sent.
            VerificationFailed: the source changed while it was uploaded; the upload is not finished.
            APIError: the service or the storage refused.
            TransportError: the connection was lost more often than the client's options allow.

        Source: `createUpload` and `finishUpload` of the object service.
        """
        from ._transfers import upload_object

        return self._transfer(
            lambda terms: upload_object(
                self,
                terms,
                name,
                source,
                project_id=project_id,
                expires=expires,
                content_type=content_type,
                upload_id=upload_id,
                on_progress=on_progress,
            )
        )

    @overload
    def download_object(
        self, name: str, *, to: None = None, on_progress: OnProgress | None = None
    ) -> DownloadedBytes: ...
    @overload
    def download_object(
        self, name: str, *, to: str | os.PathLike[str], on_progress: OnProgress | None = None
    ) -> DownloadedFile: ...
    @overload
    def download_object(
        self, name: str, *, to: Writer | Callable[[], Writer], on_progress: OnProgress | None = None
    ) -> Download: ...
    def download_object(
        self, name: str, *, to: Sink | None = None, on_progress: OnProgress | None = None
    ) -> Download:
        """Download the object ``name``, and verify it.

        The bytes must have the hashes that the uploader stated, at least one; where the service offers no hashes
        at all their number is checked. An interrupted download goes on where it broke off if the storage allows.

        Args:
            name: the object's name.
            to: a path, a writable binary file, or a function that opens a writer; see `tc_core.transfers.Sink`.
                By default the bytes are returned.
            on_progress: see `tc_core.transfers.OnProgress`, and `tc_core.progress` for a ready one.

        Raises:
            ValueError, TypeError: an argument is malformed; the message names it, and nothing was sent.
            NotFound: there is no such object.
            VerificationFailed: the bytes are not those that were uploaded; none are left at a path.
            APIError: the service or the storage refused.
            TransportError: the connection was lost more often than the client's options allow.

        Source: `startDownload` of the object service.
        """
        from ._transfers import download_object

        return self._transfer(lambda terms: download_object(self, terms, name, to, on_progress))


class AsyncObject(client.AsyncObject):
    __doc__ = client.AsyncObject.__doc__

    async def upload_object(
        self,
        name: str,
        source: Source,
        *,
        project_id: str,
        expires: str | datetime,
        content_type: str = "application/octet-stream",
        upload_id: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> Upload:
        """Upload bytes as the object ``name``, and finish the upload.

        As `Object.upload_object`; what reads the source runs in worker threads, ``on_progress`` in the event loop.
        """
        from ._transfers import upload_object

        return await self._transfer(
            lambda terms: upload_object(
                self,
                terms,
                name,
                source,
                project_id=project_id,
                expires=expires,
                content_type=content_type,
                upload_id=upload_id,
                on_progress=on_progress,
            )
        )

    @overload
    async def download_object(
        self, name: str, *, to: None = None, on_progress: OnProgress | None = None
    ) -> DownloadedBytes: ...
    @overload
    async def download_object(
        self, name: str, *, to: str | os.PathLike[str], on_progress: OnProgress | None = None
    ) -> DownloadedFile: ...
    @overload
    async def download_object(
        self, name: str, *, to: Writer | Callable[[], Writer], on_progress: OnProgress | None = None
    ) -> Download: ...
    async def download_object(
        self, name: str, *, to: Sink | None = None, on_progress: OnProgress | None = None
    ) -> Download:
        """Download the object ``name``, and verify it.

        As `Object.download_object`; what writes runs in worker threads, ``on_progress`` in the event loop.
        """
        from ._transfers import download_object

        return await self._transfer(lambda terms: download_object(self, terms, name, to, on_progress))
