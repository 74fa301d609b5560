"""One symbol-day: candles, volume, the agent's trades and P&L, halts and phases."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from lowfloat.base.clock import NS, format_second
from lowfloat.base.codes import MomentumPhase
from lowfloat.days.day import Day
from lowfloat.report import palette
from lowfloat.report.candles import Candles, minute_candles
from lowfloat.report.charts import DOLLARS, axis, layout, safe
from lowfloat.report.exam_files import Fill, RoundTrip
from lowfloat.report.words import count, money, price

PRICE = "y domain"
PAD_SECONDS = 600
MANY_FILLS = 60


def day_figure(
    day: Day,
    fills: list[Fill],
    trades: list[RoundTrip],
    equity: list[tuple[int, float]],
    phases: np.ndarray,
    alert: int | None,
) -> go.Figure:
    """Draw a day from 04:00 to its end, in New York time.

    Args:
        day: the events.
        fills: of one policy on this day, in time order.
        trades: its round trips.
        equity: ``(second, dollars)``, its equity over the day.
        phases: int8 array, one code per minute.
        alert: session second of the alert, or None.
    """
    clock = _Clock(day)
    candles = minute_candles(day)
    figure = go.Figure()
    _add_candles(figure, clock, candles)
    _add_trades(figure, clock, trades)
    _add_fills(figure, clock, day, fills)
    _add_pnl(figure, clock, equity)
    _add_phases(figure, clock, phases)
    end = day.session.seconds
    figure.update_layout(
        layout(
            620,
            margin={"l": 64, "r": 16, "t": 44, "b": 32},
            hovermode="closest",
            dragmode="zoom",
            showlegend=False,
            bargap=0.15,
            shapes=_shapes(clock, day, trades, alert),
            annotations=_notes(clock, alert),
            updatemenus=[_views(clock, day, candles, trades)],
            xaxis=axis(
                type="date",
                anchor="y4",
                range=[clock.at(0), clock.at(end)],
                tickangle=0,
                tickformat="%H:%M",
                hoverformat="%H:%M:%S",
                rangeslider={"visible": False},
            ),
            yaxis=axis(domain=[0.42, 1.0], title="Price", tickprefix="$"),
            yaxis2=axis(domain=[0.27, 0.40], title="Volume", tickformat="~s", nticks=4),
            yaxis3=axis(
                domain=[0.08, 0.24],
                title="Agent P&amp;L",
                tickformat=DOLLARS,
                nticks=4,
                zeroline=True,
                zerolinecolor=palette.ZERO,
            ),
            yaxis4=axis(domain=[0.0, 0.05], showgrid=False, showticklabels=False, fixedrange=True),
        )
    )
    return figure


class _Clock:
    """Session seconds of one day as New York wall-clock text, which is all that axes know."""

    def __init__(self, day: Day) -> None:
        self._date = day.date.isoformat()

    def at(self, second: int) -> str:
        return f"{self._date}T{format_second(second)}"

    def all(self, seconds: Any) -> list[str]:
        return [self.at(int(second)) for second in seconds]


def _add_candles(figure: go.Figure, clock: _Clock, candles: Candles) -> None:
    times = clock.all(candles.second)
    minute: dict[str, Any] = {"xperiod": 60_000, "xperiodalignment": "middle"}
    figure.add_candlestick(
        x=times,
        open=candles.open.round(4),
        high=candles.high.round(4),
        low=candles.low.round(4),
        close=candles.close.round(4),
        increasing={"line": {"color": palette.CANDLE_UP, "width": 1}},
        decreasing={"line": {"color": palette.CANDLE_DOWN, "width": 1}},
        name="1-minute candle",
        **minute,
    )
    figure.add_bar(
        x=times,
        y=candles.volume,
        yaxis="y2",
        marker={"color": palette.VOLUME, "line": {"width": 0}},
        name="volume",
        hovertemplate="%{x|%H:%M} %{y:,} shares<extra></extra>",
        **minute,
    )


def _add_trades(figure: go.Figure, clock: _Clock, trades: list[RoundTrip]) -> None:
    """Draw a line from the average entry to the average exit of each trade."""
    for gain, colour in ((True, palette.GAIN), (False, palette.LOSS)):
        chosen = [trade for trade in trades if (trade.net_pnl > 0) == gain]
        x: list[str | None] = []
        y: list[float | None] = []
        for trade in chosen:
            x += [clock.at(trade.entry_second), clock.at(trade.exit_second), None]
            y += [trade.entry_price, trade.exit_price, None]
        if chosen:
            figure.add_scatter(
                x=x, y=y, mode="lines", hoverinfo="skip",
                line={"color": colour, "width": 1.6, "dash": "dot"},
            )  # fmt: skip


def _add_fills(figure: go.Figure, clock: _Clock, day: Day, fills: list[Fill]) -> None:
    kinds = (
        ("buy", False, palette.BUY, "triangle-up"),
        ("sell", False, palette.SELL, "triangle-down"),
        ("buy", True, palette.BUY, "x"),
        ("sell", True, palette.SELL, "x"),
    )
    for side, forced, colour, symbol in kinds:
        chosen = [fill for fill in fills if fill.side == side and bool(fill.forced) == forced]
        if not chosen:
            continue
        figure.add_scatter(
            x=clock.all(day.session.second(fill.ts_ns) for fill in chosen),
            y=[fill.price for fill in chosen],
            mode="markers",
            marker={
                "symbol": symbol,
                "size": 11 if len(fills) <= MANY_FILLS else 7,
                "color": colour,
                "line": {"color": palette.PAPER, "width": 1.2},
            },
            text=[_fill_in_words(fill) for fill in chosen],
            name=f"forced {side}" if forced else side,
            hovertemplate="%{x|%H:%M:%S} %{text}<extra></extra>",
        )


def _fill_in_words(fill: Fill) -> str:
    how = "forced " if fill.forced else ""
    part = ", part of the order" if fill.reject == "PARTIAL" else ""
    return (
        f"<b>{how}{safe(fill.side)} {fill.shares:,} at {price(fill.price)}</b>{part}<br>"
        f"fee {money(fill.fee)}, position then {count(fill.position_after, 'share')}"
    )


def _add_pnl(figure: go.Figure, clock: _Clock, equity: list[tuple[int, float]]) -> None:
    if not equity:
        return
    start = equity[0][1]
    changes = [
        point
        for i, point in enumerate(equity)
        # A flat stretch is drawn by its two ends.
        if i in (0, len(equity) - 1) or not equity[i - 1][1] == point[1] == equity[i + 1][1]
    ]
    figure.add_scatter(
        x=clock.all(second for second, _ in changes),
        y=[round(dollars - start, 2) for _, dollars in changes],
        yaxis="y3",
        mode="lines",
        line={"color": palette.AGENT, "width": 1.8},
        fill="tozeroy",
        fillcolor=palette.HOLDING,
        name="P&amp;L",
        hovertemplate="%{x|%H:%M:%S} %{y:$,.2f}<extra></extra>",
    )


def _add_phases(figure: go.Figure, clock: _Clock, phases: np.ndarray) -> None:
    codes = list(MomentumPhase)
    steps = [(i / len(codes), (i + 1) / len(codes)) for i in range(len(codes))]
    figure.add_heatmap(
        x0=clock.at(30),
        dx=60_000,
        y0=0,
        dy=1,
        z=phases[np.newaxis, :],
        text=[[MomentumPhase(code).label for code in phases.tolist()]],
        zmin=-0.5,
        zmax=len(codes) - 0.5,
        colorscale=[
            [edge, palette.PHASES[code]]
            for code, ends in zip(codes, steps, strict=True)
            for edge in ends
        ],
        showscale=False,
        yaxis="y4",
        name="phase",
        hovertemplate="%{x|%H:%M} %{text}<extra></extra>",
    )


def _shapes(
    clock: _Clock, day: Day, trades: list[RoundTrip], alert: int | None
) -> list[dict[str, Any]]:
    session, end = day.session, day.session.seconds
    opening = session.second(session.regular_open_ns)
    closing = session.second(session.regular_close_ns)
    shapes = [
        _band(clock, 0, opening, palette.EXTENDED_HOURS, "paper"),
        _band(clock, closing, end, palette.EXTENDED_HOURS, "paper"),
    ]
    for begin_ns, end_ns in day.halts:
        begin = session.second(begin_ns)
        until = min(session.second(end_ns + NS - 1), end)
        shapes.append(_band(clock, begin, until, palette.HALT, PRICE))
    shapes += [
        _band(clock, trade.entry_second, trade.exit_second, palette.HOLDING, PRICE)
        for trade in trades
    ]
    if alert is not None:
        line = _band(clock, alert, alert, palette.ALERT, PRICE)
        shapes.append(
            line | {"type": "line", "line": {"color": palette.ALERT, "width": 1.4, "dash": "dash"}}
        )
    return shapes


def _band(clock: _Clock, begin: int, end: int, colour: str, height: str) -> dict[str, Any]:
    return {
        "type": "rect",
        "layer": "below",
        "xref": "x",
        "yref": height,
        "x0": clock.at(begin),
        "x1": clock.at(end),
        "y0": 0,
        "y1": 1,
        "fillcolor": colour,
        "line": {"width": 0},
    }


def _notes(clock: _Clock, alert: int | None) -> list[dict[str, Any]]:
    if alert is None:
        return []
    return [
        {
            "x": clock.at(alert),
            "y": 1,
            "xref": "x",
            "yref": PRICE,
            "yanchor": "bottom",
            "showarrow": False,
            "text": f"alert {format_second(alert)}",
            "font": {"size": 11, "color": palette.ALERT},
        }
    ]


def _views(clock: _Clock, day: Day, candles: Candles, trades: list[RoundTrip]) -> dict[str, Any]:
    """Return the buttons that show a part of the day, with the prices of that part."""
    session, end = day.session, day.session.seconds
    opening = session.second(session.regular_open_ns)
    closing = session.second(session.regular_close_ns)
    spans = [("Day", 0, end), ("Premarket", 0, opening)]
    spans += [("Regular", opening, closing), ("After hours", closing, end)]
    if trades:
        first = min(trade.entry_second for trade in trades) - PAD_SECONDS
        last = max(trade.exit_second for trade in trades) + PAD_SECONDS
        spans.append(("Trades", max(first, 0), min(last, end)))
    buttons = []
    for label, begin, until in spans:
        inside = (candles.second >= begin) & (candles.second < until)
        view: dict[str, Any] = {"xaxis.range": [clock.at(begin), clock.at(until)]}
        if inside.any():
            low, high = float(candles.low[inside].min()), float(candles.high[inside].max())
            room = 0.05 * (high - low) + 0.005
            view["yaxis.range"] = [round(low - room, 4), round(high + room, 4)]
        buttons.append({"label": label, "method": "relayout", "args": [view]})
    return {
        "type": "buttons",
        "direction": "right",
        "buttons": buttons,
        "x": 0,
        "xanchor": "left",
        "y": 1.03,
        "yanchor": "bottom",
        "pad": {"b": 4, "t": 0, "l": 0, "r": 0},
        "bgcolor": palette.PAPER,
        "bordercolor": palette.GRID,
        "font": {"size": 11, "color": palette.MUTED},
        "showactive": True,
    }
