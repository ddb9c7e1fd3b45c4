"""Rate and memory of reading order exports: `python benchmarks/order_export_reader.py`.

The sample's rendering is repeated under other keys to five million lines in cp1251, and read as a
run reads it (a copy in UTF-8, then a table of texts with every row numbered and validated), next
to DuckDB's own reader on the same rows in UTF-8. Each step has a process of its own. Run by hand:
a shared machine's seconds are no test.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import duckdb  # noqa: E402
import jinja2  # noqa: E402

from targeted_lists.inputs.raw_files import describe_inputs_json  # noqa: E402
from targeted_lists.sample import generate_sample, render_order_export  # noqa: E402

MACROS = ("inputs/read_input.sql", "inputs/read_file.sql", "sql/string_literal.sql")
MEMORY_LIMIT_GB = 2


def write_export(folder: Path, lines: int) -> Path:
    """Write an export of about so many lines; return its path."""
    path = render_order_export(generate_sample(), folder / "data" / "bench")
    header, body = path.read_bytes().split(b"\r\n", 1)
    with path.open("wb") as stream:
        stream.write(header + b"\r\n")
        for copy in range(-(-lines // body.count(b"\r\n"))):
            orders = re.sub(rb";O(\d{6});", rb";O%03d-\1;" % copy, body)
            stream.write(re.sub(rb";79\d{3}(\d{6});", rb";79%03d\1;" % copy, orders))
    return path


def copy_step() -> None:
    """Make the readable copy."""
    describe()


def read_step() -> None:
    """Read the copy with the SQL of the staging model."""
    run(f"select count(columns(*)) from ({staging_sql()})")


def own_step() -> None:
    """Read the same text with DuckDB's own reader, to which ragged lines are lost."""
    (copy,) = Path("warehouse/readable").glob("*.csv")
    run(
        "select count(columns(*)) "
        f"from read_csv('{copy}', all_varchar = true, ignore_errors = true)"
    )


def store_step() -> None:
    """Read the copy into the table of the staging model."""
    run(f"create table export_rows as {staging_sql()}")


STEPS = {
    "copy in UTF-8": copy_step,
    "read the copy as staging does": read_step,
    "read the copy with DuckDB's defaults": own_step,
    "read the copy into a table": store_step,
}


def staging_sql() -> str:
    """Return the query that reads every column of the file as the staging model does."""
    described = describe()
    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    macros = "".join((ROOT / "macros" / name).read_text(encoding="utf-8") for name in MACROS)
    header = [name.lower() for name in described["files"][0]["columns"]]
    return environment.from_string(macros + "{{ read_input('order_export', columns) }}").render(
        describe_inputs=lambda: described,
        execute=True,
        columns=[described["headers"].get(name, name) for name in header],
    )


def describe() -> dict:
    """Describe the dataset as a run does; the files are copied when they are not yet."""
    if not Path("seeds").exists():
        Path("seeds").symlink_to(ROOT / "seeds")
    return json.loads(describe_inputs_json("{}", "data", "bench", "order_export"))


def run(query: str) -> None:
    """Run a query in a new database under the memory limit."""
    with duckdb.connect(tempfile.mkdtemp(dir=".") + "/bench.duckdb") as connection:
        connection.execute(f"set memory_limit = '{MEMORY_LIMIT_GB}GB'; set threads = 2")
        connection.execute(query).fetchall()


def run_step(step: str) -> dict[str, float]:
    """Run a step in this process; return its seconds and the peak memory in MB."""
    started = time.perf_counter()
    STEPS[step]()
    seconds = time.perf_counter() - started
    # Not the peak of getrusage: that begins with the memory of the process that started this.
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return {"seconds": seconds, "peak": int(peak[1]) / 1024}


def measure(step: str, folder: Path) -> dict[str, float]:
    """Run a step in a process of its own."""
    command = [sys.executable, str(Path(__file__).resolve()), "--step", step]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def main() -> int:
    """Measure every step, or take the one that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=5_000_000, help="of the export (5 million)")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        print(json.dumps(run_step(options.step)))
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = write_export(folder, options.lines).stat().st_size / 1e6
        print(f"{options.lines:,} lines, {size:,.0f} MB; DuckDB's limit {MEMORY_LIMIT_GB} GB")
        print("| step | seconds | MB/s | peak memory, MB |")
        print("|---|---|---|---|")
        for step in STEPS:
            found = measure(step, folder)
            rate = size / found["seconds"]
            print(f"| {step} | {found['seconds']:.1f} | {rate:.0f} | {found['peak']:.0f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
