"""deferred - a city whose store finishes later. What it commits is answered as soon as it is durable; while a commit
is held up, reads are answered, its neighbours hear that it lives, strangers are refused, and the loop sleeps; an
outcome that nobody knows is settled; a kill in the middle loses nothing that was answered.

    python3 tests/process/deferred.py --build build
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402

ROOT, CITY, COUNTY = "540000", "540100", "540121"
SILENCE_MS = 6000  # a link this quiet is down
ALONE = 40         # documents, each in a post of its own


def need(holds, what):
    if not holds:
        raise trees.Failed(what)


def agency(code):
    return json.dumps({"kind": "agency", "id": code, "fiscal_year": "2026", "agency_code": code,
                       "agency_name": "财政局"}).encode() + b"\n"


def element(code):
    """A code that the region sets for all below."""
    return json.dumps({"kind": "element", "id": code, "fiscal_year": "2026", "ele_catalog_code": "pay_type",
                       "ele_code": code, "ele_name": "其他资金"}).encode() + b"\n"


def enter(node, code, check=True):
    return node.run("submit", "-", stdin=agency(code), check=check)


class Steering:
    """The files that steer the store."""

    def __init__(self, directory):
        self.directory = directory
        os.makedirs(directory)

    def path(self, name):
        return os.path.join(self.directory, name)

    def put(self, name):
        with open(self.path(name), "w"):
            pass

    def take(self, name):
        os.unlink(self.path(name))

    def there(self, name):
        return os.path.exists(self.path(name))


def posted(node, code):
    """A post that waits for its commit, in a thread; its answer in .answer."""
    def post():
        thread.answer = enter(node, code, check=False)
    thread = threading.Thread(target=post, daemon=True)
    thread.answer = None
    thread.start()
    return thread


def state_of(root):
    peer = next(p for p in root.status()["peers"] if p["division"] == CITY)
    return peer["state"]


def answered_when_durable(city):
    """Were the loop not told, each would wait for the next tick, a quarter of SILENCE_MS on."""
    began = time.monotonic()
    for i in range(ALONE):
        enter(city, f"1{i:02}")
    took = time.monotonic() - began
    need(took < ALONE * SILENCE_MS / 4000 / 2, f"{ALONE} documents took {took:.1f} s: the loop slept")
    return took / ALONE * 1000


def refused_stranger(tree, county):
    done = subprocess.run([tree.bin("rogue_peer"), "--json", "--home", county.home, "--mode", "stranger"],
                          capture_output=True, text=True, timeout=trees.PATIENCE_S, env=tree.env)
    need(done.returncode == 0, f"rogue_peer: {done.returncode}\n{done.stdout}{done.stderr}")


def works_in_flight(tree, steering):
    root, city, county = tree[ROOT], tree[CITY], tree[COUNTY]
    steering.put("hold")
    held = posted(city, "201")
    trees.wait_until(lambda: enter_waits(city, held), 10, "a commit in flight")
    cpu, began = city.cpu_seconds(), time.monotonic()
    while time.monotonic() - began < 3 * SILENCE_MS / 1000:  # the parent's frames wait at the city's door
        need(state_of(root) == "live", "its parent took it for dead")
        need(city.run("get", "100")[0] == 0 and city.status()["division"] == CITY, "reads are answered")
        time.sleep(0.1)  # the pace of the questions; what is waited for is the silence above
    wall = time.monotonic() - began
    used = city.cpu_seconds() - cpu
    need(used < wall / 4, f"{used:.1f} s of CPU in {wall:.1f} s: the loop spins")
    refused_stranger(tree, county)
    need(city.status()["refused_strangers"], "a stranger was refused meanwhile")
    root.run("submit", "-", stdin=element("301"))
    need(held.answer is None, "nothing is said before it is durable")
    steering.take("hold")
    held.join(trees.PATIENCE_S)
    need(held.answer is not None and held.answer[0] == 0, f"{held.answer}")
    tree.wait_equal_digests()
    trees.wait_until(lambda: city.run("get", "301", "--division", ROOT, check=False)[0] == 0, 30,
                     "what the parent sent meanwhile")
    return used / wall


def enter_waits(city, post):
    """Is the post on the loop, and without an answer? The node still answers what only reads."""
    return post.is_alive() and city.run("status", check=False)[0] == 0 and \
        city.run("get", "201", check=False)[0] != 0


def unknown_is_settled(city, steering):
    steering.put("unknown")
    enter(city, "401")
    need(not steering.there("unknown") and steering.there("resolved"), "the outcome was asked for")
    need(city.process.poll() is None, "the daemon lives")


def killed_in_flight(tree, steering):
    city = tree[CITY]
    steering.put("hold")
    held = posted(city, "501")
    trees.wait_until(lambda: held.is_alive() and city.run("status", check=False)[0] == 0, 10, "a commit in flight")
    city.kill()
    held.join(trees.PATIENCE_S)
    need(held.answer is not None and held.answer[0] != 0, "no answer for what was lost")
    steering.take("hold")
    city.start()
    need(enter(city, "501")[0] == 0, "it is handed in again")
    for code in ("100", "201", "401"):
        need(city.run("get", code)[0] == 0, f"{code} was answered and is there")
    tree.wait_equal_digests()


def prove(base, build):
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    steering = Steering(os.path.join(base, "steering"))
    tree.env["DEFERRED_STORE"] = steering.directory
    try:
        root = tree.init_root(ROOT, "西藏自治区")
        city, _ = tree.join(ROOT, CITY, "拉萨市")
        county, _ = tree.join(CITY, COUNTY, "林周县")
        for node in (county, city, root):
            node.end()
            node.limit(silence_ms=SILENCE_MS)
        root.start()
        tree.daemon = "deferred_terraced"
        city.start()
        trees.wait_until(lambda: state_of(root) == "live", 20, "the link")
        alone_ms = answered_when_durable(city)
        share = works_in_flight(tree, steering)
        unknown_is_settled(city, steering)
        killed_in_flight(tree, steering)
    finally:
        tree.stop()
    return alone_ms, share


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="deferred.") as base:
        try:
            alone_ms, share = prove(base, os.path.abspath(args.build))
        except trees.Failed as fault:
            print(f"deferred: {fault}")
            return 1
    print(f"deferred: {alone_ms:.0f} ms a document alone, {100 * share:.1f} % of a CPU while a commit is in flight")
    return 0


if __name__ == "__main__":
    sys.exit(main())
