"""The report of a road network, set out for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def text(report: Mapping[str, Any]) -> str:
    """Set a report out, Chinese and English, a fact a line."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    west, south, east, north = report["bounds"]
    yield f"文件 files      {', '.join(report['read_from'])}"
    yield f"范围 bounds     {west:.5f}, {south:.5f} – {east:.5f}, {north:.5f}"
    yield f"节点 nodes      {report['nodes']:,}"
    yield f"路段 segments   {report['segments']:,}"
    walk, ride = f"步行 on foot {report['walk_km']:,.1f} km", f"通车 by bus {report['ride_km']:,.1f} km"
    yield f"长度 length     {report['km']:,.1f} km, {walk}, {ride}"
    parts = ", ".join(f"{part['km']:,.1f} km" for part in report["parts"])
    yield f"连通块 parts    {report['parts_in_all']:,}: {parts}"
    yield f"高程 relief     {_relief(report['relief'])}"
    yield f"哈希 hash       {report['hash']}"
    yield "等级 classes"
    for row in report["by_class"]:
        yield f"  {row['road']:<16} {row['km']:>10,.1f} km   {row['bus_kmh']:>3.0f} km/h   {row['zh']}"
    yield report["credit"]


def _relief(relief: Mapping[str, Any] | None) -> str:
    if relief is None:
        return "无 none: walking is reckoned as on the flat"
    known = f"{100 * relief['share_known']:.1f} % of nodes"
    if relief["lowest"] is None:
        return known
    return f"{known}, {relief['lowest']:.0f} – {relief['highest']:.0f} m, {', '.join(relief['files'])}"
