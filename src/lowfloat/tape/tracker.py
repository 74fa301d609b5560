"""The tracker of the phases of a move, second by second or for whole days."""

from typing import NamedTuple

import numpy as np

from lowfloat.base.codes import MomentumPhase
from lowfloat.days.day import Day
from lowfloat.errors import PhaseModelError
from lowfloat.tape.column import Tape
from lowfloat.tape.phase_filter import AGES, LANES, PHASES, Track, follow, new_cells, new_track, run
from lowfloat.tape.phase_input import FEATURES, PhaseInput, phase_input
from lowfloat.tape.phase_model import HORIZONS, PhaseModel, default_model


class MarketState(NamedTuple):
    """What is known of the market at one second.

    Attributes:
        second: since 04:00, 0 to 57,600.
        features: float32 (features,), in the order of ``FEATURES``, NaN where not known.
        halted: whether trading is halted.
        moment: 0, or the moment the second is; see :class:`lowfloat.tape.phase_input.PhaseInput`.
    """

    second: int
    features: np.ndarray
    halted: bool = False
    moment: int = 0


class MomentumPhaseTracker:
    """Tells the phase of a move from what was received before each second, and nothing else.

    It is used either for whole days (:meth:`over`) or second by second (:meth:`update`); both give
    the same bits. A second costs the same however long the day has been. :meth:`reset` begins
    another day.

    Args:
        model: a fitted model; the one that comes with the package if None.
        horizons: seconds within which the chance to leave the phase is told.
        hysteresis: how many times as telling as the phase named another must be to be named
            instead; the model's own if None.
    """

    def __init__(
        self,
        model: PhaseModel | None = None,
        *,
        horizons: tuple[int, ...] = HORIZONS,
        hysteresis: float | None = None,
    ) -> None:
        self.model = default_model() if model is None else model
        self.horizons = horizons
        self._chain = self.model.chain(horizons, hysteresis)
        self.reset()

    def reset(self) -> None:
        """Begin a day: forget everything seen."""
        self._cells = new_cells(self._chain)
        self._row = new_track(1, len(self.horizons))
        self._second = -1

    def over(self, day: Day) -> Track:
        """Return what is known at each second of a day, 57,601 rows."""
        return self.along(phase_input(Tape(day)))

    def along(self, seen: PhaseInput) -> Track:
        """Return the same from what the filter reads of a day."""
        return run(self._chain, *seen)

    def update(self, state: MarketState) -> MomentumPhase:
        """Take in the next second, and return the phase told.

        Raises:
            PhaseModelError: the second is not the one after the last, or the features are not as
                many as those of the model.
        """
        if state.second != self._second + 1:
            raise PhaseModelError(
                f"`second` was {state.second} after {self._second}; give every second once, from "
                "0 on, and call `reset` to begin another day."
            )
        if np.shape(state.features) != (len(FEATURES),):
            raise PhaseModelError(
                f"`features` has shape {np.shape(state.features)}; use ({len(FEATURES)},)."
            )
        follow(
            self._chain,
            self._cells,
            np.asarray(state.features, np.float32)[None],
            np.array([state.halted], np.int8),
            np.array([state.moment], np.int8),
            self._row,
        )
        self._second = state.second
        return self.phase

    def identify_current_phase(self, market_state: MarketState) -> str:
        """Return the public spelling of the phase at a second, taking it in if it is new."""
        if market_state.second != self._second:
            self.update(market_state)
        return self.phase.label

    def extract_phase_features(self, market_state: MarketState) -> dict[str, float]:
        """Return the features of a second by name; NaN where one is not known."""
        return dict(zip(FEATURES, map(float, market_state.features), strict=True))

    def calculate_phase_transition_probability(
        self, current_phase: MomentumPhase | str
    ) -> dict[str, float]:
        """Return the chance of each next phase, by its public spelling; they sum to 1.

        It is what follows ``current_phase`` when that ends in the coming second, at the age it
        has by what is known now.

        Raises:
            PhaseModelError: the phase is HALTED, whose end is not the filter's to foresee.
        """
        phase = (
            MomentumPhase.from_label(current_phase)
            if isinstance(current_phase, str)
            else MomentumPhase(current_phase)
        )
        if phase == MomentumPhase.HALTED:
            raise PhaseModelError(
                "`current_phase` was halted; what follows a halt depends on how it reopens. Use "
                "another phase."
            )
        by_age = self._cells.leaving.reshape(AGES, LANES)[:, phase]
        weights = by_age / by_age.sum() if by_age.sum() > 0 else np.full(AGES, 1.0 / AGES)
        chances = weights @ self._chain.following.reshape(AGES, LANES, LANES)[:, phase]
        chances /= chances.sum()
        return {MomentumPhase(code).label: float(chances[code]) for code in range(PHASES)}

    transition_probability = calculate_phase_transition_probability
    phase_features = extract_phase_features

    @property
    def phase(self) -> MomentumPhase:
        """The phase told; see :class:`lowfloat.tape.phase_filter.Track`."""
        if self._second < 0:
            return MomentumPhase(int(self._cells.told[0]))
        return MomentumPhase(int(self._row.phase[0]))

    @property
    def probability(self) -> dict[str, float]:
        """Probability of each phase, by its public spelling; before the first second the prior."""
        shares = self._row.probability[0] if self._second >= 0 else self._chain.start
        return {MomentumPhase(code).label: float(shares[code]) for code in range(LANES)}

    @property
    def expected_seconds_in_phase(self) -> float:
        """Seconds that the phase told has lasted, as far as can be told."""
        return float(self._row.in_phase[0])

    def chance_of_leaving(self, horizon: int) -> float:
        """Return the chance that the phase told ends within one of the tracker's horizons.

        Raises:
            PhaseModelError: it is none of them.
        """
        if horizon not in self.horizons:
            raise PhaseModelError(
                f"`horizon` was {horizon}; use one of {list(self.horizons)}, or give the tracker "
                "others."
            )
        return float(self._row.leaving[0, self.horizons.index(horizon)])


def state_at(seen: PhaseInput, second: int) -> MarketState:
    """Return what is known at one second of a day."""
    return MarketState(
        second,
        seen.features[second],
        bool(seen.halted[second]),
        int(seen.moment[second]),
    )
