"""unreadable - the disk cannot read one file of a city's home any more, or one sector of it (EIO), for good: under
whatever name, since a link is no other file (tests/process/io_errors.c). What is the store's or a note is healed by
itself: the same figures and digest, within one start or two; of a key, the configuration or the certificate the node
says which file it is and what to do, and that does it. Never a signal, never a wrong total.

    /usr/bin/python3 tests/process/unreadable.py --build build [--seed 1] [--kind table.blocks]
"""
import argparse
import os
import random
import signal
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
from damages import CITY, Round, SECTOR, asks, copy_home, files_of, need, prepare, starts, truth_of  # noqa: E402
from healing import asides  # noqa: E402
from io_errors import Disk  # noqa: E402

OF_THE_STORE = ("table.blocks", "table.local", "table.meta", "table.cosign", "table.ledger", "table.rollups",
                "table.heads", "table.index", "log", "manifest", "current", "noted")
HARMLESS = ("options", "identity")  # nothing of the ledger is in them
BY_COMMAND = ("key", "config", "tls")
KINDS = OF_THE_STORE + HARMLESS + BY_COMMAND + ("grants", "note")


class Unreadable(Disk):
    def harm(self, path, at, size):
        """Bytes [at, at + size) of the file are gone from now on."""
        bad = f"{os.stat(path).st_ino}:{at}-{at + size}"
        self.node.daemon_env = dict(self.env, IO_BAD=bad)


def heals(disk, city, truth, office, kind, path, at, size):
    """Started on that disk it is whole in the end; what lay on the bad place stays aside."""
    if not os.path.exists(path):  # a note that nobody wrote
        with open(path, "w") as file:
            file.write("store_was_found_damaged")
    disk.harm(path, at, size)
    what = f"{os.path.basename(path)} ({kind}) unreadable at {at}"
    if kind in BY_COMMAND:
        return "command" if by_command(disk, city, truth, office, kind, what) else "alone"
    need(starts(city), f"{what}: it would not start:\n{city.log_tail()}")
    tree_round = Round(city.tree, truth, office, kind, what)
    tree_round.by_itself()
    if kind in OF_THE_STORE and size > SECTOR:
        need(asides(city), f"{what}: nothing was set aside")
    return "alone"


def by_command(disk, city, truth, office, kind, what):
    """It names the file and the cure, and with the file of the copy there it goes on."""
    if starts(city):
        need(kind == "tls", f"{what}: it starts")
    said = city.log_tail(4000)
    code, found = asks(city, "doctor")
    rows = [row for row in found["rows"] if row["state"] in ("error", "critical", "warning") and row["cure"]]
    need(code == 1 and rows, f"{what}: doctor names no cure: {found}")
    need("cannot be read" in said, f"{what}: no word of the file:\n{said}")
    if city.process is not None:
        city.end()
    disk.mend()  # a file that is put back lies elsewhere
    need(starts(city), f"{what}: its cure did not help:\n{city.log_tail()}")
    return Round(city.tree, truth, office, kind, what).by_itself()


class Bench:
    """A city as it was before the harm, each time anew."""

    def __init__(self, tree, args, base):
        self.office = prepare(tree)
        self.city = tree[CITY]
        self.city.end()
        self.good = self.city.home + ".good"
        copy_home(self.city.home, self.good)
        self.disk = Unreadable(self.city, trees.preloadable(base, os.path.join(args.build, "lib", "io_errors.so")))

    def fresh(self):
        """What it says when all is well."""
        city = self.city
        copy_home(self.good, city.home)
        need(starts(city), "the sound copy does not start")
        trees.wait_until(lambda: all(peer["state"] == "live" for peer in city.status()["peers"]), 60, "the links")
        truth = truth_of(city)
        city.end()
        copy_home(city.home, self.good)
        return truth

    def harm(self, kind, whole, chance):
        """Done to one file of the kind; what was done, and how it was mended."""
        truth = self.fresh()
        paths = files_of(self.city.home)[kind]
        path = chance.choice([p for p in paths if os.path.exists(p)] or paths)
        size = os.path.getsize(path) if os.path.exists(path) else 0
        at = 0 if whole else chance.randrange(max(1, size // SECTOR)) * SECTOR
        documents = chance.sample(list(self.office.acknowledged.values()), 20)
        try:
            how = heals(self.disk, self.city, truth, documents, kind, path, at, 1 << 40 if whole else SECTOR)
        finally:
            self.disk.mend()
            if self.city.process is not None:
                self.city.kill()
        return f"{how}: {kind}: {os.path.basename(path)}, {'all of it' if whole else f'a sector at {at}'}"


def run(args, base, chance):
    tree = trees.Tree(os.path.join(base, "tree"), build=args.build)
    failures, count = [], 0
    try:
        bench = Bench(tree, args, base)
        for kind in KINDS if args.kind is None else [args.kind]:
            for whole in (True, False) if kind in OF_THE_STORE else (True,):
                count += 1
                try:
                    done = bench.harm(kind, whole, chance)
                    if args.verbose:
                        print(done, flush=True)
                except trees.Failed as failed:
                    failures.append(str(failed))
    finally:
        tree.stop()
    return count, failures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--kind", choices=KINDS)
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    args.build = os.path.abspath(args.build)
    with tempfile.TemporaryDirectory(prefix="terrace-unreadable-") as base:
        count, failures = run(args, base, random.Random(args.seed))
    for failure in failures:
        print(f"unreadable: seed {args.seed}: {failure}", file=sys.stderr)
    print(f"unreadable: {count} files and sectors that the disk cannot read any more, {len(failures)} not mended")
    return 1 if failures else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
