"""revoked_recovered - real daemons in three tiers: a county is stolen, whole. Its region revokes it while its city
stands; its city gives it new keys, and the region says that they count. What the thief wrote up to the end is a
fact, what he writes behind it reaches nobody and is in no figure, before the new keys and behind them.

    python3 tests/process/revoked_recovered.py --build build
"""
import os
import re
import shutil
import signal
import sys
import tempfile

from continuity import boards, is_alarmed, recovery
from foreign_bytes import CITY, ROOT, agency, expect, need, says, trees
from revocation import COUNTY, alarms_of, row_of

THIEF = "thief"


def ends_there(tree, region, city, county):
    """All that the county has, keys too, is on another machine, and knows where the city is. What its thief wrote while
    nobody knew is held; the region names that as the end, and the city stands."""
    expect(county, [agency("A2", "105002")], ["accepted"])  # his hand on the county's own machine
    trees.wait_until(lambda: region.run("get", "A2", "--division", COUNTY, check=False)[0] == 0, 60, "the thief's paper")
    county.end()
    thief = trees.Node(tree, COUNTY, "林周县", county.parent)
    thief.home, thief.log_path = os.path.join(tree.base, THIEF), os.path.join(tree.base, THIEF + ".log")
    shutil.copytree(county.home, thief.home)
    with open(os.path.join(thief.home, "config.yaml"), encoding="utf-8") as config:
        text = re.sub(r'(?m)^(listen|enrol): .*$', lambda line: f'{line.group(1)}: "tcp://127.0.0.1:{trees.free_port()}"', config.read())
    with open(os.path.join(thief.home, "config.yaml"), "w", encoding="utf-8") as config:
        config.write(text)  # both are to run at once
    held = region.digest(COUNTY)
    said = region.json("revoke", COUNTY, "--reason", "机器被盗", "--yes")
    need(said["final_lsn"] == held["lsn"], f"{said} {held}")
    trees.wait_until(lambda: row_of(city, COUNTY)["state"] == "revoked", 30, "the city to obey")
    return thief, held


def writes_on(city, thief, lines):
    """Cut off he cannot know, and writes. Once he dials nobody lets him in, and he is told."""
    there, untold = thief.parent_endpoint(), thief.home + ".untold"
    thief.parent_endpoint("tcp://127.0.0.1:1")
    thief.start()
    expect(thief, lines, ["accepted"] * len(lines))
    thief.kill()
    thief.parent_endpoint(there)
    shutil.copytree(thief.home, untold, ignore=shutil.ignore_patterns("terrace.sock"))
    thief.start()
    trees.wait_until(lambda: {"revoked", "superseded"} & {code for code, _ in alarms_of(thief)}, 60, "him to be told")
    need(city.run("get", re.search(r"A\d", str(lines)).group(), "--division", COUNTY, check=False)[0] == 1, "he was heard")
    thief.kill()
    shutil.rmtree(thief.home)
    os.rename(untold, thief.home)  # and once more


def nothing_of_it(nodes, held, *numbers):
    for node in nodes:
        there = node.digest(COUNTY)
        need((there["lsn"], there["digest"]) == (held["lsn"], held["digest"]), f"a figure moved at {node.division}")
        for number in numbers:
            need(node.run("get", number, "--division", COUNTY, check=False)[0] == 1, f"{node.division} holds {number}")


def new_keys(tree, city, county):
    """The city grants the code once more, where it ended; on the county's own machine, with its own log."""
    token = city.json("invite", COUNTY, "--recover")["token"]
    os.unlink(os.path.join(county.home, "keys", "identity.key"))
    os.unlink(os.path.join(county.home, "keys", "curve.key"))
    county.run("join", token, "--recover")
    county.start()
    tree.nodes[COUNTY] = county


def counts_once_confirmed(region, city, county, held):
    expect(county, [agency("A5", "105005")], ["accepted"])
    trees.wait_until(lambda: city.run("get", "A5", "--division", COUNTY, check=False)[0] == 0, 60, "the granter to count it")
    trees.wait_until(lambda: recovery(region) is not None and recovery(region)["waiting"]["documents"] >= 1, 60,
                     "the region to hold it")
    need(recovery(region)["base_lsn"] == held["lsn"] and is_alarmed(region), f"{recovery(region)}")
    need({one["state"] for one in boards(region).values()} == {"waits"}, f"{boards(region)}")
    nothing_of_it([region], held, "A5")
    region.run("confirm", COUNTY, "--yes", "--reason", "电话核对")
    trees.wait_until(lambda: region.run("get", "A5", "--division", COUNTY, check=False)[0] == 0, 60, "it to count")
    need(region.run("get", "A2", "--division", COUNTY, check=False)[0] == 0, "what was held at the end is a fact")
    for node in (region, city):
        need(row_of(node, COUNTY)["state"] != "revoked", f"{row_of(node, COUNTY)}")


def stories(tree):
    region = tree.init_root(ROOT, "西藏自治区")
    city, _ = tree.join(ROOT, CITY, "拉萨市")
    county, _ = tree.join(CITY, COUNTY, "林周县")
    thief = None
    try:
        expect(county, [agency("A1")], ["accepted"])
        tree.wait_equal_digests()
        thief, held = ends_there(tree, region, city, county)
        writes_on(city, thief, [agency("A3", "105003"), agency("A4", "105004")])
        nothing_of_it([region, city], held, "A3", "A4")
        new_keys(tree, city, county)
        counts_once_confirmed(region, city, county, held)
        writes_on(city, thief, [agency("A6", "105006")])
        tree.wait_equal_digests()
        for node in (region, city, county):
            need(node.run("get", "A6", "--division", COUNTY, check=False)[0] == 1, f"{node.division} holds A6")
            need(node.json("verify", "--deep")["ok"], f"{node.division} does not verify")
            need(not {code for code, _ in alarms_of(node)} & {"fork", "revoked_beyond", "lost_tail"}, f"{alarms_of(node)}")
    finally:
        if thief is not None and thief.process is not None:
            thief.kill()
        tree.stop()


def main(base, build):
    stories(trees.Tree(os.path.join(base, "tree"), build))
    print("revoked_recovered: new keys go on where the stolen ones ended, and nothing of the thief's behind it counts")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    trees.run_test("revoked-recovered", main)
