"""What becomes of a position at the end of an episode, told from one look at the market."""

import logging

import numpy as np
import pytest

from lowfloat.base.codes import EndReason
from lowfloat.env.config import EnvConfig
from lowfloat.env.ending import ENDINGS
from lowfloat.env.position_handler import MarketState, PortfolioState, PositionHandler
from lowfloat.market.book import DAY

HELD = PortfolioState(shares=1_000, cost=1_000 * 4_000_000, entry_second=100)
CONFIG = EnvConfig(commission="zero", fills={"forced_slippage_bps": 100})
NO_FEES = np.zeros(1, DAY)[0]


def market(bid: int = 38_000, last: int = 39_000, halted: bool = False) -> MarketState:
    return MarketState(160, bid, last, halted, NO_FEES)


def handled(reason, position=HELD, **options):
    return PositionHandler(CONFIG, symbol="HAND").handle_episode_end(
        position, reason, market(**options)
    )


@pytest.mark.parametrize("reason", [end for end in EndReason if end != EndReason.RUNNING])
def test_every_reason_of_the_table_closes_or_keeps(reason) -> None:
    outcome = handled(reason)
    assert outcome.forced_exit == ENDINGS[reason].closes_position
    assert (outcome.realized_pnl is None) == (outcome.unrealized_pnl is not None)
    assert outcome.hold_duration == 60


def test_a_flat_account_had_no_position() -> None:
    outcome = handled("MARKET_CLOSE", PortfolioState(0, 0))
    assert (outcome.had_position, outcome.forced_exit, outcome.realized_pnl) == (False, False, None)


def test_a_forced_exit_gets_the_bid_less_the_slippage() -> None:
    outcome = handled("MAX_LOSS")
    assert outcome.exit_price == pytest.approx(3.80 * 0.99)
    assert outcome.realized_pnl == pytest.approx(1_000 * (3.80 * 0.99 - 4.00))


def test_it_pays_commissions_and_the_fees_of_the_date() -> None:
    day = np.zeros(1, DAY)
    day["sec_fee"], day["taf_fee"], day["taf_cap"] = 2_780, 166, 8_300_000
    state = market()._replace(day=day[0])
    config = EnvConfig(fills={"forced_slippage_bps": 0})
    found = PositionHandler(config).handle_episode_end(HELD, "BANKRUPTCY", state).realized_pnl
    # $5 of commission; SEC $27.80 per million on $3,800 is 11 cents, TAF $0.000166 a share 17.
    assert found == pytest.approx(1_000 * (3.80 - 4.00) - 5.00 - 0.11 - 0.17)


def test_a_time_limit_keeps_the_position_at_the_last_bid() -> None:
    outcome = handled("MAX_DURATION")
    assert outcome.unrealized_pnl == pytest.approx(1_000 * (3.90 - 4.00))
    assert outcome.exit_price is None


def test_in_a_halt_it_is_written_down_and_flagged() -> None:
    outcome = handled("MARKET_CLOSE", halted=True)
    assert outcome.halted_into_close
    assert outcome.exit_price == pytest.approx(3.90 * 0.9)


def test_without_a_bid_the_last_one_stands_in_and_is_called_stale() -> None:
    outcome = handled("DATA_END", bid=0)
    assert (outcome.stale, outcome.exit_price) == (True, pytest.approx(3.90 * 0.99))


@pytest.mark.parametrize("reason", ["MAX_LOS", EndReason.RUNNING])
def test_a_reason_that_is_none_is_refused(reason) -> None:
    with pytest.raises(ValueError, match="use one of MARKET_CLOSE"):
        handled(reason)


def test_it_says_what_it_did(caplog) -> None:
    with caplog.at_level(logging.INFO):
        handled("MAX_DURATION")
    assert "HAND: kept at MAX_DURATION, -100.00 ahead" in caplog.text
