"""strangers_and_floods - real daemons at their doors: what they refuse at start-up, and what a rogue neighbour gets.

    python3 tests/process/strangers_and_floods.py --build build
"""
import argparse
import json
import os
import pty
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
from relay import Relay  # noqa: E402

ROOT, CITY, COUNTY = "540000", "540100", "540121"
YEAR = "2026"
PATIENCE_S = trees.PATIENCE_S
ENDLESS_RATE = 64 << 20  # bytes a second
IDLE, SLOW = 2000, 100
LOUD, LOUD_BYTES = 20, 50 << 20
GROWN_MIB_MAX = 64
SPENT_S_MAX = 20
SERVED_S_MAX = 15  # by a machine that has much else to do


def document(kind, ident, **fields):
    return json.dumps(dict(kind=kind, id=ident, fiscal_year=YEAR, **fields), ensure_ascii=False)


def need(condition, text):
    if not condition:
        raise trees.Failed(text)


def daemon(tree, home, **env):
    """Runs a terraced that is expected to end by itself: (exit code, words)."""
    done = subprocess.run([tree.bin("terraced"), "--home", home], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=PATIENCE_S, env=dict(tree.env, **env))
    return done.returncode, done.stderr


def starts_badly(tree):
    """Everything that keeps a daemon from starting is named, with exit code 5."""
    city = tree[CITY]
    code, words = daemon(tree, city.home)
    need(code == 5 and str(city.process.pid) in words, f"a second daemon: {code} {words}")

    code, words = daemon(tree, os.path.join(tree.base, "nowhere"))
    need(code == 2 and "nowhere" in words, f"no home: {code} {words}")

    county = tree[COUNTY]
    need(county.end() == 0, "SIGTERM is a clean end")
    code, words = daemon(tree, county.home, TERRACE_PASSPHRASE="wrong")
    need(code == 6 and "passphrase" in words.lower(), f"a wrong passphrase: {code} {words}")
    county.start()

    host, port, listen = listen_address(city)
    need(city.end() == 0, "SIGTERM is a clean end")
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind((host, port))
        squatter.listen()
        code, words = daemon(tree, city.home)
        need(code == 5 and listen in words and "another" in words, f"a busy port: {code} {words}")
    city.start()


def asks_for_the_passphrase(tree):
    """On a terminal, in the language of the person there, and without showing what is typed."""
    county = tree[COUNTY]
    need(county.end() == 0, "SIGTERM is a clean end")
    for language, question in (("zh_CN.UTF-8", "口令："), ("C", "Passphrase: ")):
        env = dict(tree.env, LC_ALL=language)
        del env["TERRACE_PASSPHRASE"]
        child, terminal = pty.fork()
        if child == 0:
            os.execve(tree.bin("terraced"), ["terraced", "--home", county.home], env)
        said, typed = b"", False
        try:
            while part := os.read(terminal, 4096):
                said += part
                if not typed and question.encode() in said:
                    typed = os.write(terminal, b"no such words\n") > 0
        except OSError:  # its end, as Linux tells it
            pass
        os.close(terminal)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        need(code == 6 and typed and b"no such words" not in said, f"{code} {said.decode()}")
    county.start()


def stale_socket(tree):
    """SIGKILL leaves lock and socket behind; the next daemon takes both."""
    county = tree[COUNTY]
    county.kill()
    need(os.path.exists(os.path.join(county.home, "terrace.sock")), "the socket is left behind")
    county.start()


def listen_address(node):
    """(host, port) of a node's listener, as its config.yaml has it, and the endpoint."""
    for line in open(os.path.join(node.home, "config.yaml")):
        if line.strip().startswith("listen"):
            endpoint = line.split(":", 1)[1].strip().strip('"').strip("'")
            host, port = endpoint[len("tcp://"):].rsplit(":", 1)
            return host, int(port), endpoint
    raise trees.Failed(f"{node.division} has no listen in its config")


GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x01CURVE" + bytes(47)  # as ZeroMQ begins


def pour(address, size, greeting=b"\xff" + bytes(8) + b"\x7f"):
    """Sends `size` bytes of no protocol, or as many as are taken; behind GREETING, as one message of that size."""
    with socket.create_connection(address, timeout=PATIENCE_S) as stranger:
        try:
            stranger.sendall(greeting)
            if greeting == GREETING:
                stranger.sendall(b"\x06" + size.to_bytes(8, "big"))  # a long command
            stranger.sendall(os.urandom(size))
        except OSError:
            pass


def growth(node, work):
    """MiB that a daemon's memory grew by at most while `work` ran, looked at all the time."""
    before, most, done = node.rss_kib(), [0], threading.Event()

    def watch():
        while not done.wait(0.02):
            most[0] = max(most[0], node.rss_kib())
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        work()
    finally:
        done.set()
        watcher.join()
    return (most[0] - before) >> 10


class SlowHandshakes:
    """Strangers who begin as ZeroMQ does, a byte at a time, and begin anew when they are sent away."""

    def __init__(self, address):
        self.address, self.over, self.cut = address, threading.Event(), 0
        self.thread = threading.Thread(target=self.drip)
        self.thread.start()

    def drip(self):
        strangers = [[socket.create_connection(self.address, timeout=PATIENCE_S), 0] for _ in range(SLOW)]
        while not self.over.wait(0.5):
            for stranger in strangers:
                try:
                    stranger[0].sendall(GREETING[stranger[1]:stranger[1] + 1])
                    stranger[1] = min(stranger[1] + 1, len(GREETING) - 1)
                except OSError:
                    self.cut += 1
                    stranger[:] = [socket.create_connection(self.address, timeout=PATIENCE_S), 0]
        for stranger, _ in strangers:
            stranger.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def served(county, number):
    """One paper of an enrolled neighbour, and a word of the operator at the city; after how many seconds each."""
    began = time.monotonic()
    county.run("submit", "-", stdin=document("agency", number, agency_code=f"1052{number[-2:]}",
                                             agency_name="林周县农业农村局").encode())
    city = county.parent
    trees.wait_until(lambda: city.run("get", number, "--division", COUNTY, check=False)[0] == 0, PATIENCE_S, f"{number} at the city")
    took = time.monotonic() - began
    began = time.monotonic()
    city.run("status")
    return took, time.monotonic() - began


def flood(tree):
    """Strangers without a key: idle ones by the thousand, slow ones, loud ones. The enrolled and the operator are served."""
    city, county = tree[CITY], tree[COUNTY]
    host, port, _ = listen_address(city)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, IDLE + SLOW + 500)), hard))
    worst, begun, idle = [0, 0], city.cpu_seconds(), []

    def meet_them():
        nonlocal worst
        idle.extend(socket.create_connection((host, port), timeout=PATIENCE_S) for _ in range(IDLE))
        with SlowHandshakes((host, port)) as slow:
            for number in range(LOUD):
                pour((host, port), LOUD_BYTES, *[GREETING] * (number % 2))
                if number % 4 == 0:
                    worst = [max(pair) for pair in zip(worst, served(county, f"A3{number:02}"))]
            tree.wait_equal_digests()
            trees.wait_until(lambda: slow.cut > 0, PATIENCE_S, "who greets too slowly to be sent away")
    grown = growth(city, meet_them)
    spent = city.cpu_seconds() - begun
    for stranger in idle:
        stranger.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    need(grown < GROWN_MIB_MAX, f"strangers made the city grow by {grown} MiB")
    need(spent < SPENT_S_MAX, f"strangers took {spent:.1f} s of a core")
    need(max(worst) < SERVED_S_MAX, f"a paper took {worst[0]:.1f} s, and the operator {worst[1]:.1f} s")
    print(f"  flood: {IDLE} idle, {SLOW} slow and {LOUD} loud strangers: {grown} MiB more at most, {spent:.1f} s of a core; "
          f"a paper is there after {worst[0]:.1f} s at most, the operator is told after {worst[1]:.1f} s")


def rogue(tree, *args, code=0):
    done = subprocess.run([tree.bin("rogue_peer"), "--json", *args], capture_output=True, text=True,
                          timeout=2 * PATIENCE_S, env=tree.env)
    need(done.returncode == code, f"rogue_peer {args}: {done.returncode}\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout)


def stranger_is_shown(city):
    """The key that was refused, from where, and how often: in status, and a warning of doctor."""
    trees.wait_until(lambda: city.status()["refused_strangers"], PATIENCE_S, "the stranger to be listed")
    listed = city.status()["refused_strangers"]
    need(len(listed) == 1 and listed[0]["reason"] == "refused" and listed[0]["count"] > 0 and
         listed[0]["address"] == "127.0.0.1" and int(listed[0]["key"], 16) != 0, f"{listed}")
    for command in ("status", "doctor"):
        words = city.run(command, check=False)[1]
        need(listed[0]["key"] in words, f"{command} does not show the stranger: {words}")


def rogue_neighbour(tree):
    """A thief with all that is the county's, and a stranger with nothing."""
    county, city = tree[COUNTY], tree[CITY]
    lines = [document("agency", "A1", agency_code="105001", agency_name="林周县教育局"),
             document("budget", "BG1", stage="reply", fund_type_code="111", exp_func_code="2050202",
                      amount="1000000.00", approval_ref="林周县人大〔2026〕1号")]
    county.run("submit", "-", stdin="\n".join(lines).encode())
    tree.wait_equal_digests()
    before = city.digest(COUNTY)
    rogue(tree, "--home", county.home, "--mode", "stranger")
    stranger_is_shown(city)
    need(county.end() == 0, "SIGTERM is a clean end")
    cases = 0
    for mode in ("forged-block", "replay", "oversized", "garbage", "wrong-session"):
        for case in rogue(tree, "--home", county.home, "--mode", mode)["cases"]:
            print(f"  {mode}: {case['case']}: {case['reason']}")
            cases += 1
    need(city.digest(COUNTY) == before, "a rogue changed what the city holds")
    need(city.process.poll() is None, "the city is gone")
    county.start()
    county.run("submit", "-", stdin=document("agency", "A2", agency_code="105002",
                                             agency_name="林周县卫健委").encode())
    tree.wait_equal_digests()
    return cases


def setting(node, key):
    """A top-level or nested value of a node's config.yaml, without its quotes."""
    for line in open(os.path.join(node.home, "config.yaml")):
        name, _, value = line.partition(":")
        if name.strip() == key and value.strip():
            return value.strip().strip('"').strip("'")
    raise trees.Failed(f"{node.division} has no {key} in its config")


def flood_alarmed(node):
    """Now, or over already: the doors are shut for a while only."""
    return any(alarm["code"] == "flood" for options in ([], ["--history"])
               for alarm in node.json("alarms", *options)["alarms"])


class SlowLine(Relay):
    """Waits for a door that is shut for a moment, as whoever dials it does."""

    def _reach(self):
        return trees.wait_until(self._try, PATIENCE_S, "the door to open again")

    def _try(self):
        try:
            return super()._reach()
        except OSError:
            return None


def slowly(endpoint):
    """The same door behind a line of ENDLESS_RATE: all of an endless message could be in before a busy machine looks at
    its memory once, and then it would be luck what is seen."""
    host, port = endpoint.removeprefix("tcp://").rsplit(":", 1)
    return SlowLine(host, int(port), bytes_per_s=ENDLESS_RATE).endpoint


def endless(tree):
    """One message without end, from a thief's link and from a stranger at the enrolment door."""
    city, county = tree[CITY], tree[COUNTY]
    need(city.end() == 0, "SIGTERM is a clean end")
    with open(os.path.join(city.home, "config.yaml"), "a") as config:
        config.write(f"limits:\n  flood_bytes: {64 << 20}\n")
    city.start()
    stranger = growth(city, lambda: rogue(
        tree, "--endpoint", slowly(setting(city, "enrol")), "--server-key", setting(county, "curve_key"),
        "--mode", "endless-stranger"))
    trees.wait_until(lambda: flood_alarmed(city), PATIENCE_S, "the flood to be alarmed")
    need(county.end() == 0, "SIGTERM is a clean end")
    straight = county.parent_endpoint(slowly(county.parent_endpoint()))
    thief = growth(city, lambda: rogue(tree, "--home", county.home, "--mode", "endless"))
    county.parent_endpoint(straight)
    county.start()
    county.run("submit", "-", stdin=document("agency", "A4", agency_code="105004",
                                             agency_name="林周县水利局").encode())
    tree.wait_equal_digests()
    print(f"  endless: {stranger} MiB more for a stranger, {thief} MiB for a thief")
    need(max(stranger, thief) < 320, f"one message took {stranger} and {thief} MiB")


def few_descriptors(tree):
    """More connections than there are descriptors: listeners are shut, the node goes on."""
    city, county = tree[CITY], tree[COUNTY]
    host, port, _ = listen_address(city)
    enrol = int(setting(city, "enrol").rsplit(":", 1)[1])
    before = resource.prlimit(city.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(city.process.pid, resource.RLIMIT_NOFILE, (256, before[1]))
    idle = []
    for number in range(3):
        for _ in range(300):
            for door in (port, enrol):
                try:
                    idle.append(socket.create_connection((host, door), timeout=1))
                except OSError:
                    pass
        county.run("submit", "-", stdin=document("agency", f"A5{number}", agency_code=f"10510{number}",
                                                 agency_name=f"林周县第{number}小学").encode())
        time.sleep(1)
        need(city.process.poll() is None, "strangers ended the city")
    for stranger in idle:
        stranger.close()
    tree.wait_equal_digests()
    resource.prlimit(city.process.pid, resource.RLIMIT_NOFILE, before)
    trees.wait_until(lambda: any(event["event"].startswith("flood") for event in city.events()) or flood_alarmed(city),
                     PATIENCE_S, "the doors to be shut")
    print(f"  descriptors: {len(idle)} strangers against 256, the city goes on")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terrace-doors-") as base:
        tree = trees.Tree(os.path.join(base, "tree"), build=os.path.abspath(args.build))
        try:
            tree.init_root(ROOT, "西藏自治区")
            tree.join(ROOT, CITY, "拉萨市")
            tree.join(CITY, COUNTY, "林周县")
            starts_badly(tree)
            asks_for_the_passphrase(tree)
            stale_socket(tree)
            cases = rogue_neighbour(tree)
            flood(tree)
            few_descriptors(tree)
            endless(tree)
        except trees.Failed as failed:
            print(f"strangers_and_floods: {failed}", file=sys.stderr)
            for node in tree.nodes.values():
                print(f"--- {node.division}\n{node.log_tail()}", file=sys.stderr)
            return 1
        finally:
            tree.stop()
    print(f"strangers_and_floods: 6 starts, 1 stranger, {cases} rogue attempts, all as they must be")
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
