"""
A worker, or a service with one in it, as a process of its own with a solver child of the test's choice.

    python worker_process.py work|serve DATA_DIR DATABASE_URL PORT SOLVER_COMMAND...
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from app import processes
from app.settings import Settings

logging.basicConfig(level=logging.INFO)
what, data_dir, database, port, *solver = sys.argv[1:]
settings = Settings(data_dir=Path(data_dir), database=database, port=int(port), dead_after_seconds=3, overrun_seconds=2)
if what == "serve":
    processes.serve(settings, solver_command=solver)
processes.work(settings, solver_command=solver)
