"""ancestor - real daemons: a county whose city is dead for a while is served by the region, and goes back to its
city, which then holds what everybody holds. All three say so, while it lasts and afterwards. A damaged city that only
reads tells its county so itself.

    python3 tests/process/ancestor.py --build build

A control beside it is told never to ask an ancestor: what it enters reaches the region with its city alone.
"""
import json
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
from foreign_bytes import agency, allocate, budget, document, expect, need, payment, transfer  # noqa: E402
from node_api import Api  # noqa: E402

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


def spells(node):
    """Of the county, as this node shows them: in its status, and the same in the list of all."""
    rows = [row for row in node.status()["served_spells"] if row["division"] == COUNTY]
    listed = json.loads(Api(os.path.join(node.home, "terrace.sock")).text("GET", f"/links/served?division={COUNTY}"))["rows"]
    need([row["since"] for row in rows] == [row["since"] for row in listed], f"{node.division}: {rows} and {listed}")
    return rows


def says(node, *command, **words):
    """In both languages."""
    for language, pattern in words.items():
        said = node.run("--lang", language, *command)[1]
        need(re.search(pattern, said) is not None, f"{node.division} {language}: no {pattern} in {said}")


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
    says(county, "status", en=r"Served by 540000 since \d", zh="由 540000 代为服务")
    for node in (county, region):
        wait(lambda node=node: [(row["by"], row["parent"], row["until"]) for row in spells(node)] == [(REGION, CITY, None)],
             f"{node.division} to show that it goes on")
    says(region, "status", en=r"540121 is served here since \d.*parent 540100 is away", zh="540121 自 .* 起由本节点代为服务")


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


def is_told_afterwards(tree, lsn):
    """From when to when, by whom, and that its city has all of it. Who goes again within a minute has one row."""
    for division in (COUNTY, REGION, CITY):
        node = tree[division]
        wait(lambda node=node: spells(node) and spells(node)[0]["until"] and spells(node)[0]["lsn"] >= lsn, f"{division} to tell of it")
        row = spells(node)[0]
        need((row["by"], row["parent"], row["caught_up"]) == (REGION, CITY, True), f"{division}: {row}")
        need(row["since"] < row["until"] and 0 < row["lsn"] <= row["held_lsn"], f"{division}: {row}")
    says(tree[CITY], "status", en=r"540121 was served by 540000 from .* as 540100 was away; all that it entered by then is here",
         zh="540121 曾由 540000 代为服务.*所录内容已全部到达")


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
    is_told_afterwards(tree, region.digest(COUNTY)["lsn"] - 1)
    for node in tree.nodes.values():
        need(node.run("verify")[0] == 0, f"{node.division} does not verify")
        wait(lambda node=node: not alarmed(node), f"{node.division} to be alarmed of nothing that is over")


def past_a_damaged_city(tree):
    """It only reads, and tells its county, which is served meanwhile as if it were away."""
    region, city, county = tree[REGION], tree[CITY], tree[COUNTY]
    city.end()
    notes = {"damaged": "store_was_found_damaged", "heals": f"{int(time.time())}\n" * 2}
    for name, text in notes.items():
        with open(os.path.join(city.home, name), "w") as file:
            file.write(text)
    city.start()
    wait(lambda: (county.status()["served"] or {}).get("parent_is_damaged"), "the county to hear it from its city")
    need(is_live(region, COUNTY, "served"), f"{peer(region, COUNTY)}")
    says(county, "status", en="store of the parent 540100 is damaged, and it only reads", zh="上级 540100 存储已损坏，只可查询")
    wait(lambda: "damaged" in row_of(county, COUNTY)["sentence"], "the county's own row to say it")
    need("terrace doctor" in row_of(county, COUNTY)["cure"], f"{row_of(county, COUNTY)}")
    wait(lambda: row_of(region, CITY)["state"] == "damaged", "the region to hear it, too")
    expect(county, [payment("P3", "AL1", "10.00")], ["accepted"])
    wait(lambda: region.digest(COUNTY) == county.digest(), "the region to hold what was entered meanwhile")
    city.end()
    for name in notes:
        os.unlink(os.path.join(city.home, name))
    city.start()
    wait(lambda: county.status()["served"] is None and is_live(county, CITY, "parent"), "the county to go back again")
    need(peer(county, CITY)["reason"] == "", f"{peer(county, CITY)}")
    tree.wait_equal_digests()
    is_told_afterwards(tree, county.digest()["lsn"])


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
        past_a_damaged_city(tree)
    finally:
        tree.stop()
    print("ancestor: a county went past its dead city and back; its money stood everywhere, once")


if __name__ == "__main__":
    trees.run_test("ancestor", prove)
