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
    """Epochs count from 1. A recovery is one that the key before did not agree to, or that changes more than keys."""

    def __init__(self, parent):
        self.parent, self.epochs, self.sealed, self.hashes, self.recoveries = parent, [], [], [], set()

    def grant(self, epoch):
        return self.epochs[epoch - 1] if 1 <= epoch <= len(self.epochs) else None


class Roster:
    def __init__(self, pb, tree):
        self.pb, self.tree, self.members = pb, tree, {}
        self.confirmed = set()  # (by whom, division, epoch, hash of the grant)

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

    # --- recoveries ---

    def confirmer(self, division):
        """Whose word a recovery needs: the granter's parent, or the root where the root granted."""
        granter = self.members[division].parent
        return self.members[granter].parent or granter

    def counts(self, holder, division, epoch):
        """Does what an epoch signs count at this holder?"""
        member = self.members[division]
        if not member.parent or holder in (division, member.parent):
            return True
        by = self.confirmer(division)
        last = max((one for one in range(1, len(member.epochs) + 1)
                    if (by, division, one, member.hashes[one - 1]) in self.confirmed), default=0)
        return not any(last < one <= epoch for one in member.recoveries)

    def unconfirmed(self, holder):
        return [(division, epoch) for division, member in sorted(self.members.items())
                for epoch in range(1, len(member.epochs) + 1) if not self.counts(holder, division, epoch)]

    # --- taking grants ---

    def open(self, sealed):
        """The message and its grant, signed by the signer that it names."""
        message = self.pb.SignedGrant.FromString(sealed)
        need(message.suite == SUITE, f"a grant of suite {message.suite}, which is not known")
        need(hashes.verify(message.signer, grant_hash(message), message.signature), "a grant that its signer did not sign")
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
            member.hashes.append(grant_hash(message))
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
        need(epochs or not grant.base_lsn, f"the first epoch of {division} has a base")
        recovery = bool(epochs) and is_recovery(division, epochs[-1], message, grant)
        member = self.members.setdefault(division, Member(granter))
        if recovery:
            member.recoveries.add(grant.epoch)
        member.hashes.append(grant_hash(message))
        member.epochs.append(grant)
        member.sealed.append(sealed)


def grant_hash(message):
    """What its signer signed, and what a confirmation names."""
    return tagged(b"grant", sized(message.grant), u32(message.consent_suite), sized(message.consent))


def is_recovery(division, former, message, grant):
    if not message.consent:
        return True
    need(message.consent_suite == SUITE and hashes.verify(former.sign_key, tagged(b"consent", message.grant), message.consent),
         f"epoch {grant.epoch} of {division} is without the consent of the key before")
    need((grant.base_lsn or 0) == 0 or grant.base_lsn >= (former.base_lsn or 0), f"the base of {division} lies below the former")
    return bool(grant.base_lsn) or list(grant.founder) != list(former.founder)


def policy_within(policy, other):
    """Does the other ask for all that this one asks for? 0 alone stands for every kind."""
    return list(other) == [0] or (list(policy) != [0] and set(policy) <= set(other))
