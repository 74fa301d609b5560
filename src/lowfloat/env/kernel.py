"""The environment as kernels: one scalar reset, one scalar step, and loops over them.

``step_batch`` is the loop over environments; ``vector.py`` runs it on the whole batch or on
slices in threads. An environment touches only its own rows, so the result does not depend on how
the batch is cut.
"""

import numpy as np

from lowfloat.base.clock import NS
from lowfloat.base.codes import RejectReason
from lowfloat.base.jit import kernel
from lowfloat.base.prefetch import prefetch
from lowfloat.base.prices import MICRODOLLARS_PER_UNIT
from lowfloat.base.random import draw_below
from lowfloat.env.action import legal_actions, order_shares
from lowfloat.env.ending import (
    HALTED_INTO_CLOSE,
    MAX_DURATION,
    RESET_TRANSITION,
    closing_reason,
)
from lowfloat.env.observation import position_block
from lowfloat.env.records import HEADER, NUM_PARTS
from lowfloat.market.account import buy, mark_to, open_account, sell
from lowfloat.market.book import last_resume, quote_at
from lowfloat.market.fees import sale_fees_of, taking_fees_of
from lowfloat.market.fills import refusal, walk
from lowfloat.market.impact import footprint_at, leave_footprint
from lowfloat.market.latency import latency_ns
from lowfloat.market.luck import draw_of_second
from lowfloat.market.order import lowest, marketable_limit
from lowfloat.rewards.moment import Moment
from lowfloat.rewards.score import score

_MASKED = int(RejectReason.MASKED)
_HALTED = int(RejectReason.HALTED)
_NO_QUOTE = int(RejectReason.NO_QUOTE)
_UNLIMITED = 1 << 62
_LATENCY_DRAW = 0
AHEAD = 8  # environments between asking for a row and reading it
WORDS_PER_CACHE_LINE = 16


@kernel
def _may_enter(day, second, rules):
    return second < day.end_second - rules.episode.no_entry_seconds


@kernel
def observe_batch(deck, rule_record, state, first, last, out):
    """Write what environments ``first..last-1`` see at their next decision.

    It is a loop of its own because rows that were not touched lately come from memory: the
    shorter the loop, the more of them are on their way at once.
    """
    rules = rule_record[0]
    words, seconds, days = deck.words, deck.seconds, deck.days
    observation, mask, info = out.observation, out.mask, out.info
    columns = deck.columns
    for env in range(first, last):
        row = state[env]
        day, second = row.day, row.second
        # Slices of one dimension: the compiler then copies many columns at a time.
        market, shown_to_agent, allowed = words[day, second], observation[env], mask[env]
        for i in range(columns):
            shown_to_agent[i] = market[HEADER + i]
        known = seconds[day, second]
        may_enter = _may_enter(days[day], second, rules)
        may_trade = row.closing == 0 and row.ended == 0
        block = position_block(row, may_enter, rules.limits)
        for i in range(len(block)):
            shown_to_agent[columns + i] = block[i]
        legal = legal_actions(known, row, may_trade, may_enter, rules.limits)
        for i in range(len(legal)):
            allowed[i] = legal[i]
        shown = info[env]
        shown.equity = row.equity / 1e6
        shown.fill_price = 0.0
        if row.fill_shares != 0:
            shown.fill_price = row.fill_value / (1e6 * abs(row.fill_shares))
        shown.shares = row.shares
        shown.second = second
        shown.fill_shares = row.fill_shares
        shown.phase = known.phase
        shown.reject = row.reject


@kernel
def _summarise(state, episode):
    episode.net_pnl = (state.equity - state.start_equity) / 1e6
    episode.fees = state.fees / 1e6
    episode.end_reason = state.ended
    episode.trades = state.trades
    episode.wins = state.wins
    episode.seconds = state.second - state.start_second
    episode.settled_shares = state.settled_shares
    episode.open_shares = state.shares


@kernel
def _clear_order(state):
    if state.order_shares == 0 and state.reject == 0:
        return
    state.order_shares = 0
    state.order_limit = 0
    state.fill_shares = 0
    state.fill_displayed = 0
    state.fill_worst = 0
    state.fill_value = 0
    state.fill_fee = 0
    state.fill_ns = 0
    state.fill_quote_ns = 0
    state.reject = 0
    state.forced = 0


@kernel
def reset_one(deck, starts, start, rules, state):
    """Begin an episode of one environment at row ``start`` of the starts."""
    begin = starts[start]
    day = deck.days[begin.day]
    state.day = begin.day
    state.second = begin.second
    state.start = start
    state.start_second = begin.second
    state.deadline = begin.second + rules.episode.max_seconds
    state.deadline_reason = MAX_DURATION
    if rules.episode.reset_transitions and begin.next_second < day.end_second:
        transition = max(
            begin.next_second - rules.episode.transition_gap_seconds,
            begin.second + rules.episode.min_seconds,
        )
        if transition < state.deadline:
            state.deadline = transition
            state.deadline_reason = RESET_TRANSITION
    state.episode += 1
    state.closing = 0
    state.ended = 0
    state.settled_shares = 0
    state.order_shares = 1  # whatever is left of the last episode's order goes
    _clear_order(state)
    state.footprint = 0.0
    state.footprint_ns = 0
    state.bid_row = -1
    state.ask_row = -1
    state.bid_taken = 0
    state.ask_taken = 0
    state.bid_deep = 0
    state.ask_deep = 0
    open_account(state, rules.limits.cash, begin.second)
    mark_to(state, deck.seconds[begin.day, begin.second].mark)


@kernel
def _draw_start(starts, draw, env, state):
    if draw.sequential:
        return (env + state.episode * draw.num_envs) % len(starts)
    return draw_below(
        len(starts), state.seed, np.uint64(env), np.uint64(state.episode), np.uint64(0)
    )


@kernel
def send_order(deck, rules, state, wish, limit):
    """Send an order for ``wish`` signed shares at the state's second and book what it gets."""
    day, known = deck.days[state.day], deck.seconds[state.day, state.second]
    luck = draw_of_second(state, state.second, _LATENCY_DRAW)
    arrival = day.start_ns + state.second * NS + latency_ns(known, luck, rules.fills)
    state.order_shares = wish
    state.order_limit = limit
    state.fill_ns = arrival
    row = quote_at(deck.quotes, day, known.quote, arrival)
    resumed = last_resume(deck.halts, day, arrival)
    if row < 0:
        state.reject = _HALTED if resumed < 0 else _NO_QUOTE
    else:
        state.reject = refusal(deck.quotes[row], resumed, arrival, rules.fills)
    if state.reject != 0:
        return
    state.fill_quote_ns = deck.quotes[row].ts
    footprint = footprint_at(state, arrival, rules.fills)
    budget = _UNLIMITED
    if wish > 0:
        most = MICRODOLLARS_PER_UNIT * limit * wish
        budget = state.cash - taking_fees_of(most, wish, rules.commission)
    walk(deck, row, known, state, max(0.0, footprint if wish > 0 else -footprint), budget,
         rules.fills)  # fmt: skip
    shares, value = abs(state.fill_shares), state.fill_value
    if shares == 0:
        return
    fee = taking_fees_of(value, shares, rules.commission)
    if wish > 0:
        buy(state, shares, value, fee, state.second)
    else:
        fee += sale_fees_of(value, shares, day)
        sell(state, shares, value, fee, state.second, True)
    state.fill_fee = fee
    leave_footprint(state, footprint, state.fill_shares, arrival)


@kernel
def _settle(deck, rules, state):
    """Write down, at the end of the session, the shares that nobody would buy."""
    day = deck.days[state.day]
    end_ns = day.start_ns + day.end_second * NS
    if last_resume(deck.halts, day, end_ns - 1) < 0:
        state.closing = HALTED_INTO_CLOSE
    state.settled_shares = state.shares
    price = int(state.mark * (1.0 - rules.episode.settlement_haircut))
    value = MICRODOLLARS_PER_UNIT * price * state.shares
    sell(state, state.shares, value, 0, state.second, False)


@kernel
def step_one(deck, rules, state, action):
    """Play one second of one environment and return its reward parts.

    Args:
        deck: :class:`DeckArrays`.
        rules: :class:`Rules`.
        state: ``STATE`` record, changed in place.
        action: 0..8; one that the mask of this decision does not allow is treated as HOLD.

    Returns:
        A tuple of floats, one per reward component.
    """
    equity, fees = state.equity, state.fees
    _clear_order(state)
    if state.closing != 0:
        state.forced = 1
        send_order(deck, rules, state, -state.shares, lowest(deck.seconds[state.day, state.second]))
    elif action != 0:
        known = deck.seconds[state.day, state.second]
        may_enter = _may_enter(deck.days[state.day], state.second, rules)
        if legal_actions(known, state, True, may_enter, rules.limits)[action]:
            limit = marketable_limit(known, 1 if action <= 4 else -1, rules.fills)
            wish = order_shares(action, known.ask, state, rules.limits)
            if wish != 0:
                send_order(deck, rules, state, wish, limit)
        else:
            state.reject = _MASKED

    state.second += 1
    day = deck.days[state.day]
    mark = deck.seconds[state.day, state.second].mark
    mark_to(state, mark)
    if state.closing == 0:
        state.closing = closing_reason(
            state.equity, state.start_equity, rules.limits.cash, state.second, day, rules.episode
        )
    if state.closing != 0:
        if state.shares > 0 and state.second >= day.end_second:
            _settle(deck, rules, state)
            mark_to(state, mark)
        if state.shares == 0:
            state.ended = state.closing
    elif state.second >= state.deadline:
        state.ended = state.deadline_reason

    paid = state.fees - fees
    scale = float(rules.limits.max_position)
    now = Moment(
        market_gain=(state.equity - equity + paid) / scale,
        fees_paid=paid / scale,
    )
    return score(now, rules.rewards)


@kernel
def step_batch(deck, starts, rule_record, draw, state, actions, autoreset, first, last, out):
    """Play one second of environments ``first..last-1``.

    With ``autoreset`` an environment whose episode ends is reset in the same step: its
    observation and mask are those of the new episode, and ``final_observation``,
    ``final_info`` and ``episode`` hold the old one's end. Without, it stays as it is until it is
    reset, and earns nothing.
    """
    rules = rule_record[0]
    words = deck.words
    for env in range(first, last):
        if env + AHEAD < last:
            soon = state[env + AHEAD]
            for word in range(0, words.shape[2], WORDS_PER_CACHE_LINE):
                prefetch(words, soon.day, soon.second + 1, word)
        row = state[env]
        reward = 0.0
        ending = False
        if row.ended != 0:
            for i in range(NUM_PARTS):
                out.parts[env, i] = 0.0
        else:
            parts = step_one(deck, rules, row, actions[env])
            for i in range(NUM_PARTS):
                out.parts[env, i] = parts[i]
                reward += parts[i]
            ending = row.ended != 0
        truncated = row.ended == MAX_DURATION or row.ended == RESET_TRANSITION
        out.reward[env] = reward
        out.truncated[env] = truncated
        out.terminated[env] = row.ended != 0 and not truncated
        out.ended[env] = row.ended != 0
        if ending:
            observe_batch(deck, rule_record, state, env, env + 1, out)
            for i in range(out.observation.shape[1]):
                out.final_observation[env, i] = out.observation[env, i]
            out.final_info[env] = out.info[env]
            _summarise(row, out.episode[env])
            if autoreset:
                reset_one(deck, starts, _draw_start(starts, draw, env, row), rules, row)
    observe_batch(deck, rule_record, state, first, last, out)


@kernel
def reset_batch(deck, starts, rule_record, draw, state, chosen, which, out):
    """Begin new episodes of the environments where ``which`` is True, and observe all.

    ``chosen[env]`` is a row of the starts, or -1 to draw one.
    """
    rules = rule_record[0]
    for env in range(len(state)):
        row = state[env]
        if which[env]:
            start = chosen[env]
            if start < 0:
                start = _draw_start(starts, draw, env, row)
            reset_one(deck, starts, start, rules, row)
        truncated = row.ended == MAX_DURATION or row.ended == RESET_TRANSITION
        out.reward[env] = 0.0
        out.truncated[env] = truncated
        out.terminated[env] = row.ended != 0 and not truncated
        out.ended[env] = row.ended != 0
        for i in range(NUM_PARTS):
            out.parts[env, i] = 0.0
    observe_batch(deck, rule_record, state, 0, len(state), out)
