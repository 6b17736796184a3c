"""Standard output for answers alone: solvers print banners there from C, under Python's feet."""

from __future__ import annotations

import os
import sys
from typing import IO


def answers_only() -> IO[str]:
    """Keep the real stdout for answers and point descriptor 1 at stderr for everybody else, to the process's end."""
    sys.stdout.flush()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers
