"""Finding the hook that a call is about."""

from __future__ import annotations

from ..._calls import Call
from ..._errors import APIError
from .store import Hook

__all__ = ["find_hook"]


def find_hook(call: Call) -> Hook:
    """The hook that the path names. Raises APIError 404."""
    found = call.state.hooks.get(call.params["hookGroupId"], call.params["hookId"])
    if found is None:
        raise APIError("ResourceNotFound", "No such hook")
    return found
