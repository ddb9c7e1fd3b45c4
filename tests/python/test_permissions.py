"""Consents and suppressions that name a key, an e-mail or a phone, raw or hashed."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from targeted_lists.__main__ import main
from targeted_lists.check.command import open_models
from targeted_lists.cli.request import adapter_of, prepare
from targeted_lists.common.project import read_contract
from targeted_lists.setup.headings import find_input, map_headings

Ask = Callable[[str, str], list[tuple]]
World = Callable[..., Ask]

CONSENTS = "customer_id,email,phone,channel,purpose,status,source,event_at\n"
SUPPRESSIONS = "customer_id,email,phone,reason,event_at\n"
PERMITTED = """
    select customer_id, channel from contact_permissions
    where own_exclusion is null and consent_basis = 'granted'
"""


def sha256(text: str) -> str:
    """Return a contact as advertising platforms take it."""
    return hashlib.sha256(text.encode()).hexdigest()


def orders(*keys: str) -> str:
    """Return a file of one order a key."""
    return "order_id,customer_id,ordered_at,product_id,quantity,unit_price\n" + "".join(
        f'O{number},"{key}",2026-03-01 10:00:00,A,1,10.00\n' for number, key in enumerate(keys)
    )


@pytest.fixture
def world(tmp_path: Path, monkeypatch) -> Iterator[World]:
    """Return a function that writes a dataset, and gives one that asks tables built once."""
    monkeypatch.chdir(tmp_path)
    folder = Path("data/shop")
    folder.mkdir(parents=True)
    with contextlib.ExitStack() as stack:

        def write(variables: str = "{}", **files: str) -> Ask:
            for path in folder.glob("*.csv"):
                path.unlink()
            for name, text in files.items():
                (folder / f"{name}.csv").write_text(text, encoding="utf-8")
            given = prepare("shop", Path("data"), variables)
            connection = stack.enter_context(duckdb.connect())
            models = open_models(connection, {**given, "adapter": adapter_of(given)})

            def ask(table: str, sql: str) -> list[tuple]:
                models.build(table)
                return models.fetch(sql)

            return ask

        yield write


def people(**contacts: str) -> dict[str, str]:
    """Return files of customers with an e-mail and a phone, each of whom bought once."""
    return {
        "order_lines": orders(*contacts),
        "customers": "customer_id,email,phone\n"
        + "".join(f"{key},{contact}\n" for key, contact in contacts.items()),
    }


def granted(*keys: str) -> str:
    """Return rows of grants for every channel."""
    return "".join(f"{key},,,any,marketing,granted,checkout,2026-01-01\n" for key in keys)


def said(status: str, channel: str, **names: str) -> str:
    """Return a row of an event, later than the grants."""
    named = ",".join(names.get(column, "") for column in ("key", "email", "phone"))
    return f"{named},{channel},marketing,{status},mail tool,{names.get('day', '2026-02-01')}\n"


def suppressed(**names: str) -> str:
    """Return a row of a suppression."""
    named = ",".join(names.get(column, "") for column in ("key", "email", "phone"))
    return f"{named},complaint,2026-02-01\n"


def permitted(ask: Ask) -> dict[str, set[str]]:
    """Return who may be written to, by channel."""
    found: dict[str, set[str]] = {"email": set(), "sms": set()}
    for customer, channel in ask("contact_permissions", PERMITTED):
        found[channel].add(customer)
    return found


def bases(ask: Ask) -> dict[tuple[str, str], str]:
    """Return what permits or forbids, by customer and channel."""
    sql = "select customer_id, channel, consent_basis from contact_permissions"
    return {
        (customer, channel): basis for customer, channel, basis in ask("contact_permissions", sql)
    }


def unknown(ask: Ask, name: str = "suppressions") -> tuple:
    """Return named, unknown, near misses, keys, damaged, e-mails, phones, hashes, texts."""
    (found,) = ask("customers_unknown", f"from customers_unknown where input = '{name}'")
    return found[1:]


def unknown_rows(ask: Ask) -> list[tuple]:
    """Return input, row, what is wrong with the name, and the key that it may mean."""
    return ask(
        "unknown_names",
        "select input, source_row, name_kind, near_key from unknown_names order by all",
    )


def test_case_13_names_by_email_who_is_keyed_by_number(world: World) -> None:
    ask = world(
        order_lines=orders("1002", "1003"),
        customers="customer_id,email,phone\n1002,bob@example.com,+447700900002\n"
        "1003,eve@example.com,+447700900003\n",
        consents="customer_id,channel,purpose,status,source,event_at\n"
        "1002,email,marketing,granted,checkout,2026-01-01\n"
        "bob@example.com,email,marketing,withdrawn,mail tool,2026-03-03\n"
        "01003,email,marketing,withdrawn,excel without leading zeros elsewhere,2026-03-03\n"
        "1003,email,marketing,granted,checkout,2026-01-01\n",
    )
    found = bases(ask)
    assert found["1002", "email"] == "consent withdrawn"
    assert found["1003", "email"] == "granted"
    # 01003 stays a key of its own, as everywhere, and is named.
    assert unknown(ask, "consents") == (4, 1, 1, 0, 0, 0, 0, 0, 0)
    assert unknown_rows(ask) == [("consents", 3, "near_miss", "1003")]
    (alert,) = ask(
        "key_alert_values",
        "select finding, value, is_significant from key_alert_values "
        "where check_name = 'unknown customers'",
    )
    assert alert == (
        "1 of 4 customers in consents are known from nowhere else, 1 of them but for leading "
        "zeros, plus or blanks",
        0.25,
        True,
    )


COUNTER = {
    **{f"K{number:02d}": f"k{number}@example.com,+49 30 1234567" for number in range(10)},
    "K10": "family.a@example.com,+4915112345678",
    "K11": "family.b@example.com,0151 12345678",
}


PHONES = [
    *("+4930123456{}", "030 123456{}", "0049 (30) 123456{}", "'+49 30 123456{}"),
    *(lambda n: sha256(f"+4930123456{n}"), lambda n: sha256(f"4930123456{n}").upper()),
]


def test_case_14_a_shared_phone_counts_for_all_who_have_it(world: World) -> None:
    """Each way to write it is tried on a phone of its own, which two families have."""
    shown = [
        form(number) if callable(form) else form.format(number)
        for number, form in enumerate(PHONES)
    ]
    families = {
        f"F{number}{who}": f"f{number}{who}@example.com,+49 30 123 456{number}"
        for number in range(len(PHONES) + 1)
        for who in "ab"
    }
    spared = set(list(families)[-2:])
    yes = CONSENTS + granted(*families)
    ask = world(
        "{default_country: DE}",
        **people(**families),
        consents=yes + "".join(said("withdrawn", "sms", phone=phone) for phone in shown),
    )
    keys = ask("customer_keys", "select distinct customer_id from customer_keys")
    assert {key for (key,) in keys} == families.keys()
    found = permitted(ask)
    assert (found["sms"], found["email"]) == (spared, families.keys())
    # Whoever must be left in peace is written to by no channel, under any key.
    ask = world(
        "{default_country: DE}",
        **people(**families),
        consents=yes,
        suppressions=SUPPRESSIONS + "".join(suppressed(phone=phone) for phone in shown),
    )
    found = permitted(ask)
    assert (found["sms"], found["email"]) == (spared, spared)
    assert unknown(ask)[1] == 0


def test_case_14_a_counter(world: World) -> None:
    yes = CONSENTS + granted(*COUNTER)
    ask = world(**people(**COUNTER), consents=yes + said("withdrawn", "any", phone="+49301234567"))
    found = permitted(ask)
    assert found["sms"] == {"K10", "K11"}
    assert found["email"] == {"K10", "K11"}


def test_a_key_speaks_for_the_person_and_for_the_addresses_it_has(world: World) -> None:
    files = people(**COUNTER)
    yes = CONSENTS + granted(*COUNTER)
    ask = world(
        "{default_country: DE}",
        **files,
        consents=yes + said("withdrawn", "sms", key="K00"),
        suppressions=SUPPRESSIONS + suppressed(key="K10"),
    )
    found = permitted(ask)
    # The counter's phone is that of K00 too, and the family's that of K10; mailboxes are not.
    assert found["sms"] == set()
    assert found["email"] == COUNTER.keys() - {"K10"}


EMAILS = [
    *("ann.lee{}@gmail.com", "ANN.LEE{}@Gmail.com", " annlee{}+news@googlemail.com "),
    *(lambda n: sha256(f"ann.lee{n}@gmail.com"), lambda n: sha256(f"annlee{n}@gmail.com")),
    *(
        lambda n: sha256(f"annlee{n}@gmail.com").upper(),
        lambda n: sha256(f"annlee{n}@googlemail.com"),
    ),
]


@pytest.mark.parametrize("column", ["key", "email", "phone"])
def test_an_email_however_it_is_written_in_whichever_column(world: World, column: str) -> None:
    """Each way to write it is tried on a customer of its own, also typed as a phone."""
    shown = [
        form(number) if callable(form) else form.format(number)
        for number, form in enumerate(EMAILS)
    ]
    customers = {f"A{number}": f"Ann.Lee{number}@gmail.com," for number in range(len(EMAILS))}
    customers["B"] = "annlee0@example.com,"
    ask = world(
        **people(**customers),
        consents=CONSENTS
        + granted(*customers)
        + "".join(said("withdrawn", "email", **{column: email}) for email in shown),
        suppressions=SUPPRESSIONS + "".join(suppressed(**{column: email}) for email in shown),
    )
    found = bases(ask)
    assert {key for key in customers if found[key, "email"] == "granted"} == {"B"}
    sql = "select customer_id from contact_permissions where not is_suppressed"
    assert {key for (key,) in ask("contact_permissions", sql)} == {"B"}
    assert unknown(ask) == (len(EMAILS), 0, 0, 0, 0, 0, 0, 0, 0)


def test_all_keys_of_a_person_are_one(world: World) -> None:
    files = people(A="ann@example.com,", B="ANN@example.com,", C="cas@example.com,")
    yes = CONSENTS + granted("A", "C")
    assert permitted(world(**files, consents=yes))["email"] == {"A", "C"}
    # The other key, the address, and the latest of either scope.
    for event in (
        said("withdrawn", "email", key="B"),
        said("withdrawn", "any", email="ann@example.com"),
        said("withdrawn", "email", key="B")
        + said("granted", "email", email="ann@example.com", day="2026-02-09"),
        # At one time the withdrawal wins.
        said("withdrawn", "email", email="ann@example.com") + said("granted", "email", key="B"),
    ):
        assert permitted(world(**files, consents=yes + event))["email"] == {"C"}, event
    # What the person says later is heard for the address.
    event = said("withdrawn", "email", email="ann@example.com")
    event += said("granted", "email", key="B", day="2026-02-09")
    assert permitted(world(**files, consents=yes + event))["email"] == {"A", "C"}
    # Who names both takes both back, and gives both.
    both = {"key": "B", "email": "ann@example.com"}
    event = said("withdrawn", "email", **both)
    assert permitted(world(**files, consents=yes + event))["email"] == {"C"}
    event += said("granted", "email", **both, day="2026-02-09")
    assert permitted(world(**files, consents=yes + event))["email"] == {"A", "C"}
    # At one time the withdrawal wins.
    event += said("withdrawn", "email", email="ann@example.com", day="2026-02-09")
    assert permitted(world(**files, consents=yes + event))["email"] == {"C"}


def test_a_grant_by_address_is_one_and_expires_like_one(world: World) -> None:
    files = people(A="ann@example.com,", B="bea@example.com,")
    consents = CONSENTS + said("granted", "email", email="ann@example.com", day="2025-03-02")
    assert permitted(world(**files, consents=consents))["email"] == {"A"}
    ask = world("{consent_valid_days: 364}", **files, consents=consents)
    assert bases(ask)["A", "email"] == "consent expired"
    # One scope that has not expired is enough.
    consents += said("granted", "email", key="A")
    ask = world("{consent_valid_days: 364}", **files, consents=consents)
    assert bases(ask)["A", "email"] == "granted"


def test_one_address_withdrawn_leaves_the_other(world: World) -> None:
    files = people(A="old@example.com,", B="ann@example.com,", C="cas@example.com,")
    links = "customer_id,other_customer_id\nA,B\n"
    customers = (
        "customer_id,email,registered_at\nA,old@example.com,2025-01-01\n"
        "B,ann@example.com,2026-01-01\n"
    )
    files |= {"customers": customers, "customer_links": links}
    yes = CONSENTS + granted("A")
    event = said("withdrawn", "email", email="old@example.com")
    # The address that is used is that of the key registered last.
    assert permitted(world(**files, consents=yes + event))["email"] == {"A"}
    event = said("withdrawn", "email", email="ann@example.com")
    assert permitted(world(**files, consents=yes + event))["email"] == set()


def test_two_persons_at_one_address(world: World) -> None:
    # A split: two persons, whatever they share.
    files = people(A="ann@example.com,", B="ann@example.com,")
    files["customer_links"] = "customer_id,other_customer_id,status\nA,B,different\n"
    yes = CONSENTS + granted("A", "B")
    assert permitted(world(**files, consents=yes))["email"] == {"A", "B"}
    ask = world(**files, consents=yes + said("withdrawn", "email", key="A"))
    assert permitted(ask)["email"] == set()


def test_an_email_that_wants_no_sms_is_heard(world: World) -> None:
    files = people(A="ann@example.com,+447700900002", B="bea@example.com,+447700900003")
    yes = CONSENTS + granted("A", "B")
    ask = world(**files, consents=yes + said("withdrawn", "sms", email="ann@example.com"))
    found = permitted(ask)
    assert (found["email"], found["sms"]) == ({"A", "B"}, {"B"})
    ask = world(**files, consents=yes + said("withdrawn", "any", email="ann@example.com"))
    found = permitted(ask)
    assert (found["email"], found["sms"]) == ({"B"}, {"B"})


def test_who_appears_later_with_the_address_is_spared(world: World) -> None:
    consents = CONSENTS + said("withdrawn", "email", email="ann@example.com")
    suppressions = SUPPRESSIONS + suppressed(email=sha256("bea@example.com"))
    ask = world(order_lines=orders("C"), consents=consents, suppressions=suppressions)
    assert unknown(ask) == (1, 1, 0, 0, 0, 0, 0, 1, 0)
    files = people(A="ann@example.com,", B="bea@example.com,", C="cas@example.com,")
    ask = world(**files, consents=consents + granted("A", "B", "C"), suppressions=suppressions)
    assert permitted(ask)["email"] == {"C"}
    assert unknown(ask)[:2] == (1, 0)


def test_a_key_that_is_an_email_is_named_by_it_either_way(world: World) -> None:
    lines = orders("Bob@example.com", "+44 7700 900002", "C")
    yes = "".join(
        f"{key},,,any,marketing,granted,checkout,2026-01-01\n"
        for key in ("bob@example.com", "+447700900002", "C")
    )
    ask = world(order_lines=lines, consents=CONSENTS + yes)
    keys = {key for (key,) in ask("dim_customers", "select customer_id from dim_customers")}
    assert len(keys) == 3
    assert permitted(ask)["email"] | permitted(ask)["sms"] == keys - {"C"}
    for column in ("key", "email"):
        event = said("withdrawn", "any", **{column: "BOB@example.com"})
        later = world(order_lines=lines, consents=CONSENTS + yes + event)
        found = {key for (key, _), basis in bases(later).items() if basis == "consent withdrawn"}
        assert found == found_key(later, "O0")
    ask = world(
        "{default_country: GB}",
        order_lines=lines,
        consents=CONSENTS + yes,
        suppressions=SUPPRESSIONS + suppressed(phone="00447700900002"),
    )
    assert found_key(ask, "O1").isdisjoint(permitted(ask)["sms"])


def found_key(ask: Ask, order: str) -> set[str]:
    """Return the customer of an order."""
    sql = f"select customer_id from fct_orders where order_id = '{order}'"
    return {key for (key,) in ask("fct_orders", sql)}


def test_what_names_nobody_is_counted_by_its_kind(world: World) -> None:
    rows = [
        suppressed(key="A"),
        suppressed(email="ann@example.com"),
        # Known by either is known.
        suppressed(key="Z", email="ann@example.com"),
        suppressed(key="Y"),
        suppressed(key="00123"),
        suppressed(email="nobody@example.com"),
        suppressed(key="nobody@example.com"),
        suppressed(phone="+447700900009"),
        suppressed(phone=sha256("nobody@example.org")),
        suppressed(phone="ann at example"),
        suppressed(email="ann@example"),
        suppressed(key="4.47912E+11"),
        # An e-mail typed as a phone, of nobody.
        suppressed(phone="no.body@example.com"),
    ]
    files = people(A="ann@example.com,", B="bea@example.com,")
    files["order_lines"] = orders("A", "B", "123")
    ask = world(**files, suppressions=SUPPRESSIONS + "".join(rows))
    assert unknown(ask) == (13, 10, 1, 1, 1, 3, 1, 1, 2)
    kinds = [
        "key",
        "near_miss",
        "email",
        "email",
        "phone",
        "hash",
        "text",
        "text",
        "damaged",
        "email",
    ]
    assert unknown_rows(ask) == [
        ("suppressions", row, kind, "123" if kind == "near_miss" else None)
        for row, kind in enumerate(kinds, start=4)
    ]
    (finding,) = ask(
        "key_alert_values",
        "select finding from key_alert_values where check_name = 'unknown customers'",
    )
    assert finding[0] == (
        "10 of 13 customers in suppressions are known from nowhere else: keys with other zeros or "
        "blanks 1, keys 1, damaged keys 1, e-mails 3, phones 1, hashes 1, texts that are no "
        "contact 2"
    )


def test_a_row_that_names_nobody_at_all_is_rejected(world: World) -> None:
    rows = suppressed() + suppressed(email="ann@example.com") + suppressed(key="0")
    rows += suppressed(phone="4.47912E+11") + suppressed(key="4.47912E+11", email="a@example.com")
    ask = world(
        **people(A="ann@example.com,", B="a@example.com,"),
        consents=CONSENTS + granted("A", "B"),
        suppressions=SUPPRESSIONS + rows,
    )
    found = ask(
        "input_ledger",
        "select source_row, decision, reason from input_ledger where input = 'suppressions' "
        "order by source_row",
    )
    assert [(decision, reason) for _, decision, reason in found] == [
        ("rejected", "no customer_id, email, phone"),
        ("accepted", "sound"),
        ("rejected", "no customer_id, email, phone"),
        ("rejected", "phone was damaged by a spreadsheet"),
        ("rejected", "customer_id was damaged by a spreadsheet"),
    ]
    # Whoever objects is heard, whatever is wrong with the row.
    assert permitted(ask)["email"] == set()


def test_no_contact_leaves_the_private_schema(world: World) -> None:
    texts = ["ann@example.com", sha256("bea@example.com"), "+447700900004", "+447700900009"]
    events = "".join(said("withdrawn", "any", key=text) for text in texts)
    events += "".join(said("withdrawn", "any", email=text) for text in texts)
    files = people(A="ann@example.com,", B="bea@example.com,", C=",+44 7700 900004")
    ask = world(**files, consents=CONSENTS + granted("A", "B") + events)
    for table in ("contact_permissions", "consents_resolved", "consent_events", "consent_proofs"):
        rows = ask(table, f"from {table}")
        assert rows
        cells = {str(cell) for row in rows for cell in row}
        assert not [cell for cell in cells if "@" in cell or "+44" in cell or cell in texts], table
    # The profile of the files shows none either.
    profile = ask("source_profile", "select minimum, maximum, most_common from source_profile")
    assert not [cell for row in profile for cell in row if cell in texts or "@" in str(cell)]


def test_the_proof_names_file_and_row(world: World) -> None:
    files = people(A="ann@example.com,", B="bea@example.com,")
    events = granted("A", "B") + said("withdrawn", "email", email="ANN@example.com")
    ask = world(**files, consents=CONSENTS + events)
    found = ask(
        "consent_proofs",
        "select customer_id, scope, status, consent_source, source_file, source_row, is_decisive "
        "from consent_proofs where channel = 'email' order by all",
    )
    assert found == [
        ("A", "address", "withdrawn", "mail tool", "consents.csv", 3, True),
        ("A", "person", "granted", "checkout", "consents.csv", 1, False),
        ("B", "person", "granted", "checkout", "consents.csv", 2, True),
    ]


HEADINGS = {
    "members.csv": "Email Address,First Name,UNSUB_TIME,UNSUB_REASON",
    "unsubscribed.csv": "E-mail,Date",
    "отписки.csv": "Телефон,Дата отписки,Причина",
}


@pytest.mark.parametrize(("name", "heading"), HEADINGS.items(), ids=HEADINGS)
def test_init_reads_whom_a_mail_tool_lists_as_unsubscribed(name: str, heading: str) -> None:
    headings = heading.split(",")
    assert find_input(headings, read_contract(), name) == "suppressions"
    columns = {*map_headings(headings, "suppressions").values()}
    assert columns & {"email", "phone"}
    assert "event_at" in columns


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("Order ID,Email,SKU,Qty,Price,Opt out date", "order_lines"),
        ("Customer ID,Email,City,Unsubscribed at", "customers"),
        ("Customer ID,Email", "customers"),
    ],
)
def test_init_takes_no_other_file_for_one_of_the_unsubscribed(heading: str, expected: str) -> None:
    assert find_input(heading.split(","), read_contract(), "export.csv") == expected


def test_a_file_that_names_nobody_by_any_column_is_refused(world: World, capsys) -> None:
    world(order_lines=orders("A"), suppressions="event_at,reason\n2026-01-01,complaint\n")
    assert main(["check", "--dataset", "shop"]) == 1
    assert (
        "suppressions.csv has no column customer_id, email or phone in its first line; rename or "
        "add it (the file has event_at, reason)."
    ) in capsys.readouterr().out


def test_check_says_how_many_are_named_by_an_address_of_nobody(world: World, capsys) -> None:
    rows = suppressed(email="ann@example.com") + suppressed(phone=sha256("+447700900001"))
    world(**people(A="ann@example.com,"), suppressions=SUPPRESSIONS + rows)
    assert main(["check", "--dataset", "shop"]) == 0
    assert (
        "1 of 2 customers in suppressions are in no order line, customer file or total; 1 hashes "
        "of them are of nobody; see whether who is named is written there as in the other files."
    ) in capsys.readouterr().out
