"""Fixtures for every package. ``tests/support`` is importable; ``tests`` itself never is."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))

from databases import database, database_url, postgresql_server

__all__ = ["database", "database_url", "postgresql_server"]
