"""The commands ``lowfloat phase fit`` and ``lowfloat phase show``."""

import datetime as dt
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import numpy as np
import typer

from lowfloat.console import (
    Json,
    On,
    Workers,
    date_of,
    existing_store,
    out,
    print_json,
    progress_bar,
    table_of,
)

if TYPE_CHECKING:
    from lowfloat.fleet import Failed
    from lowfloat.tape.phase_labels import LabelledDay

_UNSAID = 11  # the code of HALTED: such a second is not fitted to

phase_app = typer.Typer(no_args_is_help=True, help="Fit the phase tracker, and look at a fit.")


@phase_app.command("fit")
def phase_fit_command(
    days: Annotated[list[str], typer.Argument(help="Folders of day stores, or their URLs.")],
    into: Annotated[Path, typer.Option("--into", help="Model file to write.")],
    truth: Annotated[
        bool, typer.Option("--truth", help="Take the truth of synthetic days for the labels.")
    ] = False,
    last: Annotated[
        str | None, typer.Option("--to", help="Last date to fit to, YYYY-MM-DD.")
    ] = None,
    on: On = None,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Fit the phase tracker to days: to their truth, or to labels made with hindsight."""
    from lowfloat.fleet import each
    from lowfloat.tape.phase_fit import fit

    limit = date_of(last)
    stores = [existing_store(where) for where in days]
    keys = sorted(
        (date, symbol, number)
        for number, store in enumerate(stores)
        for symbol, date in store.days()
        if limit is None or date <= limit
    )
    tasks = [_Task(stores[number].where, symbol, date) for date, symbol, number in keys]
    labelled = each(
        partial(_labelled, truth=truth), tasks, on=on, workers=workers, name=_name_of,
        prepare=partial(_labelled, *tasks[:1], truth=truth),
    )  # fmt: skip
    with progress_bar() as progress, closing(labelled):
        model = fit(
            [(task.date, _name_of(task)) for task in tasks],
            lambda _: _taken(next(labelled)),
            about={"labels": "truth" if truth else "hindsight"},
            progress=progress,
        )
    model.save(into)
    if as_json:
        print_json(model.about)
    else:
        out.print(f"{into}: {len(keys)} days, kappa {model.kappa:.5f}")


@phase_app.command("show")
def phase_show_command(
    file: Annotated[Path, typer.Argument(help="Model file.")], as_json: Json = False
) -> None:
    """Show what a phase model says: how long phases last, and what follows them."""
    from lowfloat.tape.phase_model import LABELS, load_model

    model = load_model(file)
    following = model.following.mean(axis=0)
    rows = []
    for name, law, chain, chances in zip(LABELS, model.laws, model.chains, following, strict=True):
        usual = {LABELS[j]: float(chances[j]) for j in np.argsort(-chances)[:3].tolist()}
        rows.append((name, law.median, law.log_sd, chain.mean, usual))
    if as_json:
        names = ("phase", "median_seconds", "log_sd", "mean_seconds", "next")
        phases = [dict(zip(names, row, strict=True)) for row in rows]
        print_json({"kappa": model.kappa, "days": len(model.days), "phases": phases})
        return
    table = table_of("phase", "median s", "log sd", "mean s", "next")
    for name, median, log_sd, mean, usual in rows:
        words = ", ".join(f"{phase} {chance:.0%}" for phase, chance in usual.items())
        table.add_row(name, f"{median:.3g}", f"{log_sd:.3g}", f"{mean:.3g}", words)
    out.print(table)
    out.print(f"fitted on {len(model.days)} days; kappa {model.kappa:.5f}")


class _Task(NamedTuple):
    """A day to label; what a worker is sent."""

    store: str
    symbol: str
    date: dt.date


def _name_of(task: _Task) -> str:
    return f"{task.symbol}/{task.date}"


def _taken(found: "LabelledDay | Failed") -> "LabelledDay":
    from lowfloat.fleet import Failed

    if isinstance(found, Failed):
        raise found.error
    return found


def _labelled(task: _Task, *, truth: bool) -> "LabelledDay":
    """Return a day of a store with its labels."""
    from lowfloat.days.store import DayStore
    from lowfloat.tape.column import Tape
    from lowfloat.tape.phase_input import phase_input
    from lowfloat.tape.phase_labels import LabelledDay, label

    store = DayStore(task.store)
    day = store[task.symbol, task.date]
    tape = Tape(day)
    seen = phase_input(tape)
    if truth:
        labels = labels_of_truth(store.truth(task.symbol, task.date)["phase"], len(seen.halted))
    else:
        labels = label(tape)
        labels[day.session.second(day.coverage_end_ns) :] = _UNSAID
    return LabelledDay(day.name, day.manifest_id, seen, labels)


def labels_of_truth(phase: np.ndarray, seconds: int) -> np.ndarray:
    """Return a truth as labels of decision seconds; those after the session say nothing."""
    labels = np.full(seconds, _UNSAID, np.int8)
    labels[: len(phase)] = phase
    return labels
