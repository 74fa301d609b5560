"""Draws one synthetic day of every scenario: minute candles, volume, pauses and the true phases.

    python docs/make_example_days.py example-days.html --seed 1

The page is one file of several megabytes, meant for looking at, and is not kept in the
repository. A day is the first of its scenario among stocks that are in play every day, so that
nobody chooses which days are shown.
"""

import argparse
from pathlib import Path

from plotly.offline import get_plotlyjs

from lowfloat.base.codes import Scenario
from lowfloat.base.whole_file import write_whole
from lowfloat.days.day import Day
from lowfloat.report import palette
from lowfloat.report.candles import minute_phases
from lowfloat.report.day_chart import day_figure
from lowfloat.report.page_file import figure_html
from lowfloat.synth.day import Truth
from lowfloat.synth.generate import synth_days
from lowfloat.synth.options import Options
from lowfloat.synth.stories import MIXES

MOST_STOCKS = 400


def scenarios_of(truth: Truth) -> tuple[Scenario, ...]:
    """Return the scenarios of a day in the order in which they are told."""
    codes = truth["scenario"]
    changes = [0, *(i for i in range(1, len(codes)) if codes[i] != codes[i - 1])]
    return tuple(Scenario(int(codes[i])) for i in changes)


def examples(seed: int) -> dict[Scenario, tuple[Day, Truth]]:
    """Return the first day that tells nothing but one scenario, for every scenario."""
    found: dict[Scenario, tuple[Day, Truth]] = {}
    quiet = {scenario for scenario in Scenario if not scenario.in_play}
    streams = [(Options(mix=mix, active=1.0), set(told.weights)) for mix, told in MIXES.items()]
    for options, told in [*streams, (Options(active=0.0), quiet)]:
        for day, truth in synth_days(1, seed, symbols=MOST_STOCKS, options=options):
            if told <= set(found):
                break
            scenarios = scenarios_of(truth)
            if len(scenarios) == 1:
                found.setdefault(scenarios[0], (day, truth))
    return {scenario: found[scenario] for scenario in Scenario if scenario in found}


def page(days: dict[Scenario, tuple[Day, Truth]]) -> str:
    """Return the page as HTML."""
    parts = []
    for scenario, (day, truth) in days.items():
        phases = minute_phases(truth["phase"], day.session.seconds)
        figure = day_figure(day, fills=[], trades=[], equity=[], phases=phases, alert=None)
        figure.update_layout(  # the room of the P&L goes to price and volume
            yaxis={"domain": [0.26, 1.0]},
            yaxis2={"domain": [0.08, 0.23]},
            yaxis3={"visible": False},
        )
        events = len(day.trades.price) + len(day.quotes.action)
        name = scenario.label.replace("_", " ")
        parts.append(f"<h2>{name}: {day.name}, {events:,} events, {len(day.halts)} pauses</h2>")
        parts.append(figure_html(figure, scenario.label))
    legend = " ".join(
        f'<span style="border-left: 1em solid {colour}; padding-left: .3em">{phase.label}</span>'
        for phase, colour in palette.PHASES.items()
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        "<title>Synthetic days</title>"
        f"<script>{get_plotlyjs()}</script>"
        "<style>body{font-family:sans-serif;margin:1em 2em} span{margin-right:1em}</style></head>"
        f"<body><h1>One day of every scenario</h1><p>{legend}</p>{''.join(parts)}</body></html>"
    )


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    write_whole(arguments.out, page(examples(arguments.seed)))


if __name__ == "__main__":
    main()
