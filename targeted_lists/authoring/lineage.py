"""The lineage picture of the README: `python -m targeted_lists.authoring.lineage`.

A box for each folder of models, its tables inside, and a line where a table of one folder is made
from one of another. Drawn from dbt's manifest, so that it shows what is built.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path

from targeted_lists.runs.dbt_runs import invoke_dbt

PICTURE = Path("docs") / "lineage.svg"
# The layers from left to right. References never go left, or within a column.
COLUMNS = (
    ("staging",),
    ("intermediate",),
    ("core",),
    ("private", "pivots", "rfm"),
    ("segmentation", "basket", "clv"),
    ("offers", "activity", "response", "new_customers"),
    ("targeting",),
    ("monitoring",),
    ("lists",),
    ("metrics", "findings"),
)
BOX_WIDTH, COLUMN_GAP, ROW_GAP = 224, 50, 26
HEADER, LINE, PADDING = 26, 15, 8
MARGIN = 14


@dataclass
class Box:
    """A folder of models: its place in the picture, in pixels, and its tables."""

    folder: str
    color: str
    tables: list[str]
    x: int = 0
    y: int = 0

    @property
    def height(self) -> int:
        """Height in pixels."""
        return HEADER + LINE * len(self.tables) + PADDING


def folder_of(node: dict) -> str:
    """Return the folder a model belongs to: the mart's name, else the layer's."""
    layer, *rest = node["fqn"][1:-1]
    return rest[0] if layer == "marts" else layer


def collect_boxes(manifest: dict) -> tuple[dict[str, Box], set[tuple[str, str]]]:
    """Return the boxes by folder, and the pairs of folders that a line joins."""
    models = {
        key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"
    }
    boxes: dict[str, Box] = {}
    links: set[tuple[str, str]] = set()
    for key in sorted(models):
        node = models[key]
        folder = folder_of(node)
        color = (node["docs"] or {}).get("node_color") or "#57534e"
        table = node["name"].split("__")[-1]
        boxes.setdefault(folder, Box(folder, color, [])).tables.append(table)
        links |= {
            (folder_of(models[parent]), folder)
            for parent in node["depends_on"]["nodes"]
            if parent in models and folder_of(models[parent]) != folder
        }
    return boxes, links


def place_boxes(boxes: dict[str, Box]) -> tuple[list[Box], int, int]:
    """Put the boxes in columns from left to right; return them with the picture's size.

    Raises
    ------
    ValueError : a folder has no column.
    """
    if unplaced := sorted(set(boxes) - {folder for folders in COLUMNS for folder in folders}):
        raise ValueError(f"COLUMNS has no place for {', '.join(unplaced)}")
    columns = [[boxes[folder] for folder in folders if folder in boxes] for folders in COLUMNS]
    heights = [
        sum(box.height for box in column) + ROW_GAP * max(len(column) - 1, 0) for column in columns
    ]
    for number, (column, height) in enumerate(zip(columns, heights, strict=True)):
        # A column is centred, so that the lines run level.
        y = MARGIN + (max(heights) - height) // 2
        for box in column:
            box.x, box.y = MARGIN + number * (BOX_WIDTH + COLUMN_GAP), y
            y += box.height + ROW_GAP
    width = 2 * MARGIN + len(COLUMNS) * (BOX_WIDTH + COLUMN_GAP) - COLUMN_GAP
    return [box for column in columns for box in column], width, max(heights) + 2 * MARGIN


def draw_links(boxes: Iterable[Box], links: set[tuple[str, str]]) -> list[str]:
    """Draw the lines between folders, left to right.

    Raises
    ------
    ValueError : a line would run the other way.
    """
    by_folder = {box.folder: box for box in boxes}
    drawn = []
    for source, target in sorted(links):
        if source not in by_folder or target not in by_folder:
            continue
        start, end = by_folder[source], by_folder[target]
        if start.x >= end.x:
            raise ValueError(f"a reference runs up: {target} reads {source}")
        x1, y1 = start.x + BOX_WIDTH, start.y + start.height // 2
        x2, y2 = end.x, end.y + end.height // 2
        bend = max(24, (x2 - x1) // 2)
        drawn.append(
            f'<path d="M{x1},{y1} C{x1 + bend},{y1} {x2 - bend},{y2} {x2},{y2}" fill="none" '
            f'stroke="{start.color}" stroke-opacity="0.45" stroke-width="1.6"/>'
        )
    return drawn


def draw_box(box: Box) -> list[str]:
    """Draw a folder with its tables."""
    lines = [
        f'<rect x="{box.x}" y="{box.y}" width="{BOX_WIDTH}" height="{box.height}" rx="5" '
        f'fill="#ffffff" stroke="{box.color}"/>',
        f'<rect x="{box.x}" y="{box.y}" width="{BOX_WIDTH}" height="{HEADER - 4}" rx="5" '
        f'fill="{box.color}"/>',
        f'<text x="{box.x + 8}" y="{box.y + 15}" fill="#ffffff" font-weight="600">'
        f"{escape(box.folder)}</text>",
    ]
    for number, table in enumerate(box.tables):
        lines.append(
            f'<text x="{box.x + 8}" y="{box.y + HEADER + 10 + LINE * number}" fill="#1c1917">'
            f"{escape(table)}</text>"
        )
    return lines


def draw_lineage(manifest: dict) -> str:
    """Return the lineage of a manifest as SVG."""
    boxes, links = collect_boxes(manifest)
    placed, width, height = place_boxes(boxes)
    body = [
        *draw_links(placed, links),
        *(line for box in placed for line in draw_box(box)),
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" font-family="Helvetica, Arial, sans-serif" '
            'font-size="11">',
            f"<title>From raw files on the left to customer lists on the right</title>"
            f'<rect width="{width}" height="{height}" fill="#fafaf9"/>',
            *body,
            "</svg>",
            "",
        ]
    )


def read_manifest() -> dict:
    """Parse the project with its default adapter and return dbt's manifest."""
    with tempfile.TemporaryDirectory() as folder:
        result = invoke_dbt(["--log-level", "none", "parse", "--target-path", folder])
        if not result.success:
            raise SystemExit(f"dbt could not parse the project: {result.exception}")
        return json.loads((Path(folder) / "manifest.json").read_text(encoding="utf-8"))


def main() -> int:
    """Write the picture."""
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(draw_lineage(read_manifest()), encoding="utf-8")
    print(f"Wrote {PICTURE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
