"""The command ``lowfloat audit lookahead``."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lowfloat.base.clock import format_second
from lowfloat.console import (
    Json,
    date_of,
    existing_store,
    notes,
    out,
    print_json,
    progress_bar,
    table_of,
)
from lowfloat.errors import ConfigError

if TYPE_CHECKING:
    from lowfloat.audit.lookahead import Audit
    from lowfloat.base.progress import Progress
    from lowfloat.days.store import DayStore

audit_app = typer.Typer(no_args_is_help=True, help="Look for what is known before its time.")

_PLANTED_DAYS = 4
_MARKET_SEED = 3  # its first days have halts, which some leaks need to show
_INTERRUPTED = 130  # as a shell says of a command that Ctrl-C ended


@audit_app.callback()
def audit_command() -> None:
    """Look for what is known before its time."""


@audit_app.command("lookahead")
def audit_lookahead_command(
    days: Annotated[str | None, typer.Argument(help="Folder of the day store, or its URL.")] = None,
    synthetic: Annotated[
        int | None, typer.Option("--synthetic", min=1, help="Make this many days instead.")
    ] = None,
    columns: Annotated[
        list[str] | None, typer.Option("--columns", help="Only these columns.")
    ] = None,
    column_file: Annotated[
        Path | None, typer.Option("--column", help="Python file of your own COLUMNS to audit.")
    ] = None,
    planted: Annotated[
        bool, typer.Option("--planted", help="Measure the audit itself, on leaks planted for it.")
    ] = False,
    probes: Annotated[int, typer.Option("--probes", min=1, help="Futures to try.")] = 2_000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Draws the probes.")] = 1,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes.")] = 1,
    symbols: Annotated[
        list[str] | None, typer.Option("--symbols", help="Only these tickers.")
    ] = None,
    first: Annotated[
        str | None, typer.Option("--from", help="First session date, YYYY-MM-DD.")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last session date, YYYY-MM-DD.")] = None,
    as_json: Json = False,
) -> None:
    """Change what comes after a second, and compare all that is known up to it.

    Exits with 1 if anything moved, or if a planted leak was not found.
    """
    from lowfloat.audit.lookahead import audit_store
    from lowfloat.audit.planted import planted_among_honest
    from lowfloat.audit.subjects import column_file_subjects, honest_subjects

    names = _words(columns)
    if planted and (names or column_file):
        raise ConfigError("`--planted` audits leaks of its own; leave out --columns and --column.")
    honest = partial(honest_subjects, names)
    if column_file is not None:
        honest = partial(column_file_subjects, column_file, names)
    asked = {subject.name for subject in honest()}  # a wrong name is told before days are made
    if days is None and synthetic is None and planted:
        synthetic = _PLANTED_DAYS
    with progress_bar() as progress, _store(days, synthetic, progress) as store:
        audit = audit_store(
            store,
            _keys(store, _words(symbols), date_of(first), date_of(last)),
            planted_among_honest if planted else honest,
            probes=probes,
            seed=seed,
            workers=workers,
            until_found=planted,
            progress=progress,
        )
    shown = audit.only(asked)
    figures = shown.as_dict() | (_measured(audit) if planted else {})
    if as_json:
        print_json(figures)
    else:
        _print_audit(shown)
        if planted:
            _print_planted(figures)
    if shown.differences or (planted and figures["missed"] and not audit.interrupted):
        raise typer.Exit(1)
    if audit.interrupted:
        raise typer.Exit(_INTERRUPTED)


def _words(texts: list[str] | None) -> list[str] | None:
    return [word for text in texts or [] for word in text.split(",") if word] or None


@contextmanager
def _store(days: str | None, synthetic: int | None, progress: "Progress") -> Iterator["DayStore"]:
    """Yield the store to audit, one of synthetic days if no other is given."""
    from lowfloat.days.store import DayStore
    from lowfloat.synth import Options, synthesize

    if (days is None) == (synthetic is None):
        given = "neither was given" if days is None else "both were given"
        raise ConfigError(f"{given}: use a folder of days, or --synthetic with a number of days.")
    if days is not None:
        yield existing_store(days)
        return
    assert synthetic is not None
    with TemporaryDirectory() as folder:
        store = DayStore(folder)
        # Days in play have the halts and the late prints that rare mistakes show at.
        synthesize(store, synthetic, _MARKET_SEED, options=Options(active=1.0), progress=progress)
        yield store


def _keys(
    store: "DayStore", symbols: list[str] | None, first: dt.date | None, last: dt.date | None
) -> list[tuple[str, dt.date]]:
    return [
        (symbol, date)
        for symbol, date in store.days()
        if (symbols is None or symbol in symbols)
        and (first is None or date >= first)
        and (last is None or date <= last)
    ]


def _measured(audit: "Audit") -> dict[str, Any]:
    """Return which leaks were found, the hardest first."""
    from lowfloat.audit.planted import PLANTED

    found = {subject: first for (subject, _), first in audit.first.items() if subject in PLANTED}
    leaks = [
        {
            "leak": name,
            "probes": first.probes,
            "family": first.finding.family,
            "aim": first.finding.aim,
        }
        for name, first in sorted(found.items(), key=lambda leak: -leak[1].probes)
    ]
    missed = [name for name in PLANTED if name not in found]
    return {
        "planted": len(PLANTED), "planted_found": len(found), "missed": missed, "leaks": leaks
    }  # fmt: skip


def _print_audit(audit: "Audit") -> None:
    table = table_of("futures", "probes")
    kinds: Counter[str] = Counter()
    for family, count in audit.by_family.items():
        _, _, column = family.partition(" ")
        kinds[f"an extreme of {column.split('.')[0]}" if column else family] += count
    for kind, count in kinds.items():
        table.add_row(kind, f"{count:,}")
    out.print(table)
    if audit.first:
        out.print(_findings_table(audit))
    days = f"{len(audit.days)} {'day' if len(audit.days) == 1 else 'days'}"
    ended = ", interrupted" if audit.interrupted else ""
    out.print(
        f"{audit.probes:,} probes of {days}{ended}: {audit.differences:,} differences, "
        f"{audit.seconds:.0f} s"
    )
    if audit.never_moved:
        notes.print(
            f"nothing is shown about what no future moved, before its cut or after: "
            f"{', '.join(map('.'.join, audit.never_moved))}",
            markup=False,
        )


def _findings_table(audit: "Audit") -> Any:
    table = table_of(
        "column", "day", "cut at", "future", "moved from", "decisions", "was", "became",
        title="known before its time: the first finding of each column",
    )  # fmt: skip
    for found in audit.first.values():
        finding = found.finding
        table.add_row(
            f"{finding.subject}.{finding.column}", finding.day, format_second(finding.cut),
            finding.family, format_second(finding.first), f"{finding.rows:,}",
            str(finding.before), str(finding.after),
        )  # fmt: skip
    return table


def _print_planted(figures: dict[str, Any]) -> None:
    table = table_of("planted leak", "found after probes", "future", "cut aimed at")
    for leak in figures["leaks"]:
        table.add_row(leak["leak"], f"{leak['probes']:,}", leak["family"], leak["aim"])
    out.print(table)
    out.print(f"{figures['planted_found']} of {figures['planted']} planted leaks found")
    if figures["missed"]:
        notes.print(f"missed: {', '.join(figures['missed'])}", style="red", markup=False)
