"""Consents and suppressions that name a key, an e-mail or a phone, raw or hashed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from targeted_lists.check.command import open_models
from targeted_lists.check.model_sql import Models
from targeted_lists.cli.request import adapter_of, prepare

CONSENTS = "customer_id,email,phone,channel,purpose,status,source,event_at\n"
SUPPRESSIONS = "customer_id,email,phone,reason,event_at\n"
GRANTED = "marketing,granted,checkout,2026-01-01\n"
WITHDRAWN = "marketing,withdrawn,mail tool,2026-03-03\n"
PERMITTED = """
    select customer_id, channel from {{ ref('contact_permissions') }}
    where own_exclusion is null and consent_basis = 'granted'
"""
BASES = "select customer_id, channel, consent_basis from {{ ref('contact_permissions') }}"
EXCLUSIONS = "select customer_id, channel, own_exclusion from {{ ref('contact_permissions') }}"

Ask = Callable[..., list[tuple]]
World = Callable[..., Ask]


def sha256(text: str) -> str:
    """Return a contact as advertising platforms take it."""
    return hashlib.sha256(text.encode()).hexdigest()


def orders(*keys: str) -> str:
    """Return a file of one order a key."""
    return "order_id,customer_id,ordered_at,product_id,quantity,unit_price\n" + "".join(
        f'O{number},"{key}",2026-03-01 10:00:00,A,1,10.00\n' for number, key in enumerate(keys)
    )


def customers(**contacts: str) -> str:
    """Return the file of customers, with e-mail and phone of each key."""
    return "customer_id,email,phone\n" + "".join(
        f"{key},{contact}\n" for key, contact in contacts.items()
    )


@pytest.fixture
def world(tmp_path: Path, monkeypatch) -> World:
    """Return a function that writes a dataset, and gives one that asks the run's tables."""
    monkeypatch.chdir(tmp_path)
    folder = Path("data/shop")

    def write(**files: str) -> Ask:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        models = []

        def ask(sql: str, **variables: str) -> list[tuple]:
            if not models or variables:
                given = prepare("shop", Path("data"), str(variables))
                given |= {"adapter": adapter_of(given)}
                models.append(open_models(duckdb.connect(), given))
            return models[-1].fetch(sql)

        return ask

    return write


def permitted(ask: Ask) -> dict[str, set[str]]:
    """Return who may be written to, by channel."""
    found: dict[str, set[str]] = {"email": set(), "sms": set()}
    for customer, channel in ask(PERMITTED):
        found[channel].add(customer)
    return found


def test_a_withdrawal_by_email_counts_for_who_is_keyed_by_number(world: World) -> None:
    ask = world(
        order_lines=orders("1002", "1003"),
        customers=customers(
            **{
                "1002": "bob@example.com,+447700900002",
                "1003": "eve@example.com,+447700900003",
            }
        ),
        consents="customer_id,channel,purpose,status,source,event_at\n"
        "1002,email,marketing,granted,checkout,2026-01-01\n"
        "bob@example.com,email,marketing,withdrawn,mail tool,2026-03-03\n"
        "01003,email,marketing,withdrawn,a spreadsheet,2026-03-03\n"
        "1003,email,marketing,granted,checkout,2026-01-01\n",
    )
    bases = {(who, channel): basis for who, channel, basis in ask(BASES)}
    assert bases["1002", "email"] == "consent withdrawn"
    assert bases["1003", "email"] == "granted"
