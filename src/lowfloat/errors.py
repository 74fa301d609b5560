"""Every exception of the package, on one page.

A message says what was wrong (with the name in backticks), what was found, what is
allowed, and where. Trading rejections are not exceptions: see
:class:`lowfloat.base.codes.RejectReason`.
"""


class LowfloatError(Exception):
    """Base of all errors the package raises on purpose."""


class ConfigError(LowfloatError):
    """A configuration key is unknown, or its value is of the wrong type or out of bounds."""


class NotASession(LowfloatError):
    """The date is a weekend or a holiday of the exchange, or lies outside its calendar."""


class BadSymbol(LowfloatError):
    """The symbol is not a ticker that may name a folder."""


class FeedError(LowfloatError):
    """A vendor file cannot be read, or its records break a rule of the feed."""


class UnusedFile(FeedError):
    """A vendor file is sound but holds something that is not used, such as bars."""


class DayNotFound(LowfloatError):
    """The store holds no such symbol-day."""


class DayExists(LowfloatError):
    """The store already holds this symbol-day, made from other sources; it is never overwritten."""


class DayCorrupt(LowfloatError):
    """A file of a stored day is missing or does not match its SHA-256."""


class DayNotTradable(LowfloatError):
    """The day has no quotes, so no order could be filled honestly."""


class IndexMismatch(LowfloatError):
    """The index is missing, of another schema, or was scanned from other data than is stored."""


class EmptySplit(LowfloatError):
    """A split, or a filter on it, leaves no day or no reset point."""


class InvalidAction(LowfloatError):
    """An action is outside the action space, or the batch has the wrong shape."""


class InvalidReset(LowfloatError):
    """The `options` given to `reset` name no start that can be used."""


class ResetNeeded(LowfloatError):
    """`step` was called before `reset`."""


class PhaseModelError(LowfloatError):
    """A phase model cannot be read, was made for other features, or cannot be fitted."""


class ExamError(LowfloatError):
    """An exam folder is missing, incomplete, or contradicts itself."""


class CheckpointError(LowfloatError):
    """A checkpoint is missing, was altered, or belongs to another network or observation."""


class AuditError(LowfloatError):
    """What is audited does not keep its contract, so that nothing can be said of it."""
