"""One exam, one HTML file."""

import os
from pathlib import Path
from typing import NamedTuple

import jinja2
import numpy as np
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from lowfloat.base.clock import NS, format_second
from lowfloat.base.codes import MomentumPhase
from lowfloat.base.whole_file import write_whole
from lowfloat.days import Day, DayStore
from lowfloat.days.day import NO_QUOTES
from lowfloat.errors import DayNotFound
from lowfloat.report import palette, words
from lowfloat.report.candles import minute_phases
from lowfloat.report.charts import equity_figure, learning_figure
from lowfloat.report.day_chart import day_figure
from lowfloat.report.exam_files import Exam, read_exam
from lowfloat.report.learning import learning_curves
from lowfloat.report.page_file import figure_html, template_environment
from lowfloat.report.summary import (
    ChartDay,
    best_and_worst,
    chart_days,
    money_axis,
    policy_rows,
    verdict,
)
from lowfloat.tape.phase import phases

STARTS = {
    "session": "Every policy may trade from 04:00.",
    "alert": "Every policy may trade from the day's first alert.",
}


class PhaseKey(NamedTuple):
    """One phase that occurs on a chart: its colour, its name, and for how long."""

    colour: str
    label: str
    time: str


class DaySection(NamedTuple):
    """A chart of one day with what is said around it.

    Attributes:
        chosen: the day and why it was chosen.
        figure: the chart as HTML, or None if the store does not hold the day.
        phases: key of the strip of phases; empty if the day has no quotes to tell them by.
        notes: sentences on halts, the alert, and what is missing.
        trades: the agent's round trips.
    """

    chosen: ChartDay
    figure: Markup | None
    phases: list[PhaseKey]
    notes: list[str]
    trades: int


def write_report(
    exam_folder: str | os.PathLike[str],
    days: DayStore,
    run_folder: str | os.PathLike[str] | None,
    out: str | os.PathLike[str],
    *,
    charts: int = 6,
) -> Path:
    """Write the report on an exam: a single file that needs no network.

    The same files give the same bytes. An existing ``out`` is replaced in one step.

    Args:
        exam_folder: folder written by `lowfloat examine`.
        days: the store with the exam's symbol-days.
        run_folder: folder of the training run with ``metrics.jsonl``; None for no learning curve.
        out: the HTML file to write; its folder is made if missing.
        charts: largest number of days to draw.

    Returns:
        The path of the file.

    Raises:
        ExamError: a file of the exam or of the run is missing or broken.
        DayCorrupt: a day to be drawn is damaged.
    """
    exam = read_exam(Path(exam_folder))
    curves = learning_curves(Path(run_folder) if run_folder is not None else None)
    best, worst = best_and_worst(exam)
    sections = [_day_section(exam, days, chosen) for chosen in chart_days(exam, charts)]
    page = _template().render(
        exam=exam,
        about=exam.about,
        verdict=verdict(exam),
        rows=policy_rows(exam),
        money_axis=money_axis(exam),
        colours=palette.policy_colours([policy.name for policy in exam.about.policies]),
        equity=figure_html(equity_figure(exam), "equity"),
        learning=figure_html(learning_figure(curves), "learning") if curves else None,
        sections=sections,
        trade_tables=[("Best trades", best), ("Worst trades", worst)],
        palette=palette,
        starts=STARTS,
        plotlyjs=Markup(get_plotlyjs()),
    )
    return write_whole(Path(out), page)


def _template() -> jinja2.Template:
    environment = template_environment()
    for function in (
        words.money,
        words.signed_money,
        words.price,
        words.percent,
        words.duration,
        words.count,
        words.long_date,
        words.plain,
        format_second,
    ):
        environment.filters[function.__name__] = function
    return environment.get_template("page.html.j2")


def _day_section(exam: Exam, store: DayStore, chosen: ChartDay) -> DaySection:
    key = chosen.day
    trades = exam.trades_on(key)
    try:
        day = store[key.symbol, key.date]
    except DayNotFound:
        notes = ["The day store does not hold this day, so there is nothing to draw."]
        return DaySection(chosen, None, [], notes, len(trades))
    alert = exam.about.alerts.get(key.name)
    covered = (day.coverage_end_ns - day.session.start_ns) // NS
    per_minute = (
        minute_phases(phases(day), covered) if len(day.quotes.action) else np.empty(0, np.int8)
    )
    figure = day_figure(day, exam.fills_on(key), trades, exam.equity_on(key), per_minute, alert)
    return DaySection(
        chosen=chosen,
        figure=figure_html(figure, f"{key.symbol}-{key.date.isoformat()}"),
        phases=_phase_keys(per_minute),
        notes=_notes(day, chosen, alert),
        trades=len(trades),
    )


def _phase_keys(per_minute: np.ndarray) -> list[PhaseKey]:
    minutes = np.bincount(per_minute, minlength=len(MomentumPhase))
    return [
        PhaseKey(palette.PHASES[phase], phase.label, words.minutes(int(minutes[phase])))
        for phase in MomentumPhase
        if minutes[phase]
    ]


def _notes(day: Day, chosen: ChartDay, alert: int | None) -> list[str]:
    notes = []
    halts = [
        f"{format_second(day.session.second(begin))} to {format_second(day.session.second(end))}"
        for begin, end in day.halts
    ]
    if halts:
        notes.append(f"{words.count(len(halts), 'halt').capitalize()}: {', '.join(halts)}.")
    notes.append("No alert on this day." if alert is None else f"Alert at {format_second(alert)}.")
    if not len(day.trades.price):
        notes.append("The market made no trades on this day, so there are no candles.")
    if not len(day.quotes.action) or NO_QUOTES in day.flags:
        notes.append(
            "This day has no quotes: no order could be filled on it, and phases are not known."
        )
    elif not chosen.fills:
        notes.append("The agent made no trades on this day.")
    if day.coverage_end_ns < day.session.end_ns:
        end = format_second(day.session.second(day.coverage_end_ns))
        notes.append(f"The data of this day end at {end}.")
    return notes
