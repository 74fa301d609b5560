"""Exams of days written by hand, so that every figure can be worked out on paper."""

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np
from known_value import SHOWN_BOOK
from reference.tapes import Q, make_day, ns

from lowfloat.base.codes import Action, MomentumPhase
from lowfloat.days import Day
from lowfloat.env.config import EnvConfig
from lowfloat.env.deck import Deck, build_deck
from lowfloat.env.observation import NUM_POSITION_COLUMNS
from lowfloat.env.records import STATE
from lowfloat.exam.exam import Sitting, sit
from lowfloat.exam.policy import Policy, View
from lowfloat.tape.columns import NAMES
from lowfloat.tape.normaliser import Normaliser

END = 1_000  # the data of these days end 1,000 s after 04:00
FORCED_FROM = END - 60
DATE = dt.date(2025, 3, 4)  # SEC $27.80 per million, TAF $0.000166 per share
CONFIG = SHOWN_BOOK


def book(*spans: tuple[int, float], size: int = 10_000, spread: float = 0.02) -> list[Q]:
    """Return a book said anew each second; a span is its first second and its bid."""
    quotes = []
    for (first, bid), (last, _) in zip(spans, [*spans[1:], (END, 0.0)], strict=True):
        quotes += [Q(ns(s), bid, round(bid + spread, 4), size, size) for s in range(first, last)]
    return quotes


def hand_day(quotes: Sequence[Q], symbol: str = "HAND", **options) -> Day:
    """Return a day of 1,000 seconds."""
    return make_day(quotes, symbol=symbol, date=DATE, **{"end_second": END, **options})


def view_of(rows: int = 1, second: int = 20_000, **state: int) -> View:
    """Return a view in which everything is allowed and nothing is held."""
    accounts = np.zeros(rows, STATE)
    accounts["second"] = second
    for name, value in state.items():
        accounts[name] = value
    return View(
        observation=np.zeros((rows, len(NAMES) + NUM_POSITION_COLUMNS), np.float32),
        columns=np.zeros((rows, len(NAMES)), np.float32),
        mask=np.ones((rows, len(Action)), bool),
        state=accounts,
        phase=np.full(rows, MomentumPhase.ACCUMULATION, np.int8),
        second=second,
    )


class Scripted:
    """Sends what it was told to, on every day alike, and keeps what it saw."""

    description = "sends what it was told to"

    def __init__(self, script: Mapping[int, Action], name: str = "scripted") -> None:
        self.name = name
        self._script = script
        self.seen: list[View] = []

    def act(self, view: View) -> np.ndarray:
        self.seen.append(View(*(np.copy(part) for part in view[:-1]), view.second))
        return np.full(len(view.state), self._script.get(view.second, Action.HOLD), np.int64)


def as_it_is() -> Normaliser:
    """Return a normaliser that changes nothing but cuts at its limits."""
    columns = len(NAMES)
    return Normaliser(np.zeros(columns), np.ones(columns))


def play(
    days: Sequence[Day] | Day,
    *policies: Policy,
    config: EnvConfig = CONFIG,
    first_seconds: Sequence[int] | None = None,
    normaliser: Normaliser | None = None,
) -> tuple[Sitting, list[dict], Deck]:
    """Return the sitting, its round trips, and the deck."""
    deck = build_deck([(day, None) for day in ([days] if isinstance(days, Day) else days)])
    sitting = sit(deck, policies, normaliser or as_it_is(), config, first_seconds)
    return sitting, sitting.trades, deck


def dollars(sitting: Sitting) -> np.ndarray:
    """Return what each row gained, in dollars."""
    return (sitting.final["equity"] - sitting.final["start_equity"]) / 1e6
