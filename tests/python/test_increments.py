"""A run that adds new files makes the tables that a run over all the files makes."""

from __future__ import annotations

import csv
import gzip
import io
import os
import random
import re
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import REPO_ROOT, Outcome, Project, copy_project, query

from targeted_lists.runs.erasure import hash_key
from targeted_lists.runs.increments import note_seeds, plan_run
from targeted_lists.saved.salt import give_salt, read_salt

LAYERS = ("staging", "intermediate", "core", "pivots", "rfm")
SELECTED = [
    "--select",
    *(f"+tag:{mart}" for mart in ("core", "pivots", "rfm")),
    "+new_customer_orders",
]
# Numbers of runs, and what a run asks of itself.
RUN_COLUMNS = {"run_number", "plausible_until", "changed_in_run"}
# Of the basket marts those that follow today's customers; the others are mined.
RECOMMENDED = (
    "ml_recommendation_offers",
    "new_product_recommendations",
    "product_recommendations",
    "recommendation_offers",
    "recommendation_products",
    "recommendation_reasons",
    "recommendation_segments",
    "replenishment",
    "replenishment_evaluations",
    "replenishment_intervals",
)
RUN_TABLES = {
    "intermediate.int_order_lines_affected",
    "intermediate.int_persons_changed",
    "core.customers_affected",
}
REBUILT = """
    select model
    from main.watermarks
    where rebuilt_in_run > 1
        and model in (
            'customer_products', 'customer_rhythms', 'new_customer_orders',
            'customer_pivot'
        )
"""
LABELS = "select dimension, member, place from pivots.customer_pivot_labels order by all"
CUSTOMER_PRODUCTS = """
    select
        customer_id,
        product_id,
        count(distinct epoch(ordered_at)) filter (where is_bought),
        max(epoch(ordered_at)::bigint) filter (where is_bought),
        count(distinct epoch(ordered_at))
            filter (where is_bought and epoch(ordered_at) <= validation_seconds),
        count(distinct epoch(ordered_at))
            filter (where is_bought and epoch(ordered_at) <= evaluation_seconds),
        max(epoch(ordered_at)::bigint)
            filter (where is_bought and epoch(ordered_at) <= evaluation_seconds)
    from core.fct_order_lines
    cross join core.recommendation_days
    where is_placed and customer_id is not null
    group by all
    order by all
"""

# --- what a run plans, without a database of its own -------------------------------------------

SEEDS = {"spellings": "a", "caps": "a"}
PROJECT = {
    "dbt_project.yml": "vars: {kept_days: 30, list_cap: 2}\n",
    "macros/days.sql": "{{ var('kept_days') }}",
    "macros/dataset_rows.sql": "{{ var('lists', []) }}",
    "models/staging/stg_lines.sql": "select * from {{ ref('spellings') }}",
    "models/lists/list_all.sql": "{{ var('list_cap') }}",
}


@dataclass
class Shop:
    """A project with a folder of raw files, and the database that its runs are planned in."""

    folder: Path
    connection: duckdb.DuckDBPyConnection

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def plan(self, **changes: Any) -> str | None:
        """Plan a run over the files that lie there."""
        files = [
            {
                "source_file": path.name,
                "input": re.split(r"[_.]\d|[.]", path.name)[0],
                "columns": ["order_id"],
                "settings": {"delimiter": ","},
            }
            for path in sorted((self.folder / "data").iterdir())
        ]
        return plan_run(
            self.connection,
            **{
                "folder": str(self.folder / "data"),
                "files": files,
                "variables": {},
                "seeds": SEEDS,
                "project": self.folder,
                **changes,
            },
        )

    @property
    def full_refresh_and_run(self) -> tuple[int, int]:
        return self.connection.execute(
            "select full_refresh_id, run_number from current_run"
        ).fetchone()


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A shop of two months whose first run was planned."""
    shop = Shop(tmp_path, duckdb.connect())
    for name, text in PROJECT.items():
        shop.write(name, text)
    shop.write("data/order_lines_2025-02.csv", "order_id\n1\n")
    shop.write("data/order_lines_2025-03.csv", "order_id\n2\n")
    shop.write("data/customers.csv", "customer_id\n1\n")
    assert shop.plan() is None
    assert shop.full_refresh_and_run == (1, 1)
    note_seeds(shop.connection, SEEDS)
    return shop


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda shop: None, id="nothing"),
        pytest.param(
            lambda shop: shop.write("data/order_lines_2025-04.csv", "order_id\n3\n"), id="new file"
        ),
        pytest.param(
            lambda shop: os.utime(shop.folder / "data/order_lines_2025-02.csv", (1, 1)),
            id="only the time of a file",
        ),
        pytest.param(
            lambda shop: shop.write("data/customers.csv", "customer_id\n2\n"),
            id="a file that lines are not made of",
        ),
        pytest.param(
            lambda shop: shop.write("models/lists/list_all.sql", "select 1"),
            id="code that lines are not made by",
        ),
    ],
)
def test_a_run_adds_where_all_else_is_as_it_was(shop: Shop, change: Callable[[Shop], Any]) -> None:
    change(shop)
    assert shop.plan() is None
    assert shop.full_refresh_and_run == (1, 2)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            lambda shop: shop.write("data/order_lines_2025-02.csv", "order_id\n9\n"),
            "order_lines_2025-02.csv has changed",
        ),
        (
            lambda shop: (shop.folder / "data/order_lines_2025-02.csv").unlink(),
            "order_lines_2025-02.csv is no longer there",
        ),
        (
            lambda shop: shop.write("data/order_lines_2025-01.csv", "order_id\n0\n"),
            "order_lines_2025-01.csv is new and comes before order_lines_2025-03.csv, which was "
            "read already",
        ),
        (lambda shop: shop.write("data/erasures.csv", "customer_id\n1\n"), "erasures.csv is new"),
        (
            lambda shop: shop.write("macros/days.sql", "{{ var('kept_days') }} "),
            "the project's code has changed",
        ),
        (
            lambda shop: shop.write("dbt_project.yml", "vars: {kept_days: 31}\n"),
            "the var kept_days has changed",
        ),
    ],
)
def test_a_run_begins_again_and_says_why(
    shop: Shop, change: Callable[[Shop], Any], reason: str
) -> None:
    change(shop)
    assert shop.plan() == f"Order lines are rebuilt from all their files: {reason}."
    assert shop.full_refresh_and_run == (2, 2)
    assert shop.plan() is None
    assert shop.full_refresh_and_run == (2, 3)


def test_the_first_files_after_the_seeds_are_no_change(shop: Shop) -> None:
    shop.write("data/erasures.csv", "customer_id\n1\n")
    shop.connection.execute("delete from read_files")
    assert shop.plan() is None
    assert shop.full_refresh_and_run == (1, 2)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"variables": {"kept_days": 31}}, "the var kept_days has changed"),
        ({"variables": {"list_cap": 3}}, None),
        ({"variables": {"lists": ["win_back"]}}, None),
        ({"seeds": {"spellings": "b"}}, "the seed spellings has changed"),
        ({"seeds": {"caps": "b"}}, None),
        # A command that reads no files says nothing about them.
        ({"files": None}, None),
    ],
)
def test_only_vars_and_seeds_that_lines_are_made_by_count(
    shop: Shop, changes: dict[str, Any], reason: str | None
) -> None:
    said = shop.plan(**changes)
    assert said == (reason and f"Order lines are rebuilt from all their files: {reason}.")


def test_lines_of_a_key_that_is_erased_since_are_rebuilt(shop: Shop) -> None:
    give_salt(shop.connection, lambda: "salt")
    shop.connection.execute(
        "create table int_order_lines_validated as select unnest(['a', 'b', null]) as customer_id"
    )

    def erase(*keys: str) -> str | None:
        shop.connection.execute("delete from erased_hashes")
        for key in keys:
            shop.connection.execute(
                "insert into erased_hashes values ('key', ?)", [hash_key(key, "salt")]
            )
        return shop.plan()

    begin = "Order lines are rebuilt from all their files: "
    # Whom no table holds is anonymous from the first line.
    assert erase("new") is None
    assert erase("new", "a") == f"{begin}another key of an erased customer is known."
    assert erase("new", "a") is None
    assert erase("new") == f"{begin}customers are no longer erased."


def test_a_seed_counts_as_loaded_when_it_was(shop: Shop) -> None:
    """A command that died before it loaded one leaves the old in the database."""
    changed = {"seeds": SEEDS | {"spellings": "b"}}
    reason = "Order lines are rebuilt from all their files: the seed spellings has changed."
    assert shop.plan(**changed) == reason
    # What another command builds meanwhile is made of the old one.
    assert shop.plan(seeds={}) is None
    assert shop.plan(**changed) == reason
    note_seeds(shop.connection, {"spellings": "b"})
    assert shop.plan(**changed) is None


# --- whole runs -----------------------------------------------------------------------------


@dataclass
class Growing:
    """A dataset whose files of order lines arrive one after the other.

    `others` are files that say something else each time: name -> number of files -> text.
    """

    project: Project
    dataset: str
    files: dict[str, str]
    others: dict[str, dict[int, str]] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.project.folder / "data" / self.dataset

    @property
    def warehouse(self) -> Path:
        return self.project.warehouse(self.dataset)

    def hold(self, count: int) -> None:
        """Let the first files lie there, and no other."""
        for number, (name, text) in enumerate(self.files.items()):
            path = self.folder / name
            if number >= count:
                path.unlink(missing_ok=True)
            elif not path.exists():
                path.write_text(text, encoding="utf-8")
        for name, texts in self.others.items():
            (self.folder / name).write_text(texts[count], encoding="utf-8")

    def run(self, *arguments: str, **variables: Any) -> Outcome:
        outcome = self.project.dbt(
            *(arguments or ("run", *SELECTED)), dataset=self.dataset, **variables
        )
        assert outcome.success, "\n".join(outcome.failures)
        return outcome

    def content(self, *layers: str) -> dict[str, Counter[str]]:
        """Return how often each row is in each table of some layers."""
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            # A view of staging makes keys.
            give_salt(connection, lambda: "any")
            tables = connection.execute(
                "select schema_name, table_name, string_agg('\"' || column_name || '\"', ', ')"
                "  filter (where column_name not in ?)"
                "from duckdb_columns() where schema_name in ? group by all order by all",
                [sorted(RUN_COLUMNS), [*(layers or LAYERS), "private"]],
            ).fetchall()
            return {
                f"{schema}.{table}": Counter(
                    map(
                        repr,
                        connection.execute(f"select {columns} from {schema}.{table}").fetchall(),
                    )
                )
                for schema, table, columns in tables
                if f"{schema}.{table}" not in RUN_TABLES
            }


def lines_of_sample() -> list[dict[str, str]]:
    """Return the sound lines of a part of the sample's customers, and some of nobody."""
    with gzip.open(REPO_ROOT / "data/sample/order_lines.csv.gz", "rt", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    return [
        line
        for line in lines
        if None not in line
        and None not in line.values()
        and (line["customer_id"].endswith("7") or line["order_id"].endswith("77"))
    ]


def write_csv(lines: list[dict[str, str]], columns: list[str]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()


def split_sample() -> dict[str, str]:
    """Return the sample's lines in files by date, with all that makes adding them hard.

    Lines come late, are corrected by a later file (alone, or with their whole order where a line
    has no number), and sales are returned in a later file: in an order of the return's own or in
    the sale's, with either status, in part, or as money off; and so are sales of nobody. One line
    is dated a year ahead, which later dates make plausible, and one too far ahead whatever comes.
    """
    lines = sorted(lines_of_sample(), key=lambda line: (line["ordered_at"], line["order_id"]))
    columns = list(lines[0])
    days = ["2025-12-01", "2026-05-20", "9999"]
    files: list[list[dict[str, str]]] = [[] for _ in days]
    chance = random.Random(11)
    for line in lines:
        number = next(place for place, day in enumerate(days) if line["ordered_at"] < day)
        later = range(number + 1, len(days))
        if later and chance.random() < 0.01:
            number = chance.choice(later)
        files[number].append(line)
        if later and chance.random() < 0.02:
            price = {"unit_price": "7.77"}
            alone = {"line_number": ""} if chance.random() < 0.3 else {}
            files[chance.choice(later)].append(line | price | alone)
        if later and chance.random() < 0.02:
            back = line | {"quantity": "-1", "delivered_at": "", "line_number": "99"}
            back |= {"ordered_at": f"{days[number]} 10:00:00"}
            back["status"] = chance.choice(["delivered", "returned"])
            if chance.random() < 0.6:
                back["order_id"] = f"R{line['order_id']}"
            if chance.random() < 0.3:
                back["unit_price"] = "0.50"
            if chance.random() < 0.2:
                back |= {"product_id": "REFUND", "unit_price": "3.00"}
            files[number + 1].append(back)
    sold = files[0][0]
    files[0].append(sold | {"order_id": "AHEAD", "ordered_at": "2026-12-20 10:00:00"})
    files[0].append(sold | {"order_id": "TYPO", "ordered_at": "2062-12-20 10:00:00"})
    return {
        f"order_lines_{number}.csv": write_csv(part, columns) for number, part in enumerate(files)
    }


@pytest.fixture(scope="module")
def grown_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return copy_project(tmp_path_factory.mktemp("growing"))


@pytest.fixture(scope="module")
def sample_parts(grown_project: Project) -> Growing:
    """A part of the sample, whose lines arrive in three files."""
    folder = grown_project.folder / "data/parts"
    folder.mkdir()
    for name in ("products.csv", "erasures.csv"):
        shutil.copyfile(REPO_ROOT / "data/sample" / name, folder / name)
    return Growing(grown_project, "parts", split_sample(), link_sample())


def link_sample() -> dict[str, dict[int, str]]:
    """Return files by which keys become one person, and no longer, while the lines arrive.

    With the first file each key is a person; then some are linked, and two of them have one
    e-mail; then some of these links are taken back, others join more keys, and one of the two has
    an e-mail of its own again.
    """
    keys = sorted({line["customer_id"] for line in lines_of_sample() if line["customer_id"]})
    keys = [key for key in keys if re.fullmatch(r"C[0-9]+", key)]
    random.Random(5).shuffle(keys)
    header = "customer_id,other_customer_id,status,reason,event_at\n"
    first = [f"{one},{other},same,asked,2025-11-01\n" for one, other in pairs(keys[:40])]
    taken_back = [f"{one},{other},different,asked,2026-05-01\n" for one, other in pairs(keys[:16])]
    more = [f"{one},{other},same,asked,2026-05-01\n" for one, other in pairs(keys[39:61])]
    links = {1: header, 2: header + "".join(first)}
    links[3] = links[2] + "".join(taken_back + more)
    text = (REPO_ROOT / "data/sample/customers.csv").read_text(encoding="utf-8")
    shared = {}
    for line in csv.DictReader(io.StringIO(text)):
        if line["customer_id"] in keys[70:72]:
            shared[line["customer_id"]] = line["email"]
    one, other = (shared[key] for key in keys[70:72])
    assert one
    assert other
    customers = {1: text, 2: text.replace(one, other.upper()), 3: text}
    return {"customer_links.csv": links, "customers.csv": customers}


def pairs(keys: list[str]) -> list[tuple[str, str]]:
    """Return every second key with the one after it."""
    return list(zip(keys[::2], keys[1::2], strict=True))


@pytest.fixture(scope="module")
def retail_parts(grown_project: Project, shared_data: Path) -> Growing:
    """The invoices of some customers of UCI Online Retail, which arrive in three files."""
    path = shared_data / "online_retail/online_retail.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", errors="replace", newline="") as file:
        lines = [
            line
            for line in csv.DictReader(file)
            if line["CustomerID"][:5].endswith("7") or line["InvoiceNo"].endswith("77")
        ]
    days = [(2011, 6, 1), (2011, 11, 15), (2012, 1, 1)]
    files: list[list[dict[str, str]]] = [[] for _ in days]
    for line in lines:
        month, day, year = map(int, line["InvoiceDate"].split()[0].split("/"))
        number = next(place for place, end in enumerate(days) if (year, month, day) < end)
        files[number].append(line)
    folder = grown_project.folder / "data/online_retail"
    folder.mkdir()
    return Growing(
        grown_project,
        "online_retail",
        {
            f"online_retail_{number}.csv": write_csv(part, list(lines[0]))
            for number, part in enumerate(files)
        },
    )


@pytest.mark.parametrize("name", ["sample_parts", "retail_parts"])
def test_adding_files_makes_the_tables_of_a_full_build(
    name: str, request: pytest.FixtureRequest
) -> None:
    growing: Growing = request.getfixturevalue(name)
    growing.hold(1)
    growing.run("seed")
    growing.run()
    added = {}
    for count in (2, 3):
        growing.hold(count)
        if count == 3:
            # A run that ends half-way is caught up by the next, as of whatever day it was.
            growing.run("run", "--select", "+fct_order_lines", "+order_events")
        assert not any("rebuilt" in message for message in growing.run().messages)
        added[count] = growing.content()
    # A file that is no longer there is forgotten without being told to.
    growing.hold(2)
    assert (
        f"Order lines are rebuilt from all their files: {list(growing.files)[2]} is no longer "
        "there." in growing.run().messages
    )
    assert differing(added[2], growing.content()) == []
    growing.warehouse.unlink()
    growing.hold(3)
    growing.run("seed")
    growing.run()
    whole = growing.content()
    assert differing(added[3], whole) == []
    assert len(whole) > 40
    if growing.others:
        merged = {
            name: rows["intermediate.int_customer_persons"].total()
            for name, rows in {"then": added[2], "now": whole}.items()
        }
        # Twenty pairs and the two of one e-mail; then without eight pairs, and with eleven more,
        # of which one joins a third key to a pair.
        assert merged == {"then": 40 + 2, "now": 40 - 16 + 21}
    assert whole["core.fct_order_lines"].total() > added[2]["core.fct_order_lines"].total() > 1000


def test_typed_files_are_added_and_a_run_without_new_ones_changes_nothing(
    grown_project: Project,
) -> None:
    growing = Growing(grown_project, "typed", {})
    growing.folder.mkdir()
    # The files write the key as a spreadsheet did, the erasure does not.
    (growing.folder / "erasures.csv").write_text("customer_id\n1042\n", encoding="utf-8")
    write_typed(growing.folder / "order_lines_1.parquet", customers=["1042.0", "2001.0"])
    staged = ["run", "--select", "stg_contract__order_lines_held", "stg_contract__order_lines"]
    staged += ["source_profile"]
    growing.run("seed")
    growing.run(*staged)
    first = growing.content("staging", "core")
    assert first["staging.stg_contract__order_lines"].total() == 2
    growing.run(*staged)
    assert growing.content("staging", "core") == first
    write_typed(growing.folder / "order_lines_2.parquet", customers=["2002.0"])
    assert not any("rebuilt" in message for message in growing.run(*staged).messages)
    with duckdb.connect(str(growing.warehouse), read_only=True) as connection:
        # The view makes the keys, and compares their hashes with those of the erased.
        salt = read_salt("typed", folder=grown_project.folder / "state")
        give_salt(connection, lambda: salt)
        found = connection.execute(
            "select customer_id, quantity, ordered_at::date::varchar "
            "from staging.stg_contract__order_lines order by all"
        ).fetchall()
    assert found == [(key, 2, "2025-03-04") for key in ("2001", "2002", None)]
    shown = query(
        growing.warehouse,
        "select minimum, maximum from core.source_profile "
        "where file = 'order_lines_1.parquet' and \"column\" = 'customer_id'",
    )
    assert shown == [("2001.0", "2001.0")]


def write_typed(path: Path, *, customers: list[str]) -> None:
    """Write an order line of each customer as a parquet file with types of its own."""
    with duckdb.connect() as connection:
        connection.execute(
            "copy (select 'O' || customer_id as order_id, customer_id, 'P1' as product_id,"
            "  timestamp '2025-03-04 10:00:00' as ordered_at, 2::decimal(9, 3) as quantity,"
            "  1.5::decimal(9, 2) as unit_price"
            f" from (select unnest(?) as customer_id)) to '{path}' (format parquet)",
            [customers],
        )


def test_what_was_learned_stands_and_lists_are_new_where_all_fits_are_kept(
    sample_parts: Growing,
) -> None:
    """What was mined and fitted of the first file stands in a run that adds the second."""
    whole = ["build", "--exclude-resource-type", "unit_test"]
    growing = replace(sample_parts, dataset="mining")
    shutil.copytree(sample_parts.folder, growing.folder, ignore=shutil.ignore_patterns("order_*"))
    growing.hold(1)
    growing.run(*whole)
    first = growing.content("basket", "offers")
    labels = query(growing.warehouse, LABELS)
    growing.hold(2)
    outcome = growing.run(*whole, reuse_models=True)
    assert not any("rebuilt" in message for message in outcome.messages)
    # Shares of other cities are others for every customer.
    is_same = query(growing.warehouse, LABELS) == labels
    assert query(growing.warehouse, REBUILT) == ([] if is_same else [("customer_pivot",)])
    kept = growing.content("basket", "offers")
    # Whose addresses are whose is found again in every run.
    own = {name for name in first if not name.startswith("private.")}
    fresh = {f"offers.{name}" for name in RECOMMENDED}
    assert sorted(fresh & set(differing(first, kept))) == sorted(fresh)
    assert sorted(own - fresh) == sorted(own - set(differing(first, kept)))
    ((mined_from, offered_as_of),) = query(
        growing.warehouse,
        "select test_until_seconds, current_seconds "
        "from basket.basket_periods, core.recommendation_days",
    )
    assert mined_from < offered_as_of
    # What customers bought follows the new file, as if it were counted from all lines.
    assert query(growing.warehouse, CUSTOMER_PRODUCTS) == query(
        growing.warehouse, "from core.customer_products order by all"
    )
    growing.run("build", "--select", "+tag:offers", "--indirect-selection", "empty")
    mined = growing.content("basket", "offers")
    assert {"basket.association_rules", "basket.basket_orders"} <= set(differing(kept, mined))


def differing(first: dict[str, Counter[str]], second: dict[str, Counter[str]]) -> list[str]:
    """Return the names of the tables that do not hold the same rows."""
    return sorted(
        name for name in first.keys() | second.keys() if first.get(name) != second.get(name)
    )
