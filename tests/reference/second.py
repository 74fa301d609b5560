"""One second of an account's market: the tape's events, its message and its stop, in order."""

from typing import NamedTuple

from reference.fills import Broker, Fill
from reference.orders import closing_limit
from reference.stops import NEXT_SECOND, Stop
from reference.tape import Print
from reference.waiting import WaitingOrder

from lowfloat.base.codes import Protection, RejectReason
from lowfloat.env.action import RiskRules

NOTHING = Fill()
_NEVER = 2**63


class Message(NamedTuple):
    """What one action tells the market."""

    sign: int = 0  # of its order: +1 buy, -1 sell, 0 none
    wish: int = 0
    limit: int = 0
    waits: bool = False
    cancels: bool = False  # the working order, or replaces it
    protection: Protection = Protection.KEEP

    @property
    def says_something(self) -> bool:
        return self.cancels or self.protection != Protection.KEEP


class Desk:
    """The working order and the stop of one account.

    Args:
        broker: of the account.
        risk: the distances of its stops.
    """

    def __init__(self, broker: Broker, risk: RiskRules) -> None:
        self.broker, self.risk = broker, risk
        self.working: WaitingOrder | None = None
        self.stop: Stop | None = None
        self.told: list[str] = []  # what happened this second, for those who count
        self.stop_sent = False  # this second
        self._old: WaitingOrder | None = None  # that worked when the second began
        self._old_had = 0  # shares it had then

    @property
    def stop_is_due(self) -> bool:
        return self.stop is not None and self.stop.due > 0

    @property
    def happened(self) -> list[str]:
        """What happened this second."""
        return [*self.told, *(self.working.told if self.working else ())]

    def clear(self) -> None:
        """Take away the working order and the stop."""
        self.working = self.stop = None

    def play(self, second: int, message: Message, mark: int) -> tuple[Fill, int]:
        """Play a second; return what the message's order met, and when it arrived (0: no message).

        Args:
            second: of the decision.
            message: of the action.
            mark: at the decision.
        """
        broker, tape = self.broker, self.broker.tape
        self.told, self.stop_sent = [], False
        self._old = self.working
        self._old_had = self.working.bill.shares if self.working else 0
        if self.working:
            self.working.told = []
        if self.stop and self.stop.due == NEXT_SECOND:
            self.stop.due = tape.at(second) + broker.latency(second, 1)
            self.told.append("stops resent")
        arrival = _NEVER
        if message.says_something:
            arrival = tape.at(second) + broker.latency(second)
        answer, end = NOTHING, tape.at(second + 1)
        looks = message.waits or message.protection != Protection.KEEP or self.working or self.stop
        events = tape.events(second) if looks else []
        arrived = 0
        while True:
            due = self.stop.due if self.stop_is_due else _NEVER
            due = due if NEXT_SECOND < due < end else _NEVER
            time = _NEVER
            if events:
                time = events[0].received if isinstance(events[0], Print) else events[0][1].received
            if time == arrival == due == _NEVER:
                break
            if time <= min(arrival, due):
                self._follow(second, events.pop(0))
            elif arrival <= due:
                answer = self._receive(second, arrival, message, mark)
                arrived, arrival = arrival, _NEVER
            else:
                self._sell_out(second, due)
            self._tidy()
        return answer, arrived

    def _follow(self, second: int, event) -> None:
        if not isinstance(event, Print):
            if self.working:
                self.working.on_book(second, *event)
            return
        if self.working:
            self.working.on_print(second, event)
            self._tidy()
        if self.stop and self.stop.is_hit_by(self.broker.tape, second, event):
            self.stop.due = event.received + self.broker.latency(second, 1)
            self.told.append("trailing stops" if self.stop.trail else "fixed stops")
            self._drop()
            self._old = None

    def _receive(self, second: int, time: int, message: Message, mark: int) -> Fill:
        """Do what a message says, when it arrives."""
        broker, account, answer = self.broker, self.broker.account, NOTHING
        old, had = self._old, self._old_had
        done = old.bill.shares - had if old and old.sign == message.sign else 0
        if self.stop_is_due:
            return Fill(reason=RejectReason.STOP_DUE)
        if message.cancels:
            if self.working:
                self.told.append("replaced" if message.sign else "cancelled")
                self._drop()
            self.told += ["replaced with shares got meanwhile"] * (done > 0)
            wish = max(0, message.wish - done)
            if message.sign < 0 and wish > account.shares:
                wish = account.shares
                self.told.append("cut to the shares held")
            if wish and message.waits:
                self.working = WaitingOrder(broker, message.sign, message.limit, wish)
                self.working.place(second, time, broker.tape.book_row_at(time))
            elif wish:
                answer = broker.cross(message.sign, second, time, wish, message.limit)
        self._tidy()
        if account.shares and message.protection == Protection.NO_STOP:
            self.stop = None
        elif account.shares and message.protection == Protection.STOP:
            self.stop = Stop.fixed(account, self.risk.stop_distance)
        elif account.shares and message.protection == Protection.TRAIL:
            self.stop = Stop.trailing(mark, self.risk.trail_distance)
        return answer

    def _sell_out(self, second: int, time: int) -> None:
        limit = closing_limit(self.broker.tape.known_bands(second))
        fill = self.broker.cross(-1, second, time, self.broker.account.shares, limit)
        self.stop.due, self.stop_sent = NEXT_SECOND, True
        self.told += ["stops filled"] * (fill.shares > 0)

    def _drop(self) -> None:
        """Let go of the working order."""
        if self.working:
            self.told += self.working.told
            self.working = None

    def _tidy(self) -> None:
        """Let go of an order that is done, and of a stop without a position."""
        if self.working and self.working.left == 0:
            self._drop()
        if self.broker.account.shares == 0:
            self.stop = None
