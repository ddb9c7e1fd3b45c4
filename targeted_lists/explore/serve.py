"""Starting the app: on the loopback address, on a published file, which it only reads."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from targeted_lists.common.commands import command
from targeted_lists.common.folders import PUBLISHED_FOLDER
from targeted_lists.common.outcome import Outcome, UserError

APP = Path(__file__).with_name("app.py")
ADDRESS = "127.0.0.1"  # the data are of customers: no other machine may ask
PUBLISHED_FILE = "EXPLORE_PUBLISHED_FILE"


class ExploreError(UserError):
    """The app cannot be started; the message is one sentence for the user."""


def explore(dataset: str) -> Outcome:
    """Run the app until it is interrupted.

    Raises
    ------
    ExploreError : it cannot be started.
    """
    server = serve(dataset)
    with suppress(KeyboardInterrupt):
        return Outcome(is_done=server.wait() == 0)
    return Outcome(is_done=server.wait() == 0)


def serve(dataset: str, *, port: int | None = None) -> subprocess.Popen[bytes]:
    """Start the app in a process of its own.

    Parameters
    ----------
    dataset : name of the published file.
    port : of the app; None takes Streamlit's, or the next that is free.

    Returns
    -------
    The process, which runs until it is stopped.

    Raises
    ------
    ExploreError : nothing is published under the name, or Streamlit is not installed.
    """
    published = PUBLISHED_FOLDER / f"{dataset}.duckdb"
    if not published.is_file():
        raise ExploreError(
            f"{published} is not there; `{command('lists', dataset=dataset)}` makes it."
        )
    if importlib.util.find_spec("streamlit") is None:
        raise ExploreError(
            "Streamlit is not installed: it is the extra explore of the package, from a clone "
            "`pip install '.[explore]'`; `make explore` installs it by itself."
        )
    return subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", str(APP), *options(port)],
        env={**os.environ, PUBLISHED_FILE: str(published.resolve())},
    )


def options(port: int | None) -> list[str]:
    """Return the options of Streamlit: local, and nothing told to anyone."""
    given = {
        # Streamlit takes an install outside site-packages for a developer's.
        "global.developmentMode": "false",
        "server.address": ADDRESS,
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
    }
    if port is not None:
        given["server.port"] = str(port)
    return [f"--{name}={value}" for name, value in given.items()]
