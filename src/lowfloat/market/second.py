"""One second of an account's orders: what is sent, what waits in the book, and what a stop does.

Most seconds hold one order at most, which takes what it gets when it arrives; then nothing between
is looked at. If an order waits or a stop is set, the second is lived through event by event: of
equal times prints come first, then books, then what is the account's own.
"""

from lowfloat.base.clock import NS
from lowfloat.base.codes import Protection, RejectReason
from lowfloat.base.jit import kernel
from lowfloat.base.prices import MICRODOLLARS_PER_UNIT
from lowfloat.market.account import buy, sell
from lowfloat.market.book import last_resume, quote_at
from lowfloat.market.fees import order_fees_of, sale_fees_of
from lowfloat.market.fills import Taking, keep_taken_asks, keep_taken_bids, refusal, walk
from lowfloat.market.impact import footprint_at, leave_footprint
from lowfloat.market.latency import latency_ns
from lowfloat.market.luck import draw_of_second
from lowfloat.market.order import highest, lowest
from lowfloat.market.stops import clear_stop, fixed_stop, is_triggered, trail_of, trailing_stop
from lowfloat.market.working import clear_working, follow_book, join_queue, reached_by_print

_HALTED = int(RejectReason.HALTED)
_NO_QUOTE = int(RejectReason.NO_QUOTE)
_STOP_DUE = int(RejectReason.STOP_DUE)
_KEEP = int(Protection.KEEP)
_STOP, _TRAIL = int(Protection.STOP), int(Protection.TRAIL)
_UNLIMITED = 1 << 62
_NEVER = 1 << 62
_MESSAGE_DRAW, _STOP_DRAW = 0, 1


@kernel
def arrival_of(deck, rules, state, second, draw):
    """Return when a message of a second reaches the market, ns."""
    known = deck.seconds[state.day, second]
    luck = draw_of_second(state, second, draw)
    return deck.days[state.day].start_ns + second * NS + latency_ns(known, luck, rules.fills)


@kernel
def play_second(deck, rules, state):
    """Play the account's second: the order of the state's ``order`` fields, and what else it has.

    Args:
        deck: resident days.
        rules: fills, commission and limits.
        state: ``STATE`` record; fills are booked and written down.
    """
    sends = state.order_shares != 0 or state.order_cancels != 0 or state.order_protects != _KEEP
    lives = state.working != 0 or state.stop_price != 0
    arrival = _NEVER
    if sends:
        arrival = arrival_of(deck, rules, state, state.second, _MESSAGE_DRAW)
        state.fill_ns = arrival
    if lives or state.order_waits != 0 or state.order_protects != _KEEP:
        _live_through(deck, rules, state, arrival)
    elif sends:
        known = deck.seconds[state.day, state.second]
        row = quote_at(deck.quotes, deck.days[state.day], known.quote, arrival)
        state.reject = _take(deck, rules, state, row, arrival, state.order_shares,
                             state.order_limit)  # fmt: skip


@kernel
def _live_through(deck, rules, state, arrival):
    """Follow prints, books and the account's own messages through the state's second."""
    day, known = deck.days[state.day], deck.seconds[state.day, state.second]
    end = day.start_ns + (state.second + 1) * NS
    regular = day.open_second <= state.second < day.close_second
    quote, tape = known.quote, known.print
    held_before = state.shares
    if state.stop_due != 0 and state.stop_due < end - NS:
        state.stop_due = arrival_of(deck, rules, state, state.second, _STOP_DRAW)
    while True:
        quote_ns = deck.quotes[quote].ts if quote < day.last_quote else _NEVER
        print_ns = deck.prints[tape].ts if tape < day.last_print else _NEVER
        own_ns = arrival
        if state.stop_due != 0:
            own_ns = min(own_ns, state.stop_due)
        if min(quote_ns, print_ns, own_ns) >= end:
            return
        if print_ns <= quote_ns and print_ns <= own_ns:
            _on_print(deck, rules, state, deck.prints[tape], regular)
            tape += 1
        elif quote_ns <= own_ns:
            if state.working != 0:
                _on_book(deck, rules, state, quote)
            quote += 1
        elif arrival == own_ns:
            row = quote - 1 if quote - 1 >= day.first_quote else -1
            _on_message(deck, rules, state, row, arrival, held_before)
            arrival = _NEVER
        else:
            row = quote - 1 if quote - 1 >= day.first_quote else -1
            _take(deck, rules, state, row, state.stop_due, -state.shares, lowest(known))
            if state.shares == 0:
                clear_stop(state)
            else:
                state.stop_due = 1  # in the past: it is sent again in the next second
                if arrival != _NEVER:
                    state.reject = _STOP_DUE
                return


@kernel
def _on_message(deck, rules, state, row, arrival, held_before):
    """Let the message of this second's action take effect."""
    if state.stop_due != 0:
        state.reject = _STOP_DUE
        return
    wish = state.order_shares
    if state.order_cancels != 0:
        meanwhile = state.shares - held_before  # what the replaced order got counts for the new one
        if wish > 0 and meanwhile > 0:
            wish = max(0, wish - meanwhile)
        elif wish < 0 and meanwhile < 0:
            wish = min(0, wish - meanwhile)
        clear_working(state)
    wish = max(wish, -state.shares)
    if wish != 0 and state.order_waits == 0:
        state.reject = _take(deck, rules, state, row, arrival, wish, state.order_limit)
    elif wish != 0:
        state.working = wish
        state.working_limit = state.order_limit
        if row >= 0:
            _place(deck, rules, state, row, arrival)
    if state.shares > 0:
        _protect(state, rules.limits)


@kernel
def _protect(state, limits):
    if state.order_protects == _KEEP:
        return
    clear_stop(state)
    if state.order_protects == _STOP:
        state.stop_price = fixed_stop(state, limits)
    elif state.order_protects == _TRAIL:
        state.stop_trail = trail_of(state, limits)
        state.stop_high = state.mark
        state.stop_price = trailing_stop(state.stop_high, state.stop_trail)


@kernel
def _on_print(deck, rules, state, tape_print, regular):
    if state.working == 0 and state.stop_price == 0:
        return
    resumed = last_resume(deck.halts, deck.days[state.day], tape_print.ts)
    if resumed < 0:
        return
    if state.working != 0 and state.working_ns > resumed:
        reached = reached_by_print(state, tape_print, rules.fills)
        if reached > 0:
            _give(deck, rules, state, reached, tape_print.ts)
    if state.stop_price == 0 or state.stop_due != 0 or not regular or tape_print.last == 0:
        return
    if is_triggered(state, tape_print):
        clear_working(state)
        known = deck.seconds[state.day, state.second]
        luck = draw_of_second(state, state.second, _STOP_DRAW)
        state.stop_due = tape_print.ts + latency_ns(known, luck, rules.fills)


@kernel
def _on_book(deck, rules, state, row):
    quote = deck.quotes[row]
    resumed = last_resume(deck.halts, deck.days[state.day], quote.ts)
    if refusal(quote, resumed, quote.ts, rules.fills) != 0:
        return
    if state.working_ns <= resumed:
        _place(deck, rules, state, row, quote.ts)
    elif state.working > 0 and quote.ask <= state.working_limit:
        keep_taken_asks(deck.quotes, row, state)
        state.working_ahead = 0.0
        state.ask_taken += _give(deck, rules, state, quote.ask_size - state.ask_taken, quote.ts)
    elif state.working < 0 and quote.bid >= state.working_limit:
        keep_taken_bids(deck.quotes, row, state)
        state.working_ahead = 0.0
        state.bid_taken += _give(deck, rules, state, quote.bid_size - state.bid_taken, quote.ts)
    else:
        follow_book(state, quote, rules.fills)


@kernel
def _place(deck, rules, state, row, ns):
    """Place the working order on a book, if there is one that orders can meet."""
    quote = deck.quotes[row]
    resumed = last_resume(deck.halts, deck.days[state.day], ns)
    if refusal(quote, resumed, ns, rules.fills) != 0:
        return
    side, limit = (1 if state.working > 0 else -1), state.working_limit
    if (quote.ask <= limit) if side > 0 else (quote.bid >= limit):
        shares, value = state.fill_shares, state.fill_value
        _take(deck, rules, state, row, ns, state.working, limit)
        taken, value = state.fill_shares - shares, state.fill_value - value
        state.working -= taken
        state.working_filled += abs(taken)
        state.working_taken += abs(taken)
        state.working_value += value
        state.working_taken_value += value
        state.working_charged = order_fees_of(
            state.working_value, state.working_filled, state.working_taken_value,
            state.working_taken, rules.commission,
        )  # fmt: skip
        state.working_ns = ns
        state.working_ahead = 0.0
        state.working_shown = -1
        if state.working == 0:
            clear_working(state)
    else:
        join_queue(state, quote, ns)


@kernel
def _fee_due(state, value, shares, taken_value, taken_shares, terms):
    """Return what is still to be charged if an order gets more shares, microdollars.

    It is the fee of the whole order, of which the working order's fields say what it got before;
    they are 0 for an order that does not wait.
    """
    whole = order_fees_of(
        state.working_value + value,
        state.working_filled + shares,
        state.working_taken_value + taken_value,
        state.working_taken + taken_shares,
        terms,
    )
    return whole - state.working_charged


@kernel
def _take(deck, rules, state, row, ns, wish, limit):
    """Let an order for ``wish`` signed shares take what it gets; return a reject reason or 0.

    ``row`` is the book that it meets, -1 if there was none yet today.
    """
    day, known = deck.days[state.day], deck.seconds[state.day, state.second]
    resumed = last_resume(deck.halts, day, ns)
    if row < 0:
        return _HALTED if resumed < 0 else _NO_QUOTE
    reason = refusal(deck.quotes[row], resumed, ns, rules.fills)
    if reason != 0:
        return reason
    state.fill_quote_ns = deck.quotes[row].ts
    footprint = footprint_at(state, ns, rules.fills)
    budget = _UNLIMITED
    if wish > 0:
        most = MICRODOLLARS_PER_UNIT * limit * wish
        budget = state.cash - _fee_due(state, most, wish, most, wish, rules.commission)
    order = Taking(
        shares=wish,
        limit=limit,
        forced=state.forced,
        footprint=max(0.0, footprint if wish > 0 else -footprint),
        budget=budget,
    )
    shares, displayed, value, worst, reason = walk(deck, row, known, state, order, rules.fills)
    if shares > 0:
        fee = _fee_due(state, value, shares, value, shares, rules.commission)
        _book(deck, rules, state, shares if wish > 0 else -shares, value, fee)
        state.fill_ns = ns
        state.fill_displayed += displayed
        state.fill_worst = worst
        leave_footprint(state, footprint, shares if wish > 0 else -shares, ns)
    return reason


@kernel
def _give(deck, rules, state, reached, ns):
    """Fill the waiting order at its limit with what reached it; return the shares."""
    known, limit = deck.seconds[state.day, state.second], state.working_limit
    shares = min(abs(state.working), reached)
    terms = rules.commission
    if state.working > 0:
        if limit > highest(known):
            return 0
        left = state.working
        fee = _fee_due(state, MICRODOLLARS_PER_UNIT * limit * left, left, 0, 0, terms)
        fee += (state.working_filled - state.working_taken + left) * terms.add_rebate
        shares = min(shares, max(0, (state.cash - fee) // (MICRODOLLARS_PER_UNIT * limit)))
    else:
        if limit < lowest(known):
            return 0
        shares = min(shares, state.shares)
    if shares <= 0:
        return 0
    value = MICRODOLLARS_PER_UNIT * limit * shares
    side = 1 if state.working > 0 else -1
    fee = _fee_due(state, value, shares, 0, 0, terms)
    state.working -= side * shares
    state.working_filled += shares
    state.working_value += value
    state.working_charged += fee
    _book(deck, rules, state, side * shares, value, fee)
    state.fill_given += shares
    state.fill_worst = limit
    state.fill_ns = ns
    if state.working == 0 or (side < 0 and state.shares == 0):
        clear_working(state)
    return shares


@kernel
def _book(deck, rules, state, shares, value, fee):
    """Book signed shares and write them down among the second's fills."""
    if shares > 0:
        buy(state, shares, value, fee, state.second)
    else:
        fee += sale_fees_of(value, -shares, deck.days[state.day])
        sell(state, -shares, value, fee, state.second, True)
        if state.shares == 0:
            clear_stop(state)
    state.fill_shares += shares
    state.fill_value += value
    state.fill_fee += fee
