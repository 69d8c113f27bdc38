"""parent_restart - a parent of 140 divisions, all of them real daemons, ends in the middle of its work, killed and
then ended, again and again: within 60 s of its start all are back, what each wrote meanwhile is there, and the
parent takes no more memory than so many children may cost.

    python3 tests/process/parent_restart.py --build build [--children 140] [--restarts 4]
"""
import argparse
import concurrent.futures
import os
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402

ROOT = "540000"
BACK_S = 60            # from the answer of the parent that was started
CHILD_KIB_MAX = 1024   # of the parent's memory, for each
PARENT_KIB_MAX = 96 << 10


def agency(number):
    return dict(kind="agency", id=f"A{number}", fiscal_year="2026", agency_code=str(105000 + number), agency_name="教育局")


def code_of(child):
    return str(540100 + child)


def grow(tree, count, pool):
    """A few at a time: what they cost together is measured later."""
    tree.init_root(ROOT, "西藏自治区")
    for _ in pool.map(lambda child: tree.join(ROOT, code_of(child), f"第{child}县"), range(1, count + 1)):
        pass
    return [node for division, node in tree.nodes.items() if division != ROOT]


def all_live(parent, count):
    return sum(peer["state"] == "live" for peer in parent.status()["peers"]) == count


def write(child, number):
    """While the parent is away or not: a child's word is its own."""
    lines = child.submit_lines([agency(number)])
    if lines[0]["status"] != "accepted":
        raise trees.Failed(f"{child.division}: {lines}")


def restarts(parent, children, count, pool):
    """How long each took, in seconds."""
    took = []
    for number in range(count):
        (parent.kill if number % 2 == 0 else parent.end)()
        list(pool.map(lambda child: write(child, number), children))
        parent.start()
        began = time.monotonic()
        trees.wait_within(lambda: all_live(parent, len(children)), BACK_S, f"{len(children)} children to be back", step=0.2)
        took.append(time.monotonic() - began)
        if parent.rss_kib() > PARENT_KIB_MAX + CHILD_KIB_MAX * len(children):
            raise trees.Failed(f"a parent of {len(children)} takes {parent.rss_kib()} KiB")
    return took


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    parser.add_argument("--children", type=int, default=140)
    parser.add_argument("--restarts", type=int, default=4)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terrace-restart-") as base, concurrent.futures.ThreadPoolExecutor(4) as pool:
        tree = trees.Tree(os.path.join(base, "tree"), build=args.build)
        try:
            children = grow(tree, args.children, pool)
            parent = tree.nodes[ROOT]
            trees.wait_until(lambda: all_live(parent, len(children)), 60, "all to be there")
            took = restarts(parent, children, args.restarts, pool)
            tree.wait_equal_digests()
            parent.run("verify", "--deep")
            rss = parent.rss_kib()
        except trees.Failed as failed:
            print(f"parent_restart: {failed}", file=sys.stderr)
            return 1
        finally:
            tree.stop()
    print(f"parent_restart: {args.restarts} restarts over {args.children} children: all back within "
          f"{max(took):.1f} s, {rss / 1024:.0f} MiB, nothing lost")
    return 0


if __name__ == "__main__":
    sys.exit(main())
