"""The oracle of identity is right on worlds made by hand, and random worlds hold what they should.

A world here is a table of few rows whose answer is plain; where two answers could be defended, the
name of the test says which one is given.
"""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import fields, replace
from datetime import datetime

import numpy as np
import pytest
import yaml
from conftest import REPO_ROOT
from identity_oracle import (
    GOOGLE,
    Answer,
    answer,
    day_of,
    find_persons,
    kind_of,
    latest_links,
    list_addresses,
    list_names,
    read_address,
)
from identity_worlds import (
    AS_OF,
    DAY_ZERO,
    LARGEST_NUMBER,
    LINK_COLUMNS,
    Consent,
    Customer,
    Link,
    Order,
    Request,
    World,
    draw_world,
    join_worlds,
    sha256,
    shrink_world,
    write_world,
)

from targeted_lists.sample import generate_sample
from targeted_lists.sample.contact_writings import LINK_COLUMNS as SAMPLE_LINK_COLUMNS

CASES = REPO_ROOT / "tests/data/cases"
ANN, BOB = "ann@example.com", "bob@example.com"
PHONE, OTHER_PHONE = "+14155550101", "+14155550102"


def shop(*contacts: tuple[str, str, str], **rows) -> World:
    """Return a world of customers (key, email, phone) that nobody knows since when."""
    return World(customers=tuple(Customer(*one, since=None) for one in contacts), **rows)


def of_persons(world: World) -> set[str]:
    """Return who is one person, each as its keys in one text: {"A B", "C"}."""
    return {" ".join(sorted(person)) for person in find_persons(world)}


def say(subject: str, status: str = "granted", day: int | None = 10, **more: str) -> Consent:
    """Return an event about marketing by e-mail."""
    return Consent(
        subject, **{"channel": "email", "purpose": "marketing", **more}, status=status, day=day
    )


def told(world: World, channel: str = "email") -> dict[str, str]:
    """Return the address, or why there is none, by the keys of each person in one text."""
    right = answer(world)
    found = right.contacts | right.reasons
    return {" ".join(sorted(who)): one for (who, by), one in found.items() if by == channel}


def read_case(folder: str) -> World:
    """Return the files of a case as a world."""

    def rows(name: str) -> list[dict[str, str]]:
        path = CASES / folder / f"{name}.csv"
        return list(csv.DictReader(path.open(encoding="utf-8"))) if path.exists() else []

    def day(text: str) -> int:
        return (datetime.fromisoformat(text) - DAY_ZERO).days

    return World(
        customers=tuple(
            Customer(row["customer_id"], row["email"], row["phone"], None)
            for row in rows("customers")
        ),
        orders=tuple(
            Order(row["order_id"], row["customer_id"], "", "", day(row["ordered_at"]))
            for row in rows("order_lines")
        ),
        consents=tuple(
            Consent(
                row["customer_id"],
                row["channel"],
                row["purpose"],
                row["status"],
                day(row["event_at"]),
            )
            for row in rows("consents")
        ),
        erasures=tuple(
            Request(row["customer_id"], day(row["event_at"])) for row in rows("erasures")
        ),
    )


# --- texts -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" Ann@Example.COM ", ANN),
        ("a.n.n+news@googlemail.com", "ann@gmail.com"),
        ("A.nn@gmail.com", "ann@gmail.com"),
        ("a.nn+news@example.com", "a.nn+news@example.com"),
        ("(415) 555-0101", PHONE),
        ("1-415-555-0101", PHONE),
        ("+1 415 555 0101", PHONE),
        ("+44 (0)7700 900123", "+447700900123"),
        ("011 44 7700 900123", "+447700900123"),
        *(
            (text, None)
            for text in ("", "ann@", "@example.com", "ann@@example.com", "ann@example")
        ),
        *((text, None) for text in ("12345", "call me", "4.47912E+11", "+44", "-", "0", "01003")),
    ],
)
def test_texts_mean_an_address(text, address):
    assert read_address(text) == address


def test_hashes_name_what_is_written():
    world = shop(("A", " Ann.Lee@GMAIL.com", "(415) 555-0101"))
    assert list_names(world) == {
        sha256("ann.lee@gmail.com"): "annlee@gmail.com",
        sha256("annlee@gmail.com"): "annlee@gmail.com",
        sha256("+14155550101"): PHONE,
        sha256("14155550101"): PHONE,
    }


# --- persons ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "is_one"),
    [
        ("Ann.Lee@example.com", " ann.lee@EXAMPLE.com", True),
        ("ann.lee@gmail.com", "annlee+shop@googlemail.com", True),
        ("ann.lee@example.com", "annlee@example.com", False),
        ("ann.lee@example.com", "ann.lee+shop@example.com", False),
        ("ann@", "ann@", False),
        ("", "", False),
    ],
)
def test_one_email_is_one_person(first, second, is_one):
    world = shop(("A", first, ""), ("B", second, ""))
    assert of_persons(world) == ({"A B"} if is_one else {"A", "B"})


@pytest.mark.parametrize(
    ("first", "second", "is_one"),
    [
        ("", "", True),
        (ANN, "", True),
        (ANN, "Ann@Example.com", True),
        (ANN, "ann@", True),
        (ANN, BOB, False),
    ],
)
def test_one_phone_is_one_person_unless_the_emails_differ(first, second, is_one):
    world = shop(("A", first, PHONE), ("B", second, "(415) 555-0101"))
    assert of_persons(world) == ({"A B"} if is_one else {"A", "B"})


def test_a_phone_of_two_emails_joins_nobody_without_an_email_either():
    world = shop(("A", ANN, PHONE), ("B", BOB, PHONE), ("C", "", PHONE))
    assert of_persons(world) == {"A", "B", "C"}


def test_a_chain_of_phones_between_two_emails_joins_nobody():
    between = World(orders=(Order("O", "C", "", OTHER_PHONE, 1),))
    world = join_worlds(
        [shop(("A", ANN, PHONE), ("B", BOB, OTHER_PHONE), ("C", "", PHONE)), between]
    )
    assert of_persons(world) == {"A", "B", "C"}
    without_b = replace(world, customers=(world.customers[0], world.customers[2]))
    assert of_persons(without_b) == {"A C"}


def test_what_an_email_or_a_link_joins_has_its_emails_in_common():
    rows = [("A", ANN, PHONE), ("B", BOB, ""), ("C", BOB, PHONE)]
    assert of_persons(shop(*rows)) == {"A", "B C"}
    assert of_persons(shop(*rows, links=(Link("A", "B", "same", 1),))) == {"A B C"}
    rows.append(("D", "", PHONE))
    assert of_persons(shop(*rows)) == {"A", "B C", "D"}
    assert of_persons(shop(*rows, links=(Link("A", "B", "same", 1),))) == {"A B C D"}


@pytest.mark.parametrize("column", ["email", "phone"])
@pytest.mark.parametrize(("size", "persons"), [(2, 1), (5, 1), (6, 6), (9, 9)])
def test_an_address_of_more_than_five_keys_joins_nobody(column, size, persons):
    contact = {"email": (ANN, ""), "phone": ("", PHONE)}[column]
    world = shop(*((f"K{i}", *contact) for i in range(size)))
    assert len(find_persons(world)) == persons


def test_an_email_of_more_than_five_keys_says_nothing_about_a_phone():
    world = shop(*((f"K{i}", ANN, "") for i in range(5)), ("A", ANN, PHONE), ("B", BOB, PHONE))
    assert "A B" in of_persons(world)
    five = replace(world, customers=world.customers[1:])
    assert of_persons(five) == {"A K1 K2 K3 K4", "B"}


def test_guests_are_customers_by_email():
    orders = (
        Order("O1", "", "Ann@Example.com", "", 1),
        Order("O2", "0", ANN, "", 2),
        Order("O3", "", BOB, "", 3),
        Order("O4", "", "ann@", "", 4),
        Order("O5", "", "", "", 5),
    )
    assert of_persons(World(orders=orders)) == {ANN, BOB}
    assert of_persons(shop(("A", ANN, ""), orders=orders)) == {f"A {ANN}", BOB}


def test_guests_of_one_google_mailbox_are_one_person():
    emails = ("ann.lee@gmail.com", "annlee@gmail.com")
    world = World(orders=tuple(Order(f"O{one}", "", one, "", 1) for one in emails))
    assert of_persons(world) == {"ann.lee@gmail.com annlee@gmail.com"}


def test_contacts_of_orders_join_too():
    orders = (Order("O1", "A", ANN, "", 1), Order("O2", "B", "", PHONE, 2))
    world = shop(("A", BOB, ""), ("C", ANN, ""), ("D", "", PHONE), orders=orders)
    assert of_persons(world) == {"A C", "B D"}


@pytest.mark.parametrize(
    ("links", "persons"),
    [
        ([], {"A B", "C"}),
        ([("A", "C", "same", 1)], {"A B C"}),
        ([("C", "B", "same", None)], {"A B C"}),
        ([("A", "B", "different", 1)], {"A", "B", "C"}),
        ([("A", "B", "different", 1), ("A", "B", "same", 2)], {"A B", "C"}),
        ([("A", "B", "same", 1), ("A", "B", "different", 2)], {"A", "B", "C"}),
        ([("A", "B", "same", 1), ("A", "B", "different", 1)], {"A", "B", "C"}),
        ([("A", "B", "same", 1), ("A", "B", "different", None)], {"A B", "C"}),
        # A key that was split is joined by no address, by later links alone.
        ([("A", "B", "different", 1), ("B", "C", "same", 2)], {"A", "B C"}),
        ([("A", "B", "different", 1), ("B", "C", "same", 1)], {"A", "B", "C"}),
        ([("C", "B", "different", 1)], {"A", "B", "C"}),
        ([("B", "C", "different", 1)], {"A B", "C"}),
    ],
)
def test_links_join_and_split(links, persons):
    rows = [("A", ANN, ""), ("B", ANN, ""), ("C", BOB, "")]
    for ordered in (links, links[::-1]):
        assert of_persons(shop(*rows, links=tuple(Link(*one) for one in ordered))) == persons


def test_a_split_takes_one_key_and_leaves_the_others_together():
    rows = [(key, ANN, PHONE) for key in "ABCD"]
    world = shop(*rows, links=(Link("A", "C", "different", 1),))
    assert of_persons(world) == {"A B D", "C"}


# --- contacts --------------------------------------------------------------------------


def test_a_contact_needs_a_consent_and_an_address():
    world = shop(("A", ANN, ""), ("B", "", PHONE), ("C", "c@example.com", ""))
    world = replace(world, consents=(say("A"), say("B")))
    assert told(world) == {"A": ANN, "B": "no address", "C": "no consent"}
    assert told(world, "sms") == {"A": "no address", "B": "no consent", "C": "no address"}


def test_an_event_of_a_key_holds_for_the_person():
    world = shop(("A", ANN, ""), ("B", "ANN@example.com", PHONE))
    assert told(replace(world, consents=(say("A", channel="any"),)), "sms") == {"A B": PHONE}
    later = (say("A", channel="any"), say("B", "withdrawn", 11))
    assert told(replace(world, consents=later)) == {"A B": "withdrawn"}
    assert told(replace(world, consents=later), "sms") == {"A B": PHONE}


@pytest.mark.parametrize("subject", ["Ann@Example.com ", sha256(ANN)])
def test_an_event_of_an_address_holds_for_it_under_every_key(subject):
    # Two persons with one mailbox.
    world = shop(("A", ANN, ""), ("B", ANN, ""), links=(Link("A", "B", "different", 1),))
    assert told(replace(world, consents=(say(subject),))) == {"A": ANN, "B": ANN}
    withdrawn = (say("A"), say("B"), say(subject, "withdrawn", 11))
    assert told(replace(world, consents=withdrawn)) == {"A": "withdrawn", "B": "withdrawn"}


def test_an_event_of_an_address_does_not_hold_for_the_persons_other_one():
    orders = (Order("O", "A", BOB, "", 1),)
    world = shop(("A", ANN, ""), orders=orders)
    assert told(replace(world, consents=(say(BOB),))) == {"A": "no consent"}
    assert told(replace(world, consents=(say("A"), say(BOB, "withdrawn", 11)))) == {"A": ANN}


@pytest.mark.parametrize(
    ("events", "right"),
    [
        ([("A", "granted", 5), ("A", "withdrawn", 6)], "withdrawn"),
        ([("A", "withdrawn", 5), ("A", "granted", 6)], ANN),
        ([("A", "withdrawn", 5), ("A", "granted", 5)], "withdrawn"),
        ([("A", "granted", None), ("A", "withdrawn", 0)], "withdrawn"),
        ([("A", "withdrawn", None), ("A", "granted", 0)], ANN),
        ([("A", "paused", 5)], "withdrawn"),
        # As of the day a grant of that day is not known yet; a withdrawal counts whenever it is.
        ([("A", "granted", AS_OF - 1)], ANN),
        ([("A", "granted", AS_OF)], "no consent"),
        ([("A", "granted", 5), ("A", "withdrawn", AS_OF + 9)], "withdrawn"),
        # Of a person and of an address: one yes, and no no.
        ([("A", "granted", 5), (ANN, "withdrawn", 6)], "withdrawn"),
        ([("A", "withdrawn", 5), (ANN, "granted", 6)], "withdrawn"),
        ([(ANN, "withdrawn", 5), ("A", "granted", 6)], ANN),
        ([(ANN, "withdrawn", 5), ("A", "granted", 5)], "withdrawn"),
        ([(ANN, "granted", 5), ("A", "withdrawn", 4)], "withdrawn"),
    ],
)
def test_the_latest_event_of_a_scope_holds(events, right):
    for ordered in (events, events[::-1]):
        world = shop(("A", ANN, ""), consents=tuple(say(*one) for one in ordered))
        assert told(world) == {"A": right}


@pytest.mark.parametrize(
    ("more", "right"),
    [
        ({"channel": "any"}, "withdrawn"),
        ({"channel": "sms"}, ANN),
        ({"purpose": ""}, "withdrawn"),
        ({"purpose": "service"}, ANN),
    ],
)
def test_an_event_is_of_its_channel_and_purpose(more, right):
    events = (say("A"), say("A", "withdrawn", 11, **more))
    assert told(shop(("A", ANN, ""), consents=events)) == {"A": right}


def test_who_has_withdrawn_is_not_reached_through_a_shared_address():
    # A family with one phone; A said no, B said yes later.
    world = shop(("A", ANN, PHONE), ("B", BOB, PHONE))
    events = (say("A", "withdrawn", 5, channel="any"), say("B", "granted", 6, channel="any"))
    world = replace(world, consents=events)
    assert told(world, "sms") == {
        "A": "withdrawn",
        "B": "address of somebody who has withdrawn",
    }
    assert told(world) == {"A": "withdrawn", "B": BOB}


@pytest.mark.parametrize("subject", ["A", ANN, "+1 415 555 0101", sha256("14155550101")])
def test_a_suppression_holds_for_the_person_and_closes_the_addresses(subject):
    rows = [("A", ANN, ""), ("A2", "Ann@Example.com", PHONE), ("B", BOB, OTHER_PHONE)]
    yes = (say("A", channel="any"), say("B", channel="any"))
    world = shop(*rows, consents=yes, suppressions=(Request(subject, 5),))
    assert told(world) == {"A A2": "suppressed", "B": BOB}
    assert told(world, "sms") == {"A A2": "suppressed", "B": OTHER_PHONE}
    assert answer(world).suppressed == {"A", "A2"}


def test_a_suppression_of_a_key_closes_a_family_phone_for_the_other():
    yes = (say("A", channel="any"), say("B", channel="any"))
    world = shop(("A", ANN, PHONE), ("B", BOB, PHONE), consents=yes)
    world = replace(world, suppressions=(Request("A", 5),))
    assert told(world, "sms")["B"] == "address of somebody suppressed"
    assert told(world)["B"] == BOB
    by_phone = replace(world, suppressions=(Request(PHONE, 5),))
    assert told(by_phone) == {"A": "suppressed", "B": "suppressed"}


def test_a_suppression_of_an_address_that_is_not_used_holds_too():
    orders = (Order("O", "A", BOB, "", 1),)
    world = shop(("A", ANN, ""), orders=orders, consents=(say("A"),))
    assert told(world) == {"A": ANN}
    assert told(replace(world, suppressions=(Request(BOB, 5),))) == {"A": "suppressed"}


def test_an_erasure_takes_every_key_of_who_has_it():
    rows = [("A", ANN, PHONE), ("A2", ANN, ""), ("B", BOB, PHONE)]
    rows.append(("C", "c@example.com", "+14155552672"))
    world = shop(*rows, consents=tuple(say(one[0]) for one in rows))
    for subject, erased in (
        ("A2", {"A", "A2"}),
        ("ANN@example.com", {"A", "A2"}),
        (sha256(ANN), {"A", "A2"}),
        # Of two persons with an e-mail nobody knows who asked.
        (PHONE, set()),
        ("(415) 555-2672", {"C"}),
        ("nobody", set()),
    ):
        right = answer(replace(world, erasures=(Request(subject, None),)))
        assert right.erased == erased
        assert {key for person, _ in right.contacts for key in person} == {
            *("A", "A2", "B", "C")
        } - erased


def test_the_address_used_is_the_latest_known_of_the_customers_file():
    def used(*customers: tuple, orders: tuple = ()) -> str:
        world = World(
            customers=tuple(Customer(key, email, PHONE, since) for key, email, since in customers),
            orders=orders,
            consents=(say("A"),),
            links=(Link("A", "B", "same", 1),),
        )
        (found,) = told(world).values()
        return found

    order = (Order("O", "A", "o@example.com", "", 90),)
    assert used(("A", ANN, 1), ("B", BOB, 2)) == BOB
    assert used(("A", ANN, 2), ("B", BOB, 1)) == ANN
    assert used(("A", ANN, 1), ("B", BOB, 1)) == BOB
    assert used(("A", ANN, None), ("B", BOB, None)) == BOB
    assert used(("A", ANN, None), ("B", BOB, 0)) == BOB
    assert used(("A", ANN, 1), ("B", "bob@", 2)) == ANN
    assert used(("A", ANN, 1), ("B", "", 2), orders=order) == ANN
    assert used(("A", "", 1), ("B", "", 2), orders=order) == "o@example.com"
    later = (*order, Order("P", "B", "p@example.com", "", 91))
    assert used(("A", "", 1), ("B", "", 2), orders=later) == "p@example.com"


def test_subjects_that_name_nobody_are_named():
    world = shop(("A", ANN, ""), consents=(say("A"), say("0A"), say(ANN), say(sha256(BOB))))
    world = replace(world, suppressions=(Request("4.47912E+11", 1),))
    assert answer(world).unknown == {"0A", sha256(BOB), "4.47912E+11"}
    assert told(world) == {"A": ANN}


# --- the cases -------------------------------------------------------------------------


def test_case_by_email():
    world = read_case("13-by-email")
    right = answer(world)
    assert of_persons(world) == {"1001", "1002", "1003"}
    assert right.erased == {"1001"}
    assert right.unknown == {"01003"}
    assert told(world) == {"1001": "erased", "1002": "withdrawn", "1003": "eve@example.com"}


def test_case_shared_phone():
    world = read_case("14-shared-phone")
    everyone = {f"K{number:02d}" for number in range(12)}
    assert of_persons(world) == everyone
    counter, family = "+4930000000", "+4915100000010"
    yes = tuple(say(key, channel="any") for key in sorted(everyone))
    assert set(told(replace(world, consents=yes), "sms").values()) == {counter, family}
    # Who names the phone speaks for every key that has it.
    for phone, keys in ((counter, everyone - {"K10", "K11"}), (family, {"K10", "K11"})):
        no = replace(world, consents=(*yes, say(phone, "withdrawn", 20, channel="any")))
        assert {key for key, one in told(no, "sms").items() if one == "withdrawn"} == keys
        # Of any channel, so of mail as well.
        assert {key for key, one in told(no).items() if one == "withdrawn"} == keys
        suppressed = replace(world, consents=yes, suppressions=(Request(phone, 20),))
        assert answer(suppressed).suppressed == keys
        assert {key for key, one in told(suppressed).items() if "@" not in one} == keys


def test_persons_of_the_sample_are_those_that_were_planted():
    sample = generate_sample(customers=500, duplicates=0.1)
    rows = sample.inputs["customers"].to_dict("records")
    orders = sample.inputs["order_lines"].drop_duplicates("customer_id")["customer_id"]
    days = {
        text: day for day, text in enumerate(sorted(sample.inputs["customer_links"]["event_at"]))
    }
    world = World(
        customers=tuple(
            Customer(row["customer_id"], row["email"], row["phone"], None)
            for row in rows
            if row["customer_id"]
        ),
        orders=tuple(Order("O", key, "", "", 0) for key in orders),
        links=tuple(
            Link(row.customer_id, row.other_customer_id, row.status, days[row.event_at])
            for row in sample.inputs["customer_links"].itertuples()
        ),
    )
    truth = sample.truth["customers"]
    planted = truth.groupby("person_id")["customer_id"].agg(frozenset)
    known = {key for person in find_persons(world) for key in person}
    assert len(planted) == 525
    assert set(find_persons(world)) == {person & known for person in planted if person & known}
    assert max(len(person) for person in planted) == 3
    assert LINK_COLUMNS == SAMPLE_LINK_COLUMNS


# --- random worlds ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def drawn() -> list[tuple[World, Answer]]:
    worlds = [draw_world(seed, number=seed) for seed in range(200)]
    return [(world, answer(world)) for world in worlds]


def shuffled(world: World, seed: int) -> World:
    """Return the rows of a world in another order."""
    rng = np.random.Generator(np.random.PCG64(seed))
    return World(
        **{
            field.name: tuple(
                getattr(world, field.name)[i]
                for i in rng.permutation(len(getattr(world, field.name)))
            )
            for field in fields(World)
        }
    )


def test_worlds_are_small_and_hold_everything(drawn):
    found = Counter()
    for world, right in drawn:
        sizes = [len(person) for person in right.persons]
        keys_at = Counter(address for own in list_addresses(world).values() for address in own)
        assert sum(sizes) <= 41
        # The project takes persons of more than twenty keys apart.
        assert max(sizes) <= 20
        found["one key"] += 1 in sizes
        found["three keys"] += max(sizes) >= 3
        for size in (5, 6):
            for kind in ("email", "phone"):
                of_kind = [n for address, n in keys_at.items() if kind_of(address) == kind]
                found[f"{kind} of {size} keys"] += size in of_kind
        found["contact"] += bool(right.contacts)
        found["unknown"] += bool(right.unknown)
        for reason in set(right.reasons.values()):
            found[reason] += 1
        found["split"] += any(one.status == "different" for one in world.links)
        found["links of a pair"] += len(latest_links(world.links)) < len(world.links)
        guests = {key for key in list_addresses(world) if "@" in key}
        found["guest with a key"] += any(
            person & guests and person - guests for person in right.persons
        )
        named = {one.subject for one in (*world.consents, *world.suppressions, *world.erasures)}
        found["hash"] += bool(named & set(list_names(world)))
        found["e-mail named"] += any("@" in one and read_address(one) for one in named)
        found["phone named"] += any(one.startswith(("+", "(")) for one in named)
        emails = [one.email for one in world.customers]
        found["Google"] += any(one.strip().lower().endswith(GOOGLE) for one in emails)
        found["damaged"] += any(one and not read_address(one) for one in emails)
        found["phone alone"] += any(one.phone and not one.email for one in world.customers)
    assert min(found.values()) >= 10, found
    assert len(found) == 24


def test_every_key_is_of_one_person(drawn):
    for world, right in drawn:
        keys = [key for person in right.persons for key in person]
        assert len(keys) == len(set(keys))
        assert set(keys) == set(list_addresses(world))


def test_nobody_is_written_to_who_must_not_be(drawn):
    for world, right in drawn:
        addresses = list_addresses(world)
        suppressed = {address for key in right.suppressed for address in addresses[key]}
        forbidden = right.suppressed | right.erased
        for (person, channel), address in right.contacts.items():
            assert not person & forbidden
            assert address not in suppressed
            assert address in {one for key in person for one in addresses[key]}
            assert kind_of(address) == {"email": "email", "sms": "phone"}[channel]
        channels = {(person, channel) for person in right.persons for channel in ("email", "sms")}
        assert set(right.contacts) | set(right.reasons) == channels
        assert not set(right.contacts) & set(right.reasons)


def test_who_is_called_different_is_another_person_unless_later_links_say_else(drawn):
    looked_at = 0
    for world, right in drawn:
        links = latest_links(world.links)
        for link in links:
            later = [one for one in links if one.status == "same" and day_of(one) > day_of(link)]
            if link.status == "different" and not later:
                looked_at += 1
                assert not any({link.key, link.other} <= person for person in right.persons)
    assert looked_at > 50


def test_the_order_of_rows_does_not_matter(drawn):
    for seed, (world, right) in enumerate(drawn[:50]):
        assert answer(shuffled(world, seed)) == right


def test_a_withdrawal_more_never_adds_a_contact(drawn):
    for seed, (world, right) in enumerate(drawn[:50]):
        subject = (world.consents or (say("nobody"),))[seed % max(1, len(world.consents))].subject
        no = Consent(subject, "any", "", "withdrawn", AS_OF)
        after = answer(replace(world, consents=(*world.consents, no)))
        assert set(after.contacts) <= set(right.contacts)
        assert after.persons == right.persons


def test_a_world_is_drawn_again_by_its_seed_and_number():
    assert draw_world(3, number=5) == draw_world(3, number=5)
    assert draw_world(3, number=5) != draw_world(4, number=5)
    for number in (-1, LARGEST_NUMBER + 1):
        with pytest.raises(ValueError, match=f"number is {number}"):
            draw_world(3, number=number)


def test_worlds_of_different_numbers_have_nothing_in_common(drawn):
    together = join_worlds(world for world, _ in drawn[:40])
    right = answer(together)
    parts = [right for _, right in drawn[:40]]
    assert right.persons == frozenset().union(*(part.persons for part in parts))
    assert right.contacts == {who: one for part in parts for who, one in part.contacts.items()}
    assert right.reasons == {who: one for part in parts for who, one in part.reasons.items()}
    assert right.erased == frozenset().union(*(part.erased for part in parts))


def test_a_world_is_written_as_the_contract_has_it(tmp_path, drawn):
    contract = yaml.safe_load((REPO_ROOT / "dbt_project.yml").read_text())["vars"]
    columns = {name: set(kinds) for name, kinds in contract["input_contract"].items()}
    columns["order_lines"] |= set(contract["order_line_extras"])
    columns["customer_links"] = set(LINK_COLUMNS)
    world = next(world for world, _ in drawn if world.customers and world.links)
    world = replace(world, erasures=(Request("A", 3),), suppressions=())
    write_world(world, tmp_path)
    tables = {
        path.stem: list(csv.DictReader(path.open(encoding="utf-8")))
        for path in tmp_path.glob("*.csv")
    }
    assert set(tables) == {*("customers", "order_lines", "customer_links", "consents", "erasures")}
    for name, rows in tables.items():
        assert set(rows[0]) <= columns[name]
    assert [row["email"] for row in tables["customers"]] == [one.email for one in world.customers]
    assert len(tables["order_lines"]) == len(world.orders) + 1
    last = max(row["ordered_at"] for row in tables["order_lines"])
    assert (datetime.fromisoformat(last) - DAY_ZERO).days == AS_OF - 1
    assert tables["erasures"] == [
        {"customer_id": "A", "reason": "asked", "event_at": "2026-01-04 10:00:00"}
    ]


def test_a_failing_world_is_made_as_small_as_it_can_be(drawn):
    def has_a_person_of_two(world: World) -> bool:
        return any(len(person) > 1 for person in find_persons(world))

    world = next(world for world, _ in drawn if has_a_person_of_two(world))
    small = shrink_world(world, has_a_person_of_two)
    assert has_a_person_of_two(small)
    assert small.consents == small.suppressions == small.erasures == ()
    assert 1 <= len(small.customers) + len(small.orders) + len(small.links) <= 2
