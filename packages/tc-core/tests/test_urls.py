from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tc_core import urls

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "vectors/urls.json").read_text("utf-8"))
ROOT = "https://tc.example.com"

# Each function with good arguments for what follows the root URL.
ARGUMENTS: dict[str, tuple[str, ...]] = {
    "api": ("queue", "v1", "ping"),
    "api_manifest": (),
    "api_manifest_schema": ("v3",),
    "api_reference": ("queue", "v1"),
    "api_reference_schema": ("v0",),
    "docs": ("manual",),
    "exchange_reference": ("queue", "v1"),
    "exchanges_reference_schema": ("v0",),
    "metadata_metaschema": (),
    "schema": ("queue", "v1/task.json"),
    "ui": ("tasks",),
}


def snake_case(name: str) -> str:
    return re.sub("[A-Z]", lambda match: "_" + match[0].lower(), name)


def call(function: str, args: list[str]) -> str:
    if function.startswith("withRootUrl(rootUrl)."):
        bound = urls.with_root_url(args[0])
        method: Callable[..., str] = getattr(bound, snake_case(function.partition(".")[2]))
        return method(*args[1:])
    plain: Callable[..., str] = getattr(urls, snake_case(function))
    return plain(*args)


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: f"{case['function']}{case['args']}")
def test_urls_agree_with_the_javascript_library(case: dict[str, Any]) -> None:
    assert call(case["function"], case["args"]) == case["result"]


@pytest.mark.parametrize("function", ARGUMENTS)
def test_bound_and_plain_functions_agree(function: str) -> None:
    bound: Callable[..., str] = getattr(urls.with_root_url(ROOT + "/"), function)
    plain: Callable[..., str] = getattr(urls, function)
    assert bound(*ARGUMENTS[function]) == plain(ROOT, *ARGUMENTS[function])


def test_every_function_is_bound() -> None:
    helpers = {"Urls", "normalize_root_url", "test_root_url", "with_root_url"}
    assert set(ARGUMENTS) == set(urls.__all__) - helpers
    assert urls.with_root_url(ROOT + "/").root_url == ROOT


@pytest.mark.parametrize("function", ARGUMENTS)
def test_other_types_are_refused_in_every_place(function: str) -> None:
    plain: Callable[..., str] = getattr(urls, function)
    good = [ROOT, *ARGUMENTS[function]]
    for place in range(len(good)):
        with pytest.raises(TypeError, match=r"^(root_url|service|version|path|name): NoneType; pass a str"):
            plain(*good[:place], None, *good[place + 1 :])
