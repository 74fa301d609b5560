"""A fitted phase model: what is known of the phases, in numbers that can be read and saved.

Everything the filter multiplies with is saved as it was fitted, so that every machine tells the
same phases to the bit.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lowfloat.base.codes import MomentumPhase
from lowfloat.errors import PhaseModelError
from lowfloat.tape.phase_filter import AGES, BINS, EIGHTHS, LANES, PHASES, RANGES, Chain
from lowfloat.tape.phase_input import FEATURES
from lowfloat.tape.phase_law import AgeChain, PhaseLaw

SCHEMA = 1
DEFAULTS = Path(__file__).with_name("phase_defaults.json")
HORIZONS = (10, 60)
LABELS = tuple(MomentumPhase(code).label for code in range(PHASES))
NAMES_OF_MOMENTS = (
    "none", "reopened_up", "reopened_flat", "reopened_down", "opening", "closing"
)  # fmt: skip
_LONGEST_HORIZON = 3600


class Evidence(NamedTuple):
    """What the features say: ``offset + sum over features of weight[the range it lies in]``.

    Attributes:
        edges: float64 (features, 15), rising; where one range of a feature ends and the next
            begins, which holds the edge. Infinity where a feature has fewer ranges.
        weight: float64 (features, 17, 11) per range and phase; the last row is for a feature that
            is not known.
        offset: float64 (11,).
    """

    edges: np.ndarray
    weight: np.ndarray
    offset: np.ndarray


class PhaseModel(NamedTuple):
    """The numbers of the phase filter.

    Attributes:
        laws: how long each phase lasts.
        chains: these laws as BINS age bins each.
        start: float64 (11,), probability of each phase at 04:00.
        following: float64 (3, 11, 11), chance of each next phase, by age class and phase left.
        evidence: what the features say.
        kappa: power to which the evidence of a second is raised as it is remembered, 0 to 1.
        present: power to which it is raised as it is told, 0 to 2.
        memory: power of what is remembered as it is told, in eighths, 0 to 16.
        lift: float64 (11,), factor on what is told of each phase.
        preference: float64 (11,), factor on the probability of each phase where one is named.
        hysteresis: how many times as telling a phase must be to be named instead, 1 or more.
        keep: float64 (6, 11), chance that a phase outlives each moment.
        begins: float64 (6, 11), the phase that begins otherwise.
        days: ``(name, manifest id)`` of the days it was fitted on.
        about: how it was fitted, for people.
    """

    laws: tuple[PhaseLaw, ...]
    chains: tuple[AgeChain, ...]
    start: np.ndarray
    following: np.ndarray
    evidence: Evidence
    kappa: float
    present: float
    memory: int
    lift: np.ndarray
    preference: np.ndarray
    hysteresis: float
    keep: np.ndarray
    begins: np.ndarray
    days: tuple[tuple[str, str], ...] = ()
    about: dict[str, Any] | None = None

    def chain(self, horizons: tuple[int, ...] = HORIZONS, hysteresis: float | None = None) -> Chain:
        """Return the model as the filter reads it.

        Args:
            horizons: seconds, 1 to 3,600 each, within which the chance to leave is told.
            hysteresis: how many times as telling a phase must be to be named instead; the
                model's own if None.

        Raises:
            PhaseModelError: a horizon or the hysteresis is out of bounds.
        """
        for seconds in horizons:
            if not 1 <= seconds <= _LONGEST_HORIZON:
                raise PhaseModelError(
                    f"a horizon was {seconds} seconds; use 1 to {_LONGEST_HORIZON}."
                )
        hysteresis = self.hysteresis if hysteresis is None else hysteresis
        if not 1.0 <= hysteresis < np.inf:
            raise PhaseModelError(f"`hysteresis` was {hysteresis}; use 1 or more.")
        leave, advance, age = (
            _lanes(np.stack(parts, axis=1))
            for parts in zip(*((c.leave, c.advance, _usual_age(c)) for c in self.chains),
                             strict=True)
        )  # fmt: skip
        stay = 1.0 - leave - advance
        following = np.zeros((AGES, LANES, LANES))
        following[:, :PHASES, :PHASES] = self.following
        infinite = np.full((len(FEATURES), 1), np.inf)
        gone = _gone(stay, advance, horizons)
        return Chain(
            _lanes(self.start), stay.ravel(), advance.ravel(), leave.ravel(), age.T.copy(),
            gone.transpose(2, 1, 0).copy(), following.ravel(),
            np.concatenate([-infinite, self.evidence.edges, infinite], axis=1),
            _lanes(self.evidence.weight), _lanes(self.evidence.offset),
            np.array([self.kappa, self.present]), np.array([self.memory]), _lanes(self.lift),
            _lanes(self.preference), np.array([hysteresis]), _lanes(self.keep),
            _lanes(self.begins),
        )  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        """Return the model as plain data."""
        phases = {
            label: {
                "median_seconds": law.median,
                "log_sd": law.log_sd,
                "edges": chain.edges.tolist(),
                "leave": chain.leave.tolist(),
                "advance": chain.advance.tolist(),
                "start": float(self.start[code]),
                "following": self.following[:, code].tolist(),
                "offset": float(self.evidence.offset[code]),
                "lift": float(self.lift[code]),
                "preference": float(self.preference[code]),
            }
            for code, (label, law, chain) in enumerate(
                zip(LABELS, self.laws, self.chains, strict=True)
            )
        }
        evidence = {
            name: {"edges": edges[np.isfinite(edges)].tolist(), "weight": weight.tolist()}
            for name, edges, weight in zip(
                FEATURES, self.evidence.edges, self.evidence.weight, strict=True
            )
        }
        return {
            "schema": SCHEMA,
            "kappa": self.kappa,
            "present": self.present,
            "memory": self.memory,
            "hysteresis": self.hysteresis,
            "keep": dict(zip(NAMES_OF_MOMENTS, self.keep.tolist(), strict=True)),
            "begins": dict(zip(NAMES_OF_MOMENTS, self.begins.tolist(), strict=True)),
            "phases": phases,
            "evidence": evidence,
            "about": self.about or {},
            "days": [list(day) for day in self.days],
        }

    def save(self, path: Path) -> None:
        """Write the model as JSON, a line for each phase and feature."""
        path.write_text(_pretty(self.as_dict()) + "\n", encoding="utf-8")

    @classmethod
    def from_dict(cls, data: Any, where: str = "the phase model") -> "PhaseModel":
        """Rebuild a model.

        Raises:
            PhaseModelError: something is missing, or not what the filter can work with.
        """
        reader = _Reader(data, where)
        if reader.of("schema") != SCHEMA:
            reader.refuse("schema", f"was {reader.of('schema')!r}", f"this version reads {SCHEMA}")
        evidence = reader.of("evidence")
        if not isinstance(evidence, dict) or tuple(evidence) != FEATURES:
            odd = sorted(set(evidence) ^ set(FEATURES)) or "their order"
            reader.refuse("evidence", f"differs in {odd}", "fit again with this version")
        phases = reader.of("phases")
        if not isinstance(phases, dict) or tuple(phases) != LABELS:
            reader.refuse("phases", f"were {list(phases)}", f"use {list(LABELS)}")
        read = [_Reader(phases[label], f"{where}, phase `{label}`") for label in LABELS]
        seen = [_Reader(evidence[name], f"{where}, feature `{name}`") for name in FEATURES]
        laws = tuple(
            PhaseLaw(*(each.number(name, low=1e-6) for name in ("median_seconds", "log_sd")))
            for each in read
        )
        keep, begins = (_Reader(reader.of(n), f"{where}, `{n}`") for n in ("keep", "begins"))
        return cls(
            laws=laws,
            chains=tuple(_read_chain(each) for each in read),
            start=reader.law(np.array([each.number("start") for each in read]), "start"),
            following=np.stack(
                [each.law(each.array("following", (AGES, PHASES)), "following") for each in read],
                axis=1,
            ),
            evidence=Evidence(
                np.stack([_read_edges(each) for each in seen]),
                np.stack([each.array("weight", (RANGES + 1, PHASES), low=-1e6) for each in seen]),
                np.array([each.number("offset", low=-1e6) for each in read]),
            ),
            kappa=reader.number("kappa", high=1.0),
            present=reader.number("present", high=2.0),
            memory=reader.whole("memory", reader.of("memory"), 2 * EIGHTHS),
            lift=np.array([each.number("lift", low=1e-9) for each in read]),
            preference=np.array([each.number("preference", low=1e-9) for each in read]),
            hysteresis=reader.number("hysteresis", low=1.0),
            keep=np.stack([keep.array(m, (PHASES,), high=1.0) for m in NAMES_OF_MOMENTS]),
            begins=np.stack([begins.law(begins.array(m, (PHASES,)), m) for m in NAMES_OF_MOMENTS]),
            days=tuple((str(name), str(manifest)) for name, manifest in reader.of("days")),
            about=dict(reader.of("about")),
        )


def load_model(path: Path = DEFAULTS) -> PhaseModel:
    """Read a model that was saved.

    Raises:
        PhaseModelError: the file is not there, is no JSON, or holds no model.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise PhaseModelError(
            f"{path} does not exist; use a file of `lowfloat phase fit`."
        ) from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise PhaseModelError(f"{path} is no JSON: {error}.") from error
    return PhaseModel.from_dict(data, str(path))


@cache
def default_model() -> PhaseModel:
    """Return the model that comes with the package."""
    return load_model()


def age_class(edges: np.ndarray, seconds: int) -> int:
    """Return the class of age, 0 to 2, of a phase that ended after so many seconds.

    Args:
        edges: seconds at which the phase's age bins begin.
        seconds: 1 or more.
    """
    return int(np.searchsorted(edges, seconds, side="left") - 1) * AGES // BINS


def _lanes(phases: np.ndarray) -> np.ndarray:
    """Add HALTED, with zeros, to the last axis."""
    return np.concatenate([phases, np.zeros((*phases.shape[:-1], 1))], axis=-1)


def _pretty(data: dict[str, Any]) -> str:
    """Return JSON with a line for each entry of the second level."""
    parts = []
    for name, value in data.items():
        if isinstance(value, dict):
            lines = (f"  {json.dumps(key)}: {json.dumps(each)}" for key, each in value.items())
            parts.append(f" {json.dumps(name)}: {{\n" + ",\n".join(lines) + "\n }")
        else:
            parts.append(f" {json.dumps(name)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(parts) + "\n}"


def _usual_age(chain: AgeChain) -> np.ndarray:
    """Return the seconds in phase in the middle of each bin, the running one counted."""
    width = np.append(np.diff(chain.edges), 1.0 / chain.leave[-1])  # the last bin has no end
    return chain.edges + (width + 1.0) / 2.0


def _gone(stay: np.ndarray, advance: np.ndarray, horizons: tuple[int, ...]) -> np.ndarray:
    """Return the chance to have left within each horizon, from each bin."""
    gone = np.zeros((len(horizons), *stay.shape))
    still = np.ones_like(stay)  # chance still to be there, by bin of today
    for second in range(1, max(horizons, default=0) + 1):
        older = np.concatenate([still[1:], np.zeros((1, stay.shape[1]))])
        still = stay * still + advance * older
        for number, horizon in enumerate(horizons):
            if horizon == second:
                gone[number] = 1.0 - still
    return gone


def _read_chain(reader: "_Reader") -> AgeChain:
    edges = reader.array("edges", (BINS,), high=1e7)
    leave, advance = (reader.array(name, (BINS,), high=1.0) for name in ("leave", "advance"))
    if edges[0] != 0 or (np.diff(edges) < 1).any() or (edges != np.round(edges)).any():
        reader.refuse("edges", f"were {edges.tolist()}", "use whole seconds that rise from 0")
    if (leave + advance > 1.0).any() or advance[-1] != 0.0:
        reader.refuse(
            "leave` and `advance", "sum to more than 1, or the last bin advances",
            "use chances per second",
        )  # fmt: skip
    return AgeChain(edges.astype(np.int64), leave, advance)


def _read_edges(reader: "_Reader") -> np.ndarray:
    found = reader.of("edges")
    if not isinstance(found, list) or len(found) >= RANGES:
        reader.refuse("edges", f"were {found!r}", f"use a list of at most {RANGES - 1} numbers")
    edges = reader.array("edges", (len(found),), low=-1e9)
    if (np.diff(edges) <= 0).any():
        reader.refuse("edges", f"were {edges.tolist()}", "use numbers that rise")
    return np.append(edges, np.full(RANGES - 1 - len(edges), np.inf))


class _Reader(NamedTuple):
    """Reads fields of plain data, and says what is wrong with them."""

    data: Any
    where: str

    def refuse(self, name: str, found: str, allowed: str) -> None:
        raise PhaseModelError(f"{self.where}: `{name}` {found}; {allowed}.")

    def of(self, name: str) -> Any:
        if not isinstance(self.data, dict) or name not in self.data:
            self.refuse(name, "is missing", "use a file of `lowfloat phase fit`")
        return self.data[name]

    def array(
        self, name: str, shape: tuple[int, ...], low: float = 0.0, high: float = np.inf
    ) -> np.ndarray:
        """Return finite numbers of a shape and within bounds."""
        try:
            found = np.array(self.of(name), np.float64)
        except (TypeError, ValueError):
            self.refuse(name, "holds something that is no number", "use numbers only")
        if found.shape != shape:
            self.refuse(name, f"has shape {found.shape}", f"use {shape}")
        if not np.isfinite(found).all() or (found < low).any() or (found > high).any():
            self.refuse(name, "holds a number out of bounds", f"use {low:g} to {high:g}")
        return found

    def number(self, name: str, low: float = 0.0, high: float = np.inf) -> float:
        """Return one such number."""
        return float(self.array(name, (), low, high))

    def whole(self, name: str, value: Any, most: int) -> int:
        """Return a whole number from 0 to ``most``."""
        if value != value or not isinstance(value, int | float) or not 0 <= value <= most:
            self.refuse(name, f"holds {value!r}", f"use whole numbers from 0 to {most}")
        if int(value) != value:
            self.refuse(name, f"holds {value!r}", f"use whole numbers from 0 to {most}")
        return int(value)

    def law(self, chances: np.ndarray, name: str) -> np.ndarray:
        """Return chances that sum to 1 along the last axis."""
        total = chances.sum(axis=-1)
        if (np.abs(total - 1.0) > 1e-9).any():
            self.refuse(name, f"sums to {np.ravel(total).tolist()}", "use chances that sum to 1")
        return chances
