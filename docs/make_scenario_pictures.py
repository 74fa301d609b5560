"""Draws the scripted price of one day of every scenario, for the page that explains them.

    python docs/make_scenario_pictures.py

A test runs it and fails when a picture in the repository differs.
"""

import datetime as dt
import math
import sys
from pathlib import Path

import numpy as np

from lowfloat.base.clock import REGULAR_OPEN, format_second, session_of
from lowfloat.base.codes import MomentumPhase as Phase
from lowfloat.base.codes import Scenario
from lowfloat.synth.character import Character
from lowfloat.synth.script import Script, write_script

SESSION = session_of(dt.date(2025, 1, 2))
AVERAGE = Character(4.0, 5e6, 1.0, 1.0, 1.0, 1.0, 0.7, 1.6, 0.1, 0.65, 1.0, 1.0)
COMPOUNDS = (
    (Scenario.FAILED_BREAKOUT, Scenario.FAILED_BREAKOUT, Scenario.CLEAN_MOMENTUM),
    (Scenario.SQUEEZE_CONTINUATION, Scenario.FADE_FROM_OPEN),
)
SEED = 35  # of sixty, the one whose days come closest to the median range of their scenarios

WIDTH, HEIGHT = 640, 200
LEFT, RIGHT, TOP, BOTTOM = 52, 8, 12, 22
POINTS = 5  # of the line of a phase, so that one which speeds up bends
FIRST, LAST = 3 * 3600, 13 * 3600  # 07:00 to 17:00
LEAST_RANGE = 0.1  # of the price axis, so that a quiet day looks quiet

UP, DOWN, QUIET = "#1b8a5a", "#c0392b", "#8a8f98"
COLOURS = {
    Phase.BREAKOUT: UP,
    Phase.MOMENTUM: UP,
    Phase.PARABOLIC: UP,
    Phase.DISTRIBUTION: DOWN,
    Phase.FLUSH: DOWN,
    Phase.FADE: DOWN,
}
INK, LINE = "#50555e", "#d5d8dd"
NEWS = f'stroke="{INK}" stroke-dasharray="2 2"'


def path_of(script: Script) -> np.ndarray:
    """Return the scripted log price before each second, relative to the previous close."""
    path = script.gap + np.concatenate(([0.0], np.cumsum(script.drift)[:-1]))
    for second, jump in script.headlines:
        path[second:] += jump
    return path


def picture(stories: tuple[Scenario, ...]) -> str:
    """Return the SVG of one day that tells these stories."""
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence((SEED, *stories))))
    script = write_script(rng, SESSION, stories, AVERAGE, 0.0)
    path = path_of(script)
    shown = path[FIRST:LAST]
    middle = (shown.min() + shown.max()) / 2
    half = max(1.08 * (shown.max() - shown.min()), LEAST_RANGE) / 2

    def x(second: float) -> float:
        return LEFT + (second - FIRST) / (LAST - FIRST) * (WIDTH - LEFT - RIGHT)

    def y(level: float) -> float:
        return TOP + (middle + half - level) / (2 * half) * (HEIGHT - TOP - BOTTOM)

    marks = []
    for second in (FIRST, REGULAR_OPEN, 8 * 3600, 10 * 3600, 12 * 3600):
        marks.append(f'<path d="M{x(second):.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="{LINE}"/>')
        marks.append(_text(x(second), HEIGHT - 6, format_second(second)[:5], "middle"))
    marks += [
        _text(LEFT - 6, y(level) + 4, f"{math.expm1(level):+z.0%}", "end")
        for level in (middle - 0.8 * half, middle, middle + 0.8 * half)
    ]
    lines = []
    begin = FIRST
    while begin < LAST:
        phase, end = Phase(int(script.phase[begin])), min(int(script.until[begin]), LAST)
        seconds = np.linspace(begin, end, POINTS).astype(int)
        levels = [path[s] if s < end else path[s - 1] + script.drift[s - 1] for s in seconds]
        points = " ".join(
            f"{x(s):.1f},{y(level):.1f}" for s, level in zip(seconds, levels, strict=True)
        )
        colour = COLOURS.get(phase, QUIET)
        lines.append(f'<polyline points="{points}" stroke="{colour}"/>')
        begin = end
    for second, jump in script.headlines:
        if FIRST <= second < LAST:
            at, top = x(second), y(path[second])
            lines.append(f'<path d="M{at:.1f} {y(path[second] - jump):.1f}V{top:.1f}" {NEWS}/>')
            lines.append(f'<circle cx="{at:.1f}" cy="{top:.1f}" r="4" stroke="{INK}"/>')
    title = ", then ".join(story.label.replace("_", " ") for story in stories)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'font-family="sans-serif" font-size="11">',
            f"<title>Scripted price of one day: {title}</title>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
            *marks,
            '<g fill="none" stroke-width="1.6" stroke-linejoin="round">',
            *lines,
            "</g>",
            "</svg>",
            "",
        ]
    )


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{INK}" text-anchor="{anchor}">{text}</text>'


def main(folder: Path) -> None:
    """Draw every picture below ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for stories in (*((story,) for story in Scenario), *COMPOUNDS):
        name = "-".join(story.label for story in stories)
        (folder / f"{name}.svg").write_text(picture(stories), encoding="utf-8")


if __name__ == "__main__":
    here = Path(__file__).parent / "pictures" / "scenarios"
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else here)
