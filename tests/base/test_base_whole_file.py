"""A file is whole or not there, and looks like any other."""

import os
import stat
from pathlib import Path

import pytest

from lowfloat.base.whole_file import write_whole, write_whole_json


def test_what_was_written_is_there_in_a_folder_that_was_not(tmp_path: Path) -> None:
    path = tmp_path / "new" / "page.html"
    assert write_whole(path, "naïve") == path
    assert path.read_bytes() == "naïve".encode()
    write_whole_json(path, {"b": 1, "a": [0.5]})
    assert path.read_text() == '{\n "a": [\n  0.5\n ],\n "b": 1\n}\n'
    assert list(path.parent.iterdir()) == [path]


def test_it_may_be_read_by_whom_the_umask_allows(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        write_whole(tmp_path / "page", b"")
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "page").stat().st_mode) == 0o640


def test_a_write_that_fails_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "page"
    write_whole(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "half \ud800")  # no text: a lone surrogate
    assert path.read_text() == "old"
    path.unlink()
    path.mkdir()
    with pytest.raises(OSError, match="directory"):
        write_whole(path, "new")  # the very last step fails
    assert list(tmp_path.iterdir()) == [path]
