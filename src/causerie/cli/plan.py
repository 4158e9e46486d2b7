"""`causerie plan`: what a run takes on a fleet, before it is paid for: days, money, energy, failures, thresholds.

Does: parse, plan, print as text or JSON, write the page.
Does not: compute; see `planning/plan.py`. What a run takes on this machine says `causerie train --dry-run`.
Try it: causerie plan recipes/fleet-7b.toml --gpus 1024 --gpu h100 --html plan.html
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from causerie.cli.language import language, t
from causerie.cli.terminal import console, print_json

if TYPE_CHECKING:
    from causerie.planning.plan import Plan


def plan(
    recipe: Annotated[Path, typer.Argument(help=t("The recipe of the run, a TOML file."))],
    gpus: Annotated[
        int | None, typer.Option("--gpus", min=1, help=t("How many GPUs (none = the recipe's money.processes)."))
    ] = None,
    gpu: Annotated[
        str,
        typer.Option("--gpu", help=t("Kind of GPU: h100, h200, h800, a100, b200, mi300x and others (none = h100).")),
    ] = "",
    assumed: Annotated[
        list[str] | None,
        typer.Option("--assume", help=t("Your own value: NAME=NUMBER or NAME=LOW..HIGH; may be repeated.")),
    ] = None,
    calibrate: Annotated[
        Path | None,
        typer.Option("--calibrate", help=t("Folder of a run whose speed is taken; without --gpu also its machine.")),
    ] = None,
    tensor: Annotated[
        int, typer.Option("--tensor", min=0, help=t("GPUs that share each matrix (0 = the best is searched)."))
    ] = 0,
    pipeline: Annotated[
        int, typer.Option("--pipeline", min=0, help=t("Groups of layers in a row (0 = the best is searched)."))
    ] = 0,
    changes: Annotated[
        list[str] | None, typer.Option("--set", help=t("Change a key of the recipe: key=value; may be repeated."))
    ] = None,
    html: Annotated[Path | None, typer.Option("--html", help=t("Write the plan as a page, one file."))] = None,
    as_json: Annotated[bool, typer.Option("--json", help=t("Print JSON."))] = False,
) -> None:
    """Plan a run."""
    from causerie.planning.asked import Wanted
    from causerie.planning.assumptions import assume
    from causerie.planning.calibration import calibrate as read_run
    from causerie.planning.gpus import gpu as kind
    from causerie.planning.plan import make_plan
    from causerie.registry.policy import compute_thresholds
    from causerie.settings import load_settings
    from causerie.training.planned import run_of
    from causerie.training.recipe_file import read_recipe

    asked = read_recipe(recipe, changes or [])
    measured = read_run(calibrate) if calibrate else None
    here = measured is not None and not gpu
    made = make_plan(
        run_of(asked, recipe.stem),
        measured.machine() if measured and here else kind(gpu or "h100"),
        gpus or (1 if here else asked.money.processes),
        assume(assumed or [], measured.assumptions(transferred=not here) if measured else None),
        Wanted(tensor=tensor, pipeline=pipeline),
        compute_thresholds(load_settings()),
    )
    if html is not None:
        _write(html, made)
    if as_json:
        from causerie.planning.facts import facts

        print_json(facts(made))
        return
    _say(made, html)


def _write(path: Path, made: "Plan") -> None:
    from causerie.planning.page import page

    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(made, t, language()), encoding="utf-8")


def _say(made: "Plan", html: Path | None) -> None:
    """Each section with its rows; what a figure stands on comes behind it, and where the page is at the end."""
    from causerie.cli.models import print_table
    from causerie.planning.telling import sections

    for section in sections(made, t):
        console().print(section.title, style="bold", markup=False)
        print_table((), [(f"  {row.label}", row.value, row.note) for row in section.rows])
        console().print()
    if html is not None:
        console().print(t("the plan as a page: {path}", path=html), markup=False, soft_wrap=True)
