"""The command ``lowfloat index show``."""

from pathlib import Path
from typing import Annotated

import typer

from lowfloat.base.clock import format_second
from lowfloat.console import Json, existing_store, out, print_json, table_of

index_app = typer.Typer(no_args_is_help=True, help="Look at an index.")

_TOP_DAYS = 10


@index_app.callback()
def index_command() -> None:
    """Look at an index."""


@index_app.command("show")
def index_show_command(
    index: Annotated[str, typer.Argument(help="Folder that `lowfloat scan` wrote to, or its URL.")],
    html: Annotated[
        Path | None, typer.Option("--html", help="Page to write, with a chart per point.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=1, help="Best points of the page, and worst; 24 each."),
    ] = None,
    days: Annotated[
        str | None, typer.Option("--days", help="The day store, if it was moved.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show how good the reset points of an index are, and its best days."""
    from lowfloat.index.distribution import points_of, quality_by, top_days
    from lowfloat.index.index import Index

    opened = Index(index)
    points = points_of(opened)
    spreads, top = quality_by(points), top_days(opened, _TOP_DAYS)
    if html is not None:
        from lowfloat.report.index_page import POINTS, write_index_page

        store = None if days is None else existing_store(days)
        write_index_page(html, opened, limit or POINTS, store)
    if as_json:
        print_json(
            {
                "id": opened.id,
                "days": len(opened.days()),
                "resets": len(points),
                "quality": {
                    grouping: {name: spread._asdict() for name, spread in groups.items()}
                    for grouping, groups in spreads.items()
                },
                "top_days": [
                    {name: getattr(day, name) for name in day.__slots__} for day in top
                ],
                "html": None if html is None else str(html),
            }
        )  # fmt: skip
        return
    for grouping, groups in spreads.items():
        table = table_of(grouping, "points", "lowest tenth", "median", "highest tenth")
        for name, spread in groups.items():
            numbers = (f"{value:.2f}" for value in (spread.low, spread.median, spread.high))
            table.add_row(name, f"{spread.points:,}", *numbers)
        out.print(table)
    table = table_of("day", "split", "quality", "move", "halts", "resets", "alert")
    for day in top:
        alert = "-" if day.alert_second is None else format_second(day.alert_second)
        table.add_row(
            day.name, day.split, f"{day.quality_score:.2f}", f"{day.max_move:.0%}",
            str(day.num_halts), str(day.resets), alert,
        )  # fmt: skip
    out.print(table)
    if html is not None:
        typer.echo(f"page: {html}")
