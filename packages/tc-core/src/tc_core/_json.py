"""JSON as it is sent and read: strict on the way out, naming the path of what cannot be written."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, TypeAlias, cast

from ._dates import write_date

_Container: TypeAlias = dict[str, Any] | list[Any] | tuple[Any, ...]

_CONTAINERS: tuple[type[Any], ...] = (dict, list, tuple)
_LEAVES = frozenset({str, int, float, bool, type(None)})

# The first that fits is taken.
_REMEDIES: tuple[tuple[type[Any] | tuple[type[Any], ...], str], ...] = (
    ((bytes, bytearray, memoryview), "use a str, in base64 if it is binary"),
    (date, "use an aware datetime"),
    (Mapping, "use a dict"),
    (Iterable, "use a list"),
    (object, "use a dict, list, str, int, float, bool, None or an aware datetime"),
)


def encode(payload: object, *, argument: str = "payload") -> bytes:
    """Return ``payload`` as compact JSON in UTF-8, with datetimes written as by `json_date`.

    Args:
        payload: dict with str keys, list, tuple, str, int, finite float, bool, None, or datetime with a time
            zone.
        argument: what the caller calls it, for errors.

    Raises:
        TypeError, ValueError: something in it is not JSON; the message names its path, such as
            ``payload.tags[3]``, and its type, never its value.

    Source: RFC 8259.
    """
    try:
        text = _write(payload)
        _require_text_keys((payload,))
        return text.encode()
    except (TypeError, ValueError, RecursionError):
        pass
    # Only here, past the handler: these errors may hold the payload, so they must not become a context.
    raise _refusal(payload, argument)


def decode(text: bytes) -> Any:
    """Return the value that ``text`` is the JSON of.

    Raises:
        ValueError: ``text`` is not JSON; neither the message nor the error holds it.

    Source: RFC 8259.
    """
    try:
        return json.loads(text.decode())
    except RecursionError:
        problem = "nested too deeply"
    except ValueError as error:
        problem = str(error)
    raise ValueError(f"not JSON: {problem}")


def _write_other(value: object) -> str:
    if isinstance(value, datetime):
        return write_date(value, "value")
    raise TypeError


_write = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_write_other
).encode


def _require_text_keys(container: _Container) -> None:
    # The encoder turns keys such as 1, None and True into text without a word.
    if isinstance(container, dict):
        "".join(container)  # a TypeError unless every key is a str, and the fastest way to ask
        children: Iterable[Any] = container.values()
    else:
        children = container
    for child in children:
        # The set first: most children are leaves, and it answers sooner than isinstance.
        if type(child) not in _LEAVES and isinstance(child, _CONTAINERS):
            _require_text_keys(child)


def _refusal(payload: object, argument: str) -> Exception:
    try:
        _check(payload, argument, ())
    except (TypeError, ValueError) as error:
        return error
    except RecursionError:
        return ValueError(f"{argument}: is nested too deeply for JSON; make it flatter")
    return ValueError(f"{argument}: cannot be written as JSON")


def _check(value: object, path: str, parents: tuple[object, ...]) -> None:
    """Raise for the first thing in ``value`` that is not JSON."""
    if not isinstance(value, _CONTAINERS):
        _check_leaf(value, path)
        return
    if any(value is parent for parent in parents):
        raise ValueError(f"{path}: {type(value).__name__} contains itself; JSON cannot say that")
    for place, child in _children(cast(_Container, value), path):
        _check(child, place, (*parents, value))


def _children(container: _Container, path: str) -> Iterator[tuple[str, Any]]:
    if not isinstance(container, dict):
        for index, child in enumerate(container):
            yield f"{path}[{index}]", child
        return
    for key, child in container.items():
        if not isinstance(key, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"{path}: a key is of type {type(key).__name__}; use a str")
        place = f"{path}.{key}" if key.isidentifier() else f"{path}[{key[:40]!a}]"
        _check_leaf(key, f"{place}, the key")
        yield place, child


def _check_leaf(value: object, path: str) -> None:
    if value is None:
        return
    if isinstance(value, str):
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise ValueError(f"{path}: str holds half a surrogate pair; decode it from its bytes again")
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{path}: float is not finite; use None or leave it out")
    elif isinstance(value, int):
        _check_digits(value, path)
    elif isinstance(value, datetime):
        write_date(value, path)
    else:
        remedy = next(remedy for kinds, remedy in _REMEDIES if isinstance(value, kinds))
        raise TypeError(f"{path}: {type(value).__name__} is not JSON; {remedy}")


def _check_digits(value: int, path: str) -> None:
    try:
        int.__repr__(value)
    except ValueError:
        raise ValueError(f"{path}: int has too many digits; use a str") from None
