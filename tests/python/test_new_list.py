"""`list` writes all that a list of one's own needs, or says in a sentence why not."""

from __future__ import annotations

import contextlib
import csv
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import test_texts
import yaml
from conftest import REPO_ROOT

from targeted_lists.__main__ import main
from targeted_lists.authoring import lineage
from targeted_lists.common import files
from targeted_lists.inputs.dataset_rows import find_dataset_rows

PURPOSE = "Invite those who spend most"
RUSSIAN = {
    "purpose_ru": "Пригласить тех, кто тратит больше всех",
    "offer_ru": "Вечер в магазине",
}
TAKEN = (
    "The list big_spenders is there already (seeds/list_definitions.csv); edit its row and "
    "models/marts/targeting/candidates/candidates_big_spenders.sql, or choose another name."
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's texts, without what draws the lineage: that takes dbt."""
    for name in ("models", "macros", "seeds", "tests/singular"):
        shutil.copytree(REPO_ROOT / name, tmp_path / name)
    shutil.copyfile(REPO_ROOT / "dbt_project.yml", tmp_path / "dbt_project.yml")
    monkeypatch.setattr(lineage, "main", lambda: 0)
    return tmp_path


@pytest.fixture
def write(folder: Path, capsys) -> Callable[..., tuple[int, list[str]]]:
    """Return a function that writes a list: exit code and printed lines."""

    def run(name: str = "big_spenders", **values: str) -> tuple[int, list[str]]:
        options = [
            f"--{column.replace('_', '-')}={value}"
            for column, value in {"purpose": PURPOSE, **values}.items()
        ]
        with contextlib.chdir(folder):
            code = main(["list", f"--list={name}", *options])
        return code, capsys.readouterr().out.splitlines()

    return run


def texts_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def read_seed(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_everything_a_list_needs_is_written_and_nothing_taken_away(folder, write):
    before = texts_of(folder)
    code, lines = write(offer="An evening in the shop, with wine", **RUSSIAN)
    assert code == 0, lines
    after = texts_of(folder)
    new = {
        "models/lists/list_big_spenders.sql",
        "models/marts/targeting/candidates/candidates_big_spenders.sql",
    }
    assert after.keys() - before.keys() == new
    changed = {name for name in before if before[name] != after[name]}
    assert sorted(changed | new) == sorted(line.split(":")[0].strip() for line in lines[1:-1])
    for name in changed - {"dbt_project.yml"}:
        left = iter(after[name].rstrip(b"\r\n").splitlines(keepends=False))
        assert all(line in left for line in before[name].splitlines()), name
        assert (b"\r\n" in after[name]) == (b"\r\n" in before[name]), name
    (row,) = (
        one for one in read_seed(folder, "list_definitions") if one["list_name"] == "big_spenders"
    )
    assert len(row) == 19
    assert row["offer"] == "An evening in the shop, with wine"
    assert (row["priority"], row["source_mart"], row["channel"]) == ("8", "rfm", "email")
    assert [
        one for one in read_seed(folder, "list_priors") if one["list_name"] == row["list_name"]
    ]
    lists = yaml.safe_load((folder / "dbt_project.yml").read_text("utf-8"))["vars"]["lists"]
    assert lists[-2:] == ["replenish", "big_spenders"]
    described = yaml.safe_load((folder / "models/lists/_lists__models.yml").read_text("utf-8"))
    model = described["models"][-1]
    assert model["name"] == "list_big_spenders"
    assert model["description"].strip() == f"{PURPOSE}. One row per customer."
    by_name = {one["name"]: one for one in described["models"]}
    assert model["columns"] == by_name["list_win_back"]["columns"]
    assert lines[-1].endswith("then: targeted-lists lists")


def test_with_its_russian_texts_it_passes_the_tests_of_texts(folder, write, monkeypatch):
    code, lines = write(**RUSSIAN)
    assert code == 0
    assert not [line for line in lines if "Russian it reads" in line]
    monkeypatch.setattr(test_texts, "SEEDS", folder / "seeds")
    monkeypatch.setattr(test_texts, "REPO_ROOT", folder)
    test_texts.test_labels_and_metrics_are_russian()
    test_texts.test_every_text_of_a_seed_has_its_russian_sibling()
    test_texts.test_every_sentence_of_sql_is_translated_and_no_other()
    labels = {
        (row["kind"], row["ru"])
        for row in read_seed(folder, "code_labels")
        if row["code"] == "big_spenders"
    }
    assert labels == {("list_name", RUSSIAN["purpose_ru"]), ("scope", RUSSIAN["purpose_ru"])}


def test_without_russian_the_english_stands_and_it_says_so(folder, write):
    code, lines = write()
    assert code == 0
    assert [line for line in lines if line.startswith("In Russian it reads as in English")]
    row = read_seed(folder, "list_definitions")[-1]
    assert row["purpose_ru"] == ""
    assert (row["offer"], row["offer_ru"]) == ("A personal message", "Личное сообщение")


@pytest.mark.parametrize(
    ("name", "values", "sentence"),
    [
        ("", {}, "A list needs a name"),
        ("Big_spenders", {}, "'Big_spenders' cannot name a table and a file"),
        ("big-spenders", {}, "'big-spenders' cannot name a table and a file"),
        ("../big", {}, "'../big' cannot name a table and a file"),
        ("1st", {}, "'1st' cannot name a table and a file"),
        ("b" * 41, {}, "40 at most."),
        ("win_back", {}, "The list win_back is there already (seeds/list_definitions.csv)"),
        ("members", {}, "models/lists/list_members.sql has that name already"),
        ("priors", {}, "seeds/list_priors.csv has that name already"),
        ("big", {"purpose": " . "}, "The list big has no purpose"),
        ("big", {"purpose": "two\nlines"}, "purpose is one line of text without braces"),
        ("big", {"purpose": "{{ x }}"}, "purpose is one line of text without braces"),
        ("big", {"purpose_ru": "Invite"}, "purpose_ru is the Russian text, not 'Invite'."),
        ("big", {"source_mart": "sales"}, "source_mart 'sales' is none of activity, basket"),
        ("big", {"channel": "post"}, "channel 'post' is none of email, sms, phone"),
        ("big", {"channel": "email email"}, "channel 'email email' names one twice."),
        (
            "big",
            {"priority": "3"},
            "priority 3 is that of second_purchase; the next free one is 8.",
        ),
        ("big", {"priority": "0"}, "priority is a whole number from 1 on, not '0'."),
        ("big", {"capacity": "-5"}, "capacity is a whole number from 1 on, not '-5'."),
        ("big", {"capacity": "many"}, "capacity is a whole number from 1 on, not 'many'."),
        ("big", {"offer_cost": "-1"}, "offer_cost is an amount from 0 on"),
        ("big", {"budget": "nan"}, "budget is an amount from 0 on"),
        ("big", {"ranking": "luck"}, "ranking is expected value or score, not 'luck'."),
    ],
)
def test_what_is_unsound_is_one_sentence_and_writes_nothing(folder, write, name, values, sentence):
    before = texts_of(folder)
    code, lines = write(name, **values)
    assert code == 1
    assert len(lines) == 1
    assert sentence in lines[0]
    assert texts_of(folder) == before


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("dbt_project.yml", "  lists: [", "  lists:\n    ["),
        ("models/lists/_lists__models.yml", "&columns", "&others"),
        ("seeds/list_priors.csv", "smallest_effect", "smallest"),
        ("models/exposures.yml", "exposures:", "exposure:"),
    ],
)
def test_a_file_without_a_place_for_it_is_named_and_nothing_written(folder, write, path, old, new):
    text = (folder / path).read_bytes().decode()
    assert old in text
    (folder / path).write_bytes(text.replace(old, new).encode())
    before = texts_of(folder)
    code, lines = write()
    assert code == 1
    assert path in lines[0]
    assert texts_of(folder) == before


def test_twice_says_that_it_is_there(folder, write):
    assert write()[0] == 0
    before = texts_of(folder)
    assert write() == (1, [TAKEN])
    assert texts_of(folder) == before


def test_a_disk_that_takes_no_more_leaves_everything_as_it_was(folder, write, monkeypatch):
    before, synced = texts_of(folder), []

    def refuse(path: Path) -> None:
        synced.append(path)
        if len(synced) == 4:
            raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(files, "sync_file", refuse)
    code, lines = write()
    assert code == 1
    assert "No list was written" in lines[0]
    assert texts_of(folder) == before


def test_what_was_stopped_between_two_files_is_finished_by_the_next_command(
    folder, write, monkeypatch
):
    replaced, moved = [], os.replace

    def stop(source: Path, target: Path) -> None:
        replaced.append(target)
        if len(replaced) == 4:
            raise OSError(5, "Input/output error", str(target))
        moved(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(files.os, "replace", stop)
        code, lines = write()
    assert code == 1
    assert "run the same command again" in lines[0]
    assert write() == (1, [TAKEN])
    assert not [name for name in texts_of(folder) if name.endswith((".draft", ".journal"))]
    assert (folder / "models/lists/list_big_spenders.sql").exists()
    assert read_seed(folder, "list_definitions")[-1]["list_name"] == "big_spenders"


@pytest.mark.parametrize(
    ("settings", "written"),
    [
        (None, "vars:\n  lists: [{names}]\n"),
        ("currency: EUR\n", "currency: EUR\nvars:\n  lists: [{names}]\n"),
        (
            "vars:  # ours\n    language: ru\n",
            "vars:  # ours\n    lists: [{names}]\n    language: ru\n",
        ),
        ("vars:\n  lists: [win_back]  # one\n", "vars:\n  lists: [win_back, cards]  # one\n"),
    ],
)
def test_a_list_of_a_dataset_with_lists_of_its_own_is_no_other_datasets(
    folder, capsys, settings, written
):
    shop = folder / "data/shop"
    shop.mkdir(parents=True)
    (shop / "lists.csv").write_text("list_name,capacity\nwin_back,120\n", encoding="utf-8")
    if settings:
        (shop / "dataset.yml").write_text(settings, encoding="utf-8")
    before = texts_of(folder)
    with contextlib.chdir(folder):
        code = main(["list", "--dataset=shop", "--list=cards", f"--purpose={PURPOSE}"])
    printed = capsys.readouterr().out.splitlines()
    assert code == 0, printed
    after = texts_of(folder)
    for name in ("dbt_project.yml", "seeds/list_definitions.csv", "seeds/list_priors.csv"):
        assert after[name] == before[name]
    rows = list(csv.DictReader((shop / "lists.csv").open(encoding="utf-8")))
    assert [(row["list_name"], row["capacity"], row["priority"]) for row in rows] == [
        ("win_back", "120", ""),
        ("cards", "500", "8"),
    ]
    assert (rows[1]["smallest_effect"], rows[0]["smallest_effect"]) == ("0.02", "")
    names = yaml.safe_load(after["dbt_project.yml"])["vars"]["lists"]
    text = written.format(names=", ".join([*names, "cards"]))
    assert (shop / "dataset.yml").read_text(encoding="utf-8") == text
    assert printed[1].startswith("  data/shop/lists.csv: A personal message, by email, priority 8")
    assert "  data/shop/dataset.yml: its name in the var lists" in printed
    assert printed[-1].endswith("then: targeted-lists lists --dataset shop")
    with contextlib.chdir(folder):
        assert find_dataset_rows(Path("data/shop"), "contract").keys() == {
            "list_definitions",
            "list_priors",
        }


def test_settings_without_a_place_for_the_name_are_named_and_nothing_written(folder, capsys):
    shop = folder / "data/shop"
    shop.mkdir(parents=True)
    (shop / "lists.csv").write_text("list_name,capacity\n", encoding="utf-8")
    (shop / "dataset.yml").write_text("vars: {language: ru}\n", encoding="utf-8")
    before = texts_of(folder)
    with contextlib.chdir(folder):
        assert main(["list", "--dataset=shop", "--list=cards", f"--purpose={PURPOSE}"]) == 1
    told = " ".join(capsys.readouterr().out.split())
    assert "data/shop/dataset.yml has no place for the var lists; write `lists: [" in told
    assert texts_of(folder) == before
