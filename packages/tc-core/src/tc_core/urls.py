"""Where things are in a Taskcluster deployment, the same functions as in ``taskcluster-lib-urls``.

Nothing is percent-encoded here: paths are given as they are to stand in the URL. Slashes at the end of
a root URL and at the beginning of a path do not matter. Every function raises TypeError for an argument
that is no str, and names it.
"""

from __future__ import annotations

__all__ = [
    "Urls",
    "api",
    "api_manifest",
    "api_manifest_schema",
    "api_reference",
    "api_reference_schema",
    "docs",
    "exchange_reference",
    "exchanges_reference_schema",
    "metadata_metaschema",
    "normalize_root_url",
    "schema",
    "test_root_url",
    "ui",
    "with_root_url",
]


class Urls:
    """The functions of this module for one deployment; made by `with_root_url`."""

    __slots__ = ("root_url",)

    root_url: str

    def __init__(self, root_url: str) -> None:
        self.root_url = normalize_root_url(root_url)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.root_url!r})"

    def api(self, service: str, version: str, path: str) -> str:
        """Return the URL of an API method: service such as ``queue``, version such as ``v1``."""
        _require_str(service=service, version=version, path=path)
        return f"{self.root_url}/api/{service}/{version}/{path.lstrip('/')}"

    def api_reference(self, service: str, version: str) -> str:
        """Return the URL of the description of a service's API."""
        _require_str(service=service, version=version)
        return f"{self.root_url}/references/{service}/{version}/api.json"

    def exchange_reference(self, service: str, version: str) -> str:
        """Return the URL of the description of a service's exchanges."""
        _require_str(service=service, version=version)
        return f"{self.root_url}/references/{service}/{version}/exchanges.json"

    def schema(self, service: str, name: str) -> str:
        """Return the URL of a service's schema: name such as ``v1/task.json``."""
        _require_str(service=service, name=name)
        return f"{self.root_url}/schemas/{service}/{name.lstrip('/')}"

    def api_reference_schema(self, version: str) -> str:
        """Return the URL of the schema of API descriptions: version such as ``v0``."""
        _require_str(version=version)
        return self.schema("common", f"api-reference-{version}.json")

    def exchanges_reference_schema(self, version: str) -> str:
        """Return the URL of the schema of exchange descriptions: version such as ``v0``."""
        _require_str(version=version)
        return self.schema("common", f"exchanges-reference-{version}.json")

    def api_manifest_schema(self, version: str) -> str:
        """Return the URL of the schema of `api_manifest`: version such as ``v3``."""
        _require_str(version=version)
        return self.schema("common", f"manifest-{version}.json")

    def metadata_metaschema(self) -> str:
        """Return the URL of the schema that says how the other schemas name their kind."""
        return self.schema("common", "metadata-metaschema.json")

    def api_manifest(self) -> str:
        """Return the URL of the list of all descriptions that the deployment serves."""
        return f"{self.root_url}/references/manifest.json"

    def docs(self, path: str) -> str:
        """Return the URL of a page of the manual."""
        _require_str(path=path)
        return f"{self.root_url}/docs/{path.lstrip('/')}"

    def ui(self, path: str) -> str:
        """Return the URL of a page of the web interface."""
        _require_str(path=path)
        return f"{self.root_url}/{path.lstrip('/')}"


def with_root_url(root_url: str) -> Urls:
    """Return the functions of this module bound to a root URL: ``with_root_url(r).ui(p) == ui(r, p)``."""
    return Urls(root_url)


def normalize_root_url(root_url: str) -> str:
    """Return ``root_url`` without slashes at its end."""
    _require_str(root_url=root_url)
    return root_url.rstrip("/")


def test_root_url() -> str:
    """Return the root URL that Taskcluster's own tests use; nothing answers there."""
    return "https://tc-tests.example.com"


def api(root_url: str, service: str, version: str, path: str) -> str:
    """Return the URL of an API method: service such as ``queue``, version such as ``v1``."""
    return Urls(root_url).api(service, version, path)


def api_reference(root_url: str, service: str, version: str) -> str:
    """Return the URL of the description of a service's API."""
    return Urls(root_url).api_reference(service, version)


def exchange_reference(root_url: str, service: str, version: str) -> str:
    """Return the URL of the description of a service's exchanges."""
    return Urls(root_url).exchange_reference(service, version)


def schema(root_url: str, service: str, name: str) -> str:
    """Return the URL of a service's schema: name such as ``v1/task.json``."""
    return Urls(root_url).schema(service, name)


def api_reference_schema(root_url: str, version: str) -> str:
    """Return the URL of the schema of API descriptions: version such as ``v0``."""
    return Urls(root_url).api_reference_schema(version)


def exchanges_reference_schema(root_url: str, version: str) -> str:
    """Return the URL of the schema of exchange descriptions: version such as ``v0``."""
    return Urls(root_url).exchanges_reference_schema(version)


def api_manifest_schema(root_url: str, version: str) -> str:
    """Return the URL of the schema of `api_manifest`: version such as ``v3``."""
    return Urls(root_url).api_manifest_schema(version)


def metadata_metaschema(root_url: str) -> str:
    """Return the URL of the schema that says how the other schemas name their kind."""
    return Urls(root_url).metadata_metaschema()


def api_manifest(root_url: str) -> str:
    """Return the URL of the list of all descriptions that the deployment serves."""
    return Urls(root_url).api_manifest()


def docs(root_url: str, path: str) -> str:
    """Return the URL of a page of the manual."""
    return Urls(root_url).docs(path)


def ui(root_url: str, path: str) -> str:
    """Return the URL of a page of the web interface."""
    return Urls(root_url).ui(path)


def _require_str(**arguments: object) -> None:
    for name, value in arguments.items():
        if not isinstance(value, str):
            raise TypeError(f"{name}: {type(value).__name__}; pass a str")
