"""Follows a stored day row by row, and says where it breaks the rules of limit up, limit down.

A plain reading of the LULD plan as amended since 2020, for stocks of Tier 2, of Nasdaq's reopening
collars (SR-NASDAQ-2016-131) and its closing cross (Rule 4754(b)(6): a pause that exists at or
after 15:50 lasts until the close), and of Rule 201 of Regulation SHO. It knows nothing but the
tables of a day: prints and quotes in the order of their sequence numbers, at the exchange's time,
and the status between them. Prices are whole nanodollars, averages are fractions of them.

The plan leaves open how fast a processor is. Here it works out the reference price at each whole
second, and an order that is being executed at that moment may end under the bands it began with:
where rows follow each other so closely that they may be one order, both courses are followed, and
the day is held against the one that it keeps.
"""

from bisect import bisect_left, bisect_right
from fractions import Fraction
from typing import NamedTuple

SECOND, MINUTE = 10**9, 60 * 10**9
CENT, DOLLAR = 10**7, 10**9
LEAST = 10**5  # nanodollars, the finest grid of prices
ONE_ORDER = 60 * 10**6  # longest silence within an order
LONGEST_ORDER = 3 * SECOND
PROMPT = 100 * 10**6  # within which the exchange acts on what it sees
LAST, AUCTION, ODD_LOT = 1, 16, 64  # marks of a print
TRADES_AGAIN, PAUSE, RESTRICTION = 7, 9, 14  # actions of a status record


class Course(NamedTuple):
    """The bands, if things went one way.

    ``wrong`` is what the day did wrong in that case, ``cleared`` how long each limit state lasted
    that led to no pause.
    """

    reference: Fraction
    since: int  # when the reference price was worked out
    lower: int
    upper: int
    limit: str = ""  # "up" or "down" in a limit state
    limit_since: int = 0
    overdue: int = 0  # whole second at which the reference has yet to be worked out
    wrong: tuple[str, ...] = ()
    cleared: tuple[int, ...] = ()


class Pause(NamedTuple):
    """A pause, and the bands that stood when it began."""

    began: int
    lower: int
    upper: int
    side: str


def violations(day, previous_close, restricted_before, indicative=None):
    """Return in words what a day does that the rules forbid: nothing, if it keeps them.

    Args:
        day: a stored day.
        previous_close: official close of the day before, nanodollars.
        restricted_before: whether short sales were restricted from the beginning.
        indicative: dollars at which an auction would have been held, one per second of the
            session; with it, each extension of a pause is checked to have been needed.
    """
    faults = Follower(day, previous_close, indicative).follow()
    return faults + restriction_faults(day, previous_close, restricted_before)


def restricts_tomorrow(day, previous_close):
    """Return whether a print of regular hours was 10 % below the previous close or lower."""
    return _first_low(day, previous_close) is not None


def half_width(previous_close, reference, before_close):
    """Return the distance from the reference price to a band, by the table of the plan."""
    cheap = previous_close <= 3 * DOLLAR
    if 4 * previous_close < 3 * DOLLAR:
        width = min(reference * Fraction(3, 4), Fraction(15 * CENT))
    else:
        width = reference / 5 if cheap else reference / 10
    return 2 * width if cheap and before_close <= 25 * MINUTE else width


def collars(pause, extensions):
    """Return the lowest and the highest price of a reopening after so many extensions."""
    band = pause.upper if pause.side == "up" else pause.lower
    step = Fraction(15 * CENT) if band <= 3 * DOLLAR else Fraction(band, 20)
    width = step * (1 + extensions)
    if pause.side == "up":
        return pause.lower, to_cent(band + width)
    return max(to_cent(band - width), LEAST), pause.upper


def to_cent(price):
    return int((price / CENT + Fraction(1, 2)) // 1) * CENT


def to_tick(dollars):
    tick = CENT if dollars >= 1 else LEAST
    return max(int(dollars * DOLLAR / tick + 0.5) * tick, LEAST)


def in_words(day, ns, words):
    return f"second {(ns - day.session.start_ns) / SECOND:.6f}: {words}"


def _rows(*columns):
    return list(zip(*(column.tolist() for column in columns), strict=True))


class Follower:
    """Goes through one day; see :func:`violations`."""

    def __init__(self, day, previous_close, indicative):
        self.day, self.previous_close, self.indicative = day, previous_close, indicative
        self.open, self.close = day.session.regular_open_ns, day.session.regular_close_ns
        self.wrong, self.cleared, self.pauses = [], [], []
        self.courses = []  # none before the opening auction and after the close
        self.times, self.sums = [], [0]  # of the eligible prints since the last auction
        self.turn, self.overdue = self.open, False  # next whole second; whether one is left
        self.opened = False
        self.pause = None
        self.resumed = 0  # when a pause was said to end, until its auction is printed
        self.before = 0  # time of the row before
        self.bid = self.offer = 0

    def follow(self):
        for ns, see, what in self._events():
            if ns >= self.open:
                self._pass_time(ns)
                see(ns, what)
            self.before = ns
        if self.pause:
            self._say(self.pause.began, "a pause that nothing ended")
        self._decide()
        return self.wrong

    def _events(self):
        """Return all rows in order; a status comes before the rows of its nanosecond."""
        prints, quotes, status = self.day.trades, self.day.quotes, self.day.status
        seen = [
            *_rows(prints.sequence, prints.ts_event, prints.price, prints.marks),
            *_rows(quotes.sequence, quotes.ts_event, quotes.bid_price, quotes.ask_price),
        ]
        kinds = [self._see_print] * len(prints.price) + [self._see_quote] * len(quotes.action)
        order = sorted(range(len(seen)), key=lambda k: seen[k][0])
        events = [(seen[k][1], kinds[k], seen[k][2:]) for k in order]
        times = [ns for ns, _, _ in events]
        said = {PAUSE: self._see_pause, TRADES_AGAIN: self._see_resumption}
        for ns, action in reversed(_rows(status.ts_event, status.action)):
            if ns > self.open and action in said:
                events.insert(bisect_left(times, ns), (ns, said[action], ()))
        return events

    def _say(self, ns, words):
        self.wrong.append(in_words(self.day, ns, words))

    def _blame(self, course, ns, words):
        return course._replace(wrong=(*course.wrong, in_words(self.day, ns, words)))

    def _decide(self):
        """Keep the course on which the day did least wrong."""
        if self.courses:
            best = min(self.courses, key=lambda course: len(course.wrong))
            self.wrong += best.wrong
            self.cleared += best.cleared
            self.courses = [best._replace(wrong=(), cleared=())]

    # As time passes

    def _pass_time(self, ns):
        if (ns < self.turn and not self.overdue) or self.pause or not self.courses:
            return
        one_order = ns - self.before <= ONE_ORDER
        if ns >= self.close and not one_order:
            self._end()
            return
        while self.turn <= ns:
            self._miss_pauses(self.turn)
            self._take_turn(one_order)
            self.turn += SECOND
        late = [course for course in self.courses if course.overdue]
        self.courses += [self._worked_out(course) for course in late]
        self.overdue = one_order and any(ns - each.overdue < LONGEST_ORDER for each in late)
        if not self.overdue:
            self.courses = [course for course in self.courses if not course.overdue]
        self._merge()

    def _take_turn(self, one_order):
        """Work out the reference at a whole second, or leave it to the end of an order."""
        courses = [self._worked_out(course) for course in self.courses]
        courses = [course._replace(overdue=self.turn) for course in courses]
        self.courses = [self._worked_out(course) for course in courses]
        if one_order:
            self.courses += courses

    def _miss_pauses(self, ns):
        """Blame what is still in a limit state after 15 seconds."""
        self.courses = [self._overstayed(course, ns) for course in self.courses]

    def _overstayed(self, course, ns):
        if not course.limit or ns <= course.limit_since + 15 * SECOND + PROMPT:
            return course
        return self._blame(course, ns, "a limit state of 15 seconds and no pause")._replace(
            limit_since=ns
        )

    def _worked_out(self, course):
        """Return a course with the reference price that is due, from the prints so far."""
        moment = course.overdue
        if not moment:
            return course
        course = course._replace(overdue=0)
        if course.limit:  # everything is frozen
            return course
        first = bisect_right(self.times, moment - 5 * MINUTE)
        count = len(self.times) - first
        if count and moment - course.since >= 30 * SECOND:
            mean = Fraction(self.sums[-1] - self.sums[first], count)
            if abs(mean - course.reference) * 100 >= course.reference:
                return self._drawn(course._replace(reference=mean, since=moment), moment)
        return self._drawn(course, moment) if moment >= self.close - 25 * MINUTE else course

    def _drawn(self, course, ns):
        width = half_width(self.previous_close, course.reference, self.close - ns)
        lower = max(to_cent(course.reference - width), LEAST)
        return course._replace(lower=lower, upper=to_cent(course.reference + width))

    def _merge(self):
        """Drop courses that lie between others: with the same bands, and to blame for as much.

        Of those that share their bands, the lowest and the highest reference say all: where both
        move on, so do those between, and where one does, both outcomes are followed.
        """
        groups = {}
        settled = self.turn - 32 * SECOND  # a reference so old may move, whenever it was set
        for course in self.courses:
            key = course._replace(
                reference=0, since=max(course.since, settled), wrong=(), cleared=()
            )
            groups.setdefault(key, []).append(course)
        self.courses = []
        for group in groups.values():
            least = min(len(course.wrong) for course in group)
            group = [course for course in group if len(course.wrong) == least]
            group.sort(key=lambda course: course.reference)
            self.courses.append(group[0])
            if group[-1].reference > group[0].reference:
                self.courses.append(group[-1])

    def _end(self):
        self._decide()
        self.courses, self.pause, self.resumed = [], None, 0

    # What is seen

    def _see_print(self, ns, what):
        price, marks = what
        if self.pause and not self.resumed:
            self._say(ns, "a print inside a pause")
            return
        if marks & AUCTION:
            self._see_auction(ns, price)
        elif self.resumed:
            self._say(ns, "a print before that of the reopening auction")
        else:
            self.courses = [self._see_price(course, ns, price) for course in self.courses]
        if marks & LAST and not marks & ODD_LOT:
            self.times.append(ns)
            self.sums.append(self.sums[-1] + price)

    def _see_price(self, course, ns, price):
        if course.lower <= price <= course.upper:
            return course
        words = f"a print at {price} outside the bands, {course.lower} to {course.upper}"
        return self._blame(course, ns, words)

    def _see_auction(self, ns, price):
        if ns >= self.close:
            self._end()
            return
        if self.pause:
            extensions = (self.resumed - self.pause.began) // (5 * MINUTE) - 1
            lowest, highest = collars(self.pause, extensions)
            if not lowest <= price <= highest:
                self._say(ns, f"a reopening at {price} outside {lowest} to {highest}")
        elif self.opened:
            self._say(ns, "an auction that neither opens, reopens nor closes")
        # The price is the reference from the auction on, which began when trading could.
        fresh = Course(Fraction(price), 0, 0, 0)
        self._decide()
        self.courses = [
            self._drawn(fresh._replace(since=since), ns)
            for since in {self.resumed or self.open, ns}
        ]
        self.times, self.sums = [], [0]
        self.turn, self.overdue = ns - (ns - self.day.session.start_ns) % SECOND + SECOND, False
        self.opened, self.pause, self.resumed = True, None, 0

    def _see_quote(self, ns, what):
        bid, offer = what
        if not self.pause:
            self.courses = [self._see_book(course, ns, bid, offer) for course in self.courses]
        self.bid, self.offer = bid, offer

    def _see_book(self, course, ns, bid, offer):
        if bid != self.bid and bid > course.upper:
            course = self._blame(course, ns, f"a bid at {bid} above the band at {course.upper}")
        if offer != self.offer and 0 < offer < course.lower:
            course = self._blame(course, ns, f"an offer at {offer} below {course.lower}")
        limit = "up" if bid >= course.upper else "down" if 0 < offer <= course.lower else ""
        if limit == course.limit:
            return course
        course = self._overstayed(course, ns)
        if course.limit:
            course = course._replace(cleared=(*course.cleared, ns - course.limit_since))
        if 0 < offer < bid:  # a crossed book begins no limit state
            limit = ""
        return course._replace(limit=limit, limit_since=ns)

    def _see_pause(self, ns, _what):
        if self.pause or not self.courses:
            self._say(ns, "a pause where nothing trades")
            return
        late = 15 * SECOND + PROMPT
        words = "a pause without a limit state of 15 seconds before it"
        for k, course in enumerate(self.courses):
            if not course.limit or not 15 * SECOND <= ns - course.limit_since <= late:
                self.courses[k] = self._blame(course, ns, words)
        self._decide()
        (course,) = self.courses
        self.pause = Pause(ns, course.lower, course.upper, course.limit or "up")
        self.pauses.append(self.pause)

    def _see_resumption(self, ns, _what):
        if not self.pause:
            self._say(ns, "trading resumes that had not stopped")
            return
        self.resumed = ns
        began, last_reopening = self.pause.began, self.close - 10 * MINUTE
        periods, rest = divmod(ns - began, 5 * MINUTE)
        if not 0 <= ns - self.close <= PROMPT:
            if ns >= last_reopening:
                self._say(ns, "a reopening in the last ten minutes")
            elif not periods or rest > PROMPT:
                self._say(ns, f"a pause of {(ns - began) / SECOND} seconds")
        attempts = range(began + 5 * MINUTE, min(ns - PROMPT, last_reopening), 5 * MINUTE)
        for extensions, attempt in enumerate(attempts):
            if self.indicative is not None and self._could_open(attempt, extensions):
                self._say(attempt, "an extension without need")

    def _could_open(self, ns, extensions):
        """Return whether the price that an auction would find lies within its collars."""
        second = (ns - self.day.session.start_ns) // SECOND
        lowest, highest = collars(self.pause, extensions)
        return lowest <= to_tick(self.indicative[second]) <= highest


def _first_low(day, previous_close):
    """Return when short sales became restricted by a print of regular hours, or None."""
    opens, closes = day.session.regular_open_ns, day.session.regular_close_ns
    trades = day.trades
    for ns, price, marks in _rows(trades.ts_event, trades.price, trades.marks):
        regular = opens <= ns and (ns < closes or marks & AUCTION)
        if regular and 10 * price <= 9 * previous_close:
            return ns
    return None


def restriction_faults(day, previous_close, restricted_before):
    """Return what is wrong with what the status says of short sales."""
    low = _first_low(day, previous_close)
    status = day.status
    said = status.ts_event[status.action == RESTRICTION].tolist()
    wrong = []
    if restricted_before or low is None:
        wrong += [in_words(day, ns, "a restriction of short sales without cause") for ns in said]
        begins = day.session.start_ns if restricted_before else None
    elif not said:
        wrong.append(in_words(day, low, "a fall of 10 % that restricted no short sales"))
        begins = None
    else:
        wrong += [in_words(day, ns, "a second restriction of short sales") for ns in said[1:]]
        begins = said[0]
        if not 0 <= begins - low <= LONGEST_ORDER:
            wrong.append(in_words(day, begins, "a restriction that does not follow its print"))
    for ns, is_restricted in _rows(status.ts_event, status.is_short_sell_restricted):
        if is_restricted >= 0 and is_restricted != (begins is not None and ns >= begins):
            wrong.append(in_words(day, ns, f"short sales marked {is_restricted}"))
    return wrong
