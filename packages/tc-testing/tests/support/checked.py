"""A client that finds every answer of the server at fault which does not fit its schema."""

from __future__ import annotations

from collections.abc import Mapping

from hawk_client import Caller, Reply

from tc_testing import LocalTaskcluster
from tc_testing._facts import methods
from tc_testing._routing import Router
from tc_testing._schemas import problems

_ROUTER = Router(methods())


class CheckedCaller(Caller):
    """A caller whose JSON answers must fit the output schema of the method that gave them."""

    def send(
        self, verb: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        reply = super().send(verb, path, body, headers)
        match = _ROUTER.match(verb, path.partition("?")[0])
        if match and match.method.output and reply.status in (200, 303) and reply.content:
            found = problems(match.method.output, reply.json)
            assert found == [], f"{match.method.name}: {reply.json}"
        return reply


def checked_root(tc: LocalTaskcluster) -> CheckedCaller:
    """A caller that may do everything."""
    return CheckedCaller(tc.root_url, tc.client_id, tc.access_token)
