"""The spine next to what one would use instead: `make bench SIZE=5_000_000`.

Raw file to lines, orders, RFM and pivots four times over: by the project's models, by DuckDB's
SQL written by hand (the floor), by a script of pandas, scikit-learn and mlxtend, and by polars.
Each stage is a process of its own; stage by stage the tools take turns, so that all of them meet
the same machine. The tables must be equal before anything is printed. Clusters and rules are
timed for the project and the pandas script: k-means of RFM, and rules of pairs in orders, since
the project would otherwise also fit five more methods and mine categories and customers. That it
measures how stable clusters are, and tries rules on later orders, stays. With `--most-gb` a
script that holds more memory is stopped, and the table says so, before the system ends it or
something else.

Results: a table of seconds, peak memory and bytes written, and `RESULTS.md` where asked.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import statistics
import sys
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import duckdb
from compare import Tables, differences, read_requested
from stages import Measured, TooMuchMemoryError, busy_seconds, measure

ROOT = Path(__file__).resolve().parents[1]
HERE = Path(__file__).resolve().parent
SCRIPTS = {"floor": "spine_duckdb.py", "pandas": "spine_pandas.py", "polars": "spine_polars.py"}
TITLES = {
    "project": "this project",
    "floor": "DuckDB by hand",
    "pandas": "pandas",
    "polars": "polars",
}
SPINE = ("lines", "orders", "rfm", "pivots")
EXTRA = ("clusters", "rules")
# What each stage builds that no stage before it has built.
SELECTED = {
    "lines": ["+fct_order_lines", "+order_line_ledger"],
    "orders": ["fct_orders"],
    "rfm": ["+rfm_scores"],
    "categories": ["+ml_product_categories"],
    "pivots": ["+sales_pivot", "+customer_pivot"],
    "clusters": ["+customer_clusters", "+cluster_profiles"],
    "rules": ["+association_rules"],
}
# What the project does no more of than the script.
ASKED = {
    "clusters": {"cluster_feature_set": "rfm", "cluster_methods": ["kmeans"]},
    "rules": {
        "basket_bases": ["order"],
        "basket_levels": {
            "product": {"min_support": "auto", "min_confidence": 0.1, "max_length": 2}
        },
    },
}


@dataclass
class Stage:
    """What one stage of one tool took, next to its start."""

    seconds: float
    start_seconds: float
    cpu_seconds: float
    peak_mb: float
    written_mb: float


@dataclass
class Session:
    """One dataset measured: where it lies, and what each tool took by stage.

    Attributes
    ----------
    most_mb : of memory that a script may hold; None for as much as there is.
    stopped : the stage at which a tool held more, by tool; it did no further stage.
    """

    dataset: str
    data_dir: Path
    folder: Path
    python: str
    adapter: str = "contract"
    most_mb: float | None = None
    stages: dict[tuple[str, str], list[Stage]] = field(default_factory=dict)
    stopped: dict[str, tuple[str, TooMuchMemoryError]] = field(default_factory=dict)

    @property
    def source(self) -> Path:
        """The folder of the raw files."""
        return self.data_dir / self.dataset

    @property
    def database(self) -> Path:
        """The project's working database."""
        return ROOT / "warehouse" / f"{self.dataset}.duckdb"

    def output_of(self, tool: str) -> Path:
        """Return the folder that a script writes to."""
        return self.folder / tool

    def begin(self) -> None:
        """Remove what earlier runs have left."""
        for path in (ROOT / "warehouse").glob(f"{self.dataset}.duckdb*"):
            path.unlink()
        shutil.rmtree(ROOT / "state" / self.dataset, ignore_errors=True)
        for tool in SCRIPTS:
            shutil.rmtree(self.output_of(tool), ignore_errors=True)
            self.output_of(tool).mkdir(parents=True)

    def run(self, tool: str, stage: str) -> None:
        """Run and measure a stage of a tool, unless it was stopped before."""
        if tool in self.stopped:
            return
        try:
            taken = self.run_project(stage) if tool == "project" else self.run_script(tool, stage)
        except TooMuchMemoryError as error:
            self.stopped[tool] = (stage, error)
            print(f"{self.dataset}: {TITLES[tool]}, {stage}: {error}", file=sys.stderr, flush=True)
            return
        self.stages.setdefault((tool, stage), []).append(taken)
        print(
            f"{self.dataset}: {TITLES[tool]}, {stage}: {taken.seconds:.1f} s "
            f"+ start {taken.start_seconds:.1f} s, "
            f"CPU {taken.cpu_seconds:.1f} s, {taken.peak_mb:,.0f} MB",
            file=sys.stderr,
            flush=True,
        )

    def run_script(self, tool: str, stage: str) -> Stage:
        """Run a stage of a script of this folder."""
        script, output = str(HERE / SCRIPTS[tool]), str(self.output_of(tool))
        command = [self.python, "-W", "ignore", script, stage, str(self.source), output]
        measured = measure(command, folder=ROOT, most_mb=self.most_mb)
        return stage_of(measured, json.loads(measured.output.splitlines()[-1])["seconds"])

    def run_project(self, stage: str) -> Stage:
        """Run the models of a stage by dbt; its start is all but the time in which models ran."""
        earlier = list(SELECTED)[: list(SELECTED).index(stage)]
        excluded = [one for name in earlier for one in SELECTED[name]]
        variables = {
            "dataset": self.dataset,
            "data_dir": str(self.data_dir),
            "adapter": self.adapter,
            **ASKED.get(stage, {}),
        }
        command = [str(Path(sys.executable).with_name("dbt")), "--log-level", "none"]
        command += ["build", "--resource-type", "model", "seed", "--profiles-dir", "."]
        command += ["--vars", json.dumps(variables), "--select", *SELECTED[stage]]
        command += ["--exclude", *excluded] if excluded else []
        measured = measure(command, folder=ROOT)
        results = json.loads((ROOT / "target" / "run_results.json").read_text(encoding="utf-8"))
        return stage_of(measured, busy_seconds(results))


def stage_of(measured: Measured, seconds: float) -> Stage:
    """Return what a stage took, parted from its start."""
    return Stage(
        seconds=seconds,
        start_seconds=measured.seconds - seconds,
        cpu_seconds=measured.cpu_seconds,
        peak_mb=measured.peak_mb,
        written_mb=measured.written_mb,
    )


def run_session(session: Session, *, runs: int, tools: list[str], with_extra: bool) -> None:
    """Run every stage of every tool in turn, and see that the tables are equal.

    Raises
    ------
    SystemExit : a table of one tool differs from the project's.
    """
    for _ in range(runs):
        session.begin()
        for stage in SPINE:
            if stage == "pivots":
                session.run("project", "categories")
            for tool in tools:
                session.run(tool, stage)
        if with_extra:
            session.run("project", "clusters")
            session.run("project", "rules")
            (session.output_of("pandas") / "asked.json").write_text(
                json.dumps(read_requested(session.database)), encoding="utf-8"
            )
            for stage in EXTRA:
                session.run("pandas", stage)
    project = Tables.of_project(session.database)
    for tool in tools:
        if tool == "project" or tool in session.stopped:
            continue
        folder = session.output_of(tool)
        other = Tables.of_floor(folder) if tool == "floor" else Tables.of_script(folder)
        found = differences(project, other, with_rules=with_extra and tool == "pandas")
        if found:
            raise SystemExit(f"{session.dataset}: {tool} differs: " + "; ".join(found))


def show(session: Session, lines: int) -> str:
    """Return the measurements as markdown: a row a stage, a group of columns a tool."""
    tools = [
        tool for tool in TITLES if (tool, "lines") in session.stages or tool in session.stopped
    ]
    head = " | ".join(f"{TITLES[tool]}, s | CPU s | MB | written MB" for tool in tools)
    rows = [f"| stage | {head} |", "|---|" + "--:|--:|--:|--:|" * len(tools)]
    names = ["lines", "orders", "rfm", "categories", "pivots", *EXTRA]
    for stage in names:
        cells = [
            cell_of(session.stages.get((tool, stage))) or stop_of(session, tool, stage)
            for tool in tools
        ]
        if any(cells):
            rows.append(f"| {stage} | " + " | ".join(cell or " | | | " for cell in cells) + " |")
    totals = [None if tool in session.stopped else total_of(session, tool) for tool in tools]
    cells = [cell_of([total]) if total else "not ended | | | " for total in totals]
    rows.append("| **the spine** | " + " | ".join(cells) + " |")
    starts = [f"{total.start_seconds:.1f} | | | " if total else " | | | " for total in totals]
    rows.append("| start of the processes of the spine | " + " | ".join(starts) + " |")
    inputs = sum(path.stat().st_size for path in session.source.rglob("*") if path.is_file())
    database = session.database.stat().st_size
    note = (
        f"{lines:,} raw order lines, {inputs / 2**20:,.0f} MB of files; the project's working "
        f"database after these stages has {database / 2**20:,.0f} MB."
    )
    return "\n".join([*rows, "", note])


def cell_of(stages: list[Stage] | None) -> str:
    """Return medians of a stage's runs as cells."""
    if not stages:
        return ""
    return (
        f"{statistics.median(one.seconds for one in stages):.2f} "
        f"| {statistics.median(one.cpu_seconds for one in stages):.1f} "
        f"| {max(one.peak_mb for one in stages):,.0f} "
        f"| {statistics.median(one.written_mb for one in stages):,.0f}"
    )


def stop_of(session: Session, tool: str, stage: str) -> str:
    """Return the cells of a stage at which a tool was stopped."""
    if session.stopped.get(tool, ("",))[0] != stage:
        return ""
    error = session.stopped[tool][1]
    return f"stopped after {error.seconds:.0f} | | {error.held_mb:,.0f} | "


def total_of(session: Session, tool: str) -> Stage:
    """Return the spine as one stage: medians summed, and the peak of all."""
    kept = [session.stages[tool, stage] for stage in SPINE]

    def sum_of(name: str) -> float:
        return sum(statistics.median(getattr(one, name) for one in runs) for runs in kept)

    return Stage(
        seconds=sum_of("seconds"),
        start_seconds=sum_of("start_seconds"),
        cpu_seconds=sum_of("cpu_seconds"),
        peak_mb=max(one.peak_mb for runs in kept for one in runs),
        written_mb=sum_of("written_mb"),
    )


def describe_machine(python: str) -> str:
    """Return the machine and the versions in a line; no names, no paths."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ("dbt-core", "dbt-duckdb", "duckdb", "pandas", "scikit-learn", "mlxtend")
    versions = [f"{name} {version(name)}" for name in packages]
    requested = (
        "from importlib.metadata import version; "
        "print(*(f'{name} {version(name)}' for name in ('polars', 'pyarrow')), sep=', ')"
    )
    versions.append(measure([python, "-c", requested], folder=ROOT).output.strip())
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), {memory:.0f} GB of memory, "
        f"{platform.system()}, Python {platform.python_version()}, {', '.join(versions)}. "
        f"Load when it began: {os.getloadavg()[0]:.1f}."
    )


def write_results(path: Path, title: str, text: str) -> None:
    """Put a session's table under its title, in place of an earlier one of that title."""
    before = path.read_text(encoding="utf-8") if path.exists() else "# Results\n"
    section = f"## {title}\n\n{text}\n"
    pattern = re.compile(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)
    if pattern.search(before):
        after = pattern.sub(lambda _: section + "\n", before)
    else:
        after = before.rstrip() + "\n\n" + section
    path.write_text(after.rstrip() + "\n", encoding="utf-8")


def main() -> int:
    """Measure one dataset."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, help="order lines to make up, as 5_000_000")
    parser.add_argument("--dataset", type=Path, help="the folder of the published UCI file")
    parser.add_argument("--folder", type=Path, default=ROOT / "target" / "bench")
    parser.add_argument("--python", default=sys.executable, help="has pandas and polars")
    parser.add_argument("--runs", type=int, default=1, help="of which medians are shown (1)")
    parser.add_argument("--tools", nargs="+", choices=list(TITLES), default=list(TITLES))
    parser.add_argument("--most-gb", type=float, help="of memory for a script; more stops it")
    parser.add_argument("--spine-only", action="store_true", help="no clusters, no rules")
    parser.add_argument("--results", type=Path, help="put the table into this file too")
    options = parser.parse_args()
    if options.dataset:
        name, adapter = f"bench_{options.dataset.name}", options.dataset.name
        linked = options.folder / "data" / name
        linked.parent.mkdir(parents=True, exist_ok=True)
        if not linked.exists():
            linked.symlink_to(options.dataset.resolve())
    elif options.size:
        name, adapter = f"bench_{options.size}", "contract"
        if not (options.folder / "data" / name).exists():
            # In a process of its own: a child's peak of memory begins at its parent's.
            made = [
                str(HERE / "generate.py"),
                str(options.size),
                str(options.folder / "data" / name),
            ]
            measure([sys.executable, *made], folder=ROOT)
    else:
        parser.error("give --size or --dataset")
    session = Session(
        dataset=name,
        data_dir=options.folder / "data",
        folder=options.folder,
        python=options.python,
        adapter=adapter,
        most_mb=options.most_gb and options.most_gb * 1024,
    )
    machine = describe_machine(options.python)
    run_session(session, runs=options.runs, tools=options.tools, with_extra=not options.spine_only)
    with duckdb.connect(str(session.database), read_only=True) as connection:
        lines = connection.execute("select count(*) from core.order_line_ledger").fetchone()[0]
    text = f"{machine}\n\n{show(session, lines)}"
    print(text)
    if options.results:
        title = adapter if options.dataset else f"{options.size:,} lines"
        write_results(options.results, title, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
