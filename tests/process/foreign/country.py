"""country - thousands of divisions below one daemon, out of one process. Each has keys, a grant and a log of its own. Those
directly below the daemon enrol there and hold a link to it; each grants those below it in its own log, and passes on what
they write and say, as a node does. The daemon verifies, stores and hears as much as of so many machines.

    country = Country(pb, documents, region, rows)  rows: (code, name, parent), each after its parent
    country.settle()      all are granted, and what each has written is held by the daemon
    country.start()       a thread: each says every 25 s how it is
    country.end()

What a division is given to say in `troubles`: "silent" nothing at all, its parent tells that its link is down; "fault" that
its store is damaged in one place; "behind" that its log goes on behind what its parent got.
"""
import os
import sys
import threading
import time
from dataclasses import dataclass, field

import zmq

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402

from . import blocks, enrol, session  # noqa: E402

KIND_GRANT, GRANT_FORMAT, KIND_AGENCY = 1, 2, 18
ALARM_CORRUPT = 25
BEAT_S = 25
BLOCKS_A_FRAME = 200
DOWN_LISTED_MAX = 32


def now_ms():
    return int(time.time() * 1000)


@dataclass
class Member:
    division: str
    name: str
    parent: str
    keys: enrol.Keys = field(default_factory=enrol.Keys)
    below: list = field(default_factory=list)
    log: blocks.Writer = None

    def all(self):
        """It and all below it, each after its parent."""
        yield self
        for member in self.below:
            yield from member.all()


def levels(top):
    """Those of one depth below `top`, one depth behind the other."""
    level = [top]
    while level:
        yield level
        level = [member for above in level for member in above.below]


class Branch:
    """A child of the daemon with all that is below it, on one link."""

    def __init__(self, pb, context, top, text):
        self.pb, self.top = pb, top
        self.token = enrol.parse_token(text)
        grants = enrol.enrol(pb, context, self.token, top.keys, now_ms())
        self.link = session.Session(pb, context, self.token, top.keys, grants)
        self.due_s = self.began_s = time.monotonic()

    def first_blocks(self, documents, member):
        """Its grants, each in a block of its own for whoever is granted, and one document."""
        member.log = blocks.Writer(member.division, self.token.tree, member.keys.sign)
        for child in member.below:
            sealed = enrol.seal_grant(self.pb, member.keys, self.token.tree, (child.division, member.division, child.name),
                                      child.keys, self.token.policy, now_ms(), trees.reach(child.division))
            yield member.log.write([(KIND_GRANT, GRANT_FORMAT, sealed)], now_ms(), (blocks.TREE, child.division))
        yield self.next_block(documents, member)

    def next_block(self, documents, member):
        number = member.log.chain.lsn + 1
        body = documents.Document(id=f"A{number}", fiscal_year=2026, agency_name=member.name + "财政局",
                                  agency_code=f"{number:06d}").SerializeToString()
        return member.log.write([(KIND_AGENCY, blocks.DOCUMENT_FORMAT, body)], now_ms())

    def open(self, documents):
        """Level by level, since nobody's blocks count before his grant."""
        self.link.hello(blocks.Chain(True))
        self.link.run_until(lambda: self.link.welcome is not None, "a Welcome")
        for level in levels(self.top):
            whole = [block for member in level for block in self.first_blocks(documents, member)]
            for at in range(0, len(whole), BLOCKS_A_FRAME):
                self.link.send_blocks(*whole[at:at + BLOCKS_A_FRAME])
            self.link.run_until(lambda: all(self.link.held.get(member.division) == member.log.chain.lsn for member in level),
                                f"what {self.top.division} has sent", seconds=120)

    def health(self, member, troubles):
        down = [child.division for child in member.below if troubles.get(child.division) == "silent"]
        said = dict(version=b"foreign", disk_free_mib=40960, disk_floor_mib=1024, down_count=len(down),
                    down=[self.pb.ChildDown(division=division.encode(), seconds=int(time.monotonic() - self.began_s) + 60)
                          for division in down[:DOWN_LISTED_MAX]])
        if troubles.get(member.division) == "fault":
            said |= dict(alarms_error=1, worst_alarm=ALARM_CORRUPT, worst_about=member.division.encode(), worst_seconds=600)
        return said

    def say(self, troubles):
        """One frame, as a node sends those from below with its own."""
        self.link.send(beat=[
            self.link.beat(member.division, member.log.chain, member.keys.sign, now_ms(), **self.health(member, troubles))
            for member in self.top.all() if troubles.get(member.division) != "silent"])


class Country:
    def __init__(self, pb, documents, region, rows):
        self.pb, self.documents, self.region = pb, documents, region
        self.context, self.branches, self.troubles = zmq.Context(), [], {}
        self.ended, self.thread, self.failure = threading.Event(), None, None
        members = {code: Member(code, name, parent) for code, name, parent in rows}
        self.members = members
        for member in members.values():
            if member.parent in members:
                members[member.parent].below.append(member)

    def settle(self):
        for member in self.members.values():
            if member.parent == self.region.division:
                text = self.region.json("invite", member.division, "--name", member.name,
                                        "--may-grant", ",".join(trees.reach(member.division)))["token"]
                branch = Branch(self.pb, self.context, member, text)
                branch.open(self.documents)
                self.branches.append(branch)

    def trouble(self, division, kind):
        self.troubles[division] = kind
        if kind == "behind":
            for branch in self.branches:
                if any(member.division == division for member in branch.top.all()):
                    branch.next_block(self.documents, self.members[division])  # and it is not sent

    def start(self):
        now = time.monotonic()
        for i, branch in enumerate(self.branches):
            branch.say(self.troubles)
            branch.due_s = now + BEAT_S * (i + 1) / len(self.branches)
        self.thread = threading.Thread(target=self.live)
        self.thread.start()

    def live(self):
        try:
            poller = zmq.Poller()
            for branch in self.branches:
                poller.register(branch.link.socket, zmq.POLLIN)
            while not self.ended.is_set():
                self.step(dict(poller.poll(200)))
        except Exception as failure:  # told by end
            self.failure = failure

    def step(self, ready):
        for branch in self.branches:
            while branch.link.socket in ready and branch.link.socket.poll(0):
                branch.link.take(self.pb.Frame.FromString(branch.link.socket.recv()))
            if time.monotonic() >= branch.due_s:
                branch.say(self.troubles)
                branch.due_s += BEAT_S

    def end(self):
        self.ended.set()
        if self.thread is not None:
            self.thread.join()
        self.context.destroy(linger=0)
        if self.failure is not None:
            raise self.failure
