from collections.abc import Mapping
from typing import Any

def render(template: Any, context: Mapping[str, Any]) -> Any: ...
