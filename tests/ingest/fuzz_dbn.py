"""Every cut and every flipped bit of the vendor's test files, read in processes that may die.

Run ``python tests/ingest/fuzz_dbn.py --all`` (``make fuzz-ingest``), or ``--sample N --seed S``.
Each input has one outcome:

* ``refused``: the reader says so.
* ``same``: what was read is what the whole file holds.
* ``changed``: it is something else. A file without a checksum cannot be told from a good one, and
  its days are flagged; of a file with one this is a failure.
* ``failed``: another exception, a crash of the process, or no answer in 10 seconds.
"""

import argparse
import dataclasses
import hashlib
import itertools
import json
import multiprocessing
import os
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from vendor_files import ROOT

from lowfloat.errors import FeedError
from lowfloat.ingest.dbn import is_checked, read_header, read_records
from lowfloat.ingest.dbn_feed import FEEDS, Feed
from lowfloat.ingest.dbn_reference import definition_rows, ohlcv_rows

ENDINGS = (".dbn", ".dbn.zst", ".dbz", ".frag", ".frag.zst")
SECONDS = 10.0
MEMORY = 4 << 30
BATCH = 512
SEED = 7
UNANSWERED, REFUSED, SAME, CHANGED, FAILED = range(5)
NAMES = ("unanswered", "refused", "same", "changed", "failed")

_MEMORY = Path("/dev/shm")
FORK = multiprocessing.get_context("fork")
Digest = Callable[[Path], bytes | None]


class Damage(NamedTuple):
    """One input: a file cut to ``place`` bytes, or with bit ``place`` flipped."""

    path: Path
    kind: str
    place: int

    def of(self, data: bytes) -> bytes:
        if self.kind == "cut":
            return data[: self.place]
        changed = bytearray(data)
        changed[self.place // 8] ^= 1 << self.place % 8
        return bytes(changed)

    def __str__(self) -> str:
        return f"{self.path.name}: {self.kind} at {self.place}"


class Outcome(NamedTuple):
    """What became of an input, and of a failure what happened."""

    damage: Damage
    number: int
    text: str = ""


def vendor_files() -> list[Path]:
    """Return the vendor's test files, of which there may be none."""
    below = sorted((ROOT / "dbn-conformance").rglob("*"))
    return [path for path in below if path.is_file() and path.name.endswith(ENDINGS)]


def damages(path: Path) -> Iterator[Damage]:
    """Yield every cut of a file, then every flipped bit."""
    size = path.stat().st_size
    yield from (Damage(path, "cut", place) for place in range(size))
    yield from (Damage(path, "flip", place) for place in range(8 * size))


def digest_of(path: Path) -> bytes | None:
    """Return a digest of all that is read of a file, None if it is refused.

    The limit that all the vendor's test files were cut at is left aside, else none would be read.
    """
    try:
        header = read_header(path)
        if header is None:
            return None
        digest = hashlib.sha256(repr(header).encode())
        feeds: dict[int, Feed] = {}
        for records in read_records(path, dataclasses.replace(header, limit=0)):
            if header.schema.startswith("ohlcv"):
                _add(digest, ohlcv_rows(records).values())
            elif header.schema == "definition":
                _add(digest, definition_rows(records).values())
            elif header.schema not in FEEDS:
                _add(digest, [records])
            else:
                for number in np.unique(records["instrument_id"]).tolist():
                    if number not in feeds:
                        feeds[number] = Feed(header.schema, header.version, header.dataset)
                    made = feeds[number].convert(records[records["instrument_id"] == number])
                    _add(digest, made[:3])
                    digest.update(repr(made.faults).encode())
        for feed in feeds.values():
            _add(digest, feed.finish()[:3])
        return digest.digest()
    except FeedError:
        return None


def _add(digest: Any, arrays: Iterable[np.ndarray]) -> None:
    for array in arrays:
        digest.update(f"{array.dtype} {len(array)}".encode())
        digest.update(array.tobytes())


def examine(
    inputs: Iterable[Damage], digest: Digest = digest_of, *, seconds: float = SECONDS,
    processes: int = 1, batch: int = BATCH,
) -> Iterator[Outcome]:  # fmt: skip
    """Yield the outcome of each input, in no order, as worked out by processes that may die."""
    waiting = _batches(inputs, batch)
    running: list[_Worker] = []
    folder = tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None)
    try:
        while True:
            while len(running) < processes and (part := next(waiting, None)):
                running.append(_Worker(part, digest, Path(folder.name)))
            if not running:
                return
            wait([worker.process.sentinel for worker in running], 0.05)
            for worker in list(running):
                if not worker.is_over(seconds):
                    continue
                running.remove(worker)
                outcomes, rest = worker.outcomes()
                yield from outcomes
                if rest:
                    waiting = itertools.chain([rest], waiting)
    finally:
        for worker in running:
            worker.process.kill()
            worker.process.join()
        folder.cleanup()


def _batches(inputs: Iterable[Damage], size: int) -> Iterator[Sequence[Damage]]:
    source = iter(inputs)
    while part := list(itertools.islice(source, size)):
        yield part


class _Worker:
    """A process that takes one input after the other, and what it said of each."""

    def __init__(self, inputs: Sequence[Damage], digest: Digest, folder: Path) -> None:
        self.inputs = inputs
        self.answers = FORK.RawArray("B", len(inputs))
        self.texts, theirs = FORK.Pipe(duplex=False)
        self.process = FORK.Process(
            target=_work, args=(inputs, digest, self.answers, theirs, folder)
        )
        self.process.start()
        theirs.close()
        self.said: dict[int, str] = {}
        self.reason = ""
        self.done, self.since = 0, time.monotonic()

    def is_over(self, seconds: float) -> bool:
        """Return whether the process ended, killing it if it takes too long over one input."""
        while self.texts.poll():
            try:
                number, text = self.texts.recv()
            except EOFError:
                break
            self.said[number] = text
        if not self.process.is_alive():
            return True
        done = len(self.inputs) - bytes(self.answers).count(UNANSWERED)
        if done != self.done:
            self.done, self.since = done, time.monotonic()
        elif time.monotonic() - self.since > seconds:
            self.process.kill()
            self.process.join()
            self.reason = f"no answer in {seconds:g} seconds"
            return True
        return False

    def outcomes(self) -> tuple[list[Outcome], Sequence[Damage]]:
        """Return what is known, the culprit of a crash included, and the inputs left over."""
        self.process.join()
        self.is_over(0)  # takes what was still in the pipe
        answers = bytes(self.answers)
        done = answers.find(UNANSWERED)
        done = len(answers) if done < 0 else done
        found = [
            Outcome(damage, number, self.said.get(place, ""))
            for place, (damage, number) in enumerate(zip(self.inputs, answers[:done]))  # noqa: B905
        ]
        if done == len(answers):
            return found, []
        text = self.reason or f"the process ended with code {self.process.exitcode}"
        return [*found, Outcome(self.inputs[done], FAILED, text)], self.inputs[done + 1 :]


def _work(inputs: Sequence[Damage], digest: Digest, answers: Any, texts: Any, folder: Path) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    own = folder / str(os.getpid())
    own.mkdir(exist_ok=True)
    whole: dict[Path, tuple[bytes, bytes | None]] = {}
    for place, damage in enumerate(inputs):
        if damage.path not in whole:
            whole[damage.path] = damage.path.read_bytes(), digest(damage.path)
        data, truth = whole[damage.path]
        path = own / damage.path.name
        path.write_bytes(damage.of(data))
        try:
            found = digest(path)
        except BaseException as error:  # whatever it is, it is no answer
            texts.send((place, f"{type(error).__name__}: {error}"[:500]))
            answers[place] = FAILED
            continue
        answers[place] = REFUSED if found is None else SAME if found == truth else CHANGED


def faults_in(outcomes: Iterable[Outcome], counts: Counter[str]) -> Iterator[str]:
    """Count outcomes, and yield a line for each that must not be."""
    checked: dict[Path, bool] = {}
    for damage, number, text in outcomes:
        path = damage.path
        if path not in checked:
            checked[path] = is_checked(path)
        counts["inputs"] += 1
        counts[NAMES[number]] += 1
        if number == FAILED:
            yield f"{damage}: {text}"
        elif number == CHANGED and checked[path]:
            counts["changed_in_a_checked_file"] += 1
            yield f"{damage}: read as something else, in spite of its checksum"


def sample(count: int, seed: int) -> list[Damage]:
    """Return some inputs of all, the same for the same seed."""
    every = [damage for path in vendor_files() for damage in damages(path)]
    chosen = random.Random(seed).sample(every, min(count, len(every)))
    return sorted(chosen)  # so that a process reads few files


def main() -> int:
    """Fuzz, and print counts as JSON; the exit code is 1 if there is a fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true", help="every cut and every flipped bit")
    parser.add_argument("--sample", type=int, default=5_000, help="how many inputs, without --all")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    files = vendor_files()
    if not files:
        sys.stderr.write(f"no vendor files in {ROOT}; set LOWFLOAT_TEST_DATA\n")
        return 1
    inputs: Iterable[Damage]
    if asked.all:
        total = sum(9 * path.stat().st_size for path in files)
        inputs = (damage for path in files for damage in damages(path))
    else:
        inputs = sample(asked.sample, asked.seed)
        total = len(inputs)
    for path in files:  # compiles before the processes are made, and limited in memory
        digest_of(path)
    counts: Counter[str] = Counter()
    faults, begun = [], time.monotonic()
    is_whole = True
    try:
        for fault in _told(examine(inputs, processes=asked.processes), counts, total):
            faults.append(fault)
            sys.stderr.write(f"{fault}\n")
    except KeyboardInterrupt:
        is_whole = False
    seconds = time.monotonic() - begun
    report = {
        "files": len(files), "complete": is_whole, **counts, "faults": faults,
        "seconds": round(seconds, 1), "inputs_per_second": round(counts["inputs"] / seconds),
    }  # fmt: skip
    sys.stdout.write(json.dumps(report, indent=1) + "\n")
    return 1 if faults or not is_whole else 0


def _told(outcomes: Iterable[Outcome], counts: Counter[str], total: int) -> Iterator[str]:
    """Yield the faults, telling now and then how far it is."""
    told = time.monotonic()

    def watched() -> Iterator[Outcome]:
        nonlocal told
        for outcome in outcomes:
            yield outcome
            if time.monotonic() - told > 5:
                told = time.monotonic()
                sys.stderr.write(f"{counts['inputs']:,} of {total:,} {dict(counts)}\n")

    yield from faults_in(watched(), counts)


if __name__ == "__main__":
    sys.exit(main())
