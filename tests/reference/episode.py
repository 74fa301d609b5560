"""One episode, second by second, as ``docs/explanation/market-model.md`` describes it."""

from typing import NamedTuple

from reference.account import Account
from reference.fills import Broker, Fill
from reference.luck import Luck
from reference.orders import buy_limit, closing_limit, sell_limit
from reference.tape import Tape

from lowfloat.base.codes import EndReason, RejectReason
from lowfloat.env.config import EnvConfig

_NOTHING = Fill()
_MASKED = Fill(reason=RejectReason.MASKED)


class Step(NamedTuple):
    """What one second brought."""

    reward: float
    parts: tuple[float, float]
    fill: Fill
    side: int
    wish: int
    limit: int
    forced: bool
    terminated: bool
    truncated: bool


class Episode:
    """One account on one day.

    Args:
        tape: the day.
        second: the reset point.
        next_second: the day's next reset point.
        config: frictions, money, limits and rewards.
        luck: its random numbers.
    """

    def __init__(
        self, tape: Tape, second: int, next_second: int, config: EnvConfig, luck: Luck
    ) -> None:
        self.tape = tape
        self.config = config
        self.second = second
        self.max_position = round(config.risk.max_position * 1_000_000)
        cash = round(config.risk.cash * 1_000_000)
        self.account = Account(cash=cash, start_equity=cash, mark=tape.mark(second))
        self.broker = Broker(tape, self.account, luck, config)
        self.closing = EndReason.RUNNING
        self.ended = EndReason.RUNNING
        self.settled_shares = 0
        self.last_order = (0, 0)  # signed shares filled, shares wished
        rules = config.episode
        self.deadline = second + rules.max_seconds
        self.deadline_reason = EndReason.MAX_DURATION
        if rules.reset_transitions and next_second < tape.end_second:
            transition = max(next_second - rules.transition_gap_seconds, second + rules.min_seconds)
            if transition < self.deadline:
                self.deadline = transition
                self.deadline_reason = EndReason.RESET_TRANSITION

    @property
    def may_enter(self) -> bool:
        return self.second < self.tape.end_second - self.config.episode.no_entry_seconds

    def mask(self) -> list[bool]:
        """Return which of the nine actions may be sent now."""
        book = self.tape.known_book(self.second)
        if (
            self.closing
            or self.ended
            or self.tape.known_to_be_halted(self.second)
            or book is None
            or not book.sound
        ):
            return [True] + [False] * 8
        wishes = self.buy_wishes() if self.may_enter else [0, 0, 0, 0]
        return [True, *[wish >= 1 for wish in wishes], *[self.account.shares > 0] * 4]

    def buy_wishes(self) -> list[int]:
        """Return the shares that BUY 1 to 4 wish for."""
        ask = self.tape.known_book(self.second).ask
        most = self.max_position // (100 * ask)
        affordable = self.account.cash // (100 * ask)
        room = most - self.account.shares
        return [max(0, min(most * k // 4, room, affordable)) for k in (1, 2, 3, 4)]

    def buy_limit(self) -> int:
        tape, second = self.tape, self.second
        return buy_limit(tape.known_book(second), tape.known_bands(second), self.config.fills)

    def sell_limit(self) -> int:
        tape, second = self.tape, self.second
        return sell_limit(tape.known_book(second), tape.known_bands(second), self.config.fills)

    def sell_wish(self, quarters: int) -> int:
        return max(1, self.account.shares * quarters // 4)

    def step(self, action: int) -> Step:
        """Play one second."""
        account, rules = self.account, self.config.episode
        equity_before, fees_before = account.equity, account.fees
        forced = bool(self.closing)
        fill, side, wish, limit = self._send(action)

        self.last_order = (side * fill.shares, wish)
        self.second += 1
        account.mark_to(self.tape.mark(self.second))
        if not self.closing:
            self.closing = self._closing_reason()
        if account.shares and self.second >= self.tape.end_second:
            self.settled_shares = account.shares
            account.settle(int(account.mark * (1 - rules.settlement_haircut)), self.second)
            if self.tape.halted_at(self.tape.at(self.tape.end_second) - 1):
                self.closing = EndReason.HALTED_INTO_CLOSE
        terminated = bool(self.closing) and account.shares == 0
        truncated = not self.closing and self.second >= self.deadline
        if terminated:
            self.ended = self.closing
        elif truncated:
            self.ended = self.deadline_reason

        parts = self._reward_parts(account.equity - equity_before, account.fees - fees_before)
        return Step(
            parts[0] + parts[1], parts, fill, side, wish, limit, forced, terminated, truncated
        )

    def _send(self, action: int) -> tuple[Fill, int, int, int]:
        """Return what this second's order got, its side (1 buy, -1 sell), wish and limit."""
        if self.closing:
            wish = self.account.shares
            limit = closing_limit(self.tape.known_bands(self.second))
            return self.broker.close(self.second, wish, limit), -1, wish, limit
        if action == 0:
            return _NOTHING, 0, 0, 0
        if not self.mask()[action]:
            return _MASKED, 0, 0, 0
        if action <= 4:
            wish = self.buy_wishes()[action - 1]
            limit = self.buy_limit()
            return self.broker.buy(self.second, wish, limit), 1, wish, limit
        wish, limit = self.sell_wish(action - 4), self.sell_limit()
        return self.broker.sell(self.second, wish, limit), -1, wish, limit

    def _closing_reason(self) -> EndReason:
        rules, equity = self.config.episode, self.account.equity
        start = day_start = self.account.start_equity
        if equity <= rules.bankruptcy * start:
            return EndReason.BANKRUPTCY
        if equity <= (1 - rules.day_loss) * day_start:
            return EndReason.DAY_LOSS
        if equity <= (1 - rules.max_loss) * start:
            return EndReason.MAX_LOSS
        if self.second >= self.tape.end_second - rules.flatten_seconds:
            return EndReason.DATA_END if self.tape.ends_early else EndReason.MARKET_CLOSE
        return EndReason.RUNNING

    def _reward_parts(self, gained: int, fees: int) -> tuple[float, float]:
        rewards = self.config.rewards
        # A moment holds fractions of the maximum position; a component speaks in percent of it.
        market_pnl = 100 * ((gained + fees) / self.max_position)
        trading_costs = -100 * (fees / self.max_position)
        return (
            rewards.market_pnl.weight * market_pnl,
            rewards.trading_costs.weight * trading_costs,
        )
