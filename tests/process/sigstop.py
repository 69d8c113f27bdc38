"""sigstop - a city's process stands still for a minute between a region and counties that go on: all three see that its link
is down, what they enter meanwhile waits for it, and once the process goes on everybody is back, with
everything, once.

    python3 tests/process/sigstop.py --build build [--seconds 60]
"""
import argparse
import os
import signal
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
from empty_disk import CITY, COUNTY, OTHER, ROOT  # noqa: E402
from kill_and_cut import Office  # noqa: E402
from resync import nothing_is_missing  # noqa: E402
from thin_links import state_of  # noqa: E402

LINKS = ((ROOT, CITY), (CITY, ROOT), (CITY, COUNTY), (COUNTY, CITY), (CITY, OTHER), (OTHER, CITY))


def need(holds, what):
    if not holds:
        raise trees.Failed(what)


def all_linked(tree):
    trees.wait_until(lambda: all(state_of(tree[one], other) == "live" for one, other in LINKS), trees.PATIENCE_S,
                     "all links to be live", step=0.2)


def stands_still(tree, offices, seconds):
    """For at least so long, and until both neighbours have seen it; the process stays the same one."""
    city, process = tree[CITY], tree[CITY].process
    began = time.monotonic()
    process.send_signal(signal.SIGSTOP)
    try:
        offices[0].ensure(offices[0].transfers())
        for office in offices[2:]:
            office.ensure(office.payments())
        for division in (ROOT, COUNTY, OTHER):
            trees.wait_until(lambda division=division: state_of(tree[division], CITY) != "live", trees.PATIENCE_S,
                             f"{division} to see that {CITY} stands still", step=0.2)
        for office in offices[2:]:
            office.ensure(office.payments())
        time.sleep(max(0, began + seconds - time.monotonic()))  # the harm itself
    finally:
        process.send_signal(signal.SIGCONT)
    all_linked(tree)
    need(city.process is process and process.poll() is None, f"the city ended with {process.poll()}")


def prove(base, build, seconds):
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    try:
        tree.init_root(ROOT, "西藏自治区")
        tree.join(ROOT, CITY, "拉萨市")
        tree.join(CITY, COUNTY, "林周县")
        tree.join(CITY, OTHER, "当雄县")
        offices = [Office(tree[code], number) for number, code in enumerate((ROOT, CITY, COUNTY, OTHER))]
        offices[0].below = offices[1:]
        for office in offices:
            office.issuers = offices[:1] if office is not offices[0] else []
            office.prepare()
            office.ensure(office.payments())
        all_linked(tree)
        tree.wait_equal_digests()
        stands_still(tree, offices, seconds)
        offices[1].ensure(offices[1].payments())
        for office in offices[1:]:
            trees.wait_until(lambda office=office: not office.answers() or office.ensure(office.answers()), trees.PATIENCE_S,
                             f"{office.node.division} to answer what came meanwhile")
        nothing_is_missing(tree, offices)
    finally:
        tree.stop()
    print(f"sigstop: a city stood still for {seconds} s: its three neighbours saw it, and nothing is lost or there twice")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    parser.add_argument("--seconds", type=int, default=60)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terrace-sigstop-") as base:
        try:
            prove(base, os.path.abspath(args.build), args.seconds)
        except trees.Failed as failed:
            sys.exit(f"sigstop: {failed}")


if __name__ == "__main__":
    main()
