"""scrubbed - real daemons above an author of ill will: it signs a block whose header names other entries than
its body has. No intake looks for that. Each holder finds it when it reads what it holds again, and says so;
the block is evidence, and goes its way. Then it writes what no version knows: that freezes its own replica.

    /usr/bin/python3 tests/process/scrubbed.py --build build
"""
import argparse
import json
import os
import sys
import tempfile

import zmq

from foreign import blocks, enrol, session
from foreign_client import agency, messages, need, now_ms

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
import tree as trees  # noqa: E402

LATER_KIND = 9999
REGION, CITY, COUNTY = "540000", "540100", "540121"


def differs(node):
    return [alarm for alarm in node.status()["alarms"] if alarm["code"] == "entries_differ"]


def join(pb, context, city):
    text = city.json("invite", COUNTY, "--name", "林周县")["token"]
    token, keys = enrol.parse_token(text), enrol.Keys()
    grants = enrol.enrol(pb, context, token, keys, now_ms())
    own, link = blocks.Writer(COUNTY, token.tree, keys.sign), session.Session(pb, context, token, keys, grants)
    link.hello(own.chain)
    link.run_until(lambda: link.welcome is not None, "a Welcome")
    return own, link


def write(own, link, documents, numbers, root=None):
    link.send_blocks(own.write([agency(documents, number) for number in numbers], now_ms(), root=root))
    link.run_until(lambda: link.held.get(COUNTY) == own.chain.lsn, f"{numbers} to be acknowledged")


def is_found(nodes):
    """At each level, by name and place, and above: what the city found counts in what it says of itself."""
    for node in nodes:
        trees.wait_until(lambda node=node: differs(node), 60, f"{node.division} to read it again")
        alarm, = differs(node)
        need(alarm["division"] == COUNTY and alarm["severity"] == "critical" and COUNTY in alarm["text"]
             and "2" in alarm["text"] and "3" in alarm["text"], alarm)
        trees.wait_until(lambda node=node: node.status()["scrub"]["entries_left"] == 0, 60, "the rest")
        need(node.status()["scrub"]["faults"] == 1, node.status()["scrub"])
        need(node.status()["scrub"]["through"] is not None, node.status()["scrub"])

    def said_above():
        rows = {row["division"]: row for row in nodes[0].json("status", "--tree")["rows"]}
        worst = rows[CITY]["said"]["worst_alarm"]
        return worst is not None and worst["code"] == "entries_differ"
    trees.wait_until(said_above, 60, "the region to hear what the city found")


def goes_its_way(own, link, region):
    """Passed on, cosigned, part of the figures; and so is what follows it."""
    link.run_until(lambda: link.cosigned and link.cosigned[-1][2] == own.chain.lsn, "a cosignature")
    trees.wait_until(lambda: region.digest(COUNTY)["lsn"] == own.chain.lsn, 60, "the region's replica")
    need(region.digest(COUNTY)["digest"] == own.digest.hex(), "the region computes another state")


def is_verified(node):
    """The author's fault, by name; what the store holds is sound, and what follows the block was looked at."""
    code, out, _ = node.run("--json", "verify", "--deep", check=False)
    said = json.loads(out)
    need(code == 4 and not said["ok"] and [fault["division"] for fault in said["faults"]] == [COUNTY], said)
    author, = said["authors"]
    need((author["division"], author["faults"], author["stopped"]) == (COUNTY, 1, None), author)
    need(author["unapproved"] == {"count": 0, "amount": "0.00"}, author)
    code, out, err = node.run("--lang", "en", "verify", "--deep", check=False)
    need(code == 4 and f"{COUNTY} 林周县: 1 faults" in err, err)
    need("store_damaged" not in {alarm["code"] for alarm in node.status()["alarms"]},
         "the author's fault is called the store's")


def is_remembered(node):
    before = node.status()["scrub"]
    node.end()
    node.start()
    after = node.status()["scrub"]
    need(after["blocks"] >= before["blocks"] and after["faults"] == 1, (before, after))
    need(len(differs(node)) == 1 and differs(node)[0]["count"] == 1, differs(node))


def freezes_one_replica(own, link, nodes):
    """An entry that no version knows yet: its ledger stands at each level, named and dated; its log and all other
    ledgers go on, and what else is wrong is still said."""
    region, city = nodes
    lsn = own.chain.lsn + 1
    link.send_blocks(own.write([(LATER_KIND, 7, b"of a later version")], now_ms()))
    link.run_until(lambda: link.held.get(COUNTY) == lsn, "the unknown entry to be acknowledged")
    city.run("submit", "-", stdin=(json.dumps(dict(kind="agency", id="G1", fiscal_year=2026, agency_code="001001",
                                                   agency_name="拉萨市教育局")) + "\n").encode())
    trees.wait_until(lambda: region.run("get", "G1", "--division", CITY, check=False)[0] == 0, 60, "the city's document")
    for node in nodes:
        trees.wait_until(lambda node=node: stopped(node) is not None, 60, f"{node.division} to say where it stands")
        at = stopped(node)
        need((at["lsn"], at["kind"], at["format"]) == (lsn, LATER_KIND, 7) and at["written"] and at["since"], at)
        alarm, = [alarm for alarm in node.status()["alarms"] if alarm["code"] == "needs_upgrade"]
        need(alarm["division"] == COUNTY and str(LATER_KIND) in alarm["text"] and at["since"] == alarm["since"], alarm)
        need(node.digest(COUNTY)["lsn"] == lsn - 1, "it went on behind what it does not know")
        said = json.loads(node.run("--json", "verify", "--deep", check=False)[1])
        author, = said["authors"]
        need(author["faults"] == 1 and author["stopped"]["lsn"] == lsn, said)
        need(str(LATER_KIND) in node.run("--lang", "en", "doctor", check=False)[1], "doctor does not name it")
    before = stopped(region)
    region.end()
    region.start()
    trees.wait_until(lambda: stopped(region) == before, 30, "the same date after a restart")


def stopped(node):
    return {row["division"]: row for row in node.json("status", "--tree")["rows"]}[COUNTY]["stopped"]


def run(build, base):
    pb, documents = messages(base)
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    context = zmq.Context()
    try:
        region = tree.init_root(REGION, "西藏自治区")
        tree.join(REGION, CITY, "拉萨市")
        city = tree[CITY]
        own, link = join(pb, context, city)
        write(own, link, documents, (1,))
        write(own, link, documents, (2, 3), root=bytes(32))
        write(own, link, documents, (4, 5))
        goes_its_way(own, link, region)
        is_found((region, city))
        is_verified(region)
        is_remembered(region)
        freezes_one_replica(own, link, (region, city))
    finally:
        context.destroy(linger=0)
        tree.stop()
    print("scrubbed: a block signed over other entries: acknowledged, passed on, cosigned, found at two levels")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    with tempfile.TemporaryDirectory(prefix="terrace-scrubbed-") as base:
        run(os.path.abspath(parser.parse_args().build), base)


if __name__ == "__main__":
    try:
        main()
    except (trees.Failed, session.Broken, blocks.Bad, enrol.Refused) as failed:
        print(f"scrubbed: {failed}", file=sys.stderr)
        sys.exit(1)
