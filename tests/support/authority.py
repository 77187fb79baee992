"""A certification authority for one test run."""

from __future__ import annotations

import ssl
from hashlib import sha1
from pathlib import Path

import trustme
from cryptography import x509


class Authority:
    """Makes certificates that only those believe who were told to."""

    def __init__(self) -> None:
        self._ca = trustme.CA()

    def server(self, *names: str, clients: bool = False) -> ssl.SSLContext:
        """Return what a server needs that is called so: by default as loopback servers are.

        It would rather speak HTTP/2, and it offers HTTP/1.1.

        Args:
            clients: whether clients must have a certificate too.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._name(context, *(names or ("127.0.0.1", "localhost")))
        context.set_alpn_protocols(["h2", "http/1.1"])
        if clients:
            context.load_verify_locations(cadata=self._ca.cert_pem.bytes().decode())
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def client(self, name: str | None = None) -> ssl.SSLContext:
        """Return what a client needs that trusts this authority, and has a certificate if it has a name."""
        context = ssl.create_default_context(cadata=self._ca.cert_pem.bytes().decode())
        if name is not None:
            self._name(context, name)
        return context

    def write_file(self, folder: Path) -> Path:
        """Write the authority's certificate, and return where to."""
        path = folder / "authority.pem"
        self._ca.cert_pem.write_to_path(str(path))
        return path

    def write_folder(self, folder: Path) -> Path:
        """Write the authority's certificate under the name by which OpenSSL looks for it; return the folder."""
        subject = x509.load_pem_x509_certificate(self._ca.cert_pem.bytes()).subject
        self._ca.cert_pem.write_to_path(str(folder / f"{_name_hash(subject):08x}.0"))
        return folder

    def _name(self, context: ssl.SSLContext, *names: str) -> None:
        with self._ca.issue_cert(*names).private_key_and_cert_chain_pem.tempfile() as path:
            context.load_cert_chain(path)


def _name_hash(name: x509.Name) -> int:
    """Hash a name as OpenSSL's X509_NAME_hash does: in lower case, in UTF-8, and without the sequence around it."""
    canonical = b""
    for part in name:
        text = " ".join(str(part.value).lower().split()).encode()
        oid = _oid(part.oid.dotted_string)
        canonical += _der(0x31, _der(0x30, _der(0x06, oid) + _der(0x0C, text)))
    return int.from_bytes(sha1(canonical).digest()[:4], "little")


def _oid(dotted: str) -> bytes:
    # Names of people and places are all below 2.5.4, and have one number more.
    first, second, *rest = map(int, dotted.split("."))
    return bytes([40 * first + second, *rest])


def _der(tag: int, content: bytes) -> bytes:
    assert len(content) < 128
    return bytes([tag, len(content)]) + content
