"""A seed that cannot be loaded is named with row and column, not by what DuckDB guessed."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from conftest import REPO_ROOT

from targeted_lists.common.project import read_yaml
from targeted_lists.inputs.seeds import find_seed_fault

TYPES = """
seeds:
  - name: caps
    config:
      column_types:
        list_name: string
        cap: bigint
        share: decimal(9, 4)
        is_used: boolean
        first_date: date
  - name: others
"""
HEADER = b"list_name,cap,share,is_used,first_date,note\n"

ROWS = {
    "sound": (b'win_back,10,0.5,true,2026-01-31,"a, b"\nother,,,,,\n', None),
    "a text for a whole number": (
        b"win_back,10,0.5,true,,\nother,ten,0.5,true,,\n",
        'row 2 (line 3), column cap: "ten" is not a whole number; correct it.',
    ),
    "a comma for a point": (
        b'win_back,10,"0,5",true,,\n',
        'row 1 (line 2), column share: "0,5" is not a number; correct it.',
    ),
    "a word for yes": (
        b"win_back,10,0.5,perhaps,,\n",
        'row 1 (line 2), column is_used: "perhaps" is not true or false; correct it.',
    ),
    "a day that is none": (
        b"win_back,10,0.5,true,2026-02-30,\n",
        'row 1 (line 2), column first_date: "2026-02-30" is not a date such as 2026-01-31; '
        "correct it.",
    ),
    "a field too many": (
        b'win_back,10,0.5,true,,"two\nlines"\nother,1,0.5,true,,a, b\n',
        "row 2 (line 4) has 7 fields and the header 6; a text that holds a comma stands in "
        "double quotes.",
    ),
    "a field too few": (
        b"win_back,10\n",
        "row 1 (line 2) has 2 fields and the header 6; a text that holds a comma stands in "
        "double quotes.",
    ),
}


@pytest.mark.parametrize(("rows", "sentence"), ROWS.values(), ids=ROWS)
def test_an_unsound_row_is_named(tmp_path: Path, monkeypatch, rows, sentence):
    monkeypatch.chdir(tmp_path)
    seeds = Path("seeds")
    seeds.mkdir()
    (seeds / "_seeds.yml").write_text(TYPES)
    (seeds / "others.csv").write_bytes(b"a,b\n1,2\n")
    (seeds / "caps.csv").write_bytes(HEADER + rows)
    found = find_seed_fault(seeds)
    assert found == (sentence and f"seeds/caps.csv, {sentence}")


@pytest.mark.parametrize(
    ("raw", "cause"),
    [(b"list_name\n\xff\n", "can't decode byte 0xff"), (b'list_name\n"open\n', "unexpected end")],
)
def test_a_seed_that_is_no_csv_is_named(tmp_path, raw, cause):
    (tmp_path / "caps.csv").write_bytes(raw)
    found = find_seed_fault(tmp_path)
    assert found.startswith(f"{tmp_path}/caps.csv cannot be read as CSV in UTF-8 (")
    assert cause in found


def test_the_seeds_of_the_project_are_sound():
    assert find_seed_fault(REPO_ROOT / "seeds") is None


def test_the_project_makes_every_list_that_the_seed_defines():
    with (REPO_ROOT / "seeds/list_definitions.csv").open(encoding="utf-8", newline="") as file:
        defined = [row["list_name"] for row in csv.DictReader(file)]
    assert sorted(read_yaml(REPO_ROOT / "dbt_project.yml")["vars"]["lists"]) == sorted(defined)
