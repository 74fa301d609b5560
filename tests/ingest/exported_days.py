"""Synthetic days as Databento files, and what a store of them looks like on the disk."""

from pathlib import Path

from lowfloat.days import DayStore
from lowfloat.ingest import ingest_databento
from lowfloat.ingest.dbn_export import export_days
from lowfloat.synth import synth_days

SESSIONS, SYMBOLS, SEED = 2, 2, 3


def export_source(folder: Path) -> list[str]:
    """Write the files of a few days; return the names of the days."""
    days = [day for day, _ in synth_days(SESSIONS, seed=SEED, symbols=SYMBOLS)]
    export_days(days, folder)
    return sorted(day.name for day in days)


def tree(root: Path) -> dict[str, bytes]:
    """Return every file of a folder, hidden ones too, and every empty folder."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes() if path.is_file() else b""
        for path in sorted(root.rglob("*"))
        if path.is_file() or not any(path.iterdir())
    }


def ingest(source: Path, root: Path):
    return ingest_databento(source, DayStore(root))


def visible(root: Path) -> dict[str, bytes]:
    """Return the files that a reader of a store may see."""
    return {name: data for name, data in tree(root).items() if not name.startswith(".")}
