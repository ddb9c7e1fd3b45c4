"""What a dbt run begins with: what its killed predecessors left half-done is made whole.

macros/run/start_run.sql calls it before anything is read from `state/` or built.
"""

from __future__ import annotations

import json

from targeted_lists.common import files
from targeted_lists.common.folders import EXPORT_FOLDER, STATE_FOLDER
from targeted_lists.inputs import copies
from targeted_lists.saved.salt import PUBLIC_SALT, SAMPLE, keep_salt, make_salt, read_salt
from targeted_lists.saved.tables import open_state


def start_state_json(dataset: str) -> str:
    """Call `start_state` as a SQL function does: JSON of `message` and `is_error` out."""
    try:
        return json.dumps({"message": start_state(dataset), "is_error": False})
    except OSError as error:
        message = (
            f"{STATE_FOLDER / dataset} cannot be read and written ({files.first_line(error)}); "
            "fix that and run again. Nothing was built."
        )
        return json.dumps({"message": message, "is_error": True})


def start_state(dataset: str) -> str | None:
    """Make a dataset's state whole and say in a sentence what its owner must know, if anything.

    Raises
    ------
    OSError : it cannot be.
    """
    copies.remove_outdated()
    ensure_salt(dataset)
    saved = STATE_FOLDER / dataset
    if saved.exists() or (EXPORT_FOLDER / dataset).exists():
        with open_state(dataset, exports=EXPORT_FOLDER):
            pass
    if dataset != SAMPLE and read_salt(dataset, folder=STATE_FOLDER) == PUBLIC_SALT:
        return (
            f"Keys that are contacts are hashed with a salt that everybody knows, for "
            f"{saved} was begun with it; the manual (Your data, «Salt») says what another one "
            "costs."
        )
    return None


def ensure_salt(dataset: str) -> str:
    """Return a dataset's salt; one is made where it has none and nothing hangs on another.

    Raises
    ------
    OSError : it cannot be read or written.
    """
    salt = read_salt(dataset, folder=STATE_FOLDER)
    if salt is None:
        # State of an early version gets the salt that it was made with.
        with open_state(dataset, exports=EXPORT_FOLDER):
            salt = read_salt(dataset, folder=STATE_FOLDER)
            if salt is None:
                salt = make_salt()
                keep_salt(dataset, salt, folder=STATE_FOLDER)
    return salt
