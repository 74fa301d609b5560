"""The kernels and the plain-Python reference agree to the last bit."""

from collections import Counter

from comparison import CONFIGS, ORDER_CONFIGS, Field, compare_all
from reference.tapes import closed_at, nasty_day, real_days, synthetic_days

from lowfloat.base.codes import EndReason, RejectReason

HAPPENS = (
    "full buys", "full sales", "fills in part", "forced fills", "deeper fills", "impacts",
    "walks that ended at a limit", "limits at a band", "fills after displayed shares were gone",
)  # fmt: skip

ORDERS_HAPPEN = (
    "placed", "placed anew", "marketable when placed", "filled in part", "print through",
    "print at the price", "book", "replaced", "replaced with shares got meanwhile", "cancelled",
    "fixed stops", "trailing stops", "trailing stops that moved", "stops filled", "stops resent",
    "reject STOP_DUE",
)  # fmt: skip


def test_synthetic_and_nasty_episodes_equal_the_reference() -> None:
    days = (*synthetic_days(), *(nasty_day(seed) for seed in range(12)))
    field = Field([(day, _closed_near_its_first_print(day)) for day in days])
    told = compare_all(field, episodes=36, seed=5)

    assert told["episodes"] == 36 * len(CONFIGS)
    _assert_not_vacuous(
        told, {*EndReason} - {EndReason.RUNNING}, {*RejectReason} - {RejectReason.STOP_DUE}
    )


def test_orders_that_wait_and_stops_equal_the_reference() -> None:
    days = (*synthetic_days()[:2], *(nasty_day(seed, traded=True) for seed in range(12)))
    field = Field([(day, _closed_near_its_first_print(day)) for day in days])
    told = compare_all(field, episodes=24, seed=7, configs=ORDER_CONFIGS)

    assert told["episodes"] == 24 * len(ORDER_CONFIGS)
    assert [what for what in ORDERS_HAPPEN if not told[what]] == []


def test_real_episodes_equal_the_reference(tmp_path) -> None:
    days = real_days(tmp_path, "2025-02-24", "2025-02-24")
    days += real_days(tmp_path / "later", "2025-04-01", "2025-04-01")
    field = Field([(day, _closed_near_its_first_print(day)) for day in days])
    told = compare_all(field, episodes=16, seed=6)

    assert told["episodes"] == 16 * len(CONFIGS)
    _assert_not_vacuous(
        told,
        {EndReason.MAX_DURATION, EndReason.RESET_TRANSITION, EndReason.MAX_LOSS},
        {RejectReason.NONE, RejectReason.PARTIAL, RejectReason.HALTED, RejectReason.MASKED,
         RejectReason.LIMIT},
    )  # fmt: skip


def _closed_near_its_first_print(day):
    """Return a baseline with a previous close, so that there are price bands."""
    return closed_at(day, float(day.trades.price[0]) / 1e9)


def _assert_not_vacuous(told: Counter, ends: set, reasons: set) -> None:
    wanted = [f"end {end.name}" for end in ends]
    wanted += [f"reject {reason.name}" for reason in reasons]
    assert [what for what in (*wanted, *HAPPENS) if not told[what]] == []
