"""How an upload and a download are agreed on with the object service. Loaded with the first one."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tc_core import TaskclusterError, VerificationFailed, is_slug_id, slug_id
from tc_core._transfers import checks
from tc_core._transfers.digests import hexdigests
from tc_core._transfers.download import download
from tc_core._transfers.outgoing import HASHES
from tc_core._transfers.places import Place
from tc_core._transfers.sinks import make_sink
from tc_core._transfers.sources import BytesSource, Source, load, make_source
from tc_core._transfers.steps import Transfer, Work
from tc_core._transfers.terms import Terms, seconds
from tc_core._transfers.upload import measure, upload
from tc_core.transfers import Download, OnProgress, Upload

if TYPE_CHECKING:
    from ._generated import types as _t
    from ._generated.client import AsyncObject, Object

MOST_INLINE = 8192
"""Bytes that `createUpload` itself may carry."""


def upload_object(
    service: Object | AsyncObject,
    terms: Terms,
    name: str,
    source: Any,
    *,
    project_id: str,
    expires: str | datetime,
    content_type: str,
    upload_id: str | None,
    on_progress: OnProgress | None,
) -> Transfer[Upload]:
    """Check the arguments of `Object.upload_object`, and do it."""
    checks.check_text("name", name)
    checks.check_project(project_id)
    checks.check_text("content_type", content_type)
    checks.check_on_progress(on_progress)
    if upload_id is not None and not is_slug_id(upload_id):
        raise ValueError("upload_id: is no slug id; leave it out, or pass what tc_core.slug_id() gives")
    made = make_source(source)
    request: _t.CreateUploadRequest = {
        "projectId": project_id,
        "expires": checks.check_expires(expires, terms.now()),
        "uploadId": upload_id or slug_id(),
        "proposedUploadMethods": {},
    }
    return (yield from send_object(service, terms, name, made, request, content_type, on_progress))


def send_object(
    service: Object | AsyncObject,
    terms: Terms,
    name: str,
    source: Source,
    request: _t.CreateUploadRequest,
    content_type: str,
    on_progress: OnProgress | None,
) -> Transfer[Upload]:
    """Upload a source, and finish the upload. What ``request`` lacks is only the methods."""
    length = yield from measure(source, on_progress)
    methods: dict[str, Any] = {"putUrl": {"contentType": content_type, "contentLength": length}}
    if length <= MOST_INLINE:
        small: BytesSource = yield Work(lambda: load(source, length))
        data = b64encode(small.content).decode()
        methods = {"dataInline": {"contentType": content_type, "objectData": data}, **methods}
        source = small
    payload: Any = {**request, "proposedUploadMethods": methods}

    def begin() -> Transfer[_t.CreateUploadResponseUploadMethod]:
        answer: _t.CreateUploadResponse = yield from terms.ask(
            service, lambda s: s.createUpload(name, payload)
        )
        return answer["uploadMethod"]

    method = yield from begin()
    if method.get("dataInline") and isinstance(source, BytesSource):
        sent = Upload(length=length, hashes=hexdigests(HASHES, source.content))
        if on_progress is not None:
            on_progress(length, length, "finishing")
    else:
        places = [_place_of(method)]
        del method  # Some reports show local variables, and its URL is a secret.

        def locate() -> Transfer[Place]:
            # With the same upload id the service gives a fresh URL.
            return places.pop() if places else _place_of((yield from begin()))

        sent = yield from upload(terms, locate, source, length, on_progress)
    finish: _t.FinishUploadRequest = {
        "projectId": request["projectId"],
        "uploadId": request["uploadId"],
        "hashes": sent.hashes,
    }
    yield from terms.ask(service, lambda s: s.finishUpload(name, finish))
    return sent


def download_object(
    service: Object | AsyncObject, terms: Terms, name: str, to: Any, on_progress: OnProgress | None
) -> Transfer[Download]:
    """Check the arguments of `Object.download_object`, and do it."""
    checks.check_text("name", name)
    checks.check_on_progress(on_progress)
    sink = make_sink(to)
    return (yield from download(terms, lambda: locate_object(service, terms, name), sink, on_progress))


def locate_object(service: Object | AsyncObject, terms: Terms, name: str) -> Transfer[Place]:
    """Ask where the bytes of an object are."""
    accepted: _t.DownloadObjectRequest = {"acceptDownloadMethods": {"getUrl": True, "simple": True}}
    answer: _t.DownloadObjectResponse
    answer = yield from terms.ask(service, lambda s: s.startDownload(name, accepted))
    if answer["method"] == "simple":
        return Place(url=answer["url"])
    hashes = _known(answer["hashes"])
    place = Place(url=answer["url"], expires=seconds(answer["expires"]), hashes=hashes)
    if not hashes:
        del answer  # Some reports show local variables, and its URL is a secret.
        raise VerificationFailed(
            f"object {name!r}: the service knows no hash of it, so what arrives could not be verified"
        )
    return place


def _place_of(method: _t.CreateUploadResponseUploadMethod) -> Place:
    put = method.get("putUrl")
    if put is None:
        raise TaskclusterError("object.createUpload: the service chose no way to upload that is known here")
    return Place(url=put["url"], expires=seconds(put["expires"]), headers=put["headers"])


def _known(hashes: Mapping[str, Any]) -> dict[str, str]:
    return {each: str(hashes[each]).lower() for each in HASHES if each in hashes}
