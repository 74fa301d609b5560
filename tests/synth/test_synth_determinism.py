"""A synthetic day is a pure function of its seed: anywhere, in any process, compiled or not."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
from synth.driven import DATE, play, scene_of, short_session

from lowfloat.base.codes import Scenario
from lowfloat.days import DayStore
from lowfloat.errors import DayExists
from lowfloat.synth import synth_days, synthesize
from lowfloat.synth.character import Stock
from lowfloat.synth.day import Yesterday, make_day
from lowfloat.synth.options import Options

GOLDEN = "f97c512cfc94770383e8654a539fbeea642a5eafb2ed8ff0dfb0dc389cfdfaec"


def digest(*tables):
    """Return the SHA-256 of the bytes of all columns."""
    sha = hashlib.sha256()
    for table in tables:
        for column in table:
            sha.update(np.ascontiguousarray(column).tobytes())
    return sha.hexdigest()


def digest_of(day, truth):
    return digest(day.trades, day.quotes, day.status, truth.values())


def other_process(code, **environment):
    """Run code in a fresh interpreter that finds the tests; return what it prints."""
    tests = os.path.dirname(os.path.dirname(__file__))
    path = os.pathsep.join([tests, *filter(None, [os.environ.get("PYTHONPATH")])])
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env=os.environ | {"PYTHONPATH": path} | environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return found.stdout.strip()


def manifest_ids(store):
    return [store.manifest(*key)["id"] for key in store.days()]


def test_the_same_seed_writes_the_same_bytes_in_processes_unlike_each_other(tmp_path):
    here = DayStore(tmp_path / "here")
    synthesize(here, 2, seed=5)
    code = (
        "import sys; from lowfloat.days import DayStore; from lowfloat.synth import synthesize; "
        f"synthesize(DayStore({str(tmp_path)!r} + '/' + '{{}}'), 2, seed=5)"
    )
    for name, zone, hashing in (("one", "Asia/Tokyo", "1"), ("two", "America/Lima", "2")):
        other_process(code.format(name), TZ=zone, PYTHONHASHSEED=hashing, LC_ALL="C")
        assert manifest_ids(DayStore(tmp_path / name)) == manifest_ids(here)


def test_stocks_that_are_made_side_by_side_are_the_same(tmp_path):
    here, apart = DayStore(tmp_path / "here"), DayStore(tmp_path / "apart")
    told = []
    names = synthesize(here, 1, seed=5, symbols=3)
    assert names == synthesize(
        apart, 1, seed=5, symbols=3, workers=2, progress=lambda *words: told.append(words)
    )
    assert manifest_ids(apart) == manifest_ids(here)
    assert told == [(name, done, 3) for done, name in enumerate(names, start=1)]
    with pytest.raises(DayExists, match="SYNA"):
        synthesize(apart, 1, seed=6, symbols=2, workers=2)


def test_another_seed_makes_other_days():
    (day, _), (other, _) = next(synth_days(1, seed=5)), next(synth_days(1, seed=6))
    assert not np.array_equal(day.trades.price, other.trades.price)


@pytest.mark.parametrize("options", [Options(), Options(mix="market", edge=0.0)])
def test_more_days_and_symbols_leave_the_others_as_they_were(options):
    few = {day.name: digest_of(day, truth) for day, truth in synth_days(2, seed=5, options=options)}
    more = synth_days(4, seed=5, symbols=2, options=options)
    many = {day.name: digest_of(day, truth) for day, truth in more}
    assert len(many) == 8
    assert few.items() <= many.items()


def test_a_day_does_not_depend_on_what_was_made_before_it():
    days = {day.name: digest_of(day, truth) for day, truth in synth_days(3, seed=5)}
    other = synth_days(3, seed=6)
    again = {}
    for day, truth in synth_days(3, seed=5):
        next(other)
        again[day.name] = digest_of(day, truth)
    assert again == days


def digest_of_short_session():
    """Play four minutes: a rise into the bands, a limit state, a pause, and the closing auction."""
    session = short_session(220)
    scene = scene_of(session, (40, 40, 0.3), rate=0.5, iceberg=0.3)
    made = play(session, scene, 5.0)
    return f"{len(made.rows)} {len(made.notices)} {digest([made.rows, made.notices, made.seconds])}"


def test_a_session_without_the_compiler_is_the_same_to_the_bit():
    code = "from synth.test_synth_determinism import *; print(digest_of_short_session())"
    rows, notices, _ = (compiled := digest_of_short_session()).split()
    assert int(rows) > 500
    assert int(notices) >= 2
    assert other_process(code, NUMBA_DISABLE_JIT="1") == compiled


def test_a_day_is_the_one_it_has_always_been():
    """Every figure that is published of this market rests on these bytes.

    Where they change on purpose, the market is another one: its dataset gets a new name, what was
    measured on it is measured again, and the digest here is set anew.
    """
    made = make_day(
        (1, 0, 0),
        "GOLD",
        DATE,
        Stock(5.0, 5e6, 0.1),
        (Scenario.ORDINARY,),
        [],
        Yesterday(50_000, is_restricted=False),
        Options(),
    )
    assert 1_000 < len(made.day.quotes.action) < 100_000
    assert digest_of(made.day, made.truth) == GOLDEN
