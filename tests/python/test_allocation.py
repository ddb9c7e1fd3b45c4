"""One budget over lists and offers keeps every limit, brings nearly the most, and spares the arms.

The optimum is HiGHS's own upper bound; `benchmarks/allocation.py --optimum` compares more worlds.
"""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pandas as pd
import pytest
from allocation_worlds import fill_by_priority, make_world, solve_exactly

from python_ml.allocation import ALLOCATION_TYPES, allocate

KEY = ["customer_id", "list_name", "variant", "channel"]
OPEN = "allows_other_lists"


def make_rows(**columns: object) -> pd.DataFrame:
    """Return candidates of one list that nothing but the columns given limits."""
    usual = {
        "customer_id": ["a"],
        "list_name": "list 0",
        "variant": "",
        "channel": "email",
        "expected_value": 5.0,
        "planned_cost": 1.0,
        "address_key": None,
        "messages_left": 3,
        "messages_left_in_channel": 3,
        "is_uncontacted": False,
    }
    return pd.DataFrame(usual | columns)


def make_lists(**columns: object) -> pd.DataFrame:
    usual = {"list_name": ["list 0"], "capacity": None, "budget": None, OPEN: False}
    return pd.DataFrame(usual | columns)


def decide(
    candidates: pd.DataFrame, lists: pd.DataFrame, total: float | None = None, **options: object
) -> pd.DataFrame:
    """Return the candidates, in key order, with their decisions."""
    decisions = allocate(candidates, lists=lists, total_budget=total, **options)
    assert len(decisions) == len(candidates)
    rows = candidates.sort_values(KEY, ignore_index=True)
    assert all((rows[name].to_numpy() == decisions[name].to_numpy()).all() for name in KEY)
    return pd.concat([rows, decisions.drop(columns=KEY)], axis=1)


def find_breaches(rows: pd.DataFrame, lists: pd.DataFrame, total: float | None) -> list[str]:
    """Return the limits that the taken rows do not keep."""
    limits = lists.set_index("list_name").to_dict("index")
    paid, places = dict.fromkeys(limits, 0.0), dict.fromkeys(limits, 0)
    customers, channels, addresses = defaultdict(list), Counter(), defaultdict(set)
    taken = rows[rows["is_taken"]].to_dict("records")
    for row in taken:
        customer, of_list = row["customer_id"], row["list_name"]
        paid[of_list] += 0 if row["is_uncontacted"] else row["planned_cost"]
        places[of_list] += 1
        customers[customer].append(of_list)
        channels[customer, row["channel"]] += 1
        addresses[row["address_key"]].add(customer)
    own = [customers[row["customer_id"]] for row in taken]
    addresses.pop(None, None)
    addresses.pop(np.nan, None)
    breaches = {
        "total budget": total is not None and round(sum(paid.values()), 4) > total,
        "budget": any(round(paid[name], 4) > limit["budget"] for name, limit in limits.items()),
        "capacity": any(places[name] > limit["capacity"] for name, limit in limits.items()),
        "one row of a list": any(len(set(names)) < len(names) for names in own),
        "exclusivity": any(
            len(names) > 1 and not all(limits[name][OPEN] for name in names) for names in own
        ),
        "contact cap": any(
            len(names) > row["messages_left"] for row, names in zip(taken, own, strict=True)
        ),
        "channel cap": any(
            channels[row["customer_id"], row["channel"]] > row["messages_left_in_channel"]
            for row in taken
        ),
        "address": any(len(names) > 1 for names in addresses.values()),
        "value": any(row["expected_value"] <= 0 for row in taken),
    }
    return [name for name, is_breached in breaches.items() if is_breached]


def test_the_checks_of_limits_find_what_exceeds_them():
    """So that a breach would be seen: everybody is taken everywhere."""
    found = set()
    for seed in range(20):
        candidates, lists, total = make_world(seed, customers=30)
        found |= set(find_breaches(candidates.assign(is_taken=True), lists, total))
    assert len(found) == 9


def test_no_limit_is_exceeded_in_1000_worlds():
    bound = 0
    for seed in range(1_000):
        candidates, lists, total = make_world(
            seed, customers=4 + seed % 12, uncontacted=0.2 * (seed % 2)
        )
        rows = decide(candidates, lists, total)
        assert find_breaches(rows, lists, total) == [], seed
        assert (rows["first_exclusion"].isna() == rows["is_taken"]).all()
        bound += rows["first_exclusion"].isin(["budget", "total budget", "capacity"]).any()
    assert bound > 500


@pytest.mark.parametrize("customers", [60, 150])
def test_the_allocation_brings_98_percent_of_the_most(customers):
    ratios = []
    for seed in range(30):
        candidates, lists, total = make_world(1_000 + seed, customers=customers)
        rows = decide(candidates, lists, total)
        value = rows.loc[rows["is_taken"], "expected_value"].sum()
        ratios.append(value / solve_exactly(candidates, lists, total))
    assert max(ratios) < 1.001
    assert min(ratios) >= 0.98


def test_prices_of_a_sample_bring_98_percent_as_well(monkeypatch):
    monkeypatch.setattr("python_ml.allocation.choice.PRICED_CUSTOMERS", 1_000)
    for seed in range(3):
        candidates, lists, total = make_world(2_000 + seed, customers=2_000, variants=2)
        rows = decide(candidates, lists, total)
        assert find_breaches(rows, lists, total) == []
        value = rows.loc[rows["is_taken"], "expected_value"].sum()
        assert value >= 0.98 * solve_exactly(candidates, lists, total, gap=5e-3)


@pytest.mark.parametrize(("variants", "least"), [(1, 1.0), (3, 1.1)])
def test_one_budget_brings_a_tenth_more_than_priorities_at_equal_cost(variants, least):
    gains = []
    for seed in range(60):
        candidates, lists, total = make_world(
            seed, customers=100, variants=variants, channels=1 if variants == 1 else 2
        )
        taken = fill_by_priority(candidates, lists, total)
        spent = round(taken["planned_cost"].sum(), 4)
        if total is None or spent < 0.9 * total or len(taken) < 5:
            continue
        rows = decide(candidates, lists, spent)
        gains.append(
            rows.loc[rows["is_taken"], "expected_value"].sum() / taken["expected_value"].sum()
        )
    assert len(gains) >= 15
    assert min(gains) >= least
    assert np.median(gains) >= 1.1


def test_the_order_of_the_rows_changes_nothing():
    for seed in range(5):
        candidates, lists, total = make_world(seed, customers=80, uncontacted=0.2)
        mixed = candidates.sample(frac=1, random_state=seed), lists.sample(frac=1, random_state=1)
        pd.testing.assert_frame_equal(
            allocate(candidates, lists=lists, total_budget=total),
            allocate(mixed[0], lists=mixed[1], total_budget=total),
        )


def test_who_is_uncontacted_does_not_decide_who_is_taken():
    """Another draw for a customer and list leaves what they get of this list as it was."""
    generator = np.random.default_rng(1)
    for seed in range(40):
        candidates, lists, total = make_world(seed, customers=30, uncontacted=0.3)
        before = decide(candidates, lists, total)
        taken = before[before["is_taken"]]
        chosen = taken.iloc[generator.permutation(len(taken))[:3]]
        for row in chosen.itertuples():
            is_own = (candidates["customer_id"] == row.customer_id) & (
                candidates["list_name"] == row.list_name
            )
            other = candidates["is_uncontacted"] ^ is_own
            after = decide(candidates.assign(is_uncontacted=other), lists, total)
            own = ["customer_id", "list_name", "variant", "channel", "is_taken"]
            where = (before["customer_id"] == row.customer_id) & (
                before["list_name"] == row.list_name
            )
            pd.testing.assert_frame_equal(before.loc[where, own], after.loc[where, own])


def test_the_taken_have_the_share_of_uncontacted_that_was_drawn():
    """Also where the budget decides, though the uncontacted cost nothing."""
    share, taken, uncontacted = 0.3, 0, 0
    candidates, lists, _ = make_world(4, customers=40, lists=2, variants=2, channels=1)
    candidates["expected_value"] = candidates["expected_value"].abs() + 1
    total = candidates["planned_cost"].sum() / 30
    lists = lists.assign(capacity=None, budget=None, uncontacted_share=share)
    pairs = candidates["customer_id"] + candidates["list_name"]
    names = pairs.unique()
    generator = np.random.default_rng(5)
    for _ in range(400):
        drawn = pd.Series(generator.random(len(names)) < share, index=names)
        rows = decide(candidates.assign(is_uncontacted=pairs.map(drawn).to_numpy()), lists, total)
        assert (rows["first_exclusion"] == "total budget").any()
        taken += rows["is_taken"].sum()
        uncontacted += (rows["is_taken"] & rows["is_uncontacted"]).sum()
    deviation = np.sqrt(share * (1 - share) * taken)
    assert abs(uncontacted - share * taken) < 3 * deviation


def test_a_plan_that_counts_on_the_uncontacted_spends_the_budget():
    candidates, lists, _ = make_world(0, customers=1_000, variants=3, uncontacted=0.25)
    candidates["expected_value"] = candidates["expected_value"].abs() + 1
    total = candidates["planned_cost"].sum() / 40
    lists = lists.assign(capacity=None, budget=None)
    values, spent = [], []
    for share in (0.0, 0.25):
        rows = decide(candidates, lists.assign(uncontacted_share=share), total)
        taken = rows[rows["is_taken"]]
        values.append(taken["expected_value"].sum())
        spent.append(taken.loc[~taken["is_uncontacted"], "planned_cost"].sum() / total)
    assert spent[0] < 0.9 < spent[1] <= 1


def test_each_reason_is_the_first_that_holds():
    rows = make_rows(
        customer_id=["a", "a", "a", "b", "c", "d", "e", "f", "g"],
        list_name=["one", "one", "two", "one", "one", "two", "two", "two", "two"],
        variant=["", "large", "", "", "", "", "", "", ""],
        expected_value=[9.0, 8.0, 7.0, 6.0, 5.0, 0.0, 4.0, 3.0, 2.0],
        address_key=["x", "x", "x", "x", None, None, None, None, None],
        messages_left=[3, 3, 3, 3, 3, 3, 3, 0, 3],
    )
    lists = pd.DataFrame({"list_name": ["two", "one"], "capacity": [None, 1]})
    lists = lists.assign(budget=[1.0, None], allows_other_lists=False)
    decided = decide(rows, lists).set_index(["customer_id", "list_name", "variant"])
    assert decided["first_exclusion"].fillna("").to_dict() == {
        ("a", "one", ""): "",
        ("a", "one", "large"): "other offer",
        ("a", "two", ""): "exclusivity",
        ("b", "one", ""): "same address",
        ("c", "one", ""): "capacity",
        ("d", "two", ""): "minimum expected value",
        ("e", "two", ""): "",
        ("f", "two", ""): "contact pressure",
        ("g", "two", ""): "budget",
    }
    assert decided["taken_by"].fillna("").tolist()[1:4] == ["one", "one", "one"]
    assert decided["rank"].fillna(0).tolist() == [1, 0, 0, 0, 2, 0, 1, 0, 2]
    assert decided["running_cost"].fillna(0).tolist() == [1, 0, 0, 0, 2, 0, 1, 0, 2]
    assert decided["is_best_offer"].tolist() == [True, False] + [True] * 7


def test_open_lists_share_a_customer_up_to_the_cap():
    rows = make_rows(
        customer_id="a", list_name=["one", "two", "six"], expected_value=[3.0, 2.0, 1.0]
    )
    lists = pd.DataFrame({"list_name": ["one", "two", "six"], "capacity": None, "budget": None})
    lists[OPEN] = True
    assert decide(rows, lists)["is_taken"].all()
    pressed = decide(rows.assign(messages_left=2), lists).set_index("list_name")
    assert pressed["first_exclusion"].dropna().to_dict() == {"six": "contact pressure"}


def test_a_deeper_offer_is_taken_where_its_step_up_brings_more_than_others():
    rows = make_rows(
        customer_id=["a", "a", "b"],
        variant=["", "large", ""],
        expected_value=[5.0, 8.0, 2.0],
        planned_cost=[1.0, 3.0, 2.0],
    )
    decided = decide(rows, make_lists(), 3)
    assert decided["is_taken"].tolist() == [False, True, False]
    decided = decide(rows.assign(expected_value=[5.0, 8.0, 4.0]), make_lists(), 3)
    assert decided["is_taken"].tolist() == [True, False, True]


def test_equal_candidates_go_by_customer_id():
    rows = make_rows(customer_id=list("dbca"))
    decided = decide(rows, make_lists(capacity=2))
    assert decided.loc[decided["is_taken"], "customer_id"].tolist() == ["a", "b"]


def test_no_candidates_give_typed_columns():
    decided = allocate(make_rows().iloc[:0], lists=make_lists(), total_budget=5)
    assert decided.empty
    assert decided.dtypes.drop("customer_id").astype(str).to_dict() == ALLOCATION_TYPES


@pytest.mark.parametrize(
    ("columns", "total", "reason"),
    [
        ({}, None, None),
        ({}, 1.0, None),
        ({}, 0.9999, "total budget"),
        ({"planned_cost": 0.0}, 0.0, None),
        ({"planned_cost": 0.1 + 0.2}, 0.3, None),
        ({"expected_value": -1.0}, None, "minimum expected value"),
        ({"expected_value": None}, None, "minimum expected value"),
        ({"is_uncontacted": True}, 0.5, "total budget"),
        ({"messages_left_in_channel": 0}, None, "contact pressure"),
        ({"messages_left": None}, None, None),
    ],
)
def test_one_candidate(columns, total, reason):
    decided = decide(make_rows(**columns), make_lists(), total)
    assert decided["first_exclusion"].fillna("").tolist() == [reason or ""]
    assert decided["is_taken"].tolist() == [reason is None]


def test_nobody_is_taken_where_all_values_are_negative():
    candidates, lists, total = make_world(1, customers=50)
    rows = decide(candidates.assign(expected_value=-1.0), lists, total)
    assert not rows["is_taken"].any()


def test_the_uncontacted_cost_nothing_and_take_a_place():
    rows = make_rows(customer_id=["a", "b", "c"], expected_value=[3.0, 2.0, 1.0])
    rows["is_uncontacted"] = [True, False, False]
    decided = decide(rows, make_lists(), 1)
    assert decided["is_taken"].tolist() == [True, True, False]
    assert decided["running_cost"].tolist() == [0, 1, 2]
    assert decide(rows, make_lists(capacity=1))["is_taken"].tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("rows", "lists", "message"),
    [
        (make_rows().drop(columns="channel"), make_lists(), "candidates lacks channel"),
        (make_rows(), make_lists().drop(columns="budget"), "lists lacks budget"),
        (make_rows(list_name="other"), make_lists(), "lists lacks other"),
        (make_rows(customer_id=["a", "a"]), make_lists(), "a, list 0, , email more than once"),
        (make_rows(customer_id=[None]), make_lists(), "1 rows without customer_id"),
        (make_rows(planned_cost=None), make_lists(), "1 rows without planned_cost"),
        (make_rows(planned_cost=-2.0), make_lists(), "planned_cost -2.0 is below 0"),
        (make_rows(expected_value="much"), make_lists(), "expected_value is not numeric"),
        (make_rows(), make_lists(capacity=-1), "must not be < 0"),
        (make_rows(), make_lists(uncontacted_share=1.0), "uncontacted_share must be below 1"),
        (make_rows(), make_lists(list_name=["list 0"] * 2), "list 0 more than once"),
    ],
)
def test_what_is_wrong_is_named(rows, lists, message):
    with pytest.raises(ValueError, match=message):
        allocate(rows, lists=lists)
