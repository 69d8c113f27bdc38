"""confirming - real daemons: a region of persons. Two counties lost their keys and got new ones from their city. Of one,
one person of the region says that they count, which waits, and another makes it so; a township that was away for all of
it hears of new keys and their confirmation together. Of the other nobody ever says so.

    python3 tests/process/confirming.py --build build
"""
import argparse
import json
import os
import sys
import tempfile

from continuity import (CITY, COUNTY, REGION, ROOT, TOWNSHIP, boards, budget, entered, figures, has, is_alarmed, lose_keys, need,
                        recover, recovery, register, says_so, transfer, trees, waits)
from persons import HERS as ADMINS, root_of, says

NEVER = "540122"
HERS, HIS = "known-to-zhuoma", "known-to-wangdui"
CONFIRM = f"CONFIRM-{COUNTY}-2"


def join(tree, parent, division, name, *who):
    made = json.loads(says(0, [], parent, "--json", *who, "invite", division, "--name", name, "--may-grant",
                           ",".join(trees.reach(division)), password=ADMINS))
    return tree.join_with(made["token"], parent, division, name)


def an_office(tree):
    """The region's admin makes a checker, and one who may hand in, too."""
    region = root_of(tree, ("央金",))
    tree.env["TERRACE_PASSWORD"] = ADMINS
    region.start()
    trees.wait_until(lambda: region.json("user", "list")["rows"], 30, "the first admin")
    for name, kind in (("01-element.csv", "element"), ("02-agency.csv", "agency")):
        region.run("submit", os.path.join(ROOT, "configs", "pilot", REGION, name), "--kind", kind)
    city = join(tree, region, CITY, "拉萨市", "--as", "央金")
    for name, role, word in (("卓玛", "maker,checker", HERS), ("旺堆", "checker", HIS)):
        says(0, [], region, "--as", "央金", "user", "add", name, "--role", role, password=ADMINS, fresh=word)
    return region, city


def two_counties(tree, city):
    county, never = (join(tree, city, division, name) for division, name in ((COUNTY, "林周县"), (NEVER, "当雄县")))
    township = join(tree, county, TOWNSHIP, "甘丹曲果镇")
    for node in (county, never):
        trees.wait_until(lambda one=node: one.submit_lines([budget("B1")])[0]["status"] != "refused", 60, "the codes")
    entered(county, transfer("T1", "B1"))
    trees.wait_until(lambda: has(township, "T1"), 60, "the township to hear of T1")
    tree.wait_equal_digests()
    return county, never, township


def one_is_not_enough(region, city, before):
    """What he handed in waits as any paper does, and nothing is counted; nobody approves his own, and no other level."""
    confirm = ("confirm", COUNTY, "--yes", "--reason", "电话核对")
    says(1, ["needs_maker"], region, "--json", *confirm)
    says(1, ["needs_role"], region, "--json", "--as", "旺堆", *confirm, password=HIS)
    answer = json.loads(says(0, [], region, "--json", "--as", "卓玛", *confirm, password=HERS))
    need(answer["status"] == "draft" and answer["id"] == CONFIRM, answer)
    says(1, ["same_person"], region, "--json", "--as", "卓玛", "approve", CONFIRM, password=HERS)
    says(1, ["not_for_role"], region, "--json", "--as", "央金", "approve", CONFIRM, password=ADMINS)
    says(1, [REGION], city, "--lang", "en", *confirm)
    pending, = (row for row in region.json("pending")["rows"] if row["kind"] == "confirm")
    need(pending["id"] == CONFIRM and pending["maker"] == "卓玛", pending)
    need(recovery(region) is not None and not recovery(region)["counts"] and is_alarmed(region), recovery(region))
    region.end()
    region.start()  # it waits there, and counts for nothing
    need(figures(region) == before and not has(region, "B2"), "one person made it count")
    says_so(region, state="waits", by=REGION)


def the_second_makes_it_count(region, city, county):
    says(0, [], region, "--as", "旺堆", "approve", CONFIRM, password=HIS)
    for node in (region, city):
        trees.wait_until(lambda one=node: recovery(one) is None and not is_alarmed(one), 60, f"{node.division} to hear of it")
        trees.wait_until(lambda one=node: has(one, "T2"), 60, f"{node.division} to fold what waited")
        need(set(boards(node).values()) == {None}, f"two persons confirmed it: {boards(node)}")
    document = region.json("get", CONFIRM)
    need([person["name"] for person in document["approvals"]] == ["卓玛", "旺堆"], document["approvals"])
    says(1, ["No new keys"], region, "--lang", "en", "--as", "卓玛", "confirm", COUNTY, "--yes", password=HERS)
    entered(county, budget("B3"))
    trees.wait_until(lambda: has(region, "B3"), 60, "what is written after it")


def whoever_was_away_hears_both(township):
    """New keys and that they count, together: it asks nobody, and has nothing to override."""
    township.start()
    trees.wait_until(lambda: has(township, "T2"), 60, "T2")
    trees.wait_until(lambda: recovery(township) is None and not is_alarmed(township), 60, "that they count")
    entered(township, register("R1", "T1"), register("R2", "T2"))
    need(township.status()["unconfirmed"] == [], township.status()["unconfirmed"])


def nobody_ever_says_so(region, never, before):
    """They are told of, with number and age; no figure moves, nothing is called a breach, and a start changes nothing."""
    first = says_so(region, NEVER, state="waits", epoch=2, by=REGION)
    entered(never, budget("B3"), budget("B4"))
    waits(region, 1 + 2, NEVER)
    region.end()
    region.start()
    last = waits(region, 1 + 2, NEVER)
    need(last["entries"] >= first["entries"] + 2 and last["oldest"] == first["oldest"] and last["since"] == first["since"],
         (first, last))
    need(figures(region, NEVER) == before and not has(region, "B3", NEVER), "a figure moved")
    told = {(alarm["code"], alarm["division"]) for alarm in
            region.status()["alarms"] + region.json("alarms", "--history")["alarms"]}
    need(("epoch_unconfirmed", NEVER) in told and not {code for code, _ in told} & {"edge_differs", "fork", "lost_tail", "bad_entry"},
         told)
    need("confirm" in says(1, [NEVER], region, "--lang", "en", "doctor"), "doctor names no cure")
    sums = region.json("balance", "--scope", "subtree")
    need(next(one for one in sums["as_of"] if one["division"] == NEVER)["lsn"] == before[0]["lsn"], sums["as_of"])


def two_persons(tree):
    region, city = an_office(tree)
    county, never, township = two_counties(tree, city)
    before = {division: figures(region, division) for division in (COUNTY, NEVER)}
    township.end()  # for all that follows
    for node in (county, never):
        lose_keys(node)
        recover(city, node)
        entered(node, budget("B2"))
    entered(county, transfer("T2", "B2"))
    for division in (COUNTY, NEVER):
        waits(region, 1, division)
    one_is_not_enough(region, city, before[COUNTY])
    the_second_makes_it_count(region, city, county)
    whoever_was_away_hears_both(township)
    nobody_ever_says_so(region, never, before[NEVER])
    del tree.nodes[NEVER]  # the only one of which they differ
    try:
        tree.wait_equal_digests()
        for node in (region, city, county, township):
            node.run("verify", "--deep")
    finally:
        tree.nodes[NEVER] = never


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terrace-confirming-") as base:
        tree = trees.Tree(os.path.join(base, "tree"), args.build, approval="payment")
        try:
            two_persons(tree)
            print("confirming: one person waits for another, whoever was away hears both, and what nobody confirms is in no figure")
        except trees.Failed as failed:
            sys.exit(f"confirming: {failed}")
        finally:
            tree.stop()


if __name__ == "__main__":
    main()
