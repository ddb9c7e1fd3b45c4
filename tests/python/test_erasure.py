"""Who asked to be erased leaves what earlier runs have kept, and nobody else does."""

from __future__ import annotations

import duckdb
import pytest

from targeted_lists.runs.erasure import erase_customers
from targeted_lists.saved.migrations import VERSION


@pytest.fixture
def state(tmp_path):
    """A folder of saved tables: two with customers, one without."""
    folder = tmp_path / "state"
    for name in ("customer_clusters", "list_members"):
        (folder / "shop" / name).mkdir(parents=True)
        for day in ("2026-01-31", "2026-02-28"):
            write(
                folder / "shop" / name / f"{day}.parquet",
                "select unnest(['a', 'b', 'c']) as customer_id, date '2026-01-01' as on_date",
            )
    (folder / "shop" / "centres").mkdir()
    write(folder / "shop/centres/2026-01-31.parquet", "select 'b' as cluster_name")
    return folder


def write(path, sql: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"copy ({sql}) to '{path}' (format parquet)")


def content(folder) -> dict[str, list]:
    return {
        str(path.relative_to(folder)): duckdb.sql(
            f"select * from '{path}' order by all"
        ).fetchall()
        for path in sorted(folder.rglob("*.parquet"))
    }


def test_the_erased_leave_every_kept_table(state):
    before = content(state)
    assert erase_customers("shop", ["b", "nobody"], folder=state) == 4
    after = content(state)
    assert after == {
        name: rows if "centres" in name else [row for row in rows if row[0] != "b"]
        for name, rows in before.items()
    }
    assert erase_customers("shop", ["b"], folder=state) == 0


def test_without_erasures_nothing_changes(state, monkeypatch):
    monkeypatch.chdir(state.parent)
    before = {path: path.stat().st_mtime_ns for path in state.rglob("*.parquet")}
    assert erase_customers("shop", [], folder=state) == 0
    assert {path: path.stat().st_mtime_ns for path in state.rglob("*.parquet")} == before


def test_a_file_that_cannot_be_replaced_is_as_it_was(state, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    before = content(state)
    monkeypatch.setattr("targeted_lists.common.files.os.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        erase_customers("shop", ["b"], folder=state)
    assert content(state) == before


def test_what_a_killed_run_left_is_removed(state):
    """Nobody would look for the erased in a draft."""
    draft = state / "shop/customer_clusters/2026-03-31.draft"
    draft.write_bytes(b"half a table")
    assert erase_customers("shop", [], folder=state) == 0
    assert not draft.exists()
    draft.write_bytes(b"half a table")
    assert erase_customers("shop", ["nobody"], folder=state) == 0
    assert not draft.exists()


def test_a_model_that_cannot_be_opened_is_emptied_and_what_is_said_of_it_stays(state):
    (state / "shop/version").write_text(f"{VERSION}\n")
    path = state / "shop/ml_activity_models/2026-01-31.parquet"
    path.parent.mkdir()
    write(path, "select 'orders' as data_basis, 'no pickle'::blob as fitted")
    assert erase_customers("shop", ["b"], folder=state) == 5
    assert duckdb.sql(f"from '{path}'").fetchall() == [("orders", b"")]
    assert erase_customers("shop", ["b"], folder=state) == 0
