"""JSON files of any size, read a value at a time, with numbers as they are written."""

import codecs
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pyarrow as pa

from lowfloat.errors import FeedError

_READ_BYTES = 1 << 20
_MAX_VALUE = 1 << 20  # characters
_SHORT = 4096  # characters


class JsonStream:
    """JSON read off a file a value at a time, its numbers as they are written."""

    def __init__(self, path: Path, handle: pa.NativeFile) -> None:
        self.path, self._handle = path, handle
        self._utf8 = codecs.getincrementaldecoder("utf-8-sig")()
        self._json = json.JSONDecoder(
            parse_float=str, parse_int=str, parse_constant=lambda text: self.refuse(f"has {text}")
        )
        self._text, self._at, self._passed, self._ended = "", 0, 0, False

    def refuse(self, what: str) -> NoReturn:
        """Raise FeedError, saying where the reader is."""
        raise FeedError(
            f"{self.path}: what stands near character {self._passed + self._at} {what}; "
            "fetch the file again."
        )

    def peek(self) -> str:
        """Return the next character that is no space, empty at the end of the file."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in " \t\r\n":
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def take(self, char: str) -> None:
        """Pass over one character, which must be the next."""
        found = self.peek()
        if found != char:
            self.refuse(f"is {found!r} instead of {char!r}" if found else "ends too early")
        self._at += 1

    def items(self, begin: str, end: str) -> Iterator[None]:
        """Yield before each item between two brackets; the caller reads it."""
        self.take(begin)
        if self.peek() != end:
            yield
            while self.peek() == ",":
                self.take(",")
                yield
        self.take(end)

    def blocks(self) -> Iterator[list[Any]]:
        """Yield the items of a list, as many at a time as fit in what is read."""
        self.take("[")
        if self.peek() == "]":
            self.take("]")
            return
        singly_until = 0
        while True:
            while len(self._text) - self._at < _READ_BYTES and self._more():
                pass
            cut = self._text.rfind("},", self._at) + 1
            block = None
            if cut and self._passed + self._at >= singly_until:
                try:  # up to the last comma between objects, or to the end of the list
                    block, end = self._json.raw_decode(f"[{self._text[self._at : cut]}]")
                except (ValueError, RecursionError):
                    singly_until = self._passed + cut  # there the fault will be found
            if block is not None:
                ended = end < cut - self._at + 2
                self._at = self._at + end - 1 if ended else cut
                yield block
            else:
                yield [self.value()]
                ended = self.peek() != ","
                if ended:
                    self.take("]")
            if ended:
                return
            self.take(",")

    def entries(self) -> Iterator[str]:
        """Yield each key of an object; the caller reads its value."""
        for _ in self.items("{", "}"):
            key = self.value()
            if not isinstance(key, str):
                self.refuse("is no key")
            self.take(":")
            yield key

    def value(self) -> Any:
        """Return the next value, which must be a small one."""
        while True:
            self.peek()
            try:
                value, end = self._json.raw_decode(self._text, self._at)
            except RecursionError:
                self.refuse("is nested too deeply")
            except ValueError as error:
                if len(self._text) - self._at > _MAX_VALUE or not self._more():
                    self.refuse(f"is no JSON ({error})")
                continue
            if end < len(self._text) or self._ended:
                self._at = end
                return value
            self._more()  # a number could go on

    def short_object(self, unless: frozenset[str]) -> dict[str, Any] | None:
        """Return the object that is next if it ends soon and has none of some keys."""
        while len(self._text) - self._at < _SHORT and self._more():
            pass
        try:
            value, length = self._json.raw_decode(self._text[self._at : self._at + _SHORT])
        except (ValueError, RecursionError):
            return None
        if not isinstance(value, dict) or not unless.isdisjoint(value):
            return None
        self._at += length
        return value

    def _more(self) -> bool:
        """Read on, forgetting what was passed; return whether there was more."""
        if self._ended:
            return False
        data = self._handle.read(_READ_BYTES)
        self._ended = not data
        try:
            text = self._utf8.decode(data, final=self._ended)
        except UnicodeDecodeError as error:
            self.refuse(f"is no UTF-8 ({error.reason})")
        self._text, self._passed, self._at = (
            self._text[self._at :] + text, self._passed + self._at, 0,
        )  # fmt: skip
        return not self._ended
