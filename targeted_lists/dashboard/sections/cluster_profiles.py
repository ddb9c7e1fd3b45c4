"""How clusters differ in their features: a heat map, and a line per cluster."""

from __future__ import annotations

import altair as alt
import pandas as pd

from targeted_lists.dashboard.figures import Desk, Figure
from targeted_lists.dashboard.sections.cluster_names import cluster_color, number_names
from targeted_lists.dashboard.theme import DIVERGING

# Where no clustering is accepted, everyone is one cluster of the method none, and
# profiles of one cluster say nothing.
PROFILES = """
    select profiles.cluster, summaries.cluster_name, profiles.feature, profiles.mean, profiles.z,
        profiles.customers as customers_known, summaries.customers
    from segmentation.cluster_profiles as profiles
    inner join segmentation.cluster_summaries as summaries
        on profiles.method = summaries.method
        and profiles.cluster = summaries.cluster
    where summaries.is_chosen and summaries.method <> 'none' and profiles.z is not null
    order by profiles.cluster, profiles.feature
"""


def draw_profiles(desk: Desk) -> Figure:
    """Draw how each cluster differs as a heat map of features."""
    rows, small, clustered = _read_profiles(desk)
    if rows.empty:
        return desk.blank("profiles", PROFILES, why="small.blank" if clustered else "blank")
    data = desk.names(rows.assign(name=number_names(rows)), feature="feature")
    chart = (
        alt.Chart(data)
        .mark_rect(cornerRadius=2)
        .encode(
            x=alt.X("cluster:O", title=desk.texts.column("cluster"), axis=alt.Axis(labelAngle=0)),
            y=alt.Y("feature:N", title=None),
            color=alt.Color(
                "z:Q",
                title=desk.texts.column("z"),
                scale=alt.Scale(scheme=DIVERGING, domain=[-2, 2], clamp=True, reverse=True),
                legend=alt.Legend(gradientLength=160, gradientThickness=10),
            ),
            tooltip=_profile_tips(desk),
        )
        .properties(height=max(160, 22 * data["feature"].nunique()))
    )
    top = data.loc[data["z"].abs().idxmax()]
    return desk.figure(
        "profiles",
        chart,
        queries=[PROFILES],
        table=data[["name", "feature", "mean", "z"]].rename(columns={"name": "cluster_name"}),
        base=[("clustered", clustered)],
        tell=lambda scope, _: {
            "cluster": top["name"],
            "feature": top["feature"],
            "z": desk.texts.number(top["z"], 1),
            "small": small,
        },
    )


def draw_parallels(desk: Desk) -> Figure:
    """Draw the same profiles as one line a cluster over parallel coordinates."""
    rows, small, clustered = _read_profiles(desk)
    if rows.empty:
        return desk.blank("parallels", PROFILES, why="small.blank" if clustered else "blank")
    spread = rows.groupby("feature")["z"].agg(lambda z: z.max() - z.min())
    order = spread.sort_values(ascending=False).index[:10]
    data = rows[rows["feature"].isin(order)]
    data = desk.names(data.assign(name=number_names(data)), feature="feature")
    features = [desk.texts.value("feature", one) for one in order]
    pick = alt.selection_point(name="cluster_pick", fields=["name"], bind="legend")
    chart = (
        alt.Chart(data)
        .mark_line(point=alt.OverlayMarkDef(size=35, filled=True))
        .encode(
            x=alt.X("z:Q", title=desk.texts.column("z")),
            y=alt.Y("feature:N", title=None, sort=features, axis=alt.Axis(grid=True)),
            order=alt.Order("place:Q"),
            color=cluster_color(data),
            opacity=alt.condition(pick, alt.value(1), alt.value(0.12)),
            tooltip=_profile_tips(desk),
        )
        .transform_calculate(place=f"indexof({features!r}, datum.feature)")
        .add_params(pick)
        .properties(height=400)
    )
    return desk.figure(
        "parallels",
        chart,
        queries=[PROFILES],
        table=data[["name", "feature", "z"]].rename(columns={"name": "cluster_name"}),
        base=[("clustered", clustered)],
        tell=lambda scope, _: {
            "feature": features[0],
            "spread": desk.texts.number(spread.max(), 1),
            "small": small,
        },
    )


def _read_profiles(desk: Desk) -> tuple[pd.DataFrame, str, int]:
    """Return the means that may be shown, a sentence about the others, and how many they are of.

    A mean is of those whose value is known, who may be few: as the size of such a group it is
    left out, with further ones.
    """
    rows = desk.source.read(PROFILES)
    if rows.empty:
        return rows, "", 0
    is_shown = pd.Series(False, index=rows.index)
    for _, of_feature in rows.groupby("feature"):
        known = pd.DataFrame(
            {
                "group": None,
                "member": of_feature["cluster"].astype(str),
                "customers": of_feature["customers_known"],
            }
        )
        large = desk.merge_small(known)["member"]
        is_shown |= known["member"].isin(large).reindex(rows.index, fill_value=False)
    small = "" if is_shown.all() else desk.explain_small("small.means")
    return rows[is_shown], small, int(rows.drop_duplicates("cluster")["customers"].sum())


def _profile_tips(desk: Desk) -> list[alt.Tooltip]:
    return [
        desk.tip("name", column="cluster_name"),
        desk.tip("feature"),
        desk.tip("mean", ",.2~f"),
        desk.tip("z", ".2f"),
    ]
