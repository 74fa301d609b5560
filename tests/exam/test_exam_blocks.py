"""An exam is played in blocks of days: the same result wherever they are played."""

from pathlib import Path

import numpy as np
import pytest
from hand_exam import view_of

import lowfloat
from lowfloat.errors import ConfigError
from lowfloat.exam import blocks
from lowfloat.exam.baselines import baselines
from lowfloat.exam.config import ExamConfig
from lowfloat.exam.policy import RandomTrader
from lowfloat.exam.result import Exam
from lowfloat.training import Run

FILES = ("exam.json", "fills.parquet", "trades.parquet", "equity.parquet")
SETTINGS = ("exam.deterministic=false",)  # an agent that draws its actions


@pytest.fixture(scope="module")
def in_blocks(exam_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Exam:
    """An exam of two days, and one more by itself, played here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK", 2)
        folder = tmp_path_factory.mktemp("blocks") / "exam"
        return lowfloat.examine(exam_run, "valid", *SETTINGS, out=folder)


def test_two_workers_write_the_same_bytes_as_one(
    exam_run: Run, in_blocks: Exam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 2)
    told = []
    apart = lowfloat.examine(
        exam_run, "valid", *SETTINGS, out=tmp_path, workers=2,
        progress=lambda *news: told.append(news),
    )  # fmt: skip
    assert [(done, total) for _, done, total in told] == [(1, 2), (2, 2)]
    for name in FILES:
        assert (apart.folder / name).read_bytes() == (in_blocks.folder / name).read_bytes()


def test_what_draws_nothing_gains_the_same_in_blocks_as_in_one_batch(
    in_blocks: Exam, examined: Exam
) -> None:
    for policy in examined.figures["policies"]:
        if policy["name"] not in ("agent", "random"):
            other = in_blocks.policy(policy["name"])
            for name in ("net_pnl", "interval", "fees", "trades", "fills", "end_reasons"):
                assert policy[name] == other[name], (policy["name"], name)


def test_every_file_holds_the_policies_and_days_of_all_blocks(
    in_blocks: Exam, examined: Exam
) -> None:
    assert in_blocks.figures["symbol_days"] == examined.figures["symbol_days"]
    random = in_blocks.policy("random")
    assert sum(random["end_reasons"].values()) == len(random["net_pnl"]) == 3


def test_each_block_has_draws_of_its_own_and_the_first_has_those_of_the_seed() -> None:
    def drawn(trader: RandomTrader) -> list[list[int]]:
        return [trader.act(view_of(rows=50)).tolist() for _ in range(5)]

    def trader_of(block: int) -> RandomTrader:
        policies = baselines(ExamConfig(seed=7), [None] * 50, block)
        return next(policy for policy in policies if isinstance(policy, RandomTrader))

    assert drawn(trader_of(0)) == drawn(RandomTrader(7))
    assert drawn(trader_of(1)) == drawn(trader_of(1))
    assert drawn(trader_of(0)) != drawn(trader_of(1)) != drawn(trader_of(2))


def test_rows_of_blocks_are_put_policy_by_policy() -> None:
    one = np.array([10, 20, 30])  # three policies, one day
    two = np.array([11, 12, 21, 22, 31, 32])
    together = blocks._side_by_side([one, two], 3)
    assert together.tolist() == [10, 11, 12, 20, 21, 22, 30, 31, 32]


def test_a_place_that_is_none_is_refused_before_anything_is_written(
    exam_run: Run, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="`on` was 'moon'"):
        lowfloat.examine(exam_run, "valid", on="moon", out=tmp_path / "exam")
    assert not (tmp_path / "exam").exists()
