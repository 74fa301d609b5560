"""The colours of the report, fixed so that a policy or a phase looks the same everywhere."""

from collections.abc import Sequence

from lowfloat.base.codes import MomentumPhase

INK = "#16202e"
MUTED = "#5b6676"
GRID = "#e8ebf0"
ZERO = "#aab2bf"
PAPER = "#ffffff"

AGENT = "#1747c4"
GAIN = "#0f8a5f"
LOSS = "#c8372d"

CANDLE_UP = "#46a685"
CANDLE_DOWN = "#d9776c"
VOLUME = "#b9c2cf"
BUY = "#1747c4"
SELL = "#8a1c7c"

HOLDING = "rgba(23, 71, 196, 0.10)"
HALT = "rgba(22, 32, 46, 0.18)"
EXTENDED_HOURS = "rgba(91, 102, 118, 0.07)"
ALERT = "#b45309"

_NAMED = {
    "agent": AGENT,
    "do_nothing": "#8d97a5",
    "random": "#d08a1e",
    "buy_and_hold": "#0d8f96",
    "breakout_rule": "#9250c8",
    "first_pullback": "#c2477f",
    "vwap_reclaim": "#5c7f2a",
}
_OTHERS = ("#8c5a3c", "#3f6f9f", "#b0463c", "#6b6b2e")

PHASES = {
    MomentumPhase.DEAD: "#e6e9ee",
    MomentumPhase.ACCUMULATION: "#b9c6ee",
    MomentumPhase.BREAKOUT: "#8fd16f",
    MomentumPhase.MOMENTUM: "#2f9e5b",
    MomentumPhase.PARABOLIC: "#0b5f4b",
    MomentumPhase.EXHAUSTION: "#f2b62f",
    MomentumPhase.CONSOLIDATION: "#7cc0e8",
    MomentumPhase.DISTRIBUTION: "#ee8436",
    MomentumPhase.FLUSH: "#d1322f",
    MomentumPhase.BOUNCE: "#e389bd",
    MomentumPhase.FADE: "#8e3b62",
    MomentumPhase.HALTED: "#2b3442",
}


def policy_colours(names: Sequence[str]) -> dict[str, str]:
    """Return a colour per policy: its own if it is a known one, else the next of the others."""
    unknown = [name for name in names if name not in _NAMED]
    colours = {name: _OTHERS[i % len(_OTHERS)] for i, name in enumerate(unknown)}
    return {name: _NAMED.get(name) or colours[name] for name in names}
