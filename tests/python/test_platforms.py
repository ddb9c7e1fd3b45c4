"""The sample as other platforms export it gives the orders that its own files give."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from conftest import REPO_ROOT

from targeted_lists.__main__ import main
from targeted_lists.check.command import open_models
from targeted_lists.cli.request import adapter_of, prepare
from targeted_lists.sample import Sample, generate_sample
from targeted_lists.sample.platforms import PLATFORMS, render_platform

ORDERS = "select order_id, placed_revenue, bought_revenue, ordered_at from fct_orders"
# A platform's own sums leave out what cannot be read, so these orders add up otherwise there.
DAMAGED = {
    *("bad_quantity", "bad_price", "bad_date", "missing_product", "missing_order"),
    *("too_many_fields", "too_few_fields", "future_date", "negative_price", "duplicate"),
}
# The layout that tells which line of an order came back.
HAS_RETURNED_LINES = ("woocommerce_lines",)

Order = tuple[Decimal, Decimal, datetime]


@pytest.fixture(scope="module")
def sample() -> Sample:
    return generate_sample()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample's own files."""
    folder = tmp_path_factory.mktemp("platforms")
    (folder / "data").mkdir()
    (folder / "data/sample").symlink_to(REPO_ROOT / "data/sample")
    return folder


def orders_of(dataset: str) -> dict[str, Order]:
    """Return placed and bought revenue and the time of each order."""
    given = prepare(dataset, Path("data"), "{}")
    with duckdb.connect() as connection:
        models = open_models(connection, {**given, "adapter": adapter_of(given)})
        models.build("fct_orders")
        return {key: tuple(rest) for key, *rest in connection.execute(ORDERS).fetchall()}


@pytest.fixture(scope="module")
def own(folder: Path) -> dict[str, Order]:
    """The orders of the sample's own files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return orders_of("sample")


def find_comparable(sample: Sample, platform: str) -> set[str]:
    """Return the orders that a layout can carry whole, with all others of their customers.

    A return is matched with an earlier sale of its customer, so one order decides on another.
    """
    lines = sample.inputs["order_lines"]
    truth = sample.truth["line_truth"]
    damaged = truth.loc[truth["kind"].isin(DAMAGED), "source_row"].astype(int) - 1
    is_left_out = lines.index.isin(damaged)
    if platform not in HAS_RETURNED_LINES:
        is_left_out |= (lines["status"] == "returned").to_numpy()
    if platform == "report_1c":
        # What is in such a report is sold.
        is_left_out |= (lines["status"] == "placed").to_numpy()
    # Two keys with one address are one person to a platform.
    people = sample.inputs["customers"]
    shared = people["email"].str.lower().duplicated(keep=False) & (people["email"] != "")
    # Who was erased is nobody in the sample's own files.
    customers = {
        *lines.loc[is_left_out, "customer_id"],
        *people.loc[shared, "customer_id"],
        *sample.inputs["erasures"]["customer_id"],
    } - {""}
    is_left_out |= lines["customer_id"].isin(customers).to_numpy()
    return set(lines["order_id"]) - set(lines.loc[is_left_out, "order_id"])


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_orders_of_a_platform_are_those_of_the_contract(
    platform: str, sample: Sample, folder: Path, own: dict[str, Order], monkeypatch
) -> None:
    monkeypatch.chdir(folder)
    file = render_platform(sample, folder / "raw" / platform, platform)
    assert main(["init", platform, str(file)]) == 0
    found = orders_of(platform)
    comparable = find_comparable(sample, platform) & own.keys()
    assert len(comparable) > 0.5 * len(own)
    # What was cancelled is in no report of sales.
    missing = {key for key in comparable - found.keys() if own[key][0]}
    assert missing == set()
    # Of returned lines the money is given back, and the order was placed for less.
    parts = slice(1, 3) if platform in HAS_RETURNED_LINES else slice(0, 3)
    different = {
        key: (own[key], found[key])
        for key in comparable & found.keys()
        if own[key][parts] != found[key][parts]
    }
    assert different == {}


def test_a_platform_is_written_the_same_each_time(sample: Sample, tmp_path: Path) -> None:
    for platform in PLATFORMS:
        first = render_platform(sample, tmp_path / "a", platform).read_bytes()
        assert first == render_platform(sample, tmp_path / "b", platform).read_bytes()
        assert len(first) > 1_000_000
