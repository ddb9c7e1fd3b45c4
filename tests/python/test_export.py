"""A file holds whom it may, whole or not at all, and a record of both arms goes with it."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from conftest import held_elsewhere
from exported import read_assignments, read_campaigns

from targeted_lists.activation import contacts, export_file
from targeted_lists.activation.export import ExportError, Places, export_list
from targeted_lists.activation.export_file import Order
from targeted_lists.common import files
from targeted_lists.inputs.contacts import clean_email, clean_phone
from targeted_lists.runs.erasure import erase_customers
from targeted_lists.saved.campaigns import hash_list
from targeted_lists.saved.tables import open_state

AS_OF = date(2026, 7, 1)
ORDER = Order(dataset="shop", list_name="win_back", target="csv", country="US")
# Of the members, by rank: two fine by e-mail, one by sms, a bad address, one who has withdrawn.
MEMBERS = {
    "m1": ("email", " Ann@Example.com ", None, "email"),
    "m2": ("email", "bea.b@gmail.com", "+1 202 555 0142", "email sms"),
    "m3": ("sms", "cas@example.com", "(202) 555-0143", "sms"),
    "m4": ("email", "dan@@example.com", None, "email"),
    "m5": ("email", "eve@example.com", None, ""),
}
CONTROLS = ["k1", "k2"]


def places_in(folder: Path) -> Places:
    return Places(*(folder / name for name in ("published", "warehouse", "state", "exports")))


@pytest.fixture
def places(shop: Path, tmp_path: Path) -> Places:
    """The two databases of a small shop, and where exports of it go."""
    shutil.copytree(shop, tmp_path / "shop")
    return places_in(tmp_path / "shop")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small shop that each test gets a copy of."""
    folder = tmp_path_factory.mktemp("shop")
    make_shop(folder)
    return folder


def make_shop(folder: Path) -> None:
    """Write the two databases of a small shop."""
    places = places_in(folder)
    for place in (places.published, places.warehouse):
        place.mkdir()
    publish(places)
    with duckdb.connect(str(places.warehouse / "shop.duckdb")) as working:
        for schema in ("targeting", "private", "core", "seeds", "intermediate"):
            working.execute(f"create schema {schema}")
        working.execute(
            "create table targeting.list_channels as "
            "select 'win_back' as list_name, unnest(['email', 'sms']) as channel, "
            "'marketing' as consent_purpose"
        )
        working.execute(
            "create table targeting.contact_permissions (customer_id text, channel text, "
            "consent_purpose text, consent_basis text, own_exclusion text)"
        )
        working.execute(
            "create table private.customer_contacts (customer_id text, email text, phone text, "
            "first_name text, email_key text, phone_key text)"
        )
        working.execute(
            "create table intermediate.int_customer_persons (customer_key text, customer_id text)"
        )
        working.execute("create table intermediate.int_shared_addresses (address_key text)")
        working.execute(
            "create table targeting.shared_addresses (customer_id text, other_customer_id text, "
            "address_key text, address text, is_other_held_out boolean)"
        )
        working.execute("create table targeting.holdout_customers (customer_id text)")
        working.execute(
            "create table core.dim_customers (customer_id text, gender text, city text, "
            "country text, favourite_category text)"
        )
        working.execute(
            "create table seeds.proof_recipients as select 'proof_1' as name, "
            "'proofs@example.com' as email, '+12025550100' as phone"
        )
        # Everyone else may be written to as well: only the list decides who is in the file.
        everyone = MEMBERS | {
            one: ("email", f"{one}@example.com", None, "email") for one in [*CONTROLS, "x"]
        }
        for customer, (_, email, phone, channels) in everyone.items():
            working.execute(
                "insert into private.customer_contacts values (?, ?, ?, 'Kim', null, null)",
                [customer, email, phone],
            )
            working.execute(
                "insert into core.dim_customers values (?, 'female', 'Leeds', null, 'Toys')",
                [customer],
            )
            for channel in ("email", "sms"):
                granted = channel in channels.split()
                working.execute(
                    "insert into targeting.contact_permissions values (?, ?, ?, ?, ?)",
                    [
                        customer,
                        channel,
                        "marketing",
                        "granted" if granted else "consent withdrawn",
                        None if granted else "consent",
                    ],
                )


def publish(
    places: Places,
    *,
    members=tuple(MEMBERS),
    consent_basis: str = "granted",
    reachability: str = "reachable",
    stop_reason: str | None = None,
) -> None:
    """Publish a list of these members and the controls."""
    path = places.published / "shop.duckdb"
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as published:
        for schema in ("lists", "targeting"):
            published.execute(f"create schema {schema}")
        published.execute("create table publication as select date '2026-07-01' as as_of_date")
        published.execute(
            "create table lists.list_catalog as select 'win_back' as list_name, "
            "?::varchar is not null as is_stopped, ?::varchar as stop_reason",
            [stop_reason, stop_reason],
        )
        published.execute(
            "create table lists.list_runs as select 'win_back' as list_name, "
            "date '2026-07-01' as as_of_date, 'd' as definition_hash"
        )
        published.execute(
            "create table targeting.list_decisions (list_name text, customer_id text, "
            "arm text, channel text, product_id text, rank bigint, expected_value decimal(18, 4), "
            "is_in boolean, stratum text default 'all', control_share decimal(9, 4) default 0.1)"
        )
        published.execute(
            "create table lists.list_members (list_name text, customer_id text, offer text, "
            "offer_basis text, product_id text, reachability text, consent_basis text, "
            "valid_until date)"
        )
        people = [(one, "treatment", True) for one in members]
        people += [(one, "control", True) for one in CONTROLS] + [("x", None, False)]
        for rank, (customer, arm, is_in) in enumerate(people, start=1):
            channel = MEMBERS.get(customer, ("email",))[0]
            published.execute(
                "insert into targeting.list_decisions (list_name, customer_id, arm, "
                "channel, product_id, rank, expected_value, is_in) "
                "values ('win_back', ?, ?, ?, ?, ?, ?, ?)",
                [customer, arm, channel, "p1", rank, Decimal("1.5"), is_in],
            )
            if arm == "treatment":
                published.execute(
                    "insert into lists.list_members values "
                    "('win_back', ?, ?, 'basket', 'p1', ?, ?, '2026-07-31')",
                    [customer, 'Tea, "fresh"', reachability, consent_basis],
                )


def read_file(places: Places, target: str = "csv") -> list[list[str]]:
    name = f"win_back_2026-07-01_{target}"
    path = places.exports / "shop" / name / f"{name}.csv"
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def read_manifest(places: Places, target: str = "csv") -> dict:
    path = places.exports / "shop" / f"win_back_2026-07-01_{target}" / "manifest.json"
    return json.loads(path.read_text(encoding="utf-8"))


def snapshot(places: Places) -> dict[str, bytes]:
    """Return every file below state and exports, hidden ones too."""
    return {
        str(path): path.read_bytes()
        for folder in (places.state, places.exports)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def lower_minimum(monkeypatch) -> None:
    """Let a platform take a file of a few rows."""
    for name, target in export_file.TARGETS.items():
        monkeypatch.setitem(export_file.TARGETS, name, replace(target, minimum=1))


# --- contacts -----------------------------------------------------------------


def test_hashes_are_those_of_the_published_vectors():
    email = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"
    phone = "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"
    assert contacts.hash_contact(clean_email(" John_Smith@gmail.com ")) == email
    for text in ("16505551212", "+1 (650) 555-1212", "650.555.1212"):
        clean = clean_phone(text, country="US")
        assert clean == "+16505551212"
        assert contacts.digits_phone(clean) == phone
        # Google hashes the plus as well, so that the two differ.
        assert contacts.google_phone(clean) == contacts.hash_contact("+16505551212") != phone


def test_google_forgets_the_dots_of_gmail_alone():
    assert contacts.google_email("j.o.hn@gmail.com") == contacts.hash_contact("john@gmail.com")
    assert contacts.google_email("j.o@googlemail.com") == contacts.hash_contact(
        "jo@googlemail.com"
    )
    assert contacts.google_email("j.o@example.com") == contacts.hash_contact("j.o@example.com")


def test_numbers_without_a_country_are_of_the_default_one():
    assert clean_phone("8 (999) 555-11-11", country="RU") == "+79995551111"
    assert clean_phone("07700 900123", country="GB") == "+447700900123"
    assert clean_phone("+44 7700 900123", country="US") == "+447700900123"


@pytest.mark.parametrize(
    "email",
    [
        None,
        "",
        "ann",
        "ann@",
        "@example.com",
        "ann@@example.com",
        "an n@example.com",
        "a@example",
        "a..n@x.com",
        "a@-x.com",
    ],
)
def test_what_is_no_email_is_none(email):
    assert clean_email(email) is None


@pytest.mark.parametrize("phone", [None, "", "12345", "+1 call me", "555-CALL-NOW", "+44", "n/a"])
def test_what_is_no_phone_is_none(phone):
    assert clean_phone(phone, country="US") is None


# --- the file -----------------------------------------------------------------


def test_a_csv_holds_the_permitted_members_and_names_the_others(places):
    message = export_list(ORDER, places=places)
    header, *lines = read_file(places)
    assert header[:5] == ["customer_id", "channel", "contact", "offer", "product_id"]
    assert {line[header.index("first_name")] for line in lines} == {"Kim"}
    assert [line[:3] for line in lines] == [
        ["m1", "email", "ann@example.com"],
        ["m2", "email", "bea.b@gmail.com"],
        ["m3", "sms", "+12025550143"],
    ]
    assert lines[0][3:] == ['Tea, "fresh"', "p1", "Kim", "female", "Leeds", "", "Toys"]
    manifest = read_manifest(places)
    assert manifest["left_out"] == {"malformed email": ["m4"], "no permission now": ["m5"]}
    assert manifest["valid_until"] == "2026-07-31"
    assert manifest["customers_in_file"] == 3
    assert (manifest["currency"], manifest["time_zone"]) == (None, None)
    assert "malformed email: m4" in message
    assert "@" not in json.dumps(manifest)


def test_the_manifest_says_what_amounts_and_times_are_in(places, monkeypatch):
    lower_minimum(monkeypatch)
    with duckdb.connect(str(places.published / "shop.duckdb")) as published:
        published.execute("alter table publication add column currency text default 'EUR'")
        published.execute("alter table publication add column time_zone text default '+02:00'")
    for target in ("csv", "google"):
        export_list(replace(ORDER, target=target), places=places)
        manifest = read_manifest(places, target)
        assert (manifest["currency"], manifest["time_zone"]) == ("EUR", "+02:00")
    # The platforms' formats take no further columns.
    assert read_file(places, "google")[0] == ["Email", "Phone"]


def test_hashed_files_hold_hashes_of_permitted_contacts_alone(places, monkeypatch):
    lower_minimum(monkeypatch)
    for target in ("google", "meta", "yandex"):
        export_list(replace(ORDER, target=target), places=places)
    bea = "+12025550142"
    google = read_file(places, "google")
    assert google[0] == ["Email", "Phone"]
    # m1 may be reached by e-mail, m2 by both, m3 by phone alone though an e-mail is known.
    assert google[1:] == sorted(
        [
            [contacts.hash_contact("ann@example.com"), ""],
            [contacts.hash_contact("beab@gmail.com"), contacts.hash_contact(bea)],
            ["", contacts.hash_contact("+12025550143")],
        ]
    )
    assert [contacts.hash_contact("bea.b@gmail.com"), contacts.hash_contact(bea[1:])] in read_file(
        places, "meta"
    )
    assert read_file(places, "yandex")[0] == ["phone", "email"]
    assert [contacts.hash_contact(bea[1:]), contacts.hash_contact("bea.b@gmail.com")] in read_file(
        places, "yandex"
    )
    assert read_manifest(places, "google")["key_coverage"] == {"email": 2 / 3, "phone": 2 / 3}
    for target in ("google", "meta", "yandex"):
        text = "".join("".join(line) for line in read_file(places, target)[1:])
        assert set(text) <= set("0123456789abcdef")


def tell(places: Places, table: str, *rows: tuple) -> None:
    """Let the working database hold these rows as well."""
    with duckdb.connect(str(places.warehouse / "shop.duckdb")) as working:
        marks = ", ".join("?" * len(rows[0]))
        working.executemany(f"insert into {table} values ({marks})", rows)


def test_a_frozen_list_is_exported_again_to_persons(places):
    """Keys that are one person now get one message, by the arm of the key that names it."""
    export_list(ORDER, places=places)
    before = read_assignments("shop", before=None, folder=places.state)
    tell(
        places,
        "intermediate.int_customer_persons",
        *[("m1", "m1"), ("m2", "m1"), ("k1", "k1"), ("m3", "k1")],
    )
    message = export_list(ORDER, places=places)
    assert [line[:3] for line in read_file(places)[1:]] == [["m1", "email", "ann@example.com"]]
    left_out = read_manifest(places)["left_out"]
    assert left_out["same person"] == ["m2"]
    assert left_out["control by another key"] == ["m3"]
    assert "same person: m2" in message
    # The record is as it was frozen.
    after = read_assignments("shop", before=None, folder=places.state)
    assert after.equals(before)


def test_nobody_is_exported_who_is_held_out_by_now(places):
    tell(places, "intermediate.int_customer_persons", ("m2", "held"), ("held", "held"))
    tell(places, "targeting.holdout_customers", ("held",), ("m3",))
    export_list(ORDER, places=places)
    assert [line[0] for line in read_file(places)[1:]] == ["m1"]
    assert read_manifest(places)["left_out"]["held out now"] == ["m2", "m3"]


def test_an_address_is_written_once_however_it_is_written(places, monkeypatch):
    lower_minimum(monkeypatch)
    with duckdb.connect(str(places.warehouse / "shop.duckdb")) as working:
        working.execute(
            "update private.customer_contacts set email = 'B.E.A.B+tea@GoogleMail.com' "
            "where customer_id = 'm1'"
        )
    export_list(ORDER, places=places)
    assert [line[0] for line in read_file(places)[1:]] == ["m1", "m3"]
    assert read_manifest(places)["left_out"]["same address"] == ["m2"]
    # A file with both addresses of a customer leaves out the one that stands there already.
    export_list(replace(ORDER, target="google"), places=places)
    assert [line for line in read_file(places, "google")[1:] if not line[0]] == sorted(
        [
            ["", contacts.hash_contact("+12025550142")],
            ["", contacts.hash_contact("+12025550143")],
        ]
    )


def test_an_address_is_not_written_under_another_name(places, monkeypatch):
    """Of a control, of somebody held out or of many customers."""
    lower_minimum(monkeypatch)
    tell(
        places,
        "targeting.shared_addresses",
        *[("m1", "k1", "a_1", "email", False), ("m3", "out", "a_2", "phone", True)],
        ("m2", "x", "a_3", "email", False),
    )
    tell(places, "intermediate.int_shared_addresses", ("a_4",))
    with duckdb.connect(str(places.warehouse / "shop.duckdb")) as working:
        working.execute(
            "update private.customer_contacts set phone_key = 'a_4' where customer_id = 'm2'"
        )
    export_list(replace(ORDER, target="google"), places=places)
    assert read_file(places, "google")[1:] == [[contacts.hash_contact("beab@gmail.com"), ""]]
    left_out = read_manifest(places, "google")["left_out"]
    assert left_out["address of a control"] == ["m1"]
    assert left_out["address of a customer who is held out"] == ["m3"]


def test_a_database_of_an_earlier_version_asks_for_a_run(places):
    with duckdb.connect(str(places.warehouse / "shop.duckdb")) as working:
        working.execute("drop table targeting.holdout_customers")
    with pytest.raises(ExportError, match=r"earlier version.*run `"):
        export_list(ORDER, places=places)


def test_proofs_are_appended_where_asked(places, monkeypatch):
    lower_minimum(monkeypatch)
    export_list(replace(ORDER, has_proofs=True), places=places)
    assert [line[:3] for line in read_file(places)[-2:]] == [
        ["proof_1", "email", "proofs@example.com"],
        ["proof_1", "sms", "+12025550100"],
    ]
    assert read_manifest(places)["proofs_in_file"] == 2
    assert read_manifest(places)["customers_in_file"] == 3
    export_list(replace(ORDER, target="meta", has_proofs=True), places=places)
    assert len(read_file(places, "meta")) == 1 + 3 + 1
    assert read_assignments("shop", before=None, folder=places.state).empty
    saved = read_assignments("shop", before=date(2026, 7, 2), folder=places.state)
    assert set(saved["stratum"]) == {"all"}
    assert set(saved["control_share"]) == {0.1}
    assert "proof_1" not in set(saved["customer_id"])


# --- what is refused ----------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        ({"target": "fax"}, "'fax' is no target; take one of csv, google, meta, yandex"),
        ({"list_name": "l'huile"}, 'There is no list "l\'huile"; there are win_back'),
        (
            {"target": "meta"},
            "win_back has 3 customers that meta could take, and it takes no fewer than 100",
        ),
        (
            {"used_on": date(2026, 8, 1)},
            "may be used from 2026-07-01 to 2026-07-31, not on 2026-08-01",
        ),
        ({"used_on": date(2026, 6, 30)}, "not on 2026-06-30"),
        (
            {"dataset": "other"},
            "other.duckdb is not there; run `targeted-lists lists --dataset other`",
        ),
    ],
)
def test_an_order_that_cannot_be_met_changes_nothing(places, order, sentence):
    with pytest.raises(ExportError) as caught:
        export_list(replace(ORDER, **order), places=places)
    assert sentence in str(caught.value)
    assert snapshot(places) == {}


def test_an_export_during_a_run_says_who_holds_the_database(places):
    with (
        held_elsewhere(places.warehouse / "shop.duckdb") as process,
        pytest.raises(ExportError) as caught,
    ):
        export_list(ORDER, places=places)
    assert "warehouse/shop.duckdb is in use by python3" in str(caught.value)
    assert f"(process {process}" in str(caught.value)
    assert snapshot(places) == {}


@pytest.mark.parametrize(
    ("published", "sentence"),
    [
        ({"consent_basis": "not recorded"}, "without consents nothing is exported"),
        (
            {"reachability": "not recorded"},
            "of whom no address is recorded; without addresses nothing is exported",
        ),
        ({"stop_reason": "red alert: sales fell by half"}, "is stopped: red alert"),
        ({"members": ["m4", "m5"]}, "has 0 customers that csv could take"),
    ],
)
def test_a_list_that_must_not_go_out_changes_nothing(places, published, sentence):
    publish(places, **published)
    with pytest.raises(ExportError) as caught:
        export_list(ORDER, places=places)
    assert sentence in str(caught.value)
    assert snapshot(places) == {}


# --- the record ---------------------------------------------------------------


def test_both_arms_are_recorded_for_the_days_after(places):
    export_list(replace(ORDER, used_on=date(2026, 7, 3)), places=places)
    assert read_campaigns("shop", before=AS_OF, folder=places.state).empty
    campaigns = read_campaigns("shop", before=date(2026, 7, 2), folder=places.state)
    (campaign,) = campaigns.to_dict("records")
    assert campaign["campaign_id"] == "win_back_2026-07-01"
    assert (campaign["members"], campaign["controls"]) == (5, 2)
    assert campaign["list_hash"] == hash_list("d", MEMBERS)
    assert campaign["started_date"].date() == date(2026, 7, 3)
    saved = read_assignments("shop", before=date(2026, 7, 2), folder=places.state)
    arms = dict(zip(saved["customer_id"], saved["arm"], strict=True))
    # Whoever the file leaves out was assigned all the same: read as assigned, not as delivered.
    assert arms == dict.fromkeys(MEMBERS, "treatment") | dict.fromkeys(CONTROLS, "control")


def test_records_of_before_strata_are_read_without_them(places):
    folder = places.state / "shop" / "campaigns" / "win_back_2026-07-01"
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        for name, columns in (
            ("campaign", "date '2026-07-01' as as_of_date, 'c' as campaign_id, 0 as members, "
             "0 as controls, 0 as erased_customers"),
            ("assignments", "'c' as campaign_id, 'C1' as customer_id, 1 as rank"),
        ):  # fmt: skip
            connection.execute(
                f"copy (select {columns}) to '{folder / name}.parquet' (format parquet)"
            )
    saved = read_assignments("shop", before=date(2026, 7, 2), folder=places.state)
    assert saved["customer_id"].tolist() == ["C1"]
    assert saved[["stratum", "control_share"]].isna().all(axis=None)


def test_a_frozen_list_is_not_changed_by_later_data(places, monkeypatch):
    lower_minimum(monkeypatch)
    export_list(ORDER, places=places)
    publish(places, members=["m1", "x"])
    export_list(replace(ORDER, target="google"), places=places)
    assert len(read_file(places, "google")) == 1 + 3
    (campaign,) = read_campaigns("shop", before=date.max, folder=places.state).to_dict("records")
    assert campaign["list_hash"] == hash_list("d", MEMBERS)
    assert campaign["exported_to"] == "csv; google"


def test_who_withdraws_after_the_freeze_is_left_out_of_the_next_file(places):
    export_list(ORDER, places=places)
    with duckdb.connect(str(places.warehouse / "shop.duckdb")) as working:
        working.execute(
            "update targeting.contact_permissions set own_exclusion = 'suppression' "
            "where customer_id = 'm1'"
        )
    export_list(ORDER, places=places)
    assert [line[0] for line in read_file(places)[1:]] == ["m2", "m3"]
    saved = read_assignments("shop", before=date.max, folder=places.state)
    assert "m1" in set(saved["customer_id"])


def test_the_erased_leave_record_and_file(places):
    export_list(ORDER, places=places)
    removed = erase_customers("shop", ["m2", "k1"], folder=places.state, exports=places.exports)
    assert removed == 2
    assert not list(places.exports.rglob("*.csv"))
    (campaign,) = read_campaigns("shop", before=date.max, folder=places.state).to_dict("records")
    assert (campaign["members"], campaign["controls"], campaign["erased_customers"]) == (4, 1, 2)
    assert campaign["list_hash"] == hash_list("d", ["m1", "m3", "m4", "m5"])
    saved = read_assignments("shop", before=date.max, folder=places.state)
    assert set(saved["customer_id"]) == {"m1", "m3", "m4", "m5", "k2"}
    export_list(ORDER, places=places)
    assert [line[0] for line in read_file(places)[1:]] == ["m1", "m3"]
    assert read_manifest(places)["erased_customers"] == 2


# --- whole or not at all ------------------------------------------------------


@pytest.mark.parametrize("has_former", [False, True], ids=["first", "second"])
@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()], ids=["full", "int"])
def test_a_fault_at_any_point_leaves_all_or_nothing(places, monkeypatch, error, has_former):
    """Each rename fails in turn: up to the journal's own nothing has changed, then all will."""
    if has_former:
        export_list(replace(ORDER, used_on=date(2026, 7, 2)), places=places)
    before = snapshot(places)
    real_replace = files.os.replace
    outcomes = []
    for point in range(1, 10):
        moves = []

        def fail_at_move(source, target, point=point, moves=moves):
            moves.append(source)
            if len(moves) == point:
                raise error
            real_replace(source, target)

        monkeypatch.setattr(files.os, "replace", fail_at_move)
        told = ""
        try:
            export_list(ORDER, places=places)
        except (ExportError, KeyboardInterrupt) as caught:
            told = str(caught)
        monkeypatch.setattr(files.os, "replace", real_replace)
        if len(moves) < point:
            break
        decided = (places.state / "shop" / files.JOURNAL).exists()
        if isinstance(error, OSError):
            assert ("the next command finishes it" if decided else "nothing has changed") in told
        elif not decided:
            # Whoever interrupts it finds no draft either.
            assert not list(places.state.rglob("*.draft"))
        with open_state("shop", folder=places.state, exports=places.exports):
            pass
        left = {name: text for name, text in snapshot(places).items() if "version" not in name}
        is_as_before = left == {n: t for n, t in before.items() if "version" not in n}
        outcomes.append((decided, is_as_before))
        before = snapshot(places)
        if decided:
            break
    assert outcomes[-1] == (True, False)
    assert set(outcomes[:-1]) == {(False, True)}
    assert [line[0] for line in read_file(places)[1:]] == ["m1", "m2", "m3"]


@pytest.mark.parametrize("point", ["record", "half the file"])
def test_a_fault_while_writing_changes_nothing(places, monkeypatch, point):
    export_list(replace(ORDER, used_on=date(2026, 7, 2)), places=places)
    before = snapshot(places)

    def fail(*_):
        raise OSError("disk full")

    def write_half(path, text):
        path.write_text(text[: len(text) // 2])
        raise OSError("disk full")

    if point == "record":
        monkeypatch.setattr(files, "sync_file", fail)
    else:
        monkeypatch.setattr(files, "write_text", write_half)
    with pytest.raises(ExportError, match="nothing has changed"):
        export_list(ORDER, places=places)
    monkeypatch.undo()
    assert snapshot(places) == before
    export_list(ORDER, places=places)
    assert [line[0] for line in read_file(places)[1:]] == ["m1", "m2", "m3"]


def test_leftovers_of_a_killed_export_are_cleared_and_are_no_campaign(places):
    export_list(ORDER, places=places)
    campaigns = places.state / "shop" / "campaigns"
    shutil.copytree(campaigns / "win_back_2026-07-01", campaigns / ".win_back_2026-07-01.former")
    assert len(read_campaigns("shop", before=date.max, folder=places.state)) == 1
    export_list(ORDER, places=places)
    assert [path.name for path in campaigns.iterdir()] == ["win_back_2026-07-01"]


def test_a_record_that_a_killed_export_put_aside_is_found_again(places):
    """Version 0 renamed the record before the new one took its place."""
    export_list(ORDER, places=places)
    record = places.state / "shop" / "campaigns" / "win_back_2026-07-01"
    before = snapshot(places)
    record.rename(record.with_name(f".{record.name}.former"))
    # Its draft is a folder, which no start could remove.
    shutil.copytree(places.exports, record.with_name(f".{record.name}.draft"))
    with open_state("shop", folder=places.state, exports=places.exports):
        assert snapshot(places) == before


# --- cells ----------------------------------------------------------------------


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_free_text_is_no_formula_and_a_phone_stays_one(places, sign):
    formula = f"{sign}HYPERLINK(1)"
    with duckdb.connect(str(places.warehouse / "shop.duckdb")) as working:
        working.execute("update core.dim_customers set city = ?", [formula])
        working.execute("update private.customer_contacts set first_name = ?", [formula])
    export_list(ORDER, places=places)
    header, *lines = read_file(places)
    assert {line[header.index("city")] for line in lines} == {f"'{formula}"}
    assert {line[header.index("first_name")] for line in lines} == {f"'{formula}"}
    assert "+12025550143" in {line[header.index("contact")] for line in lines}


def test_the_sample_is_exported_by_the_command(sample_build, monkeypatch, capsys, tmp_path):
    from targeted_lists.__main__ import main

    folder = tmp_path / "project"
    for name in ("published", "warehouse"):
        (folder / name).mkdir(parents=True)
    shutil.copyfile(sample_build.published, folder / "published/sample.duckdb")
    shutil.copyfile(sample_build.warehouse, folder / "warehouse/sample.duckdb")
    shutil.copyfile(sample_build.project.folder / "dbt_project.yml", folder / "dbt_project.yml")
    shutil.copytree(sample_build.project.folder / "state", folder / "state")
    monkeypatch.chdir(folder)
    for target in ("csv", "google", "meta", "yandex"):
        assert main(["export", "--list", "win_back", "--to", target]) == 0
        assert "to be used until 2026-07-31" in capsys.readouterr().out
    members = {row[0] for row in sample_build.query("select customer_id from lists.list_win_back")}
    name = "win_back_2026-07-01_csv"
    with (folder / f"exports/sample/{name}/{name}.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 200
    assert {row["customer_id"] for row in rows} <= members
    hidden = {row["contact"] for row in rows}
    for target in ("google", "meta", "yandex"):
        path = folder / f"exports/sample/win_back_2026-07-01_{target}"
        text = (path / f"{path.name}.csv").read_text(encoding="utf-8")
        assert not [contact for contact in hidden if contact in text]
        assert text.count("\n") == len(rows) + 1
    assert main(["export", "--list", "retain_declining", "--to", "yandex"]) == 1
    assert "takes no fewer than 100" in capsys.readouterr().out
    assert main(["preview", "--list", "win_back"]) == 0
    assert "as defined" in capsys.readouterr().out
    assert main(["members", "--list", "win_back", "--as-of", "2026-07-15"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(members)
    assert main(["members", "--list", "win_back", "--as-of", "2026-06-30"]) == 1
    assert "has nobody in 'win_back'" in capsys.readouterr().out
    for command in ("preview", "members", "export"):
        assert (
            main([command, "--list", "winback", *(["--to", "csv"] * (command == "export"))]) == 1
        )
        said = capsys.readouterr().out
        assert said.startswith(
            "There is no list 'winback'; there are cross_sell, likely_responders, loyal_rewards, "
            "replenish, retain_declining, second_purchase, win_back"
        )
