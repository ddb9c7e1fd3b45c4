"""Random small shops in which keys, addresses and events name one another in every way.

`draw_world` draws one, `write_world` writes it as files of the input contract, and
`identity_oracle` says what is right of it. Worlds of different numbers have no key and no
address in common, so that `join_worlds` puts many of them into one build.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

AS_OF = 100
"""The day after the last order, in days since DAY_ZERO like every other day of a world."""
DAY_ZERO = datetime(2026, 1, 1)
LARGEST_NUMBER = 799
LINK_COLUMNS = ("customer_id", "other_customer_id", "status", "reason", "event_at")

# Days that meet often, so that events of one day do; None = the day is not known.
_EVENT_DAYS = (None, 5, 5, 10, 10, 20, 30, 30, AS_OF + 30)
_LINK_DAYS = (None, 5, 10, 10, 20, 30)
_NO_EMAILS = ("ann@", "ann.lee@@example.com", "@example.com", "ann at example.com", "n/a")
_NO_PHONES = ("12345", "call me", "4.47912E+11", "+44", "-")


@dataclass(frozen=True)
class Customer:
    """A row of `customers`: contacts as they are written, empty where there is none."""

    key: str
    email: str
    phone: str
    since: int | None


@dataclass(frozen=True)
class Order:
    """An order of one line. Without a key it is a guest's, and anonymous without an e-mail."""

    order_id: str
    key: str
    email: str
    phone: str
    day: int


@dataclass(frozen=True)
class Link:
    """A row of `customer_links`: two keys are one person (same), or are not (different)."""

    key: str
    other: str
    status: str
    day: int | None


@dataclass(frozen=True)
class Consent:
    """A row of `consents`. `subject` is a key, an e-mail, a phone or a SHA-256 of one of these.

    An empty purpose is every purpose, `any` every channel.
    """

    subject: str
    channel: str
    purpose: str
    status: str
    day: int | None


@dataclass(frozen=True)
class Request:
    """A row of `suppressions` or of `erasures`; `subject` as in `Consent`."""

    subject: str
    day: int | None


@dataclass(frozen=True)
class World:
    """What the files of a small shop say of its customers."""

    customers: tuple[Customer, ...] = ()
    orders: tuple[Order, ...] = ()
    links: tuple[Link, ...] = ()
    consents: tuple[Consent, ...] = ()
    suppressions: tuple[Request, ...] = ()
    erasures: tuple[Request, ...] = ()


def join_worlds(worlds: Iterable[World]) -> World:
    """Return the rows of all worlds as one."""
    worlds = list(worlds)
    return World(
        **{
            field.name: tuple(row for world in worlds for row in getattr(world, field.name))
            for field in fields(World)
        }
    )


def shrink_world(world: World, fails: Callable[[World], bool]) -> World:
    """Leave out rows as long as a world still fails; return the one that cannot lose a row."""
    is_smaller = True
    while is_smaller:
        is_smaller = False
        for field in fields(World):
            for row in getattr(world, field.name):
                rest = tuple(one for one in getattr(world, field.name) if one is not row)
                smaller = replace(world, **{field.name: rest})
                if fails(smaller):
                    world, is_smaller = smaller, True
    return world


def write_world(world: World, folder: Path) -> None:
    """Write a world as files of the contract, with an anonymous order on the last day.

    Parameters
    ----------
    folder : made where missing. An input without rows gets no file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    last = Order("LAST", "", "", "", AS_OF - 1)
    tables = {
        "customers": (
            ("customer_id", "registered_at", "email", "phone"),
            [(one.key, at(one.since), one.email, one.phone) for one in world.customers],
        ),
        "order_lines": (
            (
                *("order_id", "line_number", "customer_id", "ordered_at", "product_id"),
                *("quantity", "unit_price", "customer_email", "customer_phone"),
            ),
            [
                (one.order_id, 1, one.key, at(one.day), "P1", 1, "10.00", one.email, one.phone)
                for one in (*world.orders, last)
            ],
        ),
        "customer_links": (
            LINK_COLUMNS,
            [(one.key, one.other, one.status, "", at(one.day)) for one in world.links],
        ),
        "consents": (
            ("customer_id", "channel", "purpose", "status", "event_at"),
            [
                (one.subject, one.channel, one.purpose, one.status, at(one.day))
                for one in world.consents
            ],
        ),
        **{
            name: (
                ("customer_id", "reason", "event_at"),
                [(one.subject, "asked", at(one.day)) for one in getattr(world, name)],
            )
            for name in ("suppressions", "erasures")
        },
    }
    for name, (header, rows) in tables.items():
        if rows:
            with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
                csv.writer(file, lineterminator="\n").writerows([header, *rows])


def at(day: int | None) -> str:
    """Return ten o'clock of a day as the contract writes it; empty where it is not known."""
    if day is None:
        return ""
    return f"{DAY_ZERO + timedelta(days=day, hours=10):%Y-%m-%d %H:%M:%S}"


def sha256(text: str) -> str:
    """Return the hash that ad platforms take for a contact."""
    return hashlib.sha256(text.encode()).hexdigest()


# --- drawing ---------------------------------------------------------------------------


def draw_world(seed: int, *, number: int = 0) -> World:
    """Draw a world of up to 32 keys and eight guests.

    Several keys have one mailbox or phone, in other texts; some mailboxes differ by dots or a
    plus outside Google's domains, where they are two. In most worlds an office's mailbox or a
    counter's phone belongs to four to seven keys, five being the most that link anybody. A pair
    of keys is named in one order in all its links.

    Parameters
    ----------
    number : of the world, 0 to 799, part of all its keys and addresses.
    """
    if not 0 <= number <= LARGEST_NUMBER:
        raise ValueError(f"number is {number}: it must be from 0 to {LARGEST_NUMBER}")
    rng = np.random.Generator(np.random.PCG64([seed, number]))
    keys = [f"K{number:03d}{i:02d}" for i in range(int(rng.integers(2, 33)))]
    mailboxes = _draw_mailboxes(rng, number=number, size=len(keys) * 2 // 3 + 1)
    phones = [_phone_texts(rng, number=number, line=j) for j in range(len(keys) * 2 // 3 + 1)]
    customers = [
        Customer(
            key,
            email=_draw_text(rng, mailboxes, damaged=_NO_EMAILS),
            phone=_draw_text(rng, phones, damaged=_NO_PHONES),
            since=_draw_day(rng),
        )
        for key in keys
        # A few keys are known from their orders alone.
        if rng.random() < 0.85
    ]
    office = [f"office.{number}@example.org", f"Office.{number}@Example.org "]
    counter = _phone_texts(rng, number=number, line=99)
    for column, texts in (("email", office), ("phone", counter)):
        if len(customers) > 7 and rng.random() < 0.7:
            for i in rng.permutation(len(customers))[: int(rng.integers(4, 8))]:
                customers[i] = replace(customers[i], **{column: _pick(rng, texts)})
    orders = _draw_orders(
        rng, number=number, keys=keys, customers=customers, mailboxes=mailboxes, phones=phones
    )
    subjects = _list_subjects(customers, orders, keys=keys)

    def draw_requests(most: int) -> tuple[Request, ...]:
        return tuple(
            Request(_draw_subject(rng, subjects), _pick(rng, _EVENT_DAYS))
            for _ in range(int(rng.integers(most + 1)))
        )

    return World(
        customers=tuple(customers),
        orders=orders,
        links=_draw_links(rng, keys=[one.key for one in customers]),
        consents=tuple(
            Consent(
                _draw_subject(rng, subjects),
                channel=_pick(rng, ("email", "email", "sms", "any", "any")),
                purpose=_pick(rng, ("marketing", "marketing", "marketing", "", "service")),
                status=_pick(rng, ("granted", "granted", "granted", "withdrawn")),
                day=_pick(rng, _EVENT_DAYS),
            )
            for _ in range(int(1.5 * len(keys)))
        ),
        suppressions=draw_requests(2),
        erasures=draw_requests(1),
    )


def _pick(rng: np.random.Generator, choices):
    """Draw one of some things, each as likely as the others."""
    return choices[int(rng.integers(len(choices)))]


def _draw_day(rng: np.random.Generator) -> int | None:
    """Draw a day before the last, from few, so that some are the same; or none."""
    return _pick(rng, (None, 0, 1, 1, 40, 40, 60, 90))


def _draw_mailboxes(rng: np.random.Generator, *, number: int, size: int) -> list[list[str]]:
    """Draw mailboxes, each as the texts that mean it."""
    mailboxes = []
    while len(mailboxes) < size:
        name = f"{_pick(rng, ('ann.lee', 'bo.diaz', 'cy.nash'))}{number}m{len(mailboxes)}"
        if rng.random() < 0.3:
            # Google gives no name of more than thirty letters and digits: these are nobody's.
            name = f"{name}.of.an.invented.world.of.tests"
            plain = name.replace(".", "")
            mailboxes.append(
                [
                    f"{name}@gmail.com",
                    f"{plain}@gmail.com",
                    f"{name}+shop@googlemail.com",
                    f" {name.upper()}@GMAIL.com",
                ]
            )
            continue
        mailboxes.append(
            [f"{name}@example.com", f"{name.title()}@Example.com", f"{name}@EXAMPLE.COM "]
        )
        if rng.random() < 0.2:
            # Near to it, and another one.
            near = _pick(rng, (name.replace(".", ""), f"{name}+shop"))
            mailboxes.append([f"{near}@example.com", f"{near.upper()}@example.com"])
    return mailboxes


def _phone_texts(rng: np.random.Generator, *, number: int, line: int) -> list[str]:
    """Return texts that mean one phone: of the United States, else of the United Kingdom."""
    if rng.random() < 0.8:
        area = 200 + number
        return [
            f"+1{area}55501{line:02d}",
            f"({area}) 555-01{line:02d}",
            f"1-{area}-555-01{line:02d}",
            f"{area}.555.01{line:02d}",
        ]
    return [f"+4477009{number:03d}{line:02d}", f"+44 (0)7700 9{number:03d} {line:02d}"]


def _draw_text(rng: np.random.Generator, contacts: list[list[str]], *, damaged) -> str:
    """Draw what stands in a column of contacts: nothing, something damaged, or a contact."""
    kind = rng.random()
    if kind < 0.3:
        return ""
    if kind < 0.4:
        return _pick(rng, damaged)
    return _pick(rng, _pick(rng, contacts))


def _draw_orders(
    rng: np.random.Generator,
    *,
    number: int,
    keys: list[str],
    customers: list[Customer],
    mailboxes: list[list[str]],
    phones: list[list[str]],
) -> tuple[Order, ...]:
    """Draw orders of keys, of guests and of nobody.

    Some of those with a key say the contacts of the customers file again, few say others.
    """
    rows = []
    customer_of = {one.key: one for one in customers}
    for key in keys:
        for _ in range(int(rng.integers(3))):
            email = _draw_text(rng, mailboxes, damaged=_NO_EMAILS) if rng.random() < 0.1 else ""
            phone = _draw_text(rng, phones, damaged=_NO_PHONES) if rng.random() < 0.1 else ""
            if key in customer_of and rng.random() < 0.3:
                email = email or customer_of[key].email
                phone = phone or customer_of[key].phone
            rows.append((key, email, phone))
    for _ in range(int(rng.integers(9))):
        phone = _draw_text(rng, phones, damaged=_NO_PHONES) if rng.random() < 0.2 else ""
        rows.append((_pick(rng, ("", "", "0")), _pick(rng, _pick(rng, mailboxes)), phone))
    for nobody in ("", "0"):
        rows.append((nobody, _pick(rng, ("", *_NO_EMAILS)), ""))
    days = rng.integers(0, AS_OF, len(rows))
    return tuple(
        Order(f"O{number:03d}{i:03d}", key, email, phone, int(day))
        for i, ((key, email, phone), day) in enumerate(zip(rows, days, strict=True))
    )


def _draw_links(rng: np.random.Generator, *, keys: list[str]) -> tuple[Link, ...]:
    """Draw links of some pairs of keys, of few pairs two that may contradict each other."""
    links = []
    for _ in range(int(rng.integers(len(keys) // 4 + 1))):
        first, second = sorted(int(i) for i in rng.permutation(len(keys))[:2])
        for _ in range(1 + (rng.random() < 0.3)):
            status = _pick(rng, ("same", "same", "different"))
            links.append(Link(keys[first], keys[second], status, _pick(rng, _LINK_DAYS)))
    return tuple(links)


def _list_subjects(
    customers: list[Customer], orders: tuple[Order, ...], *, keys: list[str]
) -> list[list[str]]:
    """Return texts that an event can name, by kind: keys, contacts, hashes, and nobody.

    Hashes are of what is written, as Meta and Google ask for it: an e-mail in lower case, at
    Google's domains with or without its dots, a phone in E.164 with or without its plus.
    """
    rows = [*customers, *orders]
    emails = sorted({row.email for row in rows} - {"", *_NO_EMAILS})
    phones = sorted({row.phone for row in rows} - {"", *_NO_PHONES})
    hashes = []
    for email in emails:
        clean = email.strip().lower()
        name, _, domain = clean.partition("@")
        is_google = domain in ("gmail.com", "googlemail.com")
        hashes += [clean, f"{name.replace('.', '')}@{domain}" if is_google else clean]
    for phone in phones:
        digits = "".join(sign for sign in phone.replace("(0)", "") if sign.isdigit())
        digits = digits if len(digits) > 10 else f"1{digits}"
        hashes += [f"+{digits}", digits]
    nobody = [
        keys[0].lower(),
        f"0{keys[0]}",
        "4.47912E+11",
        sha256("nobody"),
        "no.one@example.net",
    ]
    kinds = [keys, keys, emails, phones, [sha256(text) for text in hashes]]
    return [*(kind for kind in kinds if kind), nobody[: 1 + len(keys) % len(nobody)]]


def _draw_subject(rng: np.random.Generator, subjects: list[list[str]]) -> str:
    """Draw whom an event names: seldom nobody."""
    return _pick(rng, _pick(rng, subjects if rng.random() < 0.2 else subjects[:-1]))
