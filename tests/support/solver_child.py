"""
A child for tests of the work around it: it speaks the protocol and answers with a plan of nothing, or with the forecast
made by hand.

    python solver_child.py LOG SECONDS [crash|hang|refuse]

Every start appends a line with its process id and the kind of its order to LOG. It reports progress for SECONDS, or
until it is asked to stop, then answers. ``crash`` ends without an answer, ``hang`` answers to nothing.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path


def plan(order: dict, *, stopped: bool = False, objective: int = 10) -> dict:
    scenario = order["scenario"]
    return {
        "title": scenario["title"],
        "dataset_title": "three hamlets",
        "dataset_hash": "0",
        "synthetic": True,
        "stage": scenario["stage"],
        "target_year": scenario["target_year"],
        "certificate": {
            "status": "feasible",
            "objective": objective,
            "bound": 5,
            "gap": 0.5,
            "parts": {"pupil_minutes": objective},
            "method": "none",
            "seed": 1,
            "seconds": 0.1,
            "deterministic": False,
            "stopped": stopped,
        },
        "schools": [],
        "settlements": [],
        "measures": None,
        "norms_used": [],
        "rules_broken": [],
        "unserved": [],
        "clashes": [],
        "travel": {},
        "notices": [],
        "forecast": {},
        "versions": {},
    }


def forecast() -> dict:
    import forecast_document  # noqa: PLC0415 - a plan needs none of this

    from app.db import forecasts  # noqa: PLC0415

    return forecasts.pack(forecast_document.document()).plain()


def say(**message: object) -> None:
    print(json.dumps(message), flush=True)


def listen(stop: threading.Event) -> None:
    for line in sys.stdin:
        if json.loads(line).get("stop"):
            stop.set()
    os._exit(3)


def main(log: Path, seconds: float, *habits: str) -> None:
    order = json.loads(sys.stdin.readline())
    stop = threading.Event()
    threading.Thread(target=listen, args=(stop,), daemon=True).start()
    with log.open("a") as handle:
        handle.write(f"{os.getpid()} {order['kind']}\n")
    if "crash" in habits:
        os.kill(os.getpid(), 9)
    if "refuse" in habits:
        say(problem={"type": "unknown-school", "title": "Unknown school", "status": 422, "detail": "", "facts": {}})
        return
    if order["kind"] == "forecast":
        progress, answer = {"phase": "paths", "best": None, "bound": None}, forecast
    else:
        progress, answer = {"phase": "search", "best": 10, "bound": 5}, lambda: plan(order, stopped=stop.is_set())
    began = time.monotonic()
    while "hang" in habits or (time.monotonic() - began < seconds and not stop.is_set()):
        say(progress={"seconds": time.monotonic() - began, **progress})
        time.sleep(0.1)
    say(document=answer())


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]), *sys.argv[3:])
    sys.stdout.flush()
    os._exit(0)
