"""clock_jumps - the wall clocks of running nodes jump by fifteen days, ahead and back, while a region, a city and a county
work: nothing is ordered, ends or is told apart by them. What is entered has the numbers after the last ones although
its times go back, what was handed in is known again (`exists`), transfers and their answers arrive and settle, an
invitation of a day is good as long as the clock that made it says, and all levels agree.

    python3 tests/process/clock_jumps.py --build build

A control shows that the clock does jump: the node's own time is another, and both ends of its link say so.
"""
import datetime
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
from clock_off import codes, need  # noqa: E402
from kill_and_cut import Office  # noqa: E402
from resync import nothing_is_missing, records  # noqa: E402
from foreign import blocks  # noqa: E402
from thin_links import state_of  # noqa: E402

REGION, CITY, COUNTY = "540000", "540100", "540121"
DAY_S = 86400
JUMPS = [(CITY, 15), (CITY, -15), (CITY, 0), (COUNTY, -15), (REGION, 15), (REGION, -15), (COUNTY, 15), (COUNTY, 0), (REGION, 0)]


def clock_of(node):
    return node.home + ".clock"


def jump(node, days):
    with open(clock_of(node), "r+b") as clock:
        clock.write(struct.pack("=q", days * DAY_S))


def starts_with_clock(node):
    with open(clock_of(node), "wb") as clock:
        clock.write(struct.pack("=q", 0))
    node.end()
    node.daemon_env = dict(CLOCK_SHIFT_FILE=clock_of(node), LD_PRELOAD=trees.preloadable(
        node.tree.base, os.path.join(node.tree.build, "lib", "clock_shift.so")))
    node.start()


def now_of(node):
    """Days that its clock is ahead of ours, more or less one, by what it says of itself."""
    return (datetime.date.fromisoformat(node.json("inbox")["today"]) - datetime.date.today()).days


def works(offices, what):
    """Each enters payments, money goes down and is answered, and what was said before is known again."""
    region, city, county = offices
    for office in offices:
        last = office.node.digest()["lsn"]
        before = list(office.acknowledged.values())[-20:]
        office.ensure(office.payments() + office.transfers())
        need(office.node.digest()["lsn"] > last, f"{what}: the log of {office.node.division} does not go on")
        again = office.node.submit_lines(before)
        need([line["status"] for line in again] == ["exists"] * len(before), f"{what}: {office.node.division}: {again[:3]}")
    for office in (city, county):
        trees.wait_until(lambda office=office: all(
            f"R{issuer.node.division}-{d['id']}" in office.acknowledged for issuer in office.issuers
            for d in issuer.acknowledged.values() if d["kind"] == "transfer" and d["rec_div_code"] == office.node.division)
            or office.ensure(office.answers()), trees.PATIENCE_S, f"{what}: {office.node.division} to answer", step=0.1)


def links_live(tree, what):
    for one, other in ((REGION, CITY), (CITY, REGION), (CITY, COUNTY), (COUNTY, CITY)):
        trees.wait_until(lambda one=one, other=other: state_of(tree[one], other) == "live", trees.PATIENCE_S,
                         f"{what}: {one} to have {other}", step=0.1)


def times_go_back(node):
    times = [blocks.parse(record[4:]).header["time_ms"] for record in records(node)]
    return times != sorted(times)


def invited_for_a_day(region):
    """What expires is measured by the clock of who made it, and comes back with that clock."""
    token = region.json("invite", "540200", "--name", "日喀则市")["token"]
    jump(region, 15)
    late = trees.Node(region.tree, "540200-late", "日喀则市", region)
    code, out, err = late.run("join", token, "--approval", "none", check=False)
    need(code == 1 and "expired" in err, f"a token of a day is good fifteen days later: {code} {out}{err}")
    jump(region, 0)
    late.run("join", token, "--approval", "none")


def play(tree):
    region = tree.init_root(REGION, "西藏自治区")
    city, _ = tree.join(REGION, CITY, "拉萨市")
    county, _ = tree.join(CITY, COUNTY, "林周县")
    for node in tree.nodes.values():
        starts_with_clock(node)
    offices = [Office(node, number) for number, node in enumerate(tree.nodes.values())]
    for office in offices:
        office.issuers = [other for other in offices if other.node.division in tree.above(office.node.division)]
        for issuer in office.issuers:
            issuer.below.append(office)
    for office in offices:
        office.prepare()
    links_live(tree, "before")
    works(offices, "before")
    for division, days in JUMPS:
        what = f"{division} {days:+} days"
        jump(tree[division], days)
        works(offices, what)
        if days:
            need(abs(now_of(tree[division]) - days) <= 1, f"{what}: its clock says {now_of(tree[division]):+} days")
        tree.wait_equal_digests()
        links_live(tree, what)
        if (division, days) == JUMPS[0]:
            trees.wait_until(lambda: "clock_skew" in codes(region, CITY), trees.PATIENCE_S, f"{what}: the region to say so")
    need(any(times_go_back(node) for node in tree.nodes.values()), "no clock stands in any log: the jumps were none")
    invited_for_a_day(region)
    nothing_is_missing(tree, offices)
    return offices


def prove(base, build):
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    try:
        offices = play(tree)
    finally:
        tree.stop()
    print(f"clock_jumps: {len(JUMPS)} jumps in running nodes, {sum(len(o.acknowledged) for o in offices)} documents: in order, "
          "once, and settled")


if __name__ == "__main__":
    trees.run_test("clock_jumps", prove)
