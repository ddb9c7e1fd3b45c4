"""The picture of the dashboard in the README, taken by a browser of this machine.

`python -m targeted_lists.dashboard.picture [DATASET]`, in the environment of the tests.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from targeted_lists.common.commands import command
from targeted_lists.common.folders import PUBLISHED_FOLDER

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PICTURE = Path("docs/dashboard.png")
SIZE = {"width": 1280, "height": 1650}


def find_browser() -> str | None:
    """Return the path of the first browser that is installed."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def take_picture(page: Path, picture: Path, *, browser: str) -> None:
    """Write what the head of a page looks like, with the network off."""
    # The driver is among the packages of the tests alone.
    from playwright.sync_api import sync_playwright

    with sync_playwright() as running:
        opened = running.chromium.launch(executable_path=browser)
        tab = opened.new_context(viewport=SIZE, offline=True).new_page()
        tab.goto(page.resolve().as_uri())
        tab.wait_for_function("window.dashboard && window.dashboard.isDrawn")
        tab.screenshot(path=picture)
        opened.close()


def main(dataset: str = "sample") -> int:
    """Take the picture of a dataset's dashboard, which is there."""
    page, browser = PUBLISHED_FOLDER / f"{dataset}.html", find_browser()
    if browser is None or not page.exists():
        make = command("dashboard", dataset=dataset)
        print(f"{page} is not there: `{make}`" if browser else "No browser is installed")
        return 1
    take_picture(page, PICTURE, browser=browser)
    print(f"Wrote {PICTURE}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
