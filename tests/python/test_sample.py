"""The committed sample is what the generator writes, and its truth is true of its raw rows.

The files are read here with the csv module alone, so that an error of the generator's own
helpers cannot hide.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import math
import re
import sys
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
import yaml
from scipy.stats import chi2_contingency

from targeted_lists.sample import generate, generate_sample, render_order_export, write_sample
from targeted_lists.sample.__main__ import main
from targeted_lists.sample.campaigns import WINDOW_DAYS

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "data" / "sample"
CONTRACT = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"]["input_contract"]
START, END = datetime(2025, 5, 1), datetime(2026, 7, 1)
LINE_COLUMNS = list(CONTRACT["order_lines"])
SERVICES = {"DELIVERY", "GIFTWRAP"}

KEYS = {
    "products": ["product_id"],
    "customers": ["customer_id"],
    "suppressions": ["customer_id"],
    "erasures": ["customer_id"],
    "campaigns": ["campaign_id"],
    "campaign_contacts": ["campaign_id", "customer_id"],
    "site_activity": ["customer_id", "period_start"],
    "customer_totals": ["customer_id"],
    "customer_period_totals": ["customer_id", "period_start"],
    "customer_category_spend": ["customer_id", "category"],
    "customer_channel_orders": ["customer_id", "channel"],
    "activity_labels": ["customer_id", "as_of_date"],
}


def content(path: Path) -> bytes:
    raw = path.read_bytes()
    return gzip.decompress(raw) if path.suffix == ".gz" else raw


def records(name: str, folder: Path = SAMPLE) -> list[list[str]]:
    (path,) = folder.glob(f"{name}.csv*")
    return list(csv.reader(io.StringIO(content(path).decode())))


def table(name: str, folder: Path = SAMPLE) -> pd.DataFrame:
    header, *rows = records(name, folder)
    return pd.DataFrame(rows, columns=header)


def truth(name: str) -> pd.DataFrame:
    return table(name, SAMPLE / "truth")


def parse_time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return None


def parse_number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def holdout_bucket(customer_id: str) -> int:
    """Return the bucket of the global holdout of 2026, 0 to 9999,."""
    digest = hashlib.md5(f"targeted_lists|2026|{customer_id}".encode()).hexdigest()
    return int(digest[:8], 16) % 10_000


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder, seed=42)
    return folder


@pytest.fixture(scope="module")
def raw_lines() -> list[list[str]]:
    return records("order_lines")[1:]


@pytest.fixture(scope="module")
def lines(raw_lines) -> pd.DataFrame:
    """All raw lines; what is too long is cut, what is too short is filled up."""
    width = len(LINE_COLUMNS)
    rows = [(row + [""] * width)[:width] for row in raw_lines]
    frame = pd.DataFrame(rows, columns=LINE_COLUMNS, index=range(1, len(rows) + 1))
    frame["fields"] = [len(row) for row in raw_lines]
    frame["at"] = pd.Series([parse_time(text) for text in frame["ordered_at"]], frame.index)
    for column in ("quantity", "unit_price", "unit_cost", "discount"):
        frame[f"{column}_number"] = frame[column].map(parse_number)
    return frame


@pytest.fixture(scope="module")
def planted() -> dict[str, set[int]]:
    rows = truth("line_truth")
    return {kind: set(numbers.astype(int)) for kind, numbers in rows.groupby("kind")["source_row"]}


@pytest.fixture(scope="module")
def sales(lines) -> pd.DataFrame:
    """Lines of goods that were sold: a simple reading, not the project's own rules."""
    is_sale = (
        (lines["quantity_number"] > 0)
        & (lines["unit_price_number"] > 0)
        & (lines["status"] != "cancelled")
        & lines["at"].between(START, END)
        & ~lines["product_id"].isin(["", *SERVICES])
        & (lines["order_id"] != "")
    )
    return lines[is_sale].drop_duplicates(LINE_COLUMNS)


@pytest.fixture(scope="module")
def known_sales(sales) -> pd.DataFrame:
    return sales[~sales["customer_id"].isin(["", "0"])]


# --- the files -------------------------------------------------------------------------


def test_committed_files_are_what_the_generator_writes(written):
    committed = {path.relative_to(SAMPLE) for path in SAMPLE.rglob("*.csv*")}
    assert committed == {path.relative_to(written) for path in written.rglob("*.csv*")}
    differing = [
        str(path) for path in committed if content(SAMPLE / path) != content(written / path)
    ]
    assert differing == []


def test_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path):
    for name, seed in (("first", 7), ("second", 7), ("third", 8)):
        write_sample(tmp_path / name, seed=seed, customers=500)
    paths = [path.relative_to(tmp_path / "first") for path in (tmp_path / "first").rglob("*.csv*")]
    first, second, third = (
        [(tmp_path / name / path).read_bytes() for path in paths]
        for name in ("first", "second", "third")
    )
    assert len(paths) > len(CONTRACT)
    assert first == second
    same = {str(path) for path, a, b in zip(paths, first, third, strict=True) if a == b}
    # These two state what was planted and do not depend on the draw.
    assert same == {"campaigns.csv", "truth/product_pairs.csv"}


def test_compressed_files_carry_no_time_and_no_name():
    headers = {path.name: path.read_bytes()[:10] for path in SAMPLE.rglob("*.gz")}
    assert "order_lines.csv.gz" in headers
    for header in headers.values():
        assert header[3] == 0
        assert header[4:8] == b"\0\0\0\0"


def test_sample_is_at_most_four_megabytes():
    assert sum(path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file()) <= 4_000_000


# What comes back is in its order lines, in one currency, and each customer has one key.
NOT_THERE = {"refunds", "exchange_rates", "customer_links"}


@pytest.mark.parametrize("name", sorted(CONTRACT.keys() - NOT_THERE))
def test_every_input_is_there_with_the_columns_of_the_contract(name):
    header, *rows = records(name)
    # The sample tells contacts by month, in site_activity.
    left_out = {"marketing_contacts_per_month", "first_name"} if name == "customers" else set()
    # Its files of permissions name customers by key.
    if name in ("consents", "suppressions", "erasures"):
        left_out = {"email", "phone"}
    assert sorted(header) == sorted(set(CONTRACT[name]) - left_out)
    assert rows


@pytest.mark.parametrize("name", KEYS)
def test_keys_are_unique_but_for_planted_rows(name):
    planted_rows = truth("input_truth").query("input == @name and kind != 'bad_visits'")
    kinds = {"duplicate", "missing_customer"}
    dirty = planted_rows.loc[planted_rows["kind"].isin(kinds), "source_row"].astype(int) - 1
    frame = table(name).drop(index=dirty)
    assert not frame.duplicated(KEYS[name]).any()
    assert (frame[KEYS[name]] != "").all(axis=None)


def test_too_few_customers_are_refused():
    with pytest.raises(ValueError, match="customers is 10: at least 500"):
        generate_sample(customers=10)


# --- how large and how it goes ---------------------------------------------------------


def test_sizes_are_as_stated(lines, known_sales):
    assert 58_000 <= len(lines) <= 63_000
    assert 14_000 <= lines["order_id"].nunique() <= 16_500
    assert 2_950 <= known_sales["customer_id"].nunique() <= 3_050
    goods = lines[~lines["product_id"].isin(["", *SERVICES])]
    assert goods["product_id"].nunique() == 400
    assert goods["category_1"].nunique() == 13
    assert goods["category_2"].nunique() > 13
    assert goods["category_3"].nunique() > goods["category_2"].nunique()
    assert lines["city"].nunique() - 1 == 12  # one row lost its city


def test_shop_has_seasons_weekdays_and_hours(sales):
    orders = sales.drop_duplicates("order_id")["at"]
    by_month = orders.dt.to_period("M").value_counts()
    assert len(by_month) == 14
    assert by_month["2025-12"] > 1.3 * by_month["2026-02"]
    by_weekday = orders.dt.day_of_week.value_counts()
    assert by_weekday[5] > 1.2 * by_weekday[1]
    assert orders.dt.hour.between(7, 22).all()
    assert orders.dt.normalize().nunique() == (END - START).days


def test_margins_and_discounts_are_sane(sales):
    share = 1 - sales["unit_cost_number"] / sales["unit_price_number"]
    assert share.between(0.24, 0.46).all()
    discount = sales["discount_number"].dropna()
    amount = (sales["quantity_number"] * sales["unit_price_number"])[discount.index]
    assert (discount > 0).all()
    assert (discount < 0.41 * amount).all()
    assert 0.05 < len(discount) / len(sales) < 0.4


# --- truth of the lines ----------------------------------------------------------------


def test_each_kind_names_exactly_the_lines_that_show_it(lines, planted):
    at, quantity, price = lines["at"], lines["quantity_number"], lines["unit_price_number"]
    shown = {
        "anonymous": lines["customer_id"].isin(["", "0"]),
        "service": lines["product_id"].isin(SERVICES),
        "cancelled": lines["status"] == "cancelled",
        "returned": lines["status"] == "returned",
        "return": quantity < 0,
        "zero_price": price == 0,
        "negative_price": price < 0,
        "bad_quantity": quantity.isna(),
        "bad_price": price.isna(),
        "bad_date": at.isna(),
        "future_date": at >= END + timedelta(days=366),
        "missing_product": lines["product_id"] == "",
        "missing_order": lines["order_id"] == "",
        "too_many_fields": lines["fields"] > len(LINE_COLUMNS),
        "too_few_fields": lines["fields"] < len(LINE_COLUMNS),
        "duplicate": lines.duplicated(LINE_COLUMNS),
    }
    assert set(shown) | {"partial_return", "return_without_sale"} == set(planted)
    for kind, mask in shown.items():
        assert set(lines.index[mask]) == planted[kind], kind


def test_damaged_lines_are_a_handful(planted):
    for kind in ("bad_quantity", "bad_price", "bad_date", "missing_product", "future_date"):
        assert 5 <= len(planted[kind]) <= 20, kind
    assert 0.002 < len(planted["duplicate"]) / 60_000 < 0.004


def test_related_rows_are_the_original_and_the_sale(lines):
    rows = truth("line_truth")
    related = rows[rows["related_row"] != ""].astype({"source_row": int, "related_row": int})
    assert set(related["kind"]) == {"duplicate", "return"}
    for row, kind, other in related.itertuples(index=False):
        this, that = lines.loc[row], lines.loc[other]
        if kind == "duplicate":
            assert other < row
            assert (this[LINE_COLUMNS] == that[LINE_COLUMNS]).all()
        else:
            assert that["at"] < this["at"]
            assert this["order_id"] != that["order_id"]
            same = ["customer_id", "product_id", "unit_price", "discount"]
            assert (this[same] == that[same]).all()
            assert 0 < -this["quantity_number"] <= that["quantity_number"]


def test_partial_and_orphan_returns(lines, planted, known_sales):
    rows = truth("line_truth").query("kind == 'return'").set_index("source_row")["related_row"]
    sale = {int(row): int(other) for row, other in rows.items() if other}
    assert planted["return_without_sale"] == planted["return"] - set(sale)
    quantity = lines["quantity_number"]
    partial = {row for row, other in sale.items() if -quantity[row] < quantity[other]}
    assert partial == planted["partial_return"] - planted["return_without_sale"]
    bought = known_sales.groupby(["customer_id", "product_id"])["at"].min()
    for row in planted["return_without_sale"]:
        line = lines.loc[row]
        assert bought[line["customer_id"], line["product_id"]] > line["at"]


def test_statuses_agree_with_dates(lines):
    kept = lines[lines["at"].notna() & (lines["at"] < END)]
    for status, delivered in (("delivered", True), ("placed", False), ("cancelled", False)):
        rows = kept[kept["status"] == status]
        assert len(rows) > 0
        assert ((rows["delivered_at"] != "") == delivered).all(), status
    assert ((kept["cancel_reason"] != "") == (kept["status"] == "cancelled")).all()
    assert (END - kept.loc[kept["status"] == "placed", "at"].min()).days <= 4


# --- truth of the other inputs ---------------------------------------------------------


def test_each_kind_names_exactly_the_rows_that_show_it():
    customers, consents = table("customers"), table("consents")
    suppressions, site, products = (
        table("suppressions"),
        table("site_activity"),
        table("products"),
    )
    known = set(truth("customers")["customer_id"])
    year = customers["birth_year"].map(parse_number)
    email, phone = customers["email"], customers["phone"]
    shown = {
        ("customers", "duplicate"): customers.duplicated(),
        ("customers", "missing_customer"): customers["customer_id"] == "",
        ("customers", "bad_birth_year"): year.isna() & (customers["birth_year"] != ""),
        ("customers", "minor"): year > 2008,
        ("customers", "malformed_email"): (email != "")
        & ~email.str.fullmatch(r"[a-z.]+\d+@example\.(com|org|net)"),
        ("customers", "malformed_phone"): (phone != "")
        & ~phone.str.fullmatch(r"\+1\d{3}55501\d\d|\+447700900\d{3}"),
        ("consents", "missing_customer"): consents["customer_id"] == "",
        ("consents", "unknown_customer"): ~consents["customer_id"].isin(known | {""}),
        ("suppressions", "unknown_customer"): ~suppressions["customer_id"].isin(known),
        ("site_activity", "duplicate"): site.duplicated(),
        ("site_activity", "bad_visits"): site["visits"].map(parse_number).isna(),
        ("products", "duplicate"): products.duplicated(),
    }
    found = {
        (*name, row + 1) for name, mask in shown.items() for row in mask.index[mask].to_list()
    }
    stated = truth("input_truth").astype({"source_row": int})
    assert found == set(zip(stated["input"], stated["kind"], stated["source_row"], strict=True))


def test_consents_in_the_truth_follow_from_the_log():
    latest: dict[tuple[str, str], tuple[str, bool]] = {}
    traps = defaultdict(set)
    for event in table("consents").itertuples():
        if event.purpose != "marketing":
            continue
        moment = (event.event_at, event.status == "withdrawn")
        traps[event.customer_id, event.channel, event.event_at].add(event.status)
        for channel in ("email", "sms"):
            key = (event.customer_id, channel)
            if event.channel in (channel, "any") and moment > latest.get(key, ("", False)):
                latest[key] = moment
            elif event.channel in (channel, "any"):
                latest.setdefault(key, moment)
    for customer in truth("customers").itertuples():
        for channel, stated in (
            ("email", customer.consents_to_email),
            ("sms", customer.consents_to_sms),
        ):
            moment = latest.get((customer.customer_id, channel))
            consents = moment is not None and not moment[1]
            assert (stated == "true") == consents, (customer.customer_id, channel)
    assert sum(len(statuses) == 2 for statuses in traps.values()) >= 5
    buyers = truth("customers").query("segment != 'none'")
    assert (buyers["consents_to_email"] == "true").mean() == pytest.approx(0.75, abs=0.04)
    assert (buyers["consents_to_sms"] == "true").mean() == pytest.approx(0.45, abs=0.04)


def test_aggregates_are_of_customers_without_orders_and_add_up(lines):
    totals = table("customer_totals")
    assert 60 <= len(totals) <= 100
    assert not set(totals["customer_id"]) & set(lines["customer_id"])
    assert not set(totals["customer_id"]) & set(table("customers")["customer_id"])
    revenue = totals[totals["revenue"] != ""].set_index("customer_id")["revenue"].astype(float)
    spend = table("customer_category_spend").astype({"revenue": float})
    by_customer = spend.groupby("customer_id")["revenue"].sum()
    assert len(revenue) == len(totals) - 3
    assert (by_customer[revenue.index] - revenue).abs().max() < 0.005
    orders = table("customer_channel_orders").astype({"orders": int})
    stated = totals.set_index("customer_id")["orders"].astype(int)
    assert orders.groupby("customer_id")["orders"].sum()[stated.index].equals(stated)
    labels = table("activity_labels")
    assert set(labels["label"]) == {"declined", "steady"}
    assert set(labels["customer_id"]) <= set(totals["customer_id"])


# --- planted truth ---------------------------------------------------------------------


def test_segments_behave_as_they_are_named(known_sales):
    orders = known_sales.groupby("order_id").agg(
        customer_id=("customer_id", "first"), at=("at", "first"), lines=("product_id", "size")
    )
    people = orders.groupby("customer_id").agg(
        orders=("at", "size"), last=("at", "max"), lines=("lines", "mean")
    )
    segment = truth("customers").set_index("customer_id")["segment"]
    people = people.join(segment).assign(recency=lambda x: (END - x["last"]).dt.days)
    of = dict(list(people.groupby("segment")))
    assert set(of) == set(segment) - {"none"}
    assert (of["new_customer"]["orders"] == 1).all()
    assert (of["new_customer"]["recency"] < 60).all()
    assert (of["one_time_old"]["orders"] <= 2).all()
    assert (of["one_time_old"]["recency"] > 90).all()
    assert (of["lapsed"]["recency"] > 120).all()
    assert of["lapsed"]["orders"].median() >= 3
    assert of["champion"]["orders"].median() > 1.3 * of["family_basket"]["orders"].median()
    assert of["family_basket"]["lines"].median() > 1.2 * of["champion"]["lines"].median()
    discounted = (known_sales["discount"] != "").groupby(known_sales["customer_id"]).mean()
    by_segment = discounted.groupby(segment).mean()
    assert by_segment.pop("bargain_hunter") > 2 * by_segment.max()


def test_pairs_pull_each_other(sales):
    baskets = sales.groupby("order_id")["product_id"].agg(set)
    pairs = truth("product_pairs").astype({"added_probability": float})
    assert len(pairs) == 8
    for first, second, probability in pairs.itertuples(index=False):
        has_first = baskets.map(lambda basket, item=first: item in basket)
        has_second = baskets.map(lambda basket, item=second: item in basket)
        confidence = has_second[has_first].mean()
        assert confidence == pytest.approx(probability, abs=0.08)
        assert confidence / has_second.mean() > 5


@pytest.mark.parametrize("campaign_id", ["CMP01", "CMP02", "CMP03"])
def test_campaigns_had_the_planted_effect_on_random_arms(campaign_id, known_sales):
    effects = truth("campaign_effects").query("campaign_id == @campaign_id and segment == 'all'")
    effects = effects.set_index("arm")
    contacts = table("campaign_contacts").query("campaign_id == @campaign_id")
    campaign = table("campaigns").set_index("campaign_id").loc[campaign_id]
    start = parse_time(campaign["started_at"])
    window = timedelta(days=WINDOW_DAYS)
    bought = known_sales[(known_sales["at"] >= start) & (known_sales["at"] < start + window)]
    converted = contacts["customer_id"].isin(bought["customer_id"])
    is_treated = contacts["arm"] != "control"
    assert set(effects["list_name"]) == {campaign["list_name"]}
    assert set(effects["window_days"].astype(int)) == {WINDOW_DAYS}
    assert set(contacts["arm"]) == {*effects.index, "control"}
    assert set(effects["contacts"].astype(int)) == {len(contacts)}
    assert 600 <= len(contacts) <= 1200
    assert is_treated.mean() == pytest.approx(0.85, abs=0.06)
    assert ((contacts["sent_at"] != "") == is_treated).all()
    assert ((contacts["responded"] != "") == is_treated).all()
    control = converted[~is_treated]
    for arm, effect in effects["added_probability"].astype(float).items():
        treated = converted[contacts["arm"] == arm]
        assert len(treated) == pytest.approx(is_treated.sum() / len(effects), rel=0.05)
        error = math.sqrt(
            treated.mean() * (1 - treated.mean()) / len(treated)
            + control.mean() * (1 - control.mean()) / len(control)
        )
        assert abs(treated.mean() - control.mean() - effect) < 3 * error
    segment = contacts["customer_id"].map(truth("customers").set_index("customer_id")["segment"])
    assert chi2_contingency(pd.crosstab(segment, contacts["arm"])).pvalue > 0.001


def test_orders_that_campaigns_caused_are_ordinary_orders_of_treated_customers(known_sales):
    caused = truth("campaign_orders")
    contacts = table("campaign_contacts")
    treated = contacts[contacts["arm"] != "control"]
    pairs = ["campaign_id", "customer_id"]
    assert len(caused) > 30
    assert not caused.duplicated(pairs).any()
    assert len(caused.merge(treated, on=pairs)) == len(caused)
    assert set(caused["order_id"]) <= set(known_sales["order_id"])
    effects = truth("campaign_effects").astype({"added_probability": float})
    has_effect = effects["added_probability"] > 0
    assert set(effects.loc[has_effect, "campaign_id"]) == set(caused["campaign_id"])


def test_campaigns_leave_out_the_global_holdout_and_cause_nothing_there(known_sales):
    contacts, caused = table("campaign_contacts"), truth("campaign_orders")
    everyone = truth("customers")["customer_id"]
    holdout = {one for one in everyone if holdout_bucket(one) < 500}
    assert len(holdout) == pytest.approx(0.05 * len(everyone), rel=0.25)
    # Some of them would have been in the campaigns: they bought, and consent to e-mail.
    consenting = set(truth("customers").query("consents_to_email == 'true'")["customer_id"])
    assert len(holdout & consenting & set(known_sales["customer_id"])) > 80
    assert not holdout & set(contacts["customer_id"])
    assert not holdout & set(caused["customer_id"])
    assert set(caused["order_id"]) <= set(known_sales["order_id"])


def test_what_the_holdout_would_have_ordered_is_in_no_file():
    streams = generate.open_streams(42)
    demand = generate.draw_demand(streams, customers=3000)
    withheld = demand.orders[demand.orders["is_withheld"]]
    owners = demand.buyers["customer_id"].loc[withheld["buyer"]]
    assert len(withheld) > 0
    assert all(holdout_bucket(one) < 500 for one in owners)
    times = withheld["ordered_at"].dt.strftime("%Y-%m-%d %H:%M:%S")
    written = {(row[2], row[3]) for row in records("order_lines")[1:]}
    assert not written & set(zip(owners, times, strict=True))


def test_one_campaign_is_planned_and_has_no_contacts():
    campaigns = table("campaigns")
    planned = campaigns[~campaigns["campaign_id"].isin(table("campaign_contacts")["campaign_id"])]
    assert len(planned) == 1
    assert (planned["started_at"].map(parse_time) >= END).all()


def test_site_visits_fall_before_purchases_do():
    declines = truth("declines")
    segment = truth("customers").set_index("customer_id")["segment"]
    late = declines[declines["start_date"].between("2026-06-20", "2026-07-25")]
    late = late[late["customer_id"].map(segment) != "lapsed"]
    visits = table("site_activity").assign(visits=lambda x: x["visits"].map(parse_number))
    visits["month"] = visits["period_start"].str[:7]
    by_month = visits.pivot_table(
        index="customer_id", columns="month", values="visits", aggfunc="sum", fill_value=0
    )
    share = by_month["2026-06"].add(0.5) / by_month[["2026-02", "2026-03"]].mean(axis=1).add(0.5)
    regular = share[share.index.map(segment).isin(["champion", "family_basket"])]
    steady = regular[~regular.index.isin(declines["customer_id"])]
    assert len(late) > 20
    assert regular.reindex(late["customer_id"]).median() < 0.7 * steady.median()


def test_decliners_buy_less_after_the_end_and_others_do_not():
    people = truth("customers").query("declines_after_end != ''")
    counts = people.astype({"orders_60d_before_end": int, "orders_60d_after_end": int})
    sums = counts.groupby("declines_after_end")[["orders_60d_before_end", "orders_60d_after_end"]]
    ratio = sums.sum()["orders_60d_after_end"] / sums.sum()["orders_60d_before_end"]
    assert set(people["segment"]) == {"champion", "family_basket"}
    assert 60 <= (people["declines_after_end"] == "true").sum() <= 150
    assert ratio["true"] < 0.55
    assert ratio["false"] > 0.75


# --- persons with several keys ---------------------------------------------------------


@pytest.fixture(scope="module")
def doubled(tmp_path_factory) -> Path:
    """The sample with a second key for one in twenty."""
    folder = tmp_path_factory.mktemp("doubled")
    write_sample(folder, seed=42, duplicates=0.05)
    return folder


@pytest.fixture(scope="module")
def person_of(doubled) -> dict[str, str]:
    rows = table("customers", doubled / "truth")
    return dict(zip(rows["customer_id"], rows["person_id"], strict=True))


@pytest.fixture(scope="module")
def new_keys(doubled) -> pd.DataFrame:
    return table("duplicates", doubled / "truth")


def plain_email(text: str) -> str:
    """Return the mailbox that a well-formed e-mail means."""
    name, _, domain = text.strip().lower().partition("@")
    if domain in ("gmail.com", "googlemail.com"):
        return f"{name.split('+')[0].replace('.', '')}@gmail.com"
    return f"{name}@{domain}"


def plain_phone(text: str) -> str:
    """Return the number that a well-formed phone of the sample means, by its last ten digits."""
    return re.sub(r"\D", "", text)[-10:]


def test_without_duplicates_every_customer_is_a_person():
    rows = truth("customers")
    assert rows["person_id"].equals(rows["customer_id"])
    assert rows["customer_id"].is_unique


@pytest.mark.parametrize(
    "name",
    sorted(KEYS.keys() - {"customers"} | {"order_lines", "consents"}),
)
def test_duplicates_change_keys_alone(doubled, person_of, name):
    header, *rows = records(name, doubled)
    column = header.index("customer_id") if "customer_id" in header else None
    if column is not None:
        for row in rows:
            row[column] = person_of.get(row[column], row[column])
    assert [header, *rows] == records(name)


def test_truth_of_duplicates_is_the_persons(doubled, person_of):
    rows = table("customers", doubled / "truth")
    said = rows.columns.difference(["customer_id"])
    assert rows["customer_id"].is_unique
    assert (rows.groupby("person_id")[list(said)].nunique() == 1).all(axis=None)
    assert rows[rows["customer_id"] == rows["person_id"]].equals(truth("customers"))
    others = {path.name.split(".")[0] for path in (SAMPLE / "truth").iterdir()} - {"customers"}
    assert all(records(one, doubled / "truth") == records(one, SAMPLE / "truth") for one in others)


def test_as_many_have_several_keys_as_were_asked_for(doubled, new_keys, person_of):
    of_person = Counter(new_keys["person_id"])
    assert len(of_person) == round(0.05 * len(truth("customers")))
    assert set(of_person.values()) == {1, 2}
    assert 10 <= sum(count == 2 for count in of_person.values()) <= 20
    assert set(new_keys["linked_by"]) == {"email", "phone", "link"}
    assert {one: person_of[one] for one in new_keys["customer_id"]} == dict(
        zip(new_keys["customer_id"], new_keys["person_id"], strict=True)
    )


def test_new_keys_look_like_the_others(doubled, new_keys):
    used = set(truth("customers")["customer_id"])
    for name in KEYS.keys() - {"campaigns", "products"}:
        used |= set(table(name)["customer_id"])
    keys = new_keys["customer_id"]
    assert keys.str.fullmatch(r"C\d{5}").all()
    assert keys.is_unique
    assert not set(keys) & used
    # The order of neither the keys nor the file tells whose they are.
    assert not new_keys["person_id"].is_monotonic_increasing
    rows = table("customers", doubled)["customer_id"]
    assert not rows[rows.isin(keys)].is_monotonic_increasing
    person = dict(zip(keys, new_keys["person_id"], strict=True))
    everyone = sorted(used | set(keys))
    assert not any(person.get(one) == other for other, one in pairwise(everyone))


def test_new_keys_are_tied_to_their_person(doubled, new_keys):
    customers = table("customers", doubled).set_index("customer_id")
    links = table("customer_links", doubled).query("status == 'same'")
    linked = defaultdict(set)
    for first, second in zip(links["customer_id"], links["other_customer_id"], strict=True):
        linked[first].add(second)
        linked[second].add(first)
    keys_of = {one: {one, *rows} for one, rows in new_keys.groupby("person_id")["customer_id"]}
    texts = Counter()
    for key in new_keys.sort_values("opened_at", kind="stable").itertuples():
        own, first = customers.loc[key.customer_id], customers.loc[key.person_id]
        assert own["registered_at"] == key.opened_at
        if key.linked_by == "email":
            assert plain_email(own["email"]) == plain_email(first["email"])
            assert own["email"] != first["email"]
            texts["capitals"] += own["email"] != own["email"].lower()
            texts["blanks"] += own["email"] != own["email"].strip()
            texts["dots or a plus"] += own["email"].strip().lower() != first["email"]
            texts["both"] += own["phone"] != ""
        elif key.linked_by == "phone":
            assert own["email"] == ""
            assert plain_phone(own["phone"]) == plain_phone(first["phone"])
            assert own["phone"] != first["phone"]
            texts["brackets"] += "(" in own["phone"]
            texts["dashes"] += "-" in own["phone"]
            texts["national"] += not own["phone"].startswith(("+", "011", "1-"))
        else:
            assert linked[key.customer_id]
            assert linked[key.customer_id] <= keys_of[key.person_id]
            assert own["email"] not in ("", first["email"])
            assert own["phone"] == ""
    assert set(texts) == {
        "capitals",
        "blanks",
        "dots or a plus",
        "both",
        "brackets",
        "dashes",
        "national",
    }
    assert min(texts.values()) >= 3
    gmail = customers["email"].str.contains("gmail|googlemail", case=False)
    # Longer than Google gives names: nobody's.
    assert gmail.sum() >= 10
    assert customers.loc[gmail, "email"].map(plain_email).str.len().min() > 30 + len("@gmail.com")


def test_contacts_of_all_others_are_as_they_were(doubled, new_keys):
    traps = set(table("identity_traps", doubled / "truth")["customer_id"])
    before, after = table("customers"), table("customers", doubled).iloc[: len(table("customers"))]
    rest = [column for column in before if column not in ("email", "phone")]
    assert after[rest].equals(before[rest])
    differs = (before[["email", "phone"]] != after[["email", "phone"]]).any(axis=1)
    google = after["email"].str.endswith("@gmail.com")
    assert set(after.loc[differs, "customer_id"]) <= traps | set(
        new_keys.loc[new_keys["linked_by"] == "email", "person_id"]
    )
    assert (differs & google).sum() == google.sum() > 0
    assert not traps & (set(new_keys["person_id"]) | set(new_keys["customer_id"]))


def test_orders_are_shared_between_the_keys(doubled, new_keys, person_of, planted):
    lines = pd.DataFrame(
        [row[:4] for row in records("order_lines", doubled)[1:]], columns=LINE_COLUMNS[:4]
    )
    lines.index += 1
    lines["at"] = pd.Series([parse_time(text) for text in lines["ordered_at"]], lines.index)
    sold = lines[~lines.index.isin(planted["return"]) & (lines["order_id"] != "")]
    orders = sold.groupby("order_id").agg(key=("customer_id", "first"), at=("at", "min"))
    assert (sold.groupby("order_id")["customer_id"].nunique() == 1).all()
    orders["person"] = orders["key"].map(person_of)
    first = orders.groupby("key")["at"].min()
    opened = new_keys.set_index("customer_id")["opened_at"].map(parse_time)
    before = first[opened.index] - opened
    assert before.between(timedelta(hours=1), timedelta(hours=7)).all()
    of_person = {one: rows.sort_values("at") for one, rows in orders.groupby("person")}
    persons = [of_person[one] for one in new_keys["person_id"].unique()]
    assert all(rows["key"].iloc[0] == rows["person"].iloc[0] for rows in persons)
    own = [(rows["key"] == rows["person"]).to_numpy() for rows in persons]
    # Some have an order under the first key after one under another, some do not.
    returns_to_first = [bool((is_own[1:] & ~is_own[:-1]).any()) for is_own in own]
    assert 20 < sum(returns_to_first) < len(persons) - 20
    share = sum((~is_own).sum() for is_own in own) / sum(len(is_own) for is_own in own)
    assert 0.25 < share < 0.5
    related = table("line_truth", doubled / "truth").query(
        "kind == 'return' and related_row != ''"
    )
    sale = lines["customer_id"].loc[related["related_row"].astype(int)].to_numpy()
    assert (lines["customer_id"].loc[related["source_row"].astype(int)].to_numpy() == sale).all()
    assert set(sale) & set(opened.index)


@pytest.mark.parametrize(
    ("name", "fewest"),
    [("consents", 30), ("suppressions", 3), ("campaign_contacts", 30), ("site_activity", 100)],
)
def test_other_rows_stand_under_either_key(doubled, new_keys, name, fewest):
    rows = table(name, doubled)["customer_id"]
    assert rows.isin(new_keys["customer_id"]).sum() >= fewest
    assert rows.isin(new_keys["person_id"]).sum() >= fewest


def test_a_withdrawal_stands_under_another_key_than_the_consent(doubled, person_of):
    def count_apart(consents: pd.DataFrame, persons: dict[str, str]) -> int:
        said = defaultdict(lambda: defaultdict(set))
        for row in consents.itertuples():
            said[persons.get(row.customer_id, row.customer_id)][row.status].add(row.customer_id)
        both = [one for one in said.values() if one["withdrawn"] and one["granted"]]
        return sum(not one["withdrawn"] & one["granted"] for one in both)

    # Among so few persons with two keys there are two or three, or one: that is chance.
    assert count_apart(table("consents", doubled), person_of) >= 1
    many = generate_sample(seed=42, duplicates=0.2)
    rows = many.truth["customers"]
    persons = dict(zip(rows["customer_id"], rows["person_id"], strict=True))
    assert count_apart(many.inputs["consents"], persons) >= 8


def test_traps_join_nobody(doubled, person_of):
    traps = table("identity_traps", doubled / "truth")
    customers = table("customers", doubled).drop_duplicates("customer_id")
    customers = customers.set_index("customer_id")
    links = table("customer_links", doubled)
    links["pair"] = list(zip(links["customer_id"], links["other_customer_id"], strict=True))
    assert not traps["customer_id"].duplicated().any()
    assert (traps["customer_id"].map(person_of) == traps["customer_id"]).all()
    found = Counter()
    for (_, kind), rows in traps.groupby(["trap", "kind"]):
        people = customers.loc[rows["customer_id"]]
        emails, phones = people["email"].map(plain_email), people["phone"].map(plain_phone)
        found[kind] += 1
        if kind == "family_phone":
            assert len(people) in (2, 3)
            assert phones.nunique() == 1
            assert len(phones.iloc[0]) == 10
            assert emails.is_unique
            assert (people["email"] != "").all()
        elif kind == "counter_phone":
            assert len(people) > 5
            assert phones.nunique() == 1
            assert (people["email"] == "").sum() >= 2
        elif kind == "shared_email":
            assert len(people) > 5
            assert emails.nunique() == 1
        elif kind == "near_email":
            first, second = people["email"]
            assert emails.is_unique
            assert second in (
                first.partition("@")[0].replace(".", "") + "@" + first.partition("@")[2],
                first.replace("@", "+shop@"),
            )
            assert phones.is_unique
        else:
            assert kind == "linked_different"
            assert emails.nunique() == 1
            last = links[links["pair"] == tuple(people.index)].sort_values("event_at").iloc[-1]
            assert last["status"] == "different"
    assert found == {
        "counter_phone": 1,
        "shared_email": 2,
        "family_phone": 15,
        "near_email": 15,
        "linked_different": 6,
    }
    taken_back = links[links["pair"].duplicated(keep=False)]
    assert set(taken_back["status"]) == {"same", "different"}


def test_duplicates_of_one_seed_are_the_same_bytes(tmp_path):
    for name, seed in (("first", 7), ("second", 7), ("third", 8)):
        write_sample(tmp_path / name, seed=seed, customers=500, duplicates=0.1)
    paths = [path.relative_to(tmp_path / "first") for path in (tmp_path / "first").rglob("*.csv*")]
    first, second, third = (
        {path: (tmp_path / name / path).read_bytes() for path in paths}
        for name in ("first", "second", "third")
    )
    assert first == second
    drawn = {Path("customer_links.csv"), Path("truth/duplicates.csv")}
    assert all(first[path] != third[path] for path in drawn)


@pytest.mark.parametrize("share", [-0.1, 0.001, 0.9])
def test_shares_that_cannot_be_planted_are_refused(share):
    with pytest.raises(ValueError, match=rf"duplicates is {share}, which is -?\d+ persons"):
        generate_sample(customers=500, duplicates=share)


def test_duplicates_are_an_option_of_the_command(tmp_path, monkeypatch, capsys, doubled):
    command = ["sample", "--out", str(tmp_path), "--duplicates", "0.05"]
    monkeypatch.setattr(sys, "argv", command)
    main()
    assert "customer_links" in capsys.readouterr().out
    for path in doubled.rglob("*.csv*"):
        assert (tmp_path / path.relative_to(doubled)).read_bytes() == path.read_bytes()


def test_an_order_export_has_the_keys_too(tmp_path):
    sample = generate_sample(customers=500, duplicates=0.1)
    text = render_order_export(sample, tmp_path).read_bytes().decode("cp1251")
    coded = {f"79{int(one[1:]):09d}" for one in sample.truth["duplicates"]["customer_id"]}
    assert len(coded) > 50
    assert all(f";{one};" in text for one in coded)


# --- products that are used up ---------------------------------------------------------


def test_refills_are_added_behind_and_change_nothing_else(tmp_path):
    write_sample(tmp_path, seed=42, refills=0.1)
    header, *lines = records("order_lines", tmp_path)
    known = records("order_lines")
    assert [header, *lines[: len(known) - 1]] == known
    added = pd.DataFrame(lines[len(known) - 1 :], columns=header)
    assert not set(added["order_id"]) & {row[0] for row in known}
    pairs = table("refills", tmp_path / "truth")
    planted = set(pairs[["customer_id", "product_id"]].itertuples(index=False, name=None))
    found = set(added[["customer_id", "product_id"]].itertuples(index=False, name=None))
    assert found <= planted
    assert len(found) > 0.95 * len(planted)
    at = pd.to_datetime(added["ordered_at"])
    assert at.is_monotonic_increasing
    assert at.between("2025-05-01", "2026-07-01").all()
    gaps = (
        at.groupby([added["customer_id"], added["product_id"]]).diff().dt.total_seconds() / 86400
    )
    median = gaps.groupby([added["customer_id"], added["product_id"]]).median().rename("gap")
    both = pairs.merge(median, on=["customer_id", "product_id"]).dropna(subset="gap")
    assert (both["gap"] / both["interval_days"].astype(float) - 1).abs().median() < 0.1
    for path in SAMPLE.rglob("*.csv*"):
        if not path.name.startswith("order_lines"):
            assert (tmp_path / path.relative_to(SAMPLE)).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("share", [-0.1, 0.0001, 1.5])
def test_shares_of_refills_that_cannot_be_planted_are_refused(share):
    with pytest.raises(ValueError, match=rf"refills is {share}, which is -?\d+ of"):
        generate_sample(customers=500, refills=share)
