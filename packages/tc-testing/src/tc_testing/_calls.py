"""An API call on its way through the server, and the handlers that answer it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from starlette.responses import Response

from ._errors import APIError
from ._facts import Method
from ._hawk import NOBODY, Authenticator, Caller, SignedRequest, check_payload_hash
from ._scopes import missing, render
from ._state import State

__all__ = ["Answer", "Call", "Handler", "Handlers", "require"]

# A dict or list is answered as JSON with status 200.
Answer: TypeAlias = "dict[str, Any] | list[Any] | Response"
Handler: TypeAlias = "Callable[[Call], Awaitable[Answer]]"


class Handlers(dict[str, Handler]):
    """The handlers of one service, by the name of the API method: `@handlers("createTask")`."""

    def __call__(self, name: str) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            self[name] = handler
            return handler

        return register


async def _wait_forever() -> None:
    await asyncio.Event().wait()


@dataclass(slots=True)
class Call:
    """One API call, filled in as it passes the checks.

    Handlers read it, ask it for authorization, and return the answer.
    """

    method: Method
    params: dict[str, str]
    state: State
    request: SignedRequest
    body: bytes = field(repr=False)
    content_type: str | None
    root_url: str
    raw_query: str = field(repr=False)  # a bewit may be in it
    query: dict[str, str] = field(default_factory=dict[str, str])
    payload: Any = field(default_factory=dict[str, Any], repr=False)  # the JSON of the body, {} without one
    caller: Caller = NOBODY  # until identified or authorized
    wait_for_disconnect: Callable[[], Awaitable[None]] = field(default=_wait_forever, repr=False)

    def identify(self, authenticator: Authenticator) -> Caller:
        """Find out who calls, in the eyes of `authenticator`, and whether the body is theirs. Raises APIError 401."""
        caller = authenticator.authenticate(self.request)
        check_payload_hash(caller, self.body, self.content_type or "")
        self.caller = caller
        return caller

    def authorize(self, **parameters: Any) -> None:
        """Refuse the call unless the caller has the scopes that the method asks for.

        `parameters` are those of the method's scope expression that are not in the path.
        Raises APIError 401, 403.
        """
        self.identify(self.state.authenticator)
        require(self.caller, render(self.method.scopes, {**self.params, **parameters}))


def require(caller: Caller, expression: Any) -> None:
    """Refuse `caller` unless it has what the scope expression asks for. Raises APIError 403."""
    lacking = missing(caller.scopes, expression)
    if lacking is None:
        return
    if caller.client_id is None:
        raise APIError(
            "InsufficientScopes",
            "This request requires Taskcluster credentials that satisfy the following scope expression:"
            f"\n\n{_block(expression)}",
        )
    raise APIError(
        "InsufficientScopes",
        f"Client ID {caller.client_id} does not have sufficient scopes and is missing the following scopes:"
        f"\n\n{_block(lacking)}\n\nThe method asks for this scope expression:\n\n{_block(expression)}",
    )


def _block(expression: Any) -> str:
    text = expression if isinstance(expression, str) else json.dumps(expression, indent=2)
    return f"```\n{text}\n```"
