"""Small groups of people are merged, so that nobody is recognised in them or worked out.

Who knows that one customer lives in a village learns from a row of the village what that
customer spends. So groups by what people are (age, household, city) with fewer customers than
the var `small_cell` are shown together as `other`, with as many further ones as it takes that
`other` is large enough itself and no total less what is shown gives a small one away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import pandas as pd

OTHER = "other"
EVERYONE = ""


def merge_small_cells(rows: pd.DataFrame, *, least: int, sums: Sequence[str] = ()) -> pd.DataFrame:
    """Return a table of people of which each part can be shown, next to the others and totals.

    Members are merged for everyone first. Where a group (a segment, a cluster) still has too few
    customers of a member, it and further groups show several members as one: the same members in
    all of these groups, so that of both only sums can be worked out, which are large enough. A
    reader may know how many customers each group has.

    Parameters
    ----------
    rows : `group` (none where customers are in no group), `member` and `customers`, and what is
        summed with them. Each customer is counted in at most one row, so that counts add up; a
        row that counts nobody is of people counted elsewhere, and too small to be shown.
    least : fewest customers that may be shown.
    sums : names of the columns that are summed.

    Returns
    -------
    The same columns by group and member: those of everyone, whose group is empty, and of each
    group. What would be `other` alone is left out.
    """
    rows = rows.assign(group=rows["group"].fillna(EVERYONE))
    small = _find_small(rows.groupby("member")["customers"].sum(), least)
    rows["member"] = rows["member"].mask(rows["member"].isin(small), OTHER)
    counts = rows.groupby(["group", "member"])["customers"].sum().unstack("member")
    hidden = _Table(counts, least).find_hidden()
    is_hidden = rows["group"].isin(hidden.groups)
    in_block = rows["group"].isin(hidden.merging) & rows["member"].isin(hidden.members)
    of_groups = rows[~is_hidden].assign(member=rows["member"].mask(in_block, OTHER))
    shown = pd.concat([rows.assign(group=EVERYONE), of_groups[of_groups["group"] != EVERYONE]])
    shown = _add_up(shown, sums)
    is_merged = bool(small) | shown["group"].isin(hidden.merging)
    is_told = (shown["member"] != OTHER) | ~is_merged
    return shown[is_told.groupby(shown["group"]).transform("any")].reset_index(drop=True)


def add_everyone(rows: pd.DataFrame) -> pd.DataFrame:
    """Return groups of what customers do, which are no secret, in the same form."""
    return _add_up(pd.concat([rows.assign(group=EVERYONE), rows.dropna(subset="group")]))


def _add_up(rows: pd.DataFrame, sums: Sequence[str] = ()) -> pd.DataFrame:
    return rows.groupby(["group", "member"], as_index=False)[["customers", *sums]].sum()


def _find_small(customers: pd.Series, least: int) -> set[str]:
    """Return the members that are merged for everyone; their customers by name are given."""
    small = [member for member in _by_size(customers) if customers[member] < least]
    if not small:
        return set()
    if OTHER in customers:
        small.append(OTHER)
    for member in _by_size(customers.drop(small)):
        if customers[small].sum() >= least:
            break
        small.append(member)
    return {*small, OTHER}


@dataclass(frozen=True)
class Hidden:
    """What of a table is not shown one by one.

    Attributes
    ----------
    groups : of which nothing is shown; those in no group are among them.
    members : those that are shown as one.
    merging : groups that show them as one.
    """

    groups: frozenset[str]
    members: frozenset[str] = frozenset()
    merging: frozenset[str] = frozenset()


class _Table:
    """Customers by group and member, which need not be there."""

    def __init__(self, counts: pd.DataFrame, least: int) -> None:
        self.counts, self.least = counts, least
        self.is_small = counts < least

    def find_hidden(self) -> Hidden:
        """Return what must be hidden: of the ways to hide enough, in each step the lesser."""
        hidden = Hidden(frozenset({EVERYONE} & set(self.counts.index)))
        while ways := self._find_ways(hidden):
            hidden = min(ways, key=self._count_hidden)
        return hidden

    def _find_ways(self, hidden: Hidden) -> list[Hidden]:
        """Return ways to hide something that can be worked out; none where nothing can.

        Besides what is shown a reader can work out these sums, and what they add up to: of a
        merging group the merged members, of a member all that is hidden, and of the hidden groups
        together the merged members.
        """
        shown = [one for one in self.counts.index if one not in hidden.groups]
        named = [one for one in self.counts if one not in hidden.members]
        further = [one for one in shown if one not in hidden.merging]
        small = self.is_small.loc[shown, named]
        if small.any(axis=None):
            return [
                self._hide_group(hidden, small.index[small.any(axis=1)]),
                self._merge_member(hidden, small.columns[small.any(axis=0)]),
            ]
        block = self.counts[list(hidden.members)]
        if short := _find_short(block.loc[list(hidden.merging)].T, self.least):
            ways = [self._merge_member(hidden, named)] if named else []
            return [self._hide_group(hidden, short), *ways]
        if further and _find_short(block.loc[[*hidden.groups, *hidden.merging]], self.least):
            merging = hidden.merging | {self._smallest(further)}
            return [replace(hidden, merging=merging), self._hide_group(hidden, further)]
        of_hidden = self.counts.loc[list(hidden.groups)]
        if shown and (short := _find_short(of_hidden[named], self.least)):
            return [self._hide_group(hidden, shown), self._merge_member(hidden, short)]
        together = of_hidden[list(hidden.members)].sum(axis=1, min_count=1).to_frame()
        if shown and _find_short(together, self.least):
            return [self._hide_group(hidden, shown)]
        return []

    def _hide_group(self, hidden: Hidden, names: Iterable[str]) -> Hidden:
        """Hide the smallest of some groups as well."""
        name = self._smallest(names)
        return replace(hidden, groups=hidden.groups | {name}, merging=hidden.merging - {name})

    def _merge_member(self, hidden: Hidden, names: Iterable[str]) -> Hidden:
        """Merge the smallest of some members as well, in each group that has few of it."""
        name = _by_size(self.counts[list(names)].sum())[0]
        members = hidden.members | {name} | ({OTHER} & set(self.counts))
        cut = self.is_small[list(members)].any(axis=1)
        return replace(
            hidden, members=members, merging=(hidden.merging | {*cut.index[cut]}) - hidden.groups
        )

    def _smallest(self, groups: Iterable[str]) -> str:
        return _by_size(self.counts.loc[list(groups)].sum(axis=1))[0]

    def _count_hidden(self, hidden: Hidden) -> float:
        """Return the customers who are not shown by member."""
        block = self.counts.loc[list(hidden.merging), list(hidden.members)]
        return self.counts.loc[list(hidden.groups)].sum().sum() + block.sum().sum()


def _find_short(counts: pd.DataFrame, least: int) -> list[str]:
    """Return the columns in which there is somebody, and too few customers to be told."""
    is_short = counts.notna().any() & (counts.sum() < least)
    return list(is_short.index[is_short])


def _by_size(customers: pd.Series) -> list[str]:
    """Return names by their number of customers, the fewest first; ties by name."""
    return sorted(customers.index, key=lambda name: (customers[name], name))
