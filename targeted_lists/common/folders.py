"""Where the files of the datasets are, from the project's folder."""

from __future__ import annotations

from pathlib import Path

WAREHOUSE_FOLDER = Path("warehouse")
PUBLISHED_FOLDER = Path("published")
STATE_FOLDER = Path("state")
EXPORT_FOLDER = Path("exports")
