"""revocation - real daemons in three tiers: a region revokes counties of a city, while the city is there and
while it is away. The session ends within a second, no new one begins, what the county writes then counts
nowhere, and all figures are the same.

    python3 tests/process/revocation.py --build build
"""
import argparse
import os
import signal
import sys
import tempfile
from datetime import datetime

from foreign_bytes import CITY, OTHER, ROOT, agency, expect, need, says, trees

COUNTY, AWAY, WELL = "540121", "540122", "540123"


def link_of(node, division):
    return next(peer for peer in node.status()["peers"] if peer["division"] == division)


def row_of(node, division):
    return next(row for row in node.json("status", "--tree")["rows"] if row["division"] == division)


def alarms_of(node):
    return {(alarm["code"], alarm["division"]) for alarm in node.status()["alarms"]}


def seconds_between(node, division):
    """From the word's arrival at this node to the end of its session with the division."""
    def at(event):
        return datetime.fromisoformat(event["time"].replace("Z", "+00:00")).timestamp()
    events = node.events()
    heard = next(at(e) for e in events if e["event"] == "division.revoked" and e["about"] == division)
    return next((at(e) - heard for e in events if e["event"] == "peer.state" and e["peer"] == division
                 and "division_revoked" in e["reason"] and at(e) >= heard), None)


def who_may(region, city, county):
    says(county, 1, [ROOT], "revoke", ROOT, "--reason", "x", "--yes")
    says(county, 1, [COUNTY], "revoke", COUNTY, "--reason", "x", "--yes")
    says(city, 1, [OTHER], "revoke", OTHER, "--reason", "x", "--yes")
    says(region, 2, ["--reason"], "revoke", COUNTY, "--yes")
    says(region, 2, ["--yes"], "revoke", COUNTY, "--reason", "x")
    says(region, 1, ["200"], "revoke", COUNTY, "--reason", "长" * 100, "--yes")
    need(not alarms_of(region) and not alarms_of(city), "a word that was not said is alarmed")


def while_all_are_there(tree, region, city, county):
    """The region's word: the city ends the session, the county hears why and takes nothing any more."""
    expect(county, [agency("A1"), agency("A2", "105002")], ["accepted"] * 2)
    tree.wait_equal_digests()
    before = county.digest()
    said = region.json("revoke", COUNTY, "--reason", "机器被盗", "--yes")
    need(said["state"] == "revoked" and said["final_lsn"] == before["lsn"], f"{said}")
    trees.wait_until(lambda: link_of(city, COUNTY)["state"] != "live", 10, "the session to end")
    took = trees.wait_until(lambda: seconds_between(city, COUNTY), 10, "the log to tell of it")
    need(took < 1, f"the session ended {took} s after the word came")
    trees.wait_until(lambda: ("revoked", COUNTY) in alarms_of(county), 10, "the county to hear why")
    expect(county, [agency("A3", "105003")], ["revoked"])
    for node in (region, city):
        need(row_of(node, COUNTY)["state"] == "revoked" and ROOT in row_of(node, COUNTY)["sentence"],
             f"{row_of(node, COUNTY)}")
        there = node.digest(COUNTY)
        need((there["lsn"], there["digest"]) == (before["lsn"], before["digest"]), "a figure moved")
    need("机器被盗" in says(county, 1, [], "doctor"), "doctor does not say why")
    says(region, 1, [COUNTY], "revoke", COUNTY, "--reason", "again", "--yes")
    says(city, 1, [COUNTY], "invite", COUNTY, "--name", "x")  # the code is not free


def no_session_begins(city, county):
    county.end()
    seen = len(city.events())
    county.start()
    need(("revoked", COUNTY) in alarms_of(county), "it is forgotten with a start")
    trees.wait_until(lambda: any(e["event"] == "link.visit" and e["about"] == COUNTY for e in city.events()[seen:]), 30,
                     "the city to tell it so")
    need(link_of(city, COUNTY)["state"] != "live", "it is let in again")
    expect(county, [agency("A3", "105003")], ["revoked"])


def while_the_city_is_away(tree, region, city, county):
    """It obeys when it comes back, before the county does; what that wrote meanwhile counts nowhere."""
    expect(county, [agency("B1", "105004")], ["accepted"])
    tree.nodes.pop(COUNTY)
    tree.wait_equal_digests()
    before = county.digest()
    city.end()
    expect(county, [agency("B2", "105005")], ["accepted"])  # it cannot know
    county.end()
    region.json("revoke", AWAY, "--reason", "not heard of", "--yes")
    city.start()
    trees.wait_until(lambda: row_of(city, AWAY)["state"] == "revoked", 30, "the city to obey")
    county.start()
    trees.wait_until(lambda: ("revoked", AWAY) in alarms_of(county), 30, "the county to be told")
    told = next(alarm["text"] for alarm in county.status()["alarms"] if alarm["code"] == "revoked")
    need(ROOT in told and "not heard of" in told and str(before["lsn"]) in told, told)
    expect(county, [agency("B3", "105008")], ["revoked"])
    need("terrace invite CODE --recover" in says(county, 1, [], "doctor"), "doctor does not say what to do")
    county.end()
    county.start()
    need(("revoked", AWAY) in alarms_of(county), "it is forgotten with a start")
    need(link_of(city, AWAY)["state"] != "live", "it is let in")
    need(not any(code == "revoked_beyond" for code, _ in alarms_of(city)), "the city holds too much")
    for node in (region, city):
        there = node.digest(AWAY)
        need((there["lsn"], there["digest"]) == (before["lsn"], before["digest"]), "a figure moved")


def the_others_go_on(tree, region, city):
    well = tree.nodes[WELL]
    expect(well, [agency("C1", "105006")], ["accepted"])
    expect(city, [agency("C2", "105007")], ["accepted"])
    tree.nodes.pop(AWAY)
    tree.wait_equal_digests()
    city.end()
    city.start()
    tree.wait_equal_digests()
    need({row["division"] for row in city.json("status", "--tree")["rows"] if row["state"] == "revoked"}
         == {COUNTY, AWAY}, "it is forgotten with a start")
    for node in (region, city):
        need(node.json("verify", "--deep")["ok"], f"{node.division} does not verify")


def stories(tree):
    region = tree.init_root(ROOT, "西藏自治区")
    city, _ = tree.join(ROOT, CITY, "拉萨市")
    tree.join(ROOT, OTHER, "日喀则市")
    county, _ = tree.join(CITY, COUNTY, "林周县")
    away, _ = tree.join(CITY, AWAY, "当雄县")
    tree.join(CITY, WELL, "尼木县")
    every = list(tree.nodes.values())
    try:
        who_may(region, city, county)
        while_all_are_there(tree, region, city, county)
        no_session_begins(city, county)
        while_the_city_is_away(tree, region, city, away)
        the_others_go_on(tree, region, city)
    finally:
        tree.nodes = {node.division: node for node in every}
        tree.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terrace-revocation-") as base:
        try:
            stories(trees.Tree(os.path.join(base, "tree"), os.path.abspath(args.build)))
        except trees.Failed as failed:
            print(f"revocation: {failed}", file=sys.stderr)
            return 1
    print("revocation: cut within a second, obeyed by who was away, and nothing counted after it")
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
