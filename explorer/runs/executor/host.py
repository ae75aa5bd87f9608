"""What this host is called among those that share a folder of runs."""

from __future__ import annotations

import os
import platform
import re

_NO_FILE_NAME = re.compile(r"[^\w.-]")


def host_name() -> str:
    """The name in `EXPLORER_HOST`, or that of the machine; it can be the name of a folder."""
    name = os.environ.get("EXPLORER_HOST") or platform.node()
    return _NO_FILE_NAME.sub("-", name).lstrip(".") or "localhost"
