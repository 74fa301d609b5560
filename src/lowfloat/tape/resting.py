"""Orders at the best: pulled, stacked, hit again and again, refilled, shown and gone."""

import numpy as np

from lowfloat.tape.column import Column, Tape
from lowfloat.tape.events import ASK, BID, events, usual_size
from lowfloat.tape.windows import faded, log1p, squashed, trailing_sum

FADES = 10.0  # seconds
LEAST_REFILLS = 2


def _faded_sides(tape: Tape) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return shares pulled, stacked and executed, per side, fading over 10 s."""
    found = tape.of(events)
    sums = [
        np.stack([faded(shares[:, side], FADES) for side in (BID, ASK)])
        for shares in (found.pulled, found.stacked, found.executed)
    ]
    return sums[0], sums[1], sums[2]


def _pull_rate(tape: Tape, side: int) -> np.ndarray:
    pulled, _, executed = tape.of(_faded_sides)
    return pulled[side] / (pulled[side] + executed[side] + tape.of(usual_size))


def _stack_rate(tape: Tape, side: int) -> np.ndarray:
    pulled, stacked, executed = tape.of(_faded_sides)
    return stacked[side] / (stacked[side] + pulled[side] + executed[side] + tape.of(usual_size))


def net_stack(tape: Tape) -> np.ndarray:
    """Return shares added less cancelled at the bid, less those at the offer, in usual sizes."""
    pulled, stacked, _ = tape.of(_faded_sides)
    net = stacked - pulled
    return (net[BID] - net[ASK]) / tape.of(usual_size)


def level_ratio(tape: Tape) -> np.ndarray:
    """Return shares executed at the best over the most displayed there, per side; 0 if empty."""
    found = tape.of(events)
    return (found.level_executed / np.maximum(found.level_most, 1)).T


def _iceberg(tape: Tape, side: int) -> np.ndarray:
    refilled = tape.of(events).refills[:, side] >= LEAST_REFILLS
    return log1p(np.where(refilled, tape.of(level_ratio)[side], 0.0))


def _level_age(tape: Tape, side: int) -> np.ndarray:
    seconds = tape.of(events).level_seconds[:, side]
    return squashed(seconds, 10.0)


COLUMNS = (
    Column("bid_pull_rate", "share", 0.0, 1.0, 0, 0.0,
           "shares cancelled at the bid, of those cancelled and executed there plus the usual "
           "size of a side; sums fading over 10 s", "", lambda tape: _pull_rate(tape, BID)),
    Column("ask_pull_rate", "share", 0.0, 1.0, 0, 0.0,
           "shares cancelled at the offer, of those cancelled and executed there plus the usual "
           "size of a side; sums fading over 10 s", "", lambda tape: _pull_rate(tape, ASK)),
    Column("bid_stack_rate", "share", 0.0, 1.0, 0, 0.0,
           "shares added at the bid, of those added, cancelled and executed there plus the usual "
           "size of a side; sums fading over 10 s", "", lambda tape: _stack_rate(tape, BID)),
    Column("ask_stack_rate", "share", 0.0, 1.0, 0, 0.0,
           "shares added at the offer, of those added, cancelled and executed there plus the "
           "usual size of a side; sums fading over 10 s", "",
           lambda tape: _stack_rate(tape, ASK)),
    Column("net_stack", "depths", -10.0, 10.0, 0, 0.0,
           "shares added less cancelled at the bid, less the same at the offer, over the usual "
           "size of a side; sums fading over 10 s", "", net_stack),
    Column("level_absorption_bid", "log ratio", 0.0, 5.0, 0, 0.0,
           "ln(1 + shares executed at or through this best bid over the most displayed there); a "
           "bid that is the best again within 200 ms of being left goes on counting", "",
           lambda tape: log1p(tape.of(level_ratio)[BID])),
    Column("level_absorption_ask", "log ratio", 0.0, 5.0, 0, 0.0,
           "ln(1 + shares executed at or through this best offer over the most displayed there); "
           "an offer that is the best again within 200 ms of being left goes on counting", "",
           lambda tape: log1p(tape.of(level_ratio)[ASK])),
    Column("iceberg_bid", "log ratio", 0.0, 5.0, 0, 0.0,
           "level_absorption_bid, if the bid was refilled at least twice", "",
           lambda tape: _iceberg(tape, BID)),
    Column("iceberg_ask", "log ratio", 0.0, 5.0, 0, 0.0,
           "level_absorption_ask, if the offer was refilled at least twice", "",
           lambda tape: _iceberg(tape, ASK)),
    Column("bid_age", "squashed", 0.0, 1.0, 0, 0.0,
           "t / (t + 10) since this is the best bid", "", lambda tape: _level_age(tape, BID)),
    Column("ask_age", "squashed", 0.0, 1.0, 0, 0.0,
           "t / (t + 10) since this is the best offer", "", lambda tape: _level_age(tape, ASK)),
    Column("quote_flicker_30s", "log count", 0.0, 6.0, 30, 0.0,
           "ln(1 + orders of three usual sizes of which 80 % was cancelled at once within 0.5 s "
           "and without a print there), 30 s", "",
           lambda tape: log1p(trailing_sum(tape.of(events).flickers, 30))),
)  # fmt: skip
