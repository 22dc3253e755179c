"""The outline of the invented banner: it lies in the middle of the Bohai Sea, so that nobody takes it for a real place."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry import LineString, MultiPoint, Point, Polygon, mapping

CENTRE = (119.75, 38.60)
HALF = (0.50, 0.36)
"""Half its width and height in degrees: about 86 km by 80 km."""


@dataclass(frozen=True)
class Place:
    """Polygons in degrees (WGS-84). Towns and units tile the outline, each in its own way."""

    outline: Polygon
    towns: list[Polygon]
    units: list[Polygon]
    development_zone: Polygon
    river: LineString
    banned: Polygon
    limited: Polygon
    overdraft: Polygon

    def unit_of(self, points: np.ndarray) -> np.ndarray:
        """Number of the unit in which each point lies (the nearest for one on the rim)."""
        distances = np.array([shapely.distance(unit, shapely.points(points)) for unit in self.units])
        return distances.argmin(axis=0)


def invent(rng: np.random.Generator) -> Place:
    """A banner of eight towns and six groundwater units."""
    angles = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    waves = sum(rng.uniform(-0.05, 0.05) * np.sin(k * angles + rng.uniform(0, 6)) for k in range(2, 9))
    radius = 0.92 + waves
    ring = np.column_stack(
        [CENTRE[0] + HALF[0] * radius * np.cos(angles), CENTRE[1] + HALF[1] * radius * np.sin(angles)]
    )
    outline = Polygon(ring.round(5))
    towns = _tiles(outline, 4, 2, rng)
    units = _tiles(outline, 3, 2, rng)
    x = np.linspace(outline.bounds[0], outline.bounds[2], 60)
    wave = 0.10 * np.sin((x - x[0]) * 9 + rng.uniform(0, 6)) + 0.03 * np.sin((x - x[0]) * 31)
    river = LineString(np.column_stack([x, CENTRE[1] + wave]).round(5)).intersection(outline)
    if river.geom_type != "LineString":
        river = max(river.geoms, key=lambda part: part.length)
    corner = towns[0].representative_point()
    return Place(
        outline,
        towns,
        units,
        shapely.box(*(round(v, 5) for v in (corner.x - 0.03, corner.y - 0.02, corner.x + 0.03, corner.y + 0.02))),
        river,
        _round(towns[5].representative_point(), 0.045),
        _round(units[1].representative_point(), 0.13).intersection(units[1]),
        _round(units[4].representative_point(), 0.12).intersection(units[4]),
    )


def _round(centre: Point, radius: float) -> Polygon:
    return shapely.set_precision(centre.buffer(radius, quad_segs=6), 1e-5)


def _tiles(outline: Polygon, columns: int, rows: int, rng: np.random.Generator) -> list[Polygon]:
    """The outline divided into columns × rows parts, from the south-west, row by row."""
    west, south, east, north = outline.bounds
    wide, high = (east - west) / columns, (north - south) / rows
    seeds = [
        Point(west + (c + 0.5 + rng.uniform(-0.18, 0.18)) * wide, south + (r + 0.5 + rng.uniform(-0.15, 0.15)) * high)
        for r in range(rows)
        for c in range(columns)
    ]
    cells = list(shapely.voronoi_polygons(MultiPoint(seeds), extend_to=outline.envelope.buffer(1)).geoms)
    tiles = [next(cell for cell in cells if cell.contains(seed)).intersection(outline) for seed in seeds]
    return [shapely.set_precision(tile, 1e-5) for tile in tiles]


def points_in(
    area: Polygon, centre: tuple[float, float], spread: float, n: int, rng: np.random.Generator
) -> np.ndarray:
    """`n` points around a centre, all inside an area; `spread` in degrees."""
    found = np.empty((0, 2))
    while len(found) < n:
        tried = rng.normal(centre, (spread, spread * 0.8), (4 * n + 20, 2)).round(6)
        found = np.vstack([found, tried[shapely.contains_xy(area, tried)]])
        spread *= 0.9
    return found[:n]


def geojson(shape: Any) -> dict[str, Any]:
    """As the map wants it."""
    found = mapping(shape)
    return {"type": found["type"], "coordinates": _lists(found["coordinates"])}


def _lists(value: Any) -> Any:
    return [_lists(each) for each in value] if isinstance(value, list | tuple) else round(value, 6)
