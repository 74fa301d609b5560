"""``lowfloat ingest VENDOR``: its exit codes, its JSON, and how it says what is wrong."""

import pytest
from ingest.small_tapes import DATE, MAPPING, NEXT, WRITERS, quiet

from lowfloat.days import DayStore

VENDORS = tuple(WRITERS)


@pytest.fixture
def places(tmp_path):
    """Return the words of a command that ingests files of a vendor, and write these files."""

    def write(vendor, *tapes):
        WRITERS[vendor](tmp_path / "raw", tapes)
        words = ["ingest", vendor, tmp_path / "raw", "--into", tmp_path / "days"]
        if vendor == "table":
            (tmp_path / "mapping.yaml").write_text(MAPPING)
            words += ["--map", tmp_path / "mapping.yaml"]
        return words

    return write


@pytest.mark.parametrize("vendor", VENDORS)
def test_files_of_every_vendor_become_days(lowfloat, places, tmp_path, vendor):
    printed = lowfloat(*places(vendor, quiet(), quiet(date=NEXT)))
    assert printed.code == 0, printed.err
    assert f"ABCD/{DATE}" in printed.out
    assert "2 written, 0 unchanged, 0 of them quarantined, 0 failed, 0 files refused" in printed.out
    assert len(DayStore(tmp_path / "days")) == 2


@pytest.mark.parametrize("vendor", VENDORS)
def test_json_is_one_value_with_the_report_of_each_day(lowfloat, places, vendor):
    printed = lowfloat(*places(vendor, quiet()), "--json")
    assert printed.code == 0, printed.err
    assert printed.json["written"] == [f"ABCD/{DATE}"]
    (day,) = printed.json["days"]
    assert (day["trades"], day["quotes"], day["report"]["verdict"]) == (390, 780, "usable")


@pytest.mark.parametrize("vendor", VENDORS)
def test_symbols_and_dates_narrow_what_is_made(lowfloat, places, vendor):
    words = places(vendor, *(quiet(s, d) for s in ("AAA", "BBB", "CCC") for d in (DATE, NEXT)))
    printed = lowfloat(*words, "--symbols", "AAA,CCC", "--from", NEXT, "--to", NEXT, "--json")
    assert printed.code == 0
    assert printed.json["written"] == [f"AAA/{NEXT}", f"CCC/{NEXT}"]


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_second_time_finds_the_days_unchanged(lowfloat, places, vendor):
    words = places(vendor, quiet())
    lowfloat(*words)
    printed = lowfloat(*words, "--json")
    assert (printed.code, printed.json["written"]) == (0, [])
    assert printed.json["unchanged"] == [f"ABCD/{DATE}"]


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_damaged_file_is_named_and_the_exit_code_is_1(lowfloat, places, tmp_path, vendor):
    words = places(vendor, quiet(), quiet(date=NEXT))
    path = next(
        path for path in sorted((tmp_path / "raw").rglob("*"))
        if path.is_file() and DATE.replace("-", "") in path.name.replace("-", "")
    )  # fmt: skip
    path.write_bytes(path.read_bytes()[:-20])
    printed = lowfloat(*words, "--json")
    assert printed.code == 1
    assert [name for name, _ in printed.json["refused"]] == [
        path.relative_to(tmp_path / "raw").as_posix()
    ]
    assert (printed.json["written"], len(printed.json["failed"])) == ([f"ABCD/{NEXT}"], 1)
    told = lowfloat(*words)
    assert (told.code, "Traceback" in told.err) == (1, False)
    assert f"failed ABCD/{DATE}" in told.message
    assert path.name in told.message


def test_a_quarantined_day_is_told_and_is_no_failure(lowfloat, places):
    tape = quiet()
    tenfold = tuple(p._replace(price=f"{float(p.price) * 10:.2f}") for p in tape.prints)
    printed = lowfloat(*places("massive", tape._replace(prints=tenfold)), "--json")
    assert (printed.code, printed.json["quarantined"]) == (0, [f"ABCD/{DATE}"])


def assert_refused(printed, error, *texts):
    """The command ended with one message of an error of ours."""
    assert (printed.code, printed.out) == (1, "")
    assert "Traceback" not in printed.err
    assert printed.message.startswith(f"{error}: ")
    assert all(text in printed.message for text in texts), printed.message


@pytest.mark.parametrize("option", ["--from", "--to"])
@pytest.mark.parametrize("date", ["2025-13-01", "yesterday", "03/10/2025", ""])
def test_a_date_that_is_none_is_refused(lowfloat, places, option, date):
    printed = lowfloat(*places("massive", quiet()), option, date)
    assert_refused(printed, "ConfigError", repr(date), "use YYYY-MM-DD")


@pytest.mark.parametrize("symbol", ["abcd", "../X", ""])
def test_a_symbol_that_is_no_ticker_is_refused(lowfloat, places, symbol):
    assert_refused(lowfloat(*places("lean", quiet()), "--symbols", symbol), "BadSymbol", symbol)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_source_that_names_no_file_is_refused(lowfloat, places, tmp_path, vendor):
    words = places(vendor, quiet())
    words[2] = tmp_path / "none" / "*.csv"
    assert_refused(lowfloat(*words), "FeedError", "names no file")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("table: trades\n", "columns"),
        (MAPPING.replace("unit: ns", "unit: hours"), "time.unit"),
        (MAPPING.replace("conditions: tape_c", "conditions: sip"), "tape_ab"),
        (MAPPING.replace("px", "px, colour: c"), "columns.colour"),
        ("- 1\n", "holds no mapping"),
        ("a: [", "is not YAML"),
        (None, "cannot be read"),
    ],
)
def test_a_mapping_that_is_wrong_is_refused(lowfloat, places, tmp_path, text, says):
    words = places("table", quiet())
    path = tmp_path / "mapping.yaml"
    path.unlink() if text is None else path.write_text(text)
    assert_refused(lowfloat(*words), "ConfigError", "mapping.yaml", says)


def test_tables_without_a_mapping_are_a_usage_error(lowfloat, places):
    printed = lowfloat(*places("table", quiet())[:-2])
    assert (printed.code, printed.out) == (2, "")
    assert "--map" in printed.err


def test_a_mapping_for_another_vendor_is_a_usage_error(lowfloat, places, tmp_path):
    printed = lowfloat(*places("massive", quiet()), "--map", tmp_path / "mapping.yaml")
    assert (printed.code, printed.out) == (2, "")


def test_a_mapping_that_the_file_does_not_fit_refuses_the_file(lowfloat, places, tmp_path):
    words = places("table", quiet())
    (tmp_path / "mapping.yaml").write_text(MAPPING.replace("px", "last"))
    printed = lowfloat(*words, "--json")
    assert printed.code == 1
    ((name, message),) = printed.json["refused"]
    assert name == f"trades-{DATE}.csv.gz"
    assert "no column `last`; it has ticker, t, px" in message
    assert printed.json["written"] == []


def test_an_unknown_vendor_is_a_usage_error(lowfloat, tmp_path):
    assert lowfloat("ingest", "polygon", tmp_path, "--into", tmp_path / "days").code == 2
