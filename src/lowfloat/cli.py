"""The command line: ``lowfloat VERB``. Figures go to standard output, everything else to stderr."""

import datetime as dt
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from lowfloat.base.clock import format_second
from lowfloat.base.prices import NANODOLLARS_PER_DOLLAR
from lowfloat.cli_audit import audit_app
from lowfloat.cli_index import index_app
from lowfloat.cli_phase import phase_app
from lowfloat.cli_synth import synth_app
from lowfloat.console import (
    Days,
    Into,
    Json,
    On,
    Workers,
    date_of,
    day_rows,
    existing_store,
    notes,
    out,
    print_json,
    progress_bar,
    table_of,
)
from lowfloat.errors import ConfigError, DayNotFound, LowfloatError

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Train and examine trading agents on low-float momentum stocks, second by second.",
)
days_app = typer.Typer(no_args_is_help=True, help="Look at a day store.")
config_app = typer.Typer(no_args_is_help=True, help="Look at a configuration.")
app.add_typer(days_app, name="days")
app.add_typer(config_app, name="config")
ingest_app = typer.Typer(no_args_is_help=True, help="Read vendor files into a day store.")
app.add_typer(ingest_app, name="ingest")
app.add_typer(synth_app, name="synth")
app.add_typer(audit_app, name="audit")
app.add_typer(index_app, name="index")
app.add_typer(phase_app, name="phase")

Overrides = Annotated[
    list[str] | None, typer.Argument(help="Configuration overrides, dotted.key=value.")
]


def main() -> None:
    """Run the command line; an error of ours is one message, not a traceback."""
    try:
        app()
    except (LowfloatError, OSError) as error:
        text = f"{type(error).__name__}: {error}"
        notes.print(text, style="red", markup=False, highlight=False, soft_wrap=True)
        raise SystemExit(1) from None


def _split_config(arguments: list[str] | None) -> tuple[Path | None, list[str]]:
    """Tell a leading configuration file from overrides."""
    words = list(arguments or [])
    if words and "=" not in words[0]:
        return Path(words[0]), words[1:]
    return None, words


Symbols = Annotated[list[str] | None, typer.Option("--symbols", help="Only these tickers.")]
First = Annotated[str | None, typer.Option("--from", help="First session date, YYYY-MM-DD.")]
Last = Annotated[str | None, typer.Option("--to", help="Last session date, YYYY-MM-DD.")]
Files = Annotated[list[Path], typer.Argument(help="Files, folders or globs.")]


def _ingest(
    vendor: str,
    source: list[Path],
    into: str,
    symbols: list[str] | None,
    first: str | None,
    last: str | None,
    as_json: bool,
    mapping: Path | None = None,
) -> None:
    from lowfloat import verbs

    tickers = [word for text in symbols or [] for word in text.split(",")] or None
    with progress_bar() as progress:
        result = verbs.ingest(
            source, into, vendor, symbols=tickers, first=date_of(first), last=date_of(last),
            mapping=mapping, progress=progress,
        )  # fmt: skip
    if as_json:
        print_json(result.as_dict())
    else:
        _print_ingest(result)
    if result.refused or result.failed:
        raise typer.Exit(1)


def _verb_of(vendor: str) -> Callable[..., None]:
    """Return the command that reads a vendor's files."""

    def command(
        source: Files,
        into: Into,
        symbols: Symbols = None,
        first: First = None,
        last: Last = None,
        as_json: Json = False,
    ) -> None:
        _ingest(vendor, source, into, symbols, first, last, as_json)

    return command


for _vendor, _help in (
    ("databento", "Read Databento DBN files: trades, books, status, bars and definitions."),
    ("massive", "Read Massive (Polygon) flat files: trades_v1 and quotes_v1."),
    ("alpaca", "Read Alpaca historical trades and quotes, JSON or CSV."),
    ("lean", "Read QuantConnect LEAN tick zips."),
):
    ingest_app.command(_vendor, help=_help)(_verb_of(_vendor))


@ingest_app.command("table")
def ingest_table_command(
    source: Files,
    into: Into,
    mapping: Annotated[Path, typer.Option("--map", help="YAML: what the columns are.")],
    symbols: Symbols = None,
    first: First = None,
    last: Last = None,
    as_json: Json = False,
) -> None:
    """Read any CSV or Parquet, with a mapping of its columns."""
    _ingest("table", source, into, symbols, first, last, as_json, mapping)


@ingest_app.command("reference")
def ingest_reference_command(
    table: Annotated[str, typer.Argument(help="float, splits, closes, halts, news ...")],
    source: Annotated[list[Path], typer.Argument(help="CSV or Parquet files.")],
    into: Into,
    as_json: Json = False,
) -> None:
    """Read dated facts, such as floats, splits or halts, into the tables beside the days."""
    from lowfloat.ingest.reference import ingest_reference

    counts = ingest_reference(table, source, into)
    if as_json:
        print_json(counts)
    else:
        out.print(", ".join(f"{number:,} {name}" for name, number in counts.items()))


def _print_ingest(result: Any) -> None:
    from lowfloat.days.report import TABLE_HEAD

    table = table_of(*TABLE_HEAD)
    for day in result.days:
        table.add_row(*day.report.table_row())
    out.print(table)
    out.print(
        f"{len(result.written)} written, {len(result.unchanged)} unchanged, "
        f"{len(result.quarantined)} of them quarantined, {len(result.failed)} failed, "
        f"{len(result.refused)} files refused, {len(result.ignored)} ignored"
    )
    for what, problems in (("refused", result.refused), ("failed", result.failed)):
        for name, message in problems:
            notes.print(f"{what} {name}: {message}", style="red", markup=False)


@app.command("scan")
def scan_command(
    days: Days,
    into: Into,
    overrides: Overrides = None,
    symbols: Symbols = None,
    first: First = None,
    last: Last = None,
    on: On = None,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Scan a day store into an index of days and reset points."""
    from lowfloat import verbs
    from lowfloat.config import load_config

    path, rest = _split_config(overrides)
    with progress_bar() as progress:
        index = verbs.scan(
            days, into, load_config(path, *rest), progress,
            symbols=symbols, first=date_of(first), last=date_of(last), on=on, workers=workers,
        )  # fmt: skip
    for name, error in index.failed.items():
        notes.print(f"failed {name}: {error}", style="red", markup=False)
    rows = index.days()
    if as_json:
        print_json(
            {
                "id": index.id,
                "failed": index.failed,
                "days": [
                    {name: getattr(day, name) for name in day.__slots__} for day in rows
                ],
            }
        )  # fmt: skip
        return
    table = table_of("day", "split", "story", "move", "volume", "halts", "resets", "alert")
    for day in rows:
        alert = "-" if day.alert_second is None else format_second(day.alert_second)
        table.add_row(
            day.name, day.split, day.scenario, f"{day.max_move:.0%}", f"{day.volume:,}",
            str(day.num_halts), str(day.resets) if day.tradable else "none", alert,
        )  # fmt: skip
    out.print(table)


@app.command("train")
def train_command(
    arguments: Annotated[
        list[str] | None, typer.Argument(help="[CONFIG] [key=value ...]", show_default=False)
    ] = None,
    index: Annotated[
        str | None, typer.Option("--index", help="Folder of the index, or its URL.")
    ] = None,
    run: Annotated[Path, typer.Option("--run", help="Folder of the run.")] = Path("runs/run"),
    resume: Annotated[bool, typer.Option("--resume", help="Go on from its checkpoint.")] = False,
    as_json: Json = False,
) -> None:
    """Train an agent. Ctrl-C saves and stops; --resume goes on where it stopped."""
    from lowfloat import verbs

    path, overrides = _split_config(arguments)
    if index is None:
        raise ConfigError("`--index` is missing; use the folder that `lowfloat scan` wrote.")
    with progress_bar() as progress:
        trained = verbs.train(
            path, *overrides, index=index, run=run, resume=resume, progress=progress
        )
    status = trained.status
    if as_json:
        print_json({"run": str(run), "fingerprint": trained.fingerprint["id"], **status})
        return
    typer.echo(repr(trained))
    if status["state"] == "interrupted":
        places = f"--index {shlex.quote(index)} --run {shlex.quote(str(run))}"
        typer.echo(f"saved; go on with: lowfloat train {places} --resume")


@app.command("examine")
def examine_command(
    run: Annotated[Path, typer.Argument(help="Folder of the run.")],
    overrides: Overrides = None,
    split: Annotated[str, typer.Option("--split", help="valid or exam.")] = "valid",
    index: Annotated[
        str | None, typer.Option("--index", help="Another index: folder or URL.")
    ] = None,
    checkpoint: Annotated[Path | None, typer.Option("--checkpoint")] = None,
    on: On = None,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Let the agent and the baselines play the whole days of a split."""
    from lowfloat import verbs

    with progress_bar() as progress:
        exam = verbs.examine(
            run, split, *(overrides or []), index=index, checkpoint=checkpoint, on=on,
            workers=workers, progress=progress,
        )  # fmt: skip
    if as_json:
        print_json(exam.figures)
    else:
        print_exam(exam)


def print_exam(exam: Any) -> None:
    """Print the table of an exam."""
    figures = exam.figures
    days = len(figures["symbol_days"])
    table = table_of(
        "policy", "mean/day", f"{figures['confidence']:.0%} interval", "trades", "won",
        title=f"net P&L in dollars, {days} {'day' if days == 1 else 'days'} of {figures['split']}",
    )  # fmt: skip
    for policy in figures["policies"]:
        rate = "-" if policy["win_rate"] is None else f"{policy['win_rate']:.0%}"
        table.add_row(
            policy["name"], f"{policy['mean']:,.2f}", _interval(policy["interval"]),
            str(policy["trades"]), rate,
        )  # fmt: skip
    out.print(table)
    if figures["left_out"]:
        out.print(f"left out, without quotes: {', '.join(figures['left_out'])}")


def _interval(bounds: list[float] | None) -> str:
    return f"[{bounds[0]:,.2f}, {bounds[1]:,.2f}]" if bounds else "one day only"


@app.command("report")
def report_command(
    run: Annotated[Path, typer.Argument(help="Folder of the run.")],
    split: Annotated[str, typer.Option("--split", help="Whose exam.")] = "valid",
    to: Annotated[Path | None, typer.Option("--out", help="The HTML file.")] = None,
    as_json: Json = False,
) -> None:
    """Write the report of an exam as one HTML file."""
    from lowfloat import verbs

    path = verbs.report(run, split, out=to)
    if as_json:
        print_json({"report": str(path)})
    else:
        typer.echo(f"report: {path}")


@app.command("demo")
def demo_command(
    into: Annotated[Path, typer.Option("--into", help="Folder for everything.")] = Path("demo"),
    quick: Annotated[bool, typer.Option("--quick", help="Under a minute.")] = False,
    as_json: Json = False,
) -> None:
    """Synthetic days, scan, train, examine, report: the whole product in one command."""
    from lowfloat.demo import run_demo

    with progress_bar() as progress:
        result = run_demo(into, quick, progress)
    if as_json:
        print_json(result.as_dict())
        return
    print_exam(result.exam)
    took = "  ".join(f"{stage} {seconds:.0f} s" for stage, seconds in result.seconds.items())
    out.print(took)
    typer.echo(f"report: {result.report}")


Quarantined = Annotated[
    bool, typer.Option("--quarantined", help="Of the days that failed validation.")
]
DayName = Annotated[str, typer.Argument(help="SYMBOL/YYYY-MM-DD.")]


@days_app.command("list")
def days_list_command(days: Days, quarantined: Quarantined = False, as_json: Json = False) -> None:
    """List the stored days."""
    rows = day_rows(existing_store(days, quarantined))
    if as_json:
        print_json(rows)
        return
    table = table_of("day", "vendor", "trades", "quotes", "halts", "verdict", "flags")
    for row in rows:
        table.add_row(
            f"{row['symbol']}/{row['date']}", row["vendor"], f"{row['trades']:,}",
            f"{row['quotes']:,}", str(row["halts"]), row["verdict"] or "", ", ".join(row["flags"]),
        )  # fmt: skip
    out.print(table)


def _named(name: str) -> tuple[str, dt.date]:
    symbol, _, date = name.partition("/")
    try:
        return symbol, dt.date.fromisoformat(date)
    except ValueError as error:
        raise DayNotFound(f"`{name}` names no day; use SYMBOL/YYYY-MM-DD.") from error


@days_app.command("show")
def days_show_command(
    days: Days, name: DayName, quarantined: Quarantined = False, as_json: Json = False
) -> None:
    """Show what a day is made of, and how sound it is."""
    store, key = existing_store(days, quarantined), _named(name)
    day = store[key]
    about, report = store.about(*key), store.report(*key)
    if as_json:
        print_json({"day": about, "report": report})
        return
    table = table_of(day.name, "")
    clock = day.session.second
    for word, value in (
        ("vendor", f"{day.vendor} {day.dataset}"),
        ("covered to", format_second(clock(day.coverage_end_ns))),
        ("trades", f"{about['trades']:,}"),
        ("quotes", f"{about['quotes']:,}"),
        *(
            (word, f"{about['summary'][word] / NANODOLLARS_PER_DOLLAR:,.4f}")
            for word in ("open", "high", "low", "close")
        ),
        ("volume", f"{about['summary']['volume']:,}"),
        *((f"halt {i}", _halt(day, *span)) for i, span in enumerate(day.halts, start=1)),
        *(("source", file) for file, _ in day.sources),
    ):
        table.add_row(word, value)
    out.print(table)
    if report is None:
        out.print("never validated: the day was not ingested from files")
        return
    out.print(f"verdict: {report['verdict']}")
    for word in ("reasons", "flags"):
        for finding in report[word]:
            out.print(f"  {finding['name']}: {finding['text']}", markup=False)
    repaired = ", ".join(f"{count:,} {fault}" for fault, count in report["faults"].items())
    out.print(f"repaired or left out: {repaired or 'nothing'}", markup=False)


def _halt(day: Any, begin: int, end: int) -> str:
    first, last = (format_second(day.session.second(ns)) for ns in (begin, end))
    return f"{first} to {last}"


@days_app.command("verify")
def days_verify_command(
    days: Days, quarantined: Quarantined = False, as_json: Json = False
) -> None:
    """Compare every file of every day, and of the reference tables, with its SHA-256."""
    from lowfloat.days.reference import ReferenceTables
    from lowfloat.errors import DayCorrupt, FeedError

    store = existing_store(days, quarantined)
    bad = {}
    for symbol, date in store.days():
        try:
            store.verify(symbol, date)
        except DayCorrupt as error:
            bad[f"{symbol}/{date}"] = str(error)
    try:
        tables = ReferenceTables(store.where).verify()
    except (DayCorrupt, FeedError) as error:
        tables = 0
        bad["reference"] = str(error)
    if as_json:
        print_json({"days": len(store), "reference_files": tables, "corrupt": bad})
    else:
        sound = len(store) - len(bad.keys() - {"reference"})
        out.print(f"{sound} of {len(store)} days are sound, and {tables} reference files")
        for message in bad.values():
            notes.print(message, style="red", markup=False)
    if bad:
        raise typer.Exit(1)


@days_app.command("drop")
def days_drop_command(days: Days, name: DayName, quarantined: Quarantined = False) -> None:
    """Remove one day from the store."""
    existing_store(days, quarantined).drop(*_named(name))
    out.print(f"dropped {name}")


@days_app.command("export")
def days_export_command(
    days: Days,
    names: Annotated[list[str], typer.Argument(help="SYMBOL/YYYY-MM-DD, or SYMBOL for all.")],
    into: Annotated[Path, typer.Option("--into", help="Folder to write to.")],
    dbn: Annotated[bool, typer.Option("--dbn", help="As Databento files.")] = True,
    quarantined: Quarantined = False,
    as_json: Json = False,
) -> None:
    """Write days as files that Databento's client reads, and this package again."""
    from lowfloat.ingest.dbn_export import export_days

    if not dbn:
        raise ConfigError("`--no-dbn` leaves nothing to write; DBN is the one format there is.")
    store = existing_store(days, quarantined)
    keys = []
    for name in names:
        keys += [_named(name)] if "/" in name else [key for key in store.days() if key[0] == name]
        if not keys:
            raise DayNotFound(f"{days} has no day of {name}.")
    written = export_days([store[key] for key in sorted(set(keys))], into)
    if as_json:
        print_json([str(path) for path in written])
    else:
        out.print(f"{len(written)} files in {into}")


@config_app.command("show")
def config_show_command(arguments: Overrides = None, as_json: Json = False) -> None:
    """Print the resolved configuration: the defaults, a file, and overrides."""
    from lowfloat.config import load_config

    path, overrides = _split_config(arguments)
    experiment = load_config(path, *overrides)
    if as_json:
        print_json({"fingerprint": experiment.fingerprint, **experiment.to_dict()})
        return
    from lowfloat.config import dump_config

    dump_config(experiment, sys.stdout)
