"""ancestor - real daemons: a county whose city is dead for a while is served by the region, and goes back to its
city, which then holds what everybody holds.

    python3 tests/process/ancestor.py --build build

A control beside it is told never to ask an ancestor: what it enters reaches the region with its city alone.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
from foreign_bytes import agency, allocate, budget, document, expect, need, payment, transfer  # noqa: E402

REGION, CITY, OTHER, COUNTY, CONTROL = "540000", "540100", "540200", "540121", "540122"
AWAY_MS, NEVER_MS = 2000, 2**32 - 1
PATIENCE_S = trees.PATIENCE_S


def asks_after(node, milliseconds):
    """Without its parent for so long, it asks an ancestor."""
    node.limit(parent_away_ms=milliseconds)
    node.end()
    node.start()


def wait(condition, what):
    return trees.wait_until(condition, PATIENCE_S, what, step=0.1)


def peer(node, division):
    return next((row for row in node.status()["peers"] if row["division"] == division), {})


def is_live(node, division, role):
    row = peer(node, division)
    return row.get("state") == "live" and row["role"] == role


def row_of(node, division):
    return next(row for row in node.json("status", "--tree")["rows"] if row["division"] == division)


def state(node, author, ident):
    code, out, _ = node.run("--json", "get", ident, "--division", author, check=False)
    return None if code != 0 else re.search(r'"state": ?"(\w+)"', out).group(1)


def begin(tree):
    region, city, county = tree[REGION], tree[CITY], tree[COUNTY]
    for node in tree.nodes.values():
        expect(node, [agency("A1")], ["accepted"])
    expect(region, [budget("B1", "1000000.00")], ["accepted"])
    expect(county, [budget("B1", "5000.00"), allocate("AL0", "B1", "2000.00")], ["accepted"] * 2)
    expect(tree[CONTROL], [budget("B1", "5000.00")], ["accepted"])
    asks_after(county, AWAY_MS)
    asks_after(tree[CONTROL], NEVER_MS)
    tree.wait_equal_digests()


def is_served(tree):
    """The county is served, and says so; and so do those above it."""
    region, county = tree[REGION], tree[COUNTY]
    tree[CITY].kill()
    wait(lambda: is_live(county, REGION, "ancestor"), "the county to be served by the region")
    wait(lambda: is_live(region, COUNTY, "served"), "the region to say so")
    served = county.status()["served"]
    need(served["by"] == REGION and served["parent"] == CITY, f"{served}")
    wait(lambda: "served" in {alarm["code"] for alarm in county.status()["alarms"]}, "the county to be alarmed")
    wait(lambda: row_of(region, COUNTY)["state"] == "served", "the region's tree to show it")
    need(row_of(county, COUNTY)["state"] == "served", f"{row_of(county, COUNTY)}")
    for language, words in (("en", "Served by 540000"), ("zh", "由 540000 代为服务")):
        said = county.run("--lang", language, "status")[1]
        need(words in said, f"{language}: {said}")


def works_on(tree):
    """What it enters reaches the region, and what the region addresses to it arrives."""
    region, county = tree[REGION], tree[COUNTY]
    expect(county, [allocate("AL1", "B1", "1000.00"),
                    document("release", "RL1", bgt_id="AL1", cor_bgt_doc_no="林财预〔2026〕1号")], ["accepted"] * 2)
    expect(county, [payment("P1", "AL1", "250.00")], ["accepted"])
    wait(lambda: region.digest(COUNTY) == county.digest(), "the region to hold what the county entered")
    wait(lambda: county.status()["confirmed"]["lsn"] == county.status()["lsn"], "the root to confirm it")
    expect(region, [transfer("X1", "B1", COUNTY, "700.00")], ["accepted"])
    wait(lambda: state(county, REGION, "X1") == "issued", "the region's transfer to arrive at the county")
    expect(county, [document("register", "RG1", bgt_id="X1", ori_div_code=REGION)], ["accepted"])
    wait(lambda: state(region, REGION, "X1") == "registered", "the region to hear of its register")


def the_control_waits(tree):
    control = tree[CONTROL]
    before = tree[REGION].digest(CONTROL)
    expect(control, [allocate("AL1", "B1", "1000.00")], ["accepted"])
    need(control.status()["served"] is None, "who never asks is served")
    need(tree[REGION].digest(CONTROL) == before, "what it entered is at the region")


def alarmed(node):
    return {alarm["code"] for alarm in node.status()["alarms"]} & {
        "served", "lost_tail", "false_claim", "fork", "bad_block", "silent_with_backlog"}


def goes_back(tree):
    region, city, county = tree[REGION], tree[CITY], tree[COUNTY]
    city.start()
    wait(lambda: county.status()["served"] is None and is_live(county, CITY, "parent"), "the county to go back")
    wait(lambda: is_live(city, COUNTY, "child"), "its city to have it again")
    wait(lambda: not is_live(region, COUNTY, "served"), "the region to serve it no longer")
    tree.wait_equal_digests()
    expect(county, [payment("P2", "AL1", "50.00")], ["accepted"])
    tree.wait_equal_digests()
    for upper in (region, city):
        rows = upper.json("list", "payment", "--division", COUNTY)["rows"]
        need(sorted(row["id"] for row in rows) == ["P1", "P2"], f"{upper.division} lists {rows}")
    for node in tree.nodes.values():
        need(node.run("verify")[0] == 0, f"{node.division} does not verify")
        wait(lambda node=node: not alarmed(node), f"{node.division} to be alarmed of nothing that is over")


def prove(base, build):
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    try:
        tree.init_root(REGION, "西藏自治区")
        tree.join(REGION, CITY, "拉萨市")
        tree.join(REGION, OTHER, "日喀则市")
        tree.join(CITY, COUNTY, "林周县")
        tree.join(CITY, CONTROL, "当雄县")
        begin(tree)
        is_served(tree)
        works_on(tree)
        the_control_waits(tree)
        goes_back(tree)
    finally:
        tree.stop()
    print("ancestor: a county went past its dead city and back; its money stood everywhere, once")


if __name__ == "__main__":
    trees.run_test("ancestor", prove)
