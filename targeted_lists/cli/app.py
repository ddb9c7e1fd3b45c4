"""The verbs of `targeted-lists`, each with its options and examples.

A command imports what it needs when it runs: dbt takes seconds, and `--help` should not.
"""

from __future__ import annotations

import enum
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from targeted_lists.cli.conclude import conclude
from targeted_lists.common.outcome import Outcome

BUILDING, LISTS, OTHERS = "Build and publish", "Look at a list, hand it over", "Set up and test"

app = typer.Typer(
    name="targeted-lists",
    help="From a shop's raw sales to customer lists: who to contact, with what, why, and whether "
    "it worked.",
    epilog="Begin with a sample shop: targeted-lists sample, then targeted-lists lists",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Tool(enum.StrEnum):
    """What takes an exported list."""

    csv = "csv"
    google = "google"
    meta = "meta"
    yandex = "yandex"


class Language(enum.StrEnum):
    """What the page speaks."""

    en = "en"
    ru = "ru"


class Layout(enum.StrEnum):
    """How the files of the sample are written."""

    contract = "contract"
    order_export = "order_export"
    shopify = "shopify"
    woocommerce_lines = "woocommerce_lines"
    woocommerce_packed = "woocommerce_packed"
    report_1c = "report_1c"


Dataset = Annotated[str, typer.Option(help="Name of the dataset, a folder.", show_default=True)]
DataDir = Annotated[Path, typer.Option(help="Where that folder lies.")]
Vars = Annotated[
    str, typer.Option("--vars", metavar="YAML", help="Further vars of dbt: '{language: ru}'.")
]
ListName = Annotated[str, typer.Option("--list", metavar="NAME", help="Name of the list.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show where a fault of the program is.")]
DATA = Path("data")


def examples(*commands: str) -> str:
    """Return the end of a command's help: each example on a line of its own."""
    return "\n\n".join(["Examples:", *(f"targeted-lists {one}" for one in commands)])


def show_version(is_asked: bool) -> None:
    """Print the version and leave, where that is asked for."""
    if is_asked:
        from targeted_lists.common.project import package_version

        print(f"targeted-lists {package_version()}")
        raise typer.Exit


@app.callback()
def begin(
    is_version: Annotated[
        bool,
        typer.Option("--version", callback=show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Say nothing before a command; `--version` is the program's own."""


@app.command(
    rich_help_panel=BUILDING,
    epilog=examples("lists", "lists --dataset shop", "lists --vars '{language: ru}'"),
)
def lists(
    dataset: Dataset = "sample",
    data_dir: DataDir = DATA,
    variables: Vars = "{}",
    threads: Annotated[int | None, typer.Option(min=1, help="Of dbt and of DuckDB.")] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Read every file and fit every model again.")
    ] = False,
    reuse: Annotated[
        bool, typer.Option("--reuse", help="Mine and fit nothing that stands already.")
    ] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Do the whole job: tables, models, customer lists, published at the end."""
    if full and reuse:
        raise typer.BadParameter("--full and --reuse are opposites; give one of them")

    def work() -> Outcome:
        from targeted_lists.cli.request import prepare

        given = prepare(dataset, data_dir, variables, is_reading=True)
        from targeted_lists.runs.jobs import make_lists

        if full or reuse:
            given["reuse_models"] = not full
        return make_lists(given, threads=threads, is_full=full)

    conclude(work, as_json=as_json, is_debug=debug)


@app.command(rich_help_panel=BUILDING, epilog=examples("check --dataset shop"))
def check(
    dataset: Dataset = "sample",
    data_dir: DataDir = DATA,
    variables: Vars = "{}",
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Look at a dataset's files before anything is built: ready, or not and why."""

    def work() -> Outcome:
        from targeted_lists.check.command import check_dataset
        from targeted_lists.cli.request import adapter_of, prepare

        given = prepare(dataset, data_dir, variables)
        return check_dataset(data_dir, dataset, adapter_of(given), given)

    conclude(work, as_json=as_json, is_debug=debug)


@app.command(rich_help_panel=BUILDING, epilog=examples("score --dataset shop"))
def score(
    dataset: Dataset = "sample",
    data_dir: DataDir = DATA,
    variables: Vars = "{}",
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Score the customers with the saved model; nothing is fitted, nothing published."""

    def work() -> Outcome:
        from targeted_lists.cli.request import prepare

        given = prepare(dataset, data_dir, variables, is_reading=True)
        from targeted_lists.runs.jobs import score_activity

        return score_activity(given)

    conclude(work, as_json=as_json, is_debug=debug)


@app.command(rich_help_panel=BUILDING, epilog=examples("tune --seconds 120"))
def tune(
    dataset: Dataset = "sample",
    data_dir: DataDir = DATA,
    variables: Vars = "{}",
    seconds: Annotated[float, typer.Option(min=1, help="For all models together.")] = 270,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Search hyper-parameters on a dataset that was built, and keep them."""

    def work() -> Outcome:
        from targeted_lists.cli.request import is_built, prepare

        given = prepare(dataset, data_dir, variables, is_reading=not is_built(dataset))
        from targeted_lists.runs.jobs import tune_models

        return tune_models(given, seconds=seconds)

    conclude(work, as_json=as_json, is_debug=debug)


@app.command(rich_help_panel=BUILDING, epilog=examples("dashboard", "dashboard --language ru"))
def dashboard(
    dataset: Dataset = "sample",
    data_dir: DataDir = DATA,
    variables: Vars = "{}",
    language: Annotated[
        Language | None, typer.Option(help="Of the page; else that of the published file.")
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Make the published tables one page of charts."""

    def work() -> Outcome:
        from targeted_lists.cli.request import prepare
        from targeted_lists.dashboard.command import show_dashboard

        prepare(dataset, data_dir, variables)
        return show_dashboard(dataset, language=language and language.value)

    conclude(work, as_json=as_json, is_debug=debug)


@app.command(rich_help_panel=BUILDING, epilog=examples("docs --dataset shop"))
def docs(
    dataset: Dataset = "sample",
    data_dir: DataDir = DATA,
    variables: Vars = "{}",
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write the manual, and dbt's page of every table and column with the lineage graph."""

    def work() -> Outcome:
        from targeted_lists.cli.request import is_built, prepare

        given = prepare(dataset, data_dir, variables, is_reading=not is_built(dataset))
        from targeted_lists.runs.jobs import write_docs

        return write_docs(given)

    conclude(work, as_json=as_json, is_debug=debug)


@app.command(rich_help_panel=LISTS, epilog=examples("explore"))
def explore(
    dataset: Dataset = "sample",
    data_dir: DataDir = DATA,
    variables: Vars = "{}",
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Look up customers, list caps and rules in a local app (the extra `explore`)."""

    def work() -> Outcome:
        from targeted_lists.cli.request import prepare
        from targeted_lists.explore import serve

        prepare(dataset, data_dir, variables, is_writing=False)
        return serve.explore(dataset)

    conclude(work, as_json=as_json, is_debug=debug)


@app.command(
    rich_help_panel=LISTS,
    epilog=examples("preview --list win_back", "preview --list win_back --json"),
)
def preview(
    list_name: ListName,
    dataset: Dataset = "sample",
    data_dir: DataDir = DATA,
    variables: Vars = "{}",
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Show a list's size and value under other caps and capacities."""

    def work() -> Outcome:
        from targeted_lists.activation.looking import show_preview
        from targeted_lists.cli.request import prepare

        prepare(dataset, data_dir, variables, is_writing=False)
        return show_preview(dataset, list_name)

    conclude(work, as_json=as_json, is_debug=debug)


@app.command(
    rich_help_panel=LISTS,
    epilog=examples("members --list win_back", "members --list win_back --as-of 2026-07-15"),
)
def members(
    list_name: ListName,
    dataset: Dataset = "sample",
    data_dir: DataDir = DATA,
    variables: Vars = "{}",
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="As the last run up to that day made it."),
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Show the members of a list, each with an offer and a reason."""

    def work() -> Outcome:
        from targeted_lists.activation.looking import show_members
        from targeted_lists.cli.request import prepare

        prepare(dataset, data_dir, variables, is_writing=False)
        return show_members(dataset, list_name, as_of.date() if as_of else None)

    conclude(work, as_json=as_json, is_debug=debug)


@app.command(
    rich_help_panel=LISTS,
    epilog=examples(
        "export --list win_back --to csv", "export --list win_back --to google --on 2026-07-20"
    ),
)
def export(
    list_name: ListName,
    to: Annotated[Tool, typer.Option(help="What takes the list.")],
    dataset: Dataset = "sample",
    data_dir: DataDir = DATA,
    variables: Vars = "{}",
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Day of use; else the as-of date."),
    ] = None,
    proofs: Annotated[bool, typer.Option("--proofs", help="Append the proof recipients.")] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write a list for a tool, and record both arms."""

    def work() -> Outcome:
        from targeted_lists.cli.request import prepare

        given = prepare(dataset, data_dir, variables)
        from targeted_lists.activation.export_file import Order
        from targeted_lists.activation.hand_over import hand_over, read_country

        order = Order(
            dataset=dataset,
            list_name=list_name,
            target=to.value,
            country=read_country(given),
            used_on=on.date() if on else None,
            has_proofs=proofs,
        )
        return hand_over(order)

    conclude(work, as_json=as_json, is_debug=debug)


@app.command(
    "list",
    rich_help_panel=LISTS,
    epilog=examples(
        "list --list big_spenders --purpose 'Invite those who spend most'",
        "list --list big_spenders --purpose 'Invite those who spend most' "
        "--offer 'An evening in the shop' --offer-cost 1.50 --channel 'email sms'",
        "list --dataset shop --list win_back --capacity 200 --offer-cost 2.00",
    ),
)
def new_list(
    list_name: ListName,
    dataset: Annotated[
        str | None,
        typer.Option(help="Write what this dataset alone has of the list; else all have it."),
    ] = None,
    data_dir: DataDir = DATA,
    purpose: Annotated[str, typer.Option(metavar="TEXT", help="What the list is for.")] = "",
    purpose_ru: Annotated[str, typer.Option(metavar="TEXT", help="The same in Russian.")] = "",
    offer: Annotated[str, typer.Option(metavar="TEXT", help="What its members get.")] = "",
    offer_ru: Annotated[str, typer.Option(metavar="TEXT", help="The same in Russian.")] = "",
    offer_cost: Annotated[str, typer.Option(metavar="AMOUNT", help="Cost of an offer (0).")] = "",
    contact_cost: Annotated[
        str, typer.Option(metavar="AMOUNT", help="Cost of a message (0.02).")
    ] = "",
    channel: Annotated[
        str, typer.Option(metavar="NAMES", help="The preferred one first (email).")
    ] = "",
    priority: Annotated[
        str, typer.Option(metavar="NUMBER", help="1 goes first (the next free one).")
    ] = "",
    capacity: Annotated[str, typer.Option(metavar="NUMBER", help="At most so many (500).")] = "",
    budget: Annotated[
        str, typer.Option(metavar="AMOUNT", help="For the messages of a run (no limit).")
    ] = "",
    cooldown_days: Annotated[
        str, typer.Option(metavar="DAYS", help="Between two messages to a customer (60).")
    ] = "",
    valid_days: Annotated[
        str, typer.Option(metavar="DAYS", help="How long a list may be used (14).")
    ] = "",
    source_mart: Annotated[
        str, typer.Option(metavar="MART", help="Whose alerts stop the list (rfm).")
    ] = "",
    consent_purpose: Annotated[
        str, typer.Option(metavar="NAME", help="That customers consented to (marketing).")
    ] = "",
    ranking: Annotated[
        str, typer.Option(metavar="WORDS", help="What ranks customers: expected value, or score.")
    ] = "",
    minimum_expected_value: Annotated[
        str, typer.Option(metavar="AMOUNT", help="Who is worth less gets no message (0).")
    ] = "",
    allows_other_lists: Annotated[
        str,
        typer.Option(metavar="true|false", help="Whether members may be in other lists (false)."),
    ] = "",
    valued_by: Annotated[
        str, typer.Option(metavar="WORD", help="What a member is worth by: lift, or responses.")
    ] = "",
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write the files that a list of your own needs."""
    given = {
        name: value
        for name, value in locals().items()
        if name not in ("list_name", "dataset", "data_dir", "as_json", "debug")
    }

    def work() -> Outcome:
        from targeted_lists.cli.place import refuse_packaged_project

        if dataset is None:
            refuse_packaged_project()
            from targeted_lists.authoring.new_list import add_list

            return add_list(list_name, given)
        from targeted_lists.cli.request import adapter_of, prepare

        variables = prepare(dataset, data_dir, "{}")
        from targeted_lists.authoring.dataset_lists import change_list, has_list
        from targeted_lists.authoring.new_list import add_list
        from targeted_lists.inputs.dataset_folder import find_folder

        folder = find_folder(data_dir, dataset)
        if has_list(list_name, folder):
            return change_list(list_name, given, folder, adapter_of(variables))
        refuse_packaged_project()
        return add_list(list_name, given, folder)

    conclude(work, as_json=as_json, is_debug=debug)


@app.command(
    rich_help_panel=OTHERS, epilog=examples("sample", "sample --layout shopify --out exports")
)
def sample(
    out: Annotated[Path | None, typer.Option(help="The folder to write (data/sample).")] = None,
    layout: Annotated[
        Layout, typer.Option(help="Files of the contract, or the export of a platform.")
    ] = Layout.contract,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same bytes.")] = 42,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write the sample shop: 3,000 customers whose truth is known."""

    def work() -> Outcome:
        from targeted_lists.cli.place import write_sample

        return write_sample(out, layout=layout.value, seed=seed)

    conclude(work, as_json=as_json, is_debug=debug)


@app.command(
    rich_help_panel=OTHERS,
    epilog=examples(
        "init shop orders.csv", "init shop orders.xlsx consents.csv", "init --project"
    ),
)
def init(
    name: Annotated[
        str | None, typer.Argument(help="Name of the dataset to set up.", show_default=False)
    ] = None,
    files: Annotated[
        list[Path] | None, typer.Argument(help="The shop's files.", show_default=False)
    ] = None,
    copy: Annotated[
        bool, typer.Option("--copy", help="Copy the files; else they are read where they are.")
    ] = False,
    data_dir: DataDir = DATA,
    project: Annotated[
        bool, typer.Option("--project", help="Copy the dbt project, for models of your own.")
    ] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Set up a dataset from a shop's files, or this folder for data of your own."""
    if name and not files:
        raise typer.BadParameter(f"name the files of {name}: init {name} orders.csv")
    if name == "":
        raise typer.BadParameter("a dataset needs a name: make init DATASET=shop FROM=orders.csv")

    def work() -> Outcome:
        if not name:
            from targeted_lists.cli.place import set_up

            return set_up(with_project=project)
        from targeted_lists.cli.place import refuse_read_only
        from targeted_lists.setup.command import set_up_dataset

        refuse_read_only()
        return set_up_dataset(name, files, data_dir=data_dir, is_copying=copy)

    conclude(work, as_json=as_json, is_debug=debug)


@app.command("test", rich_help_panel=OTHERS, epilog=examples("test", "test --dataset shop"))
def run_every_test(
    dataset: Dataset = "sample",
    data_dir: DataDir = DATA,
    variables: Vars = "{}",
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Run every test of the models; in the repository every linter and every other test too."""

    def work() -> Outcome:
        from targeted_lists.cli.request import prepare

        given = prepare(dataset, data_dir, variables)
        from targeted_lists.runs.tests import run_tests

        return run_tests(given)

    conclude(work, as_json=as_json, is_debug=debug)


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code.

    Examples
    --------
    `main(["preview", "--list", "win_back"])` does what `targeted-lists preview --list win_back`
    does.
    """
    try:
        return app(args=arguments, prog_name="targeted-lists", standalone_mode=True) or 0
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
