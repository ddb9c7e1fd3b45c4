"""A day of new lines against a full build: `.venv/bin/python benchmarks/increment.py 5_000_000`.

Makes up sales whose last day has a file of its own. `make lists` builds what came before from
nothing and fits every model; then `make lists REUSE=1` adds that day, as a shop would at night.
With `--compare` everything is built from all the files once more, and both ways must end in the
same tables of lines, pivots and RFM.

Seconds are those of the whole process but for publication; next to them those in which dbt ran a
model, a seed or a test. The difference is start: importing and parsing.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
from stages import busy_seconds, measure

ROOT = Path(__file__).resolve().parents[1]
HERE = Path(__file__).resolve().parent
COMPARED_SCHEMAS = ("core", "pivots", "rfm")
SLOWEST = 20


@dataclass(frozen=True)
class Job:
    """What one run of the job took.

    Attributes
    ----------
    seconds : of the process, without publication.
    published_seconds : of publication, which is not in them.
    busy_seconds : those in which a node ran, without publication.
    database_mb : the working database after it.
    nodes : seconds by node.
    """

    seconds: float
    published_seconds: float
    busy_seconds: float
    cpu_seconds: float
    peak_mb: float
    database_mb: float
    nodes: dict[str, float]


def run_job(dataset: str, data_dir: Path, *options: str) -> Job:
    """Run the job as `make lists` does, in a process of its own."""
    command = [sys.executable, "-m", "targeted_lists", "lists", "--dataset", dataset]
    measured = measure([*command, "--data-dir", str(data_dir), *options], folder=ROOT)
    written = max(
        (ROOT / "target").glob(f"{dataset}-*/run_results.json"),
        key=lambda path: path.stat().st_mtime,
    )
    results = json.loads(written.read_text(encoding="utf-8"))["results"]
    hooks = [one for one in results if one["unique_id"].startswith("operation.")]
    published = sum(one["execution_time"] for one in hooks if "on-run-end" in one["unique_id"])
    nodes = [one for one in results if one not in hooks]
    return Job(
        seconds=measured.seconds - published,
        published_seconds=published,
        busy_seconds=busy_seconds({"results": nodes}),
        cpu_seconds=measured.cpu_seconds,
        peak_mb=measured.peak_mb,
        database_mb=database_of(dataset).stat().st_size / 2**20,
        nodes={one["unique_id"].split(".")[2]: one["execution_time"] for one in nodes},
    )


def database_of(dataset: str) -> Path:
    """Return the working database of a dataset."""
    return ROOT / "warehouse" / f"{dataset}.duckdb"


def read_tables(database: Path) -> dict[str, int]:
    """Return a hash of the rows of each compared table, whatever their order."""
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where schema_name in ? "
            "order by all",
            [list(COMPARED_SCHEMAS)],
        ).fetchall()
        return {
            f"{schema}.{table}": connection.execute(
                f"select sum(hash(rows::varchar)::hugeint) from {schema}.{table} as rows"
            ).fetchone()[0]
            for schema, table in tables
        }


def show(day: Job, whole: Job) -> str:
    """Return both runs as markdown, their ratio, and the slowest nodes of the day."""
    rows = [
        "| | a day added | everything again |",
        "|---|--:|--:|",
        f"| seconds without publication | {day.seconds:.0f} | {whole.seconds:.0f} |",
        f"| publication, s | {day.published_seconds:.0f} | {whole.published_seconds:.0f} |",
        f"| a node ran, s | {day.busy_seconds:.0f} | {whole.busy_seconds:.0f} |",
        f"| of processor, with publication, s | {day.cpu_seconds:.0f} | {whole.cpu_seconds:.0f} |",
        f"| peak memory, MB | {day.peak_mb:,.0f} | {whole.peak_mb:,.0f} |",
        f"| working database, MB | {day.database_mb:,.0f} | {whole.database_mb:,.0f} |",
    ]
    return "\n".join(
        [
            *rows,
            "",
            f"The day takes {day.seconds / whole.seconds:.1%} of everything again; of the time in "
            f"which a node ran, {day.busy_seconds / whole.busy_seconds:.1%}.",
            f"Slowest of the day, s: {list_slowest(day)}.",
            "",
            f"Slowest of everything again, s: {list_slowest(whole)}.",
        ]
    )


def list_slowest(job: Job) -> str:
    """Return the nodes that took longest, with their seconds."""
    slowest = sorted(job.nodes, key=lambda name: -job.nodes[name])[:SLOWEST]
    return ", ".join(f"{name} {job.nodes[name]:.1f}" for name in slowest)


def main() -> int:
    """Measure one size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lines", type=int, help="about so many order lines, as 5_000_000")
    parser.add_argument("--folder", type=Path, default=ROOT / "target" / "bench" / "data")
    parser.add_argument(
        "--compare", action="store_true", help="build all again at the end, and compare"
    )
    options = parser.parse_args()
    dataset = f"days_{options.lines}"
    folder = options.folder.resolve()
    made, used = folder / f"made_{dataset}", folder / dataset
    if not made.exists():
        generate = [sys.executable, str(HERE / "generate.py"), str(options.lines), str(made)]
        measure([*generate, "--days-apart", "1"], folder=ROOT)
    *before, day_file = sorted(made.glob("order_lines*"))
    if not before:
        raise SystemExit(
            f"{made} has one file of order lines; remove the folder to make it again."
        )
    for path in (used, ROOT / "state" / dataset):
        shutil.rmtree(path, ignore_errors=True)
    for path in (ROOT / "warehouse").glob(f"{dataset}.duckdb*"):
        path.unlink()
    used.mkdir(parents=True)
    for path in {*made.iterdir()} - {day_file}:
        (used / path.name).symlink_to(path)
    whole = run_job(dataset, folder)
    (used / day_file.name).symlink_to(day_file)
    day = run_job(dataset, folder, "--kept")
    if options.compare:
        added = read_tables(database_of(dataset))
        run_job(dataset, folder, "--full")
        rebuilt = read_tables(database_of(dataset))
        different = sorted(name for name, rows in rebuilt.items() if added.get(name) != rows)
        if different:
            raise SystemExit("Adding a day made other tables: " + ", ".join(different))
    print(show(day, whole))
    return 0


if __name__ == "__main__":
    sys.exit(main())
