"""What the commands share: where they print, how they show progress, and common options."""

import datetime as dt
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from lowfloat.base.progress import Progress as ProgressCall
from lowfloat.errors import ConfigError, DayNotFound

if TYPE_CHECKING:
    from lowfloat.days.store import DayStore

# A table that is piped or kept must not be cut to the width of a terminal that is not there.
out = Console(width=None if sys.stdout.isatty() else 200)
notes = Console(stderr=True)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON value to standard output.")]
Days = Annotated[str, typer.Argument(help="Folder of the day store, or its URL.")]
Into = Annotated[str, typer.Option("--into", help="Folder to write to, or its URL.")]
On = Annotated[
    str | None,
    typer.Option("--on", help="Where: here, local, ray or ray:ADDRESS.", show_default=False),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers", min=1, help="Processes; all of the machine or cluster that --on names, or 1."
    ),
]


@contextmanager
def progress_bar() -> Iterator[ProgressCall]:
    """Show a bar on standard error; it comes and goes with the first and last call."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=notes, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda word, done, total: bar.update(
            task, description=word, completed=done, total=total
        )


def table_of(first: str, *others: str, title: str | None = None) -> Table:
    """Return a table with names on the left and figures on the right."""
    table = Table(title=title)
    table.add_column(first, no_wrap=True)
    for heading in others:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def print_json(value: Any) -> None:
    """Print one JSON value to standard output."""
    typer.echo(json.dumps(value, indent=1, default=str))


def date_of(text: str | None) -> dt.date | None:
    """Return the date an option names, None if it was not given.

    Raises:
        ConfigError: it is no date.
    """
    try:
        return None if text is None else dt.date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"a date was {text!r}; use YYYY-MM-DD.") from error


def existing_store(where: str | Path, quarantined: bool = False) -> "DayStore":
    """Return the day store of a folder or a URL, or what lies in its quarantine.

    Raises:
        DayNotFound: there is no such folder.
    """
    from lowfloat.days.store import DayStore

    store = DayStore(where)
    if not store.exists():
        raise DayNotFound(f"{where} is no folder; use that of a day store.")
    return store.quarantine if quarantined else store


def day_rows(store: "DayStore") -> list[dict[str, Any]]:
    """Return what a list of days says of each."""
    rows = []
    for symbol, date in store.days():
        about, report = store.about(symbol, date), store.report(symbol, date)
        names = ("symbol", "date", "vendor", "dataset", "trades", "quotes", "halts", "flags")
        rows.append(
            {name: about[name] for name in names}
            | {
                "verdict": report["verdict"] if report else None,
                "manifest_id": store.manifest(symbol, date)["id"],
            }
        )
    return rows
