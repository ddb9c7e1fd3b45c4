"""A day of new lines beside a full rebuild: `.venv/bin/python benchmarks/increment.py 5_000_000`.

Makes up sales whose last day has a file of its own, builds what came before, then lets a run add
that day, and at last builds everything from all the files. Both ways must end in the same tables
of lines, orders, RFM and pivots. Seconds are those in which dbt's nodes ran, publication left
out; the start is what the processes took beside that.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import duckdb
from stages import measure

ROOT = Path(__file__).resolve().parents[1]
HERE = Path(__file__).resolve().parent
SPINE_SCHEMAS = ("core", "pivots", "rfm")
# Layers as the folders of models call them; what has no folder of its own is "other marts".
LAYERS = ("staging", "intermediate", "core", "pivots", "rfm", "lists")
TARGET = ROOT / "target" / "increment"


@dataclass(frozen=True)
class Build:
    """What a whole build took: seconds by layer, of its process and memory."""

    layers: dict[str, float]
    nodes_seconds: float
    process_seconds: float
    cpu_seconds: float
    peak_mb: float


def build(dataset: str, data_dir: Path, *arguments: str) -> Build:
    """Build and test a dataset in a process of its own."""
    variables = json.dumps({"dataset": dataset, "data_dir": str(data_dir), "adapter": "contract"})
    dbt = str(Path(sys.executable).with_name("dbt"))
    command = [dbt, "--log-level", "none", "build", "--profiles-dir", ".", "--vars", variables]
    command += ["--target-path", str(TARGET), *arguments]
    measured = measure(command, folder=ROOT)
    results = json.loads((TARGET / "run_results.json").read_text(encoding="utf-8"))["results"]
    manifest = json.loads((TARGET / "manifest.json").read_text(encoding="utf-8"))
    layers: dict[str, float] = defaultdict(float)
    for result in results:
        layers[layer_of(result["unique_id"], manifest)] += result["execution_time"]
    return Build(
        layers=dict(layers),
        nodes_seconds=sum(
            seconds for layer, seconds in layers.items() if layer != "start and publication"
        ),
        process_seconds=measured.seconds,
        cpu_seconds=measured.cpu_seconds,
        peak_mb=measured.peak_mb,
    )


def layer_of(unique_id: str, manifest: dict) -> str:
    """Return the layer of a node: of models their folder, of tests and hooks what they are."""
    kind = unique_id.split(".")[0]
    if kind == "operation":
        return "start and publication"
    if kind == "unit_test":
        return "unit tests"
    if kind == "test":
        return "tests"
    fqn = manifest["nodes"].get(unique_id, {}).get("fqn", [])
    return next((layer for layer in LAYERS if layer in fqn), "other marts")


def read_spine(database: Path) -> dict[str, int]:
    """Return a hash of the rows of each table of the spine, whatever their order."""
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where schema_name in ? "
            "order by all",
            [list(SPINE_SCHEMAS)],
        ).fetchall()
        return {
            f"{schema}.{table}": connection.execute(
                f"select sum(hash(rows::varchar)::hugeint) from {schema}.{table} as rows"
            ).fetchone()[0]
            for schema, table in tables
        }


def show(adding: Build, whole: Build) -> str:
    """Return seconds by layer as markdown, and their ratio."""
    rows = ["| layer | a day added, s | everything anew, s |", "|---|--:|--:|"]
    for layer in sorted(whole.layers, key=lambda one: -whole.layers[one]):
        rows.append(
            f"| {layer} | {adding.layers.get(layer, 0):.1f} | {whole.layers.get(layer, 0):.1f} |"
        )
    rows.append(f"| **nodes** | {adding.nodes_seconds:.1f} | {whole.nodes_seconds:.1f} |")
    rows.append(f"| the process | {adding.process_seconds:.1f} | {whole.process_seconds:.1f} |")
    rows.append(f"| of processor | {adding.cpu_seconds:.1f} | {whole.cpu_seconds:.1f} |")
    rows.append(f"| peak memory, MB | {adding.peak_mb:,.0f} | {whole.peak_mb:,.0f} |")
    share = adding.nodes_seconds / whole.nodes_seconds
    return "\n".join([*rows, "", f"A day takes {share:.1%} of everything anew (nodes)."])


def main() -> int:
    """Measure one size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lines", type=int, help="about so many order lines, as 5_000_000")
    parser.add_argument("--folder", type=Path, default=ROOT / "target" / "bench" / "data")
    options = parser.parse_args()
    dataset = f"days_{options.lines}"
    made, used = options.folder / f"made_{dataset}", options.folder / dataset
    if not made.exists():
        generate = [sys.executable, str(HERE / "generate.py"), str(options.lines), str(made)]
        measure([*generate, "--days-apart", "1"], folder=ROOT)
    shutil.rmtree(used, ignore_errors=True)
    shutil.rmtree(ROOT / "state" / dataset, ignore_errors=True)
    used.mkdir(parents=True)
    for path in (ROOT / "warehouse").glob(f"{dataset}.duckdb*"):
        path.unlink()
    *before, day = sorted(made.glob("order_lines*"))
    for path in {*made.iterdir()} - {day}:
        (used / path.name).symlink_to(path.resolve())
    if not before:
        raise SystemExit(f"{made} has one file of order lines; remove the folder to make it anew.")
    database = ROOT / "warehouse" / f"{dataset}.duckdb"
    build(dataset, options.folder)
    (used / day.name).symlink_to(day.resolve())
    adding = build(dataset, options.folder)
    added = read_spine(database)
    whole = build(dataset, options.folder, "--full-refresh")
    different = sorted(name for name, rows in read_spine(database).items() if added[name] != rows)
    if different:
        raise SystemExit("Adding a day made other tables: " + ", ".join(different))
    print(show(adding, whole))
    return 0


if __name__ == "__main__":
    sys.exit(main())
