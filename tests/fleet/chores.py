"""What a fleet is given to do in these tests; other processes find it here by name."""

import os
import signal
import time
from pathlib import Path


def slow_first(number):
    """Return the square, that of 0 long after the others."""
    time.sleep(0.5 if number == 0 else 0)
    return number * number


def note(folder, word):
    """Write down that something happened, in a file of its own."""
    Path(folder, f"{word}-{os.getpid()}-{time.monotonic_ns()}").touch()


def noted(folder, word):
    return len(list(Path(folder).glob(f"{word}-*")))


def odd_only(folder, number):
    note(folder, number)
    if number % 2 == 0:
        raise ValueError(f"{number} is even")
    return number


def better_later(folder, number):
    """Fail on the first try of the number 3, be killed on that of 5."""
    first = noted(folder, number) == 0
    note(folder, number)
    if first and number == 3:
        raise OSError("not yet")
    if first and number == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def deadly(number):
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.1)
    return number


def begin(folder, number):
    note(folder, "begun")
    return number


def linger(folder, number):
    note(folder, "lingering")
    time.sleep(60)


def prepare(folder):
    """Note when one prepares, and whether another does so at the same time."""
    mine = Path(folder, f"preparing-{os.getpid()}")
    mine.touch()
    time.sleep(0.3)
    if noted(folder, "preparing") > 1:
        note(folder, "together")
    mine.unlink()
    note(folder, "prepared")


def worker(number):
    time.sleep(0.3)
    return os.getpid()


class Stuck(Exception):
    """An error that does not survive the way to another process."""

    def __init__(self, what, where):
        super().__init__(f"{what} in {where}")


def get_stuck(number):
    raise Stuck("mud", "the yard")


def on_node(folder, number):
    """Return which node of a Ray cluster this is."""
    import ray

    time.sleep(0.5)
    note(folder, number)
    return ray.get_runtime_context().get_node_id()
