"""Map a function over items: in this process, in processes of this machine, or on a Ray cluster.

An item is a symbol, a day, a file: minutes of work that depends on no other item, so that the
results are the same wherever they were made. `concurrent.futures` or Ray decide who does what.
"""

import fcntl
import importlib.util
import multiprocessing
import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from itertools import islice
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self, TypeVar

from lowfloat.base.jit import cache_folder
from lowfloat.base.progress import Progress
from lowfloat.errors import ConfigError

IN_FLIGHT = 4
"""Items per worker that are begun before the first of them is taken: what bounds the memory."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def place(on: str | None, workers: int | None) -> str:
    """Return where items are done.

    Args:
        on: ``here``, in this process; ``local``, in processes of this machine; ``ray``, on the
            cluster that Ray finds or starts; ``ray:ADDRESS``, on the cluster at that address.
            None is ``local`` for several workers, else ``here``.
        workers: how many; None if it was not said.

    Raises:
        ConfigError: there is no such place, Ray is not installed, or there is no worker.
    """
    if workers is not None and workers < 1:
        raise ConfigError(f"`workers` was {workers}; use 1 or more.")
    if on is None:
        return "local" if workers is not None and workers > 1 else "here"
    if on not in ("here", "local", "ray") and not on.startswith("ray:"):
        raise ConfigError(f"`on` was {on!r}; use here, local, ray or ray:ADDRESS.")
    if on.startswith("ray") and importlib.util.find_spec("ray") is None:
        raise ConfigError(
            f"`on` was {on!r}, and Ray is not installed; install `lowfloat[cluster]`, or use local."
        )
    return on


class Failed(NamedTuple):
    """What stands in the place of the result of an item that failed each time it was tried.

    Attributes:
        name: of the item.
        error: of the last try. A worker that died is an error, too.
    """

    name: str
    error: BaseException

    def __str__(self) -> str:
        return f"{self.name}: {type(self.error).__name__}: {self.error}"


def each(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    on: str | None = None,
    workers: int | None = None,
    retries: int = 1,
    name: Callable[[Item], str] = str,
    prepare: Callable[[], object] | None = None,
    progress: Progress | None = None,
) -> Generator[Result | Failed, None, None]:
    """Yield the result of a function for each item, in the order of the items.

    An item that raises is tried again, then yielded as :class:`Failed`; the others go on. A worker
    that dies costs time only, unless it dies of the same item again and again. If the iterator is
    closed or left by an exception, Ctrl-C among them, the workers end at once, with what they were
    doing.

    Args:
        function: of a module, or a `partial` of one; other processes get it by name.
        items: what it is called with.
        on: see :func:`place`.
        workers: ``local``: how many processes, one for each processor if None. ``ray``: for how
            many workers items are kept in flight; for each processor of the cluster if None.
        retries: how often an item that failed is tried again.
        name: what an item is called.
        prepare: called once in each worker before its first item, never in two of a machine at a
            time. Kernels that the function needs are to be compiled in it: two processes that
            compile at the same moment may mix up what they keep on disk.
        progress: called with an item's name, how many are done, and how many there are.

    Raises:
        ConfigError: there is no such place, Ray is not installed, or a number is out of bounds.
    """
    if retries < 0:
        raise ConfigError(f"`retries` was {retries}; use 0 or more.")
    engine: _Engine
    match place(on, workers).split(":", 1):
        case ["here"]:
            engine = _Here(retries)
        case ["local"]:
            engine = _Processes(workers or len(os.sched_getaffinity(0)), retries, prepare)
        case ["ray", *address]:
            engine = _Ray(address[0] if address else None, workers, retries, prepare)
    return _results(engine, function, items, name, progress)


class _Engine(Protocol):
    """Does items; left by an exception, it ends its workers."""

    in_flight: int

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: Any, error: Any, trace: Any) -> bool | None: ...

    def begin(self, function: Callable, item: Any) -> Future:
        """Have an item done."""

    def finished(self, function: Callable, item: Any, future: Future) -> Future:
        """Return the future of the last try of an item that was begun, when it is over."""


def _results(
    engine: _Engine,
    function: Callable[[Item], Result],
    items: Sequence[Item],
    name: Callable[[Item], str],
    progress: Progress | None,
) -> Generator[Result | Failed, None, None]:
    left = iter(items)
    begun: deque[tuple[Item, Future]] = deque()
    with engine:
        for done in range(1, len(items) + 1):
            for item in islice(left, engine.in_flight - len(begun)):
                begun.append((item, engine.begin(function, item)))
            item, future = begun.popleft()
            future = engine.finished(function, item, future)
            error = future.exception()
            if progress is not None:
                progress(name(item), done, len(items))
            yield future.result() if error is None else Failed(name(item), error)


class _Here:
    """This process."""

    in_flight = 1

    def __init__(self, retries: int) -> None:
        self._retries = retries

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        pass

    def begin(self, function: Callable, item: Any) -> Future:
        future: Future = Future()
        with _Told(future):
            future.set_result(function(item))
        return future

    def finished(self, function: Callable, item: Any, future: Future) -> Future:
        for _ in range(self._retries):
            if future.exception() is None:
                break
            future = self.begin(function, item)
        return future


class _Told:
    """Tells a future of the error that a `with` block ends with, as an executor does."""

    def __init__(self, future: Future) -> None:
        self._future = future

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: TracebackType | None) -> bool:
        if isinstance(error, Exception):  # Ctrl-C and the like are nobody's result
            self._future.set_exception(error)
            return True
        return False


class _Processes:
    """Processes of this machine. They hold one end of a pipe, and end when the other one closes."""

    def __init__(self, workers: int, retries: int, prepare: Callable[[], object] | None) -> None:
        self.in_flight = IN_FLIGHT * workers
        self._workers, self._retries, self._prepare = workers, retries, pickle.dumps(prepare)
        self._pools: list[ProcessPoolExecutor] = []

    def __enter__(self) -> Self:
        self._theirs, self._ours = multiprocessing.Pipe(duplex=False)
        self._pool = self._new_pool(self._workers)
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if kind is None:
            self._pool.shutdown()
        self._ours.close()
        for pool in self._pools:
            pool.shutdown(cancel_futures=True)
        self._theirs.close()

    def begin(self, function: Callable, item: Any) -> Future:
        try:
            return self._pool.submit(_done, function, item, self._prepare)
        except BrokenProcessPool:
            self._pool = self._new_pool(self._workers)
            return self._pool.submit(_done, function, item, self._prepare)

    def finished(self, function: Callable, item: Any, future: Future) -> Future:
        tries, alone = 1, None
        while (error := future.exception()) is not None:
            if isinstance(error, BrokenProcessPool):
                # All items at hand are lost with a worker, and which of them it died of nobody
                # knows: from now on this one is tried by itself.
                tries, alone = (tries if alone else 0), self._new_pool(1)
            if tries > self._retries:
                break
            tries += 1
            if alone is None:
                future = self.begin(function, item)
            else:
                future = alone.submit(_done, function, item, self._prepare)
        if alone is not None:
            alone.shutdown()
        return future

    def _new_pool(self, workers: int) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")  # a fork of threads may hang
        pool = ProcessPoolExecutor(workers, context, _hold_on_to, (self._theirs,))
        self._pools.append(pool)
        return pool


def _hold_on_to(lifeline: Connection) -> None:
    """End this process as soon as the other one closes the pipe, or is no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of Ctrl-C the other one hears, too

    def end() -> None:
        wait([lifeline])
        os._exit(1)

    threading.Thread(target=end, daemon=True).start()


class _Ray:
    """A Ray cluster. Ray itself tries again what failed, and what died with its worker."""

    def __init__(
        self,
        address: str | None,
        workers: int | None,
        retries: int,
        prepare: Callable[[], object] | None,
    ) -> None:
        self._address, self._workers, self._prepare = address, workers, pickle.dumps(prepare)
        self._options = {"max_retries": retries, "retry_exceptions": True}
        self._begun: dict[Future, Any] = {}

    def __enter__(self) -> Self:
        import ray

        self._found = ray.is_initialized()
        if not self._found:
            ray.init(self._address, logging_level="warning")
        workers = self._workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
        self.in_flight = IN_FLIGHT * workers
        self._remote = ray.remote(**self._options)(_done)
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        import ray

        for reference in self._begun.values():
            ray.cancel(reference, force=True)
        if not self._found:
            ray.shutdown()

    def begin(self, function: Callable, item: Any) -> Future:
        reference = self._remote.remote(function, item, self._prepare)
        future = reference.future()
        self._begun[future] = reference
        return future

    def finished(self, function: Callable, item: Any, future: Future) -> Future:
        from ray.exceptions import RayTaskError

        error = future.exception()
        del self._begun[future]
        if isinstance(error, RayTaskError):
            future = Future()
            future.set_exception(error.cause)
        return future


def _done(function: Callable[[Item], Result], item: Item, prepare: bytes) -> Result:
    """Do an item in a worker."""
    _prepared(prepare)
    try:
        return function(item)
    except Exception as error:
        raise _as_sent(error) from error.__cause__


@cache
def _prepared(prepare: bytes) -> None:
    function = pickle.loads(prepare)
    if function is not None:
        with (cache_folder() / "preparing").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            function()


def _as_sent(error: Exception) -> Exception:
    """Return an error, or its text if it cannot travel from process to process."""
    try:
        pickle.loads(pickle.dumps(error))
    except (AttributeError, TypeError, ValueError, pickle.PickleError):
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
