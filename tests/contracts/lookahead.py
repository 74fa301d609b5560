"""A detector of look-ahead, and leaks to measure it with.

A probe is a day, a cut and another future. What the package shows up to and including the
decision at the cut must be the same for both futures, to the bit: it may use what was received
strictly before. A leak is planted by changing the resident arrays of both days in the same way.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import NamedTuple

import numpy as np
from reference.tapes import NOTHING_KNOWN, closed_at

from lowfloat.audit.cuts import aimed_cuts
from lowfloat.audit.futures import FUTURES
from lowfloat.days import Day
from lowfloat.env.deck import Deck, build_deck
from lowfloat.env.records import START
from lowfloat.env.vector import SqueezeVectorEnv
from lowfloat.index import MomentumIndexBuilder
from lowfloat.index.asof import first_alert
from lowfloat.index.config import AlertConfig
from lowfloat.tape.column import Tape
from lowfloat.tape.columns import NAMES

PREVIOUS_CLOSE = 3.0
RUN = 25  # seconds that an environment is played up to the cut
CONSTANTS = ["start_ns", "sec_fee", "taf_fee", "taf_cap", "end_second", "data_ends_early"]


class Probe(NamedTuple):
    """One comparison: ``second`` is the decision at the cut."""

    day: Day
    second: int
    future: str
    changed: Day


def cuts(day: Day, rng: np.random.Generator, count: int) -> list[int]:
    """Return decisions, drawn from each aim in turn; the reset points are aimed at, too."""
    points = MomentumIndexBuilder().scan_day(day, NOTHING_KNOWN)[1]
    aims = list(aimed_cuts(day, resets=[point["second"] for point in points]).values())
    turns = (aims[i % len(aims)] for i in rng.permutation(max(count, len(aims)))[:count])
    return sorted({max(int(rng.choice(aim)), 1) for aim in turns})


def probes(
    days: list[Day], rng: np.random.Generator, cuts_per_day: int, futures_per_cut: int
) -> Iterator[Probe]:
    """Yield probes; the futures take turns, so that each is tried about equally often."""
    names, turn = list(FUTURES), 0
    for i, day in enumerate(days):
        for second in cuts(day, rng, cuts_per_day):
            for _ in range(futures_per_cut):
                name, turn = names[turn % len(names)], turn + 1
                other = days[(i + 1) % len(days)]
                cut = day.session.start_ns + second * 10**9
                yield Probe(day, second, name, FUTURES[name](day, cut, rng, other).check())


def resident(day: Day) -> Deck | None:
    """Return the day made resident; None if it has no book state."""
    if not len(day.quotes.ts_recv):
        return None
    return build_deck([(day, closed_at(day, PREVIOUS_CLOSE))])


def leaking(deck: Deck, leak: str) -> Deck:
    """Return a copy of a deck with a leak."""
    deck = deepcopy(deck)
    LEAKS[leak](deck)
    return deck


def differences(first: Deck, second: Deck, probe: Probe) -> list[str]:
    """Return what differs up to the decision at the cut."""
    found = []
    upto = probe.second + 1
    old, new = first.arrays, second.arrays
    bits = [deck.table[0, :upto].view(np.uint32) for deck in (first, second)]
    found += [NAMES[c] for c in np.flatnonzero((bits[0] != bits[1]).any(axis=0))]
    for name in old.seconds.dtype.names:
        if not np.array_equal(old.seconds[name][0, :upto], new.seconds[name][0, :upto]):
            found.append(f"seconds.{name}")
    found += [f"days.{name}" for name in CONSTANTS if old.days[name] != new.days[name]]
    actions = _actions(probe)
    shown = [_played(deck, probe.second, actions) for deck in (first, second)]
    found += [what for what in shown[0] if shown[0][what] != shown[1][what]]
    return found


def _actions(probe: Probe) -> np.ndarray:
    """Return orders for every second up to the cut.

    None are sent if in either future the exchange had stopped trading before the cut but the
    notice came after it: what an order gets then rightly depends on what nobody knew yet.
    """
    cut = probe.day.session.start_ns + probe.second * 10**9
    for status in (probe.day.status, probe.changed.status):
        if ((status.ts_event < cut) & (status.ts_recv >= cut)).any():
            return np.zeros((RUN, 3), int)
    rng = np.random.default_rng(probe.second)
    return rng.integers(1, 9, (RUN, 3)) * (rng.random((RUN, 3)) < [1.0, 0.5, 0.0])


def _played(deck: Deck, second: int, actions: np.ndarray) -> dict[str, bytes]:
    """Return what three accounts see and earn up to ``second``, as bytes."""
    start = max(0, second - RUN)
    env = SqueezeVectorEnv(
        3, deck=deck, starts=np.array([(0, start, 10**6)], START), autoreset_mode="DISABLED"
    )
    observations, infos = env.reset(seed=0)
    shown = {"observation": b"", "mask": b"", "reward": b"", "account": b"", "info": b""}
    for row in actions[: second - start]:
        shown["observation"] += observations.tobytes()
        shown["mask"] += infos["action_mask"].tobytes()
        observations, rewards, terminated, truncated, infos = env.step(row)
        shown["reward"] += rewards.tobytes() + terminated.tobytes() + truncated.tobytes()
        shown["account"] += env.state.tobytes()
        shown["info"] += b"".join(
            infos[name].tobytes() for name in infos if name not in ("reward_parts", "action_mask")
        )
    shown["observation"] += observations.tobytes()
    shown["mask"] += infos["action_mask"].tobytes()
    return shown


def alert(day: Day) -> int | None:
    """Return the second of the as-of alert."""
    return first_alert(Tape(day, closed_at(day, PREVIOUS_CLOSE)), AlertConfig())


# Leaks: each changes the resident arrays in place, as a mistake in the package would.


def _column(deck: Deck, name: str) -> np.ndarray:
    return deck.table[0, :, NAMES.index(name)]


def _a_second_early(values: np.ndarray) -> None:
    values[:-1] = values[1:].copy()


def column_a_second_early(deck: Deck) -> None:
    _a_second_early(_column(deck, "return_5s"))


def volume_over_the_whole_day(deck: Deck) -> None:
    column = _column(deck, "volume_so_far")
    column /= max(float(column.max()), 1.0)


def centred_mean(deck: Deck) -> None:
    column = _column(deck, "volume_60s")
    column[:] = np.convolve(column, np.ones(5) / 5.0, mode="same")


def z_score_of_the_day(deck: Deck) -> None:
    column = _column(deck, "volatility_60s")
    column[:] = (column - column.mean()) / (column.std() + 1e-9)


def high_of_the_whole_day(deck: Deck) -> None:
    _column(deck, "distance_to_high")[:] = deck.arrays.seconds["mark"][0].max()


def halt_known_a_second_early(deck: Deck) -> None:
    _a_second_early(deck.arrays.seconds["halted"][0])


def mark_a_second_early(deck: Deck) -> None:
    _a_second_early(deck.arrays.seconds["mark"][0])


def book_known_a_second_early(deck: Deck) -> None:
    for side in ("bid", "ask"):
        _a_second_early(deck.arrays.seconds[side][0])


def phase_a_second_early(deck: Deck) -> None:
    _a_second_early(deck.arrays.seconds["phase"][0])


def fills_at_later_quotes(deck: Deck) -> None:
    deck.arrays.quotes["ts"][:] -= 10**9
    starts = deck.arrays.days["start_ns"][0] + 10**9 * np.arange(deck.arrays.seconds.shape[1])
    deck.arrays.seconds["quote"][0] = np.searchsorted(deck.arrays.quotes["ts"], starts)


def end_at_the_last_quote(deck: Deck) -> None:
    last = (deck.arrays.quotes["ts"][-1] - deck.arrays.days["start_ns"][0]) // 10**9
    deck.arrays.days["end_second"][0] = last + 1


LEAKS: dict[str, Callable[[Deck], None]] = {
    leak.__name__: leak
    for leak in (
        column_a_second_early, volume_over_the_whole_day, centred_mean, z_score_of_the_day,
        high_of_the_whole_day, halt_known_a_second_early, mark_a_second_early,
        book_known_a_second_early, phase_a_second_early, fills_at_later_quotes,
        end_at_the_last_quote,
    )
}  # fmt: skip
