"""clock_off - real daemons, one of them with its wall clock 30 days off, ahead and behind: its log goes on, with
approvals that hold; both ends say that a clock is off, and so does whatever counts days from signed times.

    python3 tests/process/clock_off.py --build build
"""
import contextlib
import json
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
import tree as trees  # noqa: E402

REGION, CITY = "540000", "540100"
HERS, MAKERS, CHECKERS = "known-to-her", "known-to-maker", "known-to-checker"
MONTH_S = 30 * 86400


def need(holds, what):
    if not holds:
        raise trees.Failed(what)


@contextlib.contextmanager
def env(tree, **more):
    plain = dict(tree.env)
    tree.env.update(more)
    yield
    tree.env.clear()
    tree.env.update(plain)


def codes(node, about):
    return {alarm["code"] for alarm in node.status()["alarms"] if alarm["division"] == about}


def start(node, seconds):
    with env(node.tree, CLOCK_SHIFT_S=str(seconds), LD_PRELOAD=trees.preloadable(
            node.tree.base, os.path.join(node.tree.build, "lib", "clock_shift.so"))):
        node.start()


def persons(tree, region):
    """Two persons at the city, whose budgets need both."""
    token = region.json("invite", CITY, "--name", "拉萨市")["token"]
    city = trees.Node(tree, CITY, "拉萨市", region)
    tree.approval = "budget"
    with env(tree, TERRACE_PASSWORD=HERS):
        city.enrol(token, ("央金",))
    tree.nodes[CITY] = city
    city.start()
    trees.wait_until(lambda: city.json("user", "list")["rows"], 30, "her to be there")
    for name, role, word in (("次仁", "maker", MAKERS), ("格桑", "checker", CHECKERS)):
        with env(tree, TERRACE_PASSWORD=HERS, TERRACE_NEW_PASSWORD=word):
            city.run("--as", "央金", "user", "add", name, "--role", role)
    return city


def approved(city, number):
    """A budget of two persons; where it stands in the log."""
    document = dict(kind="budget", id=number, fiscal_year=2026, stage="reply", fund_type_code="111", amount="5.00",
                    approval_ref="1", approval_date="2026-01-22", exp_func_code="2010601")
    with env(city.tree, TERRACE_PASSWORD=MAKERS):
        city.run("--as", "次仁", "submit", "-", stdin=(json.dumps(document) + "\n").encode())
    with env(city.tree, TERRACE_PASSWORD=CHECKERS):
        city.run("--as", "格桑", "approve", number)
    return city.status()["lsn"]


def goes_on(city, region, number):
    """Held, acknowledged, in the replica, and approved."""
    lsn = approved(city, number)
    trees.wait_until(lambda: region.digest(CITY)["lsn"] >= lsn, 60, f"{number} at the region")
    need(region.digest(CITY) == city.digest(), "the region computes another state")
    need(region.run("get", number, "--division", CITY, check=False)[0] == 0, f"{number} is missing")
    for node in (city, region):
        need(node.status()["unapproved"]["count"] == 0, node.status()["unapproved"])
        need(not {code for code in codes(node, CITY) if code.startswith("approval")}, codes(node, CITY))


def says_so(city, region):
    for node, other in ((city, REGION), (region, CITY)):
        trees.wait_until(lambda node=node, other=other: "clock_skew" in codes(node, other), 60,
                         f"{node.division} to alarm the clock of {other}")
        # Its row is stored with the next commit, a minute later at most.
        trees.wait_until(lambda node=node: node.json("inbox")["clock_notice"], 90, f"the inbox of {node.division}")
        need("2592" in node.json("inbox")["clock_notice"] or "2591" in node.json("inbox")["clock_notice"],
             node.json("inbox")["clock_notice"])
    need("a clock is off" in region.run("--lang", "en", "inbox")[1], "the inbox does not say it")
    row = {row["division"]: row for row in region.json("status", "--tree")["rows"]}[CITY]
    need(row["state"] == "clock", row)


def is_over(city, region):
    for node, other in ((city, REGION), (region, CITY)):
        trees.wait_until(lambda node=node, other=other: "clock_skew" not in codes(node, other), 60,
                         f"{node.division} to find the clocks alike")
    trees.wait_until(lambda: region.json("inbox")["clock_notice"] == "", 90, "the notice to go")


def play(tree):
    region = tree.init_root(REGION, "西藏自治区")
    city = persons(tree, region)
    goes_on(city, region, "B0")
    for number, seconds in enumerate((MONTH_S, -MONTH_S)):
        city.end()
        start(city, seconds)
        goes_on(city, region, f"OFF{number}")
        says_so(city, region)
        city.end()
        city.start()
        goes_on(city, region, f"ON{number}")
        is_over(city, region)
    need(region.run("verify", "--deep")[0] == 0, "the region's store does not verify")


def prove(base, build):
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    try:
        play(tree)
    finally:
        tree.stop()
    print("clock_off: 30 days ahead and behind: the log goes on, its approvals hold, and both ends say it")


if __name__ == "__main__":
    trees.run_test("clock_off", prove)
