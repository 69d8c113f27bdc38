"""archive - a region writes its log into another directory, too. Killed at random under load, with the directory
full, gone and back, and hanging: within ten seconds the archive is the log, byte for byte, and nothing of that
stops or slows a payment. Its disk lost, the region is whole again from an old copy and the archive; put back from an old
copy by hand, it is told that the archive has more. Its store damaged, it takes what it lacks from the archive by itself,
waits while that is not mounted, and waits for a word where the archive has not all of it.

    python3 tests/process/archive.py --build build [--kills 12] [--seed 1] [--only damaged]

The directory is a file system of its own where one can be mounted; else what needs one is left out, and says so.
"""
import argparse
import json
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import node_api  # noqa: E402
import tree as trees  # noqa: E402
from damages import family_of  # noqa: E402
from kill_and_cut import Office  # noqa: E402

ROOT = "540000"
BEGINS = b"terrace blocks 1\n"
LATE_S = 10


def need(holds, what):
    if not holds:
        raise trees.Failed(what)


def records(data):
    """Blocks one behind the other, each with its size in front; what is cut off at the end is none."""
    at, found = 0, []
    while at + 4 <= len(data):
        size = struct.unpack(">I", data[at:at + 4])[0]
        if size == 0 or at + 4 + size > len(data):
            break
        found.append(data[at + 4:at + 4 + size])
        at += 4 + size
    return found


def archived(directory):
    found = []
    for name in sorted(os.listdir(directory)):
        if re.fullmatch(rf"{ROOT}-\d{{10}}-\d{{20}}\.blocks", name):
            with open(os.path.join(directory, name), "rb") as file:
                data = file.read()
            need(data == b"" or data.startswith(BEGINS[:len(data)]), f"{name} is no file of blocks")
            found += records(data[len(BEGINS):])
    return found


def log_of(node):
    answer = node_api.Api(os.path.join(node.home, "terrace.sock")).send("GET", "/blocks", author=ROOT)
    return records(answer.read())


def is_whole(node, directory):
    return archived(directory) == log_of(node)


def within_ten_seconds(node, directory, what):
    trees.wait_within(lambda: is_whole(node, directory), LATE_S, f"the archive to be the log: {what}", step=0.1)


def alarm(node):
    return [row["text"] for row in node.status()["alarms"] if row["code"] == "archive"]


def configure(node, directory):
    """While it does not run."""
    path = os.path.join(node.home, "config.yaml")
    with open(path) as config:
        text, count = re.subn(r'(?m)^#? ?archive: .*$', f'archive: "{directory}"', config.read())
    need(count == 1, f"archive stands {count} times in {path}")
    with open(path, "w") as config:
        config.write(text)


class Disk:
    """A file system of its own, seen at `path`; it can be filled, unmounted and mounted again."""

    def __init__(self, base):
        self.under, self.path = os.path.join(base, "disk"), os.path.join(base, "archive")
        for directory in (self.under, self.path):
            os.makedirs(directory)
        self.mounted = self.mount("-t", "tmpfs", "-o", "size=64m", "tmpfs", self.under) and self.show()

    @staticmethod
    def mount(*args):
        return subprocess.run(["mount", *args], capture_output=True).returncode == 0

    def show(self):
        return self.mount("--bind", self.under, self.path)

    def hide(self):
        subprocess.run(["umount", "-l", self.path], check=True)

    def fill(self):
        with open(os.path.join(self.under, "ballast"), "wb", buffering=0) as file:
            try:
                while file.write(b"\0" * 65536) == 65536:
                    pass
            except OSError:
                pass

    def empty(self):
        os.unlink(os.path.join(self.under, "ballast"))

    def close(self):
        for path in (self.path, self.under):
            subprocess.run(["umount", "-l", path], capture_output=True)


def pays(node, office, what):
    """As always, whatever the archive does."""
    began = time.monotonic()
    office.ensure(office.payments())
    need(time.monotonic() - began < LATE_S, f"a payment took {time.monotonic() - began:.1f} s: {what}")


def killed_at_random(node, office, directory, kills, chance):
    """Under load; the archive ends in the middle of whatever it was writing."""
    for number in range(kills):
        for _ in range(chance.randrange(1, 5)):
            office.ensure(office.payments())
        time.sleep(chance.random())  # the harm itself: some time into the next write
        node.kill()
        if number % 3 == 0:  # as a power cut leaves it: the end of the newest file half written
            newest = os.path.join(directory, sorted(os.listdir(directory))[-1])
            os.truncate(newest, max(0, os.path.getsize(newest) - chance.randrange(0, 200)))
        node.start()
    within_ten_seconds(node, directory, f"{kills} kills")
    need(not alarm(node), f"{alarm(node)}")
    state = node.status()["archive"]
    need(state["behind_entries"] == 0 and state["lsn"] == node.status()["lsn"] and state["fault"] == "", f"{state}")


def full(node, office, disk):
    disk.fill()
    for _ in range(8):
        pays(node, office, "the archive's disk is full")
    text = trees.wait_until(lambda: alarm(node), trees.PATIENCE_S, "an alarm of a full archive")[0]
    need("archive" in text.lower() and "full" in text.lower() or "no space" in text.lower(), text)
    found = [row for row in json.loads(node.run("--json", "doctor", check=False)[1])["rows"]
             if row["check"] == "alarm" and row["what"].startswith("archive ")]
    need(found and found[0]["state"] == "error" and "findmnt" in found[0]["cure"], f"{found}")
    disk.empty()
    within_ten_seconds(node, disk.path, "there is room again")
    trees.wait_until(lambda: not alarm(node), trees.PATIENCE_S, "the alarm to end")


def gone_and_back(node, office, disk):
    """Unmounted: what is written then must not go into the empty directory below."""
    disk.hide()
    pays(node, office, "the archive is not mounted")
    text = trees.wait_until(lambda: alarm(node), trees.PATIENCE_S, "an alarm of an archive that is gone")[0]
    trees.wait_until(lambda: "mount it again" in (alarm(node) or [""])[0], trees.PATIENCE_S, f"its cause: {text}")
    need(os.listdir(disk.path) == [], "an archive was begun where none is mounted")
    node.end()
    node.start()  # also at a start
    pays(node, office, "the archive is not mounted")
    trees.wait_until(lambda: alarm(node), trees.PATIENCE_S, "an alarm after a start")
    need(os.listdir(disk.path) == [], "an archive was begun where none is mounted")
    need(disk.show(), "the disk cannot be mounted again")
    within_ten_seconds(node, disk.path, "it is mounted again")
    trees.wait_until(lambda: not alarm(node), trees.PATIENCE_S, "the alarm to end")


def hangs(base, node, office, directory):
    hang = os.path.join(base, "hang")
    node.end()
    env = dict(node.tree.env)
    node.tree.env.update(LD_PRELOAD=trees.preloadable(base, os.path.join(node.tree.build, "lib", "archive_hang.so")),
                         HANG_FILE=hang, HANG_DIR=directory)
    node.start()
    node.tree.env = env
    within_ten_seconds(node, directory, "before it hangs")
    with open(hang, "w"):
        pass
    for _ in range(5):
        pays(node, office, "the archive hangs")
    text = trees.wait_until(lambda: alarm(node), 60, "an alarm of an archive that hangs")[0]
    need("not answered" in text, text)
    need(node.status()["archive"]["waiting_s"] >= LATE_S, f"{node.status()['archive']}")
    pays(node, office, "the archive hangs")
    began = time.monotonic()
    need(node.end() == 0, "a hanging archive is no failure")
    need(time.monotonic() - began < 3 * LATE_S, f"it took {time.monotonic() - began:.1f} s to stop")
    os.unlink(hang)
    node.start()
    within_ten_seconds(node, directory, "it no longer hangs")


def lost_disk(node, office, directory):
    """An old copy and the archive are the whole log, without anybody else; the archive goes on with it. It is found
    where config.yaml of the copy names it, too."""
    copies = os.path.join(os.path.dirname(directory), "early")
    node.run("backup", copies)
    for options in (("--archive", directory), ()):
        for _ in range(3):
            pays(node, office, "behind the copy")
        within_ten_seconds(node, directory, "before the disk is lost")
        before = node.digest()
        node.kill()
        shutil.rmtree(node.home)
        node.run("restore", copies, *options)
        node.start()
        trees.wait_until(lambda: node.run("digest", check=False)[0] == 0, 2 * trees.PATIENCE_S, "the root to be whole")
        need(node.digest() == before, f"{options}: {node.digest()} instead of {before}")
        pays(node, office, "after the disk was lost")
        within_ten_seconds(node, directory, "after the disk was lost")
        need(node.json("verify", "--deep")["ok"] and not alarm(node), f"{alarm(node)}")
        need(not os.path.isdir(os.path.join(node.home, "import")) or not os.listdir(os.path.join(node.home, "import")),
             "what was imported is left")


def damage(node, step=None, archive=None):
    """The largest table of blocks, in its middle; or each of them, at every `step` bytes. The archive is
    then what `archive` has, (from, to). Found by who reads all."""
    node.end()
    node.start()  # what lay in the write-ahead log alone is in a table from here on
    node.end()
    store = os.path.join(node.home, "store")
    tables = [os.path.join(store, name) for name in os.listdir(store) if name.endswith(".sst")]
    tables = sorted((path for path in tables if family_of(path) == "blocks"), key=os.path.getsize)
    need(tables, "no block lies in a table")
    for path in tables if step else tables[-1:]:
        size = os.path.getsize(path)
        with open(path, "r+b") as file:
            for at in range(100, size * 2 // 3, step) if step else (size // 3,):
                file.seek(at)
                byte = file.read(1)[0]
                file.seek(at)
                file.write(bytes([byte ^ 1]))
    if archive is not None:
        for name in os.listdir(archive[1]):
            os.unlink(os.path.join(archive[1], name))
        shutil.copytree(*archive, dirs_exist_ok=True)
    if os.path.exists(os.path.join(node.home, "heals")):
        os.unlink(os.path.join(node.home, "heals"))  # as if that was long ago
    node.start()
    trees.wait_until(lambda: node.run("--json", "verify", "--deep", check=False)[0] == 4 or
                     any(name.startswith("store.aside-") for name in os.listdir(node.home)),
                     trees.PATIENCE_S, "the damage to be seen")


def fetches(node):
    code, out, _ = node.run("--json", "resync", check=False)
    return json.loads(out) if code in (0, 4) and out else {"state": ""}


def whole_again(node, before, what):
    trees.wait_until(lambda: node.run("digest", check=False)[0] == 0, 2 * trees.PATIENCE_S, f"the root to be whole: {what}")
    need(node.digest() == before, f"{what}: {node.digest()} instead of {before}")
    need(node.json("verify", "--deep")["ok"], f"{what}: it does not verify")


def writes_nothing(node, what):
    answer = node.run("--json", "submit", "-", stdin=b'{"kind":"agency","id":"N1","fiscal_year":2026,'
                      b'"agency_code":"999","agency_name":"x"}\n', check=False)[1]
    need('"accepted"' not in answer, f"{what}: it wrote: {answer}")


def damaged(node, office, directory):
    """A table of its blocks goes bad, and nobody above has them: the archive does."""
    for _ in range(3):
        office.ensure(office.payments())
        node.end()
        node.start()
    within_ten_seconds(node, directory, "before its store is damaged")
    before = node.digest()
    damage(node)
    whole_again(node, before, "its archive is there")
    pays(node, office, "after its store was damaged")
    within_ten_seconds(node, directory, "after its store was damaged")

    before, away = node.digest(), directory + ".away"
    kept = {name: os.path.join(directory, name) for name in os.listdir(directory)}
    os.makedirs(away)
    for name, path in kept.items():  # as where it is not mounted
        shutil.move(path, os.path.join(away, name))
    damage(node)
    told = trees.wait_until(lambda: fetches(node).get("archive_fault"), trees.PATIENCE_S, "a word of the archive")
    need(directory in told and "mount" in told, told)
    writes_nothing(node, "its archive is away")
    need(node.run("digest", check=False)[0] == 4, "it is whole without its archive")
    for name, path in kept.items():
        shutil.move(os.path.join(away, name), path)
    whole_again(node, before, "its archive is back")

    shutil.rmtree(away)
    within_ten_seconds(node, directory, "before a copy of the archive")
    shutil.copytree(directory, away)
    early, lsn = node.digest(), node.status()["lsn"]
    for _ in range(2):
        pays(node, office, "which the copy of the archive lacks")
        node.end()
        node.start()
    within_ten_seconds(node, directory, "beyond the copy")
    lost = node.status()["lsn"]
    damage(node, step=64, archive=(away, directory))
    said = trees.wait_until(lambda: (lambda view: view if view["state"] == "waiting" and view["lsn"] == lsn else None)
                            (fetches(node)), 2 * trees.PATIENCE_S, "the root to wait for a word")
    need(f"entry {lost}" in said["why"] and not said["archive_fault"], f"{said}")
    writes_nothing(node, "nobody has what it lost")
    code, out, err = node.run("resync", "--without", ROOT, check=False)
    need(code == 4 and "waited for" in out, f"a word is refused: {code}: {out}{err}")  # 4: its figures are not whole
    whole_again(node, early, "without what nobody has")
    for ident in [ident for ident in office.acknowledged if ident.startswith("P")]:
        office.acknowledged.pop(ident)
    pays(node, office, "after a loss")
    within_ten_seconds(node, directory, "after a loss")
    shutil.rmtree(away)


def ahead(base, node, office, directory):
    """A home put back by hand: what the archive has and the log has not is told, and nothing is written."""
    node.end()
    shutil.copytree(node.home, node.home + ".old")
    node.start()
    pays(node, office, "before an old copy")
    within_ten_seconds(node, directory, "before an old copy")
    node.end()
    there = archived(directory)
    shutil.rmtree(node.home)
    shutil.copytree(node.home + ".old", node.home)
    node.start()
    text = trees.wait_until(lambda: alarm(node), trees.PATIENCE_S, "an alarm of an archive that has more")[0]
    need("what is missing here is there" in text, text)
    need(archived(directory) == there, "the archive of a longer log was written to")
    node.end()


def restored_with_it(base, node, directory):
    """Its blocks go along with a copy, as they stand."""
    node.start()
    node.run("backup", os.path.join(base, "copies"))
    home = os.path.join(base, "restored")
    done = node.json("restore", os.path.join(base, "copies"), "--home", home, "--archive", directory)
    names = [name for name in os.listdir(directory) if name.endswith(".blocks")]
    need(done["archive_files"] == len(names) > 0, f"{done} {names}")
    need(archived(os.path.join(home, "import")) == archived(directory), "the blocks taken along differ")


def prove(base, build, kills, seed, only=None):
    disk = Disk(base)
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    try:
        node = tree.init_root(ROOT, "西藏自治区")
        office = Office(node, seed)
        office.prepare()
        node.end()
        configure(node, disk.path)  # of a log that is there already
        node.start()
        within_ten_seconds(node, disk.path, "its beginning")
        need(not [row for row in json.loads(node.run("--json", "doctor", check=False)[1])["rows"]
                  if row["check"] == "backup" and row["state"] == "error"], "an archive is not enough for the root")
        if only is not None:
            globals()[only](node, office, disk.path)
            return
        killed_at_random(node, office, disk.path, kills, random.Random(seed))
        if disk.mounted:
            full(node, office, disk)
            gone_and_back(node, office, disk)
        else:
            print("archive: no file system can be mounted: neither full nor gone")
        hangs(base, node, office, disk.path)
        lost_disk(node, office, disk.path)
        damaged(node, office, disk.path)
        ahead(base, node, office, disk.path)
        restored_with_it(base, node, disk.path)
    except trees.Failed:
        print(tree.nodes[ROOT].log_tail(2000) if ROOT in tree.nodes else "", file=sys.stderr)
        raise
    finally:
        tree.stop()
        disk.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="damaged, lost_disk: this story alone")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terrace-archive-") as base:
        try:
            prove(base, os.path.abspath(options.build), options.kills, options.seed,
                  options.only)
        except trees.Failed as failed:
            sys.exit(f"archive: {failed}")


if __name__ == "__main__":
    main()
