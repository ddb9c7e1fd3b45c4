"""Scores by cut points are those by rank, whatever the number of rows and ties."""

from pathlib import Path

import duckdb
import pytest
from jinja2 import Environment

MACROS = Path(__file__).resolve().parents[2] / "macros" / "sql"


@pytest.mark.parametrize("most_values", [2, 7, 1_000])
def test_scores_by_cut_points_are_those_by_rank(most_values: int) -> None:
    """Groups of 1 to 200 rows, from many ties to hardly any."""
    ranks, cut_points = (
        Environment().from_string((MACROS / name).read_text(encoding="utf-8")).module
        for name in ("quintile_score.sql", "quintile_cut_points.sql")
    )
    ((differing, scored),) = duckdb.sql(f"""
        with rows as materialized (
            select size, cast(hash(size, number) % {most_values} as integer) as worth
            from range(1, 201) as sizes (size), range(200) as numbers (number)
            where number < size
        ),
        bordered as (
            select size, {cut_points.default__quintile_cut_points("worth")} as cut_points
            from rows
            group by size
        ),
        scored as (
            select
                {ranks.quintile_score("rows.worth", "rows.size")} as by_rank,
                {cut_points.default__score_by_cut_points("rows.worth", "bordered.cut_points")}
                    as by_cut_points
            from rows join bordered using (size)
        )
        select count(*) filter (by_rank <> by_cut_points), count(distinct by_rank) from scored
    """).fetchall()
    assert differing == 0
    assert scored >= min(most_values, 5)
