"""altered - the blocks of a region with one thing changed, as many ways as somebody might, and the words in which each is
told. Who holds a node's key seals a block anew, so that everything fits but the one thing."""
import copy

import nacl.signing

from foreign import blocks, hashes

from . import region
from .approvals import DAY_MS, leaf, root_from
from .persons import CHECKER, KIND_OPERATOR, MAKER

CITY, COUNTY, REGION = "540100", "540121", "540000"
KIND_PAYMENT = 29


class Unnoticed(Exception):
    """An alteration that nobody told, or in other words."""


class Case:
    """All logs, one of them to be spoiled. `at` is the index of a block in the log of `author`."""

    def __init__(self, pb, tree, logs, keys):
        self.pb, self.tree, self.keys = pb, tree, keys
        self.logs = {author: list(wholes) for author, wholes in logs.items()}

    def find(self, author, wanted):
        """The first block with an entry of that sort, and the index of the entry."""
        for at, whole in enumerate(self.logs[author]):
            for index, entry in enumerate(blocks.parse(whole).entries):
                if wanted(entry):
                    return at, index
        raise Unnoticed(f"{author} has no entry to spoil")

    def reseal(self, author, at, change, key=None):
        """Changes a block, and signs it and all behind it anew, so that the chain holds."""
        key = key or self.keys[author].sign
        wholes = self.logs[author]
        block = blocks.parse(wholes[at])
        change(block)
        wholes[at], prev = blocks.seal(block, self.tree, key)
        chains = {(block.header["audience_kind"], block.header["audience"]): prev}
        for later in range(at + 1, len(wholes)):
            block = blocks.parse(wholes[later])
            audience = (block.header["audience_kind"], block.header["audience"])
            block.header.update(prev_hash=prev, aud_prev=chains.get(audience, block.header["aud_prev"]))
            wholes[later], prev = blocks.seal(block, self.tree, key)
            chains[audience] = prev

    def regrant(self, author, wanted, change, consent=None, keeps_consent=True):
        """Changes a grant, and signs it as its granter would."""
        def is_it(entry):
            return entry.kind == region.KIND_GRANT and wanted(self.grant_of(entry))

        at, index = self.find(author, is_it)

        def spoil(block):
            message = self.pb.SignedGrant.FromString(block.entries[index].body)
            grant = self.pb.Grant.FromString(message.grant)
            change(grant)
            message.grant = grant.SerializeToString()
            if not keeps_consent:
                message.ClearField("consent")
                message.ClearField("consent_suite")
            if consent:
                message.consent = consent.sign(hashes.tagged(b"consent", message.grant)).signature
            digest = hashes.tagged(b"grant", hashes.sized(message.grant), hashes.u32(message.consent_suite),
                                   hashes.sized(message.consent))
            message.signature = self.keys[author].sign.sign(digest).signature
            block.entries[index].body = message.SerializeToString()
        self.reseal(author, at, spoil)

    def grant_of(self, entry):
        return self.pb.Grant.FromString(self.pb.SignedGrant.FromString(entry.body).grant)


def flip(case, author, at, where):
    whole = bytearray(case.logs[author][at])
    whole[where] ^= 1
    case.logs[author][at] = bytes(whole)


def approved(case, role, change):
    """Changes who approved the first payment of the county."""
    at, index = case.find(COUNTY, lambda entry: entry.kind == KIND_PAYMENT)

    def spoil(block):
        for group in block.groups:
            if group.role == role and group.covers(index):
                change(block, group)
    case.reseal(COUNTY, at, spoil)


def sign_as(tree, block, group, key):
    """Another person's signature over the same."""
    run = [leaf(entry) for entry in block.entries[group.first_entry:group.first_entry + group.count]]
    root = root_from(run, group.first_leaf, group.leaf_count, group.proof)
    digest = hashes.tagged(b"approval", tree, hashes.code(block.header["author"]), hashes.u32(block.header["epoch"]),
                           bytes([group.role]), hashes.u64(group.time_ms), root)
    group.key, group.signature = key.verify_key.encode(), key.sign(digest).signature


def body_changed(case):
    flip(case, COUNTY, 3, -1)


def signature_replaced(case):
    at, _ = case.find(COUNTY, lambda entry: entry.kind == KIND_PAYMENT)
    header = blocks.parse(case.logs[COUNTY][at]).header
    flip(case, COUNTY, at, len(blocks.pack(header)) + 5)


def dropped(case):
    del case.logs[COUNTY][4]


def first_of_tree_dropped(case):
    """The region's own copy of its city, without the block that granted the county."""
    at, _ = case.find(CITY, lambda entry: entry.kind == region.KIND_GRANT)
    del case.logs[CITY][at]


def swapped(case):
    log = case.logs[COUNTY]
    log[3], log[4] = log[4], log[3]


def repeated(case):
    log = case.logs[COUNTY]
    log.insert(4, log[3])


def cut_in_the_middle_of_a_block(case):
    case.logs[COUNTY][-1] = case.logs[COUNTY][-1][:90]


def back_dated(case):
    block = blocks.parse(case.logs[COUNTY][3])
    block.header["time_ms"] -= 1000
    packed = blocks.pack(block.header)
    case.logs[COUNTY][3] = packed + case.logs[COUNTY][3][len(packed):]


def signed_by_the_parent(case):
    case.reseal(COUNTY, 3, lambda block: None, case.keys[CITY].sign)


def of_a_later_suite(case):
    whole = bytearray(case.logs[COUNTY][3])
    whole[1] = 2
    case.logs[COUNTY][3] = bytes(whole)


def under_another_epoch(case):
    case.reseal(COUNTY, 3, lambda block: block.header.update(epoch=9))


def another_root(case):
    """The author lies about the root over his entries, and signs it."""
    at = next(at for at, whole in enumerate(case.logs[COUNTY]) if blocks.parse(whole).header["count"] > 1)
    header = blocks.parse(case.logs[COUNTY][at]).header
    body = case.logs[COUNTY][at][-header["body_size"]:]
    header["entries_root"] = hashes.tagged(b"node", b"another")
    digest = blocks.block_hash(header, case.tree, case.keys[COUNTY].public())
    case.logs[COUNTY][at] = blocks.pack(header) + case.keys[COUNTY].sign.sign(digest).signature + body


def granted_outside(case):
    """The city's list did not have the county when it granted it."""
    case.regrant(REGION, lambda grant: grant.division == b"540100" and grant.epoch == 2,
                 lambda grant: grant.may_grant.__setitem__(slice(None), [b"5402*"]), case.keys[CITY].sign)


def granted_wider(case):
    case.regrant(CITY, lambda grant: grant.division == b"540121" and grant.epoch == 1,
                 lambda grant: grant.may_grant.append(b"5403*"))


def later_epoch_without_consent(case):
    case.regrant(CITY, lambda grant: grant.division == b"540121" and grant.epoch == 2,
                 lambda grant: setattr(grant, "name", "另一个".encode()))


def later_epoch_without_any(case):
    """A recovery: it waits for two persons of the level above its granter, and with it all that it signs."""
    case.regrant(CITY, lambda grant: grant.division == b"540121" and grant.epoch == 2,
                 lambda grant: setattr(grant, "name", "另一个".encode()), keeps_consent=False)


def later_epoch_with_other_founders(case):
    case.regrant(CITY, lambda grant: grant.division == b"540121" and grant.epoch == 2,
                 lambda grant: grant.founder.pop(), case.keys[COUNTY].sign)


def epochs_with_a_gap(case):
    case.regrant(CITY, lambda grant: grant.division == b"540121" and grant.epoch == 2,
                 lambda grant: setattr(grant, "epoch", 4), case.keys[COUNTY].sign)


def laxer_than_its_granter(case):
    case.regrant(CITY, lambda grant: grant.division == b"540121" and grant.epoch == 1,
                 lambda grant: grant.policy.pop())


def link_key_of_another(case):
    case.regrant(CITY, lambda grant: grant.division == b"540121" and grant.epoch == 1,
                 lambda grant: setattr(grant, "curve_key", bytes(case.keys[CITY].curve.public_key)))


def approval_of_nobody(case):
    approved(case, CHECKER, lambda block, group: sign_as(case.tree, block, group, nacl.signing.SigningKey.generate()))


def approval_spoiled(case):
    def spoil(_, group):
        group.signature = bytes([group.signature[0] ^ 1]) + group.signature[1:]
    approved(case, MAKER, spoil)


def approval_moved(case):
    def spoil(_, group):
        group.leaf_count += 1
    approved(case, CHECKER, spoil)


def approval_left_out(case):
    approved(case, CHECKER, lambda block, group: block.groups.remove(group))


def approval_beyond_its_block(case):
    def spoil(_, group):
        group.first_entry += 1
    approved(case, CHECKER, spoil)


def amount_under_an_approval(case):
    at, index = case.find(COUNTY, lambda entry: entry.kind == KIND_PAYMENT)

    def spoil(block):
        entry = block.entries[index]
        entry.body = entry.body.replace("合作社".encode(), "合作者".encode())
    case.reseal(COUNTY, at, spoil)


def approval_said_again_later(case):
    at, _ = case.find(COUNTY, lambda entry: entry.kind == KIND_PAYMENT)
    case.reseal(COUNTY, at, lambda block: block.header.update(time_ms=block.header["time_ms"] + 2 * DAY_MS))


def person_unsigned(case):
    at, _ = case.find(COUNTY, lambda entry: entry.kind == KIND_OPERATOR)
    case.reseal(COUNTY, at, lambda block: block.groups.clear())


def person_by_one(case):
    at, _ = case.find(COUNTY, lambda entry: entry.kind == KIND_OPERATOR)
    case.reseal(COUNTY, at, lambda block: block.groups.pop())


# What is done, and what is said of it: in the report's faults, its marks, or its made-up persons.
CASES = [
    (body_changed, "faults", "body_hash"),
    (signature_replaced, "faults", "it is not signed by the key of epoch"),
    (dropped, "faults", "is missing or another"),
    (first_of_tree_dropped, "faults", "the chain of the log is broken"),
    (swapped, "faults", "is missing or another"),
    (repeated, "faults", "is missing or another"),
    (cut_in_the_middle_of_a_block, "faults", "it ends too soon"),
    (back_dated, "faults", "it is not signed by the key of epoch"),
    (signed_by_the_parent, "faults", "it is not signed by the key of epoch"),
    (of_a_later_suite, "faults", "version or suite"),
    (another_root, "faults", "entries_root"),
    (under_another_epoch, "faults", "is of no grant that counts"),
    (granted_outside, "faults", "is outside the reach of 540100"),
    (granted_wider, "faults", "the list of 540121 goes beyond that of 540100: 5403*"),
    (later_epoch_without_consent, "faults", "epoch 2 of 540121 is without the consent of the key before"),
    (later_epoch_without_any, "unconfirmed", "540121 2"),
    (later_epoch_with_other_founders, "unconfirmed", "540121 2"),
    (epochs_with_a_gap, "faults", "epoch 4 of 540121 without epoch 2"),
    (laxer_than_its_granter, "faults", "540121 asks for fewer approvals than 540100"),
    (link_key_of_another, "faults", "the link key of 540121 is not certified"),
    (approval_of_nobody, "unapproved", "who signed as checker is no such person here"),
    (approval_spoiled, "unapproved", "the maker's signature does not hold"),
    (approval_moved, "unapproved", "the path of an approval does not fit"),
    (approval_left_out, "unapproved", "no checker signed it"),
    (approval_beyond_its_block, "faults", "a group runs beyond its block"),
    (amount_under_an_approval, "unapproved", "the maker's signature does not hold"),
    (approval_said_again_later, "unapproved", "approved more than a day before its block"),
    (person_unsigned, "strangers", "no admin signed it"),
    (person_by_one, "strangers", "one admin signed it where there are two"),
]


def prove(pb, documents, tree, holder, grants, logs, keys):
    """How many alterations there are; each is told, and the unaltered logs tell nothing."""
    before = region.check(pb, documents, tree, holder, grants, logs)
    for spoil, where, words in CASES:
        case = Case(pb, tree, copy.copy(logs), keys)
        spoil(case)
        report = region.check(pb, documents, tree, holder, grants, case.logs)
        new = [one for one in getattr(report, where) if one not in getattr(before, where)]
        if not any(words in " ".join(map(str, one)) for one in new):
            raise Unnoticed(f"{spoil.__name__}: want {where} '{words}', told: {new[:5]} {report.faults[:3]}")
    return len(CASES)
