"""The rule that buys breakouts: each of its conditions, and a tape it trades."""

import pytest
from exam.hand_exam import play, view_of
from reference.tapes import P, Q, make_day, ns

from lowfloat.base.codes import Action
from lowfloat.exam.config import BreakoutRule
from lowfloat.exam.policy import View
from lowfloat.exam.rule_traders import BreakoutTrader
from lowfloat.tape.columns import NAMES


class TestBreakoutTrader:
    RULE = BreakoutRule(min_gain=0.01, min_surge=3.0, trailing_stop=0.05, max_seconds=100)

    def breakout(self, **columns: float) -> View:
        view = view_of()
        values = {
            "since_break": 29 / (29 + 300), "return_60s": 0.02, "volume_surge": 4 / (4 + 2),
            "buy_pressure_60s": 0.6,
        }  # fmt: skip
        for name, value in (values | columns).items():
            view.columns[:, NAMES.index(name)] = value
        return view

    def test_it_buys_a_breakout_on_volume(self):
        assert BreakoutTrader(self.RULE).act(self.breakout()).tolist() == [Action.BUY_100]

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("since_break", 30 / (30 + 300)),
            ("return_60s", 0.009),
            ("volume_surge", 2.9 / 4.9),
            ("buy_pressure_60s", 0.5),
            ("spread", 0.021),
        ],
    )
    def test_each_of_its_conditions_is_needed(self, column, value):
        view = self.breakout(**{column: value})
        assert BreakoutTrader(self.RULE).act(view).tolist() == [Action.HOLD]

    def test_it_does_not_add_to_a_position(self):
        view = self.breakout()
        view.state["shares"], view.state["mark"], view.state["peak_mark"] = 100, 400, 400
        view.state["entry_second"] = view.second
        assert BreakoutTrader(self.RULE).act(view).tolist() == [Action.HOLD]

    def test_it_holds_where_buying_is_not_allowed(self):
        view = self.breakout()
        view.mask[:, Action.BUY_100] = False
        assert BreakoutTrader(self.RULE).act(view).tolist() == [Action.HOLD]

    @pytest.mark.parametrize(
        ("mark", "held", "moved", "sells"),
        [
            (9_501, 99, -0.02, False),
            (9_500, 99, 0.0, True),
            (10_000, 100, 0.0, True),
            (10_000, 1, -0.021, True),
        ],
        ids=["within the stop", "at the stop", "out of time", "in a flush"],
    )
    def test_it_leaves_by_the_stop_by_the_clock_or_in_a_flush(self, mark, held, moved, sells):
        view = view_of(
            shares=100, mark=mark, peak_mark=10_000, entry_second=20_000 - held
        )  # fmt: skip
        view.columns[:, NAMES.index("return_30s")] = moved
        action = BreakoutTrader(self.RULE).act(view)
        assert action.tolist() == [Action.SELL_100 if sells else Action.HOLD]

    def test_on_a_tape_that_breaks_out_it_buys_the_break_and_leaves_at_the_stop(self):
        """Half an hour of calm, then a cent up every 9 s on ten times the volume, then down."""
        calm, top, fall = 1_800, 2_070, 2_100
        quotes, prints = [], []
        for second in range(3_000):
            cents = 400 + (min(second, top) - calm) // 9 if second > calm else 400
            cents -= max(0, second - fall)
            bid = max(cents, 300) / 100
            quotes.append(Q(ns(second), bid, bid + 0.01, 5_000, 5_000))
            shares = 100 if second <= calm else 1_000
            prints.append(P(ns(second) + 5, bid + 0.01, shares, side=1))
        day = make_day(quotes, trades=prints, end_second=3_000)
        sitting, trips, deck = play(day, BreakoutTrader(BreakoutRule()))
        # The first minute of volume is known when it has closed, at second 1,860.
        entry = trips[0]["entry_second"]
        assert 1_860 <= entry < 1_900
        age = deck.table[0][:, NAMES.index("since_break")]
        surge = deck.table[0][:, NAMES.index("volume_surge")]
        assert age[entry] < 30 / 330
        assert surge[entry] == pytest.approx(10 / 12, abs=0.02)
        # The bid peaks at $4.30; two percent below lies $4.214, and $4.21 is 9 s down from it.
        last = trips[-1]
        assert last["exit_price"] == pytest.approx(4.20)
        assert last["exit_second"] == fall + 11
        assert not last["forced"]
        assert int(sitting.final["shares"][0]) == 0
