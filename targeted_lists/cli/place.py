"""The folder in which a command runs: whether it is set up, and setting it up."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from targeted_lists.common import files, folders
from targeted_lists.common.commands import command
from targeted_lists.common.outcome import Outcome, UserError
from targeted_lists.common.project import PACKAGED, PROJECT_FILE, is_here, read_project, read_yaml

DATA_FOLDER = Path("data")
WRITTEN = (
    *(folders.WAREHOUSE_FOLDER, folders.PUBLISHED_FOLDER, folders.STATE_FOLDER),
    *(folders.EXPORT_FOLDER, Path("logs"), Path("target")),
)
# What a dbt project of one's own is made of; the Python of it stays in the package.
PROJECT_PARTS = (
    *("dbt_project.yml", "profiles.yml", "macros", "models", "seeds"),
    *("tests/generic", "tests/singular"),
)


class PlaceError(UserError):
    """The command cannot run in this folder; the message says what to do."""


def refuse_place(data_dir: Path, *, is_writing: bool) -> None:
    """Stop where a folder is not set up, holds the project of another version, or is read-only.

    Raises
    ------
    PlaceError : the message says what to do.
    """
    if is_here():
        refuse_other_project()
    elif not any(folder.is_dir() for folder in (data_dir, folders.PUBLISHED_FOLDER)):
        raise PlaceError(
            f"This folder is not set up: there is no {data_dir} with your data in it. "
            f"`{command('sample')}` writes a sample shop here, `{command('init')}` makes the "
            "folder for your own; or change to the folder that has it."
        )
    if is_writing:
        refuse_read_only()


def refuse_other_project() -> None:
    """Stop on a dbt project that is another one, or of another version than the package.

    Raises
    ------
    PlaceError : the message names both versions and the ways out.
    """
    own, packaged = read_project(), read_yaml(PACKAGED / PROJECT_FILE)
    if own.get("name") != packaged["name"]:
        raise PlaceError(
            f"The dbt project in this folder is {own.get('name')}, not {packaged['name']}; "
            "change to a folder of your data."
        )
    if str(own.get("version")) != str(packaged["version"]):
        raise PlaceError(
            f"The dbt project in this folder is of version {own.get('version')}, and the package "
            f"is of {packaged['version']}: install targeted-lists {own.get('version')}, or copy "
            f"the project of this version into a new folder (`{command('init', project=True)}`) "
            "and your own models into it."
        )


def refuse_packaged_project() -> None:
    """Stop where the dbt project is the package's own, which nobody changes.

    Raises
    ------
    PlaceError : the message says how to have one of one's own.
    """
    if not is_here():
        raise PlaceError(
            "A list of your own is written into a dbt project of your own: "
            f"`{command('init', project=True)}` copies one into this folder."
        )
    refuse_other_project()
    refuse_read_only()


def refuse_read_only() -> None:
    """Stop where nothing can be written.

    Raises
    ------
    PlaceError : it names the folder.
    """
    for folder in WRITTEN:
        place = folder if folder.exists() else Path()
        if not os.access(place, os.W_OK | os.X_OK):
            raise PlaceError(
                f"Nothing can be written in {place.resolve()}; see to it that you may, or work "
                "in another folder."
            )


def set_up(*, with_project: bool) -> Outcome:
    """Make the folder of the data and, where asked for, copy the dbt project.

    Returns
    -------
    `made` (what was made).

    Raises
    ------
    PlaceError : a part of a project is there already, or nothing can be written.
    """
    refuse_read_only()
    made = []
    if with_project:
        if there := [name for name in PROJECT_PARTS if Path(name).exists()]:
            raise PlaceError(
                f"{there[0]} is there already; copy the project into a folder without one."
            )
        # The file by which a project is known comes last, so that half a copy is none.
        for name in reversed(PROJECT_PARTS):
            copy_part(PACKAGED / name, Path(name))
            made.append(Path(name))
    if not DATA_FOLDER.exists():
        DATA_FOLDER.mkdir()
        made.append(DATA_FOLDER)
    for path in made:
        print(f"Made {path}")
    print(
        f"Put your files into {DATA_FOLDER}/shop (any name), then: "
        f"{command('check', dataset='shop')}; or try it on a sample: {command('sample')}"
    )
    return Outcome({"made": made})


def copy_part(source: Path, target: Path) -> None:
    """Copy a file or a folder of the project, with what Python compiles left out."""
    if source.is_file():
        files.replace_file(target, lambda draft: shutil.copyfile(source, draft), mode=None)
    else:
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))


def write_sample(
    out: Path | None, *, layout: str, seed: int, duplicates: float = 0, refills: float = 0
) -> Outcome:
    """Write the sample shop into a folder that is not there yet.

    Parameters
    ----------
    duplicates : share of the customers who have two keys or three.
    refills : share of the customers who buy products again as they use them up.

    Returns
    -------
    `folder` and its `rows` by input.

    Raises
    ------
    PlaceError : something is there already.
    """
    from targeted_lists import sample

    folder = out or DATA_FOLDER / ("sample" if layout == "contract" else layout)
    if folder.exists() and any(folder.iterdir()):
        raise PlaceError(f"{folder} is there already; remove it, or name another one: --out")
    refuse_read_only()
    drawn = {"seed": seed, "duplicates": duplicates, "refills": refills}
    if layout == "contract":
        inputs = sample.write_sample(folder, **drawn).inputs
        rows = {name: len(frame) for name, frame in inputs.items()}
    else:
        generated = sample.generate_sample(**drawn)
        if layout == "order_export":
            sample.render_order_export(generated, folder)
        else:
            from targeted_lists.sample.platforms import render_platform

            written = render_platform(generated, folder, layout)
            print(f"Wrote {written}; to read it: targeted-lists init shop {written.as_posix()}")
            return Outcome({"folder": folder, "file": written})
        rows = {layout: len(generated.inputs["order_lines"])}
    for name, count in rows.items():
        print(f"{name:26} {count:>7} rows")
    then = command("lists", dataset=folder.name, data_dir=folder.parent.as_posix())
    print(f"Wrote {folder}; the lists of it: {then}")
    return Outcome({"folder": folder, "rows": rows})
