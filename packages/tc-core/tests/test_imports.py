"""What importing tc_core, and what making a client, loads and reads. In an interpreter of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys

LAZY = ["aiohttp", "anyio", "certifi", "h11", "httpcore", "httpx", "mohawk", "slugid", "ssl", "socket"]

REPORT = """
import json, os, sys

class Watched:
    def __init__(self, environ):
        self.environ, self.read = environ, []
    def __getattr__(self, name):
        self.read.append(name)
        return getattr(self.environ, name)
    def __getitem__(self, name):
        self.read.append(name)
        return self.environ[name]
    def __contains__(self, name):
        self.read.append(name)
        return name in self.environ
    def __iter__(self):
        self.read.append("all")
        return iter(self.environ)

os.environ = watched = Watched(os.environ)
{code}
json.dump({{"loaded": sorted(sys.modules), "read": watched.read}}, sys.stdout)
"""


def report(code: str) -> dict[str, list[str]]:
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", REPORT.format(code=code)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    value: dict[str, list[str]] = json.loads(run.stdout)
    return value


def test_importing_loads_no_http_library_and_reads_no_environment() -> None:
    found = report("import tc_core, tc_core.service, tc_core.scopes, tc_core.urls, tc_core.types")
    assert found["read"] == []
    assert not set(LAZY) & set(found["loaded"])


def test_making_a_client_loads_no_http_library_and_reads_no_environment() -> None:
    found = report(
        "from tc_core import Client, Credentials\n"
        "Client('https://tc.example.com', credentials=Credentials('id', 'token')).with_options(timeout=5).close()"
    )
    assert found["read"] == []
    assert not {"httpx", "httpcore", "mohawk", "ssl"} & set(found["loaded"])


def test_a_first_call_loads_what_it_needs() -> None:
    code = (
        "from tc_core import Client, Credentials, Retry, TransportError\n"
        "client = Client('http://127.0.0.1:9', credentials=Credentials('id', 'token'), retry=Retry(retries=0))\n"
        "try: client.request('GET', 'api')\n"
        "except TransportError: client.close()\n"
    )
    loaded = set(report(code)["loaded"])
    assert "httpx" in loaded
    assert "mohawk" not in loaded


SELDOM = {"tc_core.scopes", "tc_core.urls", "tc_core.events", "tc_core._slugids"}


def test_what_few_programs_need_is_loaded_with_its_first_use() -> None:
    assert not SELDOM & set(report("import tc_core, tc_core.service")["loaded"])
    assert "tc_core.scopes" in report("import tc_core; tc_core.scopes.union")["loaded"]
    assert "tc_core._slugids" in report("from tc_core import slug_id")["loaded"]


def test_what_is_loaded_later_is_there_for_everyone() -> None:
    report(
        "import tc_core\n"
        "before = dir(tc_core)\n"
        "assert set(tc_core.__all__) <= set(before)\n"
        "for name in tc_core.__all__: assert getattr(tc_core, name) is getattr(tc_core, name), name\n"
        "assert tc_core.slug_id is __import__('tc_core._slugids', fromlist=['slug_id']).slug_id\n"
        "from tc_core import *\n"
        "assert urls is tc_core.urls\n"
    )


def test_what_is_not_there_is_an_attribute_error() -> None:
    report(
        "import tc_core\n"
        "try: tc_core.slug_ids\n"
        "except AttributeError as error: assert str(error) == \"module 'tc_core' has no attribute 'slug_ids'\"\n"
        "else: raise AssertionError\n"
        "try: from tc_core import slug_ids\n"
        "except ImportError: pass\n"
        "else: raise AssertionError\n"
    )
