"""JSON-e templates, as hooks and `.taskcluster.yml` use them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsone
from jsone.shared import JSONTemplateError

__all__ = ["JSONTemplateError", "render"]


def render(template: Any, context: Mapping[str, Any]) -> Any:
    """What a template makes of a context. Raises JSONTemplateError."""
    try:
        return jsone.render(template, dict(context))
    except (ArithmeticError, TypeError, ValueError) as error:  # which JSON-e lets through, of some functions
        raise JSONTemplateError(str(error)) from error
