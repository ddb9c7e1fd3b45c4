"""The project's persons and addresses of random worlds are those of the oracle."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from identity_oracle import (
    answer,
    find_persons,
    find_used_addresses,
    read_address,
    written_keys,
)
from identity_worlds import World, draw_world, join_worlds, write_world

from targeted_lists.check.command import open_models
from targeted_lists.check.model_sql import Models
from targeted_lists.cli.request import adapter_of, prepare

Person = frozenset[str]

WORLDS = 40


@pytest.fixture(scope="module")
def world() -> World:
    """Forty worlds in one, whose keys and addresses are their own.

    Without erasures: rows of the erased leave the inputs before persons are looked for. And
    without contacts that an order says again: the project takes the order's day for that of the
    address, the oracle the day of the customers file.
    """
    world = join_worlds(draw_world(seed, number=seed) for seed in range(WORLDS))
    said = {
        (one.key, read_address(text)) for one in world.customers for text in (one.email, one.phone)
    }
    orders = tuple(
        replace(
            one,
            email="" if (one.key, read_address(one.email)) in said else one.email,
            phone="" if (one.key, read_address(one.phone)) in said else one.phone,
        )
        for one in world.orders
    )
    return replace(world, orders=orders, erasures=())


@pytest.fixture(scope="module")
def models(world, tmp_path_factory) -> Models:
    folder = tmp_path_factory.mktemp("worlds")
    write_world(world, folder / "data/shop")
    with pytest.MonkeyPatch.context() as patch, duckdb.connect() as connection:
        patch.chdir(folder)
        given = prepare("shop", Path("data"), "{}")
        yield open_models(connection, {**given, "adapter": adapter_of(given)})


@pytest.fixture(scope="module")
def persons(models) -> dict[str, Person]:
    """Each person's keys by the person's id; a guest's hashed key as the oracle calls it."""
    guests = {
        key: email.strip().lower()
        for key, email in models.fetch(
            "select distinct customer_id, email from {{ ref('stg_contract__line_contacts') }} "
            "where starts_with(customer_id, 'c_')"
        )
    }
    keys_of: dict[str, set[str]] = {}
    for key, person in models.fetch(
        "select customer_key, customer_id from {{ ref('customer_keys') }}"
    ):
        keys_of.setdefault(person, set()).add(guests.get(key, key))
    return {person: frozenset(keys) for person, keys in keys_of.items()}


def test_persons_are_those_of_the_oracle(world, persons):
    right = find_persons(world)
    assert sum(len(person) > 1 for person in right) > 5 * WORLDS / 2
    assert set(persons.values()) == right


@pytest.mark.parametrize("kind", ["email", "phone"])
def test_each_person_is_written_to_at_the_oracles_address(world, models, persons, kind):
    right = find_used_addresses(world, find_persons(world), kind=kind)
    texts = models.fetch(f"select customer_id, {kind} from {{{{ ref('customer_contacts') }}}}")
    found = {persons[person]: read_address(text) for person, text in texts if text}
    assert {person: address for person, address in found.items() if address} == right


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_whom_one_may_write_to_is_whom_the_oracle_says(world, models, persons, channel):
    right = answer(world)
    rows = models.fetch(
        "select customer_id, own_exclusion is null "
        "from {{ ref('contact_permissions') }} "
        f"where channel = '{channel}' and consent_purpose = 'marketing'"
    )
    may = {persons[person] for person, is_free in rows if is_free}
    expected = {person for person, where in right.contacts if where == channel}
    assert len(expected) > 20
    assert may == expected


def test_erasures_reach_whom_the_oracle_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    world = join_worlds(draw_world(seed, number=seed) for seed in range(WORLDS))
    write_world(world, Path("data/shop"))
    erased = answer(world).erased
    given = prepare("shop", Path("data"), "{}")
    with duckdb.connect() as connection:
        models = open_models(connection, {**given, "adapter": adapter_of(given)})
        left = {key for (key,) in models.fetch("select * from {{ ref('int_source_keys') }}")}
    keys = written_keys(world)
    assert len(erased & keys) > 10
    assert left & keys == keys_with_rows(world) - erased


def keys_with_rows(world):
    """Return the keys that stand in a file of customers or orders."""
    return {one.key for one in (*world.customers, *world.orders)} - {"", "0"}
