"""The four files of one_click: typos fixed and counted, other spellings named, figures met.

Two datasets are built: the published files where they are at hand, as a whole, and a folder of
hand-written files in which each row is one case, up to the ledger.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import REPO_ROOT, Build, Project, query

from python_ml.classification import (
    Columns,
    measure_choice,
    measure_predictions,
    predict_out_of_fold,
    prepare_training,
)
from targeted_lists.activation.export import ExportError, Places, export_list
from targeted_lists.activation.export_file import Order
from targeted_lists.check.command import check_dataset
from targeted_lists.inputs.layouts import layout_of
from targeted_lists.inputs.raw_files import describe_inputs_json, find_inputs
from targeted_lists.inputs.readable import InputError
from targeted_lists.learning.tune import LABELLED, MODELS_FILE, read_meta

CONTRACT = yaml.safe_load((REPO_ROOT / "dbt_project.yml").read_text())["vars"]["input_contract"]
FILES = ("market_file", "market_money", "market_time", "money")
SILENT = {"215348", "215357", "215359"}
OUTLIER = "215380"

HEADER = (
    "id,Покупательская активность,Тип сервиса,Разрешить сообщать,Маркет_актив_6_мес,"
    "Маркет_актив_тек_мес,Длительность,Акционные_покупки,Популярная_категория,"
    "Средний_просмотр_категорий_за_визит,Неоплаченные_продукты_штук_квартал,Ошибка_сервиса,"
    "Страниц_за_визит"
)
SMALL = {
    "market_file.csv": f"""{HEADER}
1,Снизилась,премиум,да,3.4,5,121,0.25,Товары для детей,6,2,1,5
2,Прежний уровень,стандартт,нет,4.4,4,10,0.75,Косметика и аксесуары,4,4,2,5
3,Прежний уровень,золотой,да,4.4,4,10,0.75,Кухонная посуда,4,4,2,5
4,Выросла,СТАНДАРТ,да,4.4,4,10,0.75,Кухонная посуда,4,4,2,5
5,Снизилась,премиум,да,4.4,4,ten,0.75,Кухонная посуда,4,4,2,5
6,Снизилась,премиум,,4.4,4,10,0.75,Кухонная посуда,4,4,2,5
7,Снизилась,премиум,да
""",
    "market_money.csv": """id,Период,Выручка
1,препредыдущий_месяц,10.5
1,предыдущий_месяц,20
1,текущий_месяц,30.0
2,прошлый_месяц,30.0
""",
    "market_time.csv": """id,Период,минут
1,текущий_месяц,14
1,предыдцщий_месяц,13
""",
    "money_1.csv": "id;Прибыль\r\n1;0,98\r\n2;4,16\r\n3;1 234,5\r\n4;3.13\r\n5;4\r\n6;\r\n",
    "money_2.csv": 'id,Прибыль\n1,0.98\n2,4.16\n3,1 234.5\n4,"3,13"\n5,4\n6,\n',
}


@pytest.fixture(scope="session")
def one_click(project: Project, shared_data: Path) -> Build:
    """The published files, built, tested and published."""
    source = shared_data / "one_click"
    if not source.is_dir():
        pytest.skip(f"the files of one_click are not at {source}")
    shutil.copytree(source, project.folder / "data" / "one_click", dirs_exist_ok=True)
    return project.build(dataset="one_click")


@pytest.fixture(scope="session")
def small(project: Project) -> Path:
    """The hand-written files, read up to the ledger; the path of their working database."""
    folder = project.folder / "data" / "small_one_click"
    folder.mkdir(parents=True)
    for name, text in SMALL.items():
        (folder / name).write_bytes(text.encode())
    outcome = project.dbt(
        *("build", "--resource-type", "seed", "model", "--select", "+input_ledger"),
        dataset="small_one_click",
        adapter="one_click",
        as_of_date="2025-03-01",
    )
    assert outcome.success, "\n".join(outcome.failures)
    return project.warehouse("small_one_click")


def reasons(database: Path, of: str) -> list[tuple]:
    return query(
        database,
        "select source_row, decision, reason from core.input_ledger "
        f"where input = '{of}' and reason <> 'sound' order by source_row",
    )


# --- the published files ---------------------------------------------------------------


def test_typos_are_fixed_and_counted(one_click: Build) -> None:
    rows = one_click.query(
        """
        select input, fixed, count(*)
        from (
            select input, unnest(string_split(reason, '; ')) as fixed
            from core.input_ledger
            where reason like '%" read as "%'
        )
        group by all order by all
        """
    )
    cosmetics = '"Косметика и аксесуары" read as "Косметика и аксессуары"'
    assert rows == [
        ("customers", f"favourite_category {cosmetics}", 223),
        ("customers", 'service_tier "стандартт" read as "стандарт"', 10),
        ("site_activity", 'period "предыдцщий_месяц" read as "предыдущий_месяц"', 1300),
    ]
    tiers = one_click.query(
        "select service_tier, count(*) from core.dim_customers group by all order by all"
    )
    assert tiers == [("премиум", 376), ("стандарт", 924)]


def test_nothing_is_rejected(one_click: Build) -> None:
    rows = one_click.query(
        "select input, decision, count(*) from core.input_ledger group by all order by all"
    )
    assert rows == [
        ("activity_labels", "accepted", 1296),
        ("activity_labels", "accepted_not_modelled", 4),
        ("consents", "accepted", 1300),
        ("customer_period_totals", "accepted", 3900),
        ("customer_totals", "accepted", 1300),
        ("customers", "accepted", 1300),
        ("site_activity", "accepted", 2600),
    ]


def test_customers_who_do_not_train_are_named_with_the_reason(one_click: Build) -> None:
    rows = query(
        one_click.warehouse,
        "select customer_id, decision_reason from intermediate.int_activity_labels_validated "
        "where decision = 'accepted_not_modelled' order by customer_id",
    )
    assert {customer for customer, _ in rows} == {*SILENT, OUTLIER}
    for customer, reason in rows:
        fault = (
            "the revenue is an outlier in the period from 2023-12-01"
            if customer == OUTLIER
            else "no revenue in the period from 2023-10-01, 2023-11-01"
        )
        assert reason == f"customer {customer}: {fault}"


def test_outlier_is_flagged_and_kept(one_click: Build) -> None:
    rows = query(
        one_click.warehouse,
        "select customer_id, period_start::date::varchar, revenue::double, decision "
        "from intermediate.int_customer_period_totals_validated where is_outlier",
    )
    assert rows == [(OUTLIER, "2023-12-01", 106862.2, "accepted")]


def test_labels_permission_profit_and_periods(one_click: Build) -> None:
    assert query(
        one_click.warehouse,
        """
        select
            (select count(*) filter (where label = 'declined') / count(*)
             from intermediate.int_activity_labels_validated where decision = 'accepted')::double,
            (select count(*) filter (where status = 'granted')
             from private.int_consents_validated where channel = 'any'),
            (select sum(margin)::double from core.customer_totals
             where basis = 'bought'),
            (select count(*) from rfm.rfm_skipped where basis = 'bought'),
            (select as_of_date::date::varchar from intermediate.int_as_of_date)
        """,
    ) == [(pytest.approx(0.381, abs=5e-4), 962, pytest.approx(5195.62), 1300, "2024-01-01")]


# --- what is predicted ------------------------------------------------------------------


@pytest.fixture(scope="session")
def training_rows(one_click: Build) -> tuple[pd.DataFrame, Columns]:
    """The labelled rows of the published files and what models look at."""
    with duckdb.connect(str(one_click.warehouse), read_only=True) as connection:
        rows = connection.execute(LABELLED).df()
    columns = Columns(**read_meta(REPO_ROOT / MODELS_FILE)["columns"])
    prepared = prepare_training(rows, columns=columns)
    return prepared, replace(
        columns, features=[name for name in columns.features if prepared[name].notna().any()]
    )


def test_declines_are_predicted_by_whatever_is_chosen_without_the_rows_measured(
    training_rows: tuple[pd.DataFrame, Columns],
) -> None:
    training, columns = training_rows
    assert len(training) == 1296
    measured = measure_choice(training, columns=columns, folds=5, repeats=4)
    assert len(measured) == 20
    auc = measured["roc_auc"]
    print(f"\nROC-AUC {auc.mean():.4f} ± {auc.std():.4f}, {measured['model'].value_counts()}")
    assert auc.mean() >= 0.915
    # Folds of 259 rows, 99 of them declined: the standard error of one is 0.02.
    assert 0.01 < auc.std() < 0.04


def test_the_published_model_says_the_same_and_is_calibrated(one_click: Build) -> None:
    ((model, rows, auc, spread, gain, error),) = one_click.query(
        "select model, training_rows, roc_auc, roc_auc_sd, gain, calibration_error "
        "from activity.activity_evaluations where is_chosen and data_basis = 'totals'"
    )
    assert rows == 1296
    assert auc >= 0.915
    assert 0.01 < spread < 0.04
    assert gain > 0.1
    assert error <= 0.05
    assert one_click.query(
        "select count(*), count_if(is_within_band) from activity.activity_calibration "
        f"where model = '{model}' and data_basis = 'totals'"
    ) == [(10, 10)]
    assert one_click.query(
        "select model, reason from activity.activity_evaluations where data_basis = 'orders'"
    ) == [("none", "No model: there are no labelled rows.")]


@pytest.mark.parametrize("seed", range(3))
def test_of_shuffled_labels_neither_a_model_nor_the_previous_period_orders_is_accepted(
    training_rows: tuple[pd.DataFrame, Columns], seed: int
) -> None:
    """How often chance passes, over 200 seeds: benchmarks/permuted_models.py."""
    training, columns = training_rows
    shuffled = np.random.default_rng(seed).permutation(training[columns.label])
    predictions = predict_out_of_fold(
        training.assign(**{columns.label: shuffled}),
        columns=columns,
        models=["logistic_regression", "decision_tree"],
        calibrated=False,
        seed=seed,
    )
    found = measure_predictions(predictions)
    assert found.loc[found["is_chosen"], "model"].tolist() == ["majority"]
    assert not found["is_accepted"].any()


@pytest.fixture(scope="module")
def permuted(project: Project, shared_data: Path) -> Path:
    """The published files with the labels permuted; the path of their working database."""
    source = shared_data / "one_click"
    folder = project.folder / "data" / "permuted"
    shutil.copytree(source, folder)
    (path,) = folder.glob("market_file.csv")
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    label = "Покупательская активность"
    # Chance passes about once in twenty: permuted by seed 1, logistic regression is 0.043 ahead
    # where 0.037 are asked. How often, over 200 seeds: benchmarks/permuted_models.py.
    rows[label] = np.random.default_rng(2).permutation(rows[label])
    rows.to_csv(path, index=False)
    outcome = project.dbt(
        *("build", "--resource-type", "seed", "model", "test", "--indirect-selection", "cautious"),
        *("--select", "+candidates_retain_declining", "+risk_value_grid", "+at_risk_segment"),
        *("activity_calibration", "activity_gains", "activity_importances"),
        *("activity_evaluations", "path:tests/singular/activity"),
        dataset="permuted",
        adapter="one_click",
        activity_models=["logistic_regression"],
        activity_repeats=2,
    )
    assert outcome.success, "\n".join(outcome.failures)
    return project.warehouse("permuted")


def test_of_shuffled_labels_nobody_is_marked(permuted: Path) -> None:
    """No rule can decide either: nobody's last order is known, only spend by month."""
    assert query(
        permuted,
        "select basis, scored_by, risk_band, p_decline, reason_1, reason_2, reason_3, count(*) "
        "from activity.activity_scores group by all",
    ) == [("none", "none", None, None, None, None, None, 1300)]
    ((reason,),) = query(permuted, "select distinct rule_reason from activity.activity_scores")
    assert reason.startswith("Chosen, so nobody is scored: logistic_regression with ROC-AUC 0.")
    assert query(
        permuted,
        "select count_if(is_accepted), count_if(is_chosen and model = 'majority') "
        "from activity.activity_evaluations where data_basis = 'totals'",
    ) == [(0, 1)]
    assert query(
        permuted,
        """
        select
            (select count_if(is_accepted) from activity.activity_calibration),
            (select count_if(is_accepted) from activity.activity_gains),
            (select count(*) from activity.activity_importances),
            (select sum(customers)::bigint from activity.risk_value_grid),
            (select sum(customers)::bigint from activity.at_risk_segment),
            (select count(*) from targeting.candidates_retain_declining)
        """,
    ) == [(0, 0, 0, 0, 0, 0)]


def test_value_is_profit_and_the_cells_say_what_to_do(one_click: Build) -> None:
    """Profit of a month says not how often anybody orders: it is that of who stays active."""
    cells = one_click.query(
        "select value_band, risk_band, customers, customer_value, value_at_risk, action "
        "from activity.risk_value_grid"
    )
    assert len({(value, risk) for value, risk, *_ in cells}) == 12
    assert sum(customers for _, _, customers, *_ in cells) == 1300
    assert sum(customers for value, _, customers, *_ in cells if value == "unknown") == 0
    assert float(sum(value for *_, value, _, _ in cells)) == pytest.approx(5195.62)
    assert one_click.query("select distinct value_method from activity.activity_values") == [
        ("recorded",)
    ]
    assert all(action for *_, action in cells)
    at_risk = next(cell for cell in cells if cell[:2] == ("high", "high"))
    segment = one_click.query(
        "select dimension, sum(customers), bool_and(suggestion is not null) "
        "from activity.at_risk_segment group by all order by all"
    )
    assert segment == [
        (dimension, at_risk[2], True)
        for dimension in (
            *("discounted_share", "favourite_category", "latest_minutes"),
            *("pages_per_visit", "unpaid_items"),
        )
    ]


def test_nobody_is_lost_for_an_address_where_none_is_recorded(one_click: Build) -> None:
    """The files hold no e-mail and no phone of anybody: who can be reached is unknown."""
    ((decided, marked),) = one_click.query(
        "select count(*), count(*) filter (reachability = 'not recorded') "
        "from targeting.list_decisions where list_name = 'retain_declining'"
    )
    assert decided == marked > 400
    assert one_click.query(
        "select distinct first_exclusion = 'reachability', reachability "
        "from targeting.list_decisions where first_exclusion is not null"
    ) == [(False, "not recorded")]
    assert one_click.query(
        "select removed, note from targeting.list_waterfall "
        "where list_name = 'retain_declining' and step = 'reachability'"
    ) == [(0, "no address of anybody is recorded: reachability is unknown")]


def test_lists_are_built_and_marked_where_no_address_is_recorded(
    one_click: Build, tmp_path: Path
) -> None:
    ((members, marked, consented),) = one_click.query(
        "select count(*), count(*) filter (reachability = 'not recorded'), "
        "count(*) filter (consent_basis = 'granted') from lists.list_retain_declining"
    )
    assert members == marked == consented > 50
    # What an order is worth is unknown too: the value is empty, not too small.
    assert one_click.query(
        "select expected_value, stop_reason from lists.list_catalog "
        "where list_name = 'retain_declining'"
    ) == [(None, None)]
    assert one_click.query(
        "select removed, note from targeting.list_waterfall "
        "where list_name = 'retain_declining' and step = 'minimum expected value'"
    ) == [(0, "what an order brings is known of no candidate: the value is unknown")]
    places = Places(
        published=one_click.published.parent,
        warehouse=one_click.warehouse.parent,
        state=tmp_path / "state",
        exports=tmp_path / "exports",
    )
    with pytest.raises(ExportError, match=f"holds {members} customers of whom no address is"):
        export_list(Order("one_click", "retain_declining", "csv", "US"), places=places)


def test_marts_of_orders_are_empty_tables(one_click: Build) -> None:
    for table in ("core.fct_orders", "rfm.rfm_scores", "segmentation.customer_clusters"):
        assert one_click.query(f"select count(*) from {table}") == [(0,)]


def test_both_copies_of_money_are_told_apart_by_content(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "one_click" / "money.csv"
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
        for name in FILES:
            shutil.copyfile(source.with_name(f"{name}.csv"), tmp_path / folder / f"{name}.csv")
    text = source.read_bytes().decode()
    other = text.replace(",", ".").replace(";", ",").replace("\r\n", "\n")
    (tmp_path / "other" / "money.csv").write_bytes(other.encode())
    with contextlib.chdir(REPO_ROOT):
        layout = layout_of("one_click", CONTRACT)
    written = {
        folder: [
            (file.settings.delimiter, file.settings.decimal)
            for file in find_inputs(tmp_path, folder, layout).files
        ]
        for folder in ("one", "other")
    }
    assert written == {"one": [(",", ".")] * 3 + [(";", ",")], "other": [(",", ".")] * 4}


# --- hand-written files ----------------------------------------------------------------


def test_both_copies_of_money_are_staged_alike(small: Path) -> None:
    rows = [
        query(
            small,
            "select source_row, customer_id, profit::varchar, source_fault is null "
            f"from staging.stg_one_click__money where source_file = '{name}' order by source_row",
        )
        for name in ("money_1.csv", "money_2.csv")
    ]
    assert rows[0] == rows[1]
    assert rows[0] == [
        (1, "1", "0.9800", True),
        (2, "2", "4.1600", True),
        (3, "3", "1234.5000", True),
        (4, "4", None, False),
        (5, "5", "4.0000", True),
        (6, "6", None, True),
    ]


def test_a_spelling_that_nobody_knows_is_named(small: Path) -> None:
    unknown = "is not in the seed one_click_spellings"
    assert reasons(small, "customers") == [
        (
            2,
            "accepted",
            'service_tier "стандартт" read as "стандарт"; '
            'favourite_category "Косметика и аксесуары" read as "Косметика и аксессуары"',
        ),
        (3, "rejected", f'service_tier "золотой" {unknown}'),
        (4, "rejected", f'activity "Выросла" {unknown}'),
        (5, "rejected", 'tenure_days "ten" is not a whole number'),
        (7, "rejected", "fewer fields than the header"),
    ]
    assert reasons(small, "customer_period_totals") == [
        (4, "rejected", f'period "прошлый_месяц" {unknown}')
    ]


def test_in_doubt_there_is_no_permission(small: Path) -> None:
    granted = query(
        small,
        "select customer_id from private.int_consents_validated "
        "where decision = 'accepted' and status = 'granted'",
    )
    assert granted == [("1",)]
    assert (6, "rejected", "no status") in reasons(small, "consents")


def test_periods_are_counted_back_from_the_as_of_date(small: Path) -> None:
    rows = query(
        small,
        """
        select period_start::date::varchar, revenue::double, null, null
        from staging.stg_one_click__customer_period_totals where customer_id = '1'
        union all
        select period_start::date::varchar, minutes::double, marketing_contacts, unpaid_items
        from staging.stg_one_click__site_activity
        order by 1, 2
        """,
    )
    assert rows == [
        ("2024-12-01", 10.5, None, None),
        ("2025-01-01", 13.0, None, None),
        ("2025-01-01", 20.0, None, None),
        ("2025-02-01", 14.0, 5, 2),
        ("2025-02-01", 30.0, None, None),
    ]
    assert query(
        small,
        "select registered_at::date::varchar from private.int_customers_validated "
        "where customer_id = '1'",
    ) == [("2024-10-31",)]


def test_check_shows_the_four_files(
    project: Project, small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with contextlib.chdir(project.folder):
        assert check_dataset(Path("data"), "small_one_click", "one_click").is_done
    shown = capsys.readouterr().out
    assert all(name in shown for name in FILES)
    assert "золотой" in shown
    assert shown.splitlines()[-1].startswith("Ready, but ")


@pytest.mark.parametrize("missing", FILES)
def test_a_missing_file_is_named(missing: str, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    for name, text in SMALL.items():
        if not name.startswith((f"{missing}.", f"{missing}_1", f"{missing}_2")):
            (folder / name).write_bytes(text.encode())
    with contextlib.chdir(REPO_ROOT):
        layout = layout_of("one_click", CONTRACT)
    with pytest.raises(InputError, match=rf"holds no {missing}\.csv, and market_file, .* money "):
        find_inputs(tmp_path, "shop", layout)


def test_a_missing_column_is_named_as_the_file_calls_it(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    for name, text in SMALL.items():
        (folder / name).write_bytes(text.replace("минут", "час").encode())
    with contextlib.chdir(REPO_ROOT):
        told = json.loads(
            describe_inputs_json(json.dumps(CONTRACT), str(tmp_path), "shop", "one_click")
        )
    assert told["error"] == (
        "market_time.csv has no column минут in its first line; rename or add it "
        "(the file has id, Период, час)."
    )
