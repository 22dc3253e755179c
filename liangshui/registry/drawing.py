"""Outlines as a small picture on a page: no map server, no script. Pure."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

WIDTH, HEIGHT, MARGIN = 480, 320, 8


def paths(geometries: Sequence[Mapping[str, Any]]) -> list[str]:
    """Of each GeoJSON area the path of an SVG of WIDTH × HEIGHT in which all of them fit, north above; empty ones give ""."""
    all_rings = [list(_rings(geometry)) for geometry in geometries]
    points = [point for rings in all_rings for ring in rings for point in ring]
    if not points:
        return ["" for _each in geometries]
    left, right = min(x for x, _y in points), max(x for x, _y in points)
    low, high = min(y for _x, y in points), max(y for _x, y in points)
    shrink = math.cos(math.radians((low + high) / 2))
    scale = min(
        (WIDTH - 2 * MARGIN) / max((right - left) * shrink, 1e-9), (HEIGHT - 2 * MARGIN) / max(high - low, 1e-9)
    )

    def drawn(ring: list[tuple[float, float]]) -> str:
        places = (f"{MARGIN + (x - left) * shrink * scale:.1f} {MARGIN + (high - y) * scale:.1f}" for x, y in ring)
        return f"M{'L'.join(places)}Z"

    return ["".join(drawn(ring) for ring in rings) for rings in all_rings]


def _rings(geometry: Mapping[str, Any]) -> Iterator[list[tuple[float, float]]]:
    areas = geometry.get("coordinates") or []
    for area in [areas] if geometry.get("type") == "Polygon" else areas:
        for ring in area:
            yield [(float(point[0]), float(point[1])) for point in ring]
