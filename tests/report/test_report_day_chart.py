"""What is drawn on a day."""

import numpy as np
import pytest
from small_exam import FIRST, fill, made_day, trade

from lowfloat.base.codes import MomentumPhase
from lowfloat.report import palette
from lowfloat.report.candles import minute_candles
from lowfloat.report.day_chart import day_figure

FILLS = [fill(FIRST, 21_000, "buy", 200), fill(FIRST, 21_060, "sell", 0, forced=True)]
TRADES = [trade(FIRST, 21_000, 21_060, 10.0)]
EQUITY = [(0, 25_000.0), (21_000, 25_000.0), (21_060, 25_010.0), (57_600, 25_010.0)]


def _figure(day=None, **changes):
    day = day or made_day(FIRST)
    phases = np.full(day.session.seconds // 60, MomentumPhase.FADE, np.int8)
    given = {"fills": FILLS, "trades": TRADES, "equity": EQUITY, "phases": phases, "alert": 20_533}
    return day_figure(day, **(given | changes))


def _bands(figure, colour):
    return [(s.x0, s.x1) for s in figure.layout.shapes if s.fillcolor == colour and not s.line.dash]


def test_candles_stand_at_new_york_minutes():
    figure, candles = _figure(), minute_candles(made_day(FIRST))
    drawn = figure.data[0]
    assert drawn.type == "candlestick"
    assert drawn.x[0] == "2025-04-01T04:00:00"
    assert list(drawn.close) == candles.close.tolist()
    assert list(figure.data[1].y) == candles.volume.tolist()


@pytest.mark.parametrize(
    ("name", "end"),
    [
        (FIRST, "2025-04-01T20:00:00"),
        ("MLGO/2025-03-07", "2025-03-07T20:00:00"),  # before the switch to daylight saving
        ("MLGO/2025-11-28", "2025-11-28T17:00:00"),  # a half day
    ],
)
def test_the_axis_runs_from_four_to_the_end_of_the_session(name, end):
    axis = _figure(made_day(name)).layout.xaxis
    assert axis.range == (f"{name[-10:]}T04:00:00", end)


def test_fills_are_marked_at_their_arrival_with_shares_price_and_fee():
    buys, sells = _figure().select_traces({"type": "scatter", "mode": "markers"})
    assert buys.x == ("2025-04-01T09:50:00",)
    assert buys.text == ("<b>buy 200 at $3.05</b><br>fee $0.10, position then 200 shares",)
    assert sells.marker.symbol == "x"
    assert sells.text[0].startswith("<b>forced sell 200 at $3.05</b>")


def test_halts_holding_spans_and_extended_hours_are_shaded():
    figure = _figure()
    day = "2025-04-01T"
    assert _bands(figure, palette.HALT) == [(f"{day}09:33:20", f"{day}09:38:20")]
    assert _bands(figure, palette.HOLDING) == [(f"{day}09:50:00", f"{day}09:51:00")]
    assert _bands(figure, palette.EXTENDED_HOURS) == [
        (f"{day}04:00:00", f"{day}09:30:00"),
        (f"{day}16:00:00", f"{day}20:00:00"),
    ]


def test_a_half_day_is_shaded_from_its_own_close():
    figure = _figure(made_day("MLGO/2025-11-28"), fills=[], trades=[], equity=[], alert=None)
    assert _bands(figure, palette.EXTENDED_HOURS)[1][0] == "2025-11-28T13:00:00"


def test_the_alert_is_marked_at_its_second():
    figure = _figure()
    assert [note.text for note in figure.layout.annotations] == ["alert 09:42:13"]
    assert _figure(alert=None).layout.annotations == ()


def test_phases_are_a_strip_with_a_name_for_each_minute():
    strip = _figure().data[-1]
    assert strip.type == "heatmap"
    assert strip.z.shape == (1, 960)
    assert set(strip.text[0]) == {"back_fade"}


def test_pnl_starts_at_zero_dollars():
    line = next(_figure().select_traces({"yaxis": "y3"}))
    assert line.y == (0.0, 0.0, 10.0, 10.0)


def test_a_view_of_the_trades_has_the_prices_around_them():
    figure = _figure()
    buttons = figure.layout.updatemenus[0].buttons
    assert [button.label for button in buttons] == [
        "Day", "Premarket", "Regular", "After hours", "Trades",
    ]  # fmt: skip
    view = buttons[-1].args[0]
    assert view["xaxis.range"] == ["2025-04-01T09:40:00", "2025-04-01T10:01:00"]
    candles = minute_candles(made_day(FIRST))
    inside = (candles.second >= 20_400) & (candles.second < 21_660)
    low, high = view["yaxis.range"]
    assert low < candles.low[inside].min()
    assert high > candles.high[inside].max()
