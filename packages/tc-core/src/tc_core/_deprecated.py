"""Marks methods as deprecated."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import deprecated
else:
    # That of typing_extensions imports asyncio, which would double the time that importing a service takes.
    def deprecated(message: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Warn whoever calls the function, in its caller's line; for an async one when it is called, not awaited."""

        def mark(function: Callable[..., Any]) -> Callable[..., Any]:
            @wraps(function)
            def call(*args: Any, **kwargs: Any) -> Any:
                warnings.warn(message, DeprecationWarning, stacklevel=2)
                return function(*args, **kwargs)

            if inspect.iscoroutinefunction(function) and hasattr(inspect, "markcoroutinefunction"):
                call = inspect.markcoroutinefunction(call)
            # PEP 702 wants it on both.
            function.__deprecated__ = call.__deprecated__ = message
            return call

        return mark


__all__ = ["deprecated"]
