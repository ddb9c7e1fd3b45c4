"""Who has a lock on a database that cannot be opened: DuckDB lets one process write."""

from __future__ import annotations

import re
from pathlib import Path

from targeted_lists.common.system import started_at

LOCKED = re.compile(
    r'Could not set lock on file "(?P<file>[^"]+)": Conflicting lock is held in '
    r"(?P<program>.+?) \(PID (?P<process>\d+)\)(?: by user (?P<user>\w+))?"
)


def explain_lock(message: str) -> str | None:
    """Return a sentence for DuckDB's message of a locked file; None for any other message."""
    found = LOCKED.search(message)
    if found is None:
        return None
    user = f" of {found['user']}" if found["user"] else ""
    began = started_at(int(found["process"]))
    since = f", running since {began}" if began else ""
    return (
        f"{Path(found['file']).parent.name}/{Path(found['file']).name} is in use by "
        f"{Path(found['program']).name} (process {found['process']}{user}{since}); let it end, "
        "then run again."
    )
