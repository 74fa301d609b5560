"""A Ray cluster of two nodes on this machine, one of which is lost: `make cluster`."""

import multiprocessing
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import ray
from fleet import chores
from ray.cluster_utils import Cluster

from lowfloat.base.progress import Progress
from lowfloat.days import DayStore
from lowfloat.fleet import each
from lowfloat.index import scan
from lowfloat.synth import synthesize

FILES = ("index.json", "days.parquet", "resets.parquet")
ITEMS = 60


def manifests(store: DayStore) -> dict:
    return {key: store.manifest(*key)["id"] for key in store.days()}


def say(words: str, began: float) -> None:
    sys.stdout.write(f"{words}: {time.perf_counter() - began:.1f} s\n")


def index_of(store: DayStore, folder: Path, progress: Progress | None = None, **place) -> list:
    """Return the bytes of an index that is made anew."""
    scan(store, folder, None, progress, **place)
    return [(folder / name).read_bytes() for name in FILES]


def killed_on_the_way(store: DayStore, folder: str) -> list:
    """Return the bytes of an index of two workers, both of which are killed after a few days."""
    killed = []

    def kill(name: str, done: int, count: int) -> None:
        if done == 3:
            workers = multiprocessing.active_children()
            killed.extend(worker.pid for worker in workers)
            for worker in workers:
                worker.kill()

    began = time.perf_counter()
    found = index_of(store, Path(folder, "index-killed"), kill, workers=2)
    assert len(killed) == 2, killed
    say("an index whose two workers were killed", began)
    return found


def main() -> None:
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    other = cluster.add_node(num_cpus=1)
    on = f"ray:{cluster.address}"
    try:
        with tempfile.TemporaryDirectory() as folder:
            here, there = DayStore(Path(folder, "here")), DayStore(Path(folder, "there"))
            began = time.perf_counter()
            names = synthesize(here, 3, seed=5, symbols=4)
            say("4 stocks here", began)
            began = time.perf_counter()
            assert synthesize(there, 3, seed=5, symbols=4, on=on) == names
            assert manifests(there) == manifests(here)
            say("the same bytes from two nodes", began)

            indexes = [index_of(here, Path(folder, "index")), killed_on_the_way(here, folder)]
            for place in ({"workers": 2}, {"on": on}):
                began = time.perf_counter()
                indexes.append(index_of(here, Path(folder, f"index-{len(indexes)}"), **place))
                say(f"an index made with {next(iter(place))}", began)
            assert indexes[1:] == indexes[:-1], "indexes differ"

            began = time.perf_counter()
            results = each(partial(chores.on_node, folder), range(ITEMS), on=on, retries=3)
            nodes, answers = set(), 0
            while len(nodes) < 2:  # a busy machine starts the workers of one node much later
                nodes.add(next(results))
                answers += 1
            cluster.remove_node(other, allow_graceful=False)
            rest = list(results)
            assert len(rest) == ITEMS - answers >= 6, rest
            assert set(rest[-6:]) < nodes, rest
            assert [chores.noted(folder, n) >= 1 for n in range(ITEMS)] == [True] * ITEMS
            say(f"{ITEMS} items of half a second, a node lost on the way", began)
    finally:
        ray.shutdown()
        cluster.shutdown()


if __name__ == "__main__":
    main()
