"""Random worlds through the real SQL of the steps: nobody who must not be is ever in a list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

import pandas as pd
import pytest
from conftest import Project
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from list_steps import (
    ADDRESS,
    AS_OF,
    CHECKS,
    GOOD_CONTACT,
    HISTORY_CHECKS,
    LISTS,
    SOUNDNESS,
    STEPS,
    Steps,
    World,
    address_of,
    decide,
    find_objection,
    find_others,
    is_in_holdout,
    is_suppressed,
    may_write,
)

from targeted_lists.activation import export, export_file
from targeted_lists.saved.campaigns import hash_list

CUSTOMERS = [f"c{number}" for number in range(8)]
PEOPLE = st.sampled_from([*CUSTOMERS, "ghost"])
EMAILS = st.sampled_from([GOOD_CONTACT["email"], GOOD_CONTACT["email"], "ann.example.com", None])
PHONES = st.sampled_from([GOOD_CONTACT["phone"], GOOD_CONTACT["phone"], "555-CALL-NOW", None])
# An address of most customers' own, and two that several may have.
ADDRESSES = [
    f"{kind} {one}" for kind in ("email", "phone") for one in [*CUSTOMERS, "shared", "crowd"]
]
NAMES = st.one_of(PEOPLE, PEOPLE, st.sampled_from([*ADDRESSES, "email unknown"]))
CONSENTS = st.tuples(
    NAMES,
    st.sampled_from(["email", "sms", "any"]),
    st.sampled_from([None, "marketing", "marketing", "service"]),
    st.sampled_from(["granted", "granted", "granted", "withdrawn", "paused"]),
    st.sampled_from([None, -800, -366, -365, -200, -30, -30, -1, 0, 5]),
    st.sampled_from(["accepted", "accepted", "accepted", "rejected"]),
)
CAMPAIGNS = {"a": ("retain_declining", "email"), "b": ("l'huile", "sms"), "c": (None, None)}


def keys_of(customer: str) -> dict[str, list[str | None]]:
    """Return the keys of the addresses that a customer may have, by kind."""
    return {
        kind: [None, None, f"{kind} {customer}", f"{kind} shared", f"{kind} crowd"]
        for kind in ("email", "phone")
    }


@pytest.fixture(scope="module")
def steps(project: Project) -> Iterator[Steps]:
    steps = Steps(project)
    yield steps
    steps.connection.close()


def define(name: str, priority: int, **terms) -> dict:
    """Return a sound definition of a list, with other terms where given."""
    return {
        "list_name": name,
        "purpose": "p",
        "consent_purpose": "marketing",
        "source_mart": "rfm",
        "ranking": "expected value",
        "channel": "email",
        "offer": "o",
        "priority": priority,
        "capacity": 9,
        "cooldown_days": 10,
        "valid_days": 14,
        "contact_cost": Decimal("0.02"),
        "offer_cost": Decimal(1),
        "budget": None,
        "minimum_expected_value": Decimal(0),
        "allows_other_lists": False,
        "valued_by": "lift",
        **terms,
    }


@st.composite
def worlds(draw: st.DrawFn) -> World:
    priorities = draw(st.permutations(range(1, len(LISTS) + 1)))
    definitions = {
        name: define(
            name,
            priority,
            ranking=draw(st.sampled_from(["expected value", "score"])),
            channel=draw(st.sampled_from(["email", "sms", "sms email", "email sms phone"])),
            capacity=draw(st.integers(1, 4)),
            cooldown_days=draw(st.sampled_from([0, 10, 40])),
            budget=draw(
                st.sampled_from([None, None, Decimal("0.64"), Decimal("0.9"), Decimal(0)])
            ),
            minimum_expected_value=draw(st.sampled_from([Decimal(0), Decimal("0.68")])),
            allows_other_lists=draw(st.booleans()),
            valued_by=draw(st.sampled_from(["lift", "lift", "responses"])),
        )
        for name, priority in zip(LISTS, priorities, strict=True)
    }
    pairs = st.tuples(st.sampled_from(LISTS), st.sampled_from(CUSTOMERS))
    merits = st.tuples(
        st.integers(0, 2),
        st.sampled_from([None, Decimal(3), Decimal(10), Decimal(10), Decimal(40)]),
    )
    # Most have said yes, or every world would be empty after the first two steps.
    grants = [
        (customer, "any", None, "granted", -300, "accepted")
        for customer in draw(st.sets(st.sampled_from(CUSTOMERS), min_size=5))
    ]
    sends = st.dictionaries(
        st.tuples(PEOPLE, st.sampled_from(sorted(CAMPAIGNS))),
        st.sampled_from([-41, -40, -31, -30, -10, -9, 0, 3]),
        max_size=6,
    )
    return World(
        ages={one: draw(st.sampled_from([None, 18, 19, 40, 60])) for one in CUSTOMERS},
        contacts={one: {"email": draw(EMAILS), "phone": draw(PHONES)} for one in CUSTOMERS},
        addresses={
            one: {kind: draw(st.sampled_from(keys)) for kind, keys in keys_of(one).items()}
            for one in CUSTOMERS
        },
        held=draw(st.sets(st.tuples(PEOPLE, st.sampled_from(ADDRESSES)), max_size=2)),
        crowded=draw(st.sets(st.sampled_from(["email crowd", "phone crowd"]), max_size=1)),
        merged=draw(
            st.dictionaries(
                st.sampled_from([f"old{number}" for number in range(8)]),
                st.sampled_from(CUSTOMERS),
                max_size=3,
            )
        ),
        consents=draw(st.permutations(grants + draw(st.lists(CONSENTS, max_size=12)))),
        suppressed=draw(st.sets(NAMES, max_size=2)),
        erased=draw(st.sets(PEOPLE, max_size=2)),
        campaigns=CAMPAIGNS,
        sends={(*whom, day) for whom, day in draw(sends).items()},
        definitions=definitions,
        candidates=draw(st.dictionaries(pairs, merits, min_size=6, max_size=20)),
    )


@settings(
    max_examples=50, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
@given(world=worlds())
def test_random_worlds_are_decided_by_the_rules(steps: Steps, world: World) -> None:
    steps.run(world.tables())
    rows = steps.query("select * from sample.targeting.list_decisions")
    decided = {
        (row["list_name"], row["customer_id"]): (
            row["channel"],
            row["first_exclusion"],
            row["rank"],
        )
        for row in rows
    }
    assert decided == decide(world)
    assert {check: steps.faults(check) for check in CHECKS} == {check: [] for check in CHECKS}
    written = Counter()
    for member in steps.query("select * from sample.lists.list_members"):
        customer, channel = member["customer_id"], member["channel"]
        assert customer not in world.suppressed | world.erased
        assert not is_suppressed(world, customer, channel)
        assert may_write(world, customer, channel)
        for one in (customer, *find_others(world, customer, channel)):
            assert not is_in_holdout(world, one)
        written[member["list_name"], address_of(world, customer, channel) or customer] += 1
    assert set(written.values()) <= {1}


def test_the_worlds_reach_every_step(steps: Steps) -> None:
    # Without it the test above could hold because nothing ever happens.
    reached: set[str | None] = set()

    @settings(max_examples=300, deadline=None, derandomize=True, database=None)
    @given(world=worlds())
    def collect(world: World) -> None:
        reached.update(step for _, step, _ in decide(world).values())

    collect()
    # By priority there is no budget of all lists.
    assert reached == {None, *STEPS[:-1]} - {"total budget"}


def sound_world() -> World:
    """Return a world of one willing customer whom all lists want."""
    return World(
        ages={"c1": 40},
        contacts={"c1": dict(GOOD_CONTACT)},
        consents=[("c1", "any", None, "granted", -1, "accepted")],
        campaigns=CAMPAIGNS,
        definitions={name: define(name, i) for i, name in enumerate(LISTS, start=1)},
        candidates={(name, "c1"): (1, Decimal(40)) for name in LISTS},
    )


def willing_world(people: int) -> World:
    """Return a world of willing customers; the first list wants all and takes every other one."""
    names = [f"w{number:02d}" for number in range(people)]
    definitions = {name: define(name, i) for i, name in enumerate(LISTS, start=1)}
    definitions[LISTS[0]]["capacity"] = people // 2
    definitions[LISTS[1]]["capacity"] = people
    return World(
        ages=dict.fromkeys(names, 40),
        contacts={one: dict(GOOD_CONTACT) for one in names},
        consents=[(one, "any", None, "granted", -1, "accepted") for one in names],
        campaigns=CAMPAIGNS,
        definitions=definitions,
        candidates={
            (name, one): (number % 2, Decimal(40))
            for name in LISTS[:2]
            for number, one in enumerate(names)
        },
    )


def test_a_red_alert_empties_its_list_and_changes_no_other(steps: Steps) -> None:
    world = willing_world(20)
    told = ["list_decisions", "list_waterfall"]
    states = {}
    for is_stopping in (False, True):
        alert = {
            "list_name": LISTS[0],
            "check_name": "candidates",
            "subject": LISTS[0],
            "sentence": "far too many",
            "is_stopping": is_stopping,
        }
        steps.run({**world.tables(), "list_alerts": [alert]})
        assert {check: steps.faults(check) for check in CHECKS} == {check: [] for check in CHECKS}
        states[is_stopping] = {
            name: steps.query(f"from sample.{steps.schema[name]}.{name} order by all")
            for name in (*told, "list_members")
        }
    # An amber alert stops nothing: both lists have somebody.
    before = states[False]["list_members"]
    assert {row["list_name"] for row in before} == set(LISTS[:2])
    assert states[True]["list_members"] == [row for row in before if row["list_name"] != LISTS[0]]
    # What would have been is still told, and the other list gets none of those it would have had.
    assert all(states[True][name] == states[False][name] for name in told)


@pytest.mark.parametrize(
    ("terms", "fault"),
    [
        ({"capacity": -5}, "below one, or a negative"),
        ({"capacity": 0}, "below one, or a negative"),
        ({"cooldown_days": -1}, "below one, or a negative"),
        ({"budget": Decimal(-1)}, "below one, or a negative"),
        ({"contact_cost": Decimal(-1)}, "below one, or a negative"),
        ({"offer": None}, "gap in its definition"),
        ({"channel": "email fax"}, "a channel twice or one that is not"),
        ({"channel": "email email"}, "a channel twice or one that is not"),
        ({"channel": "smoke"}, "a channel twice or one that is not"),
        ({"priority": 2}, "shares its name or its priority"),
    ],
)
def test_an_unsound_definition_is_named(steps: Steps, terms: dict, fault: str) -> None:
    world = sound_world()
    world.definitions["retain_declining"].update(terms)
    steps.fill(world.tables())
    found = {text for subject, text in steps.faults(SOUNDNESS) if subject != "l'huile"}
    assert [text for text in found if fault in text] or (
        # Of two lists with one priority the first by name is named.
        terms == {"priority": 2} and any(fault in text for _, text in steps.faults(SOUNDNESS))
    )


@pytest.mark.parametrize("contact", [{}, {"email": None, "phone": None}])
def test_where_no_address_is_recorded_reachability_is_unknown(steps: Steps, contact: dict) -> None:
    """The lists are built and marked; one address of anybody, and the others have failed."""
    world = willing_world(20)
    world.contacts = {one: dict(contact) for one in world.contacts if contact}
    steps.run(world.tables())
    assert {check: steps.faults(check) for check in CHECKS} == {check: [] for check in CHECKS}
    marks = "select distinct reachability, consent_basis from sample.lists.list_members"
    assert steps.query(marks) == [{"reachability": "not recorded", "consent_basis": "granted"}]
    notes = (
        "select removed, note from sample.targeting.list_waterfall "
        f"where step = 'reachability' and list_name = '{LISTS[0]}'"
    )
    unknown = "no address of anybody is recorded: reachability is unknown"
    assert steps.query(notes) == [{"removed": 0, "note": unknown}]
    world.contacts = {"w00": dict(GOOD_CONTACT)}
    steps.run(world.tables())
    assert steps.query(notes) == [{"removed": 19, "note": None}]
    assert all(row["reachability"] == "reachable" for row in steps.query(marks))


def test_a_name_with_a_quote_is_refused_and_breaks_nothing(steps: Steps) -> None:
    world = sound_world()
    steps.run(world.tables())
    faults = [(subject, text) for subject, text in steps.faults(SOUNDNESS) if "var" not in subject]
    assert [subject for subject, text in faults if "cannot name a table" in text] == ["l'huile"]
    assert steps.query("select list_name from sample.lists.list_members") == [
        {"list_name": "retain_declining"}
    ]


def test_a_list_without_candidates_has_a_waterfall_of_zeros(steps: Steps) -> None:
    world = sound_world()
    world.candidates = {("retain_declining", "c1"): (1, Decimal(40))}
    steps.run(world.tables())
    rows = steps.query(
        "select * from sample.targeting.list_waterfall where list_name = 'second_purchase'"
    )
    # By priority there is no budget of all lists.
    assert [row["step"] for row in rows] == [step for step in STEPS if step != "total budget"]
    assert {(row["before"], row["removed"], row["after"]) for row in rows} == {(0, 0, 0)}
    assert steps.faults("list_waterfall_telescopes") == []


MEMBERS = st.sets(st.tuples(st.sampled_from(LISTS), st.sampled_from(CUSTOMERS[:4])), max_size=8)
DAYS = ["2026-07-01", "2026-07-02", "2026-07-09", "2026-08-01"]


@settings(
    max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
@given(
    days=st.lists(MEMBERS, min_size=4, max_size=4),
    erased=st.sets(st.sampled_from(CUSTOMERS[:4]), max_size=1),
)
def test_history_gives_each_list_as_it_was(
    steps: Steps, days: list[set[tuple[str, str]]], erased: set[str]
) -> None:
    steps.begin_history()
    for number, (day, members) in enumerate(zip(DAYS, days, strict=True)):
        if number == len(DAYS) - 1:
            # Before the last run somebody asks to be erased from what was saved.
            for one in erased:
                steps.connection.execute(
                    "delete from sample.lists.list_history_saved where customer_id = ?", [one]
                )
            members = {(name, one) for name, one in members if one not in erased}
        steps.run_history(day, members)
        # The check compares with the members of the last day, as every build does.
        assert [steps.faults(check) for check in HISTORY_CHECKS] == [[]]
    for day, members in zip(DAYS, days, strict=True):
        as_it_was = {(name, one) for name, one in members if one not in erased}
        assert {
            (row["list_name"], row["customer_id"])
            for row in steps.query(
                "select * from sample.lists.list_member_history "
                f"where entered_date <= '{day}' and (left_date is null or left_date > '{day}')"
            )
        } == as_it_was
        for run in steps.query(f"select * from sample.lists.list_runs where as_of_date = '{day}'"):
            then = {one for name, one in members if name == run["list_name"]}
            assert run["members"] == len(then - erased)
            lost = 0 if day == DAYS[-1] else len(then & erased)
            assert run["erased_members"] == lost
            assert run["list_hash"] == hash_list("d", then - erased)


@settings(
    max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
@given(
    world=worlds(),
    later=st.lists(CONSENTS, max_size=6),
    suppressed=st.sets(NAMES, max_size=2),
    erased=st.sets(PEOPLE, max_size=2),
)
def test_nobody_is_in_a_file_who_must_not_be(
    steps: Steps, world: World, later: list[tuple], suppressed: set[str], erased: set[str]
) -> None:
    connection = steps.connection
    connection.execute("attach if not exists ':memory:' as published")
    connection.execute("attach if not exists ':memory:' as working")
    steps.run(world.tables())
    copy_tables(steps, "published", ["targeting.list_decisions", "lists.list_members"])
    frozen = {
        name: export.freeze(
            connection,
            {
                "list_name": name,
                "definition_hash": "d",
                "campaign_id": name,
                "as_of_date": AS_OF.date(),
            },
            AS_OF.date(),
        )[1]
        for name in LISTS
    }
    # The list is exported after more has been said.
    world.consents = [*world.consents, *later]
    world.suppressed |= suppressed
    world.erased |= erased
    steps.run(world.tables())
    copy_tables(
        steps,
        "working",
        [
            "targeting.contact_permissions",
            "targeting.list_channels",
            "private.customer_contacts",
            "core.dim_customers",
            "intermediate.int_customer_persons",
            "intermediate.int_shared_addresses",
            "targeting.holdout_customers",
            "targeting.shared_addresses",
        ],
    )
    # Each address has a text of its own.
    for kind, text in {
        "email": "replace(coalesce(email_key, customer_id), ' ', '.') || '@example.com'",
        "phone": "'+1 202 555 01' || case phone_key when 'phone shared' then '91' "
        "when 'phone crowd' then '92' else '4' || right(coalesce(phone_key, customer_id), 1) end",
    }.items():
        connection.execute(
            f"update working.private.customer_contacts set {kind} = {text} where {kind} = ?",
            [GOOD_CONTACT[kind]],
        )
    for name, assignments in frozen.items():
        for target in ("csv", "google"):
            order = export_file.Order(
                dataset="sample", list_name=name, target=target, country="US"
            )
            rows = export_file.write_rows(connection, order, {"list_name": name}, assignments)
            kinds = {channel for one in world.definitions for channel in channels_of(world, one)}
            expected = write_by_hand(world, assignments, kinds if target == "google" else None)
            if target == "csv":
                assert [(line[0], line[1]) for line in rows.lines] == expected
            else:
                assert len(rows.lines) == len(expected)
            for column in [2] if target == "csv" else [0, 1]:
                addresses = [line[column] for line in rows.lines if line[column]]
                assert len(addresses) == len(set(addresses))


def write_by_hand(
    world: World, assignments: pd.DataFrame, channels: set[str] | None
) -> list[tuple[str, str]]:
    """Return who is in a file of a frozen list, and by which channel that the list chose.

    `channels` are those by which a platform may know a customer, instead of the list's choice.
    """
    controls = set(assignments.loc[assignments["arm"] == "control", "customer_id"])
    expected, written = [], set()
    for member in assignments[assignments["arm"] == "treatment"].itertuples():
        customer = member.customer_id
        usable = set()
        for channel in channels or {member.channel}:
            others = find_others(world, customer, channel)
            address = address_of(world, customer, channel) or (customer, ADDRESS[channel])
            if (
                find_objection(world, customer, channel) is None
                and not is_in_holdout(world, customer)
                and not others & controls
                and not any(is_in_holdout(world, one) for one in others)
                and address not in written
            ):
                usable.add(address)
        written |= usable
        if usable:
            expected.append((customer, member.channel))
    return expected


def channels_of(world: World, name: str) -> list[str]:
    return world.definitions[name]["channel"].split()


def copy_tables(steps: Steps, database: str, tables: list[str]) -> None:
    """Copy tables of the steps into another database, as a file would hold them."""
    for table in tables:
        schema = table.split(".")[0]
        steps.connection.execute(f"create schema if not exists {database}.{schema}")
        steps.connection.execute(
            f"create or replace table {database}.{table} as from sample.{table}"
        )
