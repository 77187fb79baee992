"""The object service: what the recorded exchanges do not show."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from checked import CheckedCaller, checked_root
from hawk_client import Caller, Reply
from hypothesis import given, settings
from hypothesis import strategies as st
from queue_client import date, slug_id

from tc_testing import LocalTaskcluster


class Objects:
    """Acts on objects; all answers are checked."""

    def __init__(self, tc: LocalTaskcluster) -> None:
        self.tc = tc
        self.root = checked_root(tc)
        self.upload_id = slug_id()
        self.expires = date(tc.clock.now() + timedelta(hours=3))

    def begin(self, name: str, methods: dict[str, Any], **changes: Any) -> Reply:
        payload = {
            "projectId": "p",
            "uploadId": self.upload_id,
            "expires": self.expires,
            "proposedUploadMethods": methods,
            **changes,
        }
        return self.root("PUT", f"/api/object/v1/upload/{quote(name, safe='')}", payload)

    def finish(self, name: str, **changes: Any) -> Reply:
        payload = {"projectId": "p", "uploadId": self.upload_id, **changes}
        return self.root("POST", f"/api/object/v1/finish-upload/{quote(name, safe='')}", payload)

    def make(self, name: str, content: bytes = b"content", content_type: str = "text/plain") -> None:
        data = base64.b64encode(content).decode()
        inline = {"dataInline": {"contentType": content_type, "objectData": data}}
        assert self.begin(name, inline).json["uploadMethod"] == {"dataInline": True}
        assert self.finish(name).status == 200

    def url(self, name: str, method: str = "simple") -> str:
        """The URL to read an object, without scheme and host."""
        payload = {"acceptDownloadMethods": {method: True}}
        reply = self.root("PUT", f"/api/object/v1/start-download/{quote(name, safe='')}", payload)
        return reply.json["url"].removeprefix(self.tc.root_url)

    def put_url(self, name: str, size: int) -> tuple[str, dict[str, str]]:
        """Where and with which headers to put an object."""
        proposed = {"putUrl": {"contentType": "text/plain", "contentLength": size}}
        put = self.begin(name, proposed).json["uploadMethod"]["putUrl"]
        return put["url"].removeprefix(self.tc.root_url), put["headers"]


@pytest.fixture
def objects(tc: LocalTaskcluster) -> Objects:
    return Objects(tc)


class TestUploads:
    def test_data_inline_of_8_kib_and_not_more(self, objects: Objects) -> None:
        objects.make("a", bytes(8192))
        data = base64.b64encode(bytes(8196)).decode()
        refused = objects.begin("b", {"dataInline": {"contentType": "text/plain", "objectData": data}})
        assert refused.code == "InputValidationError"
        assert "objectData must NOT have more than 10926 characters" in refused.message

    def test_what_is_no_base64(self, objects: Objects) -> None:
        inline = {"dataInline": {"contentType": "text/plain", "objectData": "*"}}
        assert objects.begin("a", inline).code == "InputError"

    @pytest.mark.parametrize("change", ["projectId", "uploadId", "expires"])
    def test_begun_again_with_something_else(self, objects: Objects, change: str) -> None:
        objects.begin("a", {})
        value = {
            "projectId": "q",
            "uploadId": slug_id(),
            "expires": date(objects.tc.clock.now() + timedelta(hours=4)),
        }[change]
        assert objects.begin("a", {}).status == 200
        assert objects.begin("a", {}, **{change: value}).code == "RequestConflict"

    def test_nothing_begins_after_the_end(self, objects: Objects) -> None:
        objects.make("a")
        assert objects.begin("a", {}).code == "RequestConflict"

    def test_hashes_do_not_change(self, objects: Objects) -> None:
        one, other = {"sha256": "1" * 64}, {"sha256": "2" * 64}
        assert objects.begin("a", {}, hashes=one).status == 200
        assert objects.begin("a", {}, hashes=other).code == "RequestConflict"
        assert objects.finish("a", hashes=other).code == "RequestConflict"
        assert objects.finish("a", hashes={"sha512": "3" * 128}).status == 200
        described = objects.root("GET", "/api/object/v1/metadata/a").json
        assert described["hashes"] == {**one, "sha512": "3" * 128}
        # Once it is finished fewer are all right, and new ones are not.
        assert objects.finish("a", hashes=one).status == 200
        assert objects.finish("a").status == 200
        assert objects.finish("a", hashes={"md5": "x"}).code == "RequestConflict"

    def test_finish_what_never_began(self, objects: Objects) -> None:
        assert objects.finish("a").status == 404

    def test_scopes_name_project_and_object(self, objects: Objects) -> None:
        payload: dict[str, Any] = {
            "projectId": "p",
            "uploadId": slug_id(),
            "expires": objects.expires,
            "proposedUploadMethods": {},
        }
        for scope, status in (
            ("object:upload:p:a", 200),
            ("object:upload:p:b", 403),
            ("object:upload:*", 200),
        ):
            caller = CheckedCaller(objects.tc.root_url, "c", objects.tc.add_client("c", [scope]))
            assert caller("PUT", "/api/object/v1/upload/a", payload).status == status


class TestDownloads:
    def test_get_url_is_good_for_a_minute_and_a_little(self, objects: Objects) -> None:
        objects.make("a")
        url, simple = objects.url("a", "getUrl"), objects.url("a")
        objects.tc.clock.advance(seconds=119)
        assert objects.root.send("GET", url).content == b"content"
        objects.tc.clock.advance(seconds=2)
        assert objects.root.send("GET", url).status == 403
        assert objects.root.send("GET", simple).status == 200
        objects.tc.clock.advance(minutes=28)
        assert objects.root.send("GET", simple).status == 403

    def test_expired_object_is_gone(self, objects: Objects) -> None:
        objects.make("a")
        objects.tc.clock.advance(hours=2, minutes=59)
        url = objects.url("a")
        assert objects.root.send("GET", url).status == 200
        objects.tc.clock.advance(minutes=1)
        for path in ("metadata", "download"):
            assert objects.root("GET", f"/api/object/v1/{path}/a").status == 404
        assert objects.root.send("GET", url).status == 404

    def test_redirect(self, objects: Objects) -> None:
        objects.make("a b/c+d")
        for name in ("a%20b%2Fc%2Bd", "a%20b/c+d"):
            reply = objects.root("GET", f"/api/object/v1/download/{name}")
            assert reply.status == 303
            url = reply.headers["location"].removeprefix(objects.tc.root_url)
            assert objects.root.send("GET", url).content == b"content"


class TestPutUrl:
    def test_takes_what_was_agreed(self, objects: Objects) -> None:
        url, headers = objects.put_url("a", 7)
        assert objects.root.send("PUT", url, b"content", headers).status == 200
        objects.finish("a")
        assert objects.root.send("GET", objects.url("a")).content == b"content"

    @pytest.mark.parametrize(
        "changes",
        [
            {"Content-Type": "text/html"},
            {"Content-Length": "6"},
            {"Content-Length": None},
            {"Content-Type": None},
            {"host": "elsewhere.example"},
        ],
    )
    def test_refuses_other_headers(self, objects: Objects, changes: dict[str, str | None]) -> None:
        url, headers = objects.put_url("a", 7)
        sent = {name: value for name, value in {**headers, **changes}.items() if value is not None}
        content = b"content"[: int(sent.get("Content-Length", 6))]
        reply = objects.root.send("PUT", url, content, sent)
        assert reply.status == 403
        assert b"<Code>SignatureDoesNotMatch</Code>" in reply.content

    def test_refuses_a_second_authorization(self, objects: Objects) -> None:
        url, headers = objects.put_url("a", 7)
        signed = {"authorization": objects.root.authorization("PUT", url)}
        reply = objects.root.send("PUT", url, b"content", headers | signed)
        assert (reply.status, b"<Code>InvalidArgument</Code>" in reply.content) == (400, True)

    def test_expires(self, objects: Objects) -> None:
        url, headers = objects.put_url("a", 7)
        objects.tc.clock.advance(minutes=46)
        reply = objects.root.send("PUT", url, b"content", headers)
        assert (reply.status, b"Request has expired" in reply.content) == (403, True)

    def test_is_for_put_and_for_this_object_only(self, objects: Objects) -> None:
        url, headers = objects.put_url("a", 7)
        path, _, query = url.partition("?")
        for verb, changed in (
            ("GET", url),
            ("PUT", f"{path}b?{query}"),
            ("PUT", f"{path}?{query}&x=1"),
            ("PUT", f"{path}?{query.replace('Expires=2710', 'Expires=9999')}"),
        ):
            assert objects.root.send(verb, changed, b"content", headers).status == 403


class TestReading:
    @pytest.fixture
    def url(self, objects: Objects) -> str:
        objects.make("a", b"0123456789", "text/x-digits")
        return objects.url("a")

    def test_all(self, objects: Objects, url: str) -> None:
        reply = objects.root.send("GET", url)
        assert (reply.status, reply.content) == (200, b"0123456789")
        assert (reply.headers["content-type"], reply.headers["accept-ranges"]) == ("text/x-digits", "bytes")
        assert reply.headers["etag"] == '"781e5e245d69b566979b86e28d23f2c7"'

    @pytest.mark.parametrize(
        ("wanted", "status", "content", "span"),
        [
            ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
            ("bytes=4-", 206, b"456789", "bytes 4-9/10"),
            ("bytes=-3", 206, b"789", "bytes 7-9/10"),
            ("bytes=8-99", 206, b"89", "bytes 8-9/10"),
            ("bytes=-99", 206, b"0123456789", "bytes 0-9/10"),
            ("bytes=9-9", 206, b"9", "bytes 9-9/10"),
            ("bytes=10-", 416, None, "bytes */10"),
            ("bytes=-0", 416, None, "bytes */10"),
            ("bytes=5-4", 200, b"0123456789", None),
            ("bytes=0-1,3-4", 200, b"0123456789", None),
            ("bytes=x-", 200, b"0123456789", None),
            ("lines=0-1", 200, b"0123456789", None),
        ],
    )
    def test_ranges(
        self, objects: Objects, url: str, wanted: str, status: int, content: bytes | None, span: str | None
    ) -> None:
        reply = objects.root.send("GET", url, headers={"range": wanted})
        assert (reply.status, reply.headers.get("content-range")) == (status, span)
        assert content is None or reply.content == content

    def test_if_range(self, objects: Objects, url: str) -> None:
        etag = objects.root.send("GET", url).headers["etag"]
        modified = objects.root.send("GET", url).headers["last-modified"]
        for condition, status in (
            (etag, 206),
            ('"other"', 200),
            (f"W/{etag}", 200),
            (modified, 206),
            ("Mon, 01 Jan 2001 00:00:00 GMT", 200),
            ("nonsense", 200),
        ):
            reply = objects.root.send("GET", url, headers={"range": "bytes=1-", "if-range": condition})
            assert reply.status == status, condition

    def test_conditions(self, objects: Objects, url: str) -> None:
        headers = objects.root.send("GET", url).headers
        etag, modified = headers["etag"], headers["last-modified"]
        for name, value, status in (
            ("if-none-match", etag, 304),
            ("if-none-match", '"other"', 200),
            ("if-match", etag, 200),
            ("if-match", '"other"', 412),
            ("if-modified-since", modified, 304),
            ("if-modified-since", "Mon, 01 Jan 2001 00:00:00 GMT", 200),
            ("if-unmodified-since", "Mon, 01 Jan 2001 00:00:00 GMT", 412),
            ("if-unmodified-since", modified, 200),
        ):
            assert objects.root.send("GET", url, headers={name: value}).status == status, (name, value)

    def test_head_of_what_is_public(self, objects: Objects, url: str) -> None:
        # A URL that is signed for GET is not one for HEAD.
        assert objects.root.send("HEAD", url).status == 403

    @pytest.mark.parametrize(
        ("path", "status", "code"),
        [
            ("/s3/private-bucket/a", 403, b"AccessDenied"),
            ("/s3/public-bucket/none", 404, b"NoSuchKey"),
            ("/s3/other/a", 404, b"NoSuchBucket"),
            ("/s3/", 404, b"NoSuchBucket"),
            ("/s3/private-bucket/a?X-Amz-Signature=0", 400, b"AuthorizationQueryParametersError"),
            ("/s3/public-bucket/%ff%00", 404, b"NoSuchKey"),
        ],
    )
    def test_unsigned(self, objects: Objects, url: str, path: str, status: int, code: bytes) -> None:
        reply = objects.root.send("GET", path)
        assert reply.status == status
        assert b"<Code>" + code + b"</Code>" in reply.content
        assert reply.headers["content-type"] == "application/xml"

    @pytest.mark.parametrize("verb", ["PUT", "POST", "DELETE", "OPTIONS"])
    def test_unsigned_writing(self, objects: Objects, verb: str) -> None:
        assert objects.root.send(verb, "/s3/public-bucket/a", b"x").status == 403

    def test_odd_content_types_do_no_harm(self, objects: Objects) -> None:
        objects.make("b", b"x", "text/é\r\nx: y")
        assert objects.root.send("GET", objects.url("b")).headers["content-type"] == "text/???x: y"

    def test_encoding_comes_back(self, objects: Objects) -> None:
        url, headers = objects.put_url("c", 7)
        objects.root.send("PUT", url, b"content", headers | {"Content-Encoding": "gzip"})
        objects.finish("c")
        assert objects.root.send("GET", objects.url("c")).headers["content-encoding"] == "gzip"


@given(
    path=st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="?#")),
    query=st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "X-Amz-Algorithm",
                    "X-Amz-Credential",
                    "X-Amz-Date",
                    "X-Amz-Expires",
                    "X-Amz-Signature",
                    "X-Amz-SignedHeaders",
                ]
            ),
            st.sampled_from(["AWS4-HMAC-SHA256", "", "%", "a/b", "00010101T000000Z", "9", ";", "%ff", "+&="]),
        )
    ),
    condition=st.text(st.characters(min_codepoint=32, max_codepoint=126)).map(str.strip),
)
@settings(max_examples=50)
def test_whatever_is_asked_of_a_bucket_is_answered(
    server: LocalTaskcluster, path: str, query: list[tuple[str, str]], condition: str
) -> None:
    target = f"/s3/public-bucket/{path}?" + "&".join(f"{name}={value}" for name, value in query)
    headers: dict[str, str] = dict.fromkeys(("range", "if-range", "if-match", "if-modified-since"), condition)
    reply = Caller(server.root_url).send("GET", target, headers=headers)
    assert 400 <= reply.status < 500
    assert b"<Code>" in reply.content


def test_large_blobs_are_taken(objects: Objects) -> None:
    content = bytes(range(256)) * 4096 * 12  # more than a call of the API may have
    url, headers = objects.put_url("large", len(content))
    assert objects.root.send("PUT", url, content, headers).status == 200
    objects.finish("large")
    assert objects.root.send("GET", objects.url("large")).content == content


def test_signatures_do_not_stay_in_the_list_of_requests(objects: Objects) -> None:
    objects.make("a")
    objects.root.send("GET", objects.url("a"))
    assert objects.tc.requests[-1].status == 200
    assert "X-Amz-Signature=…" in objects.tc.requests[-1].path
