"""backup - a copy of a running node, and a home made of it: what is refused, and by which name; that a copy is
what the node was, byte for byte; that one which was torn, altered or not finished makes no home.

    python3 tests/process/backup.py --build build
"""
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import node_api  # noqa: E402
import tree as trees  # noqa: E402
from kill_and_cut import Office  # noqa: E402

ROOT, CITY = "540000", "540100"


def need(holds, what):
    if not holds:
        raise trees.Failed(what)


def fails(node, code, word, *args):
    """It ends with this code and names this reason; what it said."""
    got, out, err = node.run("--json", *args, check=False)
    error = json.loads(out)["error"]
    need(got == code and error["code"] == word, f"{args}: exit {got}, {error}, expected {code} {word}: {err}")
    return error["message"]


def files_of(base):
    """Path, mode and bytes of every file below."""
    found = {}
    for directory, _, names in os.walk(base):
        for name in names:
            path = os.path.join(directory, name)
            if stat.S_ISREG(os.lstat(path).st_mode):
                with open(path, "rb") as file:
                    found[os.path.relpath(path, base)] = (os.stat(path).st_mode & 0o777, file.read())
    return found


def doctor(node, check):
    rows = json.loads(node.run("--json", "doctor", check=False)[1])["rows"]
    return [row for row in rows if row["check"] == check]


def no_room(base, node):
    """On a disk that is too small; None where none can be made."""
    disk = os.path.join(base, "small")
    os.makedirs(disk)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True).returncode != 0:
        return
    try:
        message = fails(node, 1, "backup_no_room", "backup", os.path.join(disk, "copies"))
        need("MiB" in message and os.listdir(os.path.join(disk, "copies")) == [], f"{message}")
    finally:
        subprocess.run(["umount", disk], check=True)


def what_is_refused(base, root, city):
    copies = os.path.join(base, "copies")
    fails(root, 2, "backup_not_absolute", "backup", "copies")
    fails(root, 1, "backup_inside_home", "backup", os.path.join(root.home, "copies"))
    need(not os.path.exists(os.path.join(root.home, "copies")), "a refused directory was left in the home")
    fails(root, 1, "backup_not_made", "backup", os.path.join(base, "no", "such", "copies"))
    file = os.path.join(base, "file")
    with open(file, "w"):
        fails(root, 1, "backup_not_made", "backup", file)
    fails(root, 2, "usage", "backup", copies, "--keep", "many")
    no_room(base, root)
    city.run("backup", os.path.join(base, "city"))
    fails(root, 1, "backup_of_another", "backup", os.path.join(base, "city"))
    fails(root, 1, "no_copies", "restore", base + "/none", "--home", base + "/other")


def a_copy_is_the_node(base, root):
    """Nothing changes between the copy and its being looked at."""
    need(doctor(root, "backup")[0]["state"] == "error", "a root without a copy is no error")
    need(root.status()["backup"] is None, "a copy is known before there was one")
    made = root.json("backup", os.path.join(base, "copies"))
    copy = made["copy"]
    need(made["verified_from"] == 1 and made["lsn"] == root.status()["lsn"], f"{made}")
    need(made["digest"] == root.digest()["digest"], f"{made} {root.digest()}")
    need(not os.path.exists(os.path.join(root.home, "checkpoint")), "the checkpoint is left in the home")
    need(doctor(root, "backup")[0]["state"] == "ok", f"{doctor(root, 'backup')}")
    told = root.status()["backup"]
    need(told["directory"] == copy and told["lsn"] == made["lsn"], f"{told}")
    copied, home = files_of(copy), files_of(root.home)
    for path in ("config.yaml", "grants", "begun", "keys/identity.key", "keys/curve.key", "tls/cert.pem",
                 "tls/key.pem", "hooks/alarm", "hooks/lib/words"):
        need(copied[path] == home[path], f"{path} differs in the copy")
    need("keys/trust.key" in home and "keys/trust.key" not in copied, "the trust key is in the copy")
    for path in ("lock", "terrace.sock", "ended", "backed_up"):
        need(path not in copied, f"{path} is in the copy")
    return copy, made


def restored_is_the_copy(base, root, copy, made):
    home = os.path.join(base, "restored")
    fails(root, 1, "home_in_use", "restore", copy)
    os.makedirs(home)
    with open(os.path.join(home, "config.yaml"), "w"):
        message = fails(root, 1, "home_not_empty", "restore", copy, "--home", home)
    need(f"mv {home} {home}.old" in message, message)
    os.unlink(os.path.join(home, "config.yaml"))
    done = root.json("restore", os.path.dirname(copy), "--home", home)
    need(done["copy"] == copy and done["lsn"] == made["lsn"], f"{done}")
    there, copied = files_of(home), files_of(copy)
    with open(os.path.join(home, "resync"), "rb") as note:
        need(note.read().startswith(b"resync_restored\x1fwhen="), "the note says nothing")
    del there["resync"], copied["MANIFEST"]
    need(there == copied, f"the home differs from the copy: {sorted(set(there) ^ set(copied))}")
    need(not os.path.exists(home + ".restoring"), "what was built aside is left")
    place = subprocess.run([root.tree.bin("terraced"), "--home", home, "--position"], capture_output=True, text=True)
    need(place.stdout.split() == [str(made["lsn"]), made["hash"]], f"{place}")
    shutil.rmtree(home)


def no_home_of_a_bad_copy(base, root, copy):
    """One bit of any file; a file cut, or gone; the manifest gone; bytes more."""
    bad, home = os.path.join(base, "bad"), os.path.join(base, "never")

    def refused(what, code=4, word="copy_not_sound"):
        fails(root, code, word, "restore", bad, "--home", home)
        need(not os.path.exists(home) and not os.path.exists(home + ".restoring"), f"{what}: something was written")

    paths = sorted(files_of(copy))
    for number, path in enumerate(paths):
        size = os.path.getsize(os.path.join(copy, path))
        for harm in ("flip", "cut", "gone", "more"):
            shutil.rmtree(bad, ignore_errors=True)
            shutil.copytree(copy, bad)
            place = os.path.join(bad, path)
            if harm == "gone":
                os.unlink(place)
            elif harm == "cut" and size > 0:
                os.truncate(place, size - 1)
            elif harm == "flip" and size > 0:
                with open(place, "r+b") as file:
                    file.seek(number * 7919 % size)
                    byte = file.read(1)[0]
                    file.seek(-1, os.SEEK_CUR)
                    file.write(bytes([byte ^ 1 << number % 8]))
            elif harm == "more":
                with open(place, "ab") as file:
                    file.write(b"x")
            else:
                continue
            if (path, harm) == ("MANIFEST", "gone"):
                refused(f"{path} {harm}", 1, "no_copies")
            else:
                refused(f"{path} {harm}")
    shutil.rmtree(bad)


def kill_one(base, root, copies):
    """Ends a backup while its files are being written, before its manifest is there."""
    before = set(os.listdir(copies))

    def new():
        return set(os.listdir(copies)) - before

    def killed():
        process = subprocess.Popen([root.tree.bin("terrace"), "--home", root.home, "backup", copies],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=root.tree.env)
        while process.poll() is None and not any(os.path.exists(os.path.join(copies, name, "store")) for name in new()):
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        process.wait()
        cut_off = [name for name in new() if not os.path.exists(os.path.join(copies, name, "MANIFEST"))]
        return cut_off[0] if cut_off else None
    return trees.wait_until(killed, trees.PATIENCE_S, "a backup to be cut off")


def what_changes_is_not_copied(base, root):
    """Keys that change between the checkpoint and their copy would open nothing: three tries, and then it says so."""
    copies, path, over = os.path.join(base, "copies"), os.path.join(root.home, "hooks", "lib", "words"), threading.Event()
    before = sorted(os.listdir(copies))

    def change():
        number = 0
        while not over.wait(0.002):
            number += 1
            with open(path + ".new", "w") as file:
                file.write(f"{number}\n")
            os.rename(path + ".new", path)
    changing = threading.Thread(target=change)
    changing.start()
    try:
        fails(root, 1, "backup_keys_change", "backup", copies)
    finally:
        over.set()
        changing.join()
    need(sorted(os.listdir(copies)) == before, f"{os.listdir(copies)} instead of {before}")
    need(not os.path.exists(os.path.join(root.home, "checkpoint")), "the checkpoint is left in the home")


def what_was_cut_off_is_none(base, root, copy):
    copies = os.path.dirname(copy)
    left = kill_one(base, root, copies)
    need(os.path.exists(os.path.join(root.home, "checkpoint")), "a killed backup took its checkpoint along")
    root.end()
    root.start()
    need(not os.path.exists(os.path.join(root.home, "checkpoint")), "a start leaves what a killed backup left")
    home = os.path.join(base, "restored")
    fails(root, 1, "no_copies", "restore", os.path.join(copies, left), "--home", home)
    code, out, err = root.run("--json", "restore", copies, "--home", home)
    need(os.path.basename(json.loads(out)["copy"]) != left and left in err, f"{out} {err}")
    shutil.rmtree(home)
    kept = [name for name in sorted(os.listdir(copies)) if name != left]
    made = root.json("backup", copies, "--keep", "2")
    newest = os.path.basename(made["copy"])
    need(sorted(os.listdir(copies)) == [kept[-1], newest], f"{os.listdir(copies)} of {kept}, {newest}")
    need(left in made["removed"], f"{made}")
    at = kept[-1].split("-")[1]
    when = f"{at[:4]}-{at[4:6]}-{at[6:8]}T{at[9:11]}:{at[11:13]}:{at[13:15]}Z"
    done = root.json("restore", copies, "--home", home, "--at", when)
    need(os.path.basename(done["copy"]) == kept[-1], f"{done}")
    shutil.rmtree(home)
    fails(root, 1, "no_copies", "restore", copies, "--home", home, "--at", "2020-01-01")
    fails(root, 2, "usage", "restore", copies, "--home", home, "--at", "17")


def put_back(node, copies):
    """The newest copy in the place of the home, and a start, until it is whole."""
    node.end()
    os.rename(node.home, f"{node.home}.{time.monotonic_ns()}")
    node.run("restore", copies)
    node.start()
    trees.wait_until(lambda: node.run("digest", check=False)[0] == 0, 2 * trees.PATIENCE_S,
                     f"{node.division} to be whole again")


def restored_late(base, tree, city):
    """One document late, and many: what came after the copy comes back from above, once, and the city goes on."""
    office, copies = Office(city, 2), os.path.join(base, "city")
    office.prepare()
    for batches in (0, 12):
        city.run("backup", copies, "--keep", "1")
        office.ensure(office.payments()[:1])
        for _ in range(batches):
            office.ensure(office.payments())
        tree.wait_equal_digests()
        before = city.digest()
        put_back(city, copies)
        need(city.digest() == before, f"{city.digest()} instead of {before}")
        taken = list(office.acknowledged.values())
        answers = [json.loads(line)["status"] for line in city.run(
            "submit", "-", stdin="\n".join(json.dumps(d, ensure_ascii=False) for d in taken).encode())[1].splitlines()]
        need(answers == ["exists"] * len(taken), f"{len(taken)} documents: {set(answers)}")
        office.ensure(office.payments())
        tree.wait_equal_digests()
        need(city.json("verify", "--deep")["ok"], "it does not verify")
        need(not [a for a in city.status()["alarms"] if a["code"] in ("fork", "lost_tail")], f"{city.status()['alarms']}")


def key_of(home):
    with open(os.path.join(home, "keys", "identity.key"), "rb") as file:
        return file.read()


def restored_with_a_wish(base, tree, root, city):
    """The copy was taken while other keys were asked for. They are granted, and whoever has the copy has them: the
    home that was made of it asks for keys of its own once more, and writes under those alone."""
    copies = os.path.join(base, "wish")
    before = key_of(city.home)
    root.end()
    city.run("rotate")
    city.run("backup", copies)
    root.start()
    trees.wait_until(lambda: city.status()["rotation"] is None and key_of(city.home) != before, trees.PATIENCE_S,
                     "the wish to be granted")
    wished, epoch = key_of(city.home), city.status()["epoch"]
    tree.wait_equal_digests()
    put_back(city, copies)
    need(city.status()["epoch"] == epoch + 1, f"epoch {city.status()['epoch']} behind {epoch}")
    need(key_of(city.home) != wished, "it goes on under keys that the copy has, too")
    need(not os.path.exists(os.path.join(city.home, "keys", "next")), "keys of the copy are left")
    office = Office(city, 3)
    office.number = 100000
    office.ensure(office.payments())
    tree.wait_equal_digests()


def one_at_a_time(base, root):
    """A second one would take the first one's checkpoint away: it is refused, as is its end, until the first one ends."""
    copies = os.path.join(base, "copies")
    api = node_api.Api(os.path.join(root.home, "terrace.sock"))
    held = api.post("/backup", {})["checkpoint"]
    message = fails(root, 1, "refused", "backup", copies)
    need("Another backup" in message, message)
    need(os.path.isdir(os.path.join(held, "store")), "the refused one took the checkpoint of the first one away")
    api.post("/backup", {})  # of the same process: begun anew
    asks = ("import sys; sys.path.insert(0, sys.argv[1]); import node_api\n"
            "node_api.Api(sys.argv[2]).post(sys.argv[3], {})")
    for path, refused in (("/backup/end", True), ("/backup", True)):
        done = subprocess.run([sys.executable, "-c", asks, os.path.dirname(node_api.__file__),
                               os.path.join(root.home, "terrace.sock"), path], capture_output=True, text=True)
        need((done.returncode != 0) == refused and os.path.isdir(os.path.join(held, "store")), f"{path}: {done}")
    api.post("/backup/end", {})
    need(not os.path.exists(held), "the checkpoint is left")
    root.run("backup", copies)


def goes_on(base, root, office):
    """On the same machine, with the newest copy: nothing came after it, so the root works as it did once all below
    have said so."""
    made = root.json("backup", os.path.join(base, "copies"))
    put_back(root, os.path.join(base, "copies"))
    need(root.digest()["digest"] == made["digest"], "another digest")
    need(root.json("verify", "--deep")["ok"], "it does not verify")
    need(doctor(root, "backup")[0]["state"] == "error", "a home that was put back was backed up, it says")


def prove(base, build):
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    try:
        root = tree.init_root(ROOT, "西藏自治区")
        os.makedirs(os.path.join(root.home, "hooks", "lib"))
        for name, mode in (("alarm", 0o755), ("lib/words", 0o600)):
            path = os.path.join(root.home, "hooks", name)
            with open(path, "w") as hook:
                hook.write("#!/bin/sh\n")
            os.chmod(path, mode)
        city, _ = tree.join(ROOT, CITY, "拉萨市")
        office = Office(root, 1)
        office.prepare()
        office.ensure(office.payments())
        tree.wait_equal_digests()
        what_is_refused(base, root, city)
        copy, made = a_copy_is_the_node(base, root)
        restored_is_the_copy(base, root, copy, made)
        no_home_of_a_bad_copy(base, root, copy)
        office.ensure(office.payments())
        what_changes_is_not_copied(base, root)
        what_was_cut_off_is_none(base, root, copy)
        goes_on(base, root, office)
        one_at_a_time(base, root)
        restored_late(base, tree, city)
        restored_with_a_wish(base, tree, root, city)
    finally:
        tree.stop()


if __name__ == "__main__":
    trees.run_test("backup", prove)
