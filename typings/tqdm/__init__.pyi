from typing import Any

class tqdm:
    disable: bool
    n: float
    total: float | None
    def __init__(
        self,
        *,
        desc: str | None = None,
        file: Any = None,
        disable: bool | None = False,
        unit: str = "it",
        unit_scale: bool = False,
        unit_divisor: int = 1000,
        leave: bool = True,
    ) -> None: ...
    def update(self, n: float = 1) -> bool | None: ...
    def set_postfix_str(self, s: str = "", refresh: bool = True) -> None: ...
    def close(self) -> None: ...
