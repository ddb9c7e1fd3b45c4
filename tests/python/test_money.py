"""Refunds in a file of their own, currencies with rates, tax, and totals that do not add up."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from conftest import World

from targeted_lists.__main__ import main

D = Decimal
COLUMNS = "order_id,line_number,customer_id,ordered_at,product_id,quantity,unit_price,discount"
LINES = f"""{COLUMNS},currency
A1,1,C1,2026-03-01 10:00:00,MUG,2,10.00,,EUR
A1,2,C1,2026-03-01 10:00:00,TEA,3,5.00,1.00,EUR
A2,1,C1,2026-03-02 10:00:00,MUG,1,10.00,,EUR
A3,1,C2,2026-03-03 10:00:00,LAMP,1,100.00,,USD
A4,1,C2,2026-03-20 10:00:00,LAMP,1,100.00,10.00,USD
A5,1,C3,2026-03-03 10:00:00,LAMP,1,8000,,JPY
A6,1,,2026-03-03 10:00:00,LAMP,1,50,,EUR
A7,1,C4,2026-03-03 10:00:00,LAMP,1,50,,EUR
A8,1,C4,2026-02-03 10:00:00,LAMP,1,50,,USD
A9,1,C5,2026-03-03 10:00:00,LAMP,1,50,,EUR
A9,2,C5,2026-03-03 10:00:00,MUG,1,10,,EUR
"""
RATES = """currency,date,rate
usd,2026-03-01,0.9
USD,2026-03-15,0.8
GBP,2026-03-15,0
"""
REFUNDS = "order_id,product_id,line_number,quantity,amount,refunded_at\n"


def kept(ask: Callable[[str, str], list[tuple]]) -> dict[tuple[str, str], tuple]:
    """Return what is left of each sale, in units and money."""
    rows = ask(
        "fct_order_lines",
        "select order_id, product_id, bought_units, bought_revenue from fct_order_lines "
        "where is_placed",
    )
    return {(order, product): (units, revenue) for order, product, units, revenue in rows}


def test_refunds_reduce_what_they_name(world: World) -> None:
    refunds = REFUNDS + (
        # By product, by number of the line, by what the sale cost, and by money alone.
        "A1,MUG,,1,10.00,2026-03-05\n"
        "A1,,2,,4.50,2026-03-05\n"
        "A2,,,1,,2026-03-06\n"
        "A6,LAMP,,-1,-20,2026-03-25\n"
        "A9,MUG,,,4,2026-03-25\n"
        "A9,,,,20,2026-03-26\n"
    )
    ask = world(order_lines=LINES, refunds=refunds, dataset="currency: EUR\n")
    left = kept(ask)
    assert left["A1", "MUG"] == (D(1), D(10))
    assert left["A1", "TEA"] == (D(3), D("9.5"))
    assert ("A2", "MUG") in left
    assert left["A2", "MUG"] == (D(0), D(0))
    # A unit of nobody's order, of which the shop keeps a part of the price.
    assert left["A6", "LAMP"] == (D(0), D(30))
    # Money for a product takes nothing from its neighbour; money for the order takes the rest.
    assert left["A9", "MUG"] == (D(1), D(6))
    assert left["A9", "LAMP"] == (D(1), D(30))
    assert ask("fct_order_lines", "select sum(refund) from fct_order_lines") == [(D("68.5"),)]


def test_a_refund_beyond_its_sale_takes_no_line_below_zero(world: World) -> None:
    refunds = REFUNDS + "A7,,,,80,2026-03-07\nZZ,LAMP,,1,20,2026-03-25\n"
    ask = world(order_lines=LINES, refunds=refunds, dataset="currency: EUR\n")
    assert kept(ask)["A7", "LAMP"] == (D(1), D(0))
    assert ask(
        "fct_order_lines",
        "select order_id, return_match, unmatched_amount from fct_order_lines "
        "where unmatched_amount > 0 order by order_id",
    ) == [("A7", "partly matched", D(30)), ("ZZ", "no customer", D(20))]


def test_every_row_of_refunds_is_in_the_ledger(world: World) -> None:
    refunds = REFUNDS + (
        "A1,MUG,,1,10.00,2026-03-05\n"
        "A7,,,,,2026-03-25\n"
        "A7,LAMP,,x,10,2026-03-25\n"
        ",LAMP,,1,10,2026-03-25\n"
        "A7,LAMP,,1,10,\n"
        "A5,LAMP,,1,8000,2026-03-25\n"
    )
    ask = world(order_lines=LINES, refunds=refunds, dataset="currency: EUR\n")
    ledger = ask(
        "input_ledger",
        "select source_row, decision, reason from input_ledger where input = 'refunds' "
        "order by source_row",
    )
    assert ledger == [
        (1, "accepted", "return"),
        (2, "rejected", "neither an amount nor units of a product of the order"),
        (3, "rejected", 'quantity "x" is not a number'),
        (4, "rejected", "no order_id"),
        (5, "rejected", "no refunded_at"),
        (6, "rejected", 'currency "JPY" is not that of the dataset (EUR) and has no rate'),
    ]
    lines = ask("order_line_ledger", "select count(*) from order_line_ledger")
    assert lines == [(11,)]


def test_a_row_that_two_exports_of_refunds_share_counts_once(world: World) -> None:
    # Alike in one file they are two refunds; in another file they are the same again.
    row = "A1,TEA,,1,2.00,2026-03-05\n"
    ask = world(
        order_lines=LINES,
        refunds_1=REFUNDS + row + row,
        refunds_2=REFUNDS + row + "A2,MUG,,1,10,2026-03-06\n",
        dataset="currency: EUR\n",
    )
    assert kept(ask)["A1", "TEA"] == (D(1), D(10))
    assert ask(
        "input_ledger",
        "select source_file, source_row, decision, reason from input_ledger "
        "where input = 'refunds' order by all",
    ) == [
        ("refunds_1.csv", 1, "merged", "the same row is in refunds_2.csv"),
        ("refunds_1.csv", 2, "accepted", "return"),
        ("refunds_2.csv", 1, "accepted", "return"),
        ("refunds_2.csv", 2, "accepted", "return"),
    ]


@pytest.mark.parametrize("status", ["cancelled", "returned"])
def test_a_refund_of_an_order_that_is_over_says_nothing_new(world: World, status: str) -> None:
    lines = (
        "order_id,customer_id,ordered_at,status,product_id,quantity,unit_price\n"
        f"A1,C1,2026-03-01,{status},MUG,1,10\n"
        "A2,C1,2026-02-01,delivered,MUG,1,10\n"
    )
    ask = world(order_lines=lines, refunds=REFUNDS + "A1,MUG,,1,10,2026-03-05\n")
    assert kept(ask)["A2", "MUG"] == (D(1), D(10))
    assert ask(
        "fct_order_lines", "select sum(unmatched_amount), sum(refund) from fct_order_lines"
    ) == [(D(0), D(0))]


def test_amounts_are_converted_at_the_day_of_the_order(world: World) -> None:
    ask = world(
        order_lines=LINES,
        exchange_rates=RATES,
        refunds=REFUNDS + "A3,LAMP,,1,,2026-03-25\nA4,,,,45,2026-03-25\n",
        dataset="currency: EUR\n",
    )
    found = ask(
        "int_order_lines_validated",
        "select order_id, unit_price, discount, amount, source_currency, source_amount, decision "
        "from int_order_lines_validated where source_currency is not null order by order_line_id",
    )
    assert found == [
        ("A3", D(90), D(0), D(90), "USD", D(100), "accepted"),
        ("A4", D(80), D(8), D(72), "USD", D(90), "accepted"),
        ("A5", D(8000), D(0), None, "JPY", D(8000), "rejected"),
        # Before the first rate nobody knows one.
        ("A8", D(50), D(0), None, "USD", D(50), "rejected"),
        ("A3", D(90), D(0), D(-90), "USD", D(-100), "accepted"),
        # A refund is converted like its order, not at the rate of its own day.
        ("A4", D(36), D(0), D(-36), "USD", D(-45), "accepted"),
    ]
    assert ask(
        "input_ledger",
        "select decision, reason from input_ledger where input = 'exchange_rates' "
        "order by source_row",
    ) == [("accepted", "sound"), ("accepted", "sound"), ("rejected", "rate of zero or less")]


def test_an_alert_names_the_money_without_a_rate(world: World) -> None:
    ask = world(order_lines=LINES, exchange_rates=RATES, dataset="currency: EUR\n")
    assert ask(
        "money_alert_values", "select check_name, finding, value from money_alert_values"
    ) == [
        (
            "currency",
            "order lines in another currency have no rate and are rejected: 2, 8000.00 JPY, "
            "50.00 USD",
            2.0,
        )
    ]


TAXED = (
    "order_id,customer_id,ordered_at,product_id,quantity,unit_price,order_tax,order_shipping,"
    "order_total,line_tax\n"
    # 20 % in the price, 20 % on top, by the line, and unknown.
    "T1,C1,2026-03-01,MUG,2,12.00,5.00,6.00,30.00,\n"
    "T2,C1,2026-03-02,MUG,1,10.00,3.00,5.00,18.00,\n"
    "T3,C1,2026-03-03,MUG,3,10.00,,,,1.00\n"
    "T4,C1,2026-03-04,MUG,1,10.00,,,,\n"
)


@pytest.mark.parametrize(
    ("basis", "amounts"),
    [
        ("as written", ["24", "10", "30", "10"]),
        ("net", ["20", "10", "30", "10"]),
        ("gross", ["24", "12", "31", "10"]),
    ],
)
def test_tax(world: World, basis: str, amounts: list[str]) -> None:
    ask = world(
        json.dumps({"tax_basis": basis}), order_lines=TAXED, dataset="prices: without tax\n"
    )
    found = ask(
        "int_order_lines_validated",
        "select amount from int_order_lines_validated order by order_line_id",
    )
    assert [amount for (amount,) in found] == [D(one) for one in amounts]


def test_prices_with_tax_by_the_setting(world: World) -> None:
    ask = world(
        '{"tax_basis": "net"}',
        order_lines=TAXED,
        refunds=REFUNDS + "T3,MUG,,3,30,2026-03-09\n",
        dataset="prices: with tax\n",
    )
    found = ask(
        "int_order_lines_validated",
        "select order_id, amount from int_order_lines_validated order by order_line_id",
    )
    # The money of a refund is written with tax, as its order is.
    assert found[2:] == [("T3", D(29)), ("T4", D(10)), ("T3", D(-29))]


@pytest.mark.parametrize(
    ("basis", "sentence"),
    [
        ("netto", "the var tax_basis may be as written, net or gross, not netto"),
        ("net", "no file of order lines has the column order_tax or line_tax"),
    ],
)
def test_a_tax_that_nobody_knows_is_refused(
    world: World, basis: str, sentence: str, capsys
) -> None:
    world(order_lines=LINES, dataset=f"currency: EUR\nvars: {{tax_basis: {basis}}}\n")
    assert main(["check", "--dataset", "shop"]) == 1
    assert sentence in " ".join(capsys.readouterr().out.split())


def test_orders_whose_totals_do_not_add_up_are_listed(world: World) -> None:
    lines = (
        "order_id,customer_id,ordered_at,product_id,quantity,unit_price,goods_total,order_total,"
        "order_shipping,order_discount\n"
        "S1,C1,2026-03-01,MUG,2,10.00,18.00,22.90,4.90,2.00\n"
        # Delivery is missing; the lines are less than the goods; nobody said why more was taken.
        "S2,C1,2026-03-02,MUG,1,10.00,10.00,15.00,,\n"
        "S3,C1,2026-03-03,MUG,1,10.00,12.00,12.00,,\n"
        "S4,C1,2026-03-04,MUG,1,10.00,4.00,4.00,,2.00\n"
        "S5,C1,2026-03-05,MUG,1,10.00,,,,\n"
    )
    ask = world(order_lines=lines)
    assert ask(
        "order_differences",
        "select order_id, stated, difference from order_differences order by all",
    ) == [("S2", D(15), D(5)), ("S3", D(12), D(2)), ("S4", D(4), D(-4))]
    assert ask(
        "int_order_lines_validated",
        "select amount from int_order_lines_validated order by order_line_id",
    ) == [(D(18),), (D(10),), (D(10),), (D(4),), (D(10),)]
    assert ask("money_alert_values", "select finding, value from money_alert_values") == [
        (
            "orders whose total is not what their lines, delivery, fees and tax come to: 3, by "
            "11.00 in all",
            3.0,
        )
    ]


def test_a_first_name_comes_with_the_contact(world: World) -> None:
    lines = (
        "order_id,customer_id,ordered_at,product_id,quantity,unit_price,customer_email,"
        "customer_name,first_name\n"
        "N1,C1,2026-03-01,MUG,1,10,ann@example.com,Ann Probe,\n"
        'N2,C2,2026-03-01,MUG,1,10,bob@example.com,"Probe, Bob",\n'
        "N3,C3,2026-03-01,MUG,1,10,eve@example.com,E Probe,Eve\n"
    )
    ask = world(order_lines=lines)
    assert ask(
        "customer_contacts", "select customer_id, first_name from customer_contacts order by all"
    ) == [("C1", "Ann"), ("C2", None), ("C3", "Eve")]


def test_init_tells_refunds_and_rates(world: World, capsys) -> None:
    world(orders=LINES, back=REFUNDS + "A1,MUG,,1,10.00,2026-03-05\n", kurs=RATES)
    paths = [f"data/shop/{name}.csv" for name in ("orders", "back", "kurs")]
    assert main(["init", "other", *paths, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["missing"] == {}
    text = Path("data/other/dataset.yml").read_text(encoding="utf-8")
    assert "  refunds:\n" in text
    assert "  exchange_rates:\n" in text


def test_the_check_names_money_without_a_rate_and_refunds_without_an_order(
    world: World, capsys
) -> None:
    world(
        order_lines=LINES,
        refunds=REFUNDS + "A1,MUG,,1,10.00,2026-03-05\nZZ,,,,5,2026-03-05\n",
        dataset="currency: EUR\n",
    )
    assert main(["check", "--dataset", "shop", "--json"]) == 0
    warnings = json.loads(capsys.readouterr().out)["warnings"]
    assert (
        "4 order lines are in another currency that has no rate, and in no sum (240.00 USD, "
        "8,000.00 JPY); add exchange_rates.csv (currency, date, rate)." in warnings
    )
    assert "1 of 2 refunds are of orders that no file of order lines has." in warnings


def test_a_line_of_the_kind_discount_takes_money_off_its_order(world: World) -> None:
    lines = (
        "order_id,customer_id,ordered_at,product_id,quantity,unit_price,line_kind\n"
        "K1,C1,2026-03-01,MUG,1,50.00,goods\n"
        "K1,C1,2026-03-01,WELCOME10,1,-10.00,discount\n"
        "K1,C1,2026-03-01,EXPRESS,1,5.00,shipping\n"
    )
    ask = world(order_lines=lines)
    assert kept(ask) == {("K1", "MUG"): (D(1), D(40))}


def test_a_discount_in_per_cent_is_of_its_line(world: World) -> None:
    lines = (
        "order_id,customer_id,ordered_at,product_id,quantity,unit_price,discount\n"
        "P1,C1,2026-03-01,MUG,2,10.00,10 %\n"
        'P2,C1,2026-03-01,MUG,1,10.00,"12,5%"\n'
        "P3,C1,2026-03-01,MUG,-1,10.00,10%\n"
        "P4,C1,2026-03-01,MUG,1,10.00,110%\n"
        "P5,C1,2026-03-01,MUG,1,10.00,2.00\n"
    )
    ask = world(order_lines=lines, customers="customer_id,promo_share\nC1,15 %\n")
    found = ask(
        "int_order_lines_validated",
        "select amount, reason from int_order_lines_validated order by order_line_id",
    )
    assert [amount for amount, _ in found] == [D(18), D("8.75"), D(-9), D(10), D(8)]
    assert found[3][1] == 'discount "110%" is not a number'
    assert ask("int_customers_validated", "select promo_share from int_customers_validated") == [
        (D("0.15"),)
    ]
