"""BI tools: the published file opens read-only in SQLAlchemy, and the ready queries run."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from conftest import REPO_ROOT, Build
from sqlalchemy import Engine, MetaData, Table, create_engine, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

READY = REPO_ROOT / "queries" / "ready.sql"
QUESTION = re.compile(r"^-- (\d+)\. (.+\?)\n((?:.*\n)+?.*);$", re.MULTILINE)
pytestmark = pytest.mark.filterwarnings("ignore:duckdb-engine doesn't yet support reflection")


def read_queries() -> list[tuple[int, str, str]]:
    return [
        (int(number), question, sql)
        for number, question, sql in QUESTION.findall(READY.read_text(encoding="utf-8"))
    ]


@pytest.fixture(scope="module")
def engine(sample_build: Build) -> Iterator[Engine]:
    """The sample's published file as docs/bi.md says to open it."""
    # DuckDB opens a file in one process with one configuration: nothing is kept open.
    engine = create_engine(
        f"duckdb:///{sample_build.published}",
        connect_args={"read_only": True},
        poolclass=NullPool,
    )
    yield engine
    engine.dispose()


def test_reflection_lists_every_published_table(engine: Engine, sample_build: Build) -> None:
    published = sample_build.query("select schema_name, table_name from publication_tables")
    inspector = inspect(engine)
    schemas = {name.split(".")[-1] for name in inspector.get_schema_names()}
    assert {schema for schema, _ in published} <= schemas
    assert len(published) > 90
    found = {
        (schema, table)
        for schema in {schema for schema, _ in published}
        for table in inspector.get_table_names(schema=schema)
    }
    assert found == set(published)


def test_a_reflected_table_has_types_and_comments(engine: Engine) -> None:
    table = Table("metrics", MetaData(), autoload_with=engine, schema="metrics")
    assert "Each metric, defined once" in table.comment
    assert {column.name: str(column.type) for column in table.columns} == {
        "metric": "VARCHAR",
        "month": "VARCHAR",
        "segment": "VARCHAR",
        "unit": "VARCHAR",
        "value": "FLOAT",
        "numerator": "NUMERIC(18, 4)",
        "denominator": "NUMERIC(18, 4)",
        "is_additive": "BOOLEAN",
        "month_start_date": "DATE",
    }
    assert [column.name for column in table.columns if not column.comment] == []


def test_every_published_table_and_column_is_described(sample_build: Build) -> None:
    tables = sample_build.query(
        "select schema_name || '.' || table_name from duckdb_tables() "
        "where schema_name <> 'main' and coalesce(comment, '') = ''"
    )
    columns = sample_build.query(
        "select schema_name || '.' || table_name || '.' || column_name from duckdb_columns() "
        "where not internal and schema_name <> 'main' and coalesce(comment, '') = ''"
    )
    assert (tables, columns) == ([], [])


def test_a_connection_reads_and_cannot_write(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.execute(text("select count(*) from lists.list_win_back")).scalar() > 0
        with pytest.raises(DBAPIError, match="read-only mode"):
            connection.execute(text("delete from lists.list_win_back"))


def test_there_are_twenty_ready_queries() -> None:
    numbers = [number for number, _, _ in read_queries()]
    assert numbers == list(range(1, 21))


def test_every_ready_query_answers(sample_build: Build) -> None:
    assert [number for number, _, sql in read_queries() if not sample_build.query(sql)] == []


def test_the_ready_queries_take_what_is_defined_from_metrics() -> None:
    # Revenue of orders, counted again, would be a second definition.
    wrong = [
        number
        for number, _, sql in read_queries()
        if re.search(r"\b(fct_orders|fct_order_lines)\b", sql)
    ]
    assert wrong == []


def test_metrics_by_month_are_those_of_the_sales_pivot(sample_build: Build) -> None:
    # On the sample no order has lines in two months, so that months agree as well.
    pivot = sample_build.query(
        "select member, revenue, gross_margin, orders, customers, average_order_value "
        "from pivots.sales_pivot where basis = 'bought' and dimension = 'month' "
        "and orders > 0 order by member"
    )
    metrics = sample_build.query(
        "select month, "
        + ", ".join(
            f"max({part}) filter (where metric = '{metric}')"
            for metric, part in [
                ("revenue", "numerator"),
                ("margin", "numerator"),
                ("orders", "numerator::bigint"),
                ("customers", "numerator::bigint"),
                ("average_order_value", "value"),
            ]
        )
        + " from metrics.metrics where segment = 'all' and month_start_date is not null "
        "and metric in ('revenue', 'margin', 'orders', 'customers', 'average_order_value') "
        "group by month order by month"
    )
    assert len(pivot) > 12
    assert metrics == pivot


def test_a_naive_sum_of_the_table_without_totals_is_right(sample_build: Build) -> None:
    summed = sample_build.query(
        "select sum(revenue), sum(margin), sum(orders), sum(new_customers), sum(list_members) "
        "from metrics.monthly_metrics"
    )[0]
    all_of = dict(
        sample_build.query(
            "select metric, numerator from metrics.metrics where month = 'all' and segment = 'all'"
        )
    )
    metrics = ("revenue", "margin", "orders", "customers", "list_size")
    assert summed == tuple(all_of[metric] for metric in metrics)
    # By year, as a chart would have it: new customers are those of the cohorts.
    years = sample_build.query(
        "select year(month_start_date), sum(new_customers) from metrics.monthly_metrics "
        "where month_start_date is not null "
        "group by all having sum(new_customers) > 0 order by all"
    )
    cohorts = sample_build.query(
        "select left(cohort_month, 4)::int, sum(customers) from pivots.cohort_pivot "
        "where basis = 'bought' and months_since = 0 group by all order by all"
    )
    assert len(years) > 1
    assert years == cohorts


def test_the_catalogue_says_what_may_be_summed(sample_build: Build) -> None:
    additive = {
        metric
        for metric, is_additive in sample_build.query(
            "select metric, is_additive from metrics.metric_catalog"
        )
        if is_additive
    }
    sums_right = {
        metric
        for metric, summed, total in sample_build.query(
            "select metric, sum(value) filter (where month <> 'all' and segment <> 'all'), "
            "max(value) filter (where month = 'all' and segment = 'all') "
            "from metrics.metrics group by metric"
        )
        if summed == pytest.approx(total, rel=1e-12)
    }
    assert additive == sums_right == {"revenue", "orders", "margin", "list_size"}


def test_metrics_are_what_the_tables_of_their_own_say(sample_build: Build) -> None:
    # Those of whom totals alone are known count with them.
    repeaters, buyers = sample_build.query(
        "select count(*) filter (where frequency > 1), count(*) from rfm.rfm_scores "
        "where basis = 'bought'"
    )[0]
    ((lift, points),) = sample_build.query(
        "select sum(difference * treatment_customers) / sum(treatment_customers), count(*) "
        "from targeting.campaign_lift where metric = 'purchase' and slice = 'all' and is_read"
    )
    all_of = dict(
        sample_build.query(
            "select metric, value from metrics.metrics where month = 'all' and segment = 'all'"
        )
    )
    assert points > 0
    assert all_of["repeat_rate"] == pytest.approx(repeaters / buyers, abs=1e-12)
    assert all_of["lift"] == pytest.approx(lift, abs=1e-6)
    assert (
        all_of["list_size"]
        == sample_build.query("select sum(members) from lists.list_catalog")[0][0]
    )
