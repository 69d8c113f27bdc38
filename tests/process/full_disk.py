"""full_disk - the disk of a city's home is filled up, for real, as a tmpfs and as an ext4 on a loop device: while it
works, while it writes its tables out, while it is copied, before it starts, before its damaged store is made anew,
while it fetches its log from its parent, and while a file of blocks is taken in. New business is refused before the
floor, the process is never ended by a signal, nothing that was acknowledged is lost, and it goes on when there is
room again. So does the root whose archive's disk is full.

    python3 tests/process/full_disk.py --build build [--disk tmpfs|ext4] [--only NAME]
"""
import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "scripts", "lib"))
import shares  # noqa: E402
import tree as trees  # noqa: E402
import archive  # noqa: E402
from healing import damage_list  # noqa: E402
from kill_and_cut import Office, balance, paid_for  # noqa: E402

ROOT, CITY = "540000", "540100"
SKIPPED = 77  # for CTest: a test that could not run has not passed
MIB = 1 << 20
DISK, FLOOR, ROOM = 400 * MIB, 150 * MIB, 300 * MIB
RESERVE = 96 * MIB  # node/store/rocks_open.c: below it no commit is begun


def need(holds, what):
    if not holds:
        raise trees.Failed(what)


class Disk:
    """A file system of its own at `path`, of which as much is free as somebody says."""

    def __init__(self, base, kind):
        self.kind, self.path, self.image = kind, os.path.join(base, kind), os.path.join(base, kind + ".image")
        os.makedirs(self.path)
        if kind == "tmpfs":
            how = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", self.path]
        else:
            with open(self.image, "wb") as image:
                image.truncate(DISK)
            subprocess.run(["mkfs.ext4", "-q", "-m", "0", self.image], check=True)
            how = ["mount", "-o", "loop", self.image, self.path]
        done = subprocess.run(how, capture_output=True, text=True)
        self.mounted, self.why = done.returncode == 0, done.stderr.strip()
        self.ballast = os.path.join(self.path, "ballast")

    def free(self):
        space = os.statvfs(self.path)
        return space.f_bavail * space.f_frsize

    def leave(self, size):
        """So many bytes are free from now on, and at no moment more; 0: not one."""
        with open(self.ballast, "ab", buffering=0) as file:
            more = self.free() - size
            if more < 0:
                file.truncate(max(os.path.getsize(self.ballast) + more, 0))
            elif more > MIB:
                os.posix_fallocate(file.fileno(), os.path.getsize(self.ballast),
                                   more - (MIB if size == 0 else 0))  # which is written to the last byte
            try:
                while size == 0 and file.write(b"\0" * 4096) == 4096:
                    pass
            except OSError:
                pass

    def fill(self):
        self.leave(0)

    def empty(self):
        if os.path.exists(self.ballast):
            os.unlink(self.ballast)

    def close(self):
        if self.mounted:
            subprocess.run(["umount", "-l", self.path], check=True)


# --- what a node does ---

def lives(node):
    code = node.process.poll()
    need(code is None or code == 5, f"it ended with {code}:\n{node.log_tail()}")
    return code is None


def starts(node):
    """False: it ended with 5, and said why."""
    try:
        node.start()
        return True
    except trees.Failed:
        need(node.process.poll() == 5, f"it ended with {node.process.poll()}:\n{node.log_tail()}")
        node.process = None
        return False


def alarmed(node):
    return "disk_full" in [alarm["code"] for alarm in node.status()["alarms"]]


def goes_on(node, office, what):
    """There is room: it takes business, by itself or once it is started again, as a manager does."""
    def well():
        if not lives(node):
            node.process = None
            node.start()
        office.fault = None
        office.submit(list(office.waiting.values()) or office.payments())
        return (not office.waiting and not alarmed(node) and office.fault is None
                and not os.path.exists(os.path.join(node.home, "resync")))
    trees.wait_until(well, 60, f"{what}: to go on", step=0.2)


def all_is_there(tree, node, office, what):
    """Whatever was acknowledged is there once, at both ends."""
    tree.wait_equal_digests()
    lines = office.submit_again()
    need(all(line["status"] == "exists" for line in lines), f"{what}: something acknowledged is gone")
    want = sum(int(d["pay_app_amt"].replace(".", "")) for d in office.acknowledged.values() if d["kind"] == "payment")
    for each in tree.nodes.values():
        need(paid_for(each, CITY) == want, f"{what}: {each.division}: {paid_for(each, CITY)} fen, {want} acknowledged")
        need(each.run("verify", "--deep", check=False)[0] == 0, f"{what}: {each.division} is not sound")


def refused(node, office):
    """Posts until one is refused for want of room; what was taken before counts as acknowledged."""
    def said():
        lines = node.submit_lines(office.payments()[:1])
        need(lines, "no answer")
        if lines[0]["status"] == "accepted":
            return False
        need(lines[0].get("reason") == "disk_full", f"{lines[0]}")
        return True
    trees.wait_until(said, 30, "a refusal for want of room", step=0.2)


# --- the stories ---

class Stories:
    def __init__(self, tree, disk, base):
        self.tree, self.disk, self.base = tree, disk, base
        self.root, self.city = tree[ROOT], tree[CITY]
        self.office, self.above = Office(self.city, 1), Office(self.root, 2)
        self.office.prepare()
        self.above.prepare()
        self.above.below = [self.office]

    def below_the_floor(self):
        """Business is refused, reads go on, and what the parent sends waits with it."""
        city = self.city
        self.disk.leave(FLOOR - MIB)
        trees.wait_until(lambda: alarmed(city), 30, "an alarm of a full disk")
        waiting = self.office.payments()
        lines = city.submit_lines(waiting)
        need({line.get("reason") for line in lines} == {"disk_full"}, f"{lines[:2]}")
        self.above.ensure(self.above.transfers())
        for args in (("balance",), ("verify", "--deep"), ("get", "A1"), ("pending",)):
            need(city.run(*args, check=False)[0] == 0, f"{args} is not answered")
        need(balance(city, CITY, "TRANSIT") == balance(self.root, CITY, "TRANSIT"), "a transfer came in")
        code, out, _ = city.run("--json", "doctor", check=False)
        found = [row for row in json.loads(out)["rows"] if row["check"] == "disk"]
        need(code == 1 and "df -h" in found[0]["cure"], f"{found}")
        self.disk.empty()

    def to_the_last_byte(self):
        """Filled at once while documents come: what was begun waits, and nothing is said that is not so."""
        city = self.city
        for _ in range(4):
            self.office.submit(self.office.payments())
        self.disk.fill()
        self.office.submit(self.office.payments())
        lives(city)
        self.disk.leave(RESERVE // 2)
        self.office.submit(list(self.office.waiting.values()))
        lives(city)
        self.disk.empty()

    def while_tables_are_written(self):
        """A copy writes tables out first: on a disk without room, and then with it."""
        city, copies = self.city, os.path.join(self.base, "copies." + self.disk.kind)
        for _ in range(8):
            self.office.submit(self.office.payments())
        self.disk.fill()
        code, out, _ = city.run("--json", "backup", copies, check=False)
        need(code != 0 and "error" in json.loads(out), f"a copy was made of a full disk: {code} {out}")
        lives(city)
        self.office.submit(self.office.payments())
        lives(city)
        self.disk.empty()
        goes_on(city, self.office, "tables")
        trees.wait_until(lambda: city.run("backup", copies, check=False)[0] == 0, 60, "a copy, with room", step=0.5)

    def where_the_copy_goes(self):
        """The copy's disk is full: none is left half made."""
        copies = os.path.join(self.disk.path, "copies")
        self.disk.fill()
        code, out, _ = self.root.run("--json", "backup", copies, check=False)
        need(code != 0 and json.loads(out)["error"]["message"], f"{code} {out}")
        left = os.listdir(copies) if os.path.isdir(copies) else []
        need(left == [], f"something was left: {left}")
        self.disk.empty()
        self.root.run("backup", copies)
        shutil.rmtree(copies)

    def before_it_starts(self):
        city = self.city
        need(city.kill() == -9, "it was killed")
        self.disk.fill()
        need(not starts(city), "it starts without room to recover")
        code, out, _ = city.run("--lang", "en", "doctor", check=False)
        need(code == 1 and ("df -h" in out or "Free some space" in out), f"doctor: {out}")
        self.disk.empty()
        city.start()

    def before_it_is_made_anew(self):
        """A damaged store, and no room for another one."""
        city = self.city
        city.end()
        damage_list(city)
        self.disk.leave(FLOOR - MIB)
        need(not starts(city), "it starts")
        need("Free some space on that disk" in city.log_tail(), f"no word of room:\n{city.log_tail()}")
        self.disk.fill()
        need(not starts(city), "it starts")
        self.disk.empty()
        city.start()

    def while_it_fetches_its_log(self):
        city = self.city
        city.end()
        shutil.rmtree(os.path.join(city.home, "store"))
        for name in os.listdir(city.home):
            if name.startswith("store.aside-"):
                shutil.rmtree(os.path.join(city.home, name))
        open(os.path.join(city.home, "heals"), "w").close()
        self.root.end()
        city.start()  # an empty store, and nobody who has the log
        self.disk.fill()
        self.root.start()
        trees.wait_until(lambda: not lives(city) or self.heard(city), 60, "it to hear of its parent")
        self.disk.leave(RESERVE // 2)
        need(not lives(city) or os.path.exists(os.path.join(city.home, "resync")), "it has fetched its log to no room")
        self.disk.empty()

    def heard(self, node):
        return any(peer["state"] in ("live", "catching_up", "greeting") for peer in node.status()["peers"])

    def while_blocks_are_taken_in(self):
        """A store that is whole but for its list: its blocks come from a file."""
        city = self.city
        city.end()
        open(os.path.join(city.home, "heals"), "w").close()
        damage_list(city)
        self.root.end()
        city.start()
        self.disk.fill()
        trees.wait_until(lambda: not lives(city) or city.run("status", check=False)[0] in (0, 4), 30, "an answer")
        self.root.start()
        self.disk.empty()

    def of_the_archive(self):
        root = self.root
        place = os.path.join(self.disk.path, "archive")
        os.makedirs(place)
        root.end()
        archive.configure(root, place)
        root.start()
        archive.within_ten_seconds(root, place, "at first")

        class There(Disk):
            def __init__(self, disk):
                self.__dict__.update(disk.__dict__, path=place)
        archive.full(root, self.above, There(self.disk))


NAMES = ["below_the_floor", "to_the_last_byte", "while_tables_are_written", "where_the_copy_goes", "before_it_starts",
         "before_it_is_made_anew", "while_it_fetches_its_log", "while_blocks_are_taken_in", "of_the_archive"]


def set_floor(node):
    path = os.path.join(node.home, "config.yaml")
    with open(path) as config:
        text, count = re.subn(r"(?m)^#? ?disk_floor_bytes:.*$", f"disk_floor_bytes: {FLOOR}", config.read())
    need(count == 1, f"disk_floor_bytes stands {count} times in {path}")
    with open(path, "w") as config:
        config.write(text)


def play(args, base, kind):
    """None where such a disk cannot be had."""
    disk = Disk(base, kind)
    if not disk.mounted:
        print(f"full_disk: {kind}: skipped, it cannot be mounted: {disk.why}")
        return None
    tree = trees.Tree(os.path.join(base, "tree." + kind), build=args.build)
    try:
        tree.init_root(ROOT, "西藏自治区")
        tree.join(ROOT, CITY, "拉萨市")
        city = tree[CITY]
        city.end()
        there = os.path.join(disk.path, CITY)
        shutil.copytree(city.home, there, ignore=shutil.ignore_patterns("terrace.sock"))
        city.home = there
        set_floor(city)
        city.start()
        stories = Stories(tree, disk, base)
        for name in NAMES if args.only is None else [args.only]:
            getattr(stories, name)()
            goes_on(city, stories.office, name)
            all_is_there(tree, city, stories.office, name)
            print(f"full_disk: {kind}: {name}", flush=True)
        return len(stories.office.acknowledged)
    finally:
        disk.empty()
        tree.stop()
        disk.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    parser.add_argument("--disk", choices=("tmpfs", "ext4"), action="append")
    parser.add_argument("--only", choices=NAMES)
    args = parser.parse_args()
    args.build = os.path.abspath(args.build)
    share = 1 if "TERRACE_COMMIT" in os.environ else 2  # in scripts/test one, which the commit chooses
    with tempfile.TemporaryDirectory(prefix="terrace-full-disk-") as base:
        try:
            done = [play(args, base, kind) for kind in args.disk or shares.chosen(("tmpfs", "ext4"), share)]
        except trees.Failed as failed:
            print(f"full_disk: {failed}", file=sys.stderr)
            return 1
    if all(count is None for count in done):
        return SKIPPED
    print(f"full_disk: {sum(count or 0 for count in done)} documents acknowledged, none lost")
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
