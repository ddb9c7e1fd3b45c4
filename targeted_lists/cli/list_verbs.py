"""The verbs that look at a list, hand it over or write one of one's own.

A command imports what it needs when it runs: dbt takes seconds, and `--help` should not.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from targeted_lists.cli.conclude import conclude
from targeted_lists.cli.options import (
    DATA,
    DataDir,
    Dataset,
    Debug,
    Json,
    ListName,
    Tool,
    Vars,
    examples,
)
from targeted_lists.common.outcome import Outcome

PANEL = "Look at a list, hand it over"

app = typer.Typer()


@app.command(rich_help_panel=PANEL, epilog=examples("explore"))
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
    rich_help_panel=PANEL,
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
    rich_help_panel=PANEL,
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
    rich_help_panel=PANEL,
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
    rich_help_panel=PANEL,
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
