"""trust - what must not go unseen, in the web console: recoveries to confirm, forks, new keys on their way,
revocations, entries without an approval that holds, persons' chains, invitations and changes of persons that
wait for a second admin. On eight real nodes to which all of it has happened; trust/ drives the browser, and
screens are kept under BUILD/console-screens.

    python3 tests/console/trust.py --build build [--only NAME]... [--keep]
"""
import json
import os
import shutil
import subprocess
import sys

import console
from console import trees
from continuity import lose_keys
from forked import put_back
from kill_and_cut import Office, document

REGION, CITY, OTHER, AHEAD = "540000", "540100", "540200", "540300"
FORKED, RECOVERED, AWAY, REVOKED = "540121", "540122", "540123", "540124"
PASSWORD, THIEFS = "known-to-each-alone", "known-to-thief"
FOUNDERS = ("卓玛", "扎西")
PEOPLE = {
    REGION: {"卓玛": ["admin"], "扎西": ["admin"], "次仁": ["maker"], "旺堆": ["checker"], "央金": ["auditor"]},
    CITY: {"卓玛": ["admin"]}, FORKED: {"卓玛": ["admin"], "次仁": ["maker"]},  # the maker once its fork is over: 60_fork.mjs
}
TEN_BILLION = "10000000000.00"
MONTH_S = 30 * 86400


class Ground(console.Ground):
    """What a step may ask for, by name."""

    def __init__(self, tree, said):
        self.tree, self.said = tree, said
        self.joins = {}  # division -> `terrace join` that waits for a person here

    def begin_join(self, division, token):
        self.joins[division] = subprocess.Popen(
            [self.tree.bin("terrace"), "--home", os.path.join(self.tree.base, division), "join", token],
            env=self.tree.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def end_join(self, division):
        joining = self.joins.pop(division)
        out, err = joining.communicate(timeout=trees.PATIENCE_S)
        return {"code": joining.returncode, "out": out, "err": err}

    def end(self):
        for joining in self.joins.values():
            joining.terminate()
            joining.communicate()

    def revocation(self):
        """What the command said when it was given."""
        return self.said

    def run(self, division, *args, user=None):
        done = subprocess.run([self.tree.bin("terrace"), "--home", self.tree[division].home, *(["--as", user] if user else []), *args],
                              env=self.tree.env, capture_output=True, text=True)
        return {"code": done.returncode, "out": done.stdout, "err": done.stderr}


def found(tree):
    """The region, with two admins from the start."""
    region = trees.Node(tree, REGION, "西藏自治区", None)
    region.run("init", "--root", "--division", REGION, "--name", region.name, "--listen", f"tcp://127.0.0.1:{trees.free_port()}",
               "--approval", tree.approval, *(word for name in FOUNDERS for word in ("--admin", name)), *region.api_option())
    tree.nodes[REGION] = region
    region.start()
    for name, roles in PEOPLE[REGION].items():
        if name not in FOUNDERS:
            region.run("--as", "卓玛", "user", "add", name, "--role", roles[0], "--with", "扎西")
    return region


def invited(region, division, name):
    """Where there are two admins one invites, and the other says yes."""
    token = region.json("--as", "卓玛", "invite", division, "--name", name, "--may-grant", ",".join(trees.reach(division)))["token"]
    region.run("--as", "扎西", "invite", "--accept", division)
    return token


def shifted(tree):
    """For a daemon whose clock is a month ahead."""
    library = os.path.join(tree.build, "lib", "clock_shift.so")
    return dict(CLOCK_SHIFT_S=str(MONTH_S), LD_PRELOAD=trees.preloadable(tree.base, library))


def grow(tree):
    region = found(tree)
    tree.join_with(invited(region, CITY, "拉萨市"), region, CITY, "拉萨市")
    for division, name in ((FORKED, "林周县"), (RECOVERED, "当雄县"), (AWAY, "尼木县"), (REVOKED, "墨竹工卡县")):
        tree.join(CITY, division, name)
    plain = dict(tree.env)
    ahead = trees.Node(tree, AHEAD, "昌都市", region)
    ahead.enrol(invited(region, AHEAD, ahead.name))
    tree.nodes[AHEAD] = ahead
    tree.env.update(shifted(tree))
    ahead.start()
    tree.env.clear()
    tree.env.update(plain)
    add_admin(tree[FORKED])
    return region


def add_admin(node):
    node.run("user", "add", "卓玛", "--role", "admin")


def make_up_persons(tree, region):
    """Whoever has the keys of a node and not those of its admins: two persons approve what they please."""
    tree.approval = "budget,transfer"
    node = trees.Node(tree, OTHER, "日喀则市", region)
    node.enrol(invited(region, OTHER, node.name), ("达娃", "格桑"))
    tree.nodes[OTHER] = node
    os.unlink(os.path.join(node.home, "founders"))
    tree.daemon = "rogue_terraced"
    node.start()
    tree.daemon = "terraced"
    plain = dict(tree.env)
    tree.env["TERRACE_PASSWORD"] = THIEFS
    for name, role in (("mallory", "maker"), ("eve", "checker")):
        node.run("user", "add", name, "--role", role)
    budget = document("budget", "BIG", stage="reply", fund_type_code="111", amount=TEN_BILLION, approval_ref="1")
    node.run("--as", "mallory", "submit", "-", stdin=(json.dumps(budget) + "\n").encode())
    node.run("--as", "eve", "approve", "BIG")
    tree.env.clear()
    tree.env.update(plain)


def fork(tree):
    """An older copy of the county writes under the numbers of what its city holds."""
    city, county = tree[CITY], tree[FORKED]
    office = Office(county, 1)
    office.prepare()
    tree.wait_equal_digests()
    put_back(county, office)
    tree.wait_equal_digests()
    city.end()
    county.end()
    shutil.rmtree(county.home)
    shutil.copytree(county.home + ".old", county.home)
    county.start()
    office.ensure([payment for _ in range(3) for payment in office.payments()])
    city.start()
    trees.wait_until(lambda: os.path.exists(os.path.join(county.home, "resync")), trees.PATIENCE_S, "the county to hear of it")
    county.wait_ready()  # it answers, and writes nothing


def recover(tree):
    """The county lost its keys, got new ones from its city, and works on under these."""
    city, county = tree[CITY], tree[RECOVERED]
    office = Office(county, 2)
    office.prepare()
    trees.wait_until(lambda: tree[REGION].digest(RECOVERED) == county.digest(), trees.PATIENCE_S, "the county's log at the region")
    lose_keys(county)
    county.run("join", city.json("invite", RECOVERED, "--recover")["token"], "--recover")
    county.start()
    office.ensure(office.payments())
    trees.wait_until(lambda: any(row["waiting"]["documents"] > 0 for row in tree[REGION].json("confirm", "--list")["rows"]),
                     trees.PATIENCE_S, "the region to hold what waits")


def rotate(tree):
    """The city has another link key, and one of its counties is not there to hear of it."""
    city = tree[CITY]
    tree[AWAY].end()
    city.run("rotate", "--channel")
    trees.wait_until(lambda: (city.status()["rotation"] or {}).get("state") == "former_served", trees.PATIENCE_S, "the new key")


def revoke(tree):
    """The county's machine was stolen. What it wrote before stands."""
    region, county = tree[REGION], tree[REVOKED]
    county.submit_lines([document("agency", "A1", agency_code="105001", agency_name="教育局")])
    trees.wait_until(lambda: region.digest(REVOKED) == county.digest(), trees.PATIENCE_S, "the county's log at the region")
    region.run("--as", "卓玛", "revoke", REVOKED, "--reason", "机器被盗", "--yes")
    return region.json("--as", "扎西", "revoke", "--accept", REVOKED, "--yes")


def misfortune(tree):
    region = grow(tree)
    make_up_persons(tree, region)
    fork(tree)
    recover(tree)
    rotate(tree)
    said = revoke(tree)
    add_admin(tree[CITY])
    codes = lambda: {(alarm["code"], alarm["division"]) for alarm in region.status()["alarms"]}  # noqa: E731
    trees.wait_until(lambda: codes() >= {("fork", FORKED), ("epoch_unconfirmed", RECOVERED), ("approval_invalid", OTHER), ("clock_skew", AHEAD)},
                     trees.PATIENCE_S, "the region to alarm all of it")
    return said


def told(tree, screens):
    return {"build": tree.build, "screens": screens, "steps": "trust", **console.quarter_of_looks(),
            "nodes": {code: {"url": node.api, "name": node.name, "home": node.home} for code, node in tree.nodes.items()},
            "people": {code: {name: {"roles": roles, "password": PASSWORD} for name, roles in people.items()} for code, people in PEOPLE.items()}}


def run(build, only, base):
    screens = os.path.join(build, "console-screens")
    os.makedirs(screens, exist_ok=True)
    tree = trees.Tree(base, build=build, approval="transfer", passphrase=PASSWORD, console=True)
    tree.env.update(TERRACE_SECOND_PASSWORD=PASSWORD, TERRACE_NEW_PASSWORD=PASSWORD)
    ground = None
    try:
        ground = Ground(tree, misfortune(tree))
        runner = subprocess.Popen(["node", os.path.join(console.HERE, "run.mjs"), json.dumps(told(tree, screens)), *only],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return console.serve(runner, ground)
    finally:
        if ground is not None:
            ground.end()
        tree.stop()


if __name__ == "__main__":
    sys.exit(console.main(run, "trust"))
