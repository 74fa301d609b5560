"""Figures of a market's stylised facts, with those of another market beside them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from lowfloat.base.clock import format_second
from lowfloat.report import palette
from lowfloat.report.charts import axis, layout, safe
from lowfloat.synth.curves import Curve, Curves

HEIGHT = 360
COLOURS = (palette.AGENT, palette.ALERT)
"""Of the days that are judged, and of those beside them."""

_SYMBOLS = ("circle", "diamond")


def market_figures(markets: Sequence[tuple[str, Curves]]) -> dict[str, go.Figure]:
    """Return the figures of one or two markets by name, in the order of the page.

    Args:
        markets: ``(name, curves)``, the market that is judged first.
    """
    return {
        "tails": _tails(markets),
        "clustering": _decays(markets, "absolute", "Lag, seconds", "Autocorrelation of |return|"),
        "signs": _decays(markets, "signs", "Lag, prints", "Autocorrelation of signs"),
        "signature": _signature(markets),
        "gaps": _gaps(markets),
        "impact": _impact(markets),
        "spread": _by_time(markets, "spread", "Spread, basis points"),
        "depth": _by_time(markets, "depth", "Shares at the best prices"),
    }


def _tails(markets: Sequence[tuple[str, Curves]]) -> go.Figure:
    figure = _empty("Size of a return, in its deviation", "Share of returns above", log=True)
    for i, (name, curves) in enumerate(markets):
        for horizon, dash in (("1s", "solid"), ("60s", "dot")):
            label = f"{name}, {horizon[:-1]} s"
            _draw(figure, i, getattr(curves, f"tail_{horizon}"), label, mode="lines", dash=dash)
    x = np.geomspace(3, 60, 20)
    _reference(figure, Curve(x, 0.02 * (x / 3) ** -3.0), "cubic law")
    figure.update_yaxes(range=[-6, 0.1])
    return figure


def _decays(markets: Sequence[tuple[str, Curves]], which: str, x: str, y: str) -> go.Figure:
    figure = _empty(x, y, log=True)
    for i, (name, curves) in enumerate(markets):
        curve = getattr(curves, which)
        above = curve.y > 1e-4  # a logarithmic axis has no place for the rest
        _draw(figure, i, Curve(curve.x[above], curve.y[above]), name)
    return figure


def _signature(markets: Sequence[tuple[str, Curves]]) -> go.Figure:
    figure = _empty("Horizon, seconds", "Variance per second over that of 1 s")
    for i, (name, curves) in enumerate(markets):
        _draw(figure, i, curves.ratios, name)
    _reference(figure, Curve(np.array([1.0, 900.0]), np.ones(2)), "random walk")
    figure.update_xaxes(type="log", dtick=1)
    figure.update_yaxes(rangemode="tozero")
    return figure


def _gaps(markets: Sequence[tuple[str, Curves]]) -> go.Figure:
    figure = _empty("Time to the next print, seconds", "Share of gaps")
    for i, (name, curves) in enumerate(markets):
        _draw(figure, i, curves.gaps, name, mode="lines", shape="hvh")
    figure.update_xaxes(type="log", dtick=1, exponentformat="power")
    figure.update_yaxes(rangemode="tozero", tickformat=".0%")
    return figure


def _impact(markets: Sequence[tuple[str, Curves]]) -> go.Figure:
    figure = _empty("Signed volume of a minute, in its mean", "Move with it, in deviations", True)
    for i, (name, curves) in enumerate(markets):
        above = (curves.impact.x > 0) & (curves.impact.y > 0)
        _draw(figure, i, Curve(curves.impact.x[above], curves.impact.y[above]), name)
    x = np.geomspace(0.05, 5, 12)
    _reference(figure, Curve(x, 0.4 * np.sqrt(x)), "square root")
    return figure


def _by_time(markets: Sequence[tuple[str, Curves]], which: str, y: str) -> go.Figure:
    figure = _empty("New York time", y)
    for i, (name, curves) in enumerate(markets):
        _draw(figure, i, getattr(curves, which), name)
    hours = np.arange(0, 57_601, 7200)
    figure.update_xaxes(
        tickmode="array", tickvals=hours, ticktext=[format_second(int(s))[:5] for s in hours]
    )
    figure.update_yaxes(type="log", dtick="D2")
    for start, end in ((0, 19_800), (43_200, 57_600)):
        figure.add_vrect(start, end, fillcolor=palette.EXTENDED_HOURS, line_width=0, layer="below")
    return figure


def _empty(x: str, y: str, log: bool = False) -> go.Figure:
    figure = go.Figure()
    kind: dict[str, Any] = {"type": "log", "dtick": 1, "exponentformat": "power"} if log else {}
    figure.update_layout(
        layout(
            HEIGHT, hovermode="closest", xaxis=axis(title=x, **kind), yaxis=axis(title=y, **kind)
        )
    )
    return figure


def _draw(
    figure: go.Figure,
    i: int,
    curve: Curve,
    name: str,
    mode: str = "lines+markers",
    dash: str = "solid",
    shape: str = "linear",
) -> None:
    figure.add_scatter(
        x=curve.x,
        y=curve.y,
        name=safe(name),
        mode=mode,
        line={"color": COLOURS[i], "width": 2, "dash": dash, "shape": shape},
        marker={"color": COLOURS[i], "size": 5, "symbol": _SYMBOLS[i]},
        hovertemplate=f"%{{x:.4~g}}: %{{y:.3~g}}<extra>{safe(name)}</extra>",
    )


def _reference(figure: go.Figure, curve: Curve, name: str) -> None:
    figure.add_scatter(
        x=curve.x, y=curve.y, name=name, mode="lines", hoverinfo="skip",
        line={"color": palette.ZERO, "width": 1.5, "dash": "dash"},
    )  # fmt: skip
