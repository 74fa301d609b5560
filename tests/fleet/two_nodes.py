"""A Ray cluster of two nodes on this machine, one of which is lost: `make cluster`."""

import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import ray
from fleet import chores
from ray.cluster_utils import Cluster

from lowfloat.days import DayStore
from lowfloat.fleet import each
from lowfloat.synth import synthesize


def manifests(store: DayStore) -> dict:
    return {key: store.manifest(*key)["id"] for key in store.days()}


def say(words: str, began: float) -> None:
    sys.stdout.write(f"{words}: {time.perf_counter() - began:.1f} s\n")


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

            began = time.perf_counter()
            results = each(partial(chores.on_node, folder), range(30), on=on, retries=3)
            nodes = {next(results) for _ in range(6)}
            assert len(nodes) == 2, nodes
            cluster.remove_node(other, allow_graceful=False)
            rest = list(results)
            assert len(rest) == 24, rest
            assert set(rest[-6:]) < nodes, rest
            assert [chores.noted(folder, n) >= 1 for n in range(30)] == [True] * 30
            say("30 items of half a second, a node lost on the way", began)
    finally:
        ray.shutdown()
        cluster.shutdown()


if __name__ == "__main__":
    main()
