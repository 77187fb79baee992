"""Marks methods as deprecated."""

from __future__ import annotations

import sys
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

            if sys.version_info >= (3, 12):
                # Not above: earlier Pythons cannot mark it, and the module takes long to load.
                import inspect

                if inspect.iscoroutinefunction(function):
                    call = inspect.markcoroutinefunction(call)
            # PEP 702 wants it on both.
            function.__deprecated__ = call.__deprecated__ = message
            return call

        return mark


__all__ = ["deprecated"]
