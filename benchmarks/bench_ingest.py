"""How fast and how large ingest is, as ratios within one run.

A file of top-of-book records is made, decoded to arrays by the vendor's own library, and ingested
into a new store, each in a process of its own. Reported are the ratio of the times, the memory
of the ingest at its peak, the size of the stored day over that of the file, and how long it takes
to open the day once it is verified.

    python benchmarks/bench_ingest.py --records 20_000_000 --json
"""

import argparse
import datetime as dt
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np

DATE = dt.date(2025, 3, 12)  # daylight saving: the session ends at midnight UTC
NS = 10**9
BLOCK = 1 << 20
TICK = 10_000_000  # one cent, in nanodollars
SPAN = 57_000 * NS  # of the 57,600 seconds of the session


def make_file(path: Path, records: int, seed: int = 1) -> None:
    """Write a zstd DBN file of one symbol and day: a price that walks, sizes, bursts of events."""
    import databento_dbn as dbn
    import zstandard

    from lowfloat.base.clock import session_of
    from lowfloat.ingest.dbn_layouts import LAYOUTS

    start = session_of(DATE).start_ns
    midnight = int(dt.datetime(DATE.year, DATE.month, DATE.day, tzinfo=dt.UTC).timestamp()) * NS
    interval = SimpleNamespace(start_date=DATE, end_date=DATE + dt.timedelta(days=1), symbol="1")
    header = dbn.Metadata(
        dataset="XNAS.ITCH", start=midnight, end=midnight + 86_400 * NS,
        stype_in=dbn.SType.RAW_SYMBOL, stype_out=dbn.SType.INSTRUMENT_ID,
        schema=dbn.Schema.MBP_1, symbols=["BNCH"], version=3,
        mappings=[SimpleNamespace(raw_symbol="BNCH", intervals=[interval])],
    )  # fmt: skip
    rng = np.random.default_rng(seed)
    at, received, mid, sequence = start, start, 500, 0
    packer = zstandard.ZstdCompressor(level=3, write_checksum=True)
    with path.open("wb") as raw:
        raw.write(packer.compress(bytes(header)))
        with packer.stream_writer(raw, closefd=False) as stream:
            for first in range(0, records, BLOCK):
                count = min(BLOCK, records - first)
                rows = np.zeros(count, LAYOUTS["mbp-1"])
                # Half of all events follow another within a millisecond, as on real tapes.
                wait = rng.exponential(1.0, count) * np.where(rng.random(count) < 0.5, 1e-4, 2.0)
                wait = np.maximum((wait * SPAN / records).astype(np.int64), 1)
                times = at + np.cumsum(wait)
                at = int(times[-1])
                steps = rng.choice([-1, 0, 1], count, p=[0.02, 0.96, 0.02])
                mids = np.maximum(mid + np.cumsum(steps), 100)
                mid = int(mids[-1])
                spread = rng.choice([1, 2, 3, 5], count, p=[0.4, 0.3, 0.2, 0.1])
                rows["length"], rows["rtype"] = 20, 1
                rows["publisher_id"], rows["instrument_id"] = 2, 1
                rows["ts_event"] = times
                rows["ts_recv"] = times + rng.integers(15_000, 200_000, count)
                rows["ts_recv"] = np.maximum.accumulate(np.maximum(rows["ts_recv"], received))
                received = int(rows["ts_recv"][-1])
                rows["action"] = rng.choice(list(b"ACMT"), count, p=[0.5, 0.4, 0.05, 0.05])
                rows["side"] = rng.choice(list(b"AB"), count)
                rows["flags"] = 128
                rows["size"] = rng.integers(1, 10, count) * 100
                touch = np.where(rows["side"] == ord("B"), mids + spread, mids)
                rows["price"] = touch * TICK
                rows["sequence"] = sequence + np.arange(1, count + 1)
                sequence += count
                rows["bid_price"] = mids * TICK
                rows["ask_price"] = (mids + spread) * TICK
                rows["bid_size"] = rng.integers(1, 30, count) * 100
                rows["ask_size"] = rng.integers(1, 30, count) * 100
                rows["bid_count"] = rows["ask_count"] = 3
                stream.write(rows.tobytes())


def decode(path: Path) -> float:
    """Decode the file to arrays with the vendor's library, a million records at a time."""
    import databento

    begun = time.perf_counter()
    for block in databento.DBNStore.from_file(path).to_ndarray(count=BLOCK):
        block["price"][-1].item()
    return time.perf_counter() - begun


def ingest(path: Path, days: Path) -> float:
    """Ingest the file into a new store."""
    import lowfloat

    begun = time.perf_counter()
    lowfloat.ingest(path, days)
    return time.perf_counter() - begun


def open_day(days: Path) -> float:
    """Return the seconds that opening the day takes once it is verified."""
    from lowfloat.days import DayStore

    store = DayStore(days)
    key = store.days()[0]
    store[key].quotes.ts_recv[-1].item()
    best = float("inf")
    for _ in range(20):
        begun = time.perf_counter()
        store[key].quotes.ts_recv[-1].item()
        best = min(best, time.perf_counter() - begun)
    return best


def _alone(*words: object) -> tuple[float, float]:
    """Run a part of this file in a process of its own; return seconds and peak megabytes."""
    done = subprocess.run(
        [sys.executable, __file__, *map(str, words)], check=True, capture_output=True, text=True
    )
    seconds, peak = done.stdout.split()[-2:]
    return float(seconds), float(peak)


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", nargs="*", help="used by the benchmark itself")
    parser.add_argument("--records", type=int, default=20_000_000)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if given.part:
        part, *paths = given.part
        parts = {"decode": decode, "ingest": ingest, "open": open_day}
        print(parts[part](*map(Path, paths)), _peak_megabytes())
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bench.mbp-1.dbn.zst"
        make_file(file, given.records)
        decoding, ingesting, peak = [], [], 0.0
        small = Path(folder) / "small.mbp-1.dbn.zst"
        make_file(small, 10_000)
        _alone("ingest", small, Path(folder) / "small")  # compiles the kernels
        for number in range(given.repeats):
            decoding.append(_alone("decode", file)[0])
            seconds, megabytes = _alone("ingest", file, Path(folder) / f"days{number}")
            ingesting.append(seconds)
            peak = max(peak, megabytes)
        days = Path(folder) / "days0"
        opening = _alone("open", days)[0]
        stored = sum(path.stat().st_size for path in days.rglob("*") if path.is_file())
        result = {
            "records": given.records,
            "decode_seconds": min(decoding),
            "ingest_seconds": min(ingesting),
            "decode_ratio": min(ingesting) / min(decoding),
            "peak_megabytes": peak,
            "open_milliseconds": 1e3 * opening,
            "file_bytes": file.stat().st_size,
            "bytes_per_record": file.stat().st_size / given.records,
            "store_ratio": stored / file.stat().st_size,
        }
    print(
        json.dumps(result, indent=1)
        if given.json
        else "\n".join(f"{name}: {value:,.3f}" for name, value in result.items())
    )


if __name__ == "__main__":
    main()
