"""Three markets by name, from one that grants little to one that is kind."""

import pytest
from at_the_open import BUSY, BUY, deal
from reference.tapes import OPEN, Q, ns

from lowfloat.env.config import EnvConfig

TABLE = {
    "strict": (150, 50, 150, 0.05, 1.0, 300.0, 0, 30, 50),
    "neutral": (80, 100, 100, 0.10, 0.7, 60.0, 1, 30, 20),
    "kind": (50, 100, 100, 0.25, 0.3, 30.0, 1, 0, 0),
}
FIELDS = ("latency_ms", "depth_percent", "gap_percent", "participation", "impact",
          "impact_half_life", "queue_model", "passive_haircut", "forced_slippage_bps")  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_a_preset_is_what_the_page_says(name) -> None:
    rules = EnvConfig(fills=name).fills
    assert tuple(getattr(rules, field) for field in FIELDS) == TABLE[name]


def test_presets_differ_in_nothing_else() -> None:
    rest = {
        tuple(value for field, value in EnvConfig(fills=name).fills._asdict().items()
              if field not in FIELDS)
        for name in TABLE
    }  # fmt: skip
    assert len(rest) == 1


def test_strict_is_the_default() -> None:
    assert EnvConfig().fills == EnvConfig(fills="strict").fills
    assert EnvConfig(fills={"impact": 0.5}).fills == EnvConfig().fills._replace(impact=0.5)


def test_what_differs_from_a_preset_can_be_said() -> None:
    changed = EnvConfig(fills={"preset": "kind", "latency_ms": 7}).fills
    assert changed == EnvConfig(fills="kind").fills._replace(latency_ms=7)


def test_a_preset_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"fair.*strict, neutral, kind"):
        EnvConfig(fills="fair")


def test_a_kinder_market_fills_more_at_a_better_price(trader) -> None:
    quotes = []
    for i in range(8):
        quotes.append(Q(ns(OPEN - 60) + 2 * i, 4.00, 4.02, 5_000, 100))
        quotes.append(Q(ns(OPEN - 60) + 2 * i + 1, 4.00, 4.03, 300, 300))
    quotes.append(Q(ns(OPEN) - 1, 4.00, 4.02, 5_000, 100))
    deals = [
        deal(trader.player(quotes, trades=[BUSY._replace(size=4_000)],
                           **EnvConfig(fills=name).fills._replace(latency_spread=0.0)._asdict())
             .send(BUY))
        for name in TABLE
    ]  # fmt: skip
    assert deals == [
        (40_400, 100 + 150, "PARTIAL"),  # 1.5 cents are two; 150 of 300 shares, up to the limit
        (40_400, 100 + 400, "PARTIAL"),  # a tenth of the volume
        (40_400, 100 + 600, "PARTIAL"),  # all up to the limit
    ]
