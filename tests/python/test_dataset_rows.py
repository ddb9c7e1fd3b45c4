"""A dataset changes rows of the seeds by files of its own folder, and no other sees them."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import Outcome, Project, query

from targeted_lists.__main__ import main
from targeted_lists.check.command import open_models
from targeted_lists.inputs.dataset_rows import describe_dataset_rows_json, find_dataset_rows
from targeted_lists.inputs.readable import InputError
from targeted_lists.runs.increments import (
    CODE_FILES,
    CODE_FOLDERS,
    find_changed_seed,
    read_code,
)

LINES = "order_id,ordered_at,product_id,quantity,unit_price\nO1,2026-01-01,P1,1,2.00\n"
D = Decimal
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch) -> Write:
    """Return a function that writes files into the folder of a dataset."""
    monkeypatch.chdir(tmp_path)

    def run(dataset: str = "shop", lines: str = LINES, **texts: str | bytes) -> Path:
        folder = tmp_path / "data" / dataset
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "order_lines.csv").write_text(lines, encoding="utf-8")
        for name, text in texts.items():
            content = text if isinstance(text, bytes) else text.encode()
            (folder / {"lists": "lists.csv", "settings": "dataset.yml"}[name]).write_bytes(content)
        return folder

    return run


def rows_of(table: str, sql: str, dataset: str = "shop", **variables: Any) -> list[tuple]:
    """Return rows of a table of the run, built in memory."""
    given = {"dataset": dataset, "data_dir": "data", "adapter": "contract", **variables}
    with duckdb.connect() as connection:
        open_models(connection, given).build(table)
        return connection.execute(sql).fetchall()


LISTS = "select list_name, {} from list_definitions order by priority"


def test_a_list_has_what_its_row_says_and_else_what_the_project_says(write):
    write(lists='List_Name,capacity,offer,budget\nwin_back,120,"20 % off, a week",none\n\n')
    columns = "capacity, offer, offer_ru, budget, contact_cost, purpose_ru is null"
    rows = {row[0]: row[1:] for row in rows_of("list_definitions", LISTS.format(columns))}
    assert len(rows) == 7
    # The offer's Russian was that of another offer.
    assert rows["win_back"] == (120, "20 % off, a week", None, None, D("0.0200"), False)
    assert rows["cross_sell"][0] == 500
    assert rows["cross_sell"][3] == 400


def test_what_is_assumed_of_a_list_is_said_there_too(write):
    write(lists="list_name,added_probability\nwin_back,0.05\n")
    sql = "select * from list_priors where list_name = 'win_back'"
    assert rows_of("list_priors", sql) == [
        ("win_back", "assumed", D("0.080000"), D("0.050000"), D("0.020000"))
    ]


def test_a_list_of_the_shops_own_has_a_model_and_a_name(write, tmp_path, repo_root):
    header = (repo_root / "seeds/list_definitions.csv").read_text("utf-8").splitlines()[0]
    row = "cards,Sell cards,,marketing,rfm,score,email,A card,,9,50,60,14,0.02,0,,0,false,lift"
    whole = f"{header},baseline_probability,added_probability,smallest_effect\n{row},0.2,0.02,0.01"
    folder = write(lists=whole)
    with pytest.raises(InputError, match="there is no list cards, for no model candidates_cards"):
        find_dataset_rows(folder, "contract", ["win_back"])
    for name in ("dbt_project.yml", "seeds", "models", "macros"):
        (tmp_path / name).symlink_to(repo_root / name)
    own = tmp_path / "models"
    own.unlink()
    (own / "marts").mkdir(parents=True)
    for path in (repo_root / "models/marts").iterdir():
        (own / "marts" / path.name).symlink_to(path)
    (own / "candidates_cards.sql").write_text("select 1", encoding="utf-8")
    with pytest.raises(InputError, match=r"the var lists does not name cards; write `vars: {l"):
        find_dataset_rows(folder, "contract", ["win_back"])
    found = find_dataset_rows(folder, "contract", ["win_back", "cards"])
    assert {seed: len(rows.rows) for seed, rows in found.items()} == {
        "list_definitions": 1,
        "list_priors": 1,
    }
    write(lists=f"{header}\n{row}")
    with pytest.raises(InputError, match="is new and lacks baseline_probability, added_prob"):
        find_dataset_rows(folder, "contract", ["win_back", "cards"])


def test_a_message_costs_what_the_dearest_channel_of_its_list_does(write):
    write(settings="costs: {email: 0.01}\ncontact_caps: {email: 3}\n")
    costs = dict(rows_of("list_definitions", LISTS.format("contact_cost")))
    # By sms or e-mail: what a message by sms costs is not said.
    assert (costs["win_back"], costs["second_purchase"]) == (D("0.01"), D("0.06"))
    assert dict(
        rows_of("contact_channels", "select channel, contact_cap from contact_channels")
    ) == {
        "email": 3,
        "sms": 1,
        "phone": 1,
    }
    write(
        settings="costs: {email: 0.01, sms: 0.03}\n", lists="list_name,contact_cost\nwin_back,1\n"
    )
    costs = dict(rows_of("list_definitions", LISTS.format("contact_cost")))
    assert (costs["win_back"], costs["second_purchase"]) == (1, D("0.03"))


def test_a_list_has_the_offers_that_the_shop_names(write):
    texts = (
        "offers:\n"
        "  win_back:\n"
        "    gift: {offer: A gift, offer_cost: 2.5}\n"
        "    percent_off: {offer: 20 % off, offer_ru: Скидка 20 %, offer_cost: '4.00'}\n"
    )
    sql = (
        "select list_name, variant, offer, offer_ru, offer_cost from list_offers "
        "where dataset = '{}' order by all"
    )
    write(settings=texts)
    assert rows_of("list_offers", sql.format("shop")) == [
        ("win_back", "gift", "A gift", None, D("2.5")),
        ("win_back", "percent_off", "20 % off", "Скидка 20 %", D("4")),
    ]
    # The offers of the seed for a dataset are those of a list only where it names none.
    write("sample", settings=texts)
    assert rows_of("list_offers", sql.format("sample"), "sample") == [
        ("cross_sell", "gift", "A gift with a matching product", *SAMPLE_GIFT),
        ("cross_sell", "percent_off", "10 % off a matching product", *SAMPLE_PERCENT),
        ("win_back", "gift", "A gift", None, D("2.5")),
        ("win_back", "percent_off", "20 % off", "Скидка 20 %", D("4")),
    ]


SAMPLE_GIFT = ("Подарок к подходящему товару", D("1.8"))
SAMPLE_PERCENT = ("Скидка 10 % на подходящий товар", D("1.8"))


def test_codes_of_services_are_those_of_the_shop(write):
    settings = """
service_codes:
  "VERSAND%": delivery
  "COUPON%": {service: coupon, money_off: true}
  TIP: goods
"""
    codes = ("P1", "VERSAND-DE", "COUPON5", "TIP", "GIFTWRAP")
    lines = LINES.splitlines()[0] + "\n"
    lines += "".join(
        f"O{place},2026-01-0{place + 1},{code},1,{-1 if code == 'COUPON5' else 2}\n"
        for place, code in enumerate(codes)
    )
    write(lines=lines, settings=settings)
    sql = "select product_id, decision, reason from int_order_lines_validated order by order_id"
    assert rows_of("int_order_lines_validated", sql) == [
        ("P1", "accepted", "anonymous sale"),
        ("VERSAND-DE", "accepted_not_modelled", "service: delivery"),
        ("COUPON5", "accepted", "service: coupon"),
        ("TIP", "accepted", "anonymous sale"),
        ("GIFTWRAP", "accepted_not_modelled", "service: gift wrapping"),
    ]
    given = {"dataset": "shop", "data_dir": "data", "adapter": "contract"}
    with duckdb.connect() as connection:
        models = open_models(connection, given)
        assert models.fetch(
            "select code, {{ is_service('code') }} from (values ('VERSAND-DE'), ('COUPON5'), "
            "('TIP'), ('GIFTWRAP')) as codes (code)"
        ) == [("VERSAND-DE", True), ("COUPON5", False), ("TIP", False), ("GIFTWRAP", True)]


def test_two_datasets_in_turn_do_not_see_each_others_rows(write):
    write("first", lists="list_name,capacity\nwin_back,120\n")
    write("second")
    capacity = "select capacity from list_definitions where list_name = 'win_back'"
    assert rows_of("list_definitions", capacity, "first") == [(120,)]
    assert rows_of("list_definitions", capacity, "second") == [(500,)]
    assert rows_of("list_definitions", capacity, "first") == [(120,)]


def test_a_change_of_them_has_another_checksum(write):
    def checksums() -> dict[str, str]:
        return json.loads(describe_dataset_rows_json("data", "shop", "contract", '["win_back"]'))[
            "checksums"
        ]

    write(settings="currency: EUR\n")
    assert checksums() == {}
    write(settings="service_codes: {AB: delivery}\n")
    before = checksums()
    assert before.keys() == {"service_codes"}
    write(settings="service_codes: {AC: delivery}\n")
    assert checksums()["service_codes"] != before["service_codes"]


def test_what_is_said_of_lists_makes_no_other_order_lines(repo_root):
    code = read_code(repo_root, CODE_FOLDERS, files=CODE_FILES)
    of_lists = ["list_definitions", "list_priors", "contact_channels"]
    assert find_changed_seed(of_lists, code) is None
    assert find_changed_seed(["service_codes"], code) == "the seed service_codes has changed"


SENTENCES = {
    "an empty file": ({"lists": ""}, "lists.csv is empty; its first line names columns"),
    "blank lines": ({"lists": "\n ,\n"}, "lists.csv is empty"),
    "bytes that are no text": (
        {"lists": b"list_name\n\xff\xfe"},
        "cannot be read as CSV in UTF-8",
    ),
    "an open quote": ({"lists": 'list_name,offer\nwin_back,"x'}, "cannot be read as CSV in UTF-8"),
    "another delimiter": (
        {"lists": "list_name;capacity\nwin_back;5\n"},
        "lists.csv has one column only, for its fields are not parted by commas; save it so.",
    ),
    "no name of a list": (
        {"lists": "list,capacity\nwin_back,5\n"},
        "lists.csv has no column list_name in its first line; rename or add it.",
    ),
    "an unknown column": (
        {"lists": "list_name,capacities\nwin_back,5\n"},
        "lists.csv has the unknown column 'capacities'; it may have capacity.",
    ),
    "a column twice": (
        {"lists": "list_name,offer,offer\nwin_back,a,b\n"},
        "lists.csv has the column offer twice; leave one out.",
    ),
    "a field too many": (
        {"lists": "list_name,offer\nwin_back,a, b\n"},
        "lists.csv, row 1 has 3 fields and the header 2; a text that holds a comma stands in",
    ),
    "a row without a name": (
        {"lists": "list_name,capacity\n,5\n"},
        "lists.csv, row 1 names no list in list_name; write its name.",
    ),
    "a list twice": (
        {"lists": "list_name,capacity\nwin_back,5\nwin_back,6\n"},
        "lists.csv, row 2 is about win_back, as row 1 is; leave one out.",
    ),
    "an unknown list": (
        {"lists": "list_name,capacity\nwinback,5\n"},
        "lists.csv, row 1: there is no list winback, for no model candidates_winback says who "
        "might be in it; did you mean win_back?",
    ),
    "a word for a number": (
        {"lists": "list_name,capacity\nwin_back,many\n"},
        "lists.csv, row 1: capacity is a whole number from 1 on, not 'many'.",
    ),
    "a comma for a point": (
        {"lists": 'list_name,offer_cost\nwin_back,"2,50"\n'},
        "lists.csv, row 1: offer_cost is an amount from 0 on, such as 2.50, not '2,50'.",
    ),
    "an unknown channel": (
        {"lists": "list_name,channel\nwin_back,post\n"},
        "lists.csv, row 1: channel 'post' is none of email, sms, phone",
    ),
    "a probability that is none": (
        {"lists": "list_name,baseline_probability\nwin_back,0.99\n"},
        "lists.csv, row 1: baseline_probability, and that with added_probability, are from 0 to 1",
    ),
    "a priority twice": (
        {"lists": "list_name,priority\nwin_back,1\n"},
        "lists.csv: retain_declining and win_back have the same priority 1; give each its own.",
    ),
    "a code that is a number": (
        {"settings": "service_codes: {4711: delivery}\n"},
        "dataset.yml: the code 4711 in service_codes is no text; write it in double quotes.",
    ),
    "a code of everything": (
        {"settings": 'service_codes: {"%": delivery}\n'},
        "dataset.yml: the code '%' in service_codes stands for every product; name some of them.",
    ),
    "a service that is none": (
        {"settings": "service_codes: {AB: [delivery]}\n"},
        "dataset.yml: what 'AB' in service_codes stands for is written as `delivery` or as",
    ),
    "money off that is none": (
        {"settings": "service_codes: {AB: {service: coupon, money_off: perhaps}}\n"},
        "dataset.yml: money_off of 'AB' in service_codes is true or false.",
    ),
    "a cost that is none": (
        {"settings": "costs: {email: cheap}\n"},
        "dataset.yml: costs of email is an amount from 0 on, such as 0.02, not 'cheap'.",
    ),
    "a cost of no channel": (
        {"settings": "costs: {win_back: 2}\n"},
        "dataset.yml: costs names win_back, which is no channel (email, sms, phone); what a list "
        "costs stands in lists.csv (contact_cost, offer_cost).",
    ),
    "half a cap": (
        {"settings": "contact_caps: {email: 1.5}\n"},
        "dataset.yml: contact_caps of email is a whole number from 0 on, not 1.5.",
    ),
    "an offer without a cost": (
        {"settings": "offers: {win_back: {gift: {offer: A gift}}}\n"},
        "dataset.yml: the offer gift of win_back lacks offer_cost.",
    ),
    "an offer of no list": (
        {"settings": "offers: {winback: {gift: {offer: A gift, offer_cost: 2}}}\n"},
        "dataset.yml: offers names winback, which is no list (retain_declining, win_back,",
    ),
    "a cost of an offer with a comma": (
        {"settings": "offers: {win_back: {gift: {offer: A gift, offer_cost: '2,50'}}}\n"},
        "dataset.yml: of the offer gift of win_back, offer_cost is an amount from 0 on, such as "
        "2.50, not '2,50'.",
    ),
    "an offer that is a number": (
        {"settings": "offers: {win_back: {20: {offer: A gift, offer_cost: 2}}}\n"},
        "dataset.yml: the name 20 of an offer of win_back is no text; write it in double quotes",
    ),
    "an offer with a further word": (
        {"settings": "offers: {win_back: {gift: {offer: A gift, cost: 2}}}\n"},
        "dataset.yml: the offer gift of win_back may have offer, offer_ru, offer_cost, not cost.",
    ),
    "offers that are none": (
        {"settings": "offers: {win_back: A gift}\n"},
        "dataset.yml: offers of win_back is a list of `name: {offer: A gift, offer_cost: 2.50}` "
        "lines, not 'A gift'.",
    ),
    "costs that are a list": (
        {"settings": "costs: [0.1]\n"},
        "dataset.yml: costs is a list of `name: value` lines, one below another.",
    ),
}


@pytest.mark.parametrize(("texts", "sentence"), SENTENCES.values(), ids=SENTENCES)
def test_what_cannot_be_used_is_one_sentence_before_anything_is_built(
    write, capsys, texts, sentence
):
    write(**texts)
    assert main(["check", "--dataset", "shop"]) == 1
    told = capsys.readouterr().out
    assert sentence in " ".join(told.split())
    # A run of dbt stops by the same.
    given = {"dataset": "shop", "data_dir": "data", "adapter": "contract"}
    with duckdb.connect() as connection:
        fault = open_models(connection, given).render("{{ check_inputs() or '' }}").strip()
    assert sentence in fault
    assert "\n" not in fault


def test_a_folder_in_place_of_the_lists_is_named(write):
    (write() / "lists.csv").mkdir()
    with pytest.raises(InputError, match=r"lists\.csv is not a file"):
        find_dataset_rows(Path("data/shop"), "contract")


def test_the_lists_are_no_file_that_is_ignored(write, capsys):
    write(lists="list_name,capacity\nwin_back,120\n")
    main(["check", "--dataset", "shop", "--json"])
    assert json.loads(capsys.readouterr().out)["ignored_files"] == []


def test_the_command_writes_what_a_dataset_has_otherwise(write, capsys):
    folder = write()
    options = ["list", "--dataset", "shop", "--list", "win_back"]
    assert main([*options, "--capacity", "200"]) == 0
    assert "win_back has capacity 200. Next: targeted-lists lists --dataset shop" in " ".join(
        capsys.readouterr().out.split()
    )
    assert main([*options, "--offer-cost", "2.00", "--offer", "Tea, for you"]) == 0
    assert main(["list", "--dataset", "shop", "--list", "cross_sell", "--capacity", "9"]) == 0
    text = (folder / "lists.csv").read_text(encoding="utf-8")
    assert text == (
        'list_name,capacity,offer,offer_cost\nwin_back,200,"Tea, for you",2.00\ncross_sell,9,,\n'
    )
    capsys.readouterr()
    assert main([*options, "--capacity", "many"]) == 1
    assert "capacity is a whole number from 1 on" in capsys.readouterr().out
    assert main(options) == 1
    assert "Nothing is said of win_back; say what is otherwise" in capsys.readouterr().out
    assert (folder / "lists.csv").read_text(encoding="utf-8") == text


def test_dbt_loads_the_rows_and_is_told_the_vars(project: Project):
    folder = project.folder / "data/own"
    folder.mkdir()
    (folder / "order_lines.csv").write_text(LINES, encoding="utf-8")
    (folder / "lists.csv").write_text("list_name,capacity\nwin_back,120\n", encoding="utf-8")

    def settle(code: str) -> None:
        text = f"vars: {{minimum_age: 21, contact_cap: 5}}\nservice_codes: {{{code}: delivery}}\n"
        (folder / "dataset.yml").write_text(text, encoding="utf-8")

    def load(**variables: object) -> Outcome:
        seeds = ("list_definitions", "service_codes", "contact_channels")
        command = ("build", "--resource-type", "seed", "--select", *seeds)
        return project.dbt(*command, dataset="own", **variables)

    settle("AB")
    # A var that the command line names is as it says there.
    stopped = load(contact_cap=4)
    assert not stopped.success
    (sentence,) = stopped.failures
    given = json.loads(sentence.partition("add --vars '")[2].partition("'")[0])
    assert given == {"dataset": "own", "minimum_age": 21, "contact_cap": 4}
    assert "dataset.yml of own sets minimum_age, which dbt is told by the command" in sentence
    given.pop("dataset")

    loaded = load(**given)
    assert loaded.success, loaded.failures
    rows = query(
        project.warehouse("own"), "select list_name, capacity from seeds.list_definitions"
    )
    assert len(rows) == 7
    assert dict(rows)["win_back"] == 120
    codes = "select service from seeds.service_codes where code_pattern = '{}'"
    assert query(project.warehouse("own"), codes.format("AB")) == [("delivery",)]

    # The same again is no change; another code makes the lines others.
    said = "Order lines are rebuilt from all their files: the seed service_codes has changed."
    assert said not in load(**given).messages
    (folder / "lists.csv").unlink()
    assert said not in load(**given).messages
    rows = query(
        project.warehouse("own"), "select list_name, capacity from seeds.list_definitions"
    )
    assert dict(rows)["win_back"] == 500
    settle("AC")
    assert said in load(**given).messages
    assert query(project.warehouse("own"), codes.format("AB")) == []
