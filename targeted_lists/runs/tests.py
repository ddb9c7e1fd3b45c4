"""Every test that there is where the command runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from rich.console import Console

from targeted_lists.common.outcome import Outcome
from targeted_lists.runs.dbt_runs import run_dbt

# In the repository; a wheel has no tests of Python.
EVERY_TEST = Path("tests") / "run_tests.py"


def run_tests(variables: dict[str, object]) -> Outcome:
    """Run the tests of the repository, else those of the models on a dataset that was built.

    Raises
    ------
    RunError : a test of the models failed.
    """
    if EVERY_TEST.is_file():
        return Outcome(is_done=subprocess.call([sys.executable, str(EVERY_TEST)]) == 0)
    run_dbt(["test"], variables, Console())
    print("Every test of the models passed.")
    return Outcome()
