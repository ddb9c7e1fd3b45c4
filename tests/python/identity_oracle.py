"""Who is one person, and where may one write to them: the rules in plain Python.

It reads the rows of a world one after the other, with dicts and sets alone, and shares no code
with the project.

The rules of persons:

- Keys with one e-mail are one person, and keys that a link calls the same.
- A key that a link calls different from another is a person of its own: no address joins it, and
  no link of that day or earlier. Of two links of a pair the later one holds, of one day that
  which says different.
- Keys with one phone are one person, unless they have different e-mails. What e-mails and links
  have joined has its e-mails in common. A phone, or a chain of phones, that would bring different
  e-mails together joins nobody.
- An address of more than five keys is nobody's own: it joins nobody, and as an e-mail says
  nothing about a phone.

The rules of contacts:

- An event that names a key, as the e-mail of a guest is one, holds for the person and for the
  person's addresses; one that names an address holds for that address under every key. Of a
  channel that the address does not serve, as SMS is for an e-mail, it holds for every person who
  has the address.
- Of the events of a scope (person or address, channel, purpose) the latest holds, of one day the
  withdrawal. A day that is not known is the first. A grant from the as-of date on does not hold
  yet, a withdrawal does.
- A contact needs a grant for the person or for the address used, and a withdrawal for neither.
- A suppression that names a key or an address suppresses each person that has it.
- Nobody is written to at an address of a person who is suppressed, or who has withdrawn this
  channel.
- An erasure that names a key or an address erases each person that has it, with all keys. A phone
  of more than five keys, or of several persons with an e-mail, erases nobody: it says of no one
  person that they asked.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from identity_worlds import AS_OF, Consent, Customer, Link, Order, World, sha256

LARGEST_SHARED = 5
"""Of more keys than this an address is nobody's own."""
GOOGLE = ("gmail.com", "googlemail.com")
KIND = {"email": "email", "sms": "phone"}
"""Which address a channel writes to."""

Person = frozenset[str]


@dataclass(frozen=True)
class Answer:
    """What is right of a world.

    Attributes
    ----------
    persons : each as the set of its keys. A guest's key is the e-mail in lower case.
    contacts : the address, as `read_address` returns it, by person and channel (email, sms);
        whom one may not write to has none.
    reasons : why not, for each person and channel that is not in `contacts`.
    suppressed, erased : keys.
    unknown : subjects of events that name nobody.
    """

    persons: frozenset[Person]
    contacts: dict[tuple[Person, str], str]
    reasons: dict[tuple[Person, str], str]
    suppressed: frozenset[str]
    erased: frozenset[str]
    unknown: frozenset[str]


def answer(world: World, *, purpose: str = "marketing") -> Answer:
    """Return what is right of a world, for messages of one purpose."""
    persons = find_persons(world)
    addresses = list_addresses(world)
    person_of = {key: person for person in persons for key in person}
    addresses_of = {
        person: {address for key in person for address in addresses[key]} for person in persons
    }
    persons_at = defaultdict(set)
    for person, own in addresses_of.items():
        for address in own:
            persons_at[address].add(person)
    names = list_names(world)
    known = written_keys(world)

    def named(subject: str) -> tuple[set[Person], set[str]]:
        """Return the persons whose key an event names, and the addresses that it names."""
        by_key = {person_of[subject]} if subject in known else set()
        guest = subject.strip().lower()
        if guest in person_of and guest not in known:
            # The key of a guest is the e-mail.
            by_key.add(person_of[guest])
        by_address = {one for one in [names.get(subject), read_address(subject)] if one}
        return by_key, by_address & set(persons_at)

    def reached(subject: str) -> set[Person]:
        """Return all persons who have the key or the address that an event names."""
        by_key, by_address = named(subject)
        return by_key.union(*(persons_at[address] for address in by_address))

    suppressed = {person for one in world.suppressions for person in reached(one.subject)}

    def asked(subject: str) -> set[Person]:
        """Return the persons whom an erasure names."""
        by_key, by_address = named(subject)
        for address in by_address:
            there = persons_at[address]
            keys = [key for person in there for key in person if address in addresses[key]]
            with_email = [
                person
                for person in there
                if any(kind_of(own) == "email" for own in addresses_of[person])
            ]
            is_shared = len(keys) > LARGEST_SHARED or len(with_email) > 1
            if kind_of(address) == "email" or not is_shared:
                by_key |= there
        return by_key

    erased = {person for one in world.erasures for person in asked(one.subject)}
    contacts, reasons = {}, {}
    for channel in KIND:
        events = [one for one in world.consents if concerns(one, channel, purpose)]
        of_person, of_address = defaultdict(list), defaultdict(list)
        for event in events:
            by_key, by_address = named(event.subject)
            for address in by_address:
                if kind_of(address) == KIND[channel]:
                    of_address[address].append(event)
                else:
                    by_key |= persons_at[address]
            for person in by_key:
                of_person[person].append(event)
        withdrawn = {person for person in persons if latest(of_person[person]) == "withdrawn"}
        used = find_used_addresses(world, persons, kind=KIND[channel])
        for person in persons:
            address = used.get(person)
            words = {
                latest(of_person[person]),
                latest([*of_person[person], *of_address[address]]),
            }
            if address is None:
                reason = "no address"
            elif person in erased:
                reason = "erased"
            elif person in suppressed:
                reason = "suppressed"
            elif "withdrawn" in words:
                reason = "withdrawn"
            elif "granted" not in words:
                reason = "no consent"
            elif persons_at[address] & suppressed:
                reason = "address of somebody suppressed"
            elif persons_at[address] & withdrawn:
                reason = "address of somebody who has withdrawn"
            else:
                contacts[person, channel] = address
                continue
            reasons[person, channel] = reason
    subjects = [one.subject for one in (*world.consents, *world.suppressions, *world.erasures)]
    return Answer(
        persons=persons,
        contacts=contacts,
        reasons=reasons,
        suppressed=frozenset(key for person in suppressed for key in person),
        erased=frozenset(key for person in erased for key in person),
        unknown=frozenset(one for one in subjects if not reached(one)),
    )


# --- texts -----------------------------------------------------------------------------


def read_address(text: str) -> str | None:
    """Return the e-mail or the phone that a text means, None where it is neither.

    Phones without a country are of the United States.

    Examples
    --------
    >>> read_address(" Ann.Lee+news@GoogleMail.com")
    'annlee@gmail.com'
    >>> read_address("Ann.Lee+news@example.com")
    'ann.lee+news@example.com'
    >>> read_address("(415) 555-2671")
    '+14155552671'
    """
    text = text.strip().lower()
    if "@" in text:
        if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", text):
            return None
        name, domain = text.split("@")
        if domain in GOOGLE:
            return name.split("+")[0].replace(".", "") + "@gmail.com"
        return text
    if not re.fullmatch(r"[-+(). 0-9]+", text):
        return None
    digits = "".join(sign for sign in text.replace("(0)", "") if sign.isdigit())
    if digits.startswith("011"):  # how one calls another country from there
        text, digits = f"+{digits[3:]}", digits[3:]
    if text.startswith("+"):
        return f"+{digits}" if 8 <= len(digits) <= 15 else None
    if len(digits) == 10:
        return f"+1{digits}"
    return f"+{digits}" if len(digits) == 11 and digits.startswith("1") else None


def kind_of(address: str) -> str:
    """Return which kind of address one is: email or phone."""
    return "email" if "@" in address else "phone"


def hashes_of(text: str) -> set[str]:
    """Return the SHA-256 by which a contact can be named: as it is written, and as read.

    Meta hashes an e-mail in lower case and a phone's digits; Google leaves out the dots of its
    own e-mails, and keeps the plus of a phone.
    """
    address = read_address(text)
    if address is None:
        return set()
    if kind_of(address) == "phone":
        return {sha256(address), sha256(address[1:])}
    clean = text.strip().lower()
    name, domain = clean.split("@")
    undotted = f"{name.replace('.', '')}@{domain}" if domain in GOOGLE else clean
    return {sha256(clean), sha256(undotted), sha256(address)}


def list_names(world: World) -> dict[str, str]:
    """Return the address that a hash names, for each contact of the world."""
    texts = {text for row in (*world.customers, *world.orders) for text in (row.email, row.phone)}
    return {one: read_address(text) for text in texts for one in hashes_of(text)}


# --- persons ---------------------------------------------------------------------------


def key_of_order(order: Order) -> str | None:
    """Return the key of an order: of a guest the e-mail in lower case, of nobody None."""
    if order.key not in ("", "0"):
        return order.key
    return order.email.strip().lower() if read_address(order.email) else None


def written_keys(world: World) -> set[str]:
    """Return the keys that stand in a file as such: not those of guests."""
    return (
        {one.key for one in world.customers}
        | {one.key for one in world.orders if one.key not in ("", "0")}
        | {key for one in world.links for key in (one.key, one.other)}
    )


def list_addresses(world: World) -> dict[str, set[str]]:
    """Return all addresses of each key."""
    addresses = {key: set() for key in written_keys(world)}
    rows = [(one.key, one) for one in world.customers]
    rows += [(key_of_order(one), one) for one in world.orders]
    for key, row in rows:
        if key is None:
            continue
        own = addresses.setdefault(key, set())
        for text in (row.email, row.phone):
            if read_address(text):
                own.add(read_address(text))
    return addresses


def find_persons(world: World) -> frozenset[Person]:
    """Return who is one person: sets of keys that have every key once."""
    addresses = list_addresses(world)
    links = latest_links(world.links)
    split_on = {}
    for link in links:
        if link.status == "different":
            split_on[link.other] = max(day_of(link), split_on.get(link.other, day_of(link)))
    keys_at = defaultdict(set)
    for key, own in addresses.items():
        for address in own:
            keys_at[address].add(key)
    joining = {
        address: {key for key in keys if key not in split_on}
        for address, keys in keys_at.items()
        if len(keys) <= LARGEST_SHARED
    }

    groups = {frozenset([key]) for key in addresses}
    for address, keys in joining.items():
        if kind_of(address) == "email":
            groups = join(groups, keys)
    for link in links:
        ends = (link.key, link.other)
        is_later = all(day_of(link) > split_on[key] for key in ends if key in split_on)
        if link.status == "same" and is_later:
            groups = join(groups, set(ends))

    with_email = {
        group
        for group in groups
        for address, keys in joining.items()
        if kind_of(address) == "email" and group & keys
    }
    persons = groups
    # Groups that phones hold together, as a chain of them; it holds if it has one e-mail group.
    chains = groups
    for address, keys in joining.items():
        if kind_of(address) == "phone" and sum(bool(one & keys) for one in with_email) < 2:
            chains = join(chains, keys)
    for chain in chains:
        if sum(one <= chain for one in with_email) < 2:
            persons = join(persons, set(chain))
    return frozenset(persons)


def join(groups: Iterable[Person], keys: set[str]) -> set[Person]:
    """Return the groups with those that have one of the keys made one."""
    met = {group for group in groups if group & keys} if len(keys) > 1 else set()
    return set(groups) - met | ({frozenset().union(*met)} if met else set())


def latest_links(links: Iterable[Link]) -> list[Link]:
    """Return the link that holds, of each pair of keys."""
    held: dict[frozenset[str], Link] = {}
    for link in links:
        pair = frozenset((link.key, link.other))
        before = held.get(pair)
        rank = (day_of(link), link.status == "different")
        if before is None or rank >= (day_of(before), before.status == "different"):
            held[pair] = link
    return list(held.values())


def day_of(row: Customer | Order | Link | Consent) -> int:
    """Return the day of a row; one that is not known is before all others."""
    day = row.since if isinstance(row, Customer) else row.day
    return -1 if day is None else day


# --- contacts --------------------------------------------------------------------------


def concerns(event: Consent, channel: str, purpose: str) -> bool:
    """Whether an event is about this channel and purpose, and holds already."""
    is_about = event.channel in (channel, "any") and event.purpose in (purpose, "")
    return is_about and (event.status != "granted" or day_of(event) < AS_OF)


def latest(events: list[Consent]) -> str | None:
    """Return what the latest event says: granted or withdrawn, None where there is none."""
    if not events:
        return None
    last = max(day_of(event) for event in events)
    words = {event.status for event in events if day_of(event) == last}
    return "granted" if words == {"granted"} else "withdrawn"


def find_used_addresses(
    world: World, persons: Iterable[Person], *, kind: str
) -> dict[Person, str]:
    """Return the one address of a kind that each person is written to at: the latest known.

    The customers file comes before order lines; then what is of a later day, then the key that
    sorts last.
    """
    rows = [(True, one.key, one) for one in world.customers]
    rows += [(False, key_of_order(one), one) for one in world.orders]
    found = defaultdict(list)
    for is_of_customers, key, row in rows:
        for address in (read_address(row.email), read_address(row.phone)):
            if address and kind_of(address) == kind:
                found[key].append((is_of_customers, day_of(row), key, address))
    used = {}
    for person in persons:
        own = [one for key in person for one in found[key]]
        if own:
            used[person] = max(own)[-1]
    return used
