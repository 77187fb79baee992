from __future__ import annotations

import pytest
from authority import Authority


@pytest.fixture(scope="session")
def authority() -> Authority:
    """A certification authority that nobody knows."""
    return Authority()


@pytest.fixture(autouse=True)
def no_authorities_of_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
