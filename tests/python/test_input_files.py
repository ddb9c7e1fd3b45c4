"""Files are found whatever the case of their names; none that spares people is overlooked."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from conftest import REPO_ROOT, Project

from targeted_lists.inputs.dataset_folder import find_safety_input
from targeted_lists.inputs.layouts import layout_of
from targeted_lists.inputs.raw_files import describe_inputs_json, find_inputs
from targeted_lists.inputs.readable import InputError

CONTRACT = yaml.safe_load((REPO_ROOT / "dbt_project.yml").read_text())["vars"]["input_contract"]
LINES = (
    "order_id,customer_id,ordered_at,product_id,quantity,unit_price\nO1,C1,2025-01-01,P1,1,2.00\n"
)
CONSENTS = "customer_id,channel,status\nC1,email,granted\n"
CUSTOMERS = "customer_id\nC1\n"


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """The folder of the dataset `shop`, in the current folder, with its order lines."""
    monkeypatch.chdir(tmp_path)
    path = Path("data") / "shop"
    path.mkdir(parents=True)
    (path / "order_lines.csv").write_text(LINES)
    return path


@contextmanager
def as_nobody(tmp_path: Path) -> Iterator[None]:
    """Go on as a user who owns nothing, where root runs the tests."""
    if os.geteuid() != 0:
        yield
        return
    tmp_path.chmod(0o755)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def describe(dataset: str = "shop", adapter: str = "contract") -> dict:
    return json.loads(describe_inputs_json(json.dumps(CONTRACT), "data", dataset, adapter))


def files_of(input_name: str) -> list[str]:
    found = describe()
    assert found["error"] is None, found["error"]
    return [file["source_file"] for file in found["files"] if file["input"] == input_name]


@pytest.mark.parametrize(
    ("name", "input_name", "text"),
    [
        ("Suppressions.csv", "suppressions", CUSTOMERS),
        ("erasures.CSV", "erasures", CUSTOMERS),
        ("CONSENTS_2025.Csv", "consents", CONSENTS),
        ("Consents/January.CSV", "consents", CONSENTS),
        ("Customers.csv", "customers", CUSTOMERS),
        ("Order_Lines_2025.CSV", "order_lines", LINES),
    ],
)
def test_a_file_is_read_whatever_the_case_of_its_name(folder, name, input_name, text):
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    assert name in files_of(input_name)


def test_settings_are_read_whatever_the_case_of_their_name(folder):
    (folder / "order_lines.csv").write_text(LINES.replace(",", ";"))
    (folder / "Dataset.YML").write_text('delimiter: ";"')
    assert files_of("order_lines") == ["order_lines.csv"]


def test_files_that_differ_in_case_alone_are_all_read(folder):
    for name in ("consents.csv", "Consents.csv"):
        (folder / name).write_text(CONSENTS)
    assert files_of("consents") == ["Consents.csv", "consents.csv"]


SAVE = (
    "and would not be read, for it is not named as such a file; save it as {0}.csv (.csv.gz or "
    ".parquet; several as {0}_….csv), or move it out of the folder."
)
MISSED = {
    "a misspelt name": ("supressions.csv", "suppressions"),
    "a blank in a name": ("consents .csv", "consents"),
    "a name in the singular": ("Erasure.csv", "erasures"),
    "a hyphen for a line": ("consents-2025.csv", "consents"),
    "a word before a name": ("shop suppressions.csv", "suppressions"),
    "two endings": ("suppressions.csv.txt", "suppressions"),
    "a document": ("consents.pdf", "consents"),
    "a name without ending": ("erasures", "erasures"),
    "another kind of file in the folder of an input": ("consents/january.pdf", "consents"),
    "a folder in the folder of an input": ("consents/2025/january.csv", "consents"),
    "a misspelt folder": ("Supression/january.csv", "suppressions"),
}


@pytest.mark.parametrize(("name", "input_name"), MISSED.values(), ids=MISSED)
def test_what_looks_like_a_safety_input_stops_the_run(folder, name, input_name):
    (folder / name).parent.mkdir(exist_ok=True, parents=True)
    (folder / name).write_text(CUSTOMERS)
    found = describe()
    shown = name if name.count("/") < 2 and "Sup" not in name else name.rpartition("/")[0]
    assert found["error"] == (
        f"data/shop/{shown} looks like {input_name} {SAVE.format(input_name)}"
    )
    assert found["files"] == []


@pytest.mark.parametrize(
    "name",
    ["customers.txt", "contacts.csv", "products.csv.bak", "events.csv", "releases.csv", "notes"],
)
def test_other_names_are_no_safety_inputs(folder, name):
    (folder / name).write_text(CUSTOMERS)
    found = find_inputs(Path("data"), "shop", layout_of("contract", CONTRACT))
    assert found.ignored_files == [name]


@pytest.mark.parametrize("name", [".consents.csv.swp", "~$consents.xlsx", ".~lock.consents.csv#"])
def test_what_a_program_keeps_next_to_an_open_file_is_none(folder, name):
    (folder / name).write_text("")
    assert describe()["error"] is None


def test_every_input_of_the_contract_is_told_from_the_safety_inputs():
    resembling = {name for name in CONTRACT if find_safety_input(f"{name}.csv")}
    assert resembling == {"consents", "suppressions", "erasures"}


def test_a_safety_input_that_an_adapter_does_not_read_stops_the_run(folder):
    (folder / "online_retail.csv").write_text("")
    (folder / "suppressions.csv").write_text(CUSTOMERS)
    assert describe(adapter="online_retail")["error"] == (
        "data/shop/suppressions.csv looks like suppressions, which the adapter of this dataset "
        "does not read, so nobody would be spared by it; move it out of the folder if that is "
        "right."
    )


@pytest.mark.parametrize("name", ["consents.csv", "Consents", "products.csv.gz"])
@pytest.mark.parametrize("target", ["gone.csv", "{name}"], ids=["dangling", "looping"])
def test_a_link_that_leads_to_nothing_stops_the_run(folder, name, target):
    target = target.format(name=name)
    (folder / name).symlink_to(target)
    assert describe()["error"] == (
        f"data/shop/{name} is a link to {target} and leads to nothing; put the file or folder "
        "there, or remove the link."
    )


def test_a_link_to_a_file_is_read(folder, tmp_path):
    (tmp_path / "elsewhere.csv").write_text(CONSENTS)
    (folder / "consents.csv").symlink_to(tmp_path / "elsewhere.csv")
    assert files_of("consents") == ["consents.csv"]


def test_a_folder_that_is_a_looping_link_is_named(folder):
    Path("data/ring").symlink_to("ring")
    assert describe("ring")["error"] == (
        "data/ring is a link to ring and leads to nothing; put the file or folder there, or "
        "remove the link."
    )


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("order_lines.csv", "data/shop/order_lines.csv"),
        ("consents.csv", "data/shop/consents.csv"),
        ("consents", "data/shop/consents"),
        (".", "data/shop"),
        ("..", "data/shop"),
        ("dataset.yml", "data/shop/dataset.yml"),
    ],
)
def test_what_may_not_be_opened_is_named(folder, tmp_path, name, shown):
    path = folder / name
    if name == "consents":
        path.mkdir()
    elif name not in (".", ".."):
        path.write_text(CONSENTS)
    describe()  # imports what it needs, while it may
    path.chmod(0)
    with as_nobody(tmp_path):
        sentence = describe()["error"]
    path.chmod(0o755)
    if name == "dataset.yml":
        assert sentence.startswith("data/shop/dataset.yml is not readable as YAML (")
    else:
        assert sentence == (
            f"{shown} cannot be opened (Permission denied); see to it that you may read it."
        )


@pytest.mark.parametrize("name", [b"order_lines_\xff.csv", b"consents/\xe9.csv"])
def test_a_name_of_an_input_that_is_no_utf_8_is_named(folder, name):
    path = os.path.join(os.fsencode(folder), name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(LINES)
    shown = name.decode("utf-8", "backslashreplace")
    assert describe()["error"] == f"The name of data/shop/{shown} is no text in UTF-8; rename it."


def test_another_name_that_is_no_utf_8_is_shown_with_its_bytes(folder):
    with open(os.path.join(os.fsencode(folder), b"caf\xe9.txt"), "w"):
        pass
    found = find_inputs(Path("data"), "shop", layout_of("contract", CONTRACT))
    assert found.ignored_files == [r"caf\xe9.txt"]
    (folder / "order_lines.csv").unlink()
    with pytest.raises(InputError, match=r"but caf\\xe9.txt; put one there"):
        find_inputs(Path("data"), "shop", layout_of("contract", CONTRACT))


def test_a_run_of_dbt_stops_as_well(project: Project):
    """By the hook that every run begins with, whoever calls dbt."""
    folder = project.folder / "data" / "overlooked"
    folder.mkdir()
    (folder / "order_lines.csv").write_text(LINES)
    (folder / "supressions.csv").write_text(CUSTOMERS)
    outcome = project.dbt("build", "--select", "staging", dataset="overlooked")
    assert not outcome.success
    assert outcome.failures == [
        f"data/overlooked/supressions.csv looks like suppressions {SAVE.format('suppressions')}"
    ]
    assert outcome.statuses == {}
