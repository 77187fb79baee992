"""References as a deployment publishes them: a manifest, what it lists, and the schemas that these lead to."""

from __future__ import annotations

import gzip
import http.client
import json
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from .._json import is_list, is_object
from ._errors import UnreadableReferenceError
from ._references import missing_schemas

TIMEOUT = 30.0
"""Seconds, for connecting and for each read."""

AT_ONCE = 4
"""Requests at the same time: some 200 files are small."""

MANIFEST = "references/manifest.json"
WITHOUT_ENTRIES = ("/logs.json", "/metrics.json")


def load_deployment(root_url: str) -> dict[str, Any]:
    """Return the published files of a deployment, by their paths.

    Args:
        root_url: its root URL, by http or https.

    Raises:
        UnreadableReferenceError: a file cannot be had, or is no JSON.
    """
    with ThreadPoolExecutor(AT_ONCE) as threads:

        def fetched(paths: list[str]) -> dict[str, Any]:
            return dict(zip(paths, threads.map(partial(_json, root_url), paths), strict=True))

        files = fetched([MANIFEST])
        files |= fetched(_listed(root_url, files.pop(MANIFEST)))
        while missing := missing_schemas(files):
            files |= fetched(missing)
    return files


def _listed(root_url: str, manifest: Any) -> list[str]:
    listed = manifest.get("references") if is_object(manifest) else None
    if not is_list(listed) or not all(isinstance(path, str) for path in listed):
        raise UnreadableReferenceError(f"{_url(root_url, MANIFEST)}: references is no list of paths")
    return [path.lstrip("/") for path in listed if not path.endswith(WITHOUT_ENTRIES)]


def _url(root_url: str, path: str) -> str:
    return f"{root_url.rstrip('/')}/{path}"


def _json(root_url: str, path: str) -> Any:
    url = _url(root_url, path)
    try:
        content = _content(url)
    except urllib.error.HTTPError as error:
        raise UnreadableReferenceError(f"{url}: answered {error.code}") from error
    except urllib.error.URLError as error:
        raise UnreadableReferenceError(f"{url}: {error.reason}") from error
    except (OSError, EOFError, http.client.HTTPException) as error:
        raise UnreadableReferenceError(f"{url}: {str(error) or type(error).__name__}") from error
    except ValueError as error:
        raise UnreadableReferenceError(f"{url}: is no URL: {error}") from error
    try:
        return json.loads(content)
    except ValueError as error:
        raise UnreadableReferenceError(f"{url}: not JSON: {error}") from error


def _content(url: str) -> bytes:
    # Some deployments turn away what calls itself Python-urllib.
    request = urllib.request.Request(url, headers={"User-Agent": "taskcluster-clients-codegen"})
    with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
        content: bytes = response.read()
        return gzip.decompress(content) if response.headers.get("Content-Encoding") == "gzip" else content
