"""powercut - a real daemon loses its power again and again, just before or just behind a sync of
its log under load; its store is then cut to what was synced and a part of the rest. And a sync
fails: the daemon says so and ends with 5, having acknowledged nothing of it. Whatever was
acknowledged, to a client or to the parent, must be there; with a sync that lies it must not be, or
the test sees nothing.

    python3 tests/process/powercut.py --build build [--rounds 12] [--seed 1]
"""
import argparse
import os
import random
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
from kill_and_cut import Office, paid_for  # noqa: E402

ROOT, CITY = "540000", "540100"
START_SYNCS = 6  # of the log, at most, before a started node answers
SYNCS_MAX = 40
CUTS_MORE_MAX = 20
APPENDED = (".log", ".sst")  # and MANIFEST; CURRENT, IDENTITY and OPTIONS are renamed into place


class Power:
    """The power supply of one node: its shim, and what a cut leaves of its store."""

    def __init__(self, node, shim, chance, lie=False):
        self.node, self.chance = node, chance
        self.store = os.path.join(node.home, "store")
        self.notes = node.home + ".notes"
        self.env = dict(LD_PRELOAD=shim, POWERCUT_UNDER=self.store, POWERCUT_NOTES=self.notes)
        if lie:
            self.env["POWERCUT_LIE"] = "1"
        self.cut_bytes = self.cut_files = 0

    def files(self):
        """(name, inode, length) of what is written at its end only; nothing where no store is yet."""
        for name in sorted(os.listdir(self.store)) if os.path.isdir(self.store) else ():
            if name.endswith(APPENDED) or name.startswith("MANIFEST-"):
                stat = os.stat(os.path.join(self.store, name))
                yield name, stat.st_ino, stat.st_size

    def start(self, cut_at=0, fail_at=0):
        """All that is there now is on the disk: who wrote it ended a cut or a sync ago."""
        with open(self.notes, "w") as notes:
            for _, inode, size in self.files():
                notes.write(f"sync {inode} {size}\nname {inode}\n")
        self.node.daemon_env = dict(self.env, POWERCUT_AT=str(cut_at), POWERCUT_EIO=str(fail_at))
        self.node.start()

    def synced(self):
        lengths, named = {}, set()
        with open(self.notes) as notes:
            for line in notes:
                what, inode, *length = line.split()
                if what == "sync":
                    lengths[int(inode)] = int(length[0])
                else:
                    named.add(int(inode))
        return lengths, named

    def cut(self):
        self.node.kill()
        lengths, named = self.synced()
        for name, inode, size in list(self.files()):
            path = os.path.join(self.store, name)
            kept = min(lengths.get(inode, 0), size)
            if inode not in named and kept == 0 and self.chance.random() < 0.5:
                os.unlink(path)
                self.cut_files += 1
            elif kept < size:
                left = kept + self.chance.randrange(size - kept + 1)
                os.truncate(path, left)
                self.cut_bytes += size - left


def lost(office):
    """How many acknowledged documents are not there any more."""
    return sum(line["status"] != "exists" for line in office.submit_again())


def alarms(tree, *codes):
    return [f"{node.division}: {alarm['code']}: {alarm['text']}" for node in tree.nodes.values()
            for alarm in node.status()["alarms"] if alarm["code"] in codes]


def load_until_end(power, office):
    """Submits until the daemon has ended; its exit code."""
    node = power.node
    for _ in range(SYNCS_MAX * 4):
        if node.process.poll() is not None:
            break
        office.submit(list(office.waiting.values()) or office.payments())
    else:
        raise trees.Failed(f"{SYNCS_MAX * 4} posts were answered without {SYNCS_MAX} syncs")
    code, node.process = node.process.wait(), None
    return code


def lose_power(power, office):
    power.start(cut_at=power.chance.randrange(START_SYNCS, SYNCS_MAX))
    load_until_end(power, office)
    power.cut()


def play(power, office, rounds):
    office.prepare()
    power.node.end()
    for _ in range(rounds):
        lose_power(power, office)
        power.start(fail_at=power.chance.randrange(START_SYNCS, SYNCS_MAX))
        code = load_until_end(power, office)
        if code != 5 or "Input/output error" not in power.node.log_tail():
            raise trees.Failed(f"a sync failed and the daemon ended with {code}:\n"
                               + power.node.log_tail())
    for _ in range(CUTS_MORE_MAX):  # just behind a sync there may be nothing that a cut can take
        if power.cut_bytes > 0:
            break
        lose_power(power, office)
    power.start()
    office.ensure(list(office.waiting.values()))


def prove(base, build, shim, rounds, seed):
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    try:
        tree.init_root(ROOT, "西藏自治区")
        city, _ = tree.join(ROOT, CITY, "拉萨市")
        power = Power(city, shim, random.Random(seed))
        office = Office(city, seed)
        play(power, office, rounds)
        tree.wait_equal_digests()
        gone, said = lost(office), alarms(tree, "lost_tail", "fork", "corrupt")
        if gone or said:
            raise trees.Failed(f"{gone} of {len(office.acknowledged)} acknowledged documents are "
                               f"gone; {said}")
        want = sum(int(d["pay_app_amt"].replace(".", "")) for d in office.acknowledged.values()
                   if d["kind"] == "payment")
        for node in tree.nodes.values():
            if paid_for(node, CITY) != want:
                raise trees.Failed(f"{node.division}: {paid_for(node, CITY)} fen committed, {want} "
                                   "acknowledged")
            node.run("verify", "--deep")
        if power.cut_bytes == 0:
            raise trees.Failed("no cut took anything: the shim is not at work")
        return len(office.acknowledged), power
    finally:
        tree.stop()


def control(base, build, shim, seed):
    """Under a sync that lies a cut must lose what was acknowledged, or keep the store shut."""
    tree = trees.Tree(os.path.join(base, "lie"), build=build)
    try:
        city = tree.init_root(ROOT, "西藏自治区")
        power = Power(city, shim, random.Random(seed), lie=True)
        office = Office(city, seed)
        office.prepare()
        city.end()
        power.start()
        for _ in range(20):
            office.submit(office.payments())
        power.cut()
        try:
            power.start()
        except trees.Failed:
            city.process = None
            return "would not open"
        gone = lost(office)
        if gone == 0:
            raise trees.Failed("a sync that lies lost nothing: the test cannot see a loss")
        return f"lost {gone}"
    finally:
        tree.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terrace-powercut-") as base:
        try:
            shim = trees.preloadable(base, os.path.join(args.build, "bin", "powercut.so"))
            lied = control(base, args.build, shim, args.seed)
            count, power = prove(base, args.build, shim, args.rounds, args.seed)
        except trees.Failed as failed:
            print(f"powercut: seed {args.seed}: {failed}", file=sys.stderr)
            return 1
    print(f"powercut: seed {args.seed}: {args.rounds} failed syncs, {args.rounds} cuts took "
          f"{power.cut_bytes} unsynced bytes and {power.cut_files} files; {count} documents "
          f"acknowledged, none lost (a sync that lies: {lied})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
