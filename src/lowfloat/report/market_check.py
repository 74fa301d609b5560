"""How much a market is like a low-float stock: its facts, its curves, and one HTML page."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import jinja2
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from lowfloat.base.whole_file import write_whole
from lowfloat.days.day import Day
from lowfloat.report import palette, words
from lowfloat.report.market_charts import COLOURS, market_figures
from lowfloat.report.page_file import figure_html, template_environment
from lowfloat.synth.bands import IN_PLAY, Fact, judge
from lowfloat.synth.classifier import MOST_AREA, Apart, tell_windows_apart
from lowfloat.synth.curves import Curves, Shape, curves_of, shape_of
from lowfloat.synth.facts import Measured, measure
from lowfloat.synth.observed import is_quoted
from lowfloat.synth.windows import windows_of


class Market(NamedTuple):
    """What was seen of one market.

    Attributes:
        name: what the page calls it.
        days: number of days.
        symbols: number of stocks.
        in_play: days with a range of at least 10 %.
        unquoted: days without quotes of their own.
        curves: curves of the days in play.
    """

    name: str
    days: int
    symbols: int
    in_play: int
    unquoted: int
    curves: Curves


class MarketCheck(NamedTuple):
    """The result of a check, ready to be shown.

    Attributes:
        facts: the banded facts, in the order of the bands.
        market: the market that was judged.
        against: the market beside it; None without one.
        apart: how well windows of the two are told apart; None if it was not asked for.
    """

    facts: list[Fact]
    market: Market
    against: Market | None
    apart: Apart | None

    @property
    def inside(self) -> int:
        """Number of facts within their band."""
        return sum(fact.ok is True for fact in self.facts)

    @property
    def outside(self) -> int:
        """Number of facts outside their band."""
        return sum(fact.ok is False for fact in self.facts)

    @property
    def unsaid(self) -> int:
        """Number of facts that the days hold too little to say."""
        return sum(fact.ok is None for fact in self.facts)


def check_market(
    days: Iterable[Day],
    against: Iterable[Day] | None = None,
    *,
    names: tuple[str, str] = ("synthetic", "real"),
    classify: bool = False,
    seed: int = 0,
) -> MarketCheck:
    """Measure a market, judge its facts, and lay another market beside it.

    Each day is read once and let go, so that a store may be handed in as it is.

    Args:
        days: days to judge.
        against: days to lay beside them; None for none.
        names: what the page calls the two.
        classify: whether to train a classifier to tell the two apart; needs scikit-learn.
        seed: of the classifier.
    """
    seen, windows = _look(days, classify and against is not None)
    others, other_windows = _look(against or (), classify)
    return MarketCheck(
        facts=judge([day for day, _ in seen], [day for day, _ in others] or None),
        market=_market(names[0], seen),
        against=None if against is None else _market(names[1], others),
        apart=(
            tell_windows_apart(windows, other_windows, seed)
            if classify and against is not None
            else None
        ),
    )


def write_page(out: str | os.PathLike[str], check: MarketCheck) -> Path:
    """Write a check as one HTML file that needs no network, and return its path.

    The same check gives the same bytes. An existing file is replaced in one step.
    """
    markets = [market for market in (check.market, check.against) if market is not None]
    figures = market_figures([(market.name, market.curves) for market in markets])
    page = _template().render(
        check=check,
        markets=list(zip(markets, COLOURS, strict=False)),
        figures={name: figure_html(figure, name) for name, figure in figures.items()},
        colours=COLOURS,
        palette=palette,
        in_play=IN_PLAY,
        most_area=MOST_AREA,
        place=_place,
        plotlyjs=Markup(get_plotlyjs()),
    )
    return write_whole(Path(out), page)


_Seen = tuple[Measured, tuple[Shape, bool]]


def _look(days: Iterable[Day], classify: bool) -> tuple[list[_Seen], list]:
    seen, windows = [], []
    for day in days:
        seen.append((measure(day), (shape_of(day), is_quoted(day))))
        if classify:
            windows.append(windows_of(day))
    return seen, windows


def _market(name: str, seen: list[_Seen]) -> Market:
    in_play = [(day, shape) for day, (shape, _) in seen if day.outcome.range >= IN_PLAY]
    return Market(
        name=name,
        days=len(seen),
        symbols=len({day.outcome.symbol for day, _ in seen}),
        in_play=len(in_play),
        unquoted=sum(not quoted for _, (_, quoted) in seen),
        curves=curves_of([shape for _, shape in in_play], [day for day, _ in in_play]),
    )


def _place(fact: Fact, value: float) -> float:
    """Return where a value stands on a strip from 0 to 1 whose middle half is the band."""
    share = (value - fact.low) / (fact.high - fact.low)
    return min(max(0.25 + 0.5 * share, 0.02), 0.98)


def _template() -> jinja2.Template:
    environment = template_environment()
    environment.filters["number"] = words.number
    environment.filters["count"] = words.count
    environment.filters["percent"] = words.percent
    environment.filters["plain"] = words.plain
    return environment.get_template("market_check.html.j2")
