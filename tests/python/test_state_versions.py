"""State that an earlier version left is read as it was meant; what was secret becomes so."""

from __future__ import annotations

import contextlib
import shutil
from collections import Counter
from datetime import date
from pathlib import Path

import duckdb
import pytest
from conftest import REPO_ROOT
from exported import read_assignments, read_campaigns

from targeted_lists.runs import run_start
from targeted_lists.runs.erasure import erase_customers
from targeted_lists.saved import migrations, salt
from targeted_lists.saved.migrations import StateError
from targeted_lists.saved.salt import PUBLIC_SALT, SALT_FILE
from targeted_lists.saved.tables import open_state, read_latest

# Kept by the commit f610dc9 of a made-up shop of 447 customers, some of them named by e-mail.
STATE_V0 = REPO_ROOT / "tests/data/state_v0"
DAY = date(2026, 7, 1)
MODELS = ("ml_activity_models", "ml_response_models")
# Tables that have another name since, and those that the next run makes again.
RENAMED = {"classifier_models": "ml_activity_models", "responder_models": "ml_response_models"}
CODES = {"receipts": "orders", "answers": "responses"}
GONE = ("cluster_measures", "cluster_models", "feature_choices")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project's folder with state of version 0, as everyone could read it."""
    shutil.copytree(STATE_V0, tmp_path / "state/shop")
    (tmp_path / "exports/shop/win_back_2026-07-01_csv").mkdir(parents=True)
    exported = tmp_path / "exports/shop/win_back_2026-07-01_csv/win_back_2026-07-01_csv.csv"
    exported.write_text("customer_id,contact\n")
    for path in tmp_path.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return tmp_path


def rows_of(state: Path) -> dict[str, list]:
    """Return the rows of every saved table without the models themselves."""
    saved = {}
    with duckdb.connect() as connection:
        for path in sorted(state.rglob("*.parquet")):
            rows = connection.from_parquet(str(path))
            columns = [f'"{name}"' for name in rows.columns if name != "fitted"]
            name = path.relative_to(state).as_posix()
            saved[name] = rows.project(", ".join(columns)).order("all").fetchall()
    return saved


def modes(*folders: Path) -> set[tuple[bool, str]]:
    paths = [path for folder in folders for path in [folder, *folder.rglob("*")]]
    return {(path.is_dir(), oct(path.stat().st_mode & 0o777)) for path in paths}


def test_history_arms_and_frozen_lists_are_what_they_were(folder):
    state = folder / "state"
    before = rows_of(state / "shop")
    assert len(before) == 12
    with open_state("shop", folder=state, exports=folder / "exports"):
        pass
    after = rows_of(state / "shop")
    moved = {
        name.replace(table, RENAMED.get(table, table)): rows
        for name, rows in before.items()
        if (table := name.split("/")[0]) not in GONE
    }
    assert len(moved) == 10
    assert set(after) == set(moved)
    # Codes that have another name since.
    assert {
        name: Counter(tuple(CODES.get(one, one) for one in row) for row in rows)
        for name, rows in moved.items()
    } == {name: Counter(rows) for name, rows in after.items()}
    arms = read_assignments("shop", before=date.max, folder=state)["arm"].value_counts()
    assert arms.to_dict() == {"treatment": 33, "control": 5}
    (campaign,) = read_campaigns("shop", before=date.max, folder=state).to_dict("records")
    assert campaign["exported_to"] == "csv"
    assert (campaign["members"], campaign["controls"], campaign["erased_customers"]) == (33, 5, 0)
    history = read_latest("shop", "list_member_history", as_of_date=DAY, folder=state)
    assert len(history) == 258
    hashed = history["customer_id"].str.fullmatch("c_[0-9a-f]{32}")
    assert hashed.sum() == 6


def test_what_everyone_could_read_is_closed(folder):
    with open_state("shop", folder=folder / "state", exports=folder / "exports"):
        pass
    closed = modes(folder / "state/shop", folder / "exports/shop")
    assert closed == {(True, "0o700"), (False, "0o600")}


def test_the_salt_of_all_stays_with_a_warning(folder):
    with contextlib.chdir(folder):
        for _ in range(2):
            sentence = run_start.start_state("shop")
            assert "hashed with a salt that everybody knows" in sentence
        assert run_start.ensure_salt("shop") == PUBLIC_SALT
    assert (folder / "state/shop" / SALT_FILE).read_text() == PUBLIC_SALT + "\n"


def test_no_pickle_is_opened_and_the_model_is_fitted_again(folder, monkeypatch):
    """Not by the migration, by an erasure or by a fit, whatever the file says of itself."""

    def fail(*_, **__):
        raise AssertionError("a pickle was opened")

    from targeted_lists.learning import models

    for module in ("pickle.loads", "pickle.load", "pickle.Unpickler"):
        monkeypatch.setattr(module, fail)
    path = folder / "state/shop/ml_activity_models/2026-07-01.parquet"
    saved = read_latest("shop", "classifier_models", as_of_date=DAY, folder=folder / "state")
    assert bytes(saved["fitted"].iloc[0]).startswith(b"\x80\x05")
    assert "of a form no longer opened" in models.find_unreadable(saved)
    with open_state("shop", folder=folder / "state"):
        pass
    with duckdb.connect() as connection:
        assert set(
            connection.execute(f"select fitted from read_parquet('{path}')").fetchall()
        ) == {(b"",)}
    emptied = models.read_saved(
        "shop", "ml_activity_models", "orders", as_of_date=DAY, folder=folder / "state"
    )
    assert "of a form no longer opened" in models.find_unreadable(emptied)
    # What is said of a model stays where the model itself is gone.
    before = rows_of(folder / "state/shop")["ml_activity_models/2026-07-01.parquet"]
    erase_customers("shop", ["C00007"], folder=folder / "state", exports=folder / "e")
    assert rows_of(folder / "state/shop")["ml_activity_models/2026-07-01.parquet"] == before


def test_a_later_version_is_refused_and_a_new_state_is_of_this_one(folder):
    version = folder / "state/shop/version"
    version.write_text("99 targeted-lists 9.1.0\n")
    before = rows_of(folder / "state/shop")
    with (
        pytest.raises(
            StateError,
            match=r"by targeted-lists 9\.1\.0 \(its state has version 99",
        ),
        open_state("shop", folder=folder / "state"),
    ):
        pass
    assert rows_of(folder / "state/shop") == before
    with contextlib.chdir(folder):
        told = run_start.start_state_json("shop")
        assert "put back a backup of the folder" in told
    with open_state("other", folder=folder / "state"):
        pass
    assert migrations.read_version(folder / "state/other") == migrations.VERSION


def test_a_new_shop_gets_a_salt_of_its_own_once(tmp_path):
    with contextlib.chdir(tmp_path):
        assert run_start.start_state("shop") is None
        first = run_start.ensure_salt("shop")
        assert run_start.ensure_salt("shop") == first
        assert run_start.ensure_salt("other") != first
        assert len(first) == 32
        assert run_start.ensure_salt("sample") == PUBLIC_SALT
    assert not (tmp_path / "state/sample").exists()
    assert modes(tmp_path / "state") == {(True, "0o700"), (False, "0o600")}


@pytest.mark.parametrize(("content", "sentence"), [(b" \n", "is empty"), (b"\xff", "be read")])
def test_a_lost_salt_is_no_new_salt(tmp_path, content, sentence):
    path = tmp_path / "state/shop" / SALT_FILE
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with contextlib.chdir(tmp_path), pytest.raises(salt.SaltError, match=sentence):
        run_start.start_state("shop")
    assert path.read_bytes() == content
