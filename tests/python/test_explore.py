"""The local app: three pages on a published file, which it reads and nothing more."""

from __future__ import annotations

import ast
import contextlib
import shutil
import socket
import subprocess
import time
from pathlib import Path
from urllib.request import urlopen

import duckdb
import pytest
from conftest import Build
from streamlit.testing.v1 import AppTest

from targeted_lists.explore import reading
from targeted_lists.explore.serve import APP, PUBLISHED_FILE, ExploreError, serve


@pytest.fixture
def app(sample_build: Build, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The app on the sample's published file, at its first page."""
    monkeypatch.setenv(PUBLISHED_FILE, str(sample_build.published))
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    assert not app.exception
    return app


def turn_to(app: AppTest, page: str) -> AppTest:
    app.sidebar.radio(key="page").set_value(page).run()
    assert not app.exception
    return app


def metrics_of(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def test_one_customer_is_shown_as_the_tables_say(app: AppTest, sample_build: Build) -> None:
    ((customer_id, segment, orders),) = sample_build.query(
        "select customer_id, segment, frequency from lists.list_loyal_rewards "
        "inner join rfm.rfm_scores using (customer_id) where basis = 'bought' "
        "order by rank limit 1"
    )
    decisions = sample_build.query(
        "select reason from targeting.list_decisions "
        f"where customer_id = '{customer_id}' order by list_name"
    )
    app.text_input(key="customer_id").input(f" {customer_id} ").run()
    assert not app.exception
    shown = metrics_of(app)
    assert (shown["Segment"], shown["Orders bought"]) == (segment, str(orders))
    lists = app.dataframe[0].value
    assert lists["Reason"].tolist() == [reason for (reason,) in decisions]
    assert "in" in lists["In or out"].tolist()


def test_an_unknown_key_is_said(app: AppTest) -> None:
    app.text_input(key="customer_id").input("nobody' or true --").run()
    assert not app.exception
    assert [warning.value for warning in app.warning] == ["There is no customer with this key."]


def test_another_cap_and_depth_show_their_preview(app: AppTest, sample_build: Build) -> None:
    turn_to(app, "list").selectbox(key="list").set_value("win_back").run()
    # The catalogue is what the page shows: equal words have equal numbers here as well.
    ((members, control_and_holdout, value),) = sample_build.query(
        "select members, control + holdout, expected_value from lists.list_catalog "
        "where list_name = 'win_back'"
    )
    shown = metrics_of(app)
    assert (shown["Members"], shown["Control and holdout"]) == (
        f"{members:,}",
        f"{control_and_holdout:,}",
    )
    assert shown["Expected value"] == f"{value:,.2f}"
    app.selectbox(key="depth").set_value("10 %").run()
    ((fewer,),) = sample_build.query(
        "select members from targeting.list_previews where list_name = 'win_back' "
        "and depth = '10 %' and contact_cap = (select contact_cap from targeting.list_previews "
        "where list_name = 'win_back' and is_as_defined)"
    )
    assert metrics_of(app)["Members"] == f"{fewer:,}"
    assert fewer < members


def test_the_steps_of_every_scenario_add_up(sample_build: Build) -> None:
    ask = reading.asker(sample_build.published)
    for name in ask(reading.LISTS)["list_name"]:
        candidates = int(ask(reading.WATERFALL, name)["before"].iloc[0])
        for _, scenario in ask(reading.SCENARIOS, name).iterrows():
            customers = reading.scenario_steps(scenario, candidates=candidates)["customers"]
            assert customers[:-1].sum() == customers.iloc[-1]
            assert (customers[1:-1] <= 0).all()


def test_the_rules_of_a_product_are_those_it_stands_in(app: AppTest, sample_build: Build) -> None:
    ((product,),) = sample_build.query(
        "select antecedent from basket.association_rules where basis = 'order' "
        "and level = 'product' and antecedent_size = 1 and is_usable order by lift desc limit 1"
    )
    expected = sample_build.query(
        "select verdict from basket.association_rules where basis = 'order' "
        "and level = 'product' and regexp_matches(antecedent || ' + ' || consequent, "
        f"'(^|\\+ ){product}( \\+|$)') order by is_usable desc, lift desc, antecedent, consequent"
    )
    turn_to(app, "rules").selectbox(key="product").set_value(product).run()
    assert not app.exception
    rules = app.dataframe[0].value
    assert rules["Verdict"].tolist() == [verdict for (verdict,) in expected]
    assert len(rules) > 1


def test_the_app_speaks_the_language_of_the_file(
    sample_build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    russian = tmp_path / "russian.duckdb"
    shutil.copyfile(sample_build.published, russian)
    with duckdb.connect(str(russian)) as connection:
        connection.execute("update publication set language = 'ru'")
        connection.execute("update metrics.labels set label = ru")
    monkeypatch.setenv(PUBLISHED_FILE, str(russian))
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    turn_to(app, "list")
    assert [header.value for header in app.header] == ["Каким был бы список"]
    assert app.dataframe[1].value["Шаг"].tolist()[:2] == ["есть контакт", "согласие"]


def test_every_text_of_the_app_is_translated_and_no_other() -> None:
    said = {
        node.args[0].value
        for node in ast.walk(ast.parse(APP.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("say", "money")
        and isinstance(node.args[0], ast.Constant)
    }
    scenario = {"eligible": 0, "members": 0, "control_and_holdout": 0}
    said |= set(reading.scenario_steps(scenario, candidates=0)["step"])
    assert reading.read_words("ru").keys() == said


def test_the_file_is_opened_read_only(sample_build: Build) -> None:
    ask = reading.asker(sample_build.published)
    with pytest.raises(duckdb.InvalidInputException, match="read-only"):
        ask("delete from lists.list_win_back")


def test_a_dataset_that_is_not_published_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ExploreError, match=r"published/shop\.duckdb is not there"):
        serve("shop")


def test_the_server_answers_on_the_loopback_address_alone(
    sample_build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(sample_build.project.folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = serve("sample", port=port)
    try:
        assert wait_for_health(port, server=server) == b"ok"
        # A server that listens on every address answers on this one, too.
        with pytest.raises(OSError, match=r"refused|unreachable|assign|timed out"):
            socket.create_connection(("127.0.0.2", port), timeout=5)
    finally:
        server.terminate()
        server.wait(timeout=20)


def wait_for_health(port: int, *, server: subprocess.Popen[bytes], seconds: int = 60) -> bytes:
    """Return what the server says of itself, as soon as it answers."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and server.poll() is None:
        with (
            contextlib.suppress(OSError),
            urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5) as answer,
        ):
            return answer.read()
        time.sleep(0.2)
    raise TimeoutError(f"no answer within {seconds} s; exit code {server.poll()}")
