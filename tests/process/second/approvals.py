"""approvals - does what stands under an entry hold? proto/PROTOCOL.md, sections 1 and 3.2, and proto/block.h."""
from foreign import hashes
from foreign.hashes import code, tagged, u32, u64

from .persons import CHECKER, KIND_OPERATOR, MAKER

DAY_MS = 24 * 3600 * 1000
SUITE = 1
KIND_SETTLE, KIND_REFUND = 26, 32
BY_NODES = {KIND_OPERATOR, KIND_SETTLE}  # what nodes write themselves asks for nobody
TWO_ALWAYS = {49, 70}  # to close a year and to open it again takes two persons, whatever the policy says
LEAVES_MAX = 1 << 20


def leaf(entry):
    return tagged(b"appleaf", u32(entry.kind), u32(entry.format), entry.body)


def root_from(run, first, leaf_count, proof):
    """The root that a run of leaves and its range proof imply; None where their shape does not fit."""
    proof, end = list(proof), first + len(run)

    def climb(begin, past):
        if first <= begin and past <= end:
            return hashes.merkle_root(run[begin - first:past - first])
        if past <= first or end <= begin:
            return proof.pop(0)
        middle = begin + (1 << (past - begin - 1).bit_length() - 1)
        left = climb(begin, middle)
        return tagged(b"node", left, climb(middle, past))

    if not run or end > leaf_count or leaf_count > LEAVES_MAX:
        return None
    try:
        root = climb(0, leaf_count)
    except IndexError:
        return None
    return None if proof else root


def signature_fault(tree, block, group):
    """Why a group's signature does not hold; "" when it does."""
    if group.suite != SUITE:
        return f"approved with suite {group.suite}, which is not known"
    entries = block.entries[group.first_entry:group.first_entry + group.count]
    root = root_from([leaf(entry) for entry in entries], group.first_leaf, group.leaf_count, group.proof)
    if root is None:
        return "the path of an approval does not fit"
    digest = tagged(b"approval", tree, code(block.header["author"]), u32(block.header["epoch"]), bytes([group.role]),
                    u64(group.time_ms), root)
    if not hashes.verify(group.key, digest, group.signature):
        return f"the {'maker' if group.role == MAKER else 'checker'}'s signature does not hold"
    return ""


def asks(policy, kind, said=None):
    """A refund of no payment takes two persons, too."""
    return kind in TWO_ALWAYS or (kind == KIND_REFUND and not said.pay_app_id) or (kind >= KIND_OPERATOR and kind not in BY_NODES and (
        list(policy) == [0] or kind in policy))


class Judge:
    """Of the entries of one block, under the policy of its author's grant."""

    def __init__(self, tree, block, chain, policy, documents):
        self.block, self.chain, self.policy, self.documents = block, chain, policy, documents
        self.faults = [signature_fault(tree, block, group) for group in block.groups]

    def groups_of(self, index):
        return [(group, fault) for group, fault in zip(self.block.groups, self.faults) if group.covers(index)]

    def vouchers(self, index):
        return [(group, not fault) for group, fault in self.groups_of(index)]

    def fault(self, index):
        """Why the approval of an entry does not hold; "" when it does, or none is asked for."""
        entry, signed = self.block.entries[index], {}
        for group, fault in self.groups_of(index):
            signed.setdefault(group.role, (group, fault))
        said = self.documents.Document.FromString(entry.body) if entry.kind == KIND_REFUND else None
        if asks(self.policy, entry.kind, said):
            for role, name in ((MAKER, "maker"), (CHECKER, "checker")):
                if role not in signed:
                    return f"no {name} signed it"
        return self.fault_of_signers(signed)

    def two_persons(self, index):
        """Did two of the author's persons sign it, or has its author none?"""
        signed = {group.role: (group, fault) for group, fault in self.groups_of(index)}
        return not self.chain.at or (set(signed) == {MAKER, CHECKER} and not self.fault_of_signers(signed))

    def fault_of_signers(self, signed):
        names = []
        for role, (group, fault) in sorted(signed.items()):
            person = self.chain.at.get(group.key)
            if fault:
                return fault
            if person is None or not person.has(role):
                return f"who signed as {'maker' if role == MAKER else 'checker'} is no such person here"
            names.append(person.name)
        if len(set(names)) < len(names):
            return "one person signed as both"
        if CHECKER in signed and signed[CHECKER][0].time_ms + DAY_MS < self.block.header["time_ms"]:
            return "approved more than a day before its block"
        return ""
