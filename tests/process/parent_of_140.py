"""parent_of_140 - a parent with 140 children is killed and starts again. Every child is there again within a minute by
the parent's own log, what each entered meanwhile arrives, and the parent holds no more memory than before, whether it is
restarted once or several times.

    /usr/bin/python3 tests/process/parent_of_140.py --build build [--children 140] [--restarts 3]

The children are 140 links, keys, logs and CURVE sessions in one process of another language (foreign/), which come back all
at once, as fast as TCP lets them: no daemon's patience spreads them, so the parent meets the worst of it.
"""
import argparse
import datetime
import os
import sys
import tempfile
import time

import zmq

from foreign import blocks, enrol, session
from foreign.country import Branch, Member
from foreign_client import messages

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
import tree as trees  # noqa: E402

REGION = "540000"
BACK_S = 60           # by the parent's own log, from when it listens
MORE_KIB_MAX = 48 << 10  # above what it held before the first restart


def need(holds, what):
    if not holds:
        raise trees.Failed(what)


def when(event):
    return datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00"))


class Children:
    """Direct children of the region, each with a link of its own, out of one process."""

    def __init__(self, pb, documents, region, count):
        self.documents, self.context = documents, zmq.Context()
        self.context.set(zmq.MAX_SOCKETS, 4 * count + 64)
        self.branches = []
        for number in range(count):
            division = f"54{number // 90 + 1:02d}{number % 90 + 10:02d}"
            token = region.json("invite", division, "--name", division)["token"]
            branch = Branch(pb, self.context, Member(division, division, REGION), token)
            branch.open(documents)
            self.branches.append(branch)

    def write(self):
        """A document more in each log; who has no link sends it with the next session."""
        self.unsent = [branch.next_block(self.documents, branch.top) for branch in self.branches]

    def come_back(self):
        """All say Hello at once, and again where a session was not begun, as a node does; then each sends what it wrote."""
        waiting, said = set(range(len(self.branches))), {}
        end = time.monotonic() + trees.PATIENCE_S
        while waiting:
            need(time.monotonic() < end, f"{len(waiting)} children have no session")
            for at in list(waiting):
                branch = self.branches[at]
                if time.monotonic() - said.get(at, -10) > 5:
                    self.hello(branch)
                    said[at] = time.monotonic()
                self.read(branch)
                if branch.link.welcome is not None:
                    waiting.discard(at)
            time.sleep(0.01)
        for branch, block in zip(self.branches, self.unsent):
            branch.link.send_blocks(block)
        for branch in self.branches:
            branch.link.run_until(lambda branch=branch: branch.link.held.get(branch.top.division) == branch.top.log.chain.lsn,
                                  f"what {branch.top.division} sent")

    @staticmethod
    def hello(branch):
        """As its head was when the last session ended: what was written since is sent behind it."""
        branch.link.held.pop(branch.top.division, None)
        branch.link.hello(branch.top.log.chain)

    @staticmethod
    def read(branch):
        link = branch.link
        while link.socket.poll(0):
            frame = link.pb.Frame.FromString(link.socket.recv())
            if frame.session == link.session:  # of a session that ended with the process, nothing counts
                link.take(frame)

    def end(self):
        self.context.destroy(linger=0)


def live(node, began):
    """When each child's link was live, by the log of this run of the daemon."""
    first = {}
    for event in node.events():
        if event["event"] == "peer.state" and event["to"] == "live" and when(event) >= began:
            first.setdefault(event["peer"], when(event))
    return first


def restarted(region, children, count):
    region.kill()
    children.write()
    began = datetime.datetime.now(datetime.timezone.utc)
    region.start()
    children.come_back()
    back = live(region, began)
    need(len(back) == count, f"{len(back)} of {count} links are live by the log")
    ready = max(when(event) for event in region.events() if event["event"] == "ready")
    worst = max((at - ready).total_seconds() for at in back.values())
    need(worst <= BACK_S, f"the last child was back {worst:.1f} s after the start")
    return worst, region.rss_kib()


def prove(base, build, count, restarts):
    pb, documents = messages(base)
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    children = None
    try:
        region = tree.init_root(REGION, "西藏自治区")
        children = Children(pb, documents, region, count)
        before = region.rss_kib()
        worst, held = 0, []
        for _ in range(restarts):
            seconds, kib = restarted(region, children, count)
            worst, held = max(worst, seconds), held + [kib]
        need(max(held) <= before + MORE_KIB_MAX, f"the region held {before} KiB, and {held} after restarts")
        for branch in children.branches:
            lsn = region.digest(branch.top.division)["lsn"]
            need(lsn == branch.top.log.chain.lsn, f"{branch.top.division} ends at {lsn}, it wrote {branch.top.log.chain.lsn}")
        need(region.run("verify", "--deep")[0] == 0, "the region's store does not verify")
    finally:
        if children is not None:
            children.end()
        tree.stop()
    print(f"parent_of_140: {restarts} restarts, {count} children: all back within {worst:.1f} s by the parent's log; "
          f"{before // 1024} MiB before, at most {max(held) // 1024} MiB after")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--children", type=int, default=140)
    parser.add_argument("--restarts", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terrace-140-") as base:
        try:
            prove(base, os.path.abspath(args.build), args.children, args.restarts)
        except (trees.Failed, session.Broken, blocks.Bad, enrol.Refused) as failed:
            sys.exit(f"parent_of_140: {failed}")


if __name__ == "__main__":
    main()
