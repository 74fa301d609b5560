"""One episode, second by second, as ``docs/explanation/market-model.md`` describes it."""

from typing import NamedTuple

from reference.account import Account
from reference.fills import Broker, Fill
from reference.luck import Luck
from reference.orders import buy_limit, closing_limit, sell_limit, waiting_limit
from reference.second import Desk, Message
from reference.tape import Tape

from lowfloat.base.codes import EndReason, Protection, RejectReason, Style
from lowfloat.env.config import EnvConfig

CANCEL = 9
_MASKED = Fill(reason=RejectReason.MASKED)


class Step(NamedTuple):
    """What one second brought."""

    reward: float
    parts: tuple[float, float]
    fills: tuple[Fill, ...]  # of all orders, in order of time
    answer: Fill  # to the action's own order, or the forced one
    side: int  # of that order, 1 buy, -1 sell, 0 none
    wish: int
    limit: int
    arrival: int  # of the message, 0 if none was sent
    forced: bool
    terminated: bool
    truncated: bool

    @property
    def shares(self) -> int:
        """Signed shares of all fills."""
        return sum(fill.sign * fill.shares for fill in self.fills)


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
        self.desk = Desk(self.broker, config.risk)
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
        """Return which actions may be sent now; with three parts the parts' masks in a row."""
        first = self._nine()
        if self.config.actions == "discrete":
            return first
        free = not self.closing and not self.ended and not self.desk.stop_is_due
        cancel = free and self.desk.working is not None
        return [*first, cancel, *[True] * (len(Style) + len(Protection))]

    def _nine(self) -> list[bool]:
        book = self.tape.known_book(self.second)
        if (
            self.closing
            or self.ended
            or self.desk.stop_is_due
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

    def step(self, action: int | tuple[int, int, int]) -> Step:
        """Play one second."""
        parts_of = action if isinstance(action, tuple) else (action, Style.CROSS, Protection.KEEP)
        account, rules = self.account, self.config.episode
        equity_before, fees_before = account.equity, account.fees
        forced = bool(self.closing)
        self.broker.fills = []
        answer, message, arrival = self._send(*parts_of)
        fills = tuple(self.broker.fills)

        self.last_order = (sum(fill.sign * fill.shares for fill in fills), message.wish)
        self.second += 1
        account.mark_to(self.tape.mark(self.second))
        if not self.closing:
            self.closing = self._closing_reason()
            if self.closing:
                self.desk.clear()
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
            parts[0] + parts[1], parts, fills, answer, message.sign, message.wish, message.limit,
            arrival, forced, terminated, truncated,
        )  # fmt: skip

    def _send(self, first: int, style: int, protection: int) -> tuple[Fill, Message, int]:
        """Return what this second's own order met, what was sent, and when it arrived."""
        second, broker = self.second, self.broker
        if self.closing:
            self.desk.told = []
            limit = closing_limit(self.tape.known_bands(second))
            message = Message(-1, self.account.shares, limit)
            arrival = self.tape.at(second) + broker.latency(second)
            slippage = broker.rules.forced_slippage_bps
            return (
                broker.cross(-1, second, arrival, message.wish, limit, slippage),
                message,
                arrival,
            )
        if not self.mask()[first]:
            self.desk.play(second, Message(), self.account.mark)
            return _MASKED, Message(), 0
        message = Message()
        if first:
            message = self._order(first, style)
        message = message._replace(protection=Protection(protection))
        answer, arrival = self.desk.play(second, message, self.account.mark)
        return answer, message, arrival

    def _order(self, first: int, style: int) -> Message:
        if first == CANCEL:
            return Message(cancels=True)
        sign = 1 if first <= 4 else -1
        wish = self.buy_wishes()[first - 1] if sign > 0 else self.sell_wish(first - 4)
        if style == Style.CROSS:
            limit = self.buy_limit() if sign > 0 else self.sell_limit()
        else:
            book, bands = self.tape.known_book(self.second), self.tape.known_bands(self.second)
            limit = waiting_limit(sign, book, bands, improve=style == Style.IMPROVE)
        return Message(sign, wish, limit, waits=style != Style.CROSS, cancels=True)

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
