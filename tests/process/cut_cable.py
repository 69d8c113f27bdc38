"""A cable is cut: nothing closes a connection and nothing says so, and both sides notice in time.

    python3 tests/process/cut_cable.py [--build DIR]

Two daemons in network namespaces of their own, joined by a pair of interfaces. Their neighbour
tables are then pointed at a machine that is not there, so frames leave and arrive nowhere: the child
shows its parent as not live within 30 s, and the parent its child. What the child writes meanwhile
arrives once the cable is mended. Where no namespace can be made (without root, in a container) the test is skipped and says so.
"""
import argparse
import os
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
import bench_wire as wire  # noqa: E402
import tree as trees  # noqa: E402
from thin_links import BACK_S, DEAD_S, wait_state  # noqa: E402

REGION, CITY = wire.REGION, wire.CITY
NOWHERE = "02:00:00:00:00:99"
SKIPPED = 77


def cut_and_mended(tree, wires):
    region, city = tree[REGION], tree[CITY]
    began = time.monotonic()
    wires.point(CITY, NOWHERE)
    wait_state(city, REGION, False, DEAD_S)
    wait_state(region, CITY, False, DEAD_S - (time.monotonic() - began) / 2)
    wire.prepare_money(city)
    wires.point(CITY, None)
    wait_state(city, REGION, True, BACK_S)
    wait_state(region, CITY, True, BACK_S)
    tree.wait_equal_digests()


def namespaces_can_be_made():
    try:
        wires = wire.Wires()
        wires.space(REGION)
        wires.close()
    except (trees.Failed, OSError) as failed:
        print(f"cut_cable: skipped: no network namespace can be made: {failed}")
        return False
    return True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    build = parser.parse_args().build
    if not namespaces_can_be_made():
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="terrace-cable-") as base:
        wires, tree = wire.Wires(), trees.Tree(os.path.join(base, "tree"), build=build)
        try:
            wire.add_node(tree, wires, REGION)
            wire.add_node(tree, wires, CITY, REGION)
            wait_state(tree[CITY], REGION, True, BACK_S)
            cut_and_mended(tree, wires)
        finally:
            tree.stop()
            wires.close()
    print("cut_cable: both sides noticed, and nothing is missing")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except trees.Failed as failed:
        print(f"cut_cable: {failed}", file=sys.stderr)
        sys.exit(1)
