"""Small groups of people: what is shown is large enough, and nothing smaller can be worked out."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from targeted_lists.dashboard.small_cells import EVERYONE, OTHER, merge_small_cells

LEAST = 5
COLUMNS = ["group", "member", "customers"]
# A cell is a count, or is not there; small ones are frequent.
CELL = st.one_of(st.none(), st.integers(1, 4), st.integers(1, 60))
WORLDS = st.tuples(st.integers(1, 4), st.integers(1, 4)).flatmap(
    lambda size: st.lists(CELL, min_size=size[0] * size[1], max_size=size[0] * size[1]).map(
        lambda cells: pd.DataFrame(
            [
                (group, member, count)
                for (group, member), count in zip(
                    product([None, "A", "B", "C"][: size[0]], "wxyz"[: size[1]]),
                    cells,
                    strict=True,
                )
                if count is not None
            ],
            columns=COLUMNS,
        )
    )
)


def rows_of(*rows: tuple[str | None, str, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS)


def shown(rows: pd.DataFrame, group: str = EVERYONE) -> dict[str, int]:
    """Return what is shown of a group: customers by member."""
    merged = merge_small_cells(rows, least=LEAST)
    of_group = merged[merged["group"] == group]
    return dict(zip(of_group["member"], of_group["customers"], strict=True))


def known_sums(cells: pd.DataFrame, merged: pd.DataFrame) -> np.ndarray:
    """Return which cells each number adds up that a reader knows: what is shown, and group sizes.

    How cells were merged is found from what is shown: whatever a group does not show by name is
    in its `other`, or nobody.
    """
    is_of = {one: (cells["group"] == one).to_numpy() for one in cells["group"].unique() if one}
    sums = list(is_of.values())
    for group, of_group in merged.groupby("group"):
        inside = is_of.get(group, np.ones(len(cells), dtype=bool))
        by_name = set(of_group["member"]) - {OTHER}
        sums += [inside & (cells["member"] == one).to_numpy() for one in by_name]
        sums.append(inside & ~cells["member"].isin(by_name).to_numpy())
    return np.array(sums)


@settings(max_examples=300, deadline=None)
@given(WORLDS)
def test_no_shown_group_is_small_and_totals_stay(rows):
    merged = merge_small_cells(rows, least=LEAST)
    assert (merged["customers"] >= LEAST).all()
    for group, of_group in merged.groupby("group"):
        of_rows = rows if group == EVERYONE else rows[rows["group"] == group]
        assert of_group["customers"].sum() == of_rows["customers"].sum()
        assert of_group["member"].is_unique
        assert set(of_group["member"]) != {OTHER}
        # What keeps its name keeps its number.
        by_name = of_rows.groupby("member")["customers"].sum()
        kept = of_group[of_group["member"] != OTHER].set_index("member")["customers"]
        assert kept.to_dict() == by_name[kept.index].to_dict()


@settings(max_examples=200, deadline=None)
@given(WORLDS)
def test_nothing_small_can_be_worked_out(rows):
    """No sum of cells with 1 to 4 customers is a combination of the numbers that a reader knows.

    Tried are all sums of cells that are not a whole group, whose size is no secret.
    """
    merged = merge_small_cells(rows, least=LEAST)
    cells = rows.fillna({"group": EVERYONE}).pivot_table(
        index="group", columns="member", values="customers", fill_value=0
    )
    cells = cells.stack().rename("customers").reset_index()
    sums = known_sums(cells, merged) if len(merged) else np.zeros((0, len(cells)), dtype=bool)
    # Where a sum is 0, there is nobody in any of its cells.
    is_open = ~sums[(sums @ cells["customers"]) == 0].any(axis=0)
    cells, sums = cells[is_open], sums[:, is_open].astype(float)
    counts = cells["customers"].to_numpy()
    within = np.flatnonzero(counts < 20)[:12]
    parts = np.zeros((2 ** len(within), len(cells)))
    parts[:, within] = [*product([0, 1], repeat=len(within))]
    projection = np.linalg.pinv(sums) @ sums
    is_known = np.abs(parts @ projection - parts).max(axis=1, initial=0) < 1e-7
    customers = parts @ counts
    told = parts[is_known & (customers > 0) & (customers < LEAST)].astype(bool)
    # That a group has few customers, or that few are in none, is no secret.
    whole = cells.groupby("group")["customers"].sum()
    for part in told:
        found = cells[part].groupby("group")["customers"].sum()
        assert found.to_dict() == whole[found.index].to_dict()


@settings(max_examples=100, deadline=None)
@given(WORLDS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows, random):
    order = list(range(len(rows)))
    random.shuffle(order)
    again = merge_small_cells(rows.iloc[order], least=LEAST)
    pd.testing.assert_frame_equal(merge_small_cells(rows, least=LEAST), again)


def test_what_is_large_stays():
    rows = rows_of(("A", "x", 5), ("A", "y", 9), (None, "x", 7), (None, "y", 5))
    assert shown(rows) == {"x": 12, "y": 14}
    assert shown(rows, "A") == {"x": 5, "y": 9}


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        # One small group alone would be the total less the others: the next smallest joins it.
        ({"x": 4, "y": 9, "z": 30}, {OTHER: 13, "z": 30}),
        ({"w": 2, "x": 2, "y": 9, "z": 30}, {OTHER: 13, "z": 30}),
        ({"w": 2, "x": 3, "y": 9, "z": 30}, {OTHER: 5, "y": 9, "z": 30}),
        # Ties go by name.
        ({"w": 1, "z": 8, "y": 8, "x": 8}, {OTHER: 9, "y": 8, "z": 8}),
        # A shop may call a group so itself.
        ({OTHER: 40, "x": 4, "y": 9}, {OTHER: 44, "y": 9}),
        ({OTHER: 40, "x": 4}, {}),
        ({OTHER: 40, "y": 9}, {OTHER: 40, "y": 9}),
        # Nothing is left to be shown.
        ({"x": 4, "y": 9}, {}),
        ({"x": 1, "y": 1}, {}),
        ({}, {}),
    ],
)
def test_members_are_merged_for_everyone(sizes, expected):
    rows = rows_of(*[(None, member, customers) for member, customers in sizes.items()])
    assert shown(rows) == expected


def test_a_small_cell_takes_another_group_and_another_member_with_it():
    rows = rows_of(
        *[("A", "x", 2), ("A", "y", 20), ("A", "z", 30)],
        *[("B", "x", 11), ("B", "y", 12), ("B", "z", 13)],
        *[("C", "x", 50), ("C", "y", 60), ("C", "z", 70)],
    )
    assert shown(rows) == {"x": 63, "y": 92, "z": 113}
    assert shown(rows, "A") == {OTHER: 22, "z": 30}
    assert shown(rows, "B") == {OTHER: 23, "z": 13}
    assert shown(rows, "C") == {"x": 50, "y": 60, "z": 70}


def test_whoever_is_in_no_group_is_not_worked_out_either():
    rows = rows_of(("A", "x", 20), ("A", "y", 30), (None, "x", 1), (None, "y", 9))
    assert shown(rows) == {"x": 21, "y": 39}
    # All that is less than everyone's: 1 customer of x would be told by 21 - 20.
    assert shown(rows, "A") == {}


def test_who_is_counted_elsewhere_is_too_few():
    rows = rows_of((None, "x", 0), (None, "y", 6), (None, "z", 9)).assign(revenue=[1.0, 2.0, 4.0])
    merged = merge_small_cells(rows, least=LEAST, sums=["revenue"])
    assert merged.to_dict("list") == {
        "group": ["", ""],
        "member": [OTHER, "z"],
        "customers": [6, 9],
        "revenue": [3.0, 4.0],
    }


def test_a_shop_may_show_everything():
    rows = rows_of(("A", "x", 1), ("A", "y", 2), (None, "x", 3))
    merged = merge_small_cells(rows, least=1)
    assert merged.to_numpy().tolist() == [
        [EVERYONE, "x", 4],
        [EVERYONE, "y", 2],
        ["A", "x", 1],
        ["A", "y", 2],
    ]
