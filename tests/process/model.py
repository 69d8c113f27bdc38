"""model - the money once more, naively: random documents into real trees of three levels, and a second
ledger in Python beside each that says what every document must get and what every balance is.

    python3 tests/process/model.py --build build [--rounds 4] [--documents 100] [--seed 1]
    python3 tests/process/model.py --build build --documents 12500 --rounds 3 --jobs 2 --minutes 55

Documents are drawn from the seed, most of them right and many wrong in one or two ways. A round
says what those below must know, answers what came from others, does business at every node, ends
years, tells a story (model_stories), kills a node now and then, waits until all levels agree, and
compares a fifth of all statuses, reasons, balances, boards and states to the fen; the last round
compares them all (model_check, model_compare). A tree lives for so many rounds, and the next one
has the next seed.

At the end stands what was met: documents by answer, and the reasons that none was refused for.
"""
import argparse
import concurrent.futures
import datetime
import gc
import multiprocessing
import os
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "scripts", "lib"))
sys.path.insert(0, HERE)
import tree as trees  # noqa: E402
from model_chart import Broken  # noqa: E402
from model_check import NOON_UTC, Check  # noqa: E402
from model_tally import Tally  # noqa: E402

FAILURES_MAX = 10
ALL_KINDS_FROM = 25_000  # documents: some kinds are rarely right; a run of this size meets each


def shift_clocks(tree):
    noon = datetime.datetime.fromisoformat(NOON_UTC).timestamp()
    tree.env.update(CLOCK_SHIFT_S=str(int(noon - time.time())), LD_PRELOAD=trees.preloadable(
        tree.base, os.path.join(tree.build, "lib", "clock_shift.so")))


def drive(args, seed):
    """One tree and its model, from the first document to the last comparison: what was met, and in
    words what failed."""
    # Nothing here is garbage in a ring, and looking for it among millions of objects takes a third
    # of the time.
    gc.disable()
    number, began = -1, time.monotonic()
    with tempfile.TemporaryDirectory(prefix="terrace-model-") as base:
        tree = trees.Tree(os.path.join(base, "tree"), build=args.build)
        shift_clocks(tree)
        check = Check(tree, seed)
        try:
            check.grow()
            for number in range(args.rounds):
                check.round(number, args.documents, number == args.rounds - 1)
            for node in tree.nodes.values():
                node.run("verify", "--deep")
        except (trees.Failed, Broken) as failed:
            check.tally.failure = "\n".join(
                [f"model: --seed {seed} --documents {args.documents} --rounds {args.rounds}, round "
                 f"{number}: {failed}"] +
                [f"--- {node.division}\n{node.log_tail(600)}" for node in tree.nodes.values()])
        finally:
            tree.stop()
    check.tally.trees = 1
    print(f"model: seed {seed}: {check.tally.documents:,} documents, {check.tally.kills} kills, "
          f"{check.tally.figures:,} figures equal at every level, in "
          f"{time.monotonic() - began:.0f} s{', FAILED' * bool(check.tally.failure)}", flush=True)
    return check.tally


def run_trees(args):
    """All of them, so many at a time. A tree that fails ends, and the others go on: each may find
    something else."""
    tally, failures, began = Tally(), [], time.monotonic()

    def goes_on(seed):
        if len(failures) >= FAILURES_MAX:
            return False
        if args.minutes is not None:
            return time.monotonic() < began + 60 * args.minutes
        return seed < args.seed + args.trees
    # Each has a process of its own, so that what it took is given back.
    with concurrent.futures.ProcessPoolExecutor(
            args.jobs, multiprocessing.get_context("spawn"), max_tasks_per_child=1) as pool:
        seed, under_way = args.seed, set()
        while under_way or goes_on(seed):
            while len(under_way) < args.jobs and goes_on(seed):
                under_way.add(pool.submit(drive, args, seed))
                seed += 1
            done, under_way = concurrent.futures.wait(
                under_way, return_when=concurrent.futures.FIRST_COMPLETED)
            for of_tree in (future.result() for future in done):
                tally.add(of_tree)
                if of_tree.failure:
                    failures.append(of_tree.failure)
                    print(of_tree.failure, file=sys.stderr, flush=True)
    return tally, failures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    parser.add_argument("--rounds", type=int, default=4, help="of a tree")
    parser.add_argument("--documents", type=int, default=100, help="per node and round, and some more")
    parser.add_argument("--trees", type=int, default=1, help="of seeds in a row")
    parser.add_argument("--minutes", type=float, help="instead: no tree begins after so many")
    parser.add_argument("--jobs", type=int, default=1, help="trees at a time")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--at-least", type=int, default=0, help="documents; less is a failure")
    args = parser.parse_args()
    began = time.monotonic()
    tally, failures = run_trees(args)
    print(tally.table())
    print(f"model: {tally.documents:,} documents in {time.monotonic() - began:.0f} s")
    if tally.documents >= ALL_KINDS_FROM and tally.never_accepted():
        failures.append(f"model: never accepted: {tally.never_accepted()}")
        print(failures[-1], file=sys.stderr)
    if tally.documents < args.at_least:
        failures.append(f"model: {tally.documents:,} documents, and {args.at_least:,} are asked for")
        print(failures[-1], file=sys.stderr)
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
