"""empty_disk - the disk of a county, and then that of a city with two counties, is gone: an empty machine is
let in again in its place (invite --recover, join), fetches the log from its neighbours and goes on. The city's
counties, who know its former link key, come back with one command each. Nothing is lost or there twice, and
every level agrees once the level above has confirmed the new keys.

    python3 tests/process/empty_disk.py --build build
"""
import json
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
from kill_and_cut import Office  # noqa: E402
from restored import digest_of, need  # noqa: E402
from resync import nothing_is_missing, resync_of, work  # noqa: E402

ROOT, CITY, COUNTY, OTHER = "540000", "540100", "540121", "540122"


def lose(node):
    """The disk is gone, and a new machine is let in at the parent."""
    node.end()
    listen = read_listen(node)
    shutil.rmtree(node.home)
    token = node.parent.json("invite", node.division, "--recover")["token"]
    node.run("join", token, "--approval", node.tree.approval, "--listen", listen)
    need(os.path.exists(os.path.join(node.home, "resync")), "join left no note")
    node.start()


def read_listen(node):
    with open(os.path.join(node.home, "config.yaml")) as config:
        return next(line.split('"')[1] for line in config if line.startswith("listen:"))


def awaited(node):
    """Whose answer is missing, once all that the parent holds is there."""
    code, out, _ = node.run("--json", "resync", check=False)
    if code != 4 or json.loads(out)["state"] != "waiting":
        return None
    return [row["division"] for row in json.loads(out)["holders"] if row["state"] == "awaited"]


def confirmed(above, division):
    trees.wait_until(lambda: any(r["division"] == division for r in above.json("confirm", "--list")["rows"]),
                     trees.PATIENCE_S, f"{above.division} sees what it is to confirm")
    above.run("confirm", division, "--yes")


def a_county(tree, offices, held):
    node = tree[COUNTY]
    lose(node)
    trees.wait_until(lambda: digest_of(node) == held, trees.PATIENCE_S, "the county has its log again")
    said = resync_of(node)
    need(said["state"] == "whole" and said["last"], f"{said}")
    offices[1].ensure(offices[1].payments())
    confirmed(tree[ROOT], COUNTY)
    nothing_is_missing(tree, offices)


def a_city(tree, offices):
    node = tree[CITY]
    held = node.json("digest")
    below = {code: node.digest(code) for code in (COUNTY, OTHER)}
    lose(node)
    trees.wait_until(lambda: awaited(node) == [COUNTY, OTHER], trees.PATIENCE_S, "the city waits for its counties")
    need(offices[0].submit(offices[0].payments()) == 5, "it took a document")
    for code in (COUNTY, OTHER):
        tree[code].end()
        answer = json.loads(node.run("--json", "invite", code, "--again", check=False)[1])
        tree[code].run("join", answer["token"])
        tree[code].start()
    trees.wait_until(lambda: digest_of(node) == held, trees.PATIENCE_S, "the city has its log again")
    for code, digest in below.items():
        trees.wait_until(lambda: node.digest(code) == digest, trees.PATIENCE_S, f"the city has {code} again")
    offices[0].ensure(list(offices[0].waiting.values()))
    confirmed(tree[ROOT], CITY)
    nothing_is_missing(tree, offices)


def prove(base, build):
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    try:
        tree.init_root(ROOT, "西藏自治区")
        tree.join(ROOT, CITY, "拉萨市")
        for code, name in ((COUNTY, "林周县"), (OTHER, "当雄县")):
            tree.join(CITY, code, name)
        offices = city, county, other = [Office(tree[code], i) for i, code in enumerate((CITY, COUNTY, OTHER))]
        city.below, county.issuers, other.issuers = [county, other], [city], [city]
        for office in offices:
            office.prepare()
        work(city, county)
        work(city, other)
        tree.wait_equal_digests()
        a_county(tree, offices, tree[COUNTY].json("digest"))
        work(city, county)
        work(city, other)
        tree.wait_equal_digests()
        a_city(tree, offices)
        work(city, county)
        nothing_is_missing(tree, offices)
    finally:
        tree.stop()
    print("empty_disk: a county and a city came back on empty machines, nothing lost or twice")


if __name__ == "__main__":
    trees.run_test("empty_disk", prove)
