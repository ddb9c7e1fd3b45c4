"""Clusters by number and name, in one colour each, alike in every figure."""

from __future__ import annotations

import altair as alt
import pandas as pd

from targeted_lists.dashboard.theme import PALETTE


def number_names(rows: pd.DataFrame) -> list[str]:
    """Name clusters by number and name, since names alone can be alike."""
    return [f"{one.cluster} {one.cluster_name}" for one in rows.itertuples()]


def by_number(rows: pd.DataFrame) -> list[str]:
    """Return the numbered names in order of their numbers."""
    return sorted(rows["name"].unique(), key=lambda name: int(name.split()[0]))


def cluster_color(rows: pd.DataFrame, **legend: None) -> alt.Color:
    """Return the colour of a cluster, which is the same in every figure of this section."""
    names = by_number(rows)
    colors = [PALETTE[place % len(PALETTE)] for place in range(len(names))]
    return alt.Color(
        "name:N",
        title=None,
        scale=alt.Scale(domain=names, range=colors),
        **legend,
    )
