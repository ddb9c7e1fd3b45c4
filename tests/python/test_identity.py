"""Keys of the files become persons: by e-mail, phone and links, and no further than is sure."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from conftest import World

from targeted_lists.__main__ import main
from targeted_lists.check.command import open_models
from targeted_lists.cli.request import adapter_of, prepare
from targeted_lists.inputs.contacts import contact_address, contact_rules
from targeted_lists.sample import write_sample

CASES = Path(__file__).resolve().parents[1] / "data/cases"
LINES = "order_id,line_number,customer_id,ordered_at,product_id,quantity,unit_price"
CUSTOMERS = "customer_id,registered_at,email,phone,birth_year,gender\n"
LINKS = "customer_id,other_customer_id,status,reason,event_at\n"

Ask = Callable[[str, str], list[tuple]]


def lines_of(*keys: str, day: str = "2026-03-01") -> str:
    """Return an order of each key."""
    return f"{LINES}\n" + "".join(
        f"O{number},1,{key},{day} 10:00:00,P,1,10.00\n" for number, key in enumerate(keys)
    )


def persons_of(ask: Ask) -> set[frozenset[str]]:
    """Return the keys of each person that has several."""
    rows = ask(
        "customer_keys",
        "select list(customer_key) from customer_keys group by customer_id having count(*) > 1",
    )
    return {frozenset(keys) for (keys,) in rows}


def rows_of(pairs: Iterable[tuple[str, str, str]]) -> str:
    """Return the rows of a customers file: key, e-mail and phone."""
    return CUSTOMERS + "".join(f"{key},,{email},{phone},,\n" for key, email, phone in pairs)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("  Ann@Example.COM ", "ann@example.com"),
        ("a.nn+news@gmail.com", "ann@gmail.com"),
        ("ANN@googlemail.com", "ann@gmail.com"),
        ("a.nn+news@example.com", "a.nn+news@example.com"),
        ("(415) 555-2671", "+14155552671"),
        ("'+14155552671", "+14155552671"),
        ("001 415 555 2671", None),
        ("+49 30 901820", "+4930901820"),
        ("no-reply@example.com", None),
        ("000-000-0000", None),
        ("not given", None),
        ("", None),
        (None, None),
    ],
)
def test_a_text_means_an_address(text: str | None, address: str | None) -> None:
    assert contact_address(text, "US") == address
    assert contact_address(address, "US") == address


def test_the_rules_name_the_libraries() -> None:
    assert contact_rules().startswith("1 2.")


def test_one_address_is_one_person_however_it_is_written(world: World) -> None:
    customers = rows_of(
        [
            ("A", "ann@example.com", ""),
            ("B", "ANN@Example.com", ""),
            ("C", "", "(415) 555-2671"),
            ("D", "", "+1 415 555 2671"),
            ("E", "e.ve+shop@gmail.com", ""),
            ("F", "eve@googlemail.com", ""),
            # Dots and what follows a plus are Google's alone.
            ("G", "g.i+shop@example.com", ""),
            ("H", "gi@example.com", ""),
            # An e-mail in the column of phones.
            ("I", "", "ida@example.com"),
            ("J", "ida@example.com", "n/a"),
            ("K", "noreply@example.com", "000 000 0000"),
            ("L", "noreply@example.com", "000 000 0000"),
        ]
    )
    ask = world(order_lines=lines_of(*"ABCDEFGHIJKL"), customers=customers)
    assert persons_of(ask) == {frozenset(pair) for pair in ("AB", "CD", "EF", "IJ")}


def test_orders_of_all_keys_count_together_and_the_oldest_key_names_the_person(
    world: World,
) -> None:
    lines = (
        f"{LINES},customer_email\n"
        "1,1,B,2026-01-05 10:00:00,P,1,10.00,\n"
        "2,1,A,2026-01-09 10:00:00,P,1,20.00,\n"
        "3,1,,2026-02-01 10:00:00,P,1,30.00,Ann@example.com\n"
        "4,1,0,2026-02-01 10:00:00,P,1,40.00,noreply@example.com\n"
        "5,1,,2026-02-02 10:00:00,P,1,50.00,new@example.com\n"
        # A return under another key undoes the person's sale.
        "6,1,A,2026-02-03 10:00:00,P,-1,10.00,\n"
    )
    customers = CUSTOMERS + (
        "A,2026-01-02,ann@example.com,,1990,f\nB,2026-01-05,ANN@EXAMPLE.COM,,1985,m\n"
    )
    ask = world(order_lines=lines, customers=customers)
    sql = (
        "select customer_id, orders, revenue from customer_totals where basis = 'bought' "
        "order by orders desc"
    )
    (ann, guest) = ask("customer_totals", sql)
    assert ann[0] == "A"
    assert ann[1:] == (2, 50)
    assert guest[0].startswith("c_")
    assert guest[1:] == (1, 50)
    # Three keys of one person, and the guest of one.
    keys = ask("customer_keys", "select customer_key, customer_id, linked_by from customer_keys")
    assert sorted(person == "A" for _, person, _ in keys) == [False, True, True, True]
    assert {by for _, person, by in keys if person == "A"} == {None, "email"}
    # Of a birth year nobody is taken for older; a gender that is contradicted is not known.
    assert ask(
        "dim_customers",
        "select birth_year, gender, registered_at::date::varchar from dim_customers "
        "where customer_id = 'A'",
    ) == [(1990, None, "2026-01-02")]
    assert ask(
        "identity_findings", "select finding, subject, key_count from identity_findings order by 1"
    ) == [("different birth years", "A", 2), ("different genders", "A", 2)]


def test_a_contact_of_many_links_nobody_and_is_listed(world: World) -> None:
    case = CASES / "14-shared-phone"
    files = {path.stem: path.read_text(encoding="utf-8") for path in case.glob("*.csv")}
    ask = world(**files)
    assert persons_of(ask) == set()
    assert ask(
        "identity_findings", "select finding, key_count from identity_findings order by 1"
    ) == [("phone of several persons", 2), ("shared contact", 10)]
    lenient = world("{shared_contact_keys: 10}", **files)
    # Different e-mails keep the ten apart all the same.
    assert persons_of(lenient) == set()


def test_a_phone_joins_who_has_no_other_email(world: World) -> None:
    customers = rows_of(
        [
            ("A", "ann@example.com", "+14155552671"),
            ("B", "", "+14155552671"),
            # Two phones would join two e-mails by a key without any.
            ("C", "cy@example.com", "+14155552672"),
            ("D", "", "+14155552672"),
            ("E", "eve@example.com", "+14155552673"),
        ]
    )
    lines = (
        lines_of(*"ABCDE").replace(LINES, f"{LINES},customer_phone").replace("10.00\n", "10.00,\n")
        + "X,1,D,2026-03-02 10:00:00,P,1,10.00,+14155552673\n"
    )
    ask = world(order_lines=lines, customers=customers)
    assert persons_of(ask) == {frozenset("AB")}
    (finding,) = ask(
        "identity_findings", "select finding, subject, key_count from identity_findings"
    )
    assert finding == ("too many keys", "phone", 3)


def test_links_join_and_split_and_the_latest_holds(world: World) -> None:
    customers = rows_of(
        [("A", "ann@example.com", ""), ("B", "ann@example.com", ""), ("C", "", ""), ("D", "", "")]
    )
    links = LINKS + (
        "C,D,same,told us,2026-01-01\n"
        "A,B,different,mother and child,2026-01-05\n"
        # Contradicted by a later row, in the other order.
        "E,F,same,,2026-01-01\nF,E,different,,2026-02-01\n"
        "G,H,different,,2026-01-01\nH,G,,back again,2026-02-01\n"
        "I,I,same,itself,\nI,J,perhaps,,\nI,0,same,,\n"
    )
    ask = world(order_lines=lines_of(*"ABCDEFGHIJ"), customers=customers, customer_links=links)
    assert persons_of(ask) == {frozenset("CD"), frozenset("GH")}
    assert ask(
        "input_ledger",
        "select source_row, reason from input_ledger "
        "where input = 'customer_links' and decision = 'rejected' order by all",
    ) == [
        (7, "the two keys are one"),
        (8, 'status "perhaps" is unknown'),
        (9, "no other_customer_id"),
    ]


@pytest.mark.parametrize("shape", ["chain", "star"])
def test_links_that_join_a_crowd_join_nobody(world: World, shape: str) -> None:
    keys = [f"K{number:03}" for number in range(300)]
    links = LINKS + "".join(
        f"{one if shape == 'chain' else keys[0]},{other},same,,\n"
        for one, other in itertools.pairwise(keys)
    )
    # What e-mails say holds nevertheless.
    customers = rows_of([("K005", "k@example.com", ""), ("K250", "K@example.com", "")])
    ask = world(order_lines=lines_of(*keys), customers=customers, customer_links=links)
    assert persons_of(ask) == {frozenset({"K005", "K250"})}
    assert ask("identity_alert_values", ALERTS) == [("link", 300)]
    twenty = LINKS + "".join(
        f"{one},{other},same,,\n" for one, other in itertools.pairwise(keys[:20])
    )
    ask = world(order_lines=lines_of(*keys), customers=CUSTOMERS, customer_links=twenty)
    assert persons_of(ask) == {frozenset(keys[:20])}


ALERTS = "select subject, value from identity_alert_values"


def test_each_key_is_a_person_where_the_dataset_wants_that(world: World) -> None:
    customers = rows_of([("A", "ann@example.com", ""), ("B", "ann@example.com", "")])
    files = {"order_lines": lines_of(*"ABC"), "customers": customers}
    files["customer_links"] = LINKS + "B,C,same,,\n"
    assert persons_of(world("{identity: key}", **files)) == set()
    assert persons_of(world(**files)) == {frozenset("ABC")}


def test_as_of_an_earlier_day_only_links_count_that_were_known(world: World) -> None:
    customers = CUSTOMERS + ("A,2025-01-01,ann@example.com,,,\nB,2026-02-01,ann@example.com,,,\n")
    links = LINKS + "A,C,same,,2026-02-10\n"
    files = {"customers": customers, "customer_links": links}
    files["order_lines"] = lines_of(*"ABC", day="2026-01-01")
    for day, keys in {"2026-01-31": None, "2026-02-05": "AB", "2026-03-01": "ABC"}.items():
        found = persons_of(world(f"{{as_of_date: {day}}}", **files))
        assert found == ({frozenset(keys)} if keys else set()), day
    # That a sixth key has the contact later changes nothing then.
    later = "".join(f"L{number},2026-02-20,ann@example.com,,,\n" for number in range(4))
    crowded = files | {"customers": customers + later}
    assert persons_of(world("{as_of_date: 2026-02-05}", **crowded)) == {frozenset("AB")}
    assert persons_of(world(**crowded)) == {frozenset("AC")}
    assert world(**files)(
        "customer_keys",
        "select linked_at::date::varchar from customer_keys "
        "where customer_key in ('B', 'C') order by customer_key",
    ) == [("2026-02-01",), ("2026-02-10",)]


def test_a_person_keeps_the_key_that_an_earlier_run_knew(world: World) -> None:
    customers = rows_of([("A", "ann@example.com", ""), ("B", "ann@example.com", "")])
    lines = lines_of("B") + "N,1,A,2025-01-01 10:00:00,P,1,10.00\n"
    files = {"order_lines": lines, "customers": customers}
    named = "select distinct customer_id from customer_keys"
    assert world(**files)("customer_keys", named) == [("A",)]
    # The order of A, which is older, arrives after a run that knew B.
    save("customer_keys", "2026-03-02", "('B', 'B')", "customer_key, customer_id")
    assert world(**files)("customer_keys", named) == [("B",)]
    changes = (
        "select customer_key, customer_id, previous_customer_id, change from customer_key_changes"
    )
    assert world(**files)("customer_key_changes", changes) == [("A", "B", "A", "merged")]
    # As of a day before that run, it had not happened.
    assert world("{as_of_date: 2026-03-01}", **files)("customer_keys", named) == [("A",)]
    # And is split again: the key is the person's that it was before.
    save("customer_keys", "2026-03-03", "('B', 'B'), ('A', 'B')", "customer_key, customer_id")
    files["customer_links"] = LINKS + "B,A,different,,\n"
    assert world(**files)("customer_key_changes", changes) == [("A", "A", "B", "split")]


def test_state_of_a_version_without_persons_names_them_by_its_lists(world: World) -> None:
    customers = rows_of([("A", "ann@example.com", ""), ("B", "ann@example.com", "")])
    save("list_member_history", "2026-03-01", "('B', 'win_back')", "customer_id, list_name")
    ask = world(order_lines=lines_of("A", "B"), customers=customers)
    assert ask("customer_keys", "select distinct customer_id from customer_keys") == [("B",)]


def save(table: str, day: str, rows: str, columns: str) -> None:
    """Write what an earlier run saved of a table."""
    folder = Path("state/shop") / table
    folder.mkdir(parents=True, exist_ok=True)
    duckdb.sql(f"select * from (values {rows}) as saved ({columns})").write_parquet(
        str(folder / f"{day}.parquet")
    )


def test_what_is_known_from_totals_is_added_up(world: World) -> None:
    customers = rows_of([("A", "ann@example.com", ""), ("B", "ann@example.com", "")])
    totals = (
        "customer_id,as_of_date,recency_days,orders,revenue,margin,tenure_days\n"
        "A,2026-03-01,40,3,30.00,9.00,400\nB,2026-03-01,10,1,5.50,,20\nC,2026-03-01,5,1,1,,9\n"
    )
    site = (
        "customer_id,period_start,visits,minutes,pages_per_visit\n"
        "A,2026-02-01,3,10.0,2.0\nB,2026-02-01,1,5.0,6.0\nC,2026-02-01,1,5.0,0.333\n"
    )
    ask = world(customers=customers, customer_totals=totals, site_activity=site)
    assert ask(
        "customer_totals",
        "select customer_id, recency_days, orders, revenue::double, margin::double, tenure_days "
        "from customer_totals where basis = 'bought' order by 1",
    ) == [("A", 10, 4, 35.5, 9.0, 400), ("C", 5, 1, 1.0, None, 9)]
    assert ask(
        "int_site_activity_validated",
        "select customer_id, visits, minutes::double, pages_per_visit::double "
        "from {{ by_person('site_activity') }} as activity order by 1",
    ) == [("A", 4, 15.0, 3.0), ("C", 1, 5.0, 0.333)]


def test_check_says_who_is_one_person(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    customers = rows_of(
        [("A", "ann@example.com", ""), ("B", "ANN@example.com", "")]
        + [(f"K{number}", f"k{number}@example.com", "+4930901820") for number in range(7)]
    )
    world(order_lines=lines_of("A", "B"), customers=customers)
    main(["check", "--dataset", "shop", "--json"])
    notes = " ".join(json.loads(capsys.readouterr().out)["notes"])
    assert "2 keys of customers belong to 1 persons, by e-mail, phone or customer_links" in notes
    assert "1 contacts are of more keys than a person has (7 keys)" in notes


def test_planted_persons_are_found_and_strangers_are_not(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_sample(Path("data/shop"), duplicates=0.05)
    truth = pd.read_csv("data/shop/truth/customers.csv", dtype=str)
    given = prepare("shop", Path("data"), "{}")
    with duckdb.connect() as connection:
        models = open_models(connection, {**given, "adapter": adapter_of(given)})
        models.build("customer_keys")
        found = connection.execute("select customer_key, customer_id from customer_keys").df()
    planted = pairs_of(dict(zip(truth["customer_id"], truth["person_id"], strict=True)))
    joined = pairs_of(dict(zip(found["customer_key"], found["customer_id"], strict=True)))
    assert len(planted) > 150
    # Keys of the erased are in no table.
    known = set(found["customer_key"])
    planted = {pair for pair in planted if pair <= known}
    assert len(joined & planted) >= 0.99 * len(joined)
    assert len(joined & planted) >= 0.95 * len(planted)


def pairs_of(persons: dict[str, str]) -> set[frozenset[str]]:
    """Return each two keys of one person."""
    keys: dict[str, list[str]] = {}
    for key, person in persons.items():
        keys.setdefault(person, []).append(key)
    return {
        frozenset(pair) for group in keys.values() for pair in itertools.combinations(group, 2)
    }
