"""Who asked to be erased leaves what earlier runs have kept, and nobody else does."""

from __future__ import annotations

import contextlib
import hashlib
import re
import shutil
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from conftest import query

from targeted_lists.__main__ import main
from targeted_lists.check.command import open_models
from targeted_lists.check.model_sql import Models
from targeted_lists.cli.request import adapter_of, prepare
from targeted_lists.runs.erasure import erase_customers, hash_key, hashed, remember
from targeted_lists.saved.migrations import VERSION
from targeted_lists.saved.salt import give_salt, keep_salt


@pytest.fixture
def state(tmp_path):
    """A folder of saved tables: two with customers, one without."""
    folder = tmp_path / "state"
    for name in ("customer_clusters", "list_members"):
        (folder / "shop" / name).mkdir(parents=True)
        for day in ("2026-01-31", "2026-02-28"):
            write(
                folder / "shop" / name / f"{day}.parquet",
                "select unnest(['a', 'b', 'c']) as customer_id, date '2026-01-01' as on_date",
            )
    (folder / "shop" / "centres").mkdir()
    write(folder / "shop/centres/2026-01-31.parquet", "select 'b' as cluster_name")
    return folder


def write(path, sql: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"copy ({sql}) to '{path}' (format parquet)")


def content(folder) -> dict[str, list]:
    return {
        str(path.relative_to(folder)): duckdb.sql(
            f"select * from '{path}' order by all"
        ).fetchall()
        for path in sorted(folder.rglob("*.parquet"))
    }


def test_the_erased_leave_every_kept_table(state):
    before = content(state)
    assert erase_customers("shop", ["b", "nobody"], folder=state) == 4
    after = content(state)
    assert after == {
        name: rows if "centres" in name else [row for row in rows if row[0] != "b"]
        for name, rows in before.items()
    }
    assert erase_customers("shop", ["b"], folder=state) == 0


def test_without_erasures_nothing_changes(state, monkeypatch):
    monkeypatch.chdir(state.parent)
    before = {path: path.stat().st_mtime_ns for path in state.rglob("*.parquet")}
    assert erase_customers("shop", [], folder=state) == 0
    assert {path: path.stat().st_mtime_ns for path in state.rglob("*.parquet")} == before


def test_a_file_that_cannot_be_replaced_is_as_it_was(state, monkeypatch):
    def fail(*_):
        raise OSError("disk full")

    before = content(state)
    monkeypatch.setattr("targeted_lists.common.files.os.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        erase_customers("shop", ["b"], folder=state)
    assert content(state) == before


def test_what_a_killed_run_left_is_removed(state):
    """Nobody would look for the erased in a draft."""
    draft = state / "shop/customer_clusters/2026-03-31.draft"
    draft.write_bytes(b"half a table")
    assert erase_customers("shop", [], folder=state) == 0
    assert not draft.exists()
    draft.write_bytes(b"half a table")
    assert erase_customers("shop", ["nobody"], folder=state) == 0
    assert not draft.exists()


def test_a_model_that_cannot_be_opened_is_emptied_and_what_is_said_of_it_stays(state):
    (state / "shop/version").write_text(f"{VERSION}\n")
    path = state / "shop/ml_activity_models/2026-01-31.parquet"
    path.parent.mkdir()
    write(path, "select 'orders' as data_basis, 'no pickle'::blob as fitted")
    assert erase_customers("shop", ["b"], folder=state) == 5
    assert duckdb.sql(f"from '{path}'").fetchall() == [("orders", b"")]
    assert erase_customers("shop", ["b"], folder=state) == 0


# --- whom an erasure reaches, in worlds of a few rows --------------------------------------------

HEADER = "order_id,customer_id,ordered_at,product_id,quantity,unit_price,customer_email\n"
FAMILY, COUNTER = "+44 7700 900555", "+44 7700 900777"
CUSTOMERS = f"""customer_id,email,phone
ann,Ann.Lee@gmail.com,+44 7700 900001
ann2,ANNLEE@googlemail.com,+44 7700 900002
ann3,,07700 900002
bob,bob@example.com,{FAMILY}
eve,eve@example.com,{FAMILY}
c1,c1@example.com,{COUNTER}
c2,c2@example.com,{COUNTER}
c3,,{COUNTER}
c4,,{COUNTER}
c5,,{COUNTER}
c6,,{COUNTER}
,a.nn.lee@gmail.com,
"""
ALL = {"ann", "ann2", "ann3", "ann4", "guest", "bob", "eve", "c1", "c2", "c3", "c4", "c5", "c6"}
ANN = {"ann", "ann2", "ann3", "ann4", "guest"}
LINES = HEADER + "".join(
    f"O{number},{key},2026-03-01,P1,1,2.00,\n"
    for number, key in enumerate(sorted(ALL - {"guest"}))
)
FILES = {
    "customers.csv": CUSTOMERS,
    "order_lines.csv": LINES + "G1,,2026-03-02,P1,1,2.00,annlee@gmail.com\n",
    "customer_links.csv": "customer_id,other_customer_id\nann,ann4\n",
    "consents.csv": "customer_id,channel,status\nAnn.Lee@Gmail.com,email,granted\n",
}
# What could identify Ann.
TEXTS = ("ann", "annlee", "lee@", "7700 900001", "7700 900002", "7700900001", "7700900002")


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """Return a function that writes the files of a shop, and opens its models in memory."""
    monkeypatch.chdir(tmp_path)
    keep_salt("shop", "any", folder=Path("state"))

    @contextlib.contextmanager
    def write(files: dict[str, str], variables: str = "{default_country: GB}"):
        folder = Path("data/shop")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
        given = prepare("shop", Path("data"), variables)
        with duckdb.connect() as connection:
            yield open_models(connection, {**given, "adapter": adapter_of(given)})

    return write


def left_in(models: Models) -> set[str]:
    """Return the keys that are somebody's; that of the guest, a hash, as guest."""
    keys = models.fetch("select customer_key from {{ ref('customer_keys') }}")
    return {"guest" if key.startswith("c_") else key for (key,) in keys}


def find_texts(connection: duckdb.DuckDBPyConnection, texts: tuple[str, ...]) -> list[tuple]:
    """Return the cells, of tables that are no part of the project, in which a text stands."""
    found = []
    for schema, table, column in connection.execute(
        "select schema_name, table_name, column_name from duckdb_columns() "
        "inner join duckdb_tables() using (database_name, schema_name, table_name) "
        "where data_type = 'VARCHAR' and table_name not like '%label%'"
    ).fetchall():
        cells = connection.execute(f'select distinct "{column}" from "{schema}"."{table}"')
        for (cell,) in cells.fetchall():
            if any(
                re.search(rf"(?<![a-z0-9]){re.escape(one)}", (cell or "").lower()) for one in texts
            ):
                found.append((schema, table, column, cell))
    return found


REACHED = {
    "a key": ("customer_id\nann3\n", ANN),
    "an e-mail as the key": ("customer_id\nann.lee@gmail.com\n", ANN),
    "an e-mail in another writing": ("email\nA.N.N.Lee+news@GoogleMail.com\n", ANN),
    "a phone in another writing": ("phone\n(07700) 900-001\n", ANN),
    "a phone in the column of e-mails": ("email,phone\n+447700900002,\n", ANN),
    "an e-mail of a guest": ("customer_id,email\n,annlee@gmail.com\n", ANN),
    "SHA-256 of an e-mail": ("email\n" + sha256("ann.lee@gmail.com") + "\n", ANN),
    "SHA-256 of an e-mail as Google has it": ("email\n" + sha256("annlee@gmail.com").upper(), ANN),
    "SHA-256 of a phone": ("phone\n" + sha256("+447700900001") + "\n", ANN),
    "SHA-256 of its digits, as the key": ("customer_id\n" + sha256("447700900001") + "\n", ANN),
    "the phone of a family": (f"phone\n{FAMILY}\n", set()),
    "one of a family": ("customer_id\nbob\n", {"bob"}),
    "the e-mail of one of a family": ("email\nbob@example.com\n", {"bob"}),
    "the phone of a counter": (f"phone\n{COUNTER}\n", set()),
    "one at a counter": ("customer_id\nc3\n", {"c3"}),
    "nobody": ("customer_id,email,phone\nC99,nobody@example.com,0000000\n,,\n", set()),
}


@pytest.mark.parametrize(("erasures", "erased"), REACHED.values(), ids=REACHED)
def test_an_erasure_reaches_every_key_of_the_person_and_no_other(shop, erasures, erased):
    with shop(FILES | {"erasures.csv": erasures}) as models:
        assert left_in(models) == ALL - erased
        models.build("customer_contacts")
        models.build("consents_resolved")
        models.build("source_profile")
        lines = models.fetch("select count(*) from {{ ref('fct_order_lines') }}")
        assert lines == [(len(ALL),)]
        if erased == ANN:
            assert find_texts(models.connection, TEXTS) == []
        contacts = dict(
            models.fetch("select customer_id, phone from {{ ref('customer_contacts') }}")
        )
        assert contacts["eve"] == FAMILY
        assert contacts["c1"] == COUNTER


def test_where_each_key_is_a_person_an_address_reaches_those_that_have_it(shop):
    alone = "{default_country: GB, identity: key}"
    with shop(FILES | {"erasures.csv": "customer_id\nann\n"}, alone) as models:
        assert left_in(models) == ALL - {"ann"}
    with shop(FILES | {"erasures.csv": "email\nannlee@gmail.com\n"}, alone) as models:
        assert left_in(models) == ALL - {"ann", "ann2", "guest"}


def test_a_key_that_was_one_person_with_another_in_an_earlier_run_is_erased_with_it(shop):
    saved = Path("state/shop/customer_keys")
    saved.mkdir(parents=True)
    rows = "select 'eve' as customer_key, '{}' as customer_id"
    write(saved / "2026-01-31.parquet", rows.format("ann"))
    files = FILES | {"erasures.csv": "customer_id\nann\n"}
    with shop(files) as models:
        assert left_in(models) == ALL - ANN - {"eve"}
    # They were parted before.
    write(saved / "2026-02-28.parquet", rows.format("eve"))
    with shop(files) as models:
        assert left_in(models) == ALL - ANN


@pytest.mark.parametrize("column", ["customer_id", "email"])
@pytest.mark.parametrize("written", [str.lower, str.upper], ids=["small", "capital"])
def test_a_consent_by_the_hash_of_their_e_mail_is_theirs(shop, written, column):
    digits = sha256("annlee@gmail.com")
    consents = pd.DataFrame({"customer_id": ["", "bob"], "channel": "email", "status": "granted"})
    consents.loc[0, column] = written(digits)
    consents = consents.to_csv(index=False)
    with shop(FILES | {"consents.csv": consents, "erasures.csv": "customer_id\nann3\n"}) as models:
        models.build("consents_resolved")
        assert find_texts(models.connection, (digits,)) == []
        assert find_texts(models.connection, ("bob",)) != []


def test_where_a_name_is_the_key_an_erasure_may_say_it(shop):
    lines = HEADER + "O1,Ann Lee,2026-03-01,P1,1,2.00,\nO2,LEE,2026-03-01,P1,1,2.00,\n"
    files = {"order_lines.csv": lines, "dataset.yml": "customer_is: name\n"}
    with shop(files | {"erasures.csv": "customer_id\nANN  lee\n"}) as models:
        found = models.fetch(
            "select count(*), count(customer_id) from {{ ref('fct_order_lines') }}"
        )
        assert found == [(2, 1)]


def test_what_became_of_the_rows_of_the_erasures_is_counted(shop, capsys):
    erasures = (
        "customer_id,email,phone\nann,,\nC99,,\n,ann.lee@gmail.com,+44 7700 900999\n"
        f",nobody@example.com,\n,{sha256('nobody')},\n,,{COUNTER}\n,,12\n"
    )
    with shop(FILES | {"erasures.csv": erasures}) as models:
        counted = models.fetch("from {{ erasures_named() }} order by all")
        assert counted == [
            ("email", "found", 1),
            ("email", "unknown", 1),
            ("hash", "unknown", 1),
            ("key", "found", 1),
            ("key", "unknown", 1),
            ("none", "none", 1),
            ("phone", "shared", 1),
        ]
        # Of keys only a near miss can be told from an erasure of before there was a memory.
        assert models.fetch(
            "select * from {{ ref('customers_unknown') }} where input = 'erasures'"
        ) == [("erasures", 7, 4, 0, 0, 0, 1, 1, 1, 1)]
    main(["check", "--dataset", "shop", "--vars", "{default_country: GB}"])
    told = capsys.readouterr().out
    assert "4 of 7 customers in erasures are in no order line, customer file or total; see" in told
    assert "1 rows of erasures name a phone of several persons" in told


# --- and later data of theirs, when no file names them any more ----------------------------------


def test_later_data_of_a_known_key_or_address_are_left_out_as_well(shop):
    with shop(FILES | {"erasures.csv": "customer_id\nann3\n"}) as models:
        left_in(models)
        remember(models.connection, "shop")
    kept = Path("state/shop/erased/hashes.parquet")
    assert find_texts_in_parquet(kept, TEXTS) == []
    before = kept.stat().st_mtime_ns
    later = f"""customer_id,email,phone
new1,annlee@gmail.com,+44 7700 900888
new2,,+44 7700 900888
ann,ann@elsewhere.example,
son,son@example.com,+44 7700 900001
eve,eve@example.com,{FAMILY}
"""
    lines = HEADER + "".join(
        f"N{number},{key},2026-04-01,P1,1,2.00,\n"
        for number, key in enumerate(["new1", "new2", "ann", "ann4", "son", "eve"])
    )
    lines += "G2,,2026-04-01,P1,1,2.00,Ann.Lee@gmail.com\n"
    # A phone is not another's who has an e-mail of their own: numbers are handed out again.
    with shop({"customers.csv": later, "order_lines.csv": lines}) as models:
        assert left_in(models) == {"son", "eve"}
        models.build("customer_contacts")
        assert find_texts(models.connection, ("ann", "7700 900888")) == []
        assert models.fetch(
            "select phone from {{ ref('customer_contacts') }} where customer_id = 'son'"
        ) == [("+44 7700 900001",)]
        remember(models.connection, "shop")
    assert kept.stat().st_mtime_ns > before
    # What was learned of them since is remembered as well.
    with shop({"order_lines.csv": HEADER + "L1,new2,2026-05-01,P1,1,2.00,\n"}) as models:
        assert left_in(models) == set()


def test_who_was_never_found_is_not_remembered(shop):
    with shop(FILES | {"erasures.csv": "customer_id,email\neev,\n,eve@example.con\n"}) as models:
        left_in(models)
        remember(models.connection, "shop")
    assert not Path("state/shop/erased/hashes.parquet").exists()


def test_without_the_hashes_an_erasure_ends_with_its_row(shop):
    with shop(FILES | {"erasures.csv": "customer_id\nann\n"}) as models:
        left_in(models)
        remember(models.connection, "shop")
    with shop(FILES) as models:
        assert left_in(models) == ALL - ANN
    Path("state/shop/erased/hashes.parquet").unlink()
    with shop(FILES) as models:
        assert left_in(models) == ALL


def find_texts_in_parquet(path: Path, texts: tuple[str, ...]) -> list[tuple]:
    with duckdb.connect() as connection:
        connection.execute(f"create table saved as from read_parquet('{path}')")
        assert connection.execute("select count(*) > 5 from saved").fetchone()[0]
        return find_texts(connection, texts)


# --- what no run builds again ------------------------------------------------------------------


def test_saved_rows_go_by_any_of_their_keys(tmp_path):
    folder = tmp_path / "state/shop/customer_key_changes"
    folder.mkdir(parents=True)
    path = folder / "2026-01-31.parquet"
    write(
        path,
        "select unnest(['a', 'b', 'c', 'd']) as customer_key, unnest(['a', 'a', 'd', 'd']) as "
        "customer_id, unnest(['x', 'b', 'a', null]) as previous_customer_id",
    )
    # By the hash alone, as of later data.
    hashes = [hash_key("a", "salt")]
    removed = erase_customers("shop", hashes=hashes, salt="salt", folder=tmp_path / "state")
    assert removed == 3
    assert duckdb.sql(f"from '{path}'").fetchall() == [("d", "d", None)]


def test_contacts_leave_every_table_of_the_working_database(tmp_path):
    with duckdb.connect() as working:
        give_salt(working, lambda: "salt")
        working.execute("create schema private")
        for name, sql in {
            "contacts": "select customer_id, customer_id || '@x' as email, 'A' as first_name",
            "keys": "select customer_id as customer_key, customer_id || '@x' as contact_text",
            "texts": "select customer_id || '@X' as contact_text, 'address' as address",
            "names": "select customer_id, 'kept' as name",
        }.items():
            working.execute(
                f"create table private.{name} as {sql} "
                "from (select unnest(['a', 'b']) as customer_id)"
            )
        (text,) = working.execute(
            "select " + hashed("t", is_text=True) + " from (select 'a@x' as t)"
        ).fetchone()
        erase_customers(
            "shop", ["a"], hashes=[text], salt="salt", folder=tmp_path / "state", working=working
        )
        tables = {
            name: working.execute(f"from private.{name} order by all").fetchall()
            for name in ("contacts", "keys", "texts", "names")
        }
    assert tables == {
        "contacts": [("a", None, None), ("b", "b@x", "A")],
        "keys": [("b", "b@x")],
        "texts": [("b@X", "address")],
        "names": [("a", "kept"), ("b", "kept")],
    }


# --- runs of dbt ---------------------------------------------------------------------------------

# A person who was on a list, and whose files say less and less.
CASE = {
    "customers.csv": (
        "customer_id,email,phone\n1001,ann@example.com,+447700900001\n"
        "1002,bob@example.com,+447700900002\n1003,eve@example.com,+447700900003\n"
    ),
    "consents.csv": (
        "customer_id,channel,status\n1001,email,granted\nAnn@example.com,email,granted\n"
        "1002,email,granted\n"
    ),
    "suppressions.csv": "customer_id,reason\n1001,asked\n",
    "customer_links.csv": "customer_id,other_customer_id\n1004,1001\n",
    "erasures.csv": "customer_id,reason\nann@example.com,asked by mail\n",
    "order_lines_1.csv": HEADER
    + "".join(
        f"E{number},{key},2026-03-0{number},A,1,10.00,\n"
        for number, key in enumerate([1001, 1002, 1003, 1004], start=1)
    ),
}
WORDS = ("1001", "1004", "ann@", "447700900001")
COUNTED = "select count(*), count(customer_id) from core.fct_order_lines"


@pytest.fixture(scope="module")
def run_case(project, tmp_path_factory):
    """Return a function that writes or removes files and runs dbt, and one that looks.

    The first run is a whole build, over what earlier runs left.
    """
    data = tmp_path_factory.mktemp("case")
    folder = data / "by_mail"
    folder.mkdir()
    state = project.folder / "state/by_mail"
    for name, sql in {
        "list_members": "select unnest(['1001', '1002']) as customer_id",
        "customer_keys": "select unnest(['1004', '1002']) as customer_key, "
        "unnest(['1001', '1002']) as customer_id",
    }.items():
        (state / name).mkdir(parents=True)
        write(state / name / "2026-01-31.parquet", sql)
    export = project.folder / "exports/by_mail/win_back_2026-01-31_csv"
    export.mkdir(parents=True)
    (export / "manifest.json").write_text("{}")
    (export / "win_back.csv").write_text("1001,ann@example.com\n")

    def run(*command: str, **files: str | None):
        for name, text in files.items():
            path = folder / f"{name}.csv"
            path.unlink() if text is None else path.write_text(text, encoding="utf-8")
        outcome = project.dbt(*command, dataset="by_mail", data_dir=str(data))
        assert outcome.success, "\n".join(outcome.failures)
        return outcome.messages

    for name, text in CASE.items():
        (folder / name).write_text(text, encoding="utf-8")
    messages = run("build", "--exclude-resource-type", "unit_test")
    assert any("rows of erased customers were removed" in one for one in messages)
    return run


def find_words(project, words: tuple[str, ...]) -> list[tuple]:
    """Return where the words stand in what a run leaves."""
    found = []
    for place in (project.warehouse("by_mail"), project.published("by_mail")):
        with duckdb.connect(str(place), read_only=True) as connection:
            found += find_texts(connection, words)
    for path in [*(project.folder / "state/by_mail").rglob("*")]:
        if path.suffix == ".parquet":
            with duckdb.connect() as connection:
                connection.execute(f"create table saved as from read_parquet('{path}')")
                found += [(path, *one) for one in find_texts(connection, words)]
    return found


def test_who_is_erased_by_e_mail_is_in_no_table_and_no_file(project, run_case):
    assert find_words(project, WORDS) == []
    assert list((project.folder / "exports/by_mail").iterdir()) == []
    assert query(project.warehouse("by_mail"), COUNTED) == [(4, 2)]
    assert find_words(project, ("1002",)) != []


def test_a_later_run_knows_them_though_no_file_names_them(project, run_case):
    some = ("run", "--select", "+customer_keys", "customer_contacts", "source_profile")
    without = CASE["customers.csv"].replace("1001,ann@example.com,+447700900001\n", "")
    run_case(
        *some,
        erasures=None,
        consents=None,
        suppressions=None,
        customer_links=None,
        customers=without,
        order_lines_1=re.sub("100[14]", "1002", CASE["order_lines_1.csv"]),
    )
    # A new key with the address: its line is added as nobody's.
    messages = run_case(
        *some, order_lines_2=HEADER + "F1,7001,2026-04-01,A,1,10.00,ANN@example.com\n"
    )
    assert not any("rebuilt" in one for one in messages)
    assert query(project.warehouse("by_mail"), COUNTED) == [(5, 4)]
    assert find_words(project, ("7001", *WORDS)) == []
    # A known key turns out to be another of theirs.
    messages = run_case(
        *some, order_lines_3=HEADER + "F2,1003,2026-04-02,A,1,10.00,ann@example.com\n"
    )
    assert (
        "Order lines are rebuilt from all their files: another key of an erased customer is known."
        in messages
    )
    assert query(project.warehouse("by_mail"), COUNTED) == [(6, 3)]
    keys = query(project.warehouse("by_mail"), "select customer_key from core.customer_keys")
    assert keys == [("1002",)]
