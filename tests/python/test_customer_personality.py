"""Customers known by profile: three layouts of one file, clusters, groups, answers, and lists.

The published file, where it is at hand, is built as a whole; its other layouts, and hand-written
files in which each row is one case, up to the ledger. The sample is aggregated to see that totals
tell what orders do.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import math
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import REPO_ROOT, Build, Project, content_of, query
from sklearn.metrics import roc_auc_score

from python_ml.classification import (
    Columns,
    measure_predictions,
    predict_out_of_fold,
    prepare_training,
)
from targeted_lists.inputs.raw_files import describe_inputs_json

CONTRACT = yaml.safe_load((REPO_ROOT / "dbt_project.yml").read_text())["vars"]["input_contract"]
FILE = "marketing_campaign.csv"
CORE = ["+input_ledger", "+dim_customers", "+customer_totals", "+contact_responses"]
TWINS = "% but for the id"


def read_models(project: Project, dataset: str, *, folder: Path | None = None) -> Path:
    """Build a dataset up to the ledger and the core; return its working database."""
    place = {"data_dir": str(folder)} if folder else {}
    outcome = project.dbt(
        *("build", "--resource-type", "seed", "model", "--select", *CORE),
        dataset=dataset,
        adapter="customer_personality",
        **place,
    )
    assert outcome.success, "\n".join(outcome.failures)
    return project.warehouse(dataset)


@pytest.fixture(scope="session")
def published_file(shared_data: Path) -> Path:
    path = shared_data / "customer_personality" / FILE
    if not path.is_file():
        pytest.skip(f"the file of customer_personality is not at {path}")
    return path


@pytest.fixture(scope="session")
def personality(project: Project, published_file: Path) -> Build:
    """The published file, built, tested and published."""
    folder = project.folder / "data" / "customer_personality"
    folder.mkdir(parents=True)
    (folder / FILE).write_bytes(published_file.read_bytes())
    return project.build(dataset="customer_personality")


# --- the published file ----------------------------------------------------------------


def test_ledger_leads_from_2240_by_2216_to_2212(personality: Build) -> None:
    rows = personality.query(
        """
        select
            count(*),
            count(*) filter (where reason not like 'income is missing%'),
            count(*) filter (where decision = 'accepted'),
            count(*) filter (where decision = 'accepted_not_modelled')
        from core.input_ledger
        where input = 'customers'
        """
    )
    assert rows == [(2240, 2216, 2212, 28)]
    assert personality.query("select count(*) from core.dim_customers") == [(2212,)]


def test_impossible_figures_are_flagged_with_the_rule(personality: Build) -> None:
    rows = personality.query(
        "select reason from core.input_ledger where input = 'customers' "
        "and decision = 'accepted_not_modelled' and reason not like 'income is missing%' "
        "order by reason"
    )
    assert [reason for (reason,) in rows] == [
        "born in 1893, so 121 years old",
        "born in 1899, so 115 years old",
        "born in 1900, so 114 years old",
        "income 666666 is not below the var impossible_income",
    ]


def test_twins_and_jokes_are_named_and_stay(personality: Build) -> None:
    rows = personality.query(
        f"""
        select
            count(*) filter (where reason like '{TWINS}'),
            count(*) filter (where reason like '%"YOLO" read as unknown%'),
            count(*) filter (where reason like '%"Absurd" read as unknown%'),
            count(*) filter (where reason like '%"Alone" read as "Single"%'),
            count(*) filter (where decision = 'rejected')
        from core.input_ledger
        where input = 'customers'
        """
    )
    assert rows == [(182, 2, 2, 3, 0)]


def test_constant_columns_are_no_features_and_it_says_why(personality: Build) -> None:
    rows = personality.query(
        'select "column" from core.source_profile where is_constant order by 1'
    )
    assert rows == [("Z_CostContact",), ("Z_Revenue",)]
    # They are the terms of the campaigns instead.
    terms = personality.query(
        "select distinct contact_cost::double, response_value::double "
        "from response.response_campaigns"
    )
    assert terms == [(3.0, 11.0)]


def test_totals_are_those_of_the_file(personality: Build, published_file: Path) -> None:
    raw = pd.read_csv(published_file, sep=";", encoding="utf-8-sig")
    raw = raw[raw["Income"].notna() & (raw["Income"] < 600_000) & (raw["Year_Birth"] > 1924)]
    orders = raw[["NumWebPurchases", "NumCatalogPurchases", "NumStorePurchases"]].sum(axis=1)
    known = raw[orders > 0]
    expected = sorted(
        zip(
            "P" + known["ID"].astype(str),
            known["Recency"],
            orders[orders > 0],
            known.filter(like="Mnt").sum(axis=1).astype(float),
            strict=True,
        )
    )
    rows = personality.query(
        "select customer_id, recency_days, frequency, monetary::double "
        "from rfm.rfm_scores where basis = 'bought' order by customer_id"
    )
    assert rows == expected


def test_marts_and_lists_work_on_totals(personality: Build) -> None:
    counts = {
        table: personality.query(f"select count(*) from {table}")[0][0]
        for table in (
            "rfm.rfm_segment_summary",
            "pivots.customer_pivot",
            "segmentation.cluster_profiles",
            "segmentation.customer_groups",
            "lists.list_win_back",
            "lists.list_loyal_rewards",
            "lists.list_likely_responders",
            "findings.findings",
        )
    }
    assert min(counts.values()) > 10, counts
    assert personality.query("select distinct consent_basis from lists.list_members") == [
        ("not recorded",)
    ]


def test_elbow_and_silhouette_of_kmeans_are_shown(personality: Build) -> None:
    rows = personality.query(
        "select k, inertia, silhouette, is_elbow from segmentation.cluster_evaluations "
        "where method = 'kmeans' and feature_set = 'full' order by k"
    )
    assert [k for k, *_ in rows] == list(range(2, 11))
    inertia = [row[1] for row in rows]
    assert inertia == sorted(inertia, reverse=True)
    assert sum(is_elbow for *_, is_elbow in rows) == 1
    silhouette = {k: value for k, _, value, _ in rows}
    assert max(silhouette, key=silhouette.get) == 2
    # Of all features, of which shares of few orders are shrunk, the structure is weak.
    assert silhouette[2] == pytest.approx(0.266, abs=0.005)
    # By habits alone two kinds of customers are apart, and the table says so.
    chosen = personality.query(
        "select feature_set, k, silhouette, is_separated from segmentation.cluster_evaluations "
        "where is_chosen"
    )
    assert chosen == [("behaviour", 2, pytest.approx(0.399, abs=0.005), True)]


def test_groups_differ_by_tests_with_effects(personality: Build) -> None:
    rows = personality.query(
        "select characteristic, effect_size, q_value from segmentation.customer_group_tests "
        "where grouping = 'rfm_segment' and group_key = 'all' and not is_by_construction"
    )
    effects = {name: (effect, q) for name, effect, q in rows}
    assert effects["income"][0] > 0.5
    assert effects["income"][1] < 1e-100
    assert effects["marital_status"][1] > 0.05


def test_response_is_predicted_with_an_auc_of_at_least_090(personality: Build) -> None:
    models = yaml.safe_load(
        (REPO_ROOT / "models/marts/response/ml/_response_ml__models.yml").read_text()
    )["models"]
    (meta,) = [one["config"]["meta"] for one in models if one["name"] == "ml_response_models"]
    columns = Columns(**meta["options"]["columns"])
    with duckdb.connect(str(personality.published), read_only=True) as connection:
        features = connection.execute(
            "select * from response.response_features where not is_planned "
            "order by row_key, customer_id"
        ).df()
    assert len(features) == 2212
    training = prepare_training(features, columns=columns)
    # Twins count once, so that none is predicted by the other.
    assert len(training) == 2029
    predictions = predict_out_of_fold(
        training, columns=columns, models=["logistic_regression"], repeats=6
    )
    folds = [
        roc_auc_score(fold["label"], fold["score"])
        for _, fold in predictions[predictions["model"] == "logistic_regression"].groupby(
            ["repeat", "fold"]
        )
    ]
    spread = pd.Series(folds)
    print(f"ROC-AUC {spread.mean():.3f}, sd {spread.std():.3f}, {len(folds)} folds")
    assert len(folds) == 30
    assert spread.mean() >= 0.90
    assert spread.std() < 0.03
    rows = personality.query(
        "select roc_auc, roc_auc_sd from response.response_evaluations where is_chosen"
    )
    assert rows[0][0] == pytest.approx(spread.mean(), abs=0.01)
    assert 0 < rows[0][1] < 0.04


@pytest.mark.parametrize("seed", range(3))
def test_of_shuffled_responses_nothing_is_accepted(personality: Build, seed: int) -> None:
    """How often chance passes, over 200 seeds: benchmarks/permuted_models.py."""
    models = yaml.safe_load(
        (REPO_ROOT / "models/marts/response/ml/_response_ml__models.yml").read_text()
    )["models"]
    (meta,) = [one["config"]["meta"] for one in models if one["name"] == "ml_response_models"]
    columns = Columns(**meta["options"]["columns"])
    with duckdb.connect(str(personality.published), read_only=True) as connection:
        features = connection.execute(
            "select * from response.response_features where not is_planned"
        ).df()
    training = prepare_training(features, columns=columns, max_rows=1_000)
    shuffled = np.random.default_rng(seed).permutation(training[columns.label])
    predictions = predict_out_of_fold(
        training.assign(**{columns.label: shuffled}),
        columns=columns,
        models=["logistic_regression"],
        calibrated=False,
    )
    found = measure_predictions(predictions)
    assert found.loc[found["is_chosen"], "model"].tolist() == ["majority"]


def test_expected_profit_and_the_depth_of_the_list(personality: Build) -> None:
    rows = personality.query(
        """
        select
            count(*),
            count(distinct customer_id),
            max(abs(expected_profit::double - (11 * p_response - 3))),
            min(depth),
            max(depth)
        from response.response_scores
        where campaign_id = 'CMP7'
        """
    )
    assert rows[0][:2] == (2212, 2212)
    assert rows[0][2] < 1e-4
    assert rows[0][3:] == (pytest.approx(1 / 2212), 1.0)
    gains = personality.query(
        "select step, expected_profit, profit, is_expected_peak, is_peak "
        "from response.response_gains order by step"
    )
    assert len(gains) == 20
    peak = max(gains, key=lambda row: row[1])
    assert [row[0] for row in gains if row[3]] == [peak[0]]
    assert [row[0] for row in gains if row[4]] == [max(gains, key=lambda row: row[2])[0]]
    assert peak[2] > gains[-1][2]
    worth = personality.query(
        "select min(expected_value), count(*) from lists.list_likely_responders"
    )
    assert worth[0][0] > 0
    assert worth[0][1] < 2212 / 4


def test_answers_by_group_are_no_effect(personality: Build) -> None:
    rows = personality.query(
        "select contacted, responses, note from response.campaign_responses "
        "where campaign_id = 'CMP6' and grouping = 'all'"
    )
    assert rows[0][:2] == (2212, 333)
    assert rows[0][2].startswith("No control group")
    groupings = personality.query("select distinct grouping from response.campaign_responses")
    assert {("all",), ("rfm_segment",), ("kmeans",)} <= set(groupings)


@pytest.mark.parametrize(
    ("delimiter", "form"), [(",", "%-d-%b-%y"), ("\t", "%d-%m-%Y")], ids=["comma", "tab"]
)
def test_layouts_give_the_same_core_tables(
    personality: Build, published_file: Path, tmp_path: Path, delimiter: str, form: str
) -> None:
    rows = list(csv.reader(io.StringIO(published_file.read_text("utf-8-sig")), delimiter=";"))
    day = rows[0].index("Dt_Customer")
    for row in rows[1:]:
        row[day] = date.fromisoformat(row[day]).strftime(form)
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    dataset = "layout_" + ("comma" if delimiter == "," else "tab")
    (tmp_path / dataset).mkdir()
    (tmp_path / dataset / FILE).write_text(text.getvalue(), encoding="utf-8")
    other = content_of(read_models(personality.project, dataset, folder=tmp_path))
    original = content_of(personality.warehouse)
    compared = [
        table
        for table in other
        if table.startswith(("core.", "intermediate.", "private.")) and table in original
        # What the file itself holds differs; what was read from it must not.
        if table != "core.source_profile"
    ]
    assert {"core.dim_customers", "core.input_ledger"} < set(compared)
    assert len(compared) > 10
    assert [table for table in compared if other[table] != original[table]] == []


# --- hand-written files ----------------------------------------------------------------

HEADER, USUAL = csv.reader(
    [
        "ID;Year_Birth;Education;Marital_Status;Income;Kidhome;Teenhome;Dt_Customer;Recency;"
        "MntWines;MntFruits;MntMeatProducts;MntFishProducts;MntSweetProducts;MntGoldProds;"
        "NumDealsPurchases;NumWebPurchases;NumCatalogPurchases;NumStorePurchases;"
        "NumWebVisitsMonth;AcceptedCmp3;AcceptedCmp4;AcceptedCmp5;AcceptedCmp1;AcceptedCmp2;"
        "Complain;Z_CostContact;Z_Revenue;Response",
        "1;1970;PhD;Single;50000;0;1;2013-05-06;10;100;1;2;3;4;5;2;3;1;4;6;0;0;0;0;0;0;3;11;1",
    ],
    delimiter=";",
)
SOUND = dict(zip(HEADER, USUAL, strict=True))
CASES = [
    {},
    {"Education": "2n;Cycle"},
    {"Education": '"2n;Cycle"'},
    {"Marital_Status": "YOLO"},
    {"Marital_Status": "alone"},
    {"Education": "Bachelor"},
    {"Income": ""},
    {"Income": "600000"},
    {"Year_Birth": "1893"},
    {"MntWines": "-5"},
    {"ID": "77", "MntWines": "1"},
    {"ID": "77", "MntWines": "2"},
    {"Year_Birth": "1971"},
    {"Year_Birth": "1971"},
    {"Dt_Customer": "32-13-2014"},
    {"Dt_Customer": "2104-05-06"},
    {"ID": ""},
    {"Response": "maybe"},
    {"ID": "0", "Year_Birth": "1950"},
    {"Complain": "1"},
    {"Recency": "9999"},
]


def write_rows(folder: Path, cases: list[dict[str, str]], *, delimiter: str = ";") -> None:
    """Write a file with a row a case, each with an id of its own unless the case has one."""
    lines = [HEADER, *((SOUND | {"ID": str(200 + n)} | case).values() for n, case in cases)]
    folder.mkdir(parents=True)
    (folder / FILE).write_text("\n".join(delimiter.join(line) for line in lines) + "\n")


def number(cases: list[dict[str, str]]) -> list[tuple[int, dict[str, str]]]:
    return list(enumerate(cases))


@pytest.fixture(scope="session")
def small(project: Project) -> Path:
    """The hand-written cases among a thousand sound rows; the path of their working database."""
    usual = [{"MntGoldProds": str(1000 + n), "Dt_Customer": "2013-05-06"} for n in range(1100)]
    write_rows(project.folder / "data" / "small_personality", number(CASES + usual))
    return read_models(project, "small_personality")


def test_each_fault_is_named_in_one_sentence(small: Path) -> None:
    rows = query(
        small,
        "select source_row, decision, reason from core.input_ledger where input = 'customers' "
        f"and reason <> 'sound' and source_row <= {len(CASES)} order by source_row",
    )
    formats = "%Y-%m-%d, %d-%b-%y, %d-%m-%Y"
    unlike = f"is in none of the known formats that fit its file: {formats}"
    split = 'education "2n;Cycle" read as "2n Cycle"'
    assert rows == [
        (2, "accepted", split),
        (3, "accepted", f"{split}; identical to customer P201 but for the id"),
        (4, "accepted", 'marital_status "YOLO" read as unknown'),
        (5, "accepted", 'marital_status "alone" read as "Single"'),
        (6, "rejected", 'education "Bachelor" is not in the seed customer_personality_words'),
        (7, "accepted_not_modelled", "income is missing"),
        (8, "accepted_not_modelled", "income 600000 is not below the var impossible_income"),
        (9, "accepted_not_modelled", "born in 1893, so 120 years old"),
        (10, "rejected", "mntwines -5 is negative"),
        (11, "rejected", f"id 77 stands again in {FILE} row 12"),
        (14, "accepted", "identical to customer P212 but for the id"),
        (15, "rejected", f'dt_customer "32-13-2014" {unlike}'),
        (
            16,
            "accepted_not_modelled",
            "dt_customer 2104-05-06 is more than a year after nearly all others",
        ),
        (17, "rejected", "no id"),
        (18, "rejected", 'response "maybe" is not a yes or no'),
        (
            21,
            "accepted_not_modelled",
            "recency 9999 is more than a year above nearly all others",
        ),
    ]


def test_parts_of_a_row_share_its_fate(small: Path) -> None:
    rows = query(
        small,
        """
        select count(*) from (
            select source_row
            from core.input_ledger
            where input <> 'campaigns'
            group by source_row
            having count(distinct decision) > 1 or count(*) <> 6
        )
        """,
    )
    assert rows == [(0,)]


def test_a_split_field_moves_the_others_back(small: Path) -> None:
    rows = query(
        small,
        "select education, marital_status, income::double, contact_cost::double, accepted_6 "
        "from staging.stg_customer_personality__marketing_campaign where source_row in (2, 3)",
    )
    assert rows == [("2n Cycle", "Single", 50000.0, 3.0, True)] * 2


def test_an_id_of_zero_is_a_customer_and_one_typo_moves_no_date(small: Path) -> None:
    assert query(small, "select count(*) from core.dim_customers where customer_id = 'P0'") == [
        (1,)
    ]
    assert query(small, "select as_of_date::date::varchar from intermediate.int_as_of_date") == [
        ("2013-05-16",)
    ]


def test_a_layout_that_nobody_knows_stops_until_it_is_told(
    project: Project, tmp_path: Path
) -> None:
    # Days and months change places: the first of the rows alone could be read as 3 April.
    days = ["03-04-2013", "05-14-2013", "09-30-2013"]
    # An income that nobody gives is not asked for.
    cases = [{"Dt_Customer": day, "Income": ""} for day in days]
    write_rows(tmp_path / "fourth", number(cases), delimiter="|")
    with contextlib.chdir(REPO_ROOT):
        told = json.loads(
            describe_inputs_json(
                json.dumps(CONTRACT), str(tmp_path), "fourth", "customer_personality"
            )
        )
    assert told["error"] == (
        f"{FILE} has one column at the delimiter ';'; set `delimiter` in dataset.yml next to it, "
        "or add the column id."
    )
    settings = tmp_path / "fourth" / "dataset.yml"
    settings.write_text('delimiter: "|"\n')
    arguments = ("build", "--resource-type", "seed", "model", "--select")
    where = {
        "dataset": "fourth",
        "data_dir": str(tmp_path),
        "adapter": "customer_personality",
    }
    model = "+stg_customer_personality__marketing_campaign"
    outcome = project.dbt(*arguments, model, **where)
    assert not outcome.success
    assert any(
        f'no row of {FILE} can be read, the first because dt_customer "03-04-2013" is in none of '
        "the known formats" in sentence
        for sentence in outcome.failures
    ), outcome.failures
    settings.write_text('delimiter: "|"\ntimestamp_format: "%m-%d-%Y"\n')
    assert project.dbt(*arguments, model, **where).success
    assert query(
        project.warehouse("fourth"),
        "select registered_at::date::varchar, source_exclusion, split_part(source_note, ';', 1) "
        "from staging.stg_customer_personality__marketing_campaign order by source_row",
    ) == [
        (day, None, "income is missing in every row, so it is not asked for")
        for day in ("2013-03-04", "2013-05-14", "2013-09-30")
    ]


# --- orders and aggregates -----------------------------------------------------------


def test_totals_tell_what_the_orders_tell(sample_build: Build, tmp_path: Path) -> None:
    folder = tmp_path / "aggregated"
    folder.mkdir()
    with duckdb.connect(str(sample_build.published), read_only=True) as connection:
        orders = connection.execute(
            "select * from core.fct_orders where is_bought and customer_id is not null"
        ).df()
        spend = connection.execute(
            """
            select lines.customer_id, products.category_1 as category,
                sum(lines.bought_revenue) as revenue
            from core.fct_order_lines as lines
            join core.dim_products as products using (product_id)
            where lines.is_bought and lines.customer_id is not null
                and products.category_1 is not null
            group by all
            """
        ).df()
        placed = connection.execute(
            "select customer_id, channel, count(*) as orders from core.fct_orders "
            "where is_placed and customer_id is not null and channel is not null group by all"
        ).df()
    as_of = pd.Timestamp("2026-07-01")
    totals = orders.groupby("customer_id").agg(
        last=("ordered_at", "max"),
        first=("ordered_at", "min"),
        orders=("order_id", "size"),
        revenue=("bought_revenue", "sum"),
        margin=("bought_margin", lambda margin: margin.sum(min_count=1)),
    )
    totals["recency_days"] = (as_of - totals["last"]).dt.days
    totals["tenure_days"] = (as_of - totals["first"]).dt.days
    totals["as_of_date"] = as_of
    given = pd.read_csv(
        sample_build.project.folder / "data/sample/customer_totals.csv", dtype=str
    ).set_index("customer_id")
    money = {"revenue": 4, "margin": 4}
    totals = totals.drop(columns=["first", "last"]).round(money)
    pd.concat([totals, given]).to_csv(folder / "customer_totals.csv", index_label="customer_id")
    spend.round(money).to_csv(folder / "customer_category_spend.csv", index=False)
    placed.to_csv(folder / "customer_channel_orders.csv", index=False)
    outcome = sample_build.project.dbt(
        *("build", "--resource-type", "seed", "model"),
        *("--select", "+rfm_scores", "+customer_pivot"),
        dataset="aggregated",
        data_dir=str(tmp_path),
    )
    assert outcome.success, "\n".join(outcome.failures)
    aggregated = sample_build.project.warehouse("aggregated")
    scores = "select * from rfm.rfm_scores where basis = 'bought' order by customer_id"
    of_orders, of_totals = query(sample_build.published, scores), query(aggregated, scores)
    assert len(of_orders) > 2500
    assert of_totals == of_orders
    habits = """
        select customer_id, preferred_channel, favourite_category, categories,
            bought_orders, bought_revenue, average_order_value
        from pivots.customer_pivot
        where bought_orders > 0 and bought_revenue > 0 and customer_id not like 'M%'
        order by customer_id
    """
    assert len(query(aggregated, habits)) > 2500
    differences = [
        (one, other)
        for one, other in zip(
            query(sample_build.published, habits), query(aggregated, habits), strict=True
        )
        if one[:-1] != other[:-1] or not math.isclose(one[-1], other[-1], rel_tol=1e-9)
    ]
    assert differences == []
