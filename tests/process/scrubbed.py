"""scrubbed - real daemons above an author of ill will: it signs a block whose header names other entries than
its body has. No intake looks for that. Each holder finds it when it reads what it holds again, and says so;
the block is evidence, and goes its way.

    /usr/bin/python3 tests/process/scrubbed.py --build build
"""
import argparse
import os
import sys
import tempfile

import zmq

from foreign import blocks, enrol, session
from foreign_client import agency, messages, need, now_ms

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
import tree as trees  # noqa: E402

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


def is_remembered(node):
    before = node.status()["scrub"]
    node.end()
    node.start()
    after = node.status()["scrub"]
    need(after["blocks"] >= before["blocks"] and after["faults"] == 1, (before, after))
    need(len(differs(node)) == 1 and differs(node)[0]["count"] == 1, differs(node))


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
        is_remembered(region)
        need(not [alarm for alarm in region.status()["alarms"] if alarm["code"] == "store_damaged"],
             "the author's fault is called the store's")
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
