"""What the scripts of the spine and the one that measures them share."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

BLOCK_BYTES = 512

WATCHED_SECONDS = 0.05


@dataclass(frozen=True)
class Measured:
    """What a process took.

    Attributes
    ----------
    seconds : from its start to its end.
    cpu_seconds : of the processor, all threads and the start included; the number that a busy
        machine changes least.
    peak_mb : the most memory that it held, in MB of 2**20 bytes.
    written_mb : what the system wrote for it to the disk, spilled bytes included.
    output : what it printed.
    """

    seconds: float
    cpu_seconds: float
    peak_mb: float
    written_mb: float
    output: str


class TooMuchMemoryError(Exception):
    """A process held more memory than it was allowed.

    Attributes
    ----------
    seconds : from its start to its end.
    held_mb : when it was stopped, in MB of 2**20 bytes.
    """

    def __init__(self, seconds: float, held_mb: float) -> None:
        super().__init__(f"stopped at {held_mb:,.0f} MB after {seconds:.0f} s")
        self.seconds, self.held_mb = seconds, held_mb


def measure(
    command: list[str], *, folder: Path, quiet: bool = True, most_mb: float | None = None
) -> Measured:
    """Run a command in a process of its own and measure it.

    Parameters
    ----------
    most_mb : of memory that the process, without children, may hold next to what it maps from
        files; None for as much as there is.

    Raises
    ------
    SystemExit : it failed; the message ends with the last lines that it printed.
    TooMuchMemoryError : it held more than `most_mb`, and was stopped.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, stdout=output, stderr=subprocess.STDOUT if quiet else None
        )
        ended, status, usage = os.wait4(process.pid, 0 if most_mb is None else os.WNOHANG)
        while not ended:
            held_mb = held_by(process.pid)
            if held_mb > most_mb:
                process.kill()
                process.wait()
                raise TooMuchMemoryError(time.perf_counter() - started, held_mb)
            time.sleep(WATCHED_SECONDS)
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read()
    if status != 0:
        shown = " ".join(command[:4])
        last = "\n".join(text.splitlines()[-20:])
        raise SystemExit(f"`{shown} …` failed ({process.returncode}):\n{last}")
    return Measured(
        seconds=seconds,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_mb=usage.ru_maxrss / 1024,
        written_mb=usage.ru_oublock * BLOCK_BYTES / 2**20,
        output=text,
    )


def busy_seconds(results: dict) -> float:
    """Return the seconds in which at least one node ran, from dbt's run results."""
    spans = sorted(
        tuple(
            datetime.fromisoformat(one[end]).timestamp() for end in ("started_at", "completed_at")
        )
        for result in results["results"]
        for one in result["timing"]
        if one["name"] == "execute"
    )
    busy, until = 0.0, 0.0
    for begun, ended in spans:
        busy += max(0.0, ended - max(begun, until))
        until = max(until, ended)
    return busy


def held_by(pid: int) -> float:
    """Return the MB of memory that a process holds; 0 where it has just ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except FileNotFoundError:
        return 0.0
    found = re.search(r"^RssAnon:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found.group(1)) / 1024 if found else 0.0


def run_stage(stages: dict[str, Callable[[Path, Path], None]]) -> None:
    """Run the stage that the command line names, and print the seconds it took as JSON.

    What Python and its imports take is not in them, as dbt's start is not in the project's.
    """
    name, source, folder = sys.argv[1:]
    started = time.perf_counter()
    stages[name](Path(source), Path(folder))
    print(json.dumps({"seconds": time.perf_counter() - started}))
