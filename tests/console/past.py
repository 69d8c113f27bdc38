"""past - in the web console: a county that goes past its city to the region, while the city is dead, once it is back,
and while the city only reads as its store is damaged; and a node that is restored, which shows whom it waits for. On
three real nodes; past/ drives the browser, and screens are kept under BUILD/console-screens.

    python3 tests/console/past.py --build build [--only NAME]... [--keep]
"""
import json
import os
import subprocess
import sys
import time

import console
from console import trees

REGION, CITY, COUNTY = "540000", "540100", "540121"
PASSWORD, ADMIN = "known-to-each-alone", "卓玛"
AWAY_MS = 2000
DAMAGED = {"damaged": "store_was_found_damaged", "heals": f"{int(time.time())}\n" * 2}  # as one that is not healed again
RESTORED = {"resync": "own_log_behind_peer peer=540100 author=540121 lsn=2 held=1"}


class Ground(console.Ground):
    """What a step may ask for, by name."""

    def __init__(self, tree):
        self.tree = tree

    def kill(self, division):
        self.tree[division].kill()

    def end(self, division):
        self.tree[division].end()

    def start(self, division):
        self.tree[division].start()

    def note(self, division, notes):
        """What a node finds in its home at its start."""
        for name, text in {"damaged": DAMAGED, "restored": RESTORED}[notes].items():
            with open(os.path.join(self.tree[division].home, name), "w") as file:
                file.write(text)

    def mend(self, division):
        for name in DAMAGED:
            os.unlink(os.path.join(self.tree[division].home, name))

    def enter(self, division, code):
        self.tree[division].submit_lines([{"kind": "agency", "id": f"A{code}", "fiscal_year": 2026, "agency_code": f"10{code}", "agency_name": "教育局"}])


def grow(tree):
    tree.init_root(REGION, "西藏自治区")
    tree.join(REGION, CITY, "拉萨市")
    tree.join(CITY, COUNTY, "林周县")
    county = tree[COUNTY]
    county.limit(parent_away_ms=AWAY_MS)
    county.end()
    county.start()
    for node in tree.nodes.values():
        node.run("user", "add", ADMIN, "--role", "admin")
    tree.wait_equal_digests()


def told(tree, screens):
    return {"build": tree.build, "screens": screens, "steps": "past", **console.quarter_of_looks(),
            "nodes": {code: {"url": node.api, "name": node.name, "home": node.home} for code, node in tree.nodes.items()},
            "people": {code: {ADMIN: {"roles": ["admin"], "password": PASSWORD}} for code in tree.nodes}}


def run(build, only, base):
    screens = os.path.join(build, "console-screens")
    os.makedirs(screens, exist_ok=True)
    tree = trees.Tree(base, build=build, passphrase=PASSWORD, console=True)
    try:
        grow(tree)
        runner = subprocess.Popen(["node", os.path.join(console.HERE, "run.mjs"), json.dumps(told(tree, screens)), *only],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return console.serve(runner, Ground(tree))
    finally:
        tree.stop()


if __name__ == "__main__":
    sys.exit(console.main(run, "past"))
