from __future__ import annotations

from house import house

__all__ = ["house"]
