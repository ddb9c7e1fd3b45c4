"""The secret that keys which are contacts are hashed with: never in SQL, a log or a table.

A hash of a phone number without a secret is the phone number: there are few enough of them to try
all. So each dataset has a salt of its own in `state/DATASET/customer_key_salt`, made at first use.
Whoever loses it loses the thread: customers whose key is a contact get other keys, so their
history, their arms, the global holdout and their exclusion by an old erasure begin again.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from pathlib import Path

import duckdb

from targeted_lists.common import files
from targeted_lists.common.outcome import UserError

SALT_FILE = "customer_key_salt"
PUBLIC_SALT = "targeted-lists"
"""Of the sample, and of every dataset before state had a version: known to all who know us."""

SAMPLE = "sample"


class SaltError(UserError, OSError):
    """A salt that cannot be used; the message is one sentence for the user."""


def read_salt(dataset: str, *, folder: Path) -> str | None:
    """Return a dataset's salt; None where it has none yet.

    Raises
    ------
    SaltError : there is a file, and no salt in it.
    """
    path = folder / dataset / SALT_FILE
    try:
        salt = path.read_text(encoding="utf-8").strip()
    except (FileNotFoundError, NotADirectoryError):
        return PUBLIC_SALT if dataset == SAMPLE else None
    except (OSError, UnicodeDecodeError) as error:
        raise SaltError(
            f"{path} cannot be read ({files.first_line(error)}); bring back the file that was "
            "there, for without it customers whose key is a contact become others"
        ) from error
    if not salt:
        raise SaltError(
            f"{path} is empty; bring back the text that was in it, or remove the file to get a "
            "new one, which makes others of the customers whose key is a contact"
        )
    return salt


def keep_salt(dataset: str, salt: str, *, folder: Path) -> None:
    """Write down a dataset's salt, for its owner alone."""
    path = folder / dataset / SALT_FILE
    files.replace_file(path, lambda draft: files.write_text(draft, salt + "\n"))


def give_salt(connection: duckdb.DuckDBPyConnection, salt: Callable[[], str]) -> None:
    """Let the SQL of a connection read the salt: `customer_key_salt()`.

    A view that makes keys can be read by such a connection alone.
    """
    # The same all along, so that a query reads it once.
    connection.create_function("customer_key_salt", salt, [], "VARCHAR")


def make_salt() -> str:
    """Return a new salt, which nobody can guess."""
    return secrets.token_hex(16)


def mark_of(salt: str) -> str:
    """Return what distinguishes two salts without revealing them."""
    return hashlib.sha256(f"mark of a salt: {salt}".encode()).hexdigest()[:16]
