"""The command line: ``lowfloat VERB``. Figures go to standard output, everything else to stderr."""

import datetime as dt
import json
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from lowfloat.base.clock import format_second
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

out = Console()
notes = Console(stderr=True)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON value to standard output.")]
Days = Annotated[Path, typer.Argument(help="Folder of the day store.")]
Into = Annotated[Path, typer.Option("--into", help="Folder to write to.")]
Overrides = Annotated[
    list[str] | None, typer.Argument(help="Configuration overrides, dotted.key=value.")
]


def main() -> None:
    """Run the command line; an error of ours is one message, not a traceback."""
    try:
        app()
    except LowfloatError as error:
        text = f"{type(error).__name__}: {error}"
        notes.print(text, style="red", markup=False, highlight=False, soft_wrap=True)
        raise SystemExit(1) from None


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
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


def _table(first: str, *others: str, title: str | None = None) -> Table:
    """Return a table with names on the left and figures on the right."""
    table = Table(title=title)
    table.add_column(first, no_wrap=True)
    for heading in others:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=1, default=str))


def _split_config(arguments: list[str] | None) -> tuple[Path | None, list[str]]:
    """Tell a leading configuration file from overrides."""
    words = list(arguments or [])
    if words and "=" not in words[0]:
        return Path(words[0]), words[1:]
    return None, words


@ingest_app.command("databento")
def ingest_databento_command(
    source: Annotated[list[Path], typer.Argument(help="DBN files or folders.")],
    into: Into,
    symbols: Annotated[list[str] | None, typer.Option("--symbols", help="Only these.")] = None,
    as_json: Json = False,
) -> None:
    """Read Databento trades, mbp-1 and status files."""
    from lowfloat import verbs

    with _progress() as progress:
        result = verbs.ingest(source, into, symbols=symbols, progress=progress)
    if as_json:
        _print_json(result.as_dict())
    else:
        _print_ingest(result)
    if result.refused or result.failed:
        raise typer.Exit(1)


def _print_ingest(result: Any) -> None:
    table = _table("day", "trades", "quotes", "halts", "data end", "flags")
    for day in result.days:
        table.add_row(
            f"{day.symbol}/{day.date}", f"{day.trades:,}", f"{day.quotes:,}", str(day.halts),
            day.coverage_end, ", ".join(day.flags),
        )  # fmt: skip
    out.print(table)
    out.print(
        f"{len(result.written)} written, {len(result.unchanged)} unchanged, "
        f"{len(result.failed)} failed, {len(result.refused)} files refused, "
        f"{len(result.ignored)} ignored"
    )
    for what, problems in (("refused", result.refused), ("failed", result.failed)):
        for name, message in problems:
            notes.print(f"{what} {name}: {message}", style="red", markup=False)


@app.command("synth")
def synth_command(
    days: Annotated[int, typer.Option("--days", min=1, help="Number of sessions.")],
    into: Into,
    seed: Annotated[int, typer.Option("--seed", help="Names the market.")] = 1,
    as_json: Json = False,
) -> None:
    """Make synthetic days."""
    from lowfloat import verbs

    with _progress() as progress:
        store = verbs.synth(into, days, seed, progress)
    if as_json:
        _print_json(_day_rows(store))
    else:
        out.print(f"{len(store)} days in {into}")


@app.command("scan")
def scan_command(
    days: Days, into: Into, overrides: Overrides = None, as_json: Json = False
) -> None:
    """Scan a day store into an index of days and reset points."""
    from lowfloat import verbs
    from lowfloat.config import load_config

    path, rest = _split_config(overrides)
    with _progress() as progress:
        index = verbs.scan(days, into, load_config(path, *rest), progress)
    rows = index.days()
    if as_json:
        _print_json(
            {
                "id": index.id,
                "days": [
                    {name: getattr(day, name) for name in day.__slots__} for day in rows
                ],
            }
        )  # fmt: skip
        return
    table = _table("day", "split", "move", "volume", "halts", "resets", "alert")
    for day in rows:
        alert = "-" if day.alert_second is None else format_second(day.alert_second)
        table.add_row(
            day.name, day.split, f"{day.max_move:.0%}", f"{day.volume:,}", str(day.num_halts),
            str(day.resets) if day.tradable else "none", alert,
        )  # fmt: skip
    out.print(table)


@app.command("train")
def train_command(
    arguments: Annotated[
        list[str] | None, typer.Argument(help="[CONFIG] [key=value ...]", show_default=False)
    ] = None,
    index: Annotated[Path | None, typer.Option("--index", help="Index folder.")] = None,
    run: Annotated[Path, typer.Option("--run", help="Folder of the run.")] = Path("runs/run"),
    resume: Annotated[bool, typer.Option("--resume", help="Go on from its checkpoint.")] = False,
    as_json: Json = False,
) -> None:
    """Train an agent. Ctrl-C saves and stops; --resume goes on where it stopped."""
    from lowfloat import verbs

    path, overrides = _split_config(arguments)
    if index is None:
        raise ConfigError("`--index` is missing; use the folder that `lowfloat scan` wrote.")
    with _progress() as progress:
        trained = verbs.train(
            path, *overrides, index=index, run=run, resume=resume, progress=progress
        )
    status = trained.status
    if as_json:
        _print_json({"run": str(run), "fingerprint": trained.fingerprint["id"], **status})
        return
    typer.echo(repr(trained))
    if status["state"] == "interrupted":
        places = f"--index {shlex.quote(str(index))} --run {shlex.quote(str(run))}"
        typer.echo(f"saved; go on with: lowfloat train {places} --resume")


@app.command("examine")
def examine_command(
    run: Annotated[Path, typer.Argument(help="Folder of the run.")],
    overrides: Overrides = None,
    split: Annotated[str, typer.Option("--split", help="valid or exam.")] = "valid",
    index: Annotated[Path | None, typer.Option("--index", help="Another index.")] = None,
    checkpoint: Annotated[Path | None, typer.Option("--checkpoint")] = None,
    as_json: Json = False,
) -> None:
    """Let the agent and the baselines play the whole days of a split."""
    from lowfloat import verbs

    with _progress() as progress:
        exam = verbs.examine(
            run, split, *(overrides or []), index=index, checkpoint=checkpoint, progress=progress
        )
    if as_json:
        _print_json(exam.figures)
    else:
        print_exam(exam)


def print_exam(exam: Any) -> None:
    """Print the table of an exam."""
    figures = exam.figures
    days = len(figures["symbol_days"])
    table = _table(
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
        _print_json({"report": str(path)})
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

    with _progress() as progress:
        result = run_demo(into, quick, progress)
    if as_json:
        _print_json(result.as_dict())
        return
    print_exam(result.exam)
    took = "  ".join(f"{stage} {seconds:.0f} s" for stage, seconds in result.seconds.items())
    out.print(took)
    typer.echo(f"report: {result.report}")


@days_app.command("list")
def days_list_command(days: Days, as_json: Json = False) -> None:
    """List the stored days."""
    rows = _day_rows(_existing(days))
    if as_json:
        _print_json(rows)
        return
    table = _table("day", "vendor", "trades", "quotes", "halts", "flags")
    for row in rows:
        table.add_row(
            f"{row['symbol']}/{row['date']}", row["vendor"], f"{row['trades']:,}",
            f"{row['quotes']:,}", str(row["halts"]), ", ".join(row["flags"]),
        )  # fmt: skip
    out.print(table)


def _existing(folder: Path) -> Any:
    from lowfloat.days.store import DayStore

    if not folder.is_dir():
        raise DayNotFound(f"{folder} is no folder; use that of a day store.")
    return DayStore(folder)


def _day_rows(store: Any) -> list[dict[str, Any]]:
    return [
        {
            "symbol": day.symbol,
            "date": day.date.isoformat(),
            "vendor": day.vendor,
            "dataset": day.dataset,
            "trades": len(day.trades.price),
            "quotes": len(day.quotes.action),
            "halts": len(day.halts),
            "flags": list(day.flags),
            "manifest_id": day.manifest_id,
        }
        for day in store
    ]


@days_app.command("verify")
def days_verify_command(days: Days, as_json: Json = False) -> None:
    """Compare every file of every day with its SHA-256."""
    from lowfloat.errors import DayCorrupt

    store = _existing(days)
    bad = {}
    for symbol, date in store.days():
        try:
            store.verify(symbol, date)
        except DayCorrupt as error:
            bad[f"{symbol}/{date}"] = str(error)
    if as_json:
        _print_json({"days": len(store), "corrupt": bad})
    else:
        out.print(f"{len(store) - len(bad)} of {len(store)} days are sound")
        for message in bad.values():
            notes.print(message, style="red", markup=False)
    if bad:
        raise typer.Exit(1)


@days_app.command("drop")
def days_drop_command(
    days: Days, name: Annotated[str, typer.Argument(help="SYMBOL/YYYY-MM-DD.")]
) -> None:
    """Remove one day from the store."""
    symbol, _, date = name.partition("/")
    try:
        day = dt.date.fromisoformat(date)
    except ValueError as error:
        raise DayNotFound(f"`{name}` names no day; use SYMBOL/YYYY-MM-DD.") from error
    _existing(days).drop(symbol, day)
    out.print(f"dropped {name}")


@config_app.command("show")
def config_show_command(arguments: Overrides = None, as_json: Json = False) -> None:
    """Print the resolved configuration: the defaults, a file, and overrides."""
    from lowfloat.config import load_config

    path, overrides = _split_config(arguments)
    experiment = load_config(path, *overrides)
    if as_json:
        _print_json({"fingerprint": experiment.fingerprint, **experiment.to_dict()})
        return
    import sys

    from lowfloat.config import dump_config

    dump_config(experiment, sys.stdout)
