"""A month that is missing between exports is named before a run."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from targeted_lists.__main__ import main
from targeted_lists.check.gaps import describe_gaps, find_gaps

HEADER = "order_id,customer_id,ordered_at,product_id,quantity,unit_price\n"


def months(**files: list[str]) -> list[tuple[str, date]]:
    """Return file and month as a query gives them, from the months of each file."""
    return sorted(
        (
            (f"{file}.csv", date.fromisoformat(f"{month}-01"))
            for file in files
            for month in files[file]
        ),
        key=lambda one: (one[1], one[0]),
    )


WITHOUT = {
    "no file": {},
    "one file": {"a": ["2025-01"]},
    "months in a row": {"a": ["2025-11", "2025-12"], "b": ["2026-01"]},
    "months of which one file covers the gap": {"a": ["2025-01", "2025-03"], "b": ["2025-04"]},
    "months that another file has": {
        "a": ["2025-01", "2025-02"],
        "b": ["2025-04"],
        "c": ["2025-03"],
    },
    "a shop that sells in December": {"a": ["2023-12"], "b": ["2024-12"], "c": ["2025-12"]},
}


@pytest.mark.parametrize("files", WITHOUT.values(), ids=WITHOUT)
def test_no_gap_is_found_where_none_is(files: dict[str, list[str]]) -> None:
    assert describe_gaps(find_gaps(months(**files))) is None


def test_gaps_are_named_with_the_files_next_to_them() -> None:
    found = months(
        a=["2025-10", "2025-11"], b=["2026-02", "2026-03"], c=["2026-05", "2026-06", "2026-07"]
    )
    assert describe_gaps(find_gaps(found)) == (
        "No order line is of 2025-12 to 2026-01 between a.csv and b.csv; 2026-04 between b.csv "
        "and c.csv; add the export that is missing, unless nothing was sold then."
    )


def test_of_many_gaps_the_first_are_named() -> None:
    files = {
        f"f{one}": [
            f"{2025 + one // 4}-{one % 4 * 3 + 1:02}",
            f"{2025 + one // 4}-{one % 4 * 3 + 2:02}",
        ]
        for one in range(6)
    }
    sentence = describe_gaps(find_gaps(months(**files)))
    assert "2025-09 between f2.csv and f3.csv (and 2 other gaps); add" in sentence


def test_the_check_says_so(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    folder = Path("data/shop")
    folder.mkdir(parents=True)
    for month in (8, 9, 11):
        (folder / f"order_lines_2025-{month}.csv").write_text(
            f"{HEADER}A{month},C1,2025-{month:02}-15,P1,1,1.00\n"
        )
    assert main(["check", "--dataset", "shop"]) == 0
    assert (
        "No order line is of 2025-10 between order_lines_2025-9.csv and order_lines_2025-11.csv; "
        "add the export that is missing, unless nothing was sold then."
    ) in capsys.readouterr().out
