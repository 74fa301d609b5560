"""What the baselines gain on synthetic days, beside what the fills cost them.

On a null market, one whose value is a martingale, nobody gains on the value: the interval of every
rule's gross must hold 0, and what a rule loses is its fees and the distance of its fills from the
value. With an edge the same table shows whether the moves pay those who trade them well.

    python benchmarks/measure_null_market.py --days 500 --edge 0 --seed 1 --json

With `--edge 1` the days are those of the default market. `per_trade_ahead` compares each rule,
trade by trade, with chasing breakouts, in dollars and on the same days.
"""

import json
from collections.abc import Iterable
from typing import Any

from known_value import (
    Gains,
    KnownDay,
    Terms,
    batches,
    figures,
    joined,
    made_days,
    parser_of,
    play,
    table,
)

from lowfloat.env.config import EnvConfig
from lowfloat.exam.baselines import baselines
from lowfloat.exam.config import ExamConfig
from lowfloat.exam.interval import ratio_ahead_interval
from lowfloat.index.asof import first_alert
from lowfloat.index.config import AlertConfig
from lowfloat.synth import Options
from lowfloat.tape.column import Tape

COMPARED = "breakout_rule"


def measure(
    days: Iterable[KnownDay], total: int, batch_size: int, terms: Terms, config: EnvConfig
) -> dict[str, Any]:
    """Return the figures of every baseline over the first ``total`` days."""
    played = []
    for number, batch in enumerate(batches(days, batch_size, total)):
        alerts = [first_alert(Tape(known.day, known.baseline), AlertConfig()) for known in batch]
        # Each batch draws its own random actions.
        sitters = baselines(ExamConfig(seed=terms.seed + number), alerts)
        played.append(play(batch, sitters, config))
    gains = joined(played)
    return {
        "policies": {name: figures(of, terms) for name, of in gains.items()},
        "per_trade_ahead": {
            name: ahead(of, gains[COMPARED], terms)
            for name, of in gains.items()
            if name != COMPARED and of.trades.any() and gains[COMPARED].trades.any()
        },
    }


def ahead(own: Gains, other: Gains, terms: Terms) -> dict[str, Any]:
    """Return how much more one policy makes net per trade than another on the same days."""
    pairs = (own.net, own.trades), (other.net, other.trades)
    mine, others = (float(net.sum() / trades.sum()) for net, trades in pairs)
    return {
        "than": COMPARED,
        "mean": mine - others,
        "interval": ratio_ahead_interval(*pairs, *terms),
    }


def main() -> None:
    """Run the measurement."""
    parser = parser_of(__doc__, days=500, symbols=20)
    parser.add_argument("--edge", type=float, default=0.0, help="strength of the market's edge")
    arguments = parser.parse_args()
    days = made_days(arguments, Options(edge=arguments.edge))
    terms = Terms(arguments.confidence, seed=arguments.seed)
    result = {
        **{name: getattr(arguments, name) for name in ("days", "symbols", "edge", "seed")},
        "confidence": arguments.confidence,
        **measure(days, arguments.days, arguments.batch, terms, EnvConfig()),
    }
    if arguments.json:
        print(json.dumps(result, indent=1))
        return
    print(table(result["policies"]))
    for name, found in result["per_trade_ahead"].items():
        print(f"{name} per trade, ahead of {found['than']}: {found['mean']} {found['interval']}")


if __name__ == "__main__":
    main()
