"""Every linter, then every test, as `make test` and CI run them.

python tests/run_tests.py          # both
python tests/run_tests.py --lint   # the linters alone
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SQL_LINTER = [sys.executable, "tests/lint_sql.py", "lint", "--disable-progress-bar"]
TESTS = ["--numprocesses", "2", "--dist", "loadfile", "--no-loadscope-reorder"]


def main() -> int:
    """Run what was asked for; return the exit code of what failed first."""
    code = lint()
    if code or "--lint" in sys.argv[1:]:
        return code
    return call([sys.executable, "-m", "pytest", *TESTS])


def lint() -> int:
    """Run every linter up to the first that finds something."""
    for command in (
        [sys.executable, "-m", "ruff", "check"],
        [sys.executable, "-m", "ruff", "format", "--check"],
        [*SQL_LINTER, "--processes", "2", "models", "tests"],
        [*SQL_LINTER, "--templater", "raw", "queries"],
    ):
        if code := call(command):
            return code
    # The contract adapter has everything but the staging of the others, which is linted alone.
    staging = ROOT / "models" / "staging"
    adapters = sorted(path.name for path in staging.iterdir() if path.is_dir())
    with ThreadPoolExecutor(max_workers=2) as pool:
        return max(pool.map(lint_adapter, [one for one in adapters if one != "contract"]))


def lint_adapter(adapter: str) -> int:
    """Lint the staging of an adapter, as dbt renders it when that is the dataset's."""
    settings = ROOT / "target" / f"{adapter}.cfg"
    settings.parent.mkdir(exist_ok=True)
    settings.write_text(
        f"[sqlfluff:templater:dbt:context]\nadapter = {adapter}\n", encoding="utf-8"
    )
    command = [*SQL_LINTER, "--config", str(settings), f"models/staging/{adapter}"]
    return call(command, DBT_TARGET_PATH=f"target/{adapter}")


def call(command: list[str], **environment: str) -> int:
    """Run a command in the repository's folder and return its exit code."""
    return subprocess.call(command, cwd=ROOT, env={**os.environ, **environment})


if __name__ == "__main__":
    sys.exit(main())
