"""What goes together, and whether what is recommended is bought."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import networkx as nx
import pandas as pd

from targeted_lists.dashboard.figures import Desk, Figure, room_for_labels
from targeted_lists.dashboard.theme import BLUE, FAINT, GREY, ORANGE

# The finest level that has a usable rule; of the rules that are none a few show the difference.
RULES = """
    select
        antecedent_name,
        consequent_name,
        verdict,
        is_usable,
        level,
        support,
        confidence,
        lift,
        validation_lift,
        baskets,
        antecedent_size + consequent_size as size
    from basket.association_rules
    where basis = 'order'
        and level = (
            select case
                when bool_or(level = 'product' and is_usable) then 'product'
                when bool_or(level = 'category_3' and is_usable) then 'category_3'
                when bool_or(level = 'category_2' and is_usable) then 'category_2'
                else 'category_1'
            end
            from basket.association_rules
            where basis = 'order'
        )
    qualify row_number() over (
        partition by is_usable order by lift desc, antecedent, consequent
    ) <= 200
    order by is_usable, lift desc, antecedent, consequent
"""
EVALUATIONS = """
    select method, k, hit_rate, precision_at_k, recall_at_k, mean_average_precision, coverage,
        customers, is_chosen
    from offers.recommendation_evaluations
    order by method, k
"""
MOST_LINKS = 36
CANVAS = (1200.0, 520.0)


def draw_rules(desk: Desk) -> Figure:
    """Draw rules by support and confidence."""
    rows = desk.source.read(RULES)
    if rows.empty:
        return desk.blank("rules", RULES)
    data = rows.assign(
        kind=[desk.texts.value("usable", one) for one in rows["is_usable"]],
        rule=rows["antecedent_name"] + " → " + rows["consequent_name"],
    )
    data = desk.names(data, verdict="rule_verdict")
    kinds = [desk.texts.value("usable", one) for one in (True, False)]
    chart = (
        alt.Chart(data)
        .mark_circle(opacity=0.75)
        .encode(
            x=alt.X(
                "support:Q",
                title=desk.texts.column("support"),
                axis=alt.Axis(format=".2~%", tickCount=6),
                scale=alt.Scale(type="log", nice=False, padding=12),
            ),
            y=alt.Y(
                "confidence:Q", title=desk.texts.column("confidence"), axis=alt.Axis(format=".0%")
            ),
            size=alt.Size(
                "lift:Q",
                title=desk.texts.column("lift"),
                scale=alt.Scale(range=[20, 380]),
                legend=alt.Legend(tickCount=3),
            ),
            color=alt.Color(
                "kind:N", title=None, scale=alt.Scale(domain=kinds, range=[BLUE, FAINT])
            ),
            tooltip=[
                desk.tip("rule"),
                desk.tip("support", ".2%"),
                desk.tip("confidence", ".0%"),
                desk.tip("lift", ".1f"),
                desk.tip("validation_lift", ".1f"),
                desk.tip("verdict"),
            ],
        )
        .properties(height=360)
    )
    usable = rows[rows["is_usable"]]
    top = usable.iloc[0] if len(usable) else None
    return desk.figure(
        "rules",
        chart,
        queries=[RULES],
        table=data.sort_values(["is_usable", "lift"], ascending=False)[
            ["rule", "support", "confidence", "lift", "validation_lift", "verdict"]
        ],
        base=[("baskets", None)],
        tell=lambda scope, _: (
            {"title": "rules.title_none"}
            if top is None
            else {
                "antecedent": top["antecedent_name"],
                "consequent": top["consequent_name"],
                "lift": desk.texts.number(top["lift"], 0),
            }
        ),
    )


def draw_network(desk: Desk) -> Figure:
    """Draw the usable rules between two goods as a network."""
    rows = desk.source.read(RULES)
    if len(rows):
        rows = rows[rows["is_usable"] & (rows["size"] == 2)].head(MOST_LINKS)
    if rows.empty:
        return desk.blank("network", RULES)
    edges, nodes = lay_out_network(rows)
    room = {"scale": alt.Scale(domain=[0, 1], nice=False), "axis": None}
    links = (
        alt.Chart(edges)
        .mark_rule(color=BLUE, opacity=0.5)
        .encode(
            x=alt.X("x:Q", **room),
            y=alt.Y("y:Q", **room),
            x2="x2:Q",
            y2="y2:Q",
            strokeWidth=alt.StrokeWidth("lift:Q", scale=alt.Scale(range=[1, 6]), legend=None),
            tooltip=[
                desk.tip("rule"),
                desk.tip("confidence", ".0%"),
                desk.tip("lift", ".1f"),
            ],
        )
    )
    base = alt.Chart(nodes).encode(x=alt.X("x:Q", **room), y=alt.Y("y:Q", **room))
    dots = base.mark_circle(color=ORANGE, opacity=1).encode(
        size=alt.Size("rules:Q", scale=alt.Scale(range=[60, 260]), legend=None),
        tooltip=[desk.tip("item"), desk.tip("rules", "d")],
    )
    # On a phone the names would cover each other; a tap on a dot shows its name.
    base = base.transform_calculate(name="width < 600 ? '' : datum.item").encode(text="name:N")
    halo = base.mark_text(
        fontSize=11, dy=-12, stroke="white", strokeWidth=3, strokeOpacity=0.9, limit=150
    )
    names = base.mark_text(fontSize=11, dy=-12, limit=150)
    top = nodes.sort_values(["rules", "item"], ascending=[False, True]).iloc[0]
    return desk.figure(
        "network",
        (links + dots + halo + names).properties(height=520),
        queries=[RULES],
        table=rows[["antecedent_name", "consequent_name", "confidence", "lift"]],
        is_wide=True,
        base=[("baskets", None)],
        tell=lambda scope, _: {
            "item": top["item"],
            "rules": int(top["rules"]),
            "items": len(nodes),
            "links": len(edges),
        },
    )


def draw_recommendations(desk: Desk) -> Figure:
    """Draw how many customers bought one of the goods that each method would have offered."""
    rows = desk.source.read(EVALUATIONS)
    if rows.empty:
        return desk.blank("recommendations", EVALUATIONS)
    data = desk.names(rows, method="method")
    data["kind"] = [
        desk.texts.value(
            "chosen", "chosen" if chosen else "baseline" if method == "popularity" else "other"
        )
        for chosen, method in zip(rows["is_chosen"], rows["method"], strict=True)
    ]
    kinds = [desk.texts.value("chosen", one) for one in ("chosen", "other", "baseline")]
    largest = data["k"].max() if (data["k"] == 5).sum() == 0 else 5
    at = data[data["k"] == largest].sort_values(["hit_rate", "method"], ascending=[False, True])
    at = at.assign(label=[desk.texts.percent(one, 0) for one in at["hit_rate"]])
    base = alt.Chart(at).encode(
        y=alt.Y("method:N", title=None, sort=list(at["method"])),
        x=alt.X(
            "hit_rate:Q",
            title=desk.texts("hit_rate_at", k=largest),
            axis=alt.Axis(format=".0%"),
            scale=room_for_labels(),
        ),
        tooltip=[
            desk.tip("method"),
            desk.tip("hit_rate", ".1%"),
            desk.tip("precision_at_k", ".1%"),
            desk.tip("recall_at_k", ".1%"),
            desk.tip("mean_average_precision", ".3f"),
            desk.tip("coverage", ".1%"),
        ],
    )
    bars = base.mark_bar().encode(
        color=alt.Color(
            "kind:N", title=None, scale=alt.Scale(domain=kinds, range=[BLUE, "#56B4E9", GREY])
        )
    )
    labels = base.mark_text(align="left", dx=5).encode(text="label:N")
    chosen, baseline = at[at["is_chosen"]], at[rows.loc[at.index, "method"] == "popularity"]
    is_ahead = len(chosen) == 1 and len(baseline) == 1 and baseline["hit_rate"].iloc[0] > 0
    return desk.figure(
        "recommendations",
        (bars + labels).properties(height=360),
        queries=[EVALUATIONS],
        table=data[
            [
                "method",
                "k",
                "hit_rate",
                "precision_at_k",
                "recall_at_k",
                "mean_average_precision",
                "coverage",
            ]
        ],
        base=[("recommended", at["customers"].max())],
        tell=lambda scope, _: (
            {
                "method": chosen["method"].iloc[0],
                "share": desk.texts.percent(chosen["hit_rate"].iloc[0], 0),
                "baseline": desk.texts.percent(baseline["hit_rate"].iloc[0], 0),
                "k": largest,
            }
            if is_ahead
            else {"title": "recommendations.title_none"}
        ),
    )


def lay_out_network(rules: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Place the items of rules, those that go together near each other.

    Each group of items that are linked has a box of its own, as large as its items are many, and
    is laid out in it by Kamada and Kawai (1989); the same rules give the same picture.

    Parameters
    ----------
    rules : rules of one item each side, with `antecedent_name`, `consequent_name`, `confidence`,
        `lift`.

    Returns
    -------
    One row per pair of items (the surer direction) with both ends in [0, 1], and one per item.
    """
    surest = rules.sort_values(
        ["confidence", "antecedent_name", "consequent_name"], ascending=[False, True, True]
    )
    graph = nx.Graph()
    graph.add_nodes_from(sorted({*rules["antecedent_name"], *rules["consequent_name"]}))
    links = []
    for rule in surest.itertuples():
        if graph.has_edge(rule.antecedent_name, rule.consequent_name):
            continue
        graph.add_edge(rule.antecedent_name, rule.consequent_name)
        links.append(rule)
    groups = sorted(nx.connected_components(graph), key=lambda group: (-len(group), min(group)))
    boxes = divide_box([len(group) for group in groups], (0.0, 0.0, *CANVAS))
    places = {}
    for group, (left, top, width, height) in zip(groups, boxes, strict=True):
        part = nx.Graph()
        part.add_nodes_from(sorted(group))
        part.add_edges_from(
            (one.antecedent_name, one.consequent_name)
            for one in links
            if one.antecedent_name in group
        )
        inside = nx.kamada_kawai_layout(part)
        for item, (x, y) in inside.items():
            if len(group) == 2:
                # One below the other, where their names do not meet.
                x, y = 0, 0.6 * x
            places[item] = (
                (left + width * (0.5 + 0.34 * x)) / CANVAS[0],
                (top + height * (0.5 + 0.34 * y)) / CANVAS[1],
            )
    nodes = pd.DataFrame(
        [(item, *places[item], graph.degree[item]) for item in sorted(graph)],
        columns=["item", "x", "y", "rules"],
    )
    edges = pd.DataFrame(
        [
            (
                f"{one.antecedent_name} → {one.consequent_name}",
                *places[one.antecedent_name],
                *places[one.consequent_name],
                one.confidence,
                one.lift,
            )
            for one in links
        ],
        columns=["rule", "x", "y", "x2", "y2", "confidence", "lift"],
    )
    return edges.round(4), nodes.round(4)


def divide_box(
    weights: Sequence[float], box: tuple[float, float, float, float]
) -> list[tuple[float, float, float, float]]:
    """Divide a box (left, top, width, height) among weights, across its longer side.

    Each cut parts the weights, in their order, into two halves as equal as can be.
    """
    if len(weights) < 2:
        return [box] * len(weights)
    left, top, width, height = box
    total = sum(weights)
    cut = min(range(1, len(weights)), key=lambda at: abs(2 * sum(weights[:at]) - total))
    share = sum(weights[:cut]) / total
    if width >= height:
        first = (left, top, width * share, height)
        second = (left + width * share, top, width * (1 - share), height)
    else:
        first = (left, top, width, height * share)
        second = (left, top + height * share, width, height * (1 - share))
    return divide_box(weights[:cut], first) + divide_box(weights[cut:], second)


FIGURES = (draw_rules, draw_recommendations, draw_network)
