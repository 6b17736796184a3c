"""
School buses 校车: routes, buses and rides for the pupils of one school who live too far to walk.

``solve`` finds the routes (``model``), ``check`` restates the rules, ``explain`` says why, and ``estimate`` tells what
a pupil's seat is reckoned to cost before routes are known.
"""

from __future__ import annotations

from solver.buses.model import solve
from solver.buses.problem import NO_WAY, BusPlan, BusProblem, BusRoute, Reason, Unserved, part

__all__ = ["NO_WAY", "BusPlan", "BusProblem", "BusRoute", "Reason", "Unserved", "part", "solve"]
