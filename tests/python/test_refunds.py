"""Right values of small shops: returns however they are written, and money that sums.

One dataset holds them all, in files of their own: returns with and without a status, refunds of
every kind (R1 to R9), prices of four decimals without a cost in several campaigns, equal lines
without a number, and the customer 0.
"""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from conftest import REPO_ROOT, Build, Project, query

CASES = REPO_ROOT / "tests/data"
CAMPAIGNS = ("E1", "E2", "E3", "E4")
NOBODY = ("0", "00", " 0 ", "0.0", "0.00", "")


def write_rows(path: Path, header: list[str], rows: list[list[object]]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    path.write_text(text.getvalue(), encoding="utf-8")


def write_campaigns(folder: Path) -> None:
    """Add three campaigns to the case's own, and random orders at prices of four decimals."""
    random = Random(22)
    header = ["campaign_id", "campaign_name", "channel", "started_at"]
    campaigns = [[one, one, "email", f"2025-0{2 + int(one[1])}-01"] for one in CAMPAIGNS[1:]]
    with (CASES / "margin_rounding/campaigns.csv").open(encoding="utf-8") as file:
        campaigns += list(csv.reader(file))[1:]
    write_rows(folder / "campaigns.csv", header, campaigns)
    with (CASES / "margin_rounding/campaign_contacts.csv").open(encoding="utf-8") as file:
        contacts = list(csv.reader(file))[1:]
    lines = []
    for number in range(120):
        customer = f"M{number:03}"
        for campaign in CAMPAIGNS:
            arm = random.choice(["treatment", "control"])
            started_at = f"2025-0{2 + int(campaign[1])}-01"
            contacts.append([campaign, customer, arm, started_at])
            for _ in range(random.randint(0, 3)):
                day = f"{started_at[:8]}{random.randint(1, 28):02} 10:00:00"
                decimals = 10 ** random.randint(0, 4)
                price = Decimal(random.randint(1, 9 * decimals)) / decimals
                order = f"M{len(lines)}"
                quantity = random.choice([1, 2, 3])
                lines.append([order, 1, customer, day, "X", quantity, price])
    header = ["campaign_id", "customer_id", "arm", "sent_at"]
    write_rows(folder / "campaign_contacts.csv", header, contacts)
    columns = ["order_id", "line_number", "customer_id", "ordered_at", "product_id", "quantity"]
    write_rows(folder / "order_lines_prices.csv", [*columns, "unit_price"], lines)


@pytest.fixture(scope="module")
def build(project: Project) -> Build:
    """The dataset of all cases, with every model and test of the project."""
    folder = project.folder / "data/refunds"
    folder.mkdir()
    for case in ("returned_status", "refunds_and_ties", "margin_rounding"):
        # The cases number their orders alike, and a later file would replace an earlier one's.
        with (CASES / case / "order_lines.csv").open(encoding="utf-8") as file:
            header, *lines = csv.reader(file)
        place = header.index("order_id")
        for line in lines:
            line[place] = f"{case}-{line[place]}"
        write_rows(folder / f"order_lines_{case}.csv", header, lines)
    write_campaigns(folder)
    equal = ["EQUAL", "TWICE", "2025-05-01 10:00:00", "X", 1, 10]
    nobody = [
        [f"N{place}", key, "2025-05-01 10:00:00", "X", 1, 10] for place, key in enumerate(NOBODY)
    ]
    write_rows(
        folder / "order_lines_equal.csv",
        ["order_id", "customer_id", "ordered_at", "product_id", "quantity", "unit_price"],
        [equal, equal, *nobody],
    )
    write_rows(
        folder / "customers.csv",
        ["customer_id", "email"],
        [[key, ""] for key in ("known", *NOBODY)],
    )
    write_rows(
        folder / "customer_totals.csv",
        ["customer_id", "orders", "revenue", "recency_days"],
        [[key, 3, 60, 9] for key in ("known", *NOBODY)],
    )
    return project.build(dataset="refunds")


def bought_revenue(build: Build) -> dict[str, Decimal]:
    """Return what each customer has bought, of those with an order line."""
    return dict(
        build.query(
            "select customer_id, sum(bought_revenue) from core.fct_order_lines group by all"
        )
    )


def test_a_return_counts_with_and_without_a_status(build):
    bought = bought_revenue(build)
    assert [bought[one] for one in ("WITH_STATUS", "NO_STATUS", "OTHER")] == [0, 0, 100]
    # Nobody who sent all of it back has bought.
    assert build.query(
        "select customer_id from rfm.rfm_scores where basis = 'bought' "
        "and customer_id in ('WITH_STATUS', 'NO_STATUS', 'OTHER')"
    ) == [("OTHER",)]


def test_a_refund_takes_its_own_amount_and_nothing_below_zero(build):
    bought = bought_revenue(build)
    assert {f"R{one}": bought[f"R{one}"] for one in range(1, 10)} == {
        "R1": 0,
        "R2": 40,
        "R3": 40,
        "R4": 40,
        "R5": 40,
        "R6": 0,
        "R7": 0,
        "R8": 50,
        "R9": 30,
    }
    pivot = dict(
        build.query(
            "select customer_id, bought_revenue from pivots.customer_pivot "
            "where customer_id similar to 'R[0-9]'"
        )
    )
    assert pivot == {one: value for one, value in bought.items() if one in pivot}
    # The unit came back, the money stayed.
    assert build.query(
        "select placed_units, bought_units, bought_revenue, is_bought, returned_quantity "
        "from core.fct_order_lines where customer_id = 'R2' and placed_units > 0"
    ) == [(1, 0, 40, True, 1)]


def test_what_no_sale_had_left_is_listed_with_its_reason_and_raises_an_alert(build):
    assert build.query(
        "select customer_id, return_match, unmatched_quantity, unmatched_amount "
        "from core.fct_order_lines where unmatched_amount > 0 order by all"
    ) == [("R1", "beyond the sale", 0, 30), ("R7", "no earlier sale", 1, 50)]
    ((severity, sentence),) = build.query(
        "select severity, sentence from monitoring.alerts where check_name = 'unmatched returns'"
    )
    assert severity == "amber"
    assert "give back 80.00" in sentence
    assert "no earlier sale 50.00, beyond the sale 30.00" in sentence
    # The discount of R6 was larger than its line.
    assert build.query(
        "select decision::varchar, reason, amount from core.order_line_ledger "
        "inner join core.fct_order_lines using (order_line_id, amount) where customer_id = 'R6'"
    ) == [("accepted", "sale for nothing: the discount exceeds its value", 0)]


def test_margins_sum_to_the_same_by_day_and_by_campaign(build):
    """Without a cost each line's margin is assumed and rounded once, then only summed."""
    by_day = build.query(
        "select campaign_id, arm, metric, total from targeting.campaign_outcomes_over_time "
        "where days_after_send = 30 and metric in ('margin', 'revenue') order by all"
    )
    by_campaign = build.query(
        "select campaign_id, arm, metric, total from targeting.campaign_outcomes "
        "where slice = 'all' and stratum = 'all' and metric in ('margin', 'revenue') order by all"
    )
    assert by_day == by_campaign
    assert len(by_day) == 2 * 2 * len(CAMPAIGNS)
    assert min(total for *_, total in by_day) > 0
    assert query(
        build.warehouse,
        "select sum(margin), sum(revenue) from targeting.campaign_customers "
        "where campaign_id = 'E1' and customer_id in ('A', 'B')",
    ) == [(Decimal("0.9"), Decimal("3.0002"))]


def test_equal_lines_without_a_number_are_kept_and_the_ledger_says_so(build):
    assert bought_revenue(build)["TWICE"] == 20
    assert build.query(
        "select reason from core.order_line_ledger inner join core.fct_order_lines "
        "using (order_line_id) where customer_id = 'TWICE' order by order_line_id"
    ) == [("sale",), ("sale, accepted though identical to an earlier line",)]


def test_the_customer_zero_is_nobody_in_every_input(build):
    assert (
        build.query(
            "select customer_id from core.dim_customers where customer_id similar to '[0. ]*'"
        )
        == []
    )
    assert build.query(
        "select input, decision, reason, count(*) from core.input_ledger "
        "where input in ('customers', 'customer_totals') group by all order by all"
    ) == [
        (one, *decision)
        for one in ("customer_totals", "customers")
        for decision in (("accepted", "sound", 1), ("rejected", "no customer_id", len(NOBODY)))
    ]
    assert build.query(
        "select count(*) from core.fct_order_lines where order_id like 'N%' and is_bought "
        "and customer_id is null"
    ) == [(len(NOBODY),)]
