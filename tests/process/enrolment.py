"""enrolment - real daemons: how a division gets in when answers are lost, tokens wait too long,
strangers knock and the node above is away; and what a process that holds keys shows of itself.

    python3 tests/process/enrolment.py --build build
"""
import argparse
import os
import signal
import sys
import tempfile

from refusals import CITY, OTHER, ROOT, agency, expect, need, says, trees

COUNTY = "540121"


def keeps_to_itself(tree, root):
    """Names that would forge lines are refused; the passphrase leaves the environment."""
    for name in ("甲\nlog: debug", "a\x1b[2J", "a\x7f", "a\x9b"):
        node = trees.Node(tree, "forged", name, None)
        says(node, 2, ["control"], "init", "--root", "--division", "A", "--name", name)
        need(not os.path.exists(node.home), f"a home was made for {name!r}")
    with open(f"/proc/{root.process.pid}/environ", "rb") as environ:
        need(tree.env["TERRACE_PASSPHRASE"].encode() not in environ.read(), "/proc shows the passphrase")
    with open(f"/proc/{root.process.pid}/limits") as limits:
        core = next(line for line in limits if line.startswith("Max core file size"))
    need(core.split()[4] == "0", core)


def stories(base, build):
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    try:
        root = tree.init_root(ROOT, "西藏自治区")
        keeps_to_itself(tree, root)
    except trees.Failed:
        for node in tree.nodes.values():
            print(f"--- {node.division}\n{node.log_tail(1500)}", file=sys.stderr)
        raise
    finally:
        tree.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    build = os.path.abspath(parser.parse_args().build)
    with tempfile.TemporaryDirectory(prefix="terrace-enrolment-") as base:
        try:
            stories(base, build)
        except trees.Failed as failed:
            print(f"enrolment: {failed}", file=sys.stderr)
            return 1
    print("enrolment: every way in ends as a member, or with a reason and nothing lost")
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
