"""The product's verbs: each reads what an earlier one wrote, and writes one thing."""

import datetime as dt
import hashlib
import json
import platform
import subprocess
from collections.abc import Collection, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lowfloat.base.jit import PACKAGE, source_digest
from lowfloat.base.progress import Progress
from lowfloat.base.whole_file import write_whole_json
from lowfloat.config import Experiment, dump_config, load_config
from lowfloat.days.store import DayStore
from lowfloat.errors import CheckpointError, ConfigError, IndexMismatch
from lowfloat.index.index import Index
from lowfloat.index.scanner import scan as scan_store

if TYPE_CHECKING:
    from lowfloat.exam.policy import Agent
    from lowfloat.exam.result import Exam
    from lowfloat.ingest import IngestResult
    from lowfloat.synth import Options
    from lowfloat.training.run import Run

Config = Experiment | str | Path | None


def ingest(
    source: str | Path | Sequence[str | Path],
    into: str | Path,
    vendor: str = "databento",
    *,
    symbols: Collection[str] | None = None,
    first: dt.date | None = None,
    last: dt.date | None = None,
    mapping: str | Path | None = None,
    progress: Progress | None = None,
) -> "IngestResult":
    """Read vendor files into a day store.

    Args:
        source: a file, a folder (searched with all below it), a glob, or several of these.
        into: folder of the day store, or its URL.
        vendor: ``databento``, ``massive``, ``alpaca``, ``lean`` or ``table``.
        symbols: tickers to take; None takes all.
        first: first session date to take.
        last: last session date to take.
        mapping: the YAML file that says what the columns of a ``table`` are.
        progress: called with a name, how much is done, and how much there is.

    Raises:
        ConfigError: the vendor is not known, or ``mapping`` is missing or not wanted.
        FeedError: ``source`` names no file.
        BadSymbol: one of ``symbols`` is no ticker.
    """
    from lowfloat.ingest import ingest_vendor

    return ingest_vendor(
        vendor, source, DayStore(into), symbols=symbols, first=first, last=last, mapping=mapping,
        progress=progress,
    )  # fmt: skip


def synth(
    into: str | Path,
    days: int,
    seed: int,
    *,
    symbols: int = 1,
    first: dt.date | None = None,
    options: "Options | None" = None,
    dbn: str | Path | None = None,
    on: str | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> DayStore:
    """Make synthetic days into a day store.

    Args:
        into: folder of the day store, or its URL.
        days: sessions per stock.
        seed: names the market: the same seed makes the same days on every machine.
        symbols: number of stocks.
        first: date of the first session, or a date before it.
        options: mix of scenarios, edge and preset of the market; see ``lowfloat.synth.Options``.
        dbn: folder to which the days are written as Databento files, too.
        on: where the stocks are made: ``here``, ``local``, ``ray`` or ``ray:ADDRESS``; see
            ``lowfloat.fleet.place``.
        workers: how many stocks are made at a time.
        progress: called with a name, how much is done, and how much there is.

    Raises:
        ConfigError: a number is out of bounds.
        DayExists: the store holds one of the days with other contents.
    """
    from lowfloat.ingest.dbn_export import export_days
    from lowfloat.synth import FIRST_SESSION, synthesize

    store = DayStore(into)
    names = synthesize(
        store, days, seed, symbols=symbols, first=first or FIRST_SESSION, options=options,
        on=on, workers=workers, progress=progress,
    )  # fmt: skip
    if dbn is not None:
        made = set(names)
        keys = [key for key in store.days() if f"{key[0]}/{key[1]}" in made]
        export_days([store[key] for key in keys], dbn)
    return store


def scan(
    days: str | Path,
    into: str | Path,
    config: Config = None,
    progress: Progress | None = None,
    *,
    symbols: Collection[str] | None = None,
    first: dt.date | None = None,
    last: dt.date | None = None,
    on: str | None = None,
    workers: int | None = None,
) -> Index:
    """Scan a day store into an index.

    Args:
        days: folder of the day store, or its URL.
        into: folder of the index, or its URL; days that it holds already are not scanned again.
        config: experiment or its YAML file.
        progress: told of each day.
        symbols: tickers to scan; None scans all.
        first: date of the first day to scan.
        last: date of the last.
        on: where days are scanned: ``here``, ``local``, ``ray`` or ``ray:ADDRESS``; see
            ``lowfloat.fleet.place``.
        workers: how many days are scanned at a time.
    """
    terms = _experiment(config).index
    return scan_store(
        days, into, terms, progress, symbols=symbols, first=first, last=last, on=on,
        workers=workers,
    )  # fmt: skip


def train(
    config: Config = None,
    *overrides: str,
    index: str | Path,
    run: str | Path,
    resume: bool = False,
    progress: Progress | None = None,
) -> "Run":
    """Train an agent on the training days of an index.

    Args:
        config: experiment or its YAML file.
        overrides: ``dotted.key=value``.
        index: folder of the index, or its URL.
        run: folder of the run; it must be new unless ``resume``.
        resume: go on from the run's newest checkpoint, with the run's own configuration.
        progress: called with a word, steps so far, and the budget.

    Raises:
        CheckpointError: the run exists and ``resume`` is not set, or the other way round.
        EmptySplit: the index has no training day.
    """
    from lowfloat.env.starts import load_split
    from lowfloat.env.vector import SqueezeVectorEnv
    from lowfloat.tape.normaliser import Normaliser
    from lowfloat.training.run import Run
    from lowfloat.training.trainer import train_run
    from lowfloat.training.vec_env import SqueezeVecEnv

    folder = Path(run)
    exists = (folder / "fingerprint.json").is_file()
    if exists and not resume:
        raise CheckpointError(f"{folder} is a run already; use --resume to go on, or a new name.")
    if resume and not exists:
        raise CheckpointError(f"{folder} is not a run; leave --resume out to begin one.")
    experiment = load_config(folder / "config.yaml") if resume else _experiment(config, *overrides)
    if experiment.env.actions != "discrete":
        raise ConfigError(
            f"`env.actions` was {experiment.env.actions}; the trainer plays `discrete`. Use an "
            "environment of that kind with a trainer of your own."
        )
    settings, opened = experiment.training, Index(index)
    deck, starts, days = load_split(
        opened, "train", symbol=settings.symbol, min_quality=settings.min_quality,
        progress=progress,
    )  # fmt: skip
    manifests = {day.name: day.manifest_id for day in days}
    if resume:
        normaliser = Run(folder).normaliser
        _check_same_run(Run(folder), experiment, config, overrides)
        _check_same_data(Run(folder), opened, manifests)
    else:
        ends = deck.arrays.days["end_second"]
        normaliser = Normaliser.fit(
            table[:end] for table, end in zip(deck.table, ends, strict=True)
        )
    for table in deck.table:
        normaliser.apply(table)
    env = SqueezeVectorEnv(
        settings.num_envs, deck=deck, starts=starts, normaliser=normaliser, config=experiment.env
    )
    if not resume:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "config.yaml").open("w", encoding="utf-8") as stream:
            dump_config(experiment, stream)
        write_whole_json(folder / "normaliser.json", normaliser.as_dict())
        write_whole_json(folder / "fingerprint.json", _fingerprint(experiment, opened, manifests))

    def write_status(state: str, num_timesteps: int) -> None:
        write_whole_json(folder / "status.json", {"state": state, "num_timesteps": num_timesteps})

    return train_run(Run(folder), SqueezeVecEnv(env), settings, write_status, resume, progress)


def examine(
    run: "Run | str | Path",
    split: str = "valid",
    *overrides: str,
    index: str | Path | None = None,
    checkpoint: str | Path | None = None,
    out: str | Path | None = None,
    on: str | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> "Exam":
    """Let a run's agent and the baselines play the whole days of a split.

    Args:
        run: the run.
        split: ``valid`` or ``exam`` (or ``train``, to see how much was learned by heart).
        overrides: ``dotted.key=value`` on the run's configuration, such as ``exam.start=alert``.
        index: folder of the index, or its URL; the one the run was trained from if None.
        checkpoint: checkpoint folder; the newest if None.
        out: folder of the result; ``RUN/exam-SPLIT`` if None.
        on: where blocks of days are played: ``here``, ``local``, ``ray`` or ``ray:ADDRESS``; see
            ``lowfloat.fleet.place``.
        workers: how many blocks are played at a time.
        progress: called with a word, how much is done, and how much there is.
    """
    from lowfloat.env.starts import days_of_split
    from lowfloat.exam.blocks import Block, Terms, play, policies_of
    from lowfloat.exam.result import figures_of, write_exam
    from lowfloat.training.run import Run

    sat = run if isinstance(run, Run) else Run(run)
    experiment = load_config(sat.config_file, *overrides)
    settings = experiment.exam
    opened = Index(index if index is not None else sat.fingerprint["index_path"])
    trained = sat.fingerprint["days"]
    seen = sorted(day.name for day in opened.days(split=split) if day.name in trained)
    if seen and split != "train":
        raise IndexMismatch(
            f"{split} of {opened.where} holds days that {sat.folder} was trained on: "
            f"{', '.join(seen[:4])}. Use the index of the run, or one split at the same dates."
        )
    days = days_of_split(opened, split, opened.store)
    names = tuple(day.name for day in days)
    agent, num_timesteps = load_agent(sat, checkpoint or sat.last, experiment)
    terms = Terms(opened.store.where, agent, sat.normaliser, experiment.env, settings)
    sitting = play(terms, days, on=on, workers=workers, progress=progress)
    policies = policies_of(terms, Block(0, tuple(days)))
    figures = {
        "split": split,
        "run": sat.folder.name,
        "fingerprint": sat.fingerprint["id"],
        "index": opened.id,
        "config": experiment.fingerprint,
        "num_timesteps": num_timesteps,
        "starting_cash": experiment.env.risk.cash,
        "max_position": experiment.env.risk.max_position,
        "start": settings.start,
        "confidence": settings.confidence,
        "resamples": settings.resamples,
        "symbol_days": list(names),
        # Nothing can be filled on a day without quotes: it is named, not dropped in silence.
        "left_out": [day.name for day in opened.days(split=split, tradable=False)],
        "alerts": {day.name: day.alert_second for day in days},
        "policies": figures_of(policies, names, sitting, settings),
    }
    folder = Path(out) if out is not None else sat.folder / f"exam-{split}"
    return write_exam(folder, figures, sitting)


def load_agent(run: "Run", checkpoint: str | Path, experiment: Experiment) -> "tuple[Agent, int]":
    """Return the agent of a checkpoint, and the steps it was trained for.

    Raises:
        CheckpointError: the checkpoint is not sound or not of this run's network.
    """
    from lowfloat.env.observation import NUM_POSITION_COLUMNS
    from lowfloat.env.vector import action_space, observation_space
    from lowfloat.exam.policy import Agent
    from lowfloat.training.checkpoint import load_policy, read_checkpoint
    from lowfloat.training.trainer import make_policy

    about, tensors = read_checkpoint(Path(checkpoint))
    columns = len(run.normaliser.mean) + NUM_POSITION_COLUMNS
    space = observation_space(columns, normalised=True)
    network = make_policy(space, action_space(), experiment.training)
    load_policy(network, tensors, Path(checkpoint))
    settings = experiment.exam
    return Agent(network, settings.deterministic, settings.seed), about["num_timesteps"]


def report(
    run: "Run | str | Path",
    split: str = "valid",
    *,
    out: str | Path | None = None,
    days: str | Path | None = None,
) -> Path:
    """Write the report of an exam as one HTML file and return its path.

    Args:
        run: the run.
        split: whose exam, from ``RUN/exam-SPLIT``.
        out: the file; ``RUN/report-SPLIT.html`` if None.
        days: the day store; the one the index was scanned from if None.
    """
    from lowfloat.report import write_report
    from lowfloat.training.run import Run

    sat = run if isinstance(run, Run) else Run(run)
    store = DayStore(days) if days is not None else Index(sat.fingerprint["index_path"]).store
    target = Path(out) if out is not None else sat.folder / f"report-{split}.html"
    return write_report(sat.folder / f"exam-{split}", store, sat.folder, target)


def _experiment(config: Config, *overrides: str) -> Experiment:
    if isinstance(config, Experiment):
        if overrides:
            raise ConfigError(
                f"overrides {list(overrides)} were given with an experiment that is already "
                "resolved; give them to `load_config`."
            )
        return config
    return load_config(config, *overrides)


def _fingerprint(experiment: Experiment, index: Index, days: dict[str, str]) -> dict[str, Any]:
    """Return what names a run: its configuration, its data, and the code that made it."""
    named = {
        "config": experiment.fingerprint,
        "index": index.id,
        "days": days,
        "code": {
            "lowfloat": version("lowfloat"),
            "sources": source_digest(),
            "commit": _git_commit(),
            "python": platform.python_version(),
            **{name: version(name) for name in ("numba", "numpy", "sb3-contrib", "torch")},
        },
    }
    text = json.dumps(named, sort_keys=True)
    return {
        "id": hashlib.sha256(text.encode()).hexdigest(),
        **named,
        "index_path": index.where,
    }


def _git_commit() -> str:
    """Return the commit of the checkout the package runs from, empty if it is installed."""
    found = subprocess.run(
        ["git", "-C", str(PACKAGE), "rev-parse", "HEAD"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return found.stdout.strip()


def _check_same_run(
    run: "Run", own: Experiment, config: Config, overrides: tuple[str, ...]
) -> None:
    if own.fingerprint != run.fingerprint["config"]:
        raise ConfigError(
            f"{run.config_file} is not what the run was begun with; put it back, or begin a new "
            "run."
        )
    asked = _experiment(config, *overrides) if config is not None or overrides else own
    if asked.fingerprint != own.fingerprint:
        raise ConfigError(
            f"a resume goes on with {run.config_file}; leave out the configuration and "
            f"{list(overrides)}, or begin a new run."
        )


def _check_same_data(run: "Run", index: Index, days: dict[str, str]) -> None:
    before = run.fingerprint["days"]
    if before != days:
        odd = sorted(set(before.items()) ^ set(days.items()))
        raise IndexMismatch(
            f"{run.folder} was trained on other days than {index.where} now holds: "
            f"{', '.join(sorted({name for name, _ in odd})[:4])}. Resume with the same data."
        )
    if run.fingerprint["index"] != index.id:
        raise IndexMismatch(
            f"{run.folder} was trained on another scan of the same days than {index.where}; its "
            "reset points may differ. Resume with the same index."
        )
