"""`targeted-lists init NAME FILE…`: what was understood of a shop's files, as `dataset.yml`."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from targeted_lists.common import files
from targeted_lists.common.commands import command
from targeted_lists.common.console import say
from targeted_lists.common.outcome import Outcome
from targeted_lists.common.project import read_contract
from targeted_lists.inputs.dataset_folder import SETTINGS_FILE, refuse_name
from targeted_lists.setup.headings import count_known
from targeted_lists.setup.sniffing import SetupError, look_at_all
from targeted_lists.setup.understanding import Understood, understand
from targeted_lists.setup.writing import place_files, render, undecided

EXAMPLES = 3
LONGEST_EXAMPLE = 24
# Of these a first letter is shown.
PERSONAL = {"customer_name", "first_name", "customer_phone", "customer_email", "email", "phone"}


def set_up_dataset(
    dataset: str, paths: list[Path], *, data_dir: Path, is_copying: bool = False
) -> Outcome:
    """Look at files, write `dataset.yml`, and say what was understood.

    Parameters
    ----------
    paths : the shop's files; they stay where they are, unless they are copied into the folder.

    Returns
    -------
    `dataset_file`, `settings`, `own_settings`, `mapping`, `undecided` (settings and statuses),
    `left_out`, `missing`, `notes` and the command to run `next`.

    Raises
    ------
    SetupError : a file is no table, the files contradict each other, or the dataset is set up
        already.
    """
    refuse_name(dataset)
    folder = data_dir / dataset
    target = folder / SETTINGS_FILE
    if target.exists():
        raise SetupError(f"{target} is there already; edit it, or remove it to begin again.")
    contract = read_contract()
    understood = understand(
        [written for path in paths for written in look_at_all(path, count_known)], contract
    )
    folder.mkdir(parents=True, exist_ok=True)
    places = place_files(understood, folder, is_copying=is_copying)
    text = render(understood, places, paths)
    files.replace_file(
        target, lambda draft: draft.write_text(text, encoding="utf-8", newline="\n"), mode=None
    )
    return report(understood, target, dataset, data_dir)


def report(understood: Understood, target: Path, dataset: str, data_dir: Path) -> Outcome:
    """Print what was understood, what was left out and what to do next."""
    console = Console()
    for written in (one for ones in understood.inputs.values() for one in ones):
        name = str(written.path)
        table = Table(title=name, title_justify="left")
        for heading in ("heading", "read as", "for example"):
            table.add_column(heading, overflow="fold")
        for place, heading in enumerate(written.headings):
            if columns := understood.read_as[name].get(heading):
                is_personal = not PERSONAL.isdisjoint(columns) or (
                    "customer_id" in columns and understood.names_customers
                )
                shown = show_examples(written.rows, place, is_personal=is_personal)
                table.add_row(heading, ", ".join(columns), shown)
        console.print(table)
        if left_out := understood.left_out[name]:
            say(console, f"Not read: {', '.join(left_out)}.")
        for column in understood.missing[name]:
            say(
                console,
                f"No heading was found for {column}, which is needed: write it into the mapping "
                f"of {target}.",
                style="red",
            )
    for note in understood.notes:
        say(console, note, style="yellow")
    for name in undecided(understood):
        say(console, f"Not decided: {name}; say it in {target}.", style="red")
    then = command("check", dataset=dataset, data_dir=data_dir.as_posix())
    say(console, f"Wrote {target}. Look it over, then: {then}")
    return Outcome(
        {
            "dataset_file": target,
            "connector": understood.connector and understood.connector.name,
            "settings": understood.settings,
            "own_settings": understood.own_settings,
            "mapping": understood.mapping,
            "undecided": undecided(understood),
            "left_out": understood.left_out,
            "missing": {name: columns for name, columns in understood.missing.items() if columns},
            "notes": understood.notes,
            "next": then,
        }
    )


def show_examples(rows: list[list[str]], place: int, *, is_personal: bool) -> str:
    """Return the first values of a column; of a person's its first letter alone."""
    found: dict[str, None] = {}
    for row in rows:
        if value := row[place].strip():
            found[value] = None
            if len(found) == EXAMPLES:
                break
    return ", ".join(f"{one[0]}…" if is_personal else shorten(one) for one in found)


def shorten(value: str) -> str:
    """Return a value that fits into a table and names nobody."""
    if "@" in value:
        return f"{value[0]}…@…"
    return value if len(value) <= LONGEST_EXAMPLE else f"{value[:LONGEST_EXAMPLE]}…"
