"""The base class of every configuration model: frozen, and closed to unknown keys."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """A node of the configuration tree."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def to_plain(value: Any) -> Any:
    """Return a configuration as dicts, lists and scalars; NamedTuples become dicts."""
    if isinstance(value, Settings):
        return {name: to_plain(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: to_plain(item) for name, item in value._asdict().items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): to_plain(item) for key, item in value.items()}
    return value.isoformat() if hasattr(value, "isoformat") else value
