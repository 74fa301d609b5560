"""The environment as kernels: one scalar reset, one scalar step, and loops over them.

``step_batch`` is the loop over environments; ``vector.py`` runs it on the whole batch or on
slices in threads. An environment touches only its own rows, so the result does not depend on how
the batch is cut.
"""

import numpy as np

from lowfloat.base.clock import NS
from lowfloat.base.codes import RejectReason, Style
from lowfloat.base.jit import kernel
from lowfloat.base.prefetch import prefetch
from lowfloat.base.random import draw_below
from lowfloat.env.action import CANCEL, legal_actions, order_shares, unpacked
from lowfloat.env.ending import (
    BANKRUPTCY,
    DATA_END,
    DAY_LOSS,
    HALTED_INTO_CLOSE,
    MARKET_CLOSE,
    MAX_DURATION,
    RESET_TRANSITION,
    closing_reason,
)
from lowfloat.env.observation import position_block
from lowfloat.env.records import HEADER, NUM_PARTS, SEQUENTIAL, WHOLE_DAYS
from lowfloat.market.account import begin_episode, mark_to, open_account, settle
from lowfloat.market.book import last_resume
from lowfloat.market.order import lowest, marketable_limit, waiting_limit
from lowfloat.market.second import play_second
from lowfloat.market.stops import clear_stop
from lowfloat.market.working import clear_working
from lowfloat.rewards.moment import Moment
from lowfloat.rewards.score import score

_MASKED = int(RejectReason.MASKED)
_CROSS, _IMPROVE = int(Style.CROSS), int(Style.IMPROVE)
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
        may_trade = row.closing == 0 and row.ended == 0 and row.stop_due == 0
        block = position_block(row, may_enter, rules.limits)
        for i in range(len(block)):
            shown_to_agent[columns + i] = block[i]
        legal = legal_actions(known, row, may_trade, may_enter, rules.limits)
        for i in range(len(legal)):
            allowed[i] = legal[i]
        if len(allowed) > len(legal):
            allowed[CANCEL] = may_trade and row.working != 0
            for i in range(CANCEL + 1, len(allowed)):
                allowed[i] = True
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
    episode.fees = (state.fees - state.start_fees) / 1e6
    episode.end_reason = state.ended
    episode.trades = state.trades - state.start_trades
    episode.wins = state.wins - state.start_wins
    episode.seconds = state.second - state.start_second
    episode.settled_shares = state.settled_shares
    episode.open_shares = state.shares


@kernel
def _clear_order(state):
    sent_nothing = state.fill_ns == 0 and state.reject == 0 and state.forced == 0
    if sent_nothing and state.closed.number == 0:
        return
    state.order_shares = 0
    state.order_limit = 0
    state.order_waits = 0
    state.order_cancels = 0
    state.order_protects = 0
    state.fill_shares = 0
    state.fill_displayed = 0
    state.fill_given = 0
    state.fill_worst = 0
    state.fill_value = 0
    state.fill_fee = 0
    state.closed.number = 0
    state.fill_ns = 0
    state.fill_quote_ns = 0
    state.reject = 0
    state.forced = 0


@kernel
def reset_one(deck, starts, start, rules, state, goes_on):
    """Begin an episode of one environment at row ``start`` of the starts.

    If it ``goes_on`` the account is that of the episode before, on the same day. A position is
    kept with it, stop and all, over a gap of at most ``carry_max_gap``; over a longer one it is
    settled at the mark.
    """
    begin, left_at = starts[start], state.second
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
    state.fill_ns = 1  # whatever is left of the last episode's order goes
    _clear_order(state)
    clear_working(state)
    if not goes_on:
        clear_stop(state)
    state.footprint = 0.0
    state.footprint_ns = 0
    state.bid_row = -1
    state.ask_row = -1
    state.bid_taken = 0
    state.ask_taken = 0
    state.bid_deep = 0
    state.ask_deep = 0
    mark = deck.seconds[begin.day, begin.second].mark
    if goes_on:
        if state.shares > 0 and begin.second - left_at > rules.episode.carry_max_gap:
            phase = deck.seconds[begin.day, left_at].phase
            settle(state, state.mark, left_at, phase, rules.limits.stop_distance)
            clear_stop(state)
        begin_episode(state)  # before the mark: what happened in between belongs to this episode
        mark_to(state, mark)
        return
    open_account(state, rules.limits.cash)
    begin_episode(state)
    state.scored_equity = state.equity
    state.scored_fees = state.fees
    mark_to(state, mark)


@kernel
def _next_of_day(starts, state):
    """Return the day's next start that has not gone by, -1 if the day or the account is done."""
    day_is_over = state.ended == 0 or state.ended == MARKET_CLOSE or state.ended == DATA_END
    if day_is_over or state.ended == HALTED_INTO_CLOSE:
        return -1
    if state.ended == DAY_LOSS or state.ended == BANKRUPTCY:
        return -1
    row = state.start + 1
    while row < len(starts) and starts[row].day == state.day:
        if starts[row].second >= state.second:
            return row
        row += 1
    return -1


@kernel
def _draw_start(starts, draw, env, state):
    if draw.order == SEQUENTIAL:
        return (env + state.episode * draw.num_envs) % len(starts)
    row = draw_below(
        len(starts), state.seed, np.uint64(env), np.uint64(state.episode), np.uint64(0)
    )
    if draw.order == WHOLE_DAYS:
        while row > 0 and starts[row - 1].day == starts[row].day:
            row -= 1
    return row


@kernel
def _begin_next(deck, starts, draw, env, rules, state):
    """Begin the episode that is next by the order of starts."""
    row = _next_of_day(starts, state) if draw.order == WHOLE_DAYS else -1
    if row >= 0:
        reset_one(deck, starts, row, rules, state, True)
    else:
        reset_one(deck, starts, _draw_start(starts, draw, env, state), rules, state, False)


@kernel
def _settle(deck, rules, state):
    """Write down, at the end of the session, the shares that nobody would buy."""
    day = deck.days[state.day]
    end_ns = day.start_ns + day.end_second * NS
    if last_resume(deck.halts, day, end_ns - 1) < 0:
        state.closing = HALTED_INTO_CLOSE
    state.settled_shares = state.shares
    price = int(state.mark * (1.0 - rules.episode.settlement_haircut))
    phase = deck.seconds[state.day, state.second - 1].phase
    settle(state, price, state.second, phase, rules.limits.stop_distance)


@kernel
def _intend(known, day, rules, state, action):
    """Write down the order that an action stands for, or why it is none."""
    what, style, protects = unpacked(action)
    may_enter = _may_enter(day, state.second, rules)
    if what == CANCEL:
        legal = state.working != 0 and state.stop_due == 0
    else:
        legal = legal_actions(known, state, state.stop_due == 0, may_enter, rules.limits)[what]
    if not legal:
        state.reject = _MASKED
        return
    state.order_protects = protects
    if what == CANCEL:
        state.order_cancels = 1
    elif what != 0:
        side = 1 if what <= 4 else -1
        state.order_shares = order_shares(what, known.ask, state, rules.limits)
        state.order_cancels = 1 if state.working != 0 else 0
        if style == _CROSS:
            state.order_limit = marketable_limit(known, side, rules.fills)
        else:
            state.order_limit = waiting_limit(known, side, style == _IMPROVE)
            state.order_waits = 1


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
    _clear_order(state)
    known = deck.seconds[state.day, state.second]
    if state.closing != 0:
        state.forced = 1
        state.order_shares = -state.shares
        state.order_limit = lowest(known)
    elif action != 0:
        _intend(known, deck.days[state.day], rules, state, action)
    play_second(deck, rules, state)

    state.second += 1
    day = deck.days[state.day]
    mark = deck.seconds[state.day, state.second].mark
    mark_to(state, mark)
    if state.closing == 0:
        state.closing = closing_reason(
            state.equity, state.start_equity, state.day_equity, state.second, day, rules.episode
        )
    if state.closing != 0:
        clear_working(state)
        clear_stop(state)
        if state.shares > 0 and state.second >= day.end_second:
            _settle(deck, rules, state)
            mark_to(state, mark)
        if state.shares == 0:
            state.ended = state.closing
    elif state.second >= state.deadline:
        state.ended = state.deadline_reason

    paid = state.fees - state.scored_fees
    scale = float(rules.limits.max_position)
    now = Moment(
        market_gain=(state.equity - state.scored_equity + paid) / scale,
        fees_paid=paid / scale,
    )
    state.scored_equity = state.equity
    state.scored_fees = state.fees
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
                _begin_next(deck, starts, draw, env, rules, row)
        out.trade[env] = row.closed
    observe_batch(deck, rule_record, state, first, last, out)


@kernel
def reset_batch(deck, starts, rule_record, draw, state, chosen, goes_on, which, out):
    """Begin new episodes of the environments where ``which`` is True, and observe all.

    ``chosen[env]`` is a row of the starts, or -1 for the one that is next; with a chosen one the
    account of the episode before goes on if ``goes_on`` says so.
    """
    rules = rule_record[0]
    for env in range(len(state)):
        row = state[env]
        if which[env]:
            if chosen[env] < 0:
                _begin_next(deck, starts, draw, env, rules, row)
            else:
                reset_one(deck, starts, chosen[env], rules, row, goes_on)
        truncated = row.ended == MAX_DURATION or row.ended == RESET_TRANSITION
        out.reward[env] = 0.0
        out.truncated[env] = truncated
        out.terminated[env] = row.ended != 0 and not truncated
        out.ended[env] = row.ended != 0
        out.trade[env] = row.closed
        for i in range(NUM_PARTS):
            out.parts[env, i] = 0.0
    observe_batch(deck, rule_record, state, 0, len(state), out)
