"""The server that all contenders call: nginx on loopback, plain, with TLS, and with 20 ms before each answer."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

import certifi

from .answers import STATUS, TASK, compact, pages

DELAY = 0.020
"""Seconds before each answer of the delayed server."""

NEEDED = "apt-get install nginx-light libnginx-mod-http-echo openssl"

CONFIGURATION = """\
load_module {modules}/ngx_http_echo_module.so;
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
{user}
events {{ worker_connections 2048; }}
http {{
    access_log off;
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/unused;
    fastcgi_temp_path {folder}/unused;
    uwsgi_temp_path {folder}/unused;
    scgi_temp_path {folder}/unused;
    default_type "application/json; charset=utf-8";
    keepalive_requests 100000000;
    keepalive_timeout 1h;
    sendfile on;
    tcp_nopush on;
    open_file_cache max=1000;

    # What a deployment adds to its answers.
    add_header ETag 'W/"247-l0jivD3W8/w/dwlRS7nk5gpuq78"';
    add_header X-For-Request-Id $request_id;
    add_header X-For-Trace-Id $request_id;
    add_header Strict-Transport-Security "max-age=31536000; includeSubDomains";

    server {{
        listen 127.0.0.1:{plain};
        listen 127.0.0.1:{tls} ssl;
        ssl_certificate {folder}/certificate.pem;
        ssl_certificate_key {folder}/key.pem;
        location ~ /status$ {{ return 200 '{status}'; }}
        location /api/queue/v1/task/ {{
            if ($request_method = PUT) {{ return 200 '{status}'; }}
            return 200 '{task}';
        }}
        location /api/queue/v1/task-group/ {{ root {folder}; try_files /page$arg_continuationToken.json =404; }}
        location = /connections {{ stub_status; }}
    }}
    server {{
        listen 127.0.0.1:{delayed};
        location / {{ echo_sleep {delay}; echo_exec @answer; }}
        location @answer {{ return 200 '{status}'; }}
        location = /connections {{ stub_status; }}
    }}
}}
"""


class Site(NamedTuple):
    """Root URLs of the running server.

    Attributes:
        plain: over HTTP.
        tls: over HTTPS, with a certificate that ``ca_file`` holds among those of the usual authorities.
        delayed: over HTTP, each answer `DELAY` seconds late.
        ca_file: path of a bundle of certificates, of the usual size.
        page_count: number of pages of `listTaskGroup`.
    """

    plain: str
    tls: str
    delayed: str
    ca_file: str
    page_count: int


def connections(root_url: str) -> int:
    """Return how many connections nginx has accepted so far, this one included."""
    with urlopen(f"{root_url}/connections") as answer:
        found = re.search(rb"requests\s+(\d+)", answer.read())
    assert found is not None
    return int(found[1])


@contextmanager
def serve(page_count: int) -> Generator[Site]:
    """Run nginx; `listTaskGroup` there has ``page_count`` pages.

    Raises:
        SystemExit: nginx, its echo module or openssl is not installed, or nginx does not start.
    """
    for program in ("nginx", "openssl"):
        if shutil.which(program, path=_search_path()) is None:
            raise SystemExit(f"{program} is missing. On Debian or Ubuntu: {NEEDED}")
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as name:
        folder = Path(name)
        plain, tls, delayed = _free_ports(3)
        ca_file = _certificate(folder)
        for number, page in enumerate(pages(page_count)):
            (folder / f"page{number or ''}.json").write_text(page)
        configuration = CONFIGURATION.format(
            modules=_modules(),
            folder=folder,
            user="user root;" if os.geteuid() == 0 else "",
            plain=plain,
            tls=tls,
            delayed=delayed,
            delay=DELAY,
            status=compact(STATUS),
            task=compact(TASK),
        )
        (folder / "nginx.conf").write_text(configuration)
        command: list[str | Path] = [
            _nginx(),
            "-p",
            folder,
            "-c",
            folder / "nginx.conf",
            "-e",
            folder / "error.log",
        ]
        with subprocess.Popen(command) as nginx:
            try:
                _wait_for(nginx, plain, folder / "error.log")
                yield Site(
                    f"http://127.0.0.1:{plain}",
                    f"https://localhost:{tls}",
                    f"http://127.0.0.1:{delayed}",
                    str(ca_file),
                    page_count,
                )
            finally:
                nginx.terminate()


def version() -> str:
    """Return nginx's name and version."""
    shown = subprocess.run([_nginx(), "-v"], capture_output=True, text=True, check=True).stderr
    return shown.strip().removeprefix("nginx version: ")


def _search_path() -> str:
    # Debian keeps nginx where only root looks.
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])


def _nginx() -> str:
    return shutil.which("nginx", path=_search_path()) or "nginx"


def _modules() -> str:
    shown = subprocess.run([_nginx(), "-V"], capture_output=True, text=True, check=True).stderr
    found = re.search(r"--modules-path=(\S+)", shown)
    folder = found[1] if found else "/usr/lib/nginx/modules"
    if not Path(folder, "ngx_http_echo_module.so").exists():
        raise SystemExit(
            f"nginx's echo module, for answers that are late, is missing. On Debian or Ubuntu: {NEEDED}"
        )
    return folder


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _certificate(folder: Path) -> Path:
    """Make a throw-away certificate; return a bundle with it among the usual ones, since loading these takes time."""
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    use = ["-addext", "keyUsage=digitalSignature,keyCertSign"]
    files: list[str | Path] = ["-keyout", folder / "key.pem", "-out", folder / "certificate.pem"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *names, *use, *files],
        check=True,
        capture_output=True,
    )
    bundle = folder / "authorities.pem"
    bundle.write_text(Path(certifi.where()).read_text() + (folder / "certificate.pem").read_text())
    return bundle


def _wait_for(nginx: subprocess.Popen[bytes], port: int, log: Path) -> None:
    patience = time.monotonic() + 10
    while nginx.poll() is None and time.monotonic() < patience:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise SystemExit(f"nginx did not start: {log.read_text()}")
