"""Which kinds of customers there are, by which method, and how sure that is."""

from __future__ import annotations

from itertools import pairwise

import altair as alt
import pandas as pd

from targeted_lists.dashboard.figures import (
    Desk,
    Figure,
    following,
    is_picked,
    room_for_labels,
    scopes_of,
)
from targeted_lists.dashboard.sections.cluster_names import (
    by_number,
    cluster_color,
    number_names,
)
from targeted_lists.dashboard.sections.cluster_profiles import draw_parallels, draw_profiles
from targeted_lists.dashboard.theme import INK, MUTED, PALETTE

# Measures compare within a set of features: each method is shown by the set of its choice.
EVALUATIONS = """
    with

    choices as (

        select method, feature_set
        from segmentation.cluster_evaluations
        where is_method_choice

    )

    select evaluations.method, evaluations.k, evaluations.inertia, evaluations.silhouette,
        evaluations.davies_bouldin, evaluations.calinski_harabasz, evaluations.stability_ari,
        evaluations.is_chosen
    from segmentation.cluster_evaluations as evaluations
    inner join choices
        on evaluations.method = choices.method and evaluations.feature_set = choices.feature_set
    order by evaluations.method, evaluations.k
"""
MEASURES = ("inertia", "silhouette", "davies_bouldin", "calinski_harabasz")
# The margin of a customer, (b - a) / b by the distances to the own and to the next centre, is the
# simplified silhouette (Hruschka, Campello, de Castro 2006); a hundredth of a cluster is a point.
SILHOUETTES = """
    with

    ranked as (

        select
            cluster,
            cluster_name,
            margin,
            ntile(100) over (partition by cluster order by margin desc, customer_id) as place
        from segmentation.customer_clusters
        where is_chosen and margin is not null and method <> 'none'

    )

    select cluster, cluster_name, place, avg(margin) as silhouette, count(*) as customers
    from ranked
    group by all
    order by cluster, place
"""
MERGES = """
    select left_node, right_node, merge_number, customers, height
    from segmentation.cluster_merges
    order by merge_number desc
    limit 29
"""
UNITS = """
    select unit_row, unit_column, unit, cluster, any_value(hits) as hits,
        any_value(neighbour_distance) as neighbour_distance
    from segmentation.som_map_units
    where method = 'som_map'
    group by all
    order by unit
"""
POINTS = """
    select maps.projection, maps.x, maps.y, maps.cluster, maps.cluster_name, scores.segment
    from segmentation.customer_map as maps
    left join rfm.rfm_scores as scores
        on maps.customer_id = scores.customer_id and scores.basis = 'bought'
    qualify row_number() over (
        partition by maps.projection order by md5(maps.customer_id)
    ) <= 1000
    order by maps.projection, md5(maps.customer_id)
"""
AXES = """
    select axis, any_value(explained_share) as explained_share
    from segmentation.projection_axes
    where axis <= 2
    group by axis
    order by axis
"""
MIX = """
    select scores.segment, clusters.cluster, clusters.cluster_name, count(*) as customers
    from segmentation.customer_clusters as clusters
    inner join rfm.rfm_scores as scores
        on clusters.customer_id = scores.customer_id and scores.basis = 'bought'
    where clusters.is_chosen and clusters.method <> 'none'
    group by all
    order by all
"""
PROJECTIONS = ("pca", "tsne")


def draw_evaluations(desk: Desk) -> Figure:
    """Draw four measures of every method and number of clusters."""
    rows = desk.source.read(EVALUATIONS)
    rows = rows[rows["k"] > 1] if len(rows) else rows
    if rows.empty:
        return desk.blank("evaluations", EVALUATIONS)
    data = desk.names(rows, method="method")
    chosen = data[data["is_chosen"]]
    charts = []
    for measure in MEASURES:
        base = alt.Chart(data.dropna(subset=[measure])).encode(
            x=alt.X("k:O", title=desk.texts.column("k"), axis=alt.Axis(labelAngle=0)),
            y=alt.Y(
                f"{measure}:Q",
                title=desk.texts.column(measure),
                scale=alt.Scale(zero=False),
            ),
            color=alt.Color("method:N", title=None),
            tooltip=[
                desk.tip("method"),
                desk.tip("k", "d"),
                *[desk.tip(one, ",.3~f") for one in (*MEASURES, "stability_ari")],
            ],
        )
        lines = base.mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=30, filled=True))
        ring = (
            base.mark_point(size=220, filled=False, strokeWidth=2.5)
            .encode(color=alt.value(INK))
            .transform_filter("datum.is_chosen")
        )
        charts.append(((lines + ring) if len(chosen) else lines).properties(height=230))
    return desk.figure(
        "evaluations",
        *charts,
        queries=[EVALUATIONS],
        table=data[["method", "k", *MEASURES, "stability_ari"]],
        is_wide=True,
        base=[("clusterings", len(data))],
        tell=lambda scope, _: (
            {
                "method": chosen["method"].iloc[0],
                "k": chosen["k"].iloc[0],
                "silhouette": desk.texts.number(chosen["silhouette"].iloc[0], 2),
            }
            if len(chosen)
            else {"title": "evaluations.title_none", "tried": len(data)}
        ),
    )


def draw_silhouettes(desk: Desk) -> Figure:
    """Draw how clearly the customers of each cluster belong to it."""
    rows = desk.source.read(SILHOUETTES)
    if rows.empty:
        return desk.blank("silhouettes", SILHOUETTES)
    rows["name"] = number_names(rows)
    # A place is as thick as its share of all customers, as in the plot of Rousseeuw (1987).
    rows["below"] = rows["customers"].cumsum()
    edges = rows.assign(above=rows["below"] - rows["customers"]).melt(
        ["name", "place", "silhouette"], ["above", "below"], value_name="y"
    )
    edges = edges.sort_values(["y", "place"], kind="stable")
    chart = (
        alt.Chart(edges)
        .mark_area(orient="horizontal", interpolate="linear")
        .encode(
            x=alt.X("silhouette:Q", title=desk.texts.column("silhouette"), stack=False),
            y=alt.Y(
                "y:Q",
                title=desk.texts.column("customers"),
                scale=alt.Scale(reverse=True, nice=False),
            ),
            color=cluster_color(rows),
            tooltip=[desk.tip("name", column="cluster_name")],
        )
        .properties(height=340)
    )
    weights = rows["customers"] * rows["silhouette"]
    table = rows.assign(weight=weights).groupby("name", as_index=False, sort=False)
    table = table[["customers", "weight"]].sum()
    table["silhouette"] = table["weight"] / table["customers"]
    best = table.loc[table["silhouette"].idxmax()]
    return desk.figure(
        "silhouettes",
        chart,
        queries=[SILHOUETTES],
        table=table[["name", "customers", "silhouette"]].rename(columns={"name": "cluster_name"}),
        base=[("clustered", table["customers"].sum())],
        tell=lambda scope, _: {
            "cluster": best["name"],
            "silhouette": desk.texts.number(best["silhouette"], 2),
            "mean": desk.texts.number(weights.sum() / rows["customers"].sum(), 2),
        },
    )


def draw_tree(desk: Desk) -> Figure:
    """Draw the last merges of Ward's tree as a dendrogram."""
    rows = desk.source.read(MERGES)
    if rows.empty:
        return desk.blank("tree", MERGES)
    lines, leaves = lay_out_tree(rows)
    room = alt.Scale(domain=[-0.5, len(leaves) - 0.5], nice=False)
    branches = (
        alt.Chart(lines)
        .mark_line(strokeWidth=1.6, color=MUTED)
        .encode(
            x=alt.X("x:Q", axis=None, scale=room),
            y=alt.Y("height:Q", title=desk.texts.column("height")),
            detail="merge:N",
            order="point:Q",
            tooltip=[desk.tip("customers", ",d"), desk.tip("merge_height", ",.1f", "height")],
        )
    )
    chart = branches.properties(height=340)
    heights = rows["height"].to_list()
    gaps = [before - after for before, after in pairwise(heights)]
    # Cutting between merge i and the one before it leaves i + 1 groups; the first cut is trivial.
    cut = 2 + max(range(len(gaps[1:])), key=lambda place: gaps[1:][place]) + 1 if gaps[1:] else 2
    return desk.figure(
        "tree",
        chart,
        queries=[MERGES],
        table=rows[["merge_number", "customers", "height"]],
        base=[("treed", rows["customers"].max())],
        tell=lambda scope, _: {
            "customers": desk.texts.number(rows["customers"].max()),
            "cut": cut,
            "leaves": len(leaves),
        },
    )


def draw_som(desk: Desk) -> Figure:
    """Draw the self-organising map: its walls, its clusters, and who lives where."""
    rows = desk.source.read(UNITS)
    if rows.empty:
        return desk.blank("som", UNITS)
    rows["cluster_name"] = [desk.texts("cluster_number", number=one) for one in rows["cluster"]]
    numbers = list(rows.sort_values("cluster")["cluster_name"].unique())
    base = alt.Chart(rows).encode(
        x=alt.X("unit_column:O", axis=None),
        y=alt.Y("unit_row:O", axis=None),
        tooltip=[
            desk.tip("cluster_name"),
            desk.tip("hits", ",d", column="customers"),
            desk.tip("neighbour_distance", ".2f"),
        ],
    )
    walls = base.mark_rect(cornerRadius=2).encode(
        color=alt.Color(
            "neighbour_distance:Q",
            title=desk.texts.column("neighbour_distance"),
            scale=alt.Scale(range=["#f1f3f5", "#6b7785"]),
            legend=alt.Legend(gradientLength=120, gradientThickness=10, tickCount=3),
        )
    )
    people = base.mark_circle(opacity=0.95, stroke="white", strokeWidth=1).encode(
        size=alt.Size("hits:Q", scale=alt.Scale(range=[0, 420]), legend=None),
        fill=alt.Fill(
            "cluster_name:N",
            title=None,
            legend=alt.Legend(columns=4),
            sort=None,
            scale=alt.Scale(domain=numbers, range=list(PALETTE[: len(numbers)])),
        ),
    )
    chart = (walls + people).resolve_scale(color="independent").properties(height=340)
    empty = int((rows["hits"] == 0).sum())
    return desk.figure(
        "som",
        chart,
        queries=[UNITS],
        table=rows[["unit_row", "unit_column", "cluster_name", "hits", "neighbour_distance"]],
        base=[("mapped", rows["hits"].sum())],
        tell=lambda scope, _: {
            "customers": desk.texts.number(rows["hits"].sum()),
            "units": len(rows),
            "empty": empty,
            "clusters": rows["cluster"].nunique(),
        },
    )


def draw_pca(desk: Desk) -> Figure:
    """Draw the customers on the plane of the first two principal components."""
    axes = desk.source.read(AXES)
    shown = axes["explained_share"].sum() if len(axes) else 0
    return _draw_map(desk, "pca", share=desk.texts.percent(shown, 0))


def draw_tsne(desk: Desk) -> Figure:
    """Draw a sample of the customers by t-SNE."""
    return _draw_map(desk, "tsne")


def draw_mix(desk: Desk) -> Figure:
    """Draw which segments each cluster is made of."""
    rows = desk.source.read(MIX)
    if rows.empty:
        return desk.blank("mix", MIX)
    data = desk.names(rows.assign(name=number_names(rows)), segment="segment")
    base = (
        following(alt.Chart(data))
        .transform_aggregate(customers="sum(customers)", groupby=["name", "cluster"])
        .encode(
            y=alt.Y("name:N", title=None, sort=by_number(data)),
            x=alt.X("customers:Q", title=desk.texts.column("customers"), scale=room_for_labels()),
            tooltip=[desk.tip("name", column="cluster_name"), desk.tip("customers", ",d")],
        )
    )
    chart = base.mark_bar().encode(color=cluster_color(data, legend=None))
    labels = base.mark_text(align="left", dx=5).encode(text=alt.Text("customers:Q", format=",d"))
    sizes = data.groupby("name")["customers"].transform("sum")
    data["of_cluster"] = data["customers"] / sizes

    def tell(scope: str, rows: pd.DataFrame) -> dict[str, object]:
        top = rows.loc[rows["customers"].idxmax()]
        return {
            "segment": top["segment"],
            "cluster": top["name"],
            "share": desk.texts.percent(top["of_cluster"]),
        }

    return desk.figure(
        "mix",
        (chart + labels).properties(height=400),
        queries=[MIX],
        table=data[["name", "segment", "customers"]].rename(columns={"name": "cluster_name"}),
        base=[("clustered", "customers")],
        tell=tell,
        scopes=scopes_of(data),
    )


def _draw_map(desk: Desk, projection: str, **values: object) -> Figure:
    rows = desk.source.read(POINTS)
    data = rows[rows["projection"] == projection] if len(rows) else rows
    if data.empty:
        return desk.blank(projection, POINTS)
    data = desk.names(data.assign(name=number_names(data)), segment="segment")
    data = data.round({"x": 3, "y": 3}).sort_values("cluster", kind="stable")
    chart = (
        alt.Chart(data[["x", "y", "name", "segment"]])
        .mark_circle(size=28)
        .encode(
            x=alt.X(
                "x:Q", axis=alt.Axis(labels=False, title=desk.texts.column(f"{projection}_x"))
            ),
            y=alt.Y(
                "y:Q", axis=alt.Axis(labels=False, title=desk.texts.column(f"{projection}_y"))
            ),
            color=cluster_color(data),
            opacity=alt.condition(is_picked(), alt.value(0.7), alt.value(0.06)),
            tooltip=[desk.tip("name", column="cluster_name"), desk.tip("segment")],
        )
        .properties(height=360)
    )
    counts = data.groupby(["name", "segment"], as_index=False, sort=False).size()

    def tell(scope: str, rows: pd.DataFrame) -> dict[str, object]:
        return {
            "title": f"{projection}.title_segment" if scope else f"{projection}.title",
            "segment": scope,
            "customers": desk.texts.number(len(rows)),
            **values,
        }

    return desk.figure(
        projection,
        chart,
        queries=[POINTS, AXES] if projection == "pca" else [POINTS],
        table=counts.rename(columns={"name": "cluster_name", "size": "customers"}),
        segments=list(counts["segment"]),
        base=[(f"on_{projection}", len)],
        tell=tell,
        scopes=scopes_of(data),
    )


def lay_out_tree(merges: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Place the last merges of a tree: a fork of four points for each.

    Parameters
    ----------
    merges : the last merges, the last of all first: `merge_number`, the two nodes joined
        (`merge N`, or a customer), `height`, `customers`.

    Returns
    -------
    The points of the forks in drawing order, and the leaves from left to right.
    """
    shown = {f"merge {row.merge_number}": row for row in merges.itertuples()}
    root = f"merge {merges['merge_number'].max()}"
    leaves: list[str] = []
    places: dict[str, float] = {}
    # A node is visited twice: to open it, and to place it between its two.
    waiting = [(root, False)]
    while waiting:
        node, is_open = waiting.pop()
        if node not in shown:
            places[node] = len(leaves)
            leaves.append(node)
        elif is_open:
            row = shown[node]
            places[node] = (places[row.left_node] + places[row.right_node]) / 2
        else:
            row = shown[node]
            waiting += [(node, True), (row.right_node, False), (row.left_node, False)]
    points = []
    for node, row in shown.items():
        corners = [
            (places[row.left_node], _height(shown, row.left_node)),
            (places[row.left_node], row.height),
            (places[row.right_node], row.height),
            (places[row.right_node], _height(shown, row.right_node)),
        ]
        points += [
            (node, point, x, y, row.height, row.customers) for point, (x, y) in enumerate(corners)
        ]
    columns = ["merge", "point", "x", "height", "merge_height", "customers"]
    return pd.DataFrame(points, columns=columns), leaves


def _height(shown: dict, node: str) -> float:
    return shown[node].height if node in shown else 0.0


FIGURES = (
    draw_evaluations,
    draw_silhouettes,
    draw_mix,
    draw_profiles,
    draw_parallels,
    draw_pca,
    draw_tsne,
    draw_tree,
    draw_som,
)
