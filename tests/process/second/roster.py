"""roster - who is who, as the grants say that stand in logs: proto/PROTOCOL.md, sections 1, 3 and 3.1."""
from foreign import hashes
from foreign.hashes import code, sized, tagged, u32

from .patterns import Reach

SUITE = 1


class NotSo(Exception):
    """What a grant says does not hold."""


def need(holds, words):
    if not holds:
        raise NotSo(words)


class Member:
    def __init__(self, parent):
        self.parent, self.epochs, self.sealed = parent, [], []

    def grant(self, epoch):
        return self.epochs[epoch - 1] if 1 <= epoch <= len(self.epochs) else None


class Roster:
    def __init__(self, pb, tree):
        self.pb, self.tree, self.members = pb, tree, {}

    def epoch(self, division, number):
        """The Grant of one epoch, None when there is no such epoch that counts."""
        member = self.members.get(division)
        return member.grant(number) if member else None

    def root(self):
        return next((division for division, member in self.members.items() if not member.parent), None)

    def above(self, division):
        """Those above a division, its parent first."""
        up = []
        while self.members[division].parent:
            division = self.members[division].parent
            up.append(division)
        return up

    def within(self, division, above):
        return division == above or (division in self.members and above in self.above(division))

    def children(self, division):
        return sorted(one for one, member in self.members.items() if member.parent == division)

    def hears(self, holder, author, audience):
        """Is `holder` in the audience of a block?"""
        kind, division = audience
        line = holder == division or self.within(division, holder)
        return line or (kind == 2 and self.within(holder, division)) or self.within(author, holder)

    # --- taking grants ---

    def open(self, sealed):
        """The message and its grant, signed by the signer that it names."""
        message = self.pb.SignedGrant.FromString(sealed)
        digest = tagged(b"grant", sized(message.grant), u32(message.consent_suite), sized(message.consent))
        need(message.suite == SUITE, f"a grant of suite {message.suite}, which is not known")
        need(hashes.verify(message.signer, digest, message.signature), "a grant that its signer did not sign")
        grant = self.pb.Grant.FromString(message.grant)
        need(grant.suite == SUITE, f"a grant of suite {grant.suite}, which is not known")
        need(grant.tree == self.tree, "a grant of another tree")
        proof = tagged(b"keyproof", self.tree, code(grant.division.decode()), grant.curve_key)
        need(hashes.verify(grant.sign_key, proof, grant.key_proof),
             f"the link key of {grant.division.decode()} is not certified by its signing key")
        return message, grant

    def take_root(self, sealed):
        """The trust key's word; False for a grant of somebody else."""
        message, grant = self.open(sealed)
        if grant.parent:
            return False
        need(hashes.fingerprint(message.signer) == self.tree, "a root that the trust key did not grant")
        division = grant.division.decode()
        need(self.root() in (None, division), f"a second root, {division}")
        member = self.members.setdefault(division, Member(""))
        if grant not in member.epochs:
            need(grant.epoch == len(member.epochs) + 1, f"epoch {grant.epoch} of {division} before {len(member.epochs) + 1}")
            member.epochs.append(grant)
            member.sealed.append(sealed)
        return True

    def take(self, granter, epoch, sealed):
        """What stands in a block of `granter` in this epoch of his."""
        message, grant = self.open(sealed)
        division = grant.division.decode()
        need(grant.parent, f"{granter} grants {division} as a root")
        by = self.epoch(granter, epoch)
        need(grant.parent.decode() == granter, f"{granter} grants {division} as a child of {grant.parent.decode()}")
        need((grant.granter_epoch or 1) == epoch,
             f"the grant of {division} names epoch {grant.granter_epoch or 1} of {granter}, its block has {epoch}")
        need(message.signer == by.sign_key, f"the grant of {division} is not signed by {granter} in epoch {epoch}")
        self.check_reach(granter, by, division, grant)
        need(policy_within(by.policy, grant.policy), f"{division} asks for fewer approvals than {granter}")
        self.add(granter, division, sealed, message, grant)

    @staticmethod
    def check_reach(granter, by, division, grant):
        reach = Reach(by.may_grant)
        need(reach.has(division), f"{division} is outside the reach of {granter}")
        wide = Reach(grant.may_grant).beyond(reach)
        need(wide is None, f"the list of {division} goes beyond that of {granter}: {wide}")

    def add(self, granter, division, sealed, message, grant):
        member = self.members.get(division)
        need(member is None or member.parent == granter,
             f"{division} is granted by {granter}, and by {member.parent if member else ''}, which is nearer the root")
        epochs = member.epochs if member else []
        if grant in epochs:
            return
        need(grant.epoch > len(epochs), f"another grant of {division} in epoch {grant.epoch}")
        need(grant.epoch == len(epochs) + 1, f"epoch {grant.epoch} of {division} without epoch {len(epochs) + 1}")
        need(not grant.base_lsn, f"epoch {grant.epoch} of {division} has a base")
        if epochs:
            check_rotation(division, epochs[-1], message, grant)
        member = self.members.setdefault(division, Member(granter))
        member.epochs.append(grant)
        member.sealed.append(sealed)


def check_rotation(division, former, message, grant):
    what = f"epoch {grant.epoch} of {division}"
    consented = message.consent_suite == SUITE and hashes.verify(
        former.sign_key, tagged(b"consent", message.grant), message.consent)
    need(consented, f"{what} is without the consent of the key before")
    need(grant.parent == former.parent, f"{what} has another parent")
    need(list(grant.founder) == list(former.founder), f"{what} has other founders")


def policy_within(policy, other):
    """Does the other ask for all that this one asks for? 0 alone stands for every kind."""
    return list(other) == [0] or (list(policy) != [0] and set(policy) <= set(other))
