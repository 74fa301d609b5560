"""The story of a day, told in the evening, on days made by hand."""

import pytest
from reference.tapes import NOTHING_KNOWN, OPEN
from tape.minutes import CALM, M, told

from lowfloat.base.codes import Scenario
from lowfloat.index import MomentumIndexBuilder
from lowfloat.index.config import IndexConfig
from lowfloat.index.scenarios import Story, story_of
from lowfloat.tape.column import Tape


def path(*prices: tuple[float, int]) -> list[M]:
    """Return minutes that go in lines from $4 to each price, in so many minutes."""
    minutes, now = list(CALM), 4.0
    for price, count in prices:
        step = (price - now) / count
        minutes += [M(now + i * step, now + (i + 1) * step) for i in range(count)]
        now = price
    return minutes


FAILURE = ((4.9, 3), (3.9, 5), (3.9, 20))
CLIMB = ((5.6, 40), (5.5, 10))
SQUEEZE = ((5.0, 20), (4.7, 8), (5.6, 20), (5.2, 8), (6.4, 20))


def story(*prices: tuple[float, int], first: int = OPEN) -> Story:
    return story_of(Tape(told(path(*prices), first)), IndexConfig())


@pytest.mark.parametrize(
    ("prices", "scenario"),
    [
        pytest.param(((4.0, 60),), Scenario.DEAD, id="nothing happens"),
        pytest.param(((4.4, 60), (4.0, 60)), Scenario.ORDINARY, id="a tenth up and down again"),
        pytest.param(CLIMB, Scenario.CLEAN_MOMENTUM, id="a climb that holds"),
        pytest.param(
            ((4.4, 30), (5.6, 4), (4.5, 8)), Scenario.PARABOLIC_BLOWOFF, id="vertical, then a crash"
        ),
        pytest.param(FAILURE, Scenario.FAILED_BREAKOUT, id="up and down within minutes"),
        pytest.param(
            ((4.8, 40), (4.35, 8), (5.0, 40), (4.45, 8), (5.1, 40)),
            Scenario.CHOPPY_GRIND,
            id="a climb that is shaken",
        ),
        pytest.param(SQUEEZE, Scenario.SQUEEZE_CONTINUATION, id="legs from pullbacks that hold"),
    ],
)
def test_a_day_is_called_what_a_trader_would_call_it(prices, scenario: Scenario) -> None:
    assert story(*prices).scenario == scenario


def test_a_drive_from_the_bell_is_one_and_the_same_later_is_not() -> None:
    drive = ((5.2, 25), (5.1, 20))
    before = OPEN - 60 * len(CALM)
    assert story(*drive, first=before).scenario == Scenario.OPENING_DRIVE
    assert story(*drive, first=before + 3_600).scenario == Scenario.CLEAN_MOMENTUM


def test_a_jump_on_volume_out_of_the_quiet_is_news() -> None:
    minutes = [*CALM, M(4.0, 4.6, 60_000, 0.9), M(4.6, 4.9, 60_000, 0.9)]
    minutes += [M(4.9 + 0.01 * i, 4.91 + 0.01 * i) for i in range(20)]
    assert story_of(Tape(told(minutes)), IndexConfig()).scenario == Scenario.NEWS_CATALYST


@pytest.mark.parametrize(
    ("prices", "compound"),
    [
        ((*FAILURE, *CLIMB), "failed_breakout_then_reversal"),
        ((*FAILURE, *FAILURE, *CLIMB), "several_attempts"),
        ((*CLIMB, (4.0, 30), (4.0, 30), *FAILURE), ""),
        ((*SQUEEZE, (4.2, 120)), "morning_squeeze_afternoon_fade"),
        (SQUEEZE, ""),
        (CLIMB, ""),
    ],
)
def test_what_followed_what_makes_a_compound_and_the_order_counts(prices, compound: str) -> None:
    assert story(*prices).compound == compound


def test_moves_come_one_after_another_and_a_second_belongs_to_its_own() -> None:
    found = story(*FAILURE, *CLIMB)
    assert [move.scenario for move in found.moves] == [
        Scenario.FAILED_BREAKOUT, Scenario.CLEAN_MOMENTUM,
    ]  # fmt: skip
    first, second = found.moves
    assert first.begin <= first.top < first.end <= second.begin < second.top <= second.end
    assert first.size == pytest.approx(0.22, abs=0.03)
    assert found.at(60 * first.top) == Scenario.FAILED_BREAKOUT
    assert found.at(60 * second.top) == Scenario.CLEAN_MOMENTUM
    assert found.at(0) == found.scenario


def test_the_row_of_a_day_and_its_points_tell_the_story() -> None:
    day = told(path(*FAILURE, *CLIMB))
    row, points = MomentumIndexBuilder().scan_day(day, NOTHING_KNOWN)
    assert row["scenario"] == "clean_momentum"
    assert row["compound"] == "failed_breakout_then_reversal"
    found = story_of(Tape(day), IndexConfig())
    assert points
    assert all(found.at(point["second"]).label == point["scenario"] for point in points)
