"""Synthetic days keep the rules of limit up, limit down, and a day that breaks one is found out."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from reference.luld_rules import (
    CENT,
    MINUTE,
    SECOND,
    Pause,
    collars,
    half_width,
    restricts_tomorrow,
    to_cent,
    violations,
)
from synth.driven import FULL, HALF, OPENS, day_of, extensions_of, pauses_of, play, scene_of

from lowfloat.base.codes import Mark
from lowfloat.base.records import PAUSE, SSR_CHANGE, TRADING
from lowfloat.days import Day
from lowfloat.synth import synth_days
from lowfloat.synth.options import Options

DOLLAR = 10**9
CLOSES, HALF_CLOSES = 43_200, 32_400  # session seconds


def driven(session, dollars, *moves, previous=None, restricted=False, seed=1):
    """Return the day of a market that is driven, with what its auctions would have found."""
    scene = scene_of(session, *moves)
    made = play(session, scene, dollars, previous=previous, restricted=restricted, seed=seed)
    assert made.complete
    return day_of(session, made, restricted=restricted), made


def faults(day, made, dollars, restricted=False):
    return violations(day, round(dollars * DOLLAR), restricted, made.seconds["value"] / 10_000)


# What the rules say, in numbers


@pytest.mark.parametrize(
    ("previous", "reference", "before_close", "width"),
    [
        (2.50, 3.00, 3600, 0.60),
        (4.00, 6.00, 3600, 0.60),
        (0.60, 0.90, 3600, 0.15),
        (0.60, 0.10, 3600, 0.075),
        (3.00, 5.00, 3600, 1.00),
        (3.00, 5.00, 1500, 2.00),
        (3.01, 5.00, 1500, 0.50),
        (0.60, 0.90, 1500, 0.30),
    ],
)
def test_the_follower_knows_the_table_of_widths(previous, reference, before_close, width):
    found = half_width(round(previous * DOLLAR), round(reference * DOLLAR), before_close * SECOND)
    assert found == pytest.approx(width * DOLLAR)


def test_the_follower_knows_the_collars_of_the_published_example():
    up = Pause(0, round(5.72 * DOLLAR), round(6.99 * DOLLAR), "up")
    assert collars(up, 0) == (572 * CENT, 734 * CENT)
    assert collars(up, 1) == (572 * CENT, 769 * CENT)


# Driven into the bands


@pytest.mark.parametrize(
    ("session", "dollars", "per_minute"),
    [
        (FULL, 5.0, 0.07),
        (FULL, 5.0, -0.07),
        (FULL, 2.0, 0.14),
        (FULL, 2.0, -0.14),
        (FULL, 0.5, 0.25),
        (FULL, 0.5, -0.25),
        (HALF, 5.0, 0.07),
    ],
)
def test_a_market_driven_into_its_bands_pauses_by_the_rules(session, dollars, per_minute):
    day, made = driven(session, dollars, (OPENS + 300, OPENS + 900, per_minute))
    assert len(pauses_of(made)) >= 1
    assert faults(day, made, dollars) == []


@pytest.mark.parametrize("jump", [0.4, -0.3])
def test_a_pause_is_extended_while_the_price_lies_outside_the_collars(jump):
    day, made = driven(FULL, 5.0, (OPENS + 600, OPENS + 600, jump))
    assert extensions_of(made) >= 1
    ((began, ended),) = pauses_of(made)[:1]
    assert ended - began == 5 * MINUTE * (1 + extensions_of(made))
    assert faults(day, made, 5.0) == []


@pytest.mark.parametrize(
    ("session", "closes", "before"),
    [(FULL, CLOSES, 300), (FULL, CLOSES, 870), (HALF, HALF_CLOSES, 300)],
)
def test_a_pause_that_stands_ten_minutes_before_the_close_lasts_until_it(session, closes, before):
    day, made = driven(session, 5.0, (closes - before, closes - before, 0.35))
    ((began, ended),) = pauses_of(made)
    assert ended == closes * SECOND
    assert began > (closes - before) * SECOND
    assert faults(day, made, 5.0) == []


def test_bands_of_a_cheap_stock_are_twice_as_wide_in_the_last_25_minutes():
    rise = 0.3  # within the double bands of 40 %, beyond the single ones of 20 %
    early, late = CLOSES - 3000, CLOSES - 1200
    for second, pauses in ((early, True), (late, False)):
        day, made = driven(FULL, 2.0, (second, second, rise))
        assert bool(pauses_of(made)) == pauses
        assert faults(day, made, 2.0) == []


def test_a_fall_of_ten_percent_restricts_short_sales_and_the_next_day_begins_so():
    day, made = driven(FULL, 5.0, (OPENS + 300, OPENS + 600, -0.03))
    assert restricts_tomorrow(day, 5 * DOLLAR)
    assert (day.status.action == SSR_CHANGE).sum() == 1
    assert faults(day, made, 5.0) == []
    day, made = driven(FULL, 4.0, (OPENS + 300, OPENS + 600, -0.05), restricted=True)
    assert (day.status.action == SSR_CHANGE).sum() == 0
    assert faults(day, made, 4.0, restricted=True) == []


# As they are generated


@pytest.mark.parametrize(
    ("mix", "edge", "first"),
    [("curriculum", 1.0, "2025-01-02"), ("market", 0.0, "2024-11-26")],  # the day after a holiday
)
def test_generated_days_keep_the_rules(mix, edge, first):
    options = Options(mix=mix, active=0.8, edge=edge)
    first, previous = dt.date.fromisoformat(first), {}
    for day, truth in synth_days(3, seed=4, symbols=2, first=first, options=options):
        if day.symbol in previous:
            close, restricted = previous[day.symbol]
            assert violations(day, close, restricted, truth["value"]) == []
            previous[day.symbol] = day.closing_price, restricts_tomorrow(day, close)
        else:  # its own previous close is not told
            restricted = bool(day.status.is_short_sell_restricted[-1] == 1)
            previous[day.symbol] = day.closing_price, restricted


# What is planted is found


@pytest.fixture(scope="module")
def paused():
    """A morning that rises from $5 into a pause, and what its auctions would have found."""
    day, made = driven(FULL, 5.0, (OPENS + 300, OPENS + 900, 0.07))
    assert len(day.halts) >= 1
    return morning_of(day), made.seconds["value"] / 10_000


def morning_of(day: Day) -> Day:
    """Return what happened in the first hour of the regular session, and before it."""
    tables = {}
    for name in ("trades", "quotes", "status"):
        table = getattr(day, name)
        kept = table.ts_event < day.session.ns(OPENS + 3_600)
        tables[name] = type(table)(*(column[kept] for column in table))
    return replace(day, **tables)


def found(day, indicative=None, restricted=False):
    return " | ".join(violations(day, 5 * DOLLAR, restricted, indicative))


def with_status(day: Day, row: int, **changes) -> Day:
    """Return the day with one status record changed; times may be moved by ``later``."""
    columns = {name: column.copy() for name, column in day.status._asdict().items()}
    later = changes.pop("later", 0)
    columns["ts_event"][row] += later
    columns["ts_recv"][row] += later
    for name, value in changes.items():
        columns[name][row] = value
    return replace(day, status=type(day.status)(**columns))


def without_status(day: Day, *rows: int) -> Day:
    kept = np.setdiff1d(np.arange(len(day.status.action)), rows)
    return replace(day, status=type(day.status)(*(column[kept] for column in day.status)))


def with_price(day: Day, row: int, price: int) -> Day:
    prices = day.trades.price.copy()
    prices[row] = price
    return replace(day, trades=day.trades._replace(price=prices))


def with_print(day: Day, ns: int, price: int) -> Day:
    """Return the day with one more print between its rows: an odd lot, which moves no band."""
    trades, quotes = day.trades, day.quotes
    at = int(np.searchsorted(trades.ts_event, ns))
    behind = max(
        int(np.searchsorted(table.ts_event, ns) and table.sequence[table.ts_event < ns][-1])
        for table in (trades, quotes)
    )
    fresh = dict(
        ts_event=ns, ts_recv=ns, price=price, size=50, side=0, confidence=0,
        marks=int(Mark.ORDINARY | Mark.ODD_LOT), publisher=0,
    )  # fmt: skip
    columns = {
        name: np.insert(column, at, fresh.get(name, 0)) for name, column in trades._asdict().items()
    }
    columns["sequence"] = np.insert(2 * trades.sequence, at, 2 * behind + 1)
    return replace(
        day, trades=type(trades)(**columns), quotes=quotes._replace(sequence=2 * quotes.sequence)
    )


def first_pause(day: Day) -> tuple[int, int]:
    """Return the rows of the status that begin and end the first pause."""
    began = int(np.argmax(day.status.action == PAUSE))
    later = np.flatnonzero(day.status.action == TRADING)
    return began, int(later[later > began][0])


def moved(day: Day, from_ns: int, later: int) -> Day:
    """Return the day with all that happened from a time on put off."""
    tables = {}
    for name in ("trades", "quotes", "status"):
        table = getattr(day, name)
        put_off = np.where(table.ts_event >= from_ns, later, 0)
        tables[name] = table._replace(
            ts_event=table.ts_event + put_off, ts_recv=table.ts_recv + put_off
        )
    return replace(day, **tables)


def test_the_day_that_faults_are_planted_in_has_none(paused):
    day, indicative = paused
    assert found(day, indicative) == ""


def test_a_pause_that_begins_early_is_found(paused):
    day, _ = paused
    began, _ = first_pause(day)
    assert "without a limit state of 15 seconds" in found(
        with_status(day, began, later=-3 * SECOND)
    )


def test_a_limit_state_without_a_pause_is_found(paused):
    day, _ = paused
    assert "a limit state of 15 seconds and no pause" in found(
        without_status(day, *first_pause(day))
    )


@pytest.mark.parametrize("later", [-20 * SECOND, -SECOND, -4 * MINUTE])
def test_a_pause_that_was_cut_short_is_found(paused, later):
    day, _ = paused
    _, ended = first_pause(day)
    assert "a pause of" in found(with_status(day, ended, later=later))


def test_a_pause_that_was_put_off_without_need_is_found(paused):
    day, indicative = paused
    _, ended = first_pause(day)
    from_ns = int(day.status.ts_event[ended])
    second = day.session.second(from_ns)
    day = moved(day, from_ns, 5 * MINUTE)
    late = np.insert(indicative, second, np.full(300, indicative[second - 1]))
    assert "an extension without need" in found(day, late)


def test_a_pause_that_is_longer_by_seconds_is_found(paused):
    day, _ = paused
    _, ended = first_pause(day)
    assert "a pause of 307" in found(moved(day, int(day.status.ts_event[ended]), 7 * SECOND))


def test_a_pause_that_nothing_ends_is_found(paused):
    day, _ = paused
    _, ended = first_pause(day)
    last = len(day.status.action)
    assert "a print inside a pause" in found(without_status(day, *range(ended, last)))


def test_a_reopening_in_the_last_ten_minutes_is_found(paused):
    day, _ = paused
    began, _ = first_pause(day)
    day = moved(
        day,
        day.session.ns(OPENS + 1),
        day.session.regular_close_ns - 12 * MINUTE - int(day.status.ts_event[began]),
    )
    assert "a reopening in the last ten minutes" in found(day)


@pytest.mark.parametrize("above", [True, False])
def test_a_print_beyond_a_band_by_a_cent_is_found(paused, above):
    day, _ = paused
    ns = day.session.ns(OPENS + 20)  # the reference is the opening price for 30 seconds
    opening = int(day.trades.price[np.argmax(day.trades.marks & Mark.AUCTION != 0)])
    upper, lower = to_cent(opening * 11 / 10), to_cent(opening * 9 / 10)
    price = upper if above else lower
    assert "outside the bands" not in found(with_print(day, ns, price))
    beyond = price + (CENT if above else -CENT)
    assert "outside the bands" in found(with_print(day, ns, beyond))


def test_a_print_inside_a_pause_is_found(paused):
    day, _ = paused
    began, _ = first_pause(day)
    ns = int(day.status.ts_event[began]) + 100 * SECOND
    price = int(day.trades.price[np.searchsorted(day.trades.ts_event, ns) - 1])
    assert "a print inside a pause" in found(with_print(day, ns, price))


@pytest.mark.parametrize("factor", [1.2, 0.8])
def test_a_reopening_outside_its_collars_is_found(paused, factor):
    day, _ = paused
    _, ended = first_pause(day)
    row = int(np.searchsorted(day.trades.ts_event, day.status.ts_event[ended]))
    price = int(day.trades.price[row] * factor) // CENT * CENT
    assert "a reopening at" in found(with_price(day, row, price))


def test_a_pause_on_a_day_that_meets_no_band_is_found():
    day = morning_of(driven(FULL, 5.0)[0])
    assert found(day) == ""
    at = day.session.ns(OPENS + 2000)
    status = type(day.status)(*(np.append(column, column[-1]) for column in day.status))
    status.ts_event[-1] = status.ts_recv[-1] = at
    status.action[-1], status.is_trading[-1] = PAUSE, 0
    assert "without a limit state" in found(replace(day, status=status))


def test_wrong_marks_of_restricted_short_sales_are_found():
    day = morning_of(driven(FULL, 5.0, (OPENS + 300, OPENS + 600, -0.03))[0])
    row = int(np.argmax(day.status.action == SSR_CHANGE))
    assert "restricted no short sales" in found(without_status(day, row))
    assert "without cause" in found(day, restricted=True)
    assert "does not follow its print" in found(with_status(day, row, later=60 * SECOND))
    flags = day.status.is_short_sell_restricted
    assert f"marked {1 - flags[1]}" in found(
        with_status(day, 1, is_short_sell_restricted=1 - flags[1])
    )
