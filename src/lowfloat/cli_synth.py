"""The commands ``lowfloat synth``, ``lowfloat synth check`` and ``lowfloat synth calibrate``."""

import math
from pathlib import Path
from typing import Annotated, Any

import typer

from lowfloat.console import (
    Days,
    Json,
    On,
    Workers,
    date_of,
    day_rows,
    existing_store,
    out,
    print_json,
    progress_bar,
    table_of,
)

synth_app = typer.Typer(
    invoke_without_command=True,
    help="Make synthetic days; check how real they look; calibrate the market to real ones.",
)

Seed = Annotated[int, typer.Option("--seed", help="Names the market.")]


@synth_app.callback()
def synth_command(
    context: typer.Context,
    days: Annotated[int | None, typer.Option("--days", min=1, help="Sessions per stock.")] = None,
    into: Annotated[
        str | None, typer.Option("--into", help="Folder to write to, or its URL.")
    ] = None,
    seed: Seed = 1,
    symbols: Annotated[int, typer.Option("--symbols", min=1, help="Number of stocks.")] = 1,
    first: Annotated[
        str | None, typer.Option("--from", help="Date of the first session, YYYY-MM-DD.")
    ] = None,
    mix: Annotated[
        str, typer.Option("--mix", help="How often each scenario: curriculum or market.")
    ] = "curriculum",
    active: Annotated[
        float | None, typer.Option("--active", help="Share of days in play, 0 to 1.")
    ] = None,
    edge: Annotated[
        float, typer.Option("--edge", help="Factor on what can be foreseen; 0: nothing.")
    ] = 1.0,
    planted_edge: Annotated[
        float, typer.Option("--planted-edge", help="Rise after each signal; needs --edge 0.")
    ] = 0.0,
    preset: Annotated[
        Path | None, typer.Option("--preset", help="File that `synth calibrate` wrote.")
    ] = None,
    dbn: Annotated[
        Path | None, typer.Option("--dbn", help="Folder for the days as Databento files, too.")
    ] = None,
    on: On = None,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Make synthetic days."""
    if context.invoked_subcommand is not None:
        return
    if days is None or into is None:
        missing = " and ".join(
            name for name, value in (("--days", days), ("--into", into)) if value is None
        )
        message = f"Give {missing}, as in `--days 30 --into DAYS`, or one of the commands."
        raise typer.BadParameter(message, context)
    from lowfloat import verbs
    from lowfloat.synth import Options

    options = Options(mix, active, edge, planted_edge)
    if preset is not None:
        from lowfloat.synth.preset_file import load_preset

        options = options._replace(preset=load_preset(preset))
    with progress_bar() as progress:
        store = verbs.synth(
            into, days, seed, symbols=symbols, first=date_of(first), options=options, dbn=dbn,
            on=on, workers=workers, progress=progress,
        )  # fmt: skip
    if as_json:
        print_json(day_rows(store))
    else:
        out.print(f"{len(store)} days in {into}")


@synth_app.command("check")
def synth_check_command(
    days: Days,
    against: Annotated[
        str | None, typer.Option("--against", help="Day store of real days to compare with.")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--against-to", help="Last date of those, YYYY-MM-DD.")
    ] = None,
    page: Annotated[Path | None, typer.Option("--into", help="HTML page to write.")] = None,
    as_json: Json = False,
) -> None:
    """Compare the stylised facts of days with what real low-float stocks do."""
    from lowfloat.report.market_check import check_market, write_page

    with progress_bar() as progress:
        check = check_market(
            _days_of(days, None, progress),
            None if against is None else _days_of(against, last, progress),
            classify=against is not None,
        )
    if page is not None:
        write_page(page, check)
    if as_json:
        print_json(
            {
                "facts": [_plain(fact) for fact in check.facts],
                "inside": check.inside,
                "outside": check.outside,
                "classifier": None if check.apart is None else _apart(check.apart),
            }
        )
        return
    table = table_of("fact", "value", "low", "high", "ok", "real")
    for fact in check.facts:
        said = {True: "yes", False: "NO", None: "unknown"}[fact.ok]
        numbers = (fact.value, fact.low, fact.high)
        table.add_row(fact.name, *map(_number, numbers), said, _number(fact.against))
    out.print(table)
    out.print(f"{check.inside} inside, {check.outside} outside, {check.unsaid} unknown")
    if check.apart is not None:
        apart = check.apart
        out.print(
            f"a classifier tells five minutes of the two apart with an area of {apart.area:.2f} "
            f"({apart.low:.2f} to {apart.high:.2f})"
        )


@synth_app.command("calibrate")
def synth_calibrate_command(
    days: Days,
    into: Annotated[Path, typer.Option("--into", help="Preset file to write.")],
    seed: Seed = 1,
    rounds: Annotated[
        int | None, typer.Option("--rounds", min=1, help="Rounds of fitting; 12 if not given.")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", help="Last date to fit to, YYYY-MM-DD.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Fit the synthetic market to real days, and write a preset."""
    from lowfloat.synth.calibrate import ROUNDS, calibrate
    from lowfloat.synth.preset_file import save_preset

    with progress_bar() as progress:
        fitted = calibrate(
            list(_days_of(days, last, None)), seed=seed, rounds=rounds or ROUNDS, progress=progress
        )
    save_preset(fitted.preset, into, fitted.about)
    if as_json:
        print_json(fitted.about)
        return
    table = table_of("fact", "real", "before", "after")
    for name, target in fitted.targets.items():
        values = (target, fitted.facts_before[name], fitted.facts_after[name])
        table.add_row(name, *(f"{value:.4g}" for value in values))
    out.print(table)


def _days_of(where: str, last: str | None, progress: Any) -> Any:
    """Yield the days of a store up to a date."""
    store = existing_store(where)
    limit = date_of(last)
    keys = [key for key in store.days() if limit is None or key[1] <= limit]
    for number, key in enumerate(keys, start=1):
        if progress is not None:
            progress(f"{key[0]}/{key[1]}", number, len(keys))
        yield store[key]


def _apart(apart: Any) -> dict[str, Any]:
    plain = _plain(apart)
    plain["features"] = [_plain(feature) for feature in apart.features]
    return plain


def _plain(record: Any) -> dict[str, Any]:
    """Return a record as a dict, with None for numbers that are not known: JSON has no NaN."""
    plain = record._asdict()
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in plain.items()
    }


def _number(value: float) -> str:
    return f"{value:.4g}" if math.isfinite(value) else ""
