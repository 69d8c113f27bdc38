"""first_screens - what an operator sees first while a tree comes up, and when one of its nodes no longer moves: `status`,
`doctor` and `status --tree` end in time, name what is wrong and what to do, and name nothing where all is well.

    python3 tests/process/first_screens.py --build build
"""
import argparse
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402

REGION, CITY, COUNTY = "540000", "540100", "540121"
PATIENCE_S = 90


def need(holds, what):
    if not holds:
        raise trees.Failed(what)


def ask(node, *args, lang="en", stdin=b"", env=None):
    """(exit code, all it said, seconds)"""
    begun = time.monotonic()
    done = subprocess.run([node.tree.bin("terrace"), "--home", node.home, "--lang", lang, *args], input=stdin,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=dict(node.tree.env, **(env or {})))
    return done.returncode, done.stdout.decode(), time.monotonic() - begun


def says(node, code, words, *args, **kwargs):
    got, said, _ = ask(node, *args, **kwargs)
    need(got == code and all(word in said for word in words), f"{args}: exit {got}, wanted {code} and {words}:\n{said}")
    return said


# --- a tree that comes up ---

class Looks:
    """Asks for one thing again and again, and keeps every answer."""

    def __init__(self, node, *args):
        self.node, self.args, self.seen, self.over = node, args, [], False
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()

    def _look(self):
        while not self.over:
            self.seen.append(self.node.json(*self.args))

    def end(self):
        self.over = True
        self.thread.join(timeout=trees.PATIENCE_S)
        need(not self.thread.is_alive(), f"{self.args} does not end")
        return self.seen


def nobody_is_cut_while_all_are_coming(tree):
    """From the invitation to the first word of each, no screen says that anything is wrong."""
    region = tree.init_root(REGION, "西藏自治区")
    says(region, 0, ["No division is below this one."], "status", "--tree")
    looks = Looks(region, "status", "--tree"), Looks(region, "status")
    tree.join(REGION, CITY, "拉萨市")
    tree.join(CITY, COUNTY, "林周县")
    trees.wait_until(lambda: region.json("status", "--tree")["well"] == 2, PATIENCE_S, "both to be well")
    trees_seen, statuses = (look.end() for look in looks)
    for answer in trees_seen:
        for row in answer["rows"]:
            need(row["state"] in ("well", "unknown"), f"while it came: {row}")
            need(" for 0 s" not in row["sentence"], f"{row['sentence']}")
    for answer in statuses:
        need(not answer["alarms"], f"while all came: {answer['alarms']}")
    need(any(row["state"] == "unknown" and "oining" in row["sentence"] for answer in trees_seen
             for row in answer["rows"]), "nobody was seen joining")
    says(tree[COUNTY], 0, ["No division is below this one."], "status", "--tree")
    says(tree[COUNTY], 0, ["本区划没有下级"], "status", "--tree", lang="zh")
    says(tree[CITY], 0, ["The one division below is well."], "status", "--tree")


def what_is_good_needs_no_cure(tree):
    rows = json.loads(ask(tree[CITY], "--json", "doctor")[1])["rows"]
    need(len(rows) > 5 and all((row["state"] == "ok") == (row["cure"] == "") for row in rows), f"{rows}")


# --- a node that no longer moves ---

def a_stopped_node_keeps_nobody_waiting(tree):
    city, region = tree[CITY], tree[REGION]
    city.process.send_signal(signal.SIGSTOP)
    try:
        for lang, words in (("en", ["has not answered within 2 s", "doctor"]), ("zh", ["2 秒内没有应答", "doctor"])):
            for command in (["status"], ["status", "--tree"], ["inbox"], ["verify"], ["list", "agency"]):
                code, said, seconds = ask(city, "--timeout", "2", *command, lang=lang)
                need(code == 3 and seconds < PATIENCE_S and all(word in said for word in words),
                     f"{command}: exit {code} after {seconds:.1f} s: {said}")
        says(city, 3, ["within 1 s"], "status", env={"TERRACE_TIMEOUT": "1"})
        says(city, 2, ["from 1 to 99999"], "status", env={"TERRACE_TIMEOUT": "soon"})
        says(city, 2, ["from 1 to 99999"], "status", "--timeout", "0")
        document = dict(kind="agency", id="A1", fiscal_year="2026", agency_code="101", agency_name="财政局")
        says(city, 3, ["nothing is known", "terrace get ID", "exists"], "--timeout", "1", "submit", "-",
             stdin=json.dumps(document).encode())
        code, said, seconds = ask(city, "status")
        need(code == 3 and seconds < PATIENCE_S, f"status, unbounded: exit {code} after {seconds:.1f} s: {said}")
        said = says(city, 1, ["configuration", "sealing", "grants", "disk", "stopped or hangs",
                              f"systemctl restart terraced@{CITY}"], "doctor")
        need(said.index("disk") < said.index("stopped or hangs"), f"what is known without the node comes first: {said}")
        trees.wait_until(lambda: f"{CITY} 拉萨市: " in region.run("status")[1], PATIENCE_S, "the region to name it")
        says(region, 0, [f"systemctl status terraced@{CITY}"], "status", "--tree")
    finally:
        city.process.send_signal(signal.SIGCONT)
    trees.wait_until(lambda: region.json("status", "--tree")["well"] == 2, PATIENCE_S, "all to be well again")
    ask(city, "submit", "-", stdin=json.dumps(document).encode())  # accepted now, or it had been
    says(city, 0, ["exists"], "submit", "-", stdin=json.dumps(document).encode())


def a_note_that_was_taken_away_is_named(tree):
    """Without NOTED nobody can tell whether the store's list of tables was cut: it is said until somebody has seen it."""
    city, region = tree[CITY], tree[REGION]
    city.end()
    os.remove(os.path.join(city.home, "store", "NOTED"))
    city.start()
    for lang, words in (("en", ["store_unnoted", "NOTED", "terrace verify --deep"]), ("zh", ["NOTED", "verify --deep"])):
        says(city, 0, words, "status", lang=lang)
        said = ask(city, "doctor", lang=lang)[1]
        need(all(word in said for word in words[-2:]), f"doctor: {said}")
    trees.wait_until(lambda: "NOTED" in region.run("status", "--tree")[1], PATIENCE_S, "the region to be told")
    number = next(row["id"] for row in city.json("alarms")["alarms"] if row["code"] == "store_unnoted")
    says(city, 0, [], "alarms", "--ack", str(number))
    city.end()
    city.start()
    need(not city.json("alarms")["alarms"], "it is noted again, and was seen")


def fails_to_start(node, code):
    with open(node.log_path, "ab") as log:
        got = subprocess.run([node.tree.bin("terraced"), "--home", node.home], stdin=subprocess.DEVNULL, stdout=log,
                             stderr=log, env=node.tree.env, timeout=trees.PATIENCE_S).returncode
    need(got == code, f"{node.division} ended with {got}, not {code}:\n{node.log_tail(600)}")


def a_socket_that_was_removed_is_named(tree):
    """The node lives: to start another would be no cure."""
    city = tree[CITY]
    os.remove(os.path.join(city.home, "terrace.sock"))
    for command in ("status", "alarms"):
        for lang, words in (("en", [f"process {city.process.pid}", "terrace.sock"]), ("zh", ["套接字"])):
            said = says(city, 3, words, command, lang=lang)
            need("start it with" not in said, f"it runs already: {said}")
    says(city, 1, [f"process {city.process.pid}", "is not there", f"systemctl restart terraced@{CITY}"], "doctor")
    city.end()
    city.start()


def a_store_that_is_gone_is_not_begun_anew(tree):
    """A root without its store would say that all is well, know no division, and number its documents from 1."""
    region = tree[REGION]
    before = region.digest()
    store, aside = os.path.join(region.home, "store"), os.path.join(region.home, "aside")
    region.end()
    os.rename(store, aside)
    for lost in ("not there", "empty"):
        if lost == "empty":
            os.mkdir(store)
        fails_to_start(region, 5)
        for lang, words in (("en", [store, "gone or empty", "mount its disk"]), ("zh", [store, "挂载"])):
            says(region, 3, words, "status", lang=lang)
            says(region, 1, words, "doctor", lang=lang)
    os.rmdir(store)
    os.rename(aside, store)
    region.start()
    need(region.digest() == before, "the store was put back, and is another")
    trees.wait_until(lambda: region.json("status", "--tree")["well"] == 2, PATIENCE_S, "all to be well again")


def whoever_may_not_is_told_as_whom(tree):
    """Root makes nothing in another's home that he could not open; another user learns whom to ask as."""
    city = tree[CITY]
    nobody = pwd.getpwnam("nobody")
    if os.geteuid() != 0:
        return
    city.end()
    for folder, _, names in os.walk(city.home):
        for path in [folder] + [os.path.join(folder, name) for name in names]:
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
    with open(city.log_path, "ab") as log:
        done = subprocess.run([tree.bin("terraced"), "--home", city.home], stdout=log, stderr=log, env=tree.env)
    need(done.returncode == 2 and "belongs to nobody" in city.log_tail(600), f"as root: {city.log_tail(600)}")
    for folder, _, names in os.walk(city.home):
        for name in names:
            path = os.path.join(folder, name)
            need(os.stat(path).st_uid == nobody.pw_uid, f"root made {path}")
    for folder, _, names in os.walk(city.home):
        for path in [folder] + [os.path.join(folder, name) for name in names]:
            os.chown(path, 0, 0)
    city.start()
    with tempfile.TemporaryDirectory(prefix="terrace-nobody-") as folder:
        program = shutil.copy(tree.bin("terrace"), folder)  # where this was built may be closed to him
        os.chmod(folder, 0o755)
        for command, words in (("status", ["not yours to read", "ls -ld"]),
                               ("doctor", ["permission denied", "ls -ld"])):
            done = subprocess.run([program, "--home", city.home, command], capture_output=True, text=True,
                                  user=nobody.pw_uid, env=tree.env)
            need(all(word in done.stdout + done.stderr for word in words), f"{command}: {done.stdout}{done.stderr}")


def a_file_system_that_turned_read_only_is_named(tree):
    """Nobody can note there why the node ended."""
    city = tree[CITY]
    if os.geteuid() != 0:
        return
    city.end()

    def there(*command):
        mounted = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && exec "$@"'
        done = subprocess.run(["unshare", "-m", "sh", "-c", mounted, "sh", city.home, *command], capture_output=True,
                              text=True, env=city.tree.env, timeout=trees.PATIENCE_S)
        return done.returncode, done.stdout + done.stderr
    need(there(tree.bin("terraced"), "--home", city.home)[0] == 5, "it runs where it can write nothing")
    for command, code in (("status", 3), ("doctor", 1)):
        for lang, words in (("en", ["read-only", "dmesg", f"findmnt -T {city.home}"]), ("zh", ["只读", "dmesg"])):
            got, said = there(tree.bin("terrace"), "--home", city.home, "--lang", lang, command)
            need(got == code and all(word in said for word in words), f"{command}: exit {got}: {said}")
    city.start()


def why_the_parent_is_not_reached_is_named(tree):
    """Whether its name, its machine or what runs there is at fault."""
    city = tree[CITY]
    straight = city.parent_endpoint()
    with socket.create_server(("127.0.0.1", 0)) as other:
        for endpoint, en, zh in (("tcp://nobody.invalid:7400", "nobody has that name", "没有此名称的主机"),
                                 (f"tcp://127.0.0.1:{trees.free_port()}", "connection refused", "连接被拒绝"),
                                 (f"tcp://127.0.0.1:{other.getsockname()[1]}", "Somebody answers at", "有程序应答")):
            city.end()
            city.parent_endpoint(endpoint)
            city.start()
            for lang, word in (("en", en), ("zh", zh)):
                said = ask(city, "doctor", lang=lang)[1]
                need(endpoint in said and word in said, f"the parent at {endpoint}: {said}")
    city.end()
    city.parent_endpoint(straight)
    city.start()


STEPS = [nobody_is_cut_while_all_are_coming, what_is_good_needs_no_cure, a_stopped_node_keeps_nobody_waiting,
         a_note_that_was_taken_away_is_named, a_socket_that_was_removed_is_named,
         a_store_that_is_gone_is_not_begun_anew, why_the_parent_is_not_reached_is_named, whoever_may_not_is_told_as_whom,
         a_file_system_that_turned_read_only_is_named]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terrace-screens-") as base:
        tree = trees.Tree(os.path.join(base, "tree"), build=os.path.abspath(args.build))
        try:
            for step in STEPS:
                step(tree)
                print(f"  {step.__name__}")
        except trees.Failed as failed:
            for node in tree.nodes.values():
                print(f"--- {node.division}\n{node.log_tail(1500)}", file=sys.stderr)
            print(f"first_screens: {failed}", file=sys.stderr)
            return 1
        finally:
            tree.stop()
    print("first_screens: quiet while a tree comes up, and in time when a node no longer moves")
    return 0


if __name__ == "__main__":
    sys.exit(main())
