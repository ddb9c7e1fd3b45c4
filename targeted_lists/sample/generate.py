"""The sample in memory, and as files."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from targeted_lists.sample import activity, aggregates, baskets, campaigns, dirt, permissions
from targeted_lists.sample.catalogue import SERVICES, build_products
from targeted_lists.sample.duplicate_keys import plant_duplicates
from targeted_lists.sample.people import END, draw_buyers, draw_profiles
from targeted_lists.sample.refills import plant_refills
from targeted_lists.sample.truth import Demand, list_truth

COMPRESSED = {"order_lines", "site_activity", "line_truth", "contact_effects", "next_effects"}
_PARTS = 100


@dataclass(frozen=True)
class Sample:
    """The invented shop.

    Attributes
    ----------
    inputs : the files by name of the input, all columns texts as written, except that the
        ragged rows of `order_lines` have all their fields (`truth["line_truth"]` names them).
    truth : what was planted, by name of the file in `truth/`.
    """

    inputs: dict[str, pd.DataFrame]
    truth: dict[str, pd.DataFrame]


def generate_sample(
    *, seed: int = 42, customers: int = 3000, duplicates: float = 0, refills: float = 0
) -> Sample:
    """Draw a shop of 14 months whose truth is known.

    Every part draws from a stream of its own, PCG64([seed, part]), so that a change in one
    part leaves the draws of the others alone. There is no clock and no other source.

    Parameters
    ----------
    seed : of all streams; the same seed gives the same sample.
    customers : how many buy; segments and orders scale with it. At least 500.
    duplicates : share of the customers who get a second key, a few of them a third
        (`plant_duplicates`). All else is the same as without them.
    refills : share of the customers who use up products and buy them again in time
        (`plant_refills`). All else is the same as without them.

    Raises
    ------
    ValueError : fewer than 500 customers, too few to plant everything in; a share of duplicates
        or refills above 0 that is too small or too large.
    """
    if customers < 500:
        raise ValueError(
            f"customers is {customers}: at least 500 are needed to plant the truth in"
        )
    streams = open_streams(seed)
    demand = draw_demand(streams, customers=customers)
    products, buyers, people = demand.products, demand.buyers, demand.people
    orders, contacts, consents = demand.orders, demand.contacts, demand.consents
    categories = list(products["category_1"].unique())
    filled = baskets.fill_baskets(
        next(streams),
        orders=orders,
        buyers=buyers,
        products=products,
        strain=demand.levels["strain"],
    )
    settled = baskets.settle_orders(next(streams), orders=orders, people=people)
    lines = baskets.write_lines(next(streams), orders=settled, baskets=filled, products=products)
    numbered = dirt.number_lines(next(streams), lines=lines, customer_ids=buyers["customer_id"])
    order_lines, line_truth = dirt.spoil_lines(next(streams), lines=numbered)
    site = activity.draw_site_activity(
        next(streams), buyers=buyers, orders=orders, levels=demand.levels, sends=contacts.dropna()
    )
    suppressions = permissions.draw_suppressions(next(streams), people=people)
    erasures = permissions.draw_erasures(next(streams), people=people)
    totals = aggregates.draw_aggregates(
        next(streams), customers=customers // 40, categories=categories
    )
    clean = {
        "products": _list_products(next(streams), products=products),
        "customers": _list_customers(next(streams), people=people),
        "consents": dirt.format_rows(consents),
        "suppressions": dirt.format_rows(suppressions),
        "erasures": dirt.format_rows(erasures),
        "campaigns": dirt.format_rows(campaigns.list_campaigns()),
        "campaign_contacts": _list_contacts(contacts),
        "site_activity": dirt.format_rows(site),
    } | {
        name: dirt.format_rows(frame, money=("revenue", "margin"))
        for name, frame in totals.items()
    }
    inputs, input_truth = dirt.spoil_inputs(next(streams), inputs=clean)
    sample = Sample(
        inputs={"order_lines": order_lines} | inputs,
        truth=list_truth(demand, customers_file=inputs["customers"], lines=numbered)
        | {"line_truth": line_truth, "input_truth": input_truth},
    )
    if refills:
        lines, known = plant_refills(
            np.random.Generator(np.random.PCG64([seed, _PARTS + 1])),
            share=refills,
            order_lines=sample.inputs["order_lines"],
            truth=sample.truth,
        )
        sample = Sample(inputs=sample.inputs | {"order_lines": lines}, truth=known)
    if not duplicates:
        return sample
    return Sample(
        *plant_duplicates(
            np.random.Generator(np.random.PCG64([seed, _PARTS])),
            share=duplicates,
            inputs=sample.inputs,
            truth=sample.truth,
        )
    )


def draw_campaigns(
    *, seed: int = 42, customers: int = 3000
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Draw the campaigns of a sample, and the orders around them, without the rest of it.

    Parameters
    ----------
    seed, customers : as `generate_sample` takes them; what is drawn is the same.

    Returns
    -------
    contacts : campaign_id, customer_id and arm, one row per campaign and customer.
    orders : customer_id, ordered_at and is_cancelled, one row per order of a customer.
    effects : campaign_id, customer_id, arm, p_without and p_with, one row per contact and offer.
    """
    streams = open_streams(seed)
    demand = draw_demand(streams, customers=customers)
    next(streams)  # that of the baskets
    settled = baskets.settle_orders(next(streams), orders=demand.orders, people=demand.people)
    settled = settled[(settled["buyer"] >= 0) & ~settled["is_withheld"]]
    orders = pd.DataFrame(
        {
            "customer_id": demand.buyers["customer_id"].loc[settled["buyer"]].array,
            "ordered_at": settled["ordered_at"].array,
            "is_cancelled": settled["cancel_reason"].notna().array,
        }
    )
    return demand.contacts[["campaign_id", "customer_id", "arm"]], orders, demand.effects


def open_streams(seed: int) -> Iterator[np.random.Generator]:
    """Yield the parts' own streams of draws, in their order."""
    return (np.random.Generator(np.random.PCG64([seed, part])) for part in range(_PARTS))


def draw_demand(streams: Iterator[np.random.Generator], *, customers: int) -> Demand:
    """Draw all that precedes the baskets."""
    products = build_products(next(streams))
    categories = list(products["category_1"].unique())
    buyers = draw_buyers(next(streams), customers=customers, categories=categories)
    people = draw_profiles(next(streams), buyers=buyers, others=customers // 20)
    declines = activity.draw_declines(next(streams), buyers=buyers)
    levels = activity.shape_levels(next(streams), buyers=buyers, declines=declines)
    natural = activity.draw_orders(next(streams), buyers=buyers, levels=levels["orders"])
    consents = permissions.draw_consents(next(streams), people=people)
    contacts, caused, effects = campaigns.run_campaigns(
        next(streams),
        buyers=buyers,
        people=people,
        consents=consents,
        orders=natural,
        levels=levels["orders"],
    )
    orders = pd.concat([natural, caused], ignore_index=True)
    orders["campaign_id"] = orders["campaign_id"].astype(object)
    orders["is_withheld"] = orders["is_withheld"].eq(True)
    orders = orders[orders["ordered_at"] < END].reset_index(drop=True)
    return Demand(
        products, buyers, people, declines, levels, natural, consents, contacts, effects, orders
    )


def write_sample(
    folder: Path | str,
    *,
    seed: int = 42,
    customers: int = 3000,
    duplicates: float = 0,
    refills: float = 0,
) -> Sample:
    """Generate the sample and write it as files of the contract, the truth in `truth/`.

    Parameters
    ----------
    folder : made where missing; files of the same names are overwritten.
    seed, customers, duplicates, refills : as `generate_sample` takes them.

    Returns
    -------
    Sample : what was written.
    """
    sample = generate_sample(
        seed=seed, customers=customers, duplicates=duplicates, refills=refills
    )
    folder = Path(folder)
    (folder / "truth").mkdir(parents=True, exist_ok=True)
    truth = sample.truth["line_truth"]
    ragged = truth[truth["kind"].isin(dirt.RAGGED)].set_index("source_row")["kind"].to_dict()
    for name, frame in sample.inputs.items():
        _write_csv(folder, name, frame, ragged=ragged if name == "order_lines" else {})
    for name, frame in sample.truth.items():
        _write_csv(folder / "truth", name, dirt.format_rows(frame), ragged={})
    return sample


def _write_csv(folder: Path, name: str, frame: pd.DataFrame, *, ragged: dict[int, str]) -> None:
    """Write a frame of texts; the ragged rows, by row number, get or lose fields."""
    rows = frame.to_numpy(dtype=object).tolist()
    for source_row, kind in ragged.items():
        row = rows[source_row - 1]
        rows[source_row - 1] = [*row, "extra"] if kind == "too_many_fields" else row[:-2]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([list(frame.columns), *rows])
    content = text.getvalue().encode()
    if name not in COMPRESSED:
        (folder / f"{name}.csv").write_bytes(content)
        return
    # Neither a file name nor a time in the header: the same rows are the same bytes.
    with (
        (folder / f"{name}.csv.gz").open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed,
    ):
        packed.write(content)


def _list_products(rng: np.random.Generator, *, products: pd.DataFrame) -> pd.DataFrame:
    """Return the input `products`: services added, four goods left out, six inactive."""
    services = pd.DataFrame(
        [
            (code, name, "Services", category_2, category_3, cost)
            for code, (name, category_2, category_3, _, cost) in SERVICES.items()
        ],
        columns=["product_id", "product_name", "category_1", "category_2", "category_3", "cost"],
    )
    goods = products.drop(columns=["price", "popularity"]).assign(is_active="true")
    chosen = rng.choice(len(goods), size=10, replace=False)
    goods.loc[chosen[:6], "is_active"] = "false"
    goods = goods.drop(index=chosen[6:])
    listed = pd.concat([goods, services.assign(is_active="true")], ignore_index=True)
    return dirt.format_rows(listed.rename(columns={"cost": "unit_cost"}), money=("unit_cost",))


def _list_customers(rng: np.random.Generator, *, people: pd.DataFrame) -> pd.DataFrame:
    """Return the input `customers`; twelve of them are known from their orders only."""
    columns = [
        "customer_id",
        "registered_at",
        "birth_year",
        "gender",
        "income",
        "education",
        "marital_status",
        "children",
        "service_tier",
        "favourite_category",
        "promo_share",
        "email",
        "phone",
        "country",
        "city",
    ]
    absent = rng.choice(len(people) * 9 // 10, size=12, replace=False)
    listed = people.drop(index=absent)[columns].reset_index(drop=True)
    return dirt.format_rows(listed)


def _list_contacts(contacts: pd.DataFrame) -> pd.DataFrame:
    """Return the input `campaign_contacts`: outcomes are left to the shop's own orders."""
    texts = dirt.format_rows(contacts.assign(converted=None, revenue=None, margin=None))
    texts["responded"] = texts["responded"].str.lower()
    return texts
