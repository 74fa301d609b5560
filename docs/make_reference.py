"""Writes the reference pages that are generated from the package's own registries.

    python docs/make_reference.py

A test runs it and fails when a page in the repository differs.
"""

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from lowfloat.base.codes import Action, EndReason, MomentumPhase, RejectReason
from lowfloat.config import Experiment
from lowfloat.env.ending import ENDINGS
from lowfloat.env.observation import POSITION_COLUMNS
from lowfloat.env.records import EPISODE, INFO
from lowfloat.rewards.score import Rewards
from lowfloat.synth.preset import Habits, Preset
from lowfloat.tape import events, scores
from lowfloat.tape.columns import COLUMNS, FILES
from lowfloat.training.log import METRICS

ACTIONS = {
    Action.HOLD: "send no order; while flat it is waiting",
    Action.BUY_25: "buy a quarter of the maximum position, as room and cash allow",
    Action.BUY_50: "buy half of it",
    Action.BUY_75: "buy three quarters of it",
    Action.BUY_100: "buy all of it",
    Action.SELL_25: "sell a quarter of the shares held, at least one",
    Action.SELL_50: "sell half of them",
    Action.SELL_75: "sell three quarters of them",
    Action.SELL_100: "sell them all",
}


def table(head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    """Return a Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines) + "\n"


def columns_page() -> str:
    """Return the page of the market columns."""
    parts = [
        "# Tape columns\n\nWhat is known of the market at a decision, in the order of the "
        "observation: "
        f"{len(COLUMNS)} columns. A decision at second `s` uses what was received before 04:00:00 "
        "plus `s` seconds and no later: the columns as they stood at the end of second `s - 1`. "
        "While a value is not known, the one under *missing* stands in its place, and a mask "
        "says so. A value beyond the bounds is cut. In training the columns are normalised with "
        "means and scales fitted on the training days and cut at plus and minus 10; an "
        "environment without a normaliser shows them in these units.\n\n"
        "The *mid* is that of the last two-sided uncrossed book that a second ended with; before "
        "there is one it is the last print, before that it is not known. A *minute* is one of the "
        "clock and counts once it has closed. To *fade over* T seconds is to be weighted by "
        "`exp(-age / T)`. The "
        "*usual size of a side* is the mean of half the shares displayed on both sides at the "
        "end of each second with a sound book, moved by `1 - exp(-1 / 300)` of the difference "
        "a second, the first as it is. A *z-score over 900 s* is taken against mean `m` and "
        "variance `v` of the seconds before, the deviation being at least 0.25, and cut at 5; "
        "then, with `a = 1 - exp(-1 / 900)` and `d` the difference to the mean, `m` becomes "
        "`m + a d` and `v` becomes `(1 - a)(v + a d^2)`; the first value "
        "learned is the first mean and has no score; nothing is learned in a halt and for 60 s "
        "after. A *running percentile* `p` moves by `0.02 p` in the logarithm where a size "
        "reaches it and by `-0.02 (1 - p)` where it does not; the 95th begins at 1,000 shares, the "
        "99th at 10,000, the 80th of net shares at 1,000.\n"
    ]
    for file in (*FILES, *scores.FILES):
        if file is scores.FILES[0]:
            parts.append(
                "# Scores\n\nWhat a trader would say of what the columns show: "
                f"{len(scores.SCORES)} columns more, kept apart since they are made of the others. "
                "An observation does not hold them; `lowfloat.tape.scores.score_table` does.\n"
            )
        rows = [
            (
                f"`{column.name}`",
                column.unit,
                f"{column.low:g} to {column.high:g}",
                f"{column.look_back_seconds} s" if column.look_back_seconds else "the day so far",
                f"{column.missing:g}",
                column.meaning + (f" ({column.source})" if column.source else ""),
            )
            for column in file.COLUMNS
        ]
        head, _, about = inspect.getdoc(file).partition("\n\n")
        parts.append(f"## {head.rstrip('.')}\n\n" + (f"{_flowing(about)}\n\n" if about else ""))
        parts[-1] += table(("column", "unit", "bounds", "looks back", "missing", "meaning"), rows)
    head, _, about = inspect.getdoc(events).partition("\n\n")
    said = inspect.getdoc(events.Events).partition("Attributes:\n")[2]
    rows = []
    for line in said.splitlines():
        if line.startswith("    ") and not line.startswith("     "):
            name, _, meaning = line.strip().partition(": ")
            rows.append([", ".join(f"`{word}`" for word in name.split(", ")), meaning])
        else:
            rows[-1][1] += " " + line.strip()
    parts.append(
        f"## {head.rstrip('.')}\n\n{_flowing(about)}\n\nPer second, by side where it says so, "
        "this is kept for the columns above:\n\n" + table(("name", "meaning"), rows)
    )
    return "\n".join(parts)


def _flowing(text: str) -> str:
    """Return paragraphs as one line each."""
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def environment_page() -> str:
    """Return the page of actions, observation, info, and endings."""
    actions = [(action.value, action.name, ACTIONS[action]) for action in Action]
    position = [(f"`{column.name}`", column.meaning) for column in POSITION_COLUMNS]
    parts = [(f"`{name}`",) for name in Rewards._fields]
    endings = [
        (
            reason.name,
            ending.sentence,
            "yes" if ending.closes_position else "no",
            "terminated" if ending.terminated else "truncated" if ending.truncated else "-",
        )
        for reason, ending in ENDINGS.items()
        if reason != EndReason.RUNNING
    ]
    rejects = [(reason.value, reason.name, reason.sentence) for reason in RejectReason]
    phases = [(phase.value, phase.name, f"`{phase.label}`") for phase in MomentumPhase]
    fields = ", ".join(f"`{name}`" for name in INFO.names or ())
    final = ", ".join(f"`{name}`" for name in EPISODE.names or ())
    return (
        "# Environment\n\nIds: `lowfloat/Squeeze-v0` for `gymnasium.make` (one account) and "
        "`gymnasium.make_vec` (a batch, SAME_STEP autoreset).\n\n## Actions\n\n"
        + table(("number", "name", "meaning"), actions)
        + "\n`info['action_mask']` says which may be sent. Another is treated as HOLD.\n\n"
        "## Observation\n\nThe [tape columns](columns.md), then the position block:\n\n"
        + table(("column", "meaning"), position)
        + "\n## Info\n\n`action_mask`, `reward_parts` by name, "
        + fields
        + ". In a batch each is an array with one row per environment, and `final_obs` and "
        "`final_info` hold the last of each episode that ended in this step, in the rows where "
        "`_final_obs` is True; `final_info` adds "
        + final
        + ". The single environment adds `end_reason` at the end.\n\nReward parts:\n\n"
        + table(("part",), parts)
        + "\n## How an episode ends\n\n"
        + table(("reason", "meaning", "closes the position", "flag"), endings)
        + "\n## Why an order did not fill\n\n"
        + table(("number", "name", "meaning"), rejects)
        + "\n## Phases\n\n"
        + table(("number", "name", "spelling in files"), phases)
    )


def keys_of(node: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every configuration key with its default."""
    names = node._fields if hasattr(node, "_fields") else type(node).model_fields
    for name in names:
        value = getattr(node, name)
        if isinstance(value, BaseModel) or hasattr(value, "_fields"):
            yield from keys_of(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def configuration_page() -> str:
    """Return the page of the configuration's keys."""
    rows = [(f"`{key}`", f"`{value}`") for key, value in keys_of(Experiment())]
    return (
        "# Configuration\n\nDefaults live in code. A YAML file holds what differs, and "
        "`dotted.key=value` on the command line comes on top of it. Unknown keys, wrong types and "
        "values out of bounds are errors that name the key and the line. What a key means is said "
        "where it is defined; `lowfloat config show` prints the whole tree.\n\n"
        + table(("key", "default"), rows)
    )


def metrics_page() -> str:
    """Return the page of the logged metrics."""
    rows = [(f"`{name}`", meaning) for name, meaning in METRICS.items()]
    return (
        "# Logged metrics\n\nOne line of `metrics.jsonl` per rollout, and the same in "
        "TensorBoard. The reward that is logged is the environment's own.\n\n"
        + table(("metric", "meaning"), rows)
    )


FIELD = re.compile(r"^    (?P<name>\w+): (?P<type>[\w.]+)(?: = [^#]*)?(?:# (?P<meaning>.+))?$")
ATTRIBUTE = re.compile(r"^        (?P<name>\w+): (?P<meaning>.+)$")


def meanings_of(section: type) -> dict[str, str]:
    """Return what each field of a NamedTuple means.

    That is said in the comment behind the field, or under "Attributes:" in the docstring.

    Raises:
        ValueError: it is not said of a field.
    """
    said: dict[str, str] = {}
    last = ""
    for line in inspect.getsource(section).splitlines():
        field, attribute = FIELD.match(line), ATTRIBUTE.match(line)
        if field and field["meaning"]:
            said[field["name"]] = field["meaning"]
        elif attribute:
            last = attribute["name"]
            said[last] = attribute["meaning"].rstrip(".")
        elif last and line.startswith(" " * 12):
            said[last] += " " + line.strip().rstrip(".")
        else:
            last = ""
    missing = [name for name in section._fields if name not in said]  # type: ignore[attr-defined]
    if missing:
        raise ValueError(f"{section.__name__}: it is not said what {', '.join(missing)} means.")
    return said


def sections_of(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every section of a preset that holds numbers, with its dotted path."""
    if not hasattr(value[0], "_fields"):
        yield path, value
        return
    for name, part in zip(value._fields, value, strict=True):
        yield from sections_of(part, f"{path}.{name}".lstrip("."))


def synthetic_market_page() -> str:
    """Return the page of the synthetic market's parameters."""
    preset = Preset()
    text = (
        "# Parameters of the synthetic market\n\nEvery number of the shipped preset. What the "
        "parts of the market are is said in [what it is made of]"
        "(../explanation/synthetic-market.md). Sizes are in shares, times in seconds, and "
        '"half-spread" is the usual distance of a lasting quote from the value.\n'
    )
    for path, section in sections_of(preset):
        if isinstance(section, Habits):
            continue
        meanings = meanings_of(type(section))
        rows = [(f"`{name}`", f"`{value:g}`", meanings[name])
                for name, value in zip(section._fields, section, strict=True)]  # fmt: skip
        summary = inspect.getdoc(type(section)) or ""
        text += f"\n## `{path}`\n\n{summary.splitlines()[0]}\n\n"
        text += table(("parameter", "default", "meaning"), rows)
    habits = preset.phases
    summary = inspect.getdoc(type(habits)) or ""
    text += f"\n## `phases`\n\n{summary.splitlines()[0]}\n\n"
    text += table(
        ("phase", *(f"`{name}`" for name in Habits._fields)),
        [(f"`{name}`", *(f"{value:g}" for value in row))
         for name, row in zip(habits._fields, habits, strict=True)],
    )  # fmt: skip
    meanings = meanings_of(Habits)
    explained = [(f"`{name}`", meanings[name]) for name in Habits._fields]
    return text + "\n" + table(("habit", "meaning"), explained)


PAGES = {
    "columns.md": columns_page,
    "environment.md": environment_page,
    "configuration.md": configuration_page,
    "metrics.md": metrics_page,
    "synthetic-market.md": synthetic_market_page,
}


def main(folder: Path) -> None:
    """Write all pages below ``folder``."""
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "reference")
