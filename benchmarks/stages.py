"""What the scripts of the spine and the one that measures them share."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

BLOCK_BYTES = 512


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


def measure(command: list[str], *, folder: Path, quiet: bool = True) -> Measured:
    """Run a command in a process of its own and measure it.

    Raises
    ------
    SystemExit : it failed; the message ends with the last lines that it printed.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, stdout=output, stderr=subprocess.STDOUT if quiet else None
        )
        _, status, usage = os.wait4(process.pid, 0)
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


def run_stage(stages: dict[str, Callable[[Path, Path], None]]) -> None:
    """Run the stage that the command line names, and print the seconds it took as JSON.

    What Python and its imports take is not in them, as dbt's start is not in the project's.
    """
    name, source, folder = sys.argv[1:]
    started = time.perf_counter()
    stages[name](Path(source), Path(folder))
    print(json.dumps({"seconds": time.perf_counter() - started}))
