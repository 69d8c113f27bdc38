"""rotation - real daemons on three tiers get other keys while payments flow: a county both of its keys while
its parent is away, a city its link key while one of its two counties is. Nobody restarts for it, nothing is
lost or doubled, all rosters agree. Then a county dies at each step of its home's key change, and starts.

    python3 tests/process/rotation.py --build build
"""
import argparse
import os
import signal
import subprocess
import sys
import tempfile

from foreign_bytes import need, says
from kill_and_cut import Office, check, trees

ROOT, CITY, COUNTY, OTHER = "540000", "540100", "540121", "540122"
STEPS_LEAST = 8  # of a home's key change, or the library counts none


def rotation_of(node):
    return node.status()["rotation"]


def epoch_of(node):
    return node.status()["epoch"]


def keys_of(node):
    """What lies in the home's folder of keys, with the sealed bytes of the two in force."""
    folder = os.path.join(node.home, "keys")
    names = sorted(name for name in os.listdir(folder) if os.path.isdir(os.path.join(folder, name)))
    files = {}
    for name in ("identity.key", "curve.key"):
        with open(os.path.join(folder, name), "rb") as file:
            files[name] = file.read()
    return names, files


def state_of(node, peer):
    return next(p["state"] for p in node.status()["peers"] if p["division"] == peer)


def granted(node, epoch):
    return lambda: epoch_of(node) == epoch and rotation_of(node) is None


def rosters_agree(tree):
    """Root and city know all four; a county knows those above it alone, and of them the same epochs."""
    def agree():
        return tree[ROOT].status()["roster_hash"] == tree[CITY].status()["roster_hash"]
    trees.wait_until(agree, trees.PATIENCE_S, "the rosters to be equal")


def paid(offices, more=200):
    """So many payments more at each of these offices."""
    wanted = {office: len(office.acknowledged) + more for office in offices}
    trees.wait_until(lambda: all(len(office.acknowledged) >= count for office, count in wanted.items()),
                     trees.PATIENCE_S, "payments to flow")


def refusals(tree):
    """The root has nobody to ask; a key is proven by its passphrase; nothing new is nothing asked."""
    says(tree[ROOT], 1, ["trust request"], "rotate")
    city = tree[CITY]
    kept = tree.env["TERRACE_PASSPHRASE"]
    tree.env["TERRACE_PASSPHRASE"] = "another-passphrase"
    says(city, 1, ["passphrase"], "rotate")
    tree.env["TERRACE_PASSPHRASE"] = kept
    says(city, 1, ["tcp://HOST:PORT"], "rotate", "--channel", "--second", "nowhere")
    need(rotation_of(city) is None and keys_of(city)[0] == [], "a refused wish left something behind")


def county_while_its_parent_is_away(tree, offices):
    county, city = tree[COUNTY], tree[CITY]
    before = keys_of(county)[1]
    process = county.process.pid
    city.end()
    asked = county.json("rotate")
    need(asked["identity"] and asked["channel"] and asked["epoch"] == 2, asked)
    need(rotation_of(county)["state"] == "asked", rotation_of(county))
    need("asked for" in county.run("status")[1], "status does not say that keys are asked for")
    says(county, 1, ["asked for already"], "rotate")
    need(keys_of(county)[0] == ["next"], keys_of(county)[0])
    paid([offices[COUNTY]])
    city.start()
    trees.wait_until(granted(county, 2), trees.PATIENCE_S, "the county to have its new keys")
    trees.wait_until(lambda: state_of(city, COUNTY) == "live", trees.PATIENCE_S, "the county at the city")
    after = keys_of(county)[1]
    need(all(before[name] != after[name] for name in before), "a key file is as it was")
    trees.wait_until(lambda: keys_of(county)[0] == [], trees.PATIENCE_S, "the former keys to be gone")
    paid([offices[COUNTY], offices[CITY]])
    need(county.process.pid == process, "the county had to start again")
    trees.wait_until(lambda: any(e["event"] == "link.key" and e.get("peer") == COUNTY for e in city.events()),
                     trees.PATIENCE_S, "the city to hear the county under its new link key")


def city_while_a_county_is_away(tree, offices):
    """Twice: the first time the city dies as well, while it serves both keys."""
    city, away, here = tree[CITY], tree[OTHER], tree[COUNTY]
    for times in range(2):
        offices[OTHER].stopping = True
        offices[OTHER].join(trees.PATIENCE_S)
        away.end()
        epoch = epoch_of(city) + 1
        city.run("rotate", "--channel", *(() if times else ("--identity",)))
        trees.wait_until(lambda: (rotation_of(city) or {}).get("state") == "former_served",
                         trees.PATIENCE_S, "the city to be granted its new keys")
        trees.wait_until(lambda: rotation_of(city)["unknown_to"] == [OTHER], trees.PATIENCE_S,
                         "the county that is here to know")
        need(OTHER in city.run("status")[1], "status does not name who does not know")
        says(city, 1, ["below"], "rotate", "--channel")
        trees.wait_until(lambda: state_of(here, CITY) == "live", trees.PATIENCE_S, "the county's new link")
        trees.wait_until(lambda: any(e["event"] == "link.dial" for e in here.events()), trees.PATIENCE_S,
                         "the county to dial anew")
        paid([offices[COUNTY], offices[CITY]])
        if times == 0:
            city.kill()
            city.start()
            trees.wait_until(lambda: state_of(here, CITY) == "live", trees.PATIENCE_S, "the link again")
        need(rotation_of(city)["unknown_to"] == [OTHER], rotation_of(city))
        away.start()
        offices[OTHER] = again(offices, OTHER)
        trees.wait_until(granted(city, epoch), trees.PATIENCE_S, "both counties to know")
        need(keys_of(city)[0] == [], keys_of(city)[0])
        for county in (here, away):
            trees.wait_until(lambda at=county: state_of(at, CITY) == "live", trees.PATIENCE_S, "its link")
        paid(offices.values())


def a_revoked_county_is_not_waited_for(tree):
    """It will never say that it knows: the former key is served for it no longer."""
    city = tree[CITY]
    tree[OTHER].end()
    epoch = epoch_of(city) + 1
    city.run("rotate", "--channel")
    trees.wait_until(lambda: (rotation_of(city) or {}).get("unknown_to") == [OTHER], trees.PATIENCE_S,
                     "the county that is here to know")
    tree[ROOT].run("revoke", OTHER, "--reason", "gone", "--yes")
    trees.wait_until(granted(city, epoch), trees.PATIENCE_S, "the former key to be served no longer")


def again(offices, division):
    """The same office goes on."""
    former = offices[division]
    office = Office(former.node, 7)
    for name in ("acknowledged", "waiting", "number", "below", "issuers"):
        setattr(office, name, getattr(former, name))
    office.fault = former.fault
    office.start()
    return office


def traffic(tree):
    offices = {division: Office(tree[division], i) for i, division in enumerate((CITY, COUNTY, OTHER))}
    for office in offices.values():
        office.prepare()
    for office in offices.values():
        office.start()
    try:
        refusals(tree)
        county_while_its_parent_is_away(tree, offices)
        city_while_a_county_is_away(tree, offices)
    finally:
        for office in offices.values():
            office.stopping = True
    for office in offices.values():
        office.join(trees.PATIENCE_S)
        office.ensure(list(office.waiting.values()))
    check(tree, list(offices.values()))
    for node in tree.nodes.values():
        node.run("verify", "--deep")
    rosters_agree(tree)
    return sum(len(office.acknowledged) for office in offices.values())


# --- a home that dies at each step ---

def start_to_die(node, step):
    """Starts it so that it kills itself before that change in its folder of keys."""
    env = dict(node.tree.env, TERRACE_DIE_AT=str(step), LD_PRELOAD=trees.preloadable(
        node.tree.base, os.path.join(node.tree.build, "lib", "key_steps.so")))
    with open(node.log_path, "ab") as log:
        node.process = subprocess.Popen([node.tree.bin("terraced"), "--home", node.home], env=env,
                                        stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                        start_new_session=True)


def lives(node):
    return node.run("status", check=False)[0] == 0


def dies_or(node, condition, what):
    """Whether it died before that."""
    def is_over():
        if node.process.poll() is not None:
            return True
        try:
            return lives(node) and condition()
        except trees.Failed:
            return False  # it died in between: the next look says so
    trees.wait_until(is_over, trees.PATIENCE_S, what)
    if node.process.poll() is None:
        return False
    need(node.process.wait() == -signal.SIGKILL, f"it ended with {node.process.returncode}")
    node.process = None
    return True


def dies_at_each_step(tree):
    """Each time the home starts again, with its wish or without, and gets keys that it has."""
    node = tree[COUNTY]
    step, died = 0, True
    while died:
        step += 1
        epoch = epoch_of(node)
        node.end()
        start_to_die(node, step)
        need(not dies_or(node, lambda: True, "it to live"), "it changes its keys before anybody asked")
        node.run("rotate", check=False)
        died = dies_or(node, granted(node, epoch + 1), f"death at step {step}, or new keys")
        if died:
            start_to_die(node, 1)  # it may mend what it finds, and dies of that, too
            if not dies_or(node, lambda: True, "it to live"):
                node.end()
            node.start()
            if epoch_of(node) == epoch and rotation_of(node) is None:
                node.run("rotate")
        trees.wait_until(granted(node, epoch + 1), trees.PATIENCE_S, f"new keys after step {step}")
        trees.wait_until(lambda: state_of(tree[CITY], COUNTY) == "live", trees.PATIENCE_S, "the link")
        trees.wait_until(lambda: keys_of(node)[0] == [], trees.PATIENCE_S, f"nothing left behind of step {step}")
    need(step > STEPS_LEAST, f"only {step} steps")
    tree.wait_equal_digests()
    node.run("verify", "--deep")
    return step - 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terrace-rotation-") as base:
        tree = trees.Tree(os.path.join(base, "tree"), build=args.build)
        try:
            tree.init_root(ROOT, "西藏自治区")
            tree.join(ROOT, CITY, "拉萨市")
            tree.join(CITY, COUNTY, "林周县")
            tree.join(CITY, OTHER, "当雄县")
            documents = traffic(tree)
            a_revoked_county_is_not_waited_for(tree)
            steps = dies_at_each_step(tree)
        except trees.Failed as failed:
            print(f"rotation: {failed}", file=sys.stderr)
            for node in tree.nodes.values():
                print(f"--- {node.division}\n{node.log_tail(2500)}", file=sys.stderr)
            return 1
        finally:
            tree.stop()
    print(f"rotation: {documents} documents acknowledged while three rotations were granted, none lost; "
          f"a home died at each of {steps} steps and started each time")
    return 0


if __name__ == "__main__":
    sys.exit(main())
