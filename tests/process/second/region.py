"""region - all logs that a node holds, checked against each other from the trust key down.

    report = check(pb, documents, tree, holder, [grant, ...], {author: [block, ...]})

Grants and blocks are as the node hands them out (GET /grants, GET /blocks); only the root's grants are believed as they stand
there, for no log has them. `tree` is the fingerprint of the trust key, which one must know from elsewhere; `holder` is the division whose store it was,
since of a division above it holds what is addressed to it alone.
"""
from dataclasses import dataclass, field

from foreign import blocks, hashes

from . import approvals, persons, roster

KIND_GRANT, GRANT_FORMAT = 1, 2
KIND_CONFIRM = 75


@dataclass
class Report:
    roster: object
    faults: list = field(default_factory=list)      # (author, lsn, words): what no holder may take
    unapproved: list = field(default_factory=list)  # (author, lsn, words): taken, marked
    unconfirmed: list = field(default_factory=list)  # (division, epoch): recoveries that nobody above has confirmed
    strangers: list = field(default_factory=list)   # (author, lsn, words): operator entries that make nobody a person
    chains: dict = field(default_factory=dict)      # author -> Chain
    heads: dict = field(default_factory=dict)       # author -> lsn
    blocks: int = 0
    entries: int = 0
    approvals: int = 0

    def count(self, author):
        return sum(one[0] == author for one in self.unapproved)


class Log:
    """One author's, block by block."""

    def __init__(self, region, author):
        self.region, self.author = region, author
        self.whole = region.roster.within(author, region.holder)
        self.chain, self.persons = blocks.Chain(self.whole), None

    def take(self, whole):
        block = blocks.parse(whole)
        header = block.header
        if blocks.pack(dict(header)) != whole[:len(blocks.pack(dict(header)))]:
            raise blocks.Bad("its header is not in its one form")
        if header["author"] != self.author:
            raise blocks.Bad(f"it is of {header['author']}")
        grant = self.region.roster.epoch(self.author, header["epoch"])
        if grant is None:
            raise blocks.Bad(f"epoch {header['epoch']} of {self.author} is of no grant that counts")
        digest = block.hash(self.region.tree, grant.sign_key)
        if not hashes.verify(grant.sign_key, digest, block.signature):
            raise blocks.Bad(f"it is not signed by the key of epoch {header['epoch']} of {self.author}")
        if header["epoch"] < self.chain.epoch:
            raise blocks.Bad(f"epoch {header['epoch']} behind epoch {self.chain.epoch}")
        self.chain.follow(block, digest)
        self.region.audiences.add((self.author, (header["audience_kind"], header["audience"])))
        if self.region.roster.counts(self.region.holder, self.author, header["epoch"]):
            self.read(block, grant)

    def read(self, block, grant):
        """What the entries of a block that holds say."""
        report = self.region.report
        if self.persons is None or self.persons.begins_anew(grant):
            self.persons = report.chains[self.author] = persons.Chain(grant)
        judge = approvals.Judge(self.region.tree, block, self.persons, grant.policy,
                                self.region.documents)
        for index, entry in enumerate(block.entries):
            self.read_entry(judge, index, entry, block.header["epoch"])
        report.entries += len(block.entries)
        report.approvals += len(block.groups)
        report.heads[self.author] = self.chain.lsn
        report.blocks += 1

    def read_entry(self, judge, index, entry, epoch):
        report = self.region.report
        if (entry.kind, entry.format) == (KIND_GRANT, GRANT_FORMAT):
            try:
                self.region.roster.take(self.author, epoch, entry.body)
            except roster.NotSo as fault:
                report.faults.append((self.author, entry.lsn, str(fault)))
        if (entry.kind, entry.format) == (KIND_CONFIRM, blocks.DOCUMENT_FORMAT) and judge.two_persons(index):
            said = self.region.documents.Document.FromString(entry.body)
            self.region.roster.confirmed.add((self.author, said.div_code, said.epoch, said.grant_hash))
        if entry.kind != persons.KIND_OPERATOR:
            fault = judge.fault(index)
            if fault:
                report.unapproved.append((self.author, entry.lsn, fault))
        elif entry.format == blocks.DOCUMENT_FORMAT:
            said = self.region.documents.Document.FromString(entry.body)
            person = self.persons.take(entry, said, judge.vouchers(index))
            if person.why:
                report.strangers.append((self.author, entry.lsn, f"{person.name}: {person.why}"))


class Region:
    def __init__(self, pb, documents, tree, holder):
        self.documents, self.tree, self.holder = documents, tree, holder
        self.roster = roster.Roster(pb, tree)
        self.report = Report(self.roster)
        self.audiences = set()  # of all blocks; who hears them is known once all grants are

    def begin(self, grants):
        """The root's grants stand in no log: they are the trust key's word."""
        for sealed in grants:
            try:
                self.roster.take_root(sealed)
            except roster.NotSo as fault:
                self.report.faults.append(("", 0, str(fault)))

    def compare(self, grants):
        """What the node has for a grant is what stands in a log, and the other way round."""
        held = sorted(grants)
        said = sorted(sealed for member in self.roster.members.values() for sealed in member.sealed)
        if held != said:
            self.report.faults.append(("", 0, f"the node holds {len(held)} grants, the logs say {len(said)}, and not the same"))

    def read(self, author, wholes):
        log = Log(self, author)
        for whole in wholes:
            try:
                log.take(whole)
            except blocks.Bad as fault:
                self.report.faults.append((author, log.chain.lsn + 1, str(fault)))
                return  # nothing behind it follows any more

    def run(self, grants, logs):
        """From the root down: whoever grants is read to his end before whom he granted."""
        self.begin(grants)
        waiting = [self.roster.root()] if self.roster.root() else []
        left = dict(logs)
        while waiting:
            author = waiting.pop(0)
            self.read(author, left.pop(author, []))
            waiting += self.roster.children(author)
        for author, wholes in left.items():
            if wholes:
                self.report.faults.append((author, 1, f"{author} has a log here, and no grant that counts"))
        for author, audience in sorted(self.audiences):
            if not self.roster.hears(self.holder, author, audience):
                self.report.faults.append((author, 0, f"blocks for {audience}, which are not for {self.holder}"))
        self.report.unconfirmed = self.roster.unconfirmed(self.holder)
        self.compare(grants)
        return self.report


def check(pb, documents, tree, holder, grants, logs):
    return Region(pb, documents, tree, holder).run(grants, logs)


def split(answer):
    """What an answer of GET /blocks or /grants has one after the other."""
    reader, found = blocks.Reader(answer), []
    while reader.at < len(answer):
        found.append(reader.take(int.from_bytes(reader.take(4), "big")))
    return found
