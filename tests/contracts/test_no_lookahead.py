"""Nothing an agent sees, may do or is paid up to a decision depends on what came after it."""

import json
import shutil
from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lookahead import LEAKS, alerts, differences, probes, resident
from reference.tapes import (
    OPEN,
    Q,
    make_day,
    nasty_day,
    ns,
    real_days,
    resume,
    stop,
    synthetic_days,
)

from lowfloat.audit.futures import FUTURES
from lowfloat.base.hashing import sha256_of
from lowfloat.days import Day
from lowfloat.env.vector import SqueezeVectorEnv
from lowfloat.index import Index


class Search:
    """What a search for look-ahead found."""

    def __init__(self, days: list[Day], cuts: int, futures: int) -> None:
        self.probes: Counter = Counter()
        self.alarms: list[str] = []
        self.alerted = 0
        self.moved_alerts: list[str] = []
        decks = {day.name: resident(day) for day in days}
        for probe in probes(days, np.random.default_rng(12), cuts, futures):
            where = f"{probe.day.name} at {probe.second}, {probe.future}"
            changed = resident(probe.changed)
            if changed is None:
                continue  # nothing is left that could be traded
            self.probes[probe.future] += 1
            alert, other = alerts(probe)
            self.alerted += alert is not None
            if alert != other:
                self.moved_alerts.append(where)
            if found := differences(decks[probe.day.name], changed, probe):
                self.alarms.append(f"{where}: {found}")


@pytest.fixture(scope="module")
def days() -> list[Day]:
    return [*synthetic_days(), *(nasty_day(seed) for seed in (0, 2, 5))]


@pytest.fixture(scope="module")
def search(days) -> Search:
    return Search(days, cuts=12, futures=2)


def test_no_future_shows_before_its_time(search) -> None:
    assert search.alarms == []


def test_every_future_was_tried(search) -> None:
    assert set(search.probes) == set(FUTURES)
    assert search.probes.total() >= 140


@pytest.mark.parametrize("leak", LEAKS)
def test_a_planted_leak_is_found(days, leak) -> None:
    for probe in probes(days, np.random.default_rng(12), 14, 3):
        changed = resident(probe.changed, leak)
        if changed is not None and differences(resident(probe.day, leak), changed, probe):
            return
    raise AssertionError(f"no probe found {leak}")


def test_no_alert_comes_from_the_future(search) -> None:
    assert search.moved_alerts == []
    assert search.alerted >= 10


def test_no_future_of_a_real_day_shows_before_its_time(tmp_path) -> None:
    days = [
        day
        for date in ("2025-02-24", "2025-04-01", "2025-04-04")
        for day in real_days(tmp_path / date, date, date)
    ]
    search = Search(days, cuts=10, futures=3)
    assert search.alarms == []
    assert search.moved_alerts == []
    assert search.probes.total() >= 80


@pytest.mark.parametrize("second", range(OPEN - 2, OPEN + 4))
def test_a_stop_is_not_known_before_its_notice_was_received(second) -> None:
    quotes = [Q(ns(OPEN + i), 4.00, 4.02) for i in range(-90, 90)]
    halted = make_day(quotes, [stop(ns(OPEN - 1), ns(OPEN + 1) + 1), resume(ns(OPEN + 60))])
    never = make_day(quotes)
    decks = [resident(day) for day in (halted, never)]
    same = np.array_equal(*(deck.table[0, : second + 1] for deck in decks))
    known = [deck.arrays.seconds["halted"][0, second] for deck in decks]
    assert same == (second <= OPEN + 1)
    assert known == [int(second > OPEN + 1), 0]


def test_what_the_index_thinks_of_a_day_is_never_observed(index, tmp_path) -> None:
    folder = tmp_path / "index"
    shutil.copytree(index.path, folder)
    _rewrite(folder / "days.parquet", {
        "quality_score": 0.123, "max_move": 9.0, "volume_ratio": 77.0, "high": 1e6, "low": 0.01,
        "close": 5e5, "volume": 1, "num_halts": 99, "alert_second": 7, "is_momentum": False,
        "scenario": "dead", "compound": "several_attempts", "alert_trigger": "halt", "alerts": 99,
        "range": 1e6, "gap": 9.0, "relative_volume": 77.0, "float_rotation": 77.0,
    })  # fmt: skip
    _rewrite(folder / "resets.parquet", {
        "quality_score": 0.5, "volume_ratio": 99.0, "pattern_type": "gibberish",
        "category": "dead", "momentum_phase": "parabolic", "scenario": "prime", "spread": 9.0,
        "price": 1e6, "kind": "dead_zone", "side": "back", "base_quality": 9.0,
        "setup_quality": 9.0, "pre_consolidation_minutes": 99.0, "breakout_magnitude": 9.0,
        "volume_acceleration": 9.0, "spread_tightness": 9.0,
    })  # fmt: skip
    about = json.loads((folder / "index.json").read_text())
    assert about["days"]
    for name in about["files"]:
        about["files"][name] = sha256_of(folder / name)
    (folder / "index.json").write_text(json.dumps(about))
    altered = Index(folder)
    assert {day.quality_score for day in altered.days()} == {0.123}
    assert _shown(altered) == _shown(index)


def _rewrite(path, values: dict) -> None:
    """Set columns of a parquet file to one value in every row."""
    table = pq.read_table(path)
    for name, value in values.items():
        at = table.schema.get_field_index(name)
        column = pa.array([value] * len(table), table.schema.field(name).type)
        table = table.set_column(at, table.schema.field(name), column)
    pq.write_table(table, path)


def _shown(index: Index) -> list[bytes]:
    env = SqueezeVectorEnv(8, index=index, config={"episode": {"max_seconds": 60}})
    rng = np.random.default_rng(3)
    observations, infos = env.reset(seed=4)
    shown = [observations.tobytes()]
    for _ in range(200):
        actions = np.where(rng.random(8) < 0.2, rng.integers(0, 9, 8), 0)
        observations, rewards, _, _, infos = env.step(actions)
        shown.append(
            observations.tobytes() + rewards.tobytes() + infos["action_mask"].tobytes()
            + infos["phase"].tobytes()
        )  # fmt: skip
    return shown
