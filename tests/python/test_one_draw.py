"""One person under several keys gets one message and one draw (case 12).

The sample is built, a list of it exported, and then the same shop comes again with a state that
knows its persons: customers with a second key, with links between keys that were two persons,
and one who has withdrawn under a key of a guest.
"""

from __future__ import annotations

import csv
import gzip
import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from conftest import Build, copy_project, query

from targeted_lists.activation.export import Places, export_list
from targeted_lists.activation.export_file import Order
from targeted_lists.inputs.contacts import contact_address

SENT = "second_purchase_2026-07-01"
GUEST, WITHDRAWN, SUPPRESSED = "G00001", "C01513", "C02371"


@dataclass(frozen=True)
class Doubled:
    """The shop with doubled keys.

    Attributes
    ----------
    build, before : the shop as it is then, and the sample as it was.
    recent, old : customers of win_back by the second key that has one such order.
    in_two_arms, treated_twice, of_one_held_out, held_out : two keys each that are one person by
        now: assigned to both arms of the campaign, both treated, one treated and one in the
        holdout, and one wanted by lists and one in the holdout.
    """

    build: Build
    before: Build
    recent: dict[str, str]
    old: dict[str, str]
    in_two_arms: tuple[str, str]
    treated_twice: tuple[str, str]
    of_one_held_out: tuple[str, str]
    held_out: tuple[str, str]

    def working(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query on the working database."""
        return query(self.build.warehouse, sql)

    def person_of(self, key: str) -> str:
        """Return whom a key is of by now."""
        ((person,),) = self.build.query(
            f"select customer_id from core.customer_keys where customer_key = '{key}'"
        )
        return person

    def export(self, list_name: str) -> tuple[list[dict[str, str]], Places]:
        """Export a list for a mail tool and return its rows."""
        folder = self.build.project.folder
        places = Places(*(folder / one for one in ("published", "warehouse", "state", "exports")))
        export_list(Order("sample", list_name, "csv", "US"), places=places)
        (path,) = (places.exports / "sample").glob(f"{list_name}_2026-07-02_csv/*.csv")
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file)), places


@pytest.fixture(scope="module")
def doubled(sample_build: Build, tmp_path_factory: pytest.TempPathFactory) -> Doubled:
    project = copy_project(tmp_path_factory.mktemp("doubled"))
    shutil.copytree(sample_build.project.folder / "state", project.folder / "state")
    made = sample_build.project.folder
    export_list(
        Order("sample", "second_purchase", "csv", "US"),
        places=Places(
            made / "published", made / "warehouse", project.folder / "state", made / "doubled"
        ),
    )
    decided: dict[tuple[str, str | None], list[str]] = {}
    for list_name, arm, customer in sample_build.query(
        "select list_name, coalesce(arm, first_exclusion), customer_id "
        "from targeting.list_decisions order by rank, customer_id"
    ):
        decided.setdefault((list_name, arm), []).append(customer)
    treated = decided["second_purchase", "treatment"]
    oldest = sample_build.query(
        "select customer_id from core.dim_customers "
        "where customer_id in (select customer_id from lists.list_members "
        "where list_name = 'loyal_rewards') order by registered_at limit 1"
    )[0][0]
    winning = [
        one for one in decided["win_back", "treatment"] if one not in (WITHDRAWN, SUPPRESSED)
    ][:61]
    shop = Doubled(
        build=sample_build,
        before=sample_build,
        recent={one: f"{one}R" for one in winning[:30]},
        old={one: f"{one}S" for one in winning[30:]},
        in_two_arms=(treated[0], decided["second_purchase", "control"][0]),
        treated_twice=(treated[1], treated[2]),
        of_one_held_out=(treated[3], decided["second_purchase", "global holdout"][0]),
        held_out=(oldest, decided["second_purchase", "global holdout"][1]),
    )
    double(project.folder / "data/sample", shop, sample_build)
    built = project.build(as_of_date="2026-07-02")
    return Doubled(**{**vars(shop), "build": built})


def double(folder: Path, shop: Doubled, sample_build: Build) -> None:
    """Write the second keys, the links, the guest and the suppression into the shop's files."""
    with (folder / "customers.csv").open(encoding="utf-8", newline="") as file:
        customers = {row["customer_id"]: row for row in csv.DictReader(file)}
    last_orders = dict(
        sample_build.query(
            "select customer_id, max(ordered_at) - interval '1 day' from core.fct_orders "
            "where is_placed and customer_id is not null group by customer_id"
        )
    )
    with gzip.open(folder / "order_lines.csv.gz", "rt", encoding="utf-8", newline="") as file:
        sold = next(csv.DictReader(file))
    columns = list(next(iter(customers.values())))
    with (folder / "customers.csv").open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        for one, key in (shop.recent | shop.old).items():
            email = customers[one]["email"].upper()
            writer.writerow({"customer_id": key, "email": email, "registered_at": "2026-06-01"})
        guest = {"customer_id": GUEST, "email": customers[WITHDRAWN]["email"]}
        writer.writerow({**guest, "registered_at": "2026-06-01"})
    with gzip.open(folder / "order_lines.csv.gz", "at", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(sold))
        for number, (one, key) in enumerate((shop.recent | shop.old).items()):
            at = "2026-06-25 10:00:00" if one in shop.recent else str(last_orders[one])
            own = {"order_id": f"D{number}", "line_number": 1, "customer_id": key}
            writer.writerow({**sold, **own, "ordered_at": at, "delivered_at": at})
    with (folder / "customer_links.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["customer_id", "other_customer_id"])
        pairs = (shop.in_two_arms, shop.treated_twice, shop.of_one_held_out, shop.held_out)
        writer.writerows(pairs)
    with (folder / "consents.csv").open("a", encoding="utf-8") as file:
        file.write(f"{GUEST},email,marketing,withdrawn,preference_centre,2026-06-20 10:00:00\n")
    with (folder / "suppressions.csv").open("a", encoding="utf-8") as file:
        file.write(f"{customers[SUPPRESSED]['email']},complaint,2026-06-20 10:00:00\n")


def test_orders_under_the_second_key_are_the_persons(doubled: Doubled) -> None:
    wanted = {
        customer
        for (customer,) in doubled.build.query(
            "select customer_id from targeting.list_candidates where list_name = 'win_back'"
        )
    }
    assert not wanted & (set(doubled.recent) | set(doubled.recent.values()))
    assert set(doubled.old) <= wanted
    assert not wanted & set(doubled.old.values())
    assert doubled.person_of(GUEST) == WITHDRAWN


def test_nobody_and_no_address_is_in_a_file_twice(doubled: Doubled) -> None:
    rows, _ = doubled.export("win_back")
    assert len(rows) > 100
    addresses = Counter(contact_address(row["contact"], "US") for row in rows)
    assert set(addresses.values()) == {1}
    persons = Counter(doubled.person_of(row["customer_id"]) for row in rows)
    assert set(persons.values()) == {1}


def test_each_person_is_in_one_arm(doubled: Doubled) -> None:
    decisions = doubled.build.query(
        "select list_name, customer_id, count(*), count(distinct arm) "
        "from targeting.list_decisions group by all"
    )
    assert all(rows == 1 and arms <= 1 for _, _, rows, arms in decisions)
    keys = {
        key
        for (key,) in doubled.working(
            "select customer_key from core.customer_keys where customer_key <> customer_id"
        )
    }
    assert not keys & {customer for _, customer, *_ in decisions}


def test_who_was_merged_after_the_send_keeps_the_first_arm(doubled: Doubled) -> None:
    """Of two keys drawn on one day that of the key that names the person."""
    then = dict(
        doubled.before.query(
            "select customer_id, arm from targeting.list_decisions "
            "where list_name = 'second_purchase' and is_in"
        )
    )
    now = doubled.build.query(
        f"select customer_id, arm from targeting.campaign_assignments where campaign_id = '{SENT}'"
    )
    assert len(now) == len(then) - 2
    assert dict(now) == {one: then[one] for one, _ in now if one in then} | {
        doubled.person_of(doubled.of_one_held_out[0]): "treatment"
    }
    sent = Counter(
        customer
        for (customer,) in doubled.working(
            f"select customer_id from targeting.messages_sent where campaign_id = '{SENT}'"
        )
    )
    assert sent[doubled.person_of(doubled.treated_twice[0])] == 2
    assert sum(sent.values()) == sum(arm == "treatment" for arm in then.values())


def test_the_lift_without_crossed_persons_stands_next_to_it(doubled: Doubled) -> None:
    rows = doubled.build.query(
        "select metric, crossed_customers, treatment_customers, control_customers "
        f"from targeting.campaign_lift_without_crossed where campaign_id = '{SENT}'"
    )
    lifts = doubled.build.query(
        "select metric, treatment_customers + control_customers from targeting.campaign_lift "
        f"where campaign_id = '{SENT}' and slice = 'all'"
    )
    assert rows
    assert {metric for metric, *_ in rows} == {metric for metric, _ in lifts}
    assert {crossed for _, crossed, *_ in rows} == {2}
    everyone = dict(lifts)
    for metric, crossed, treated, controls in rows:
        assert treated + controls == everyone[metric] - crossed
    # Where nobody has crossed there is no such line.
    assert doubled.before.query("from targeting.campaign_lift_without_crossed") == []


def test_the_holdout_holds_for_every_key(doubled: Doubled) -> None:
    then = {
        customer
        for (customer,) in query(
            doubled.before.warehouse, "select customer_id from targeting.holdout_customers"
        )
    }
    keys = doubled.build.query("select customer_key, customer_id from core.customer_keys")
    held = {person for key, person in keys if key in then}
    members = {
        customer
        for (customer,) in doubled.build.query("select customer_id from lists.list_members")
    }
    assert not held & members
    now = dict(doubled.working("select customer_id, is_drawn from targeting.holdout_customers"))
    assert held <= set(now)
    # One whose own draw is another is held out by the key.
    person = doubled.person_of(doubled.held_out[0])
    assert person == doubled.held_out[0]
    assert now[person] is False


def test_the_history_of_two_keys_is_one(doubled: Doubled) -> None:
    person = doubled.person_of(doubled.treated_twice[0])
    assert doubled.build.query(
        "select customer_id, entered_date, left_date from lists.list_member_history "
        f"where list_name = 'second_purchase' and customer_id in {doubled.treated_twice}"
    ) == [(person, date(2026, 7, 1), date(2026, 7, 2))]
    ((members, erased),) = doubled.build.query(
        "select members, erased_members from lists.list_runs "
        "where list_name = 'second_purchase' and as_of_date = '2026-07-01'"
    )
    ((before,),) = doubled.before.query(
        "select members from lists.list_catalog where list_name = 'second_purchase'"
    )
    assert (members, erased) == (before - 1, 0)


def test_permissions_by_address_reach_the_export(doubled: Doubled) -> None:
    """A guest's withdrawal and a suppressed e-mail are the person's."""
    rows, _ = doubled.export("win_back")
    persons = {doubled.person_of(row["customer_id"]) for row in rows}
    assert not persons & {doubled.person_of(WITHDRAWN), SUPPRESSED}
