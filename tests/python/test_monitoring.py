"""Alerts across runs: none on a first build, and a red one stops the lists that it concerns."""

from __future__ import annotations

import json
import shutil
from datetime import date

import duckdb
import pandas as pd
import pytest
from conftest import Build, Outcome, Project, query

from targeted_lists.learning.clv import WATCHED

STOPPED = {"cross_sell", "retain_declining"}
# Nothing in the sample is used up, so nobody is reminded of it.
EMPTY = {"replenish"}


def read(database, sql: str) -> pd.DataFrame:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql).df()


def test_a_first_build_has_few_alerts(
    sample_build: Build,
) -> None:
    alerts = read(sample_build.published, "from monitoring.alerts order by subject")
    is_alert = alerts["severity"] != "green"
    is_assumed = alerts["check_name"] == "assumed baseline"
    # What the seed assumes of any shop is contradicted where this one has been measured.
    assert set(alerts.loc[is_alert & is_assumed, "subject"]) >= {"cross_sell", "second_purchase"}
    # The sample has a few who consented, or are not to be written to, and never bought.
    assert alerts.loc[is_alert & ~is_assumed, ["severity", "sentence"]].to_numpy().tolist() == [
        ["amber", "3 of 2898 customers in consents are known from nowhere else"],
        ["amber", "1 of 48 customers in suppressions are known from nowhere else"],
    ]
    assert alerts.loc[~is_alert, "action"].isna().all()
    assert sample_build.query("select count(*) from monitoring.list_alerts") == [(0,)]
    lists = {name for (name,) in sample_build.query("select list_name from lists.list_catalog")}
    for check in ("candidates", "list size", "list steps", "assignment"):
        found = set(alerts.loc[alerts["check_name"] == check, "subject"])
        # Of nobody there are no steps and no arms.
        assert found | (EMPTY if check in ("list steps", "assignment") else set()) == lists
    inputs = set(alerts.loc[alerts["check_name"] == "contents", "subject"])
    assert {"order_lines", "consents", "suppressions"} <= inputs
    of_checks = alerts.groupby("check_name")["subject"].agg(set)
    assert {"activity: orders", "response: everyone"} <= of_checks["score drift"]
    # Lifetime value has no score of its own.
    assert "clv: everyone" not in of_checks["score drift"]
    for check in ("feature drift", "model refitted"):
        assert {"activity: orders", "response: everyone", "clv: everyone"} <= of_checks[check]


def test_on_the_day_of_its_fit_a_model_has_no_drift(sample_build: Build) -> None:
    drift = read(sample_build.published, "from monitoring.model_drift")
    fit = drift[drift["reference"] == "fit"]
    assert set(fit["model"]) == {"activity", "response", "clv"}
    assert len(fit) > 50
    assert (fit["psi"] == 0).all()
    assert (fit["level"] == "stable").all()
    clv = fit[fit["model"] == "clv"]
    assert sorted(clv["feature"]) == sorted(WATCHED)
    ((customers,),) = sample_build.query("select count(*) from clv.clv_customers")
    assert (clv["baseline_rows"] == customers).all()
    assert (clv["rows"] == customers).all()
    # The rows that trained are of other days: were they the snapshot, every first build alarmed.
    training = drift[drift["reference"] == "training"]
    # Lifetime value is fitted on the customers of the day.
    assert len(training) == len(fit) - len(clv)
    assert (training["level"] == "major").sum() > 5


def test_the_scores_of_the_day_are_kept_for_later_runs(sample_build: Build) -> None:
    saved = list((sample_build.project.folder / "state/sample/model_scores").glob("*.parquet"))
    assert [path.stem for path in saved] == ["2026-07-01"]
    scores = duckdb.sql(f"from '{saved[0]}'").df()
    published = sample_build.query(
        "select count(*) from activity.activity_scores where p_decline is not null"
    )
    assert [((scores["model"] == "activity").sum(),)] == published
    assert (scores["model"] == "response").sum() > 1000
    # Nothing is known yet of what came of them.
    assert sample_build.query("select count(*) from monitoring.model_performance") == [(0,)]


@pytest.fixture(scope="module")
def alarmed(sample_build: Build, tmp_path_factory) -> Project:
    """The sample built once more after a usual run of far fewer candidates, by a drifted model."""
    folder = tmp_path_factory.mktemp("alarmed") / "project"
    shutil.copytree(sample_build.project.folder, folder)
    project = Project(folder)
    remember_candidates(project, "cross_sell", 60)
    move_scores(project)
    move_orders(project)
    outcome = rebuild(project)
    assert outcome.success, "\n".join(outcome.failures)
    return project


def rebuild(project: Project) -> Outcome:
    return project.dbt(
        "run",
        "--select",
        "run_measures_saved+",
        "ml_model_drift+",
        reuse_models={"activity": "only", "response": True},
    )


def remember_candidates(project: Project, name: str, candidates: int) -> None:
    """Write into the state that three earlier runs had so many candidates."""
    rows = pd.DataFrame(
        {
            "measure": "candidates",
            "subject": name,
            "value": float(candidates),
            "cases": candidates,
            "as_of_date": [date(2026, month, 1) for month in (4, 5, 6)],
        }
    )
    path = project.folder / "state/sample/run_measures/2026-06-01.parquet"
    with duckdb.connect() as connection:
        connection.register("rows", rows)
        connection.execute(f"copy (from rows) to '{path}' (format parquet)")


def move_scores(project: Project) -> None:
    """Have the saved model of activity remember other scores than those of today."""
    with duckdb.connect(str(project.warehouse())) as connection:
        rows = connection.execute(
            "select data_basis, baselines from activity.ml_activity_models where baselines <> ''"
        ).fetchall()
        for data_basis, text in rows:
            baselines = json.loads(text)
            baselines["fit"] = move_bins(baselines["fit"], "score")
            connection.execute(
                "update activity.ml_activity_models set baselines = ? where data_basis = ?",
                [json.dumps(baselines), data_basis],
            )


def move_orders(project: Project) -> None:
    """Have the saved model of lifetime value remember customers with other orders."""
    with duckdb.connect(str(project.warehouse())) as connection:
        ((text,),) = connection.execute("select baselines from clv.ml_clv_models").fetchall()
        moved = json.dumps(move_bins(json.loads(text), "repeat_orders"))
        connection.execute("update clv.ml_clv_models set baselines = ?", [moved])


def move_bins(bins: dict[str, list], feature: str) -> dict[str, list]:
    """Return bins of which those of a feature have all their rows in the first that has any."""
    moved = pd.DataFrame(bins)
    counts = moved.loc[moved["feature"] == feature, "rows"]
    first = counts.index[counts > 0][0]
    moved.loc[counts.index, "rows"] = 0
    moved.loc[first, "rows"] = counts.sum()
    return moved.to_dict("list")


def test_a_planted_shift_of_lifetime_value_shows_and_nothing_else(alarmed: Project) -> None:
    drift = read(alarmed.warehouse(), "from monitoring.model_drift where model = 'clv'")
    levels = drift.set_index("feature")["level"].to_dict()
    assert levels == dict.fromkeys(WATCHED, "stable") | {"repeat_orders": "major"}
    psi = drift.set_index("feature")["psi"]
    assert psi["repeat_orders"] > 0.25
    assert (psi.drop("repeat_orders") == 0).all()
    alerts = query(
        alarmed.warehouse(),
        "select check_name, severity, scope, sentence, value from monitoring.alerts "
        "where subject = 'clv: everyone' order by check_name",
    )
    assert alerts == [
        (
            *("feature drift", "red", "lists of clv"),
            "1 of 3 features of clv (everyone) have drifted since the model was fitted, "
            f"most repeat_orders (PSI {psi['repeat_orders']:.2f})",
            pytest.approx(1 / 3),
        ),
        (
            *("model refitted", "green", "no list"),
            *("the model of clv (everyone) was not fitted again for drift", 0),
        ),
    ]


def test_a_red_alert_stops_its_lists_with_its_reason(alarmed: Project) -> None:
    rows = query(
        alarmed.warehouse(),
        "select list_name, stop_reason, members from lists.list_catalog where is_stopped",
    )
    reasons = {name: reason for name, reason, members in rows if members == 0}
    assert set(reasons) == STOPPED | EMPTY
    ((candidates,),) = query(
        alarmed.warehouse(),
        "select candidates from lists.list_catalog where list_name = 'cross_sell'",
    )
    assert query(alarmed.warehouse(), "select count(*) from targeting.candidates_cross_sell") == [
        (candidates,)
    ]
    assert candidates > 5 * 60
    assert reasons["cross_sell"] == (
        f"red alert: candidates of cross_sell: {candidates}, usually 60"
    )
    assert reasons["retain_declining"].startswith(
        "red alert: the scores of activity (orders) have a PSI of "
    )
    alerts = query(
        alarmed.warehouse(),
        "select scope, action is not null from monitoring.alerts where is_stopping order by scope",
    )
    assert alerts == [
        ("cross_sell", True),
        ("lists of activity", True),
        # None is taken from that mart.
        ("lists of clv", True),
    ]


@pytest.mark.parametrize("name", sorted(STOPPED))
def test_a_stopped_list_is_empty_wherever_it_is_read(alarmed: Project, name: str) -> None:
    counts = query(
        alarmed.warehouse(),
        f"""
        select
            (select count(*) from lists.list_{name}),
            (select count(*) from lists.list_members where list_name = '{name}'),
            (select max(members) from lists.list_runs where list_name = '{name}'),
            (
                select count(*) from lists.list_member_history
                where list_name = '{name}' and left_date is null
            )
        """,
    )
    assert counts == [(0, 0, 0, 0)]


def test_nothing_else_changes_by_it(alarmed: Project, sample_build: Build) -> None:
    names = ", ".join(f"'{name}'" for name in sorted(STOPPED))
    members = f"from lists.list_members where list_name not in ({names}) order by all"
    for sql in (
        members,
        "from targeting.list_decisions order by all",
        "from targeting.list_waterfall order by all",
    ):
        before, after = (read(path, sql) for path in (sample_build.published, alarmed.warehouse()))
        assert len(before) > 50
        pd.testing.assert_frame_equal(before, after)


def test_without_the_cause_the_lists_are_back(alarmed: Project, sample_build: Build) -> None:
    (alarmed.folder / "state/sample/run_measures/2026-06-01.parquet").unlink()
    assert rebuild(alarmed).success
    stopped = query(
        alarmed.warehouse(), "select list_name from lists.list_catalog where is_stopped"
    )
    assert {name for (name,) in stopped} == {"retain_declining"} | EMPTY
    sql = "from lists.list_members where list_name = 'cross_sell' order by all"
    pd.testing.assert_frame_equal(
        read(sample_build.published, sql), read(alarmed.warehouse(), sql)
    )
