"""held_above - a county is served by its region while its city is dead, and loses its disk before the city is back: of
what it entered in between the region alone holds anything. The city is told so, and fetches that first; only then does
`invite --recover`, `join` go on behind all of it. Another one, whose home is put back from an older copy and has lost
its keys, is refused with what it has, and comes back as an empty machine. Nothing that the region acknowledged is lost.

    python3 tests/process/held_above.py --build build
"""
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
from ancestor import AWAY_MS, asks_after, is_live, wait  # noqa: E402
from empty_disk import confirmed, read_listen  # noqa: E402
from foreign_bytes import agency, allocate, budget, document, expect, need, payment  # noqa: E402
from restored import digest_of  # noqa: E402

REGION, CITY, EMPTY, OLDER = "540000", "540100", "540121", "540122"


def begin(tree):
    for node in tree.nodes.values():
        expect(node, [agency("A1")], ["accepted"])
    for code in (EMPTY, OLDER):
        expect(tree[code], [budget("B1", "5000.00"), allocate("AL1", "B1", "2000.00"),
                            document("release", "RL1", bgt_id="AL1", cor_bgt_doc_no="财预〔2026〕1号")], ["accepted"] * 3)
    tree.wait_equal_digests()


def copy_of(node):
    node.end()
    shutil.copytree(node.home, node.home + ".copy", symlinks=True)
    node.start()


def works_past_its_city(tree):
    """What each enters is acknowledged by the region, and the city has none of it."""
    region, city = tree[REGION], tree[CITY]
    before = {code: city.digest(code)["lsn"] for code in (EMPTY, OLDER)}
    city.kill()
    for code in (EMPTY, OLDER):
        node = tree[code]
        wait(lambda node=node: is_live(node, REGION, "ancestor"), f"{code} to be served by the region")
        expect(node, [payment("P1", "AL1", "250.00"), payment("P2", "AL1", "125.00")], ["accepted"] * 2)
        wait(lambda code=code, node=node: region.digest(code) == node.digest(), f"the region to hold all of {code}")
        wait(lambda node=node: node.status()["confirmed"]["lsn"] == node.status()["lsn"], f"{code} to be told so")
    held = {code: region.digest(code) for code in (EMPTY, OLDER)}
    listens = {code: read_listen(tree[code]) for code in (EMPTY, OLDER)}
    for code in (EMPTY, OLDER):
        tree[code].end()
        shutil.rmtree(tree[code].home)
    city.start()
    for code in (EMPTY, OLDER):
        need(city.digest(code)["lsn"] == before[code], f"the city holds all of {code} without having asked for it")
    return held, listens


def comes_back(tree, code, listen, token, held):
    region, city, node = tree[REGION], tree[CITY], tree[code]
    out = node.run("join", token, "--approval", node.tree.approval, "--listen", listen)
    need(city.digest(code) == held, f"the city granted before it had all of {code}: {city.digest(code)}, {held}")
    node.start()
    wait(lambda: digest_of(node) == held, f"{code} to have its log again")
    confirmed(region, code)
    expect(node, [payment("P3", "AL1", "25.00")], ["accepted"])
    return out


def an_empty_machine(tree, listen, held):
    """It waits, and is told for what."""
    city = tree[CITY]
    token = city.json("invite", EMPTY, "--recover")["token"]
    _, _, said = comes_back(tree, EMPTY, listen, token, held)
    need(f"up to {held['lsn']}" in said or f"log of {EMPTY}" in said, f"join does not say what it waits for: {said}")


def an_older_copy(tree, listen, held):
    """With the log that it has it would go on below what the region acknowledged."""
    city, node = tree[CITY], tree[OLDER]
    shutil.move(node.home + ".copy", node.home)
    token = city.json("invite", OLDER, "--recover")["token"]
    code, _, said = node.run("join", token, "--recover", check=False)
    need(code == 1 and f"holds it up to {held['lsn']}" in said, f"exit {code}: {said}")
    need(city.digest(OLDER) == held, "the city has not fetched it")
    shutil.rmtree(node.home)
    comes_back(tree, OLDER, listen, token, held)


def nothing_is_lost(tree):
    tree.wait_equal_digests()
    for upper in (REGION, CITY):
        for code in (EMPTY, OLDER):
            rows = tree[upper].json("list", "payment", "--division", code)["rows"]
            need(sorted(row["id"] for row in rows) == ["P1", "P2", "P3"], f"{upper} lists of {code} {rows}")
    for node in tree.nodes.values():
        need(node.run("verify")[0] == 0, f"{node.division} does not verify")
        alarms = {alarm["code"] for alarm in node.status()["alarms"]}
        need(not alarms & {"fork", "lost_tail", "bad_block"}, f"{node.division}: {alarms}")


def prove(base, build):
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    try:
        tree.init_root(REGION, "西藏自治区")
        tree.join(REGION, CITY, "拉萨市")
        for code, name in ((EMPTY, "林周县"), (OLDER, "当雄县")):
            tree.join(CITY, code, name)
        begin(tree)
        for code in (EMPTY, OLDER):
            asks_after(tree[code], AWAY_MS)
        copy_of(tree[OLDER])
        held, listens = works_past_its_city(tree)
        an_empty_machine(tree, listens[EMPTY], held[EMPTY])
        an_older_copy(tree, listens[OLDER], held[OLDER])
        nothing_is_lost(tree)
    except trees.Failed:
        for node in tree.nodes.values():
            print(f"--- {node.division}\n{node.log_tail(2500)}", file=sys.stderr)
        raise
    finally:
        tree.stop()
    print("held_above: two counties went on behind what their region alone held of them")


if __name__ == "__main__":
    trees.run_test("held_above", prove)
