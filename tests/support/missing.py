"""What a program says where a package that an extra brings is not installed."""

from __future__ import annotations

import os
import subprocess
import sys
from textwrap import indent

PROGRAM = """
import sys
sys.modules[{package!r}] = None
try:
{use}
except ModuleNotFoundError as error:
    print(error)
"""


def said_without(package: str, use: str) -> str:
    """Run some lines in a process of their own that cannot import ``package``, and return the error that comes."""
    program = PROGRAM.format(package=package, use=indent(use, "    "))
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    run = subprocess.run(
        [sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True, timeout=60
    )
    return run.stdout
