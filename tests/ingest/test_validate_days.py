"""The report of a day: its figures against plain Python, its verdict on sound days, its forms."""

import dataclasses
import datetime as dt
import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from reference.validate import figures
from vendor_files import folder

from lowfloat.base.clock import NS, session_of
from lowfloat.base.records import DTYPES, Quotes, Status, Trades
from lowfloat.days import Day, DayStore
from lowfloat.days.day import QUOTES_REBUILT
from lowfloat.days.report import TABLE_HEAD, DayReport
from lowfloat.errors import DayCorrupt
from lowfloat.ingest import ingest_databento, tally, verdict, walk
from lowfloat.ingest.faults import FAULTS
from lowfloat.ingest.tally import BINS, bin_of, quantile
from lowfloat.ingest.validate import Context, validate
from lowfloat.ingest.verdict import Allowed, Range, ValidationConfig, limits_of
from lowfloat.ingest.walk import measure
from lowfloat.synth import Options, synth_days

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "validation.md"


def twenty_days() -> list[Day]:
    """Return twenty days of a synthetic market, some with halts."""
    return [day for day, _ in synth_days(20, seed=18, options=Options(active=1.0))]


@pytest.fixture(scope="module")
def days():
    return twenty_days()


@pytest.fixture(scope="module")
def day(days):
    """A day with several halts."""
    return next(day for day in days if len(day.halts) >= 3)


@pytest.fixture(scope="module")
def tapes(tmp_path_factory):
    """The days of a real low-float stock."""
    store = DayStore(tmp_path_factory.mktemp("days"))
    ingest_databento(folder("mlgo"), store)
    return list(store)


def assert_figures(report: DayReport, expected: dict) -> None:
    """Compare all that the reference knows; what else a report holds is not a measure."""
    plain = report.as_dict()
    for name, value in expected.items():
        if isinstance(value, dict) and name != "parts":
            plain[name] = {key: plain[name][key] for key in value}
        assert plain[name] == value, name
    known = {"symbol", "date", "verdict", "flags", "reasons", "faults", "repaired",
             "open_to_previous_close", "volume_to_bars"}  # fmt: skip
    assert set(plain) - known == set(expected)


# The figures


def test_the_figures_of_synthetic_days_are_those_of_plain_python(days) -> None:
    for day in days[:6]:
        assert_figures(validate(day), figures(day))
    assert sum(len(day.halts) for day in days[:6]) > 3


def test_the_figures_of_real_days_are_those_of_plain_python(tapes) -> None:
    few = [day for day in tapes if len(day.quotes.action) < 70_000][-12:]
    assert any(day.halts for day in few)
    for day in few:
        assert_figures(validate(day), figures(day))


EDGES = [0, 1, 19_799, 19_800, 19_830, 19_860, 20_000, 43_199, 43_200, 43_201, 46_000, 57_599]
DOLLAR = NS


@st.composite
def odd_days(draw) -> Day:
    """Draw a day of a few events that crowd around opens, closes, halts and each other."""
    session = session_of(draw(st.sampled_from([dt.date(2025, 3, 10), dt.date(2024, 7, 3)])))
    seconds = [second for second in EDGES if second < session.seconds]
    shift = st.sampled_from([0, 0, 1, NS // 2, NS - 1])
    end = session.ns(draw(st.sampled_from(seconds[1:]))) + draw(st.sampled_from([0, 1, NS]))
    end = min(end, session.end_ns)
    time = st.builds(lambda second, ns: session.ns(second) + ns, st.sampled_from(seconds), shift)
    time = time.filter(lambda ts: ts < end)
    delay = st.sampled_from(
        [0, 1, 63, 64, 65, 30_000, 2 * NS, 61 * NS, -5, -2 * NS, 2**62, -(2**61)]
    )
    price = st.sampled_from([1, 99_999_900, DOLLAR, 2 * DOLLAR, 2_010_000_000, 2_123_456_789,
                             2_500_000_000, 4 * DOLLAR, 10**14, 10**14 + 1, 2**63 - 1])  # fmt: skip
    size = st.sampled_from([1, 63, 64, 65, 100, 10_000_000, 10_000_001, 2**31 - 1])
    side = st.tuples(price, size) | st.just((0, 0))
    number = st.sampled_from([0, 1, 2])
    trades = draw(st.lists(st.tuples(
        time, delay, price, size, st.sampled_from([-1, 0, 1]), st.sampled_from([0, 60, 80, 100]),
        st.sampled_from([15, 15, 15, 79, 31, 47, 4, 143, 0, 512]), number, number,
    ), max_size=16))  # fmt: skip
    quotes = draw(st.lists(st.tuples(
        time, delay, side, side, st.sampled_from(list(b"ACM")),
        st.sampled_from([0, 0, 0, 128, 4, 32, 8]), number, number,
    ), max_size=16))  # fmt: skip
    stops = draw(st.lists(st.tuples(time, delay, st.sampled_from([7, 8, 9, 14]),
                                    st.sampled_from([0, 0, 1, -1]),
                                    st.sampled_from([100, 40])), max_size=6))  # fmt: skip
    # A copy of a whole row now and then: records repeat.
    trades += draw(st.lists(st.sampled_from(trades), max_size=3)) if trades else []
    quotes += draw(st.lists(st.sampled_from(quotes), max_size=3)) if quotes else []
    by_time = sorted(trades, key=lambda row: row[0]), sorted(quotes, key=lambda row: row[0])
    return Day(
        symbol="ODD",
        date=dt.datetime.fromtimestamp(session.start_ns // NS, dt.UTC).date(),
        session=session,
        coverage_end_ns=end,
        trades=table(Trades, [(ts - late, ts, *rest) for ts, late, *rest in by_time[0]]),
        quotes=table(
            Quotes,
            [
                (ts - late, ts, bid[0], ask[0], bid[1], ask[1], *rest)
                for ts, late, bid, ask, *rest in by_time[1]
            ],
        ),
        status=table(
            Status,
            [
                (ts - (late if abs(late) < 100 * NS else 0), ts, action, 50, trading, -1, sure)
                for ts, late, action, trading, sure in sorted(stops, key=lambda row: row[0])
            ],
        ),
        vendor="synth",
    ).check()


def table(kind: type, rows: list[tuple]):
    columns = zip(*rows, strict=True) if rows else [()] * len(DTYPES[kind])
    types = DTYPES[kind].values()
    return kind(*(np.array(column, dtype) for column, dtype in zip(columns, types, strict=True)))


@settings(max_examples=150)
@given(odd_days())
def test_the_figures_of_any_day_are_those_of_plain_python(day) -> None:
    report = validate(day)
    assert_figures(report, figures(day))
    assert DayReport.from_dict(json.loads(report.to_json())) == report


@given(st.lists(st.integers(0, 2**63 - 1), min_size=1), st.floats(0.0, 1.0))
def test_a_histogram_knows_a_quantile_to_three_percent(values, share) -> None:
    bins = np.zeros(BINS, np.int64)
    for value in values:
        bins[bin_of(value)] += 1
    found = quantile(bins, share)
    exact = sorted(values)[max(int(np.ceil(share * len(values))), 1) - 1]
    assert found <= exact
    assert 32 * exact <= 33 * found


# Sound days


def test_twenty_synthetic_days_are_good(days) -> None:
    assert {validate(day).verdict for day in days} == {"good"}


def test_no_real_day_is_quarantined_and_days_with_quotes_are_good(tapes) -> None:
    assert len(tapes) == 53
    reports = [validate(day) for day in tapes]
    assert [report.summary for report in reports if report.reasons] == []
    assert [r.date for r in reports if r.verdict != "good"] == [
        "2025-02-21", "2025-03-24", "2025-03-31",
    ]  # fmt: skip
    assert sum(report.verdict == "good" for report in reports) == 50
    assert {r.flag_names for r in reports if r.verdict == "usable"} == {("quotes_rebuilt",)}


def test_units_and_sides_that_are_wrong_are_found_on_every_real_day(tapes) -> None:
    quoted = [day for day in tapes if QUOTES_REBUILT not in day.flags]
    assert len(quoted) == 50
    for day in quoted:
        trades, quotes = day.trades, day.quotes
        lots = {
            name: np.where(size > 0, np.maximum(size // 100, 1), 0).astype(np.int32)
            for name, size in (("bid_size", quotes.bid_size), ("ask_size", quotes.ask_size))
        }
        for reason, wrong in (
            ("wrong_side", dict(trades=trades._replace(side=-trades.side))),
            ("price_scale", dict(trades=trades._replace(price=trades.price * 10))),
            ("size_scale", dict(trades=trades._replace(size=trades.size * 100))),
            ("size_scale", dict(quotes=quotes._replace(**lots))),
        ):
            report = validate(dataclasses.replace(day, **wrong))
            assert reason in [found.name for found in report.reasons], report.summary


def test_a_day_after_the_clocks_change_and_a_half_day_are_good() -> None:
    for date, seconds in (
        (dt.date(2025, 3, 10), (19_800, 23_400, 14_400)),
        (dt.date(2025, 11, 3), (19_800, 23_400, 14_400)),
        (dt.date(2025, 11, 28), (19_800, 12_600, 14_400)),
    ):
        ((day, _),) = synth_days(1, seed=5, first=date)
        report = validate(day)
        assert (day.date, report.verdict) == (date, "good")
        halted = sum(min(end, day.session.end_ns) - begin for begin, end in day.halts) / NS
        whole = sum(part.seconds for part in report.parts.values()) + halted
        assert whole == pytest.approx(sum(seconds), abs=0.01)
        for part, length in zip(report.parts.values(), seconds, strict=True):
            assert length - halted - 0.01 <= part.seconds <= length


def test_what_is_not_covered_counts_for_nothing(day) -> None:
    session = day.session
    cut = session.regular_close_ns + 3600 * NS
    early = dataclasses.replace(
        day,
        coverage_end_ns=cut,
        trades=Trades(*(column[day.trades.ts_recv < cut] for column in day.trades)),
        quotes=Quotes(*(column[day.quotes.ts_recv < cut] for column in day.quotes)),
    )
    report = validate(early)
    assert report.verdict == "good"
    assert report.parts["after_hours"].seconds == 3600
    assert report.parts["regular"] == validate(day).parts["regular"]


# How it is measured


def test_the_outcome_does_not_depend_on_the_block(day) -> None:
    limits = limits_of(ValidationConfig())
    whole = measure(day, limits, block=10**9)
    for block in (1, 997, 4096):
        if block == 1:
            small = dataclasses.replace(day, **{
                name: type(rows)(*(column[:300] for column in rows))
                for name, rows in (("trades", day.trades), ("quotes", day.quotes))
            })  # fmt: skip
            pair = measure(small, limits, block=1), measure(small, limits)
        else:
            pair = measure(day, limits, block=block), whole
        for one, other in zip(*pair, strict=True):
            np.testing.assert_array_equal(one, other)


def test_memory_may_be_handed_back_after_each_block(day) -> None:
    calls = []
    measure(day, limits_of(ValidationConfig()), lambda: calls.append(1), block=5_000)
    assert len(calls) >= len(day.quotes.action) / 5_000


def test_a_stored_day_has_the_report_of_the_day_in_memory(day, tmp_path) -> None:
    store = DayStore(tmp_path)
    store.write(day)
    stored = store[day.symbol, day.date]
    assert not stored.trades.price.flags.writeable
    assert validate(stored).to_json() == validate(day).to_json()


def test_each_kernel_is_compiled_once_for_days_of_any_origin(day, tmp_path) -> None:
    store = DayStore(tmp_path)
    store.write(day)
    apart = Trades(*(np.repeat(column, 2)[::2] for column in day.trades))
    for one in (day, store[day.symbol, day.date], dataclasses.replace(day, trades=apart)):
        validate(one)
    compiled = {
        name: len(value.signatures)
        for module in (tally, walk)
        for name, value in vars(module).items()
        if hasattr(value, "py_func") and value.signatures
    }
    compiled.pop("bin_of", None)  # a property above calls it from Python
    # Those that a cached kernel calls are not listed: they came with it.
    assert {"add_quotes", "add_trades", "_walk"} <= set(compiled)
    assert set(compiled.values()) == {1}


def test_the_columns_are_left_as_they_were(day) -> None:
    before = [column.copy() for column in (*day.trades, *day.quotes, *day.status)]
    validate(day)
    for one, other in zip(before, (*day.trades, *day.quotes, *day.status), strict=True):
        np.testing.assert_array_equal(one, other)
    assert day.trades.price.flags.writeable


# Its forms


def test_the_same_day_gives_the_same_bytes(day) -> None:
    again = next(other for other in twenty_days() if other.date == day.date)
    faults = {"zero_size": 2, "duplicate": 1}
    text = validate(day, faults).to_json()
    assert text == validate(again, dict(reversed(faults.items()))).to_json()
    assert json.loads(text) == validate(day, faults).as_dict()


def test_a_report_is_read_back_as_it_was(day) -> None:
    report = validate(day, {"duplicate": 500}, Context(previous_close=NS, bars_volume=7))
    assert report.flags
    assert DayReport.from_dict(json.loads(report.to_json())) == report


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("trades",), "12"),
        (("trades",), True),
        (("book",), {}),
        (("book", "crossed_time"), None),
        (("flags",), [{"name": "a"}]),
        (("parts", "regular", "seconds"), "x"),
        (("surplus",), 1),
    ],
)
def test_a_report_with_a_wrong_value_is_refused_by_name(day, where, value) -> None:
    plain = validate(day).as_dict()
    node = plain
    for key in where[:-1]:
        node = node[key]
    node[where[-1]] = value
    with pytest.raises(DayCorrupt, match=where[0] if where != ("flags",) else "text"):
        DayReport.from_dict(plain)


def test_a_report_without_a_key_is_refused(day) -> None:
    plain = validate(day).as_dict()
    del plain["gaps"]
    with pytest.raises(DayCorrupt, match="gaps"):
        DayReport.from_dict(plain)


def test_a_day_is_a_row_of_the_table_and_a_line(day) -> None:
    report = validate(day, {"zero_size": 400})
    row = dict(zip(TABLE_HEAD, report.table_row(), strict=True))
    assert row["day"] == day.name
    assert row["halts"] == str(len(day.halts))
    assert row["repaired"] == "400"
    assert row["flags or reasons"] == "records_repaired"
    assert report.summary.startswith(f"{day.name}: usable (records_repaired). ")
    assert "\n" not in report.summary


def test_an_unknown_fault_is_refused(day) -> None:
    with pytest.raises(ValueError, match="`sloth` was 1; use 0 or more of"):
        validate(day, {"sloth": 1})
    with pytest.raises(ValueError, match="`duplicate` was -1"):
        validate(day, {"duplicate": -1})


def test_thresholds_are_frozen_bounded_and_ordered() -> None:
    config = ValidationConfig()
    with pytest.raises(ValidationError):
        config.band_regular = 0.2
    for wrong in (
        {"band_regular": 1.5}, {"break_regular": 1.0}, {"surplus": 1}, {"active_events": 0},
        {"crossed_time": {"flag": 0.2, "quarantine": 0.1}}, {"crossed_time": {"flag": -1.0}},
        {"price_to_mid": {"low": 2.0, "high": 0.5}},
    ):  # fmt: skip
        with pytest.raises(ValidationError):
            ValidationConfig(**wrong)


def test_a_threshold_decides(day) -> None:
    strict = ValidationConfig(longest_gap_seconds=Allowed(flag=0.0, quarantine=0.5))
    report = validate(day, config=strict)
    assert [reason.name for reason in report.reasons] == ["long_gap"]
    assert "allowed is 0.5" in report.reasons[0].text
    ranged = ValidationConfig(size_to_displayed=Range(low=3.0, high=4.0))
    assert [reason.name for reason in validate(day, config=ranged).reasons] == ["size_scale"]


# Its page


def test_the_page_names_every_fault_flag_and_threshold() -> None:
    page = PAGE.read_text()
    source = Path(verdict.__file__).read_text()
    named = set(re.findall(r'(?:weigh\(|within\(|note\(\w+,)\s*"(\w+)"', source))
    assert len(named) > 25
    for name in {*named, *FAULTS, *ValidationConfig.model_fields}:
        assert f"`{name}`" in page, name


def test_the_page_states_the_thresholds_as_they_are() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", PAGE.read_text(), re.MULTILINE))
    for name, value in ValidationConfig():
        if isinstance(value, Allowed):
            text = (
                f"{value.flag:g} / {'-' if value.quarantine is None else f'{value.quarantine:g}'}"
            )
        elif isinstance(value, Range):
            text = f"{value.low:g} to {value.high:g}"
        else:
            text = f"{value:g}" if isinstance(value, float) else f"{value:,}"
        assert rows[name].strip() == text, name
