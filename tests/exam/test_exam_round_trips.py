"""Fills, round trips and equity of hand-made days, against figures worked out on paper."""

import pytest
from exam.hand_exam import CONFIG, DATE, END, FORCED_FROM, Scripted, book, dollars, hand_day, play
from reference.tapes import Q, ns, resume, stop

from lowfloat.base.clock import session_of
from lowfloat.base.codes import Action, EndReason
from lowfloat.exam.exam import end_reasons

BUY, BUY_QUARTER, SELL, SELL_HALF = (
    Action.BUY_100,
    Action.BUY_25,
    Action.SELL_100,
    Action.SELL_50,
)
STEADY = book((0, 4.00))
# $10,000 buy 2,487 shares at $4.02, a quarter of which are 621.
QUARTER = 621
QUARTER_COMMISSION = 3.105
# On selling 621 for $2,484.00: commission, SEC 0.06906 and TAF 0.10309, each up to the cent.
QUARTER_SALE_FEES = 3.105 + 0.07 + 0.11


def test_a_round_trip_costs_the_spread_and_the_fees():
    sitting, trips, _ = play(hand_day(STEADY), Scripted({100: BUY_QUARTER, 160: SELL}))
    (trip,) = trips
    lost = QUARTER * 0.02 + QUARTER_COMMISSION + QUARTER_SALE_FEES
    assert trip["net_pnl"] == pytest.approx(-lost, abs=1e-9)
    assert trip["fees"] == pytest.approx(QUARTER_COMMISSION + QUARTER_SALE_FEES, abs=1e-9)
    assert (trip["entry_price"], trip["exit_price"]) == pytest.approx((4.02, 4.00))
    assert (trip["entry_second"], trip["exit_second"], trip["shares"]) == (100, 161, QUARTER)
    assert (trip["forced"], trip["settled"]) == (False, False)
    assert dollars(sitting) == pytest.approx([-lost], abs=1e-9)
    assert sitting.seconds_held.tolist() == [60]


def test_a_fill_says_when_it_was_decided_when_it_arrived_and_what_it_met():
    sitting, _, _ = play(hand_day(STEADY), Scripted({100: BUY_QUARTER, 160: SELL}))
    start = session_of(DATE).start_ns
    assert sitting.fills == [
        {
            "policy": "scripted", "symbol": "HAND", "date": "2025-03-04",
            "second": 100, "ts_ns": start + 100_150_000_000, "quote_ns": start + 100_000_000_000,
            "side": "buy", "shares": QUARTER, "price": 4.02, "fee": QUARTER_COMMISSION,
            "forced": False, "reject": "NONE", "position_after": QUARTER,
        },
        {
            "policy": "scripted", "symbol": "HAND", "date": "2025-03-04",
            "second": 160, "ts_ns": start + 160_150_000_000, "quote_ns": start + 160_000_000_000,
            "side": "sell", "shares": QUARTER, "price": 4.00, "fee": pytest.approx(3.285),
            "forced": False, "reject": "NONE", "position_after": 0,
        },
    ]  # fmt: skip


def test_buys_and_sells_between_flat_and_flat_are_one_round_trip():
    rising = book((0, 4.00), (150, 4.10), (250, 4.20))
    script = {100: BUY_QUARTER, 200: BUY_QUARTER, 300: SELL_HALF, 400: SELL}
    sitting, trips, _ = play(hand_day(rising), Scripted(script))
    (trip,) = trips
    first, second = 621, 606  # a quarter of 2,487 at $4.02, and of 2,427 at $4.12
    bought = first + second
    paid = first * 4.02 + second * 4.12
    fees = trip["fees"]
    assert trip["shares"] == bought
    assert trip["entry_price"] == pytest.approx(paid / bought)
    assert trip["exit_price"] == pytest.approx(4.20)
    assert trip["net_pnl"] == pytest.approx(bought * 4.20 - paid - fees)
    assert trip["net_pnl"] == pytest.approx(dollars(sitting)[0], abs=1e-6)
    assert fees == pytest.approx(
        3.105 + 3.03  # the buys, half a cent a share
        + (613 * 0.005 + 0.08 + 0.11)  # SEC 0.07157, TAF 0.10176
        + (614 * 0.005 + 0.08 + 0.11)
    )  # fmt: skip
    assert [fill["position_after"] for fill in sitting.fills] == [621, 1227, 614, 0]


def test_two_round_trips_of_a_day_are_kept_apart():
    script = {100: BUY_QUARTER, 160: SELL, 200: BUY_QUARTER, 230: SELL}
    sitting, trips, _ = play(hand_day(STEADY), Scripted(script))
    assert [(trip["entry_second"], trip["exit_second"]) for trip in trips] == [
        (100, 161),
        (200, 231),
    ]
    assert trips[0]["net_pnl"] == pytest.approx(trips[1]["net_pnl"])
    assert int(sitting.final["trades"][0]) == 2


def test_what_is_held_near_the_end_is_sold_by_force_half_a_percent_below_the_bid():
    sitting, trips, _ = play(hand_day(STEADY), Scripted({100: BUY_QUARTER}))
    (trip,) = trips
    assert (trip["forced"], trip["settled"]) == (True, False)
    assert trip["exit_price"] == pytest.approx(3.98)
    assert trip["exit_second"] == FORCED_FROM + 1
    assert [fill["forced"] for fill in sitting.fills] == [False, True]
    assert end_reasons(sitting.final) == {"DATA_END": 1}


def test_what_nobody_buys_is_settled_and_never_a_fill():
    # The last quote bids for 100 shares and stands to the end.
    thin = [*book((0, 4.00))[:500], Q(ns(500), 4.00, 4.02, 100, 100)]
    sitting, trips, _ = play(hand_day(thin), Scripted({100: BUY_QUARTER}))
    (trip,) = trips
    assert (trip["forced"], trip["settled"], trip["exit_second"]) == (True, True, END)
    assert [fill["shares"] for fill in sitting.fills] == [QUARTER, 100]
    assert sitting.fills[-1]["reject"] == "PARTIAL"
    assert int(sitting.final["settled_shares"][0]) == QUARTER - 100
    earned = 100 * 3.98 + (QUARTER - 100) * 3.60
    assert trip["exit_price"] == pytest.approx(earned / QUARTER)
    assert trip["net_pnl"] == pytest.approx(earned - QUARTER * 4.02 - trip["fees"])
    assert trip["net_pnl"] == pytest.approx(dollars(sitting)[0], abs=1e-6)


def test_a_position_halted_into_the_end_is_settled_whole():
    day = hand_day(STEADY, status=[stop(ns(500))])
    sitting, trips, _ = play(day, Scripted({100: BUY_QUARTER}))
    (trip,) = trips
    assert (trip["forced"], trip["settled"]) == (False, True)
    assert trip["phase_at_exit"] == "halted"
    assert trip["exit_price"] == pytest.approx(3.60)
    assert len(sitting.fills) == 1
    assert end_reasons(sitting.final) == {"HALTED_INTO_CLOSE": 1}
    assert trip["net_pnl"] == pytest.approx(dollars(sitting)[0], abs=1e-6)


def test_nothing_fills_in_a_halt():
    day = hand_day(STEADY, status=[stop(ns(200)), resume(ns(300))])
    sitting, _, _ = play(day, Scripted({100: BUY_QUARTER, **dict.fromkeys(range(150, 400), SELL)}))
    assert [fill["second"] for fill in sitting.fills] == [100, 150]
    sitting, _, _ = play(day, Scripted(dict.fromkeys(range(199, 400), BUY_QUARTER)))
    assert not [fill for fill in sitting.fills if 200 <= fill["second"] < 300]


def test_excursions_are_measured_from_the_average_entry_to_the_mark():
    walk = book((0, 4.00), (120, 4.30), (130, 3.70), (140, 4.10))
    _, trips, _ = play(hand_day(walk), Scripted({100: BUY_QUARTER, 150: SELL}))
    (trip,) = trips
    assert trip["mfe"] == pytest.approx(4.30 - 4.02)
    assert trip["mae"] == pytest.approx(3.70 - 4.02)


def test_an_excursion_after_the_exit_does_not_count():
    walk = book((0, 4.00), (170, 9.00), (180, 1.00))
    _, trips, _ = play(hand_day(walk), Scripted({100: BUY_QUARTER, 160: SELL}))
    assert trips[0]["mfe"] == 0.0
    assert trips[0]["mae"] == pytest.approx(-0.02)


def test_the_day_loss_forces_the_position_out_and_ends_the_day():
    crash = book((0, 4.00), (400, 2.90))
    script = {100: BUY, **dict.fromkeys(range(405, 600), BUY)}
    sitting, trips, _ = play(hand_day(crash), Scripted(script))
    assert end_reasons(sitting.final) == {"DAY_LOSS": 1}
    # The fall is known at second 401, so that the first forced order leaves at 401.
    assert [(fill["side"], fill["forced"], fill["second"]) for fill in sitting.fills] == [
        ("buy", False, 100),
        ("sell", True, 401),
    ]
    assert trips[0]["exit_price"] == pytest.approx(2.88)  # $2.90 less half a percent, to the cent
    assert dollars(sitting)[0] <= -2_500
    assert trips[0]["net_pnl"] == pytest.approx(dollars(sitting)[0], abs=1e-6)


def test_a_forced_close_takes_as_many_seconds_as_the_displayed_size_needs():
    crash = book((0, 4.00))[:400]
    for second in range(400, END):  # bids that go away and come anew in each second
        crash += [Q(ns(second), 2.90, 2.92, 500, 500), Q(ns(second + 0.5), 2.89, 2.92, 500, 500)]
    sitting, _, _ = play(hand_day(crash), Scripted({100: BUY}))
    sells = [(f["second"], f["shares"]) for f in sitting.fills if f["side"] == "sell"]
    assert sells == [(401, 500), (402, 500), (403, 500), (404, 500), (405, 487)]
    assert end_reasons(sitting.final) == {"DAY_LOSS": 1}


def test_the_loss_limit_of_a_training_episode_does_not_end_an_exam():
    slump = book((0, 4.00), (400, 3.40), (600, 4.00))
    sitting, _, _ = play(hand_day(slump), Scripted({100: BUY}))
    lost_most = min(row["equity"] for row in sitting.equity)
    assert lost_most < 25_000 * (1 - CONFIG.episode.max_loss)
    assert end_reasons(sitting.final) == {"DATA_END": 1}


def test_the_time_limit_of_a_training_episode_does_not_end_an_exam():
    short = CONFIG.model_copy(
        update={"episode": CONFIG.episode._replace(max_seconds=10, min_seconds=5)}
    )
    sitting, _, _ = play(hand_day(STEADY), Scripted({}), config=short)
    assert int(sitting.final["second"][0]) == FORCED_FROM
    assert end_reasons(sitting.final) == {"DATA_END": 1}


def test_every_policy_plays_every_day_alone():
    days = [hand_day(STEADY, "AAA"), hand_day(book((0, 8.00)), "BBB")]
    one, two = Scripted({100: BUY_QUARTER}, "one"), Scripted({200: BUY_QUARTER}, "two")
    together, _, deck = play(days, one, two)
    assert deck.names == ("AAA/2025-03-04", "BBB/2025-03-04")
    for lane, policy in enumerate((one, two)):
        for row, day in enumerate(days):
            alone, _, _ = play(day, policy)
            assert dollars(alone)[0] == dollars(together)[2 * lane + row]


def test_before_its_first_second_every_order_of_a_day_is_held_back():
    days = [hand_day(STEADY, "AAA"), hand_day(STEADY, "BBB")]
    always = Scripted(dict.fromkeys(range(END), BUY_QUARTER))
    sitting, _, _ = play(days, always, first_seconds=[300, 57_600])
    assert {(fill["symbol"], fill["second"]) for fill in sitting.fills} == {
        ("AAA", 300), ("AAA", 301), ("AAA", 302), ("AAA", 303), ("AAA", 304),
        ("AAA", 940),
    }  # fmt: skip
    assert dollars(sitting)[1] == 0.0


def test_equity_is_kept_each_minute_at_each_fill_and_at_the_end():
    sitting, _, _ = play(hand_day(STEADY), Scripted({100: BUY_QUARTER, 130: SELL}))
    seconds = [row["second"] for row in sitting.equity]
    assert seconds[0] == 0
    assert {101, 131} <= set(seconds)
    assert {60 * k + 1 for k in range(FORCED_FROM // 60)} <= set(seconds)
    assert seconds == sorted(set(seconds))
    assert sitting.equity[0]["equity"] == 25_000.0
    assert sitting.equity[-1]["equity"] == int(sitting.final["equity"][0]) / 1e6
    assert sitting.equity[-1]["second"] == int(sitting.final["second"][0])


def test_equity_between_the_minutes_of_a_held_position_follows_the_mark():
    walk = book((0, 4.00), (200, 4.50))
    sitting, _, _ = play(hand_day(walk), Scripted({100: BUY_QUARTER}))
    equity = {row["second"]: row["equity"] for row in sitting.equity}
    paid = QUARTER * 4.02 + QUARTER_COMMISSION
    assert equity[181] == pytest.approx(25_000 - paid + QUARTER * 4.00)
    assert equity[241] == pytest.approx(25_000 - paid + QUARTER * 4.50)


def test_the_end_reasons_of_all_rows_are_counted():
    days = [hand_day(STEADY, "AAA"), hand_day(book((0, 4.00), (400, 2.90)), "BBB")]
    sitting, _, _ = play(days, Scripted({100: BUY}), Scripted({}, "idle"))
    assert end_reasons(sitting.final) == {"DATA_END": 3, "DAY_LOSS": 1}
    assert EndReason(int(sitting.final["ended"][1])) is EndReason.DAY_LOSS
