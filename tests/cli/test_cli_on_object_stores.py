"""The commands take a URL wherever they take a folder of days, or an index."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fsspec.implementations.memory import MemoryFileSystem

BUCKET = "memory://bucket"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LOWFLOAT_CACHE", str(tmp_path / "cache"))
    yield
    MemoryFileSystem.store.clear()


def test_days_are_made_scanned_and_shown_below_a_url(lowfloat, tmp_path: Path) -> None:
    days, index = f"{BUCKET}/days", f"{BUCKET}/index"
    made = lowfloat("synth", "--days", 2, "--seed", 4, "--into", days, "--json")
    assert (made.code, made.err.strip()) == (0, "")
    names = [f"{row['symbol']}/{row['date']}" for row in made.json]
    listed = lowfloat("days", "list", days, "--json")
    assert listed.json == made.json
    assert lowfloat("days", "verify", days, "--json").json["corrupt"] == {}
    scanned = lowfloat("scan", days, "--into", index, "--json")
    assert scanned.json["failed"] == {}
    shown = lowfloat("index", "show", index, "--html", tmp_path / "page.html", "--json")
    assert (shown.json["id"], shown.json["days"]) == (scanned.json["id"], 2)
    assert (tmp_path / "page.html").is_file()
    audited = lowfloat("audit", "lookahead", days, "--probes", 2, "--columns", "spread", "--json")
    assert audited.json["differences"] == 0
    assert lowfloat("days", "drop", days, names[0]).code == 0
    assert [row["date"] for row in lowfloat("days", "list", days, "--json").json] == [
        names[1].split("/")[1]
    ]
    assert not (tmp_path / "memory:").exists()


def test_a_url_without_days_is_refused(lowfloat) -> None:
    printed = lowfloat("days", "list", f"{BUCKET}/none")
    assert printed.code == 1
    assert f"{BUCKET}/none is no folder; use that of a day store" in printed.message
    printed = lowfloat("scan", "nowhere://bucket/days", "--into", f"{BUCKET}/index")
    assert printed.code == 1
    assert "ConfigError: `nowhere://bucket/days` cannot be reached" in printed.message
