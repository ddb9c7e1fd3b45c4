"""The SQL of the steps, compiled once by dbt and run on small tables in memory.

An example costs milliseconds instead of a build, so that random worlds can be tried. The
oracle decides the same worlds in plain Python, from the rules as README and seeds state them.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
from conftest import Project

from python_ml.allocation import allocate
from targeted_lists.saved.salt import give_salt

AS_OF = datetime(2026, 7, 1)
# A model can be compiled only for lists that there are; one of them gets a quote in its name.
COMPILED_LISTS = ["retain_declining", "win_back", "second_purchase"]
LISTS = ["retain_declining", "l'huile", "second_purchase"]
SALT = "salt"
SETTINGS: dict[str, Any] = {
    "lists": COMPILED_LISTS,
    "as_of_date": "2026-07-01",
    "contact_cap": 2,
    "contact_window_days": 30,
    "minimum_age": 18,
    "consent_valid_days": 365,
    "control_share": 0.2,
}
MODELS = [
    "list_channels",
    "consent_events",
    "consents_resolved",
    "customers_suppressed",
    "contact_permissions",
    "messages_sent",
    "holdout_draws",
    "holdout_customers",
    "shared_addresses",
    "lists_priced",
    "list_candidates_screened",
    "list_candidates_taken",
    "list_decisions",
    "list_waterfall",
    "list_members",
    "list_overlap",
]
# Where the lists share a budget, these stand before the first that reads their decisions.
ALLOCATION = ["allocation_lists", "allocation_candidates", "list_allocations"]
HISTORY = ["list_member_history", "list_runs"]
CHECKS = [
    "every_candidate_has_a_decision",
    "list_waterfall_telescopes",
    "members_have_permission",
    "members_may_be_contacted",
    "an_address_is_in_a_list_once",
    "first_exclusion_is_among_all",
    "lists_keep_within_their_terms",
    "a_second_list_is_allowed_by_both",
    "list_ranks_have_no_gaps",
    "members_cost_no_more_than_the_total_budget",
]
HISTORY_CHECKS = ["list_history_has_no_overlaps"]
SOUNDNESS = "list_definitions_are_sound"
# Inputs of the steps: schema, and the columns that some model reads.
INPUTS = {
    "list_definitions": (
        "seeds",
        "list_name text, purpose text, consent_purpose text, source_mart text, ranking text, "
        "channel text, offer text, priority bigint, capacity bigint, cooldown_days bigint, "
        "valid_days bigint, contact_cost decimal(18, 4), offer_cost decimal(18, 4), "
        "budget decimal(18, 4), minimum_expected_value decimal(18, 4), "
        "allows_other_lists boolean, valued_by text",
    ),
    "contact_channels": ("seeds", "channel text, address text, contact_cap bigint"),
    "list_steps": ("seeds", "step_number bigint, step text, is_holdout boolean"),
    "list_priors": (
        "seeds",
        "list_name text, basis text, baseline_probability decimal(9, 6), "
        "added_probability decimal(9, 6), smallest_effect decimal(9, 6)",
    ),
    "holdout_windows": (
        "targeting",
        "period text, share decimal(9, 6), first_date date, last_date date, is_current boolean",
    ),
    "control_shares": ("seeds", "list_name text, segment text, control_share decimal(9, 4)"),
    "rfm_scores": ("rfm", "basis text, customer_id text, segment text"),
    "campaign_plans": (
        "seeds",
        "dataset text, campaign_id text, arm text, planned_share decimal(9, 6)",
    ),
    "campaign_lift": (
        "targeting",
        "campaign_id text, list_name text, metric text, slice text, is_read boolean, "
        "control_customers bigint, control_mean double, difference double, "
        "standard_error double",
    ),
    "list_history_saved": (
        "lists",
        "list_name text, customer_key text, customer_id text, enter_reason text, "
        "exit_reason text, entered_date timestamp, left_date timestamp, saved_date timestamp",
    ),
    "list_runs_saved": (
        "lists",
        "list_name text, list_hash text, definition_hash text, members bigint, "
        "control_and_holdout bigint, erased_members bigint, expected_value double, "
        "as_of_date timestamp, saved_date timestamp",
    ),
    "list_candidates": (
        "targeting",
        "list_name text, customer_id text, product_id text, reason text, margin_basis text, "
        "score double, mean_margin decimal(18, 4)",
    ),
    "contact_values": (
        "targeting",
        "list_name text, customer_id text, variant text, offer text, value_basis text, "
        "value_reason text, p_without double, p_with double, order_margin decimal(18, 4), "
        "planned_cost decimal(18, 4), expected_value decimal(18, 4), expected_value_se double, "
        "is_best boolean",
    ),
    "list_alerts": (
        "monitoring",
        "list_name text, check_name text, subject text, sentence text, is_stopping boolean",
    ),
    "dim_customers": (
        "core",
        "customer_id text, age_years bigint, gender text, city text, country text, "
        "favourite_category text",
    ),
    "dim_products": ("core", "product_id text, product_name text"),
    "product_recommendations": (
        "offers",
        "customer_id text, product_id text, product_name text, rank bigint, reason text, "
        "is_fitting boolean",
    ),
    "new_customer_predictions": (
        "new_customers",
        "customer_id text, target text, prediction text",
    ),
    "customer_contacts": (
        "private",
        "customer_id text, email text, phone text, first_name text, email_key text, "
        "phone_key text",
    ),
    "int_key_contacts": ("private", "customer_key text, address_key text"),
    "int_shared_addresses": ("intermediate", "address_key text"),
    "int_customer_persons": ("intermediate", "customer_key text, customer_id text"),
    "customer_key_changes": (
        "core",
        "customer_key text, customer_id text, previous_customer_id text, previous_run_date date",
    ),
    "customer_addresses": ("private", "customer_id text, address_key text, address_kind text"),
    "int_addresses_named": (
        "private",
        "input text, source_file text, source_row bigint, named_in text, address_key text, "
        "address_kind text, written_key text, normalised_key text",
    ),
    "int_customers_validated": ("private", "customer_id text, birth_year bigint, decision text"),
    "int_consents_validated": (
        "private",
        "source_file text, source_row bigint, customer_id text, channel text, purpose text, "
        "status text, event_at timestamp, decision text",
    ),
    "int_suppressions_validated": (
        "private",
        "source_file text, source_row bigint, customer_id text, decision text",
    ),
    "int_erasures_validated": ("intermediate", "customer_id text, decision text"),
    "int_campaigns_validated": (
        "intermediate",
        "campaign_id text, list_name text, channel text, decision text",
    ),
    "int_campaigns_exported": (
        "intermediate",
        "campaign_id text, list_name text, started_date timestamp",
    ),
    "int_assignments_saved": (
        "intermediate",
        "campaign_id text, customer_key text, customer_id text, arm text, channel text",
    ),
    "campaign_contacts_validated": (
        "core",
        "campaign_id text, customer_id text, sent_at timestamp, decision text",
    ),
}
STEPS = [
    "reachability",
    "consent",
    "suppression",
    "erasure",
    "contact pressure",
    "cool-down",
    "exclusivity",
    "minimum expected value",
    "same address",
    "capacity",
    "budget",
    "total budget",
    "global holdout",
    "control arm",
]
ADDRESS = {"email": "email", "sms": "phone", "phone": "phone"}
CAPS = {"email": 2, "sms": 1, "phone": 1}
BASELINE, ADDED = Decimal("0.2"), Decimal("0.1")
CONTACT_COST, OFFER_COST = Decimal("0.02"), Decimal("1")
GOOD_CONTACT = {"email": "ann@example.com", "phone": "+1 202 555 0101"}


class Steps:
    """The compiled steps and checks, with a database in memory to run them in.

    With a total budget the lists share it.
    """

    def __init__(self, project: Project, *, total_budget: float | None = None) -> None:
        self.total_budget = total_budget
        self.models = list(MODELS)
        if total_budget is not None:
            place = MODELS.index("list_candidates_taken")
            self.models[place:place] = ALLOCATION
        outcome = project.dbt(
            "compile",
            "--select",
            *self.models,
            *HISTORY,
            *CHECKS,
            *HISTORY_CHECKS,
            SOUNDNESS,
            adapter="contract",
            allocation="priority" if total_budget is None else "budget",
            total_budget=total_budget,
            **SETTINGS,
        )
        assert outcome.success, "\n".join(outcome.failures)
        compiled = project.folder / "target/sample/compiled/targeted_lists"
        # Unit tests are compiled into folders named after their YAML, and bear their model's name.
        files = {
            path.stem: path
            for path in compiled.rglob("*.sql")
            if not any(part.endswith(".yml") for part in path.parts)
        }
        self.sql = {
            name: files[name].read_text().replace("'win_back'", "'l''huile'")
            for name in [*self.models, *HISTORY, *CHECKS, *HISTORY_CHECKS, SOUNDNESS]
        }
        self.schema = {
            name: "lists" if name in ("list_members", *HISTORY) else "targeting"
            for name in [*self.models, *HISTORY]
        }
        self.connection = duckdb.connect()
        give_salt(self.connection, lambda: SALT)
        self.connection.execute("attach ':memory:' as sample")
        for schema in {schema for schema, _ in INPUTS.values()} | set(self.schema.values()):
            self.connection.execute(f"create schema sample.{schema}")
        for name, (schema, columns) in INPUTS.items():
            self.connection.execute(f"create table sample.{schema}.{name} ({columns})")

    def fill(self, tables: dict[str, list[dict[str, Any]]]) -> None:
        """Give the inputs these rows; an input that is not named has none."""
        for name, (schema, _) in INPUTS.items():
            table = f"sample.{schema}.{name}"
            self.connection.execute(f"truncate {table}")
            rows = tables.get(name, [])
            if rows:
                columns = ", ".join(rows[0])
                marks = "(" + ", ".join("?" * len(rows[0])) + ")"
                self.connection.execute(
                    f"insert into {table} ({columns}) values {', '.join([marks] * len(rows))}",
                    [value for row in rows for value in row.values()],
                )

    def run(self, tables: dict[str, list[dict[str, Any]]]) -> None:
        """Fill the inputs and build every model."""
        self.fill(tables)
        for name in self.models:
            if name == "list_allocations":
                self.allocate()
            self.connection.execute(
                f"create or replace table sample.{self.schema[name]}.{name} as {self.sql[name]}"
            )

    def allocate(self) -> None:
        """Build ml_list_allocations, by the function that the model calls."""
        rows = self.connection.sql("from sample.targeting.allocation_candidates").df()
        lists = self.connection.sql("from sample.targeting.allocation_lists").df()
        allocated = allocate(
            rows.drop(columns="expected_value").rename(columns={"weight": "expected_value"}),
            lists=lists,
            total_budget=self.total_budget,
        )
        self.connection.register("allocated", allocated)
        self.connection.execute(
            "create or replace table sample.targeting.ml_list_allocations as from allocated"
        )
        self.connection.unregister("allocated")

    def begin_history(self) -> None:
        """Delete what was saved, as before the first run."""
        self.fill({})
        self.replace("targeting.lists_priced", "list_name text, definition_hash text")
        self.replace(
            "targeting.list_waterfall", "list_name text, removed bigint, is_holdout boolean"
        )
        self.replace(
            "targeting.list_decisions",
            "list_name text, customer_id text, arm text, first_exclusion text, reason text",
        )
        for name in LISTS:
            self.connection.execute(
                "insert into sample.targeting.lists_priced values (?, 'd')", [name]
            )
            self.connection.execute(
                "insert into sample.targeting.list_waterfall values (?, 0, true)", [name]
            )

    def run_history(self, day: str, members: set[tuple[str, str]]) -> None:
        """Build history and runs as of a day with these members, and keep them."""
        self.replace(
            "lists.list_members",
            "list_name text, customer_id text, reason text, expected_value decimal(18, 4)",
        )
        for name, customer in sorted(members):
            self.connection.execute(
                "insert into sample.lists.list_members values (?, ?, 'because', 1)",
                [name, customer],
            )
        for name in HISTORY:
            sql = self.sql[name].replace("2026-07-01", day)
            self.connection.execute(f"create or replace table sample.lists.{name} as {sql}")
        for name, saved in zip(HISTORY, ["list_history_saved", "list_runs_saved"], strict=True):
            self.connection.execute(f"truncate sample.lists.{saved}")
            self.connection.execute(
                f"insert into sample.lists.{saved} by name "
                f"select *, timestamp '{day}' as saved_date from sample.lists.{name}"
            )
        # No key shares a person here, so that each names its own.
        self.connection.execute(
            "update sample.lists.list_history_saved set customer_key = customer_id"
        )

    def replace(self, table: str, columns: str) -> None:
        """Put an empty table in the place of one."""
        self.connection.execute(f"create or replace table sample.{table} ({columns})")

    def query(self, sql: str) -> list[dict[str, Any]]:
        """Return the rows of a query by name of column."""
        result = self.connection.execute(sql)
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def faults(self, check: str) -> list[tuple]:
        """Return the rows that a singular test finds fault with."""
        return self.connection.execute(self.sql[check]).fetchall()


@dataclass
class World:
    """What a shop knows: customers, what they said and got, and what its lists want.

    Attributes
    ----------
    ages, contacts : by customer; `contacts` holds email and phone.
    addresses : by customer, the key of the address that is written to, by kind, where others may
        have it too.
    held : customer and key of a further address.
    crowded : keys of addresses that too many have.
    merged : keys that an earlier run of the period drew as persons, to whose they are now.
    consents : customer or address, channel, purpose, status, day (from the as-of date, or None),
        decision.
    suppressed, erased : customers, the first also addresses.
    campaigns : id to list and channel, either of which may be None.
    sends : customer, campaign, day.
    definitions : by list.
    candidates : list and customer to score and mean margin.
    """

    ages: dict[str, int | None] = field(default_factory=dict)
    contacts: dict[str, dict[str, str | None]] = field(default_factory=dict)
    addresses: dict[str, dict[str, str | None]] = field(default_factory=dict)
    held: set[tuple[str, str]] = field(default_factory=set)
    crowded: set[str] = field(default_factory=set)
    merged: dict[str, str] = field(default_factory=dict)
    consents: list[tuple] = field(default_factory=list)
    suppressed: set[str] = field(default_factory=set)
    erased: set[str] = field(default_factory=set)
    campaigns: dict[str, tuple] = field(default_factory=dict)
    sends: set[tuple] = field(default_factory=set)
    definitions: dict[str, dict[str, Any]] = field(default_factory=dict)
    candidates: dict[tuple, tuple] = field(default_factory=dict)

    def holders(self) -> set[tuple[str, str]]:
        """Return each customer with each address."""
        used = {
            (one, address)
            for one, held in self.addresses.items()
            for address in held.values()
            if address
        }
        return used | self.held

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """Return the world as the inputs of the steps."""
        return {
            "list_definitions": list(self.definitions.values()),
            "contact_channels": [
                {"channel": channel, "address": ADDRESS[channel], "contact_cap": cap}
                for channel, cap in CAPS.items()
            ],
            "list_steps": [
                {"step_number": number, "step": step, "is_holdout": number > 12}
                for number, step in enumerate(STEPS, start=1)
            ],
            "holdout_windows": [
                {
                    "period": period,
                    "share": Decimal(share),
                    "first_date": date(year, 1, 1),
                    "last_date": date(year, 12, 31),
                    "is_current": year == AS_OF.year,
                }
                for period, share, year in [("P", "0.2", 2026), ("before P", "0.9", 2025)]
            ],
            "list_priors": [
                {
                    "list_name": name,
                    "basis": "assumed",
                    "baseline_probability": BASELINE,
                    "added_probability": ADDED,
                    "smallest_effect": Decimal("0.01"),
                }
                for name in self.definitions
            ],
            "list_candidates": [
                {
                    "list_name": name,
                    "customer_id": customer,
                    "reason": "because",
                    "score": float(score),
                    "mean_margin": margin,
                }
                for (name, customer), (score, margin) in self.candidates.items()
            ],
            "contact_values": [
                {
                    "list_name": name,
                    "customer_id": customer,
                    "variant": "",
                    "offer": "an offer",
                    "value_basis": "prior",
                    "value_reason": "because it is assumed",
                    "p_without": float(BASELINE),
                    "p_with": float(BASELINE + ADDED),
                    "order_margin": margin,
                    "planned_cost": CONTACT_COST + (BASELINE + ADDED) * OFFER_COST,
                    "expected_value": worth(margin),
                    "is_best": True,
                }
                for (name, customer), (_, margin) in self.candidates.items()
            ],
            "dim_customers": [
                {"customer_id": customer, "age_years": age} for customer, age in self.ages.items()
            ],
            "int_customers_validated": [
                {
                    "customer_id": customer,
                    "birth_year": None if age is None else AS_OF.year - age,
                    "decision": "accepted",
                }
                for customer, age in self.ages.items()
            ],
            "customer_contacts": [
                {
                    "customer_id": customer,
                    "email": None,
                    "phone": None,
                    **contact,
                    "first_name": None,
                    "email_key": address_of(self, customer, "email"),
                    "phone_key": address_of(self, customer, "phone"),
                }
                for customer, contact in self.contacts.items()
            ],
            "int_key_contacts": [
                {"customer_key": customer, "address_key": address}
                for customer, address in sorted(self.holders())
            ],
            "customer_addresses": [
                {"customer_id": one, "address_key": address, "address_kind": kind_of(address)}
                for one, address in sorted(self.holders())
            ],
            "int_shared_addresses": [{"address_key": one} for one in sorted(self.crowded)],
            "int_customer_persons": [
                {"customer_key": key, "customer_id": customer}
                for old, customer in self.merged.items()
                for key in (old, customer)
            ],
            "customer_key_changes": [
                {
                    "customer_key": old,
                    "customer_id": customer,
                    "previous_customer_id": old,
                    "previous_run_date": date(2026, 3, 1),
                }
                for old, customer in self.merged.items()
            ],
            "int_addresses_named": [
                {
                    "input": name,
                    "source_file": name,
                    "source_row": row,
                    "named_in": kind_of(named),
                    "address_key": named,
                    "address_kind": kind_of(named),
                }
                for name, all_named in {
                    "consents": [one for one, *_ in self.consents],
                    "suppressions": sorted(self.suppressed),
                }.items()
                for row, named in enumerate(all_named)
                if kind_of(named)
            ],
            "int_consents_validated": [
                {
                    "source_file": "consents",
                    "source_row": row,
                    "customer_id": None if kind_of(named) else named,
                    "channel": channel,
                    "purpose": purpose,
                    "status": status,
                    "event_at": at_day(day),
                    "decision": decision,
                }
                for row, (named, channel, purpose, status, day, decision) in enumerate(
                    self.consents
                )
            ],
            "int_suppressions_validated": [
                {
                    "source_file": "suppressions",
                    "source_row": row,
                    "customer_id": None if kind_of(named) else named,
                    "decision": "accepted",
                }
                for row, named in enumerate(sorted(self.suppressed))
            ],
            "int_erasures_validated": [
                {"customer_id": hash_erased(one), "decision": "accepted"}
                for one in sorted(self.erased)
            ],
            "int_campaigns_validated": [
                {"campaign_id": one, "list_name": name, "channel": channel, "decision": "accepted"}
                for one, (name, channel) in self.campaigns.items()
            ],
            "campaign_contacts_validated": [
                {
                    "campaign_id": campaign,
                    "customer_id": customer,
                    "sent_at": at_day(day),
                    "decision": "accepted",
                }
                for customer, campaign, day in sorted(self.sends)
            ],
        }


def kind_of(name: str) -> str | None:
    """Return the kind of an address, such as `email 1`; None of a customer."""
    kind = name.partition(" ")[0]
    return kind if kind in ("email", "phone") else None


def hash_erased(customer: str) -> str:
    """Return what is kept of the key of an erased customer."""
    return "e_" + hashlib.md5(f"{SALT}{customer}".encode()).hexdigest()


def at_day(day: int | None) -> datetime | None:
    """Return the moment so many days after the as-of date."""
    return None if day is None else AS_OF + timedelta(days=day)


def bucket_of(salt: str, customer: str) -> int:
    """Return the bucket 0 to 9999 of REFERENCE: md5 of salt and customer."""
    return int(hashlib.md5(f"{salt}{customer}".encode()).hexdigest()[:8], 16) % 10_000


def is_in_holdout(world: World, customer: str) -> bool:
    """Whether a customer, or a key of the customer, was drawn into the holdout of the period P."""
    drawn = [customer, *(old for old, person in world.merged.items() if person == customer)]
    return any(bucket_of("targeted_lists|P|", one) < 2000 for one in drawn)


def address_of(world: World, customer: str, channel: str) -> str | None:
    """Return the key of the address by which a channel reaches a customer, where it has one."""
    return world.addresses.get(customer, {}).get(ADDRESS[channel])


def find_others(world: World, customer: str, channel: str) -> set[str]:
    """Return who else has the address by which a channel reaches a customer."""
    address = address_of(world, customer, channel)
    if address is None or address in world.crowded:
        return set()
    return {one for one, held in world.holders() if one != customer and held == address}


def is_control(name: str, customer: str) -> bool:
    """Whether a customer falls in a list's control arm."""
    return bucket_of(f"targeted_lists|{name}|2026-07-01|", customer) < 2000


def find_objection(world: World, customer: str, channel: str) -> str | None:
    """Return the first of the four steps that forbids a channel, None where none does."""
    contact = world.contacts.get(customer, {}).get(ADDRESS[channel])
    # Files without an address of anybody say nothing of who can be reached.
    is_recorded = any(
        value is not None for held in world.contacts.values() for value in held.values()
    )
    if is_recorded and contact != GOOD_CONTACT[ADDRESS[channel]]:
        return "reachability"
    if address_of(world, customer, channel) in world.crowded:
        return "reachability"
    if not may_write(world, customer, channel):
        return "consent"
    if is_suppressed(world, customer, channel):
        return "suppression"
    return "erasure" if customer in world.erased else None


def is_suppressed(world: World, customer: str, channel: str) -> bool:
    """Whether a customer, or one who has the address that is used, is named or has one that is."""
    address = address_of(world, customer, channel)
    concerned = {customer} | {one for one, held in world.holders() if held == address}
    named = {held for one, held in world.holders() if one in concerned}
    return not world.suppressed.isdisjoint(concerned | named)


def may_write(world: World, customer: str, channel: str) -> bool:
    """Whether a customer of age, or the address, has said so lately, and nobody no after it."""
    age = world.ages.get(customer)
    if age is not None and age <= 18:
        return False
    kind = ADDRESS[channel]
    address = address_of(world, customer, channel)
    others = {one for one, held in world.holders() if held == address}

    def of_person(person: str) -> tuple | None:
        other_kind = {
            held for one, held in world.holders() if one == person and kind_of(held) != kind
        }
        return last_word(world, {person} | other_kind, channel)

    own, at_address = of_person(customer), last_word(world, {address}, channel)
    # What a person says later holds for the address as well.
    if own and at_address and not own[1] and own[0] > at_address[0]:
        at_address = None
    said = [own, at_address]
    if any(word is not None and word[1] for word in [*said, *map(of_person, others)]):
        return False
    return any(word is not None and word[0] >= -365 for word in said)


def last_word(world: World, names: set, channel: str) -> tuple | None:
    """Return the day of the last event of some names for marketing, and whether it withdraws."""
    words = []
    for who, where, purpose, status, day, decision in world.consents:
        if who not in names or where not in (channel, "any"):
            continue
        if purpose not in (None, "marketing"):
            continue
        is_grant = status == "granted"
        if is_grant and (decision != "accepted" or (day is not None and day >= 0)):
            continue
        unknown = -(10**6) if decision == "accepted" else 10**6
        words.append((unknown if day is None else day, not is_grant))
    return max(words, default=None)


def decide(world: World) -> dict[tuple, tuple]:
    """Return channel, first exclusion and rank of each candidate, one list after the other."""
    decisions: dict[tuple, tuple] = {}
    taken: list[tuple] = []
    for name in sorted(world.definitions, key=lambda one: world.definitions[one]["priority"]):
        terms = world.definitions[name]
        people = [customer for listed, customer in world.candidates if listed == name]
        early = {}
        for customer in people:
            channel, step = validate(world, terms, customer, taken)
            early[customer] = channel
            decisions[name, customer] = (channel, step, None)
        decisions.update(fill_places(world, terms, decisions, taken))
    return decisions


def count_sends(world: World, customer: str, channel: str) -> tuple[int, int]:
    """Return the messages of the last 30 days, and of after: in all, and in a channel.

    Those to others who have the address count where they went to it, or may have.
    """
    others = find_others(world, customer, channel)
    total = in_channel = 0
    for who, campaign, day in world.sends:
        sent_by = world.campaigns[campaign][1]
        is_own = who == customer
        is_to_address = (
            who in others and ADDRESS.get(sent_by, ADDRESS[channel]) == ADDRESS[channel]
        )
        if day >= -30 and (is_own or is_to_address):
            total += 1
            in_channel += sent_by in (channel, None)
    return total, in_channel


def validate(world: World, terms: dict, customer: str, taken: list[tuple]) -> tuple:
    """Return the chosen channel and the first step before capacity that excludes."""
    order = [None, "held out", "pressed", "erasure", "suppression", "consent", "reachability"]

    def is_full(channel: str, planned: int = 0, planned_in_channel: int = 0) -> bool:
        total, in_channel = count_sends(world, customer, channel)
        return total + planned >= 2 or in_channel + planned_in_channel >= CAPS[channel]

    def is_of_one_held_out(channel: str) -> bool:
        return any(is_in_holdout(world, one) for one in find_others(world, customer, channel))

    def rank(channel: str) -> int:
        objection = find_objection(world, customer, channel)
        if objection is None and is_full(channel):
            objection = "pressed"
        elif objection is None and is_of_one_held_out(channel):
            objection = "held out"
        return order.index(objection)

    channel = min(terms["channel"].split(), key=rank)
    address = address_of(world, customer, channel)
    before = [
        one
        for one in taken
        if one[2] == customer or (address and address_of(world, one[2], one[1]) == address)
    ]
    planned = Counter(where for _, where, _, is_sent, _ in before if is_sent)
    value = value_of(*world.candidates[terms["list_name"], customer], terms)
    days = [
        day
        for who, campaign, day in world.sends
        if who == customer and world.campaigns[campaign][0] == terms["list_name"]
    ]
    if step := find_objection(world, customer, channel):
        return channel, step
    if is_full(channel, planned.total(), planned[channel]):
        return channel, "contact pressure"
    if days and max(days) > -terms["cooldown_days"]:
        return channel, "cool-down"
    if any(not (terms["allows_other_lists"] and allows) for *_, allows in before):
        return channel, "exclusivity"
    has_margins = any(margin is not None for _, margin in world.candidates.values())
    if has_margins if value is None else value < terms["minimum_expected_value"]:
        return channel, "minimum expected value"
    return channel, "same address" if is_of_one_held_out(channel) else None


def value_of(score: float, margin: Decimal | None, terms: dict) -> Decimal | None:
    """Return the expected value of a contact; None where the margin is unknown."""
    if terms["valued_by"] == "responses":
        return Decimal(score)
    return worth(margin)


def worth(margin: Decimal | None) -> Decimal | None:
    """Return what the message is worth to a customer with this margin of an order."""
    if margin is None:
        return None
    return ADDED * margin - CONTACT_COST - (BASELINE + ADDED) * OFFER_COST


def fill_places(world: World, terms: dict, decisions: dict, taken: list[tuple]) -> dict:
    """Rank who is left, cut by capacity and budget, hold out, and note who is taken."""
    name = terms["list_name"]
    left = [
        customer
        for (listed, customer), (_, step, _) in decisions.items()
        if listed == name and step is None
    ]

    def merit(customer: str) -> tuple:
        score, margin = world.candidates[name, customer]
        by_score = score if terms["ranking"] == "score" else 0
        # Unknown values stand next to known ones in no list.
        return -by_score, -(value_of(score, margin, terms) or 0), -score, customer

    filled, spent, rank = {}, Decimal(0), 0
    addresses = set()
    for customer in sorted(left, key=merit):
        channel = decisions[name, customer][0]
        address = address_of(world, customer, channel)
        if address in addresses:
            filled[name, customer] = (channel, "same address", None)
            continue
        addresses |= {address} - {None}
        rank += 1
        is_sent = not is_in_holdout(world, customer) and not is_control(name, customer)
        spent += is_sent * (CONTACT_COST + (BASELINE + ADDED) * OFFER_COST)
        step = None
        if rank > terms["capacity"]:
            step = "capacity"
        elif terms["budget"] is not None and spent > terms["budget"]:
            step = "budget"
        else:
            taken.append((name, channel, customer, is_sent, terms["allows_other_lists"]))
            step = "global holdout" if is_in_holdout(world, customer) else None
        filled[name, customer] = (channel, step, rank)
    return filled
