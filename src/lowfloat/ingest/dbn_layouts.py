"""How Databento lays out the records of each schema, as NumPy record types.

All numbers are little-endian and no field is padded but where a record says so. Of definitions
only the fields that are used are named; the offsets of theirs moved from version to version.

Layout: https://databento.com/docs/standards-and-conventions/databento-binary-encoding
"""

import numpy as np

TRADES, QUOTES, STATUS = "trades", "mbp-1", "status"
DEFINITION, STATISTICS = "definition", "statistics"

UNDEF_PRICE = 2**63 - 1
UNDEF_SIZE = 2**32 - 1
UNDEF_TIMESTAMP = 2**64 - 1
UNDEF_LOT = 2**31 - 1

PUBLISHER_SPECIFIC = 2
"""Bit of ``flags`` whose meaning is the publisher's. Publisher 0, which none of the vendor's venues
is and this package's own files have, marks the prints of auctions with it."""

VERSIONS = (1, 2, 3)

SCHEMAS = (
    "mbo", QUOTES, "mbp-10", "tbbo", TRADES, "ohlcv-1s", "ohlcv-1m", "ohlcv-1h", "ohlcv-1d",
    DEFINITION, STATISTICS, STATUS, "imbalance", "ohlcv-eod", "cmbp-1", "cbbo-1s", "cbbo-1m",
    "tcbbo", "bbo-1s", "bbo-1m",
)  # fmt: skip
"""Every schema, at the place of the number by which headers name it."""

RTYPES = {
    TRADES: 0x00, QUOTES: 0x01, "tbbo": 0x01, "mbp-10": 0x0A, STATUS: 0x12, DEFINITION: 0x13,
    "imbalance": 0x14, STATISTICS: 0x18, "ohlcv-1s": 0x20, "ohlcv-1m": 0x21, "ohlcv-1h": 0x22,
    "ohlcv-1d": 0x23, "ohlcv-eod": 0x24, "mbo": 0xA0, "cmbp-1": 0xB1, "cbbo-1s": 0xC0,
    "cbbo-1m": 0xC1, "tcbbo": 0xC2, "bbo-1s": 0xC3, "bbo-1m": 0xC4,
}  # fmt: skip
"""The type that each record of a schema states in its second byte."""

_HEAD = [
    ("length", "u1"), ("rtype", "u1"), ("publisher_id", "<u2"), ("instrument_id", "<u4"),
    ("ts_event", "<u8"),
]  # fmt: skip
_PRINT = [
    *_HEAD, ("price", "<i8"), ("size", "<u4"), ("action", "u1"), ("side", "u1"), ("flags", "u1"),
    ("depth", "u1"), ("ts_recv", "<u8"), ("ts_in_delta", "<i4"), ("sequence", "<u4"),
]  # fmt: skip
_PRICES = [("bid_price", "<i8"), ("ask_price", "<i8"), ("bid_size", "<u4"), ("ask_size", "<u4")]
_LEVEL = [*_PRICES, ("bid_count", "<u4"), ("ask_count", "<u4")]
_BEST = [
    *_PRICES, ("bid_publisher", "<u2"), ("bid_padding", "V2"), ("ask_publisher", "<u2"),
    ("ask_padding", "V2"),
]  # fmt: skip
_TOP = [*_PRINT, *_LEVEL]
_CONSOLIDATED = [
    *_HEAD, ("price", "<i8"), ("size", "<u4"), ("action", "u1"), ("side", "u1"), ("flags", "u1"),
    ("padding1", "V1"), ("ts_recv", "<u8"), ("ts_in_delta", "<i4"), ("padding2", "V4"), *_BEST,
]  # fmt: skip
_SAMPLE_HEAD = [
    *_HEAD, ("price", "<i8"), ("size", "<u4"), ("padding1", "V1"), ("side", "u1"),
    ("flags", "u1"), ("padding2", "V1"), ("ts_recv", "<u8"), ("padding3", "V4"),
]  # fmt: skip
_SAMPLE = [*_SAMPLE_HEAD, ("sequence", "<u4"), *_LEVEL]
_CONSOLIDATED_SAMPLE = [*_SAMPLE_HEAD, ("padding4", "V4"), *_BEST]
_ORDER = [
    *_HEAD, ("order_id", "<u8"), ("price", "<i8"), ("size", "<u4"), ("flags", "u1"),
    ("channel_id", "u1"), ("action", "u1"), ("side", "u1"), ("ts_recv", "<u8"),
    ("ts_in_delta", "<i4"), ("sequence", "<u4"),
]  # fmt: skip
_STATE = [
    *_HEAD, ("ts_recv", "<u8"), ("action", "<u2"), ("reason", "<u2"), ("trading_event", "<u2"),
    ("is_trading", "u1"), ("is_quoting", "u1"), ("is_short_sell_restricted", "u1"),
    ("padding", "V7"),
]  # fmt: skip
_BAR = [
    *_HEAD, ("open", "<i8"), ("high", "<i8"), ("low", "<i8"), ("close", "<i8"), ("volume", "<u8"),
]  # fmt: skip
_IMBALANCE = [
    *_HEAD, ("ts_recv", "<u8"), ("ref_price", "<i8"), ("auction_time", "<u8"),
    ("cont_book_clr_price", "<i8"), ("auct_interest_clr_price", "<i8"),
    ("ssr_filling_price", "<i8"), ("ind_match_price", "<i8"), ("upper_collar", "<i8"),
    ("lower_collar", "<i8"), ("paired_qty", "<u4"), ("total_imbalance_qty", "<u4"),
    ("market_imbalance_qty", "<u4"), ("unpaired_qty", "<u4"), ("auction_type", "u1"),
    ("side", "u1"), ("auction_status", "u1"), ("freeze_status", "u1"), ("num_extensions", "u1"),
    ("unpaired_side", "u1"), ("significant_imbalance", "u1"), ("padding", "V1"),
]  # fmt: skip


def _statistic(quantity: str, padding: str) -> np.dtype:
    return np.dtype([
        *_HEAD, ("ts_recv", "<u8"), ("ts_ref", "<u8"), ("price", "<i8"), ("quantity", quantity),
        ("sequence", "<u4"), ("ts_in_delta", "<i4"), ("stat_type", "<u2"), ("channel_id", "<u2"),
        ("update_action", "u1"), ("stat_flags", "u1"), ("padding", padding),
    ])  # fmt: skip


def _definition(itemsize: int, fields: dict[str, tuple[str, int]]) -> np.dtype:
    """Return a record type of the fields that are used, given the offsets of those that move."""
    head = {name: (form, at) for (name, form), at in zip(_HEAD, (0, 1, 2, 4, 8), strict=True)}
    fields = {**head, "ts_recv": ("<u8", 16), "min_price_increment": ("<i8", 24), **fields}
    return np.dtype({
        "names": list(fields), "formats": [form for form, _ in fields.values()],
        "offsets": [at for _, at in fields.values()], "itemsize": itemsize,
    })  # fmt: skip


LAYOUTS = {
    TRADES: np.dtype(_PRINT),
    QUOTES: np.dtype(_TOP),
    "tbbo": np.dtype(_TOP),
    "mbp-10": np.dtype([*_TOP, ("deeper", _LEVEL, (9,))]),
    "mbo": np.dtype(_ORDER),
    "cmbp-1": np.dtype(_CONSOLIDATED),
    "tcbbo": np.dtype(_CONSOLIDATED),
    "bbo-1s": np.dtype(_SAMPLE),
    "bbo-1m": np.dtype(_SAMPLE),
    "cbbo-1s": np.dtype(_CONSOLIDATED_SAMPLE),
    "cbbo-1m": np.dtype(_CONSOLIDATED_SAMPLE),
    STATUS: np.dtype(_STATE),
    **{name: np.dtype(_BAR) for name in SCHEMAS if name.startswith("ohlcv")},
    "imbalance": np.dtype(_IMBALANCE),
    STATISTICS: _statistic("<i8", "V18"),
    DEFINITION: _definition(520, {
        "min_lot_size_round_lot": ("<i4", 168), "raw_symbol": ("S71", 238),
        "exchange": ("S5", 330), "security_type": ("S7", 353), "instrument_class": ("S1", 487),
    }),
}  # fmt: skip
"""The record type of each schema, as of version 3."""

_OLDER = {
    (STATISTICS, 1): _statistic("<i4", "V6"),
    (STATISTICS, 2): _statistic("<i4", "V6"),
    (DEFINITION, 1): _definition(360, {
        "min_lot_size_round_lot": ("<i4", 148), "raw_symbol": ("S22", 200),
        "exchange": ("S5", 243), "security_type": ("S7", 262), "instrument_class": ("S1", 325),
    }),
    (DEFINITION, 2): _definition(400, {
        "min_lot_size_round_lot": ("<i4", 156), "raw_symbol": ("S71", 200),
        "exchange": ("S5", 292), "security_type": ("S7", 311), "instrument_class": ("S1", 374),
    }),
}  # fmt: skip


def layout_of(schema: str, version: int) -> np.dtype:
    """Return the record type of a schema in a version of the format.

    Args:
        schema: one of ``SCHEMAS``.
        version: 1, 2 or 3.
    """
    return _OLDER.get((schema, version), LAYOUTS[schema])
