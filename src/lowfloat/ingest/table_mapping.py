"""What the columns of users' own tables are, as mappings in YAML say."""

import math
from pathlib import Path
from string import ascii_uppercase
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError, field_validator, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent

from lowfloat.base.records import MAX_SIZE
from lowfloat.base.settings import Settings
from lowfloat.days.day import check_symbol
from lowfloat.errors import BadSymbol, ConfigError
from lowfloat.ingest.sip_venues import (
    BY_LETTER,
    BY_MASSIVE_NUMBER,
    MOST_MASSIVE_NUMBER,
    OFF_EXCHANGE_LETTER,
    OFF_EXCHANGE_NUMBERS,
)

STATED = "stated"
"""Zone of times that each say their own distance from UTC."""

TIMES = ("ts_event", "ts_recv")
"""The columns that are times."""

_PAGE = "see `docs/how-to/your-own-tables.md`"
_MAX_MAPPING = 1 << 16
_NEEDED = {
    "trades": ("symbol", "price", "size"),
    "quotes": ("symbol", "bid_price", "bid_size", "ask_price", "ask_size"),
    "status": ("symbol", "is_trading"),
}
_POSSIBLE = {
    "trades": ("side", "conditions", "publisher", "sequence"),
    "quotes": ("publisher", "sequence"),
    "status": ("is_short_sell_restricted", "action", "reason"),
}
_CONSTANT = ("symbol", "publisher", "action", "reason")


class Constant(Settings):
    """A value that holds for every row, in place of a column."""

    constant: str | int


class TimeFormat(Settings):
    """How times are written.

    Attributes:
        unit: of numbers, since 1970: ns, us, ms or s; or iso for dates with a time of day, as
            ISO 8601 text or as timestamps of Parquet.
        zone: UTC, an IANA name such as America/New_York (or New York), or stated if each time
            says its own distance from UTC.
    """

    unit: Literal["ns", "us", "ms", "s", "iso"]
    zone: str

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        name = "America/New_York" if zone.lower() == "new york" else zone
        if name not in (STATED, "UTC"):
            try:
                ZoneInfo(name)
            except (ZoneInfoNotFoundError, ValueError, OSError) as error:
                raise ValueError("use UTC, an IANA name of a time zone, or stated") from error
        return name

    @model_validator(mode="after")
    def _consistent(self) -> "TimeFormat":
        if self.zone == STATED and self.unit != "iso":
            raise ValueError("numbers say no time zone; use `zone: UTC` or the zone they count in")
        return self


class Sides(Settings):
    """The words for the aggressor of a trade."""

    buy: tuple[str, ...]
    sell: tuple[str, ...]
    unknown: tuple[str, ...] = ()


class Answers(Settings):
    """The words for yes and no."""

    yes: tuple[str, ...] = ("Y", "1", "true")
    no: tuple[str, ...] = ("N", "0", "false")


class TableMapping(Settings):
    """What the columns of a file are.

    Attributes:
        table: what a row is: of trades, quotes (the best of all venues) or status.
        columns: per column of ours the name of theirs, or a constant.
        time: how times are written.
        price_unit: dollars, nanodollars, or a power of ten from 1e-9 to 1 in dollars.
        size_unit: shares, or the number of shares that a size of 1 stands for.
        sides: the words of the column ``side``.
        answers: the words of ``is_trading`` and ``is_short_sell_restricted``.
        publishers: the number of each word of the column ``publisher``, if it is of words; massive
            for Massive's numbers of the venues, tape for the letters of the tapes.
        off_exchange: the words or numbers of ``publisher`` that are no exchange; those of massive
            and tape are known.
        conditions: how the column ``conditions`` writes sale conditions: massive for Massive's
            numbers, tape_ab and tape_c for the letters of the tapes; none if there is no such
            column, and every print counts for everything.
        dataset: name of the feed, for reports.
        separator: between the fields of a CSV file.
        names: names of the columns of a CSV file that has no header.
    """

    table: Literal["trades", "quotes", "status"]
    columns: dict[str, str | Constant]
    time: TimeFormat
    price_unit: Literal["dollars", "nanodollars"] | float = "dollars"
    size_unit: Literal["shares"] | int = "shares"
    sides: Sides | None = None
    answers: Answers = Answers()
    publishers: Literal["massive", "tape"] | dict[str, int] = Field(default_factory=dict)
    off_exchange: tuple[str, ...] = ()
    conditions: Literal["none", "massive", "tape_ab", "tape_c"] = "none"
    dataset: str = ""
    separator: Literal[",", ";", "\t", "|"] = ","
    names: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _complete(self) -> "TableMapping":
        needed, possible = _NEEDED[self.table], _POSSIBLE[self.table]
        allowed = (*needed, *TIMES, *possible)
        for key, value in self.columns.items():
            if key not in allowed:
                raise ValueError(f"`columns.{key}` is none of {', '.join(allowed)}")
            if isinstance(value, Constant) and key not in _CONSTANT:
                raise ValueError(f"`columns.{key}` must be a column; constants are for {_CONSTANT}")
        for key in needed:
            if key not in self.columns:
                raise ValueError(f"`columns.{key}` is missing; {self.table} need {needed}")
        if not set(TIMES) & set(self.columns):
            raise ValueError("`columns` needs `ts_recv`, `ts_event`, or both")
        if ("side" in self.columns) != (self.sides is not None):
            raise ValueError("`columns.side` and `sides` belong together; give both or none")
        if ("conditions" in self.columns) != (self.conditions != "none"):
            raise ValueError(
                "`columns.conditions` and `conditions: massive`, `tape_ab` or `tape_c` belong "
                "together; give both or none"
            )
        if isinstance(self.size_unit, int) and not 1 <= self.size_unit <= MAX_SIZE:
            raise ValueError(f"`size_unit` must be shares, or from 1 to {MAX_SIZE}")
        symbol = self.columns["symbol"]
        if isinstance(symbol, Constant):
            try:
                check_symbol(symbol.constant)  # type: ignore[arg-type]
            except BadSymbol as error:
                raise ValueError(f"`columns.symbol.constant`: {error}") from error
        for key in ("publisher", "action", "reason"):
            named = self.columns.get(key)
            if isinstance(named, Constant) and not _is_code(named.constant):
                raise ValueError(f"`columns.{key}.constant` must be from 0 to 65535")
        if isinstance(self.publishers, str) and self.off_exchange:
            raise ValueError(f"`off_exchange` is known with `publishers: {self.publishers}`")
        if not all(_is_code(number) for number in self.venues.values()):
            raise ValueError("`publishers` must be from 0 to 65535")
        _ = self.places
        return self

    @property
    def places(self) -> int:
        """Decimal places that prices have to be read with to become nanodollars."""
        if isinstance(self.price_unit, str):
            return {"dollars": 9, "nanodollars": 0}[self.price_unit]
        power = round(math.log10(self.price_unit)) if self.price_unit > 0 else 1
        if not -9 <= power <= 0 or not math.isclose(self.price_unit, 10.0**power):
            raise ValueError("`price_unit` must be dollars, nanodollars, or 1, 0.1, ... 1e-9")
        return 9 + power

    @property
    def shares(self) -> int:
        """Shares that a size of 1 stands for."""
        return 1 if isinstance(self.size_unit, str) else self.size_unit

    @property
    def venues(self) -> dict[str, int]:
        """The publisher of each word of the column ``publisher``; none if it is of numbers."""
        if self.publishers == "massive":
            return {str(n): BY_MASSIVE_NUMBER.get(n, 0) for n in range(MOST_MASSIVE_NUMBER + 1)}
        if self.publishers == "tape":
            return {letter: BY_LETTER.get(letter, 0) for letter in ascii_uppercase}
        assert isinstance(self.publishers, dict)
        return self.publishers and dict.fromkeys(self.off_exchange, 0) | self.publishers

    @property
    def no_exchanges(self) -> tuple[str, ...]:
        """The words of the column ``publisher`` that are no exchange."""
        if self.publishers == "massive":
            return tuple(map(str, OFF_EXCHANGE_NUMBERS))
        return (OFF_EXCHANGE_LETTER,) if self.publishers == "tape" else self.off_exchange

    @property
    def theirs(self) -> list[str]:
        """The columns of the file that are read, each once."""
        return list(dict.fromkeys(c for c in self.columns.values() if isinstance(c, str)))


def _is_code(value: object) -> bool:
    return isinstance(value, int) and 0 <= value < 2**16


def load_mappings(path: Path) -> list[TableMapping]:
    """Load the mappings of a YAML 1.2 file: one, or several parted by lines of ``---``.

    Raises:
        ConfigError: the file is missing, no YAML, or a key is unknown or has a wrong value.
    """
    try:
        data = path.read_bytes()
        if len(data) > _MAX_MAPPING:
            raise ConfigError(
                f"{path} has {len(data)} bytes; a mapping has at most {_MAX_MAPPING}."
            )
        text = data.decode("utf-8-sig")
        depth = 0
        for event in YAML(typ="safe", pure=True).parse(text):
            if isinstance(event, AliasEvent):
                raise ConfigError(f"{path} uses an alias (`*`); write the value out.")
            depth += isinstance(event, CollectionStartEvent)
            depth -= isinstance(event, CollectionEndEvent)
            if depth > 8:
                raise ConfigError(f"{path} is nested more than 8 deep; no mapping is.")
        trees = list(YAML(typ="safe", pure=True).load_all(text))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error}); use a YAML file.") from error
    except (YAMLError, UnicodeDecodeError, ValueError) as error:
        raise ConfigError(f"{path} is not YAML: {error}") from error
    if not trees:
        raise ConfigError(f"{path} holds no mapping of keys; {_PAGE}.")
    return [_mapping(path, tree) for tree in trees]


def _mapping(path: Path, tree: object) -> TableMapping:
    if not isinstance(tree, dict) or not all(isinstance(key, str) for key in tree):
        raise ConfigError(f"{path} holds no mapping of keys; {_PAGE}.")
    try:
        return TableMapping(**tree)
    except ValidationError as error:
        lines = [
            f"{path}: `{'.'.join(map(str, problem['loc'])) or 'the mapping'}` was "
            f"{repr(problem['input'])[:80]}; {problem['msg']} (a word such as NULL or TRUE that "
            "is meant as text needs quotes)."
            for problem in error.errors()
        ]
        raise ConfigError("\n".join(lines)) from error
