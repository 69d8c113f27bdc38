"""forked_served - the two branches of a county's log meet where nobody hears the county itself: one went past its dead
city to the region, from the machine that the region served; the other, of a copy of its home on another machine, went
to the city while the region was away. Once both are there all three alarm the fork. The city keeps what it holds, the
region confirms that, and puts the branch that it held aside: its replica is built again, and the machine whose branch
went on as well has the other one's log.

    python3 tests/process/forked_served.py --build build
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
from ancestor import asks_after, is_live  # noqa: E402
from forked import amount, branches, fork_alarms  # noqa: E402
from kill_and_cut import Office  # noqa: E402
from restored import digest_of, need  # noqa: E402
from twins import on_another_machine  # noqa: E402

REGION, CITY, COUNTY = "540000", "540100", "540121"
AWAY_MS = 2000


def wait(condition, what):
    return trees.wait_until(condition, trees.PATIENCE_S, what, step=0.1)


def past_the_city(tree, office):
    """The city is dead: what the county pays goes to the region."""
    region, county = tree[REGION], tree[COUNTY]
    tree[CITY].kill()
    wait(lambda: is_live(region, COUNTY, "served"), "the region to serve the county")
    paid = [d for _ in range(3) for d in office.payments()]
    office.ensure(paid)
    wait(lambda: region.digest(COUNTY) == county.digest(), "the region to hold what was paid")
    return paid


def through_the_city(tree, twin):
    """The region is away: what the other machine pays goes to the city."""
    region, city = tree[REGION], tree[CITY]
    region.end()
    city.start()
    twin.start()
    wait(lambda: is_live(city, COUNTY, "child"), "the city to hear the other machine")
    office = Office(twin, 2)
    paid = [d for _ in range(5) for d in office.payments()]
    office.ensure(paid)
    wait(lambda: city.digest(COUNTY) == twin.digest(), "the city to hold what was paid")
    return office, paid


def is_alarmed(tree, twin, held, served):
    """All three, by the two blocks; nobody takes either branch for the other, and the machine stops."""
    region, city = tree[REGION], tree[CITY]
    region.start()
    for node in (region, city):
        wait(lambda node=node: fork_alarms(node), f"{node.division} to alarm the fork")
    wait(lambda: "store_damaged" in {a["code"] for a in twin.status()["alarms"]}, "the county to stop")
    for node, own in ((city, held), (region, served)):
        here, there = branches(node)
        need(here["complete"] and here["amount"] == amount(own), f"{node.division} holds {here}")
        need(here["documents"] == len(own), f"{node.division} holds {here}")
        need(not there["complete"] or there["documents"] > 0, f"{node.division} shows {there}")
    need(branches(region)[0]["hash"] == branches(city)[1]["hash"], "they speak of two forks")
    need(branches(city)[0]["hash"] == branches(region)[1]["hash"], "they speak of two forks")


def goes_on_elsewhere(tree, held, served, digests):
    """The machine that the region served goes on, with the branch of the other one."""
    region, city, county = tree[REGION], tree[CITY], tree[COUNTY]
    here, there = branches(city)
    code, out, err = city.run("fork", COUNTY, "--keep", there["hash"], "--yes", check=False)
    need(code == 1, f"a branch that the city does not hold was kept: {code} {out}{err}")
    city.run("fork", COUNTY, "--keep", here["hash"], "--yes")
    wait(lambda: any(r["division"] == COUNTY for r in region.json("confirm", "--list")["rows"]),
         "the region to see what it is to confirm")
    need(region.digest(COUNTY) == digests["served"], "the region's copy has changed before its word")
    county.start()
    region.run("confirm", COUNTY, "--yes")
    wait(lambda: digest_of(county) == digests["held"], "the county to hold what the city kept")
    wait(lambda: region.digest(COUNTY) == digests["held"], "the region to have built its replica again")
    for node in (region, county):
        aside = node.json("resync")["aside"]
        need([(row["division"], row["entries"]) for row in aside] == [(COUNTY, len(served))],
             f"{node.division} put aside {aside}")
    for document in held:
        region.json("get", document["id"], "--division", COUNTY)


def nothing_is_doubled(tree, office, held, served):
    """What was put aside is paid again, and then stands once at each level."""
    region, city, county = tree[REGION], tree[CITY], tree[COUNTY]
    office.node = county
    again = [dict(d, id="N" + d["id"]) for d in served]
    office.ensure(again)
    tree.wait_equal_digests()
    for node in (region, city, county):
        rows = node.json("list", "payment", "--division", COUNTY, "--limit", "10000")["rows"]
        need(sorted(row["id"] for row in rows) == sorted(d["id"] for d in held + again),
             f"{node.division} lists {len(rows)} payments for {len(held)} and {len(again)}")
        need(not node.json("fork")["rows"], f"{node.division} still shows a fork")
        wrong = {a["code"] for a in node.status()["alarms"]} & {"bad_grant", "false_claim", "lost_tail", "rejected"}
        need(not wrong, f"{node.division} alarms {wrong}")
        code, out, err = node.run("verify", "--deep", check=False)
        need(code == 0, f"{node.division}: {out}{err}")


def prove(base, build):
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    twin = None
    try:
        tree.init_root(REGION, "西藏自治区")
        tree.join(REGION, CITY, "拉萨市")
        county, _ = tree.join(CITY, COUNTY, "林周县")
        office = Office(county, 1)
        office.prepare()
        asks_after(county, AWAY_MS)
        tree.wait_equal_digests()
        county.end()
        twin = on_another_machine(tree, county)
        county.start()
        digests = {}
        served = past_the_city(tree, office)
        digests["served"] = county.digest()
        county.end()
        other, held = through_the_city(tree, twin)
        digests["held"] = twin.digest()
        is_alarmed(tree, twin, held, served)
        need(other.submit(other.payments()) == 5, "a machine whose log forked took documents")
        twin.end()
        goes_on_elsewhere(tree, held, served, digests)
        nothing_is_doubled(tree, office, held, served)
    finally:
        if twin is not None and twin.process is not None:
            twin.end()
        tree.stop()
    print("forked_served: the branches met past the city; the region and the county built the kept one")


if __name__ == "__main__":
    trees.run_test("forked_served", prove)
