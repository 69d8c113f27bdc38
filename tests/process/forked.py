"""forked - a county is put back to an older copy while its city is away, and writes one long post: the
same numbers again. Once the city is back, county, city and region all alarm the fork, and the county
stops, says why and what to do, and takes no document more; what city and region hold of it stands.

    python3 tests/process/forked.py --build build
"""
import argparse
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
from kill_and_cut import Office  # noqa: E402
from restored import need  # noqa: E402

ROOT, CITY, COUNTY = "540000", "540100", "540121"


def fork_alarms(node):
    return [a for a in node.status()["alarms"] if a["code"] == "fork" and a["division"] == COUNTY]


def branches(node):
    """What each of the two says, as this node knows."""
    rows = {row["branch"]: row for row in node.json("fork")["rows"]}
    need(len({row["hash"] for row in rows.values()}) == 2, f"{node.division}: {rows}")
    need(len({row["after_lsn"] for row in rows.values()}) == 1, f"{node.division}: {rows}")
    return rows["held_here"], rows["elsewhere"]


def amount(documents):
    fen = sum(int(d["pay_app_amt"].replace(".", "")) for d in documents)
    return f"{fen // 100}.{fen % 100:02d}"


def keep(root, city, county, office, held, lost):
    """The city says which branch goes on, the region confirms it: the county puts the other aside,
    fetches what it lacks, and goes on."""
    here, there = branches(city)
    code, out, err = city.run("fork", COUNTY, "--keep", there["hash"], "--yes", check=False)
    need(code == 1, f"a branch that is not here was kept: {code} {out}{err}")
    city.run("fork", COUNTY, "--keep", here["hash"], "--yes")
    trees.wait_until(lambda: any(r["division"] == COUNTY for r in root.json("confirm", "--list")["rows"]),
                     trees.PATIENCE_S, "the region sees what it is to confirm")
    need("store_damaged" in [a["code"] for a in county.status()["alarms"]], "it waits for the region")
    root.run("confirm", COUNTY, "--yes")
    trees.wait_until(lambda: "store_damaged" not in [a["code"] for a in county.status()["alarms"]],
                     trees.PATIENCE_S, "the county goes on")
    need(county.json("digest") == held, f"{county.json('digest')} for {held}")
    for document in lost:
        county.json("get", document["id"])
    need(office.submit(office.payments()) == 0, "the county takes documents again")
    trees.wait_until(lambda: root.json("digest", "--division", COUNTY) == county.json("digest"),
                     trees.PATIENCE_S, "all hold what it wrote since")
    for node in (root, city, county):
        need(not node.json("fork")["rows"], f"{node.division} still shows a fork")
        code, out, err = node.run("verify", "--deep", check=False)
        need(code == 0, f"{node.division}: {out}{err}")


def put_back(county, office):
    """An older copy of the county's home, taken before its last documents."""
    county.end()
    shutil.copytree(county.home, county.home + ".old")
    county.start()
    lost = [d for _ in range(3) for d in office.payments()]
    office.ensure(lost)
    return lost


def prove(base, build):
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    try:
        root = tree.init_root(ROOT, "西藏自治区")
        city, _ = tree.join(ROOT, CITY, "拉萨市")
        county, _ = tree.join(CITY, COUNTY, "林周县")
        office = Office(county, 1)
        office.prepare()
        tree.wait_equal_digests()
        lost = put_back(county, office)
        tree.wait_equal_digests()
        held = root.json("digest", "--division", COUNTY)
        city.end()
        county.end()

        shutil.rmtree(county.home)
        shutil.copytree(county.home + ".old", county.home)
        county.start()
        long_post = [d for _ in range(5) for d in office.payments()]
        need(office.submit(long_post) == 0, "a county alone works on")
        before = len(office.acknowledged)

        city.start()
        trees.wait_until(lambda: "own_log_forked" in county.log_tail(1 << 20), trees.PATIENCE_S, "the county hears of it")
        for node in (city, root):
            trees.wait_until(lambda node=node: fork_alarms(node), trees.PATIENCE_S,
                             f"{node.division} alarms the fork")
        for node in (city, root):
            here, there = branches(node)
            need(here["documents"] >= len(lost) and here["complete"], f"{node.division}: {here}")
            need((here["amount"], there["amount"]) == (amount(lost), amount(long_post)),
                 f"{node.division}: {here} {there}")
            need(there["documents"] == len(long_post) and not there["complete"], f"{there}")
        trees.wait_until(lambda: "store_damaged" in [a["code"] for a in county.status()["alarms"]],
                         trees.PATIENCE_S, "the county only reads")
        code = office.submit(office.payments())
        need(code == 5 and len(office.acknowledged) == before, f"a forked node took documents: {code}")
        code, out, err = county.run("balance", check=False)
        need(code == 4 and "fork" in (out + err).split("\n", 1)[0], f"balance: exit {code}: {out}{err}")
        for node in (city, root):
            need(node.json("digest", "--division", COUNTY) == held, f"{node.division}'s copy has changed")
            need(not [a for a in node.status()["alarms"] if a["code"] == "false_claim"], "a false claim")
        keep(root, city, county, office, held, lost)
    finally:
        tree.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terrace-forked-") as base:
        try:
            prove(base, args.build)
        except trees.Failed as failed:
            print(f"forked: {failed}", file=sys.stderr)
            return 1
    print("forked: all three alarm; the county takes nothing more, what was held of it stands")
    return 0


if __name__ == "__main__":
    sys.exit(main())
