"""child - acts of a county toward its city: with its own keys, with its sibling's, with stolen ones. `s` is the stage."""
import copy
import os

import nacl.signing

from foreign import blocks, hashes

from .stage import CITY, COUNTY, OURS, REGION, Member, now_ms

DAY_MS = 24 * 3600 * 1000
KIND_REVOKE = 2
KIND_TRANSFER, KIND_REGISTER, KIND_SETTLE, KIND_PAYMENT = 23, 24, 26, 29


def send(s, whole):
    s.county.link.send_blocks(whole)
    return s.county.settle


def as_signed(s, block, key=None):
    return send(s, s.county.sealed(block, key))


# --- one block, with one thing wrong ---

def altered_body(s):
    whole = bytearray(s.county.sealed(s.county.draft()))
    whole[-3] ^= 1
    return send(s, bytes(whole))


def altered_header(s):
    """Time back by a year, under the signature that stood there."""
    block = s.county.draft()
    whole = s.county.sealed(block)
    rest = whole[len(blocks.pack(block.header)):]
    block.header["time_ms"] -= 365 * DAY_MS
    return send(s, blocks.pack(block.header) + rest)


def replaced_signature(s):
    block = s.county.draft()
    whole = s.county.sealed(block)
    at = len(blocks.pack(block.header))
    return send(s, whole[:at] + os.urandom(64) + whole[at + 64:])


def signed_by_nobody(s):
    return as_signed(s, s.county.draft(), nacl.signing.SigningKey.generate())


def signed_by_its_sibling(s):
    return as_signed(s, s.county.draft(), s.keys_of(COUNTY).sign)


def signed_by_its_parent(s):
    return as_signed(s, s.county.draft(), s.keys_of(CITY).sign)


def signed_by_the_trust_key(s):
    return as_signed(s, s.county.draft(), s.trust_key().sign)


def of_another_tree(s):
    block = s.county.draft()
    return send(s, blocks.seal(block, hashes.fingerprint(b"another"), s.county.keys.sign)[0])


def as_its_sibling(s):
    return as_signed(s, s.county.draft(author=COUNTY, audience=COUNTY))


def as_its_parent(s):
    return as_signed(s, s.county.draft(author=CITY, audience=CITY))


def as_the_region(s):
    return as_signed(s, s.county.draft(author=REGION, audience=REGION))


def under_an_epoch_of_its_own(s):
    """Nobody granted that: it is kept waiting, and nothing of it counts."""
    s.county.link.waits.clear()
    s.county.link.send_blocks(s.county.sealed(s.county.draft(epoch=2)))
    s.county.link.run_until(lambda: OURS in s.county.link.waits, "an answer that it has to wait")
    return s.county.reopen_and_settle


def downgraded_suite(s):
    whole = bytearray(s.county.sealed(s.county.draft()))
    whole[1] = 0
    return send(s, bytes(whole))


def unknown_suite(s):
    whole = bytearray(s.county.sealed(s.county.draft()))
    whole[1] = 2
    return send(s, bytes(whole))


def dropped(s):
    """The block before this one is kept back."""
    log = copy.deepcopy(s.county.log)
    log.write([s.county.agency()], now_ms())
    return send(s, log.write([s.county.agency()], now_ms()))


def reordered(s):
    log = copy.deepcopy(s.county.log)
    first, second = (log.write([s.county.agency()], now_ms()) for _ in range(2))
    s.county.link.send_blocks(second)
    s.county.link.send_blocks(first)
    s.county.log = log
    s.county.written += [first, second]
    return s.county.settle


def repeated(s):
    """A block that is held comes three times more: nothing is counted twice."""
    whole = s.county.next()
    s.county.says(whole)
    s.county.link.send_blocks(whole, whole, whole)
    return s.county.settle


def other_before(s):
    """It follows a block that was never there."""
    return as_signed(s, s.county.draft(prev_hash=hashes.tagged(b"block", b"another")))


def audience_skipped(s):
    block = s.county.draft()
    block.header["aud_seq"] += 1
    return as_signed(s, block)


def audience_forged(s):
    return as_signed(s, s.county.draft(aud_prev=hashes.tagged(b"block", b"another")))


def other_state(s):
    """What it signs of its ledger is not what follows from its log."""
    log = s.county.log
    block = s.county.draft()
    true, block.header["state_digest"] = block.header["state_digest"], hashes.tagged(b"state", b"another")
    whole, digest = blocks.seal(block, s.trust, s.county.keys.sign)
    log.chain.follow(blocks.parse(whole), digest)
    log.digest = true
    s.county.says(whole)


def garbage(s):
    s.county.link.socket.send(os.urandom(300))
    return s.county.settle


# --- entries that are not its own to write ---

def writes(s, kind, **fields):
    """One entry in its own name, and its own digest, as if the entry booked nothing."""
    s.county.number += 1
    body = s.documents.Document(id=f"W{s.county.number}", fiscal_year=2026, **fields).SerializeToString()
    s.county.says(s.county.log.write([(kind, blocks.DOCUMENT_FORMAT, body)], now_ms()))


def transfer_from_below(s):
    writes(s, KIND_TRANSFER, amount=50000, ori_bgt_id="B1", rec_div_code=CITY, stage="formal", cor_bgt_doc_no="1",
           tra_type_code="general")


def answers_for_its_sibling(s):
    writes(s, KIND_REGISTER, mof_div_code=OURS, amount=30000, bgt_id="T2", ori_div_code=CITY, fund_type_code="111",
           transfer_lsn=1, transfer_hash=bytes(32))


def answers_what_was_never_issued(s):
    writes(s, KIND_REGISTER, mof_div_code=OURS, amount=30000, bgt_id="T99", ori_div_code=CITY, fund_type_code="111",
           transfer_lsn=1, transfer_hash=bytes(32))


def settles_for_its_parent(s):
    writes(s, KIND_SETTLE, mof_div_code=OURS, amount=30000, bgt_id="T3", answer_id="R3", outcome="returned",
           fund_type_code="111")


def pays_without_a_line(s):
    writes(s, KIND_PAYMENT, pay_app_amt=30000, bgt_id="AL1", payee_acct_name="x", payee_acct_no="1", use_des="x")


def entry_of_another_form(s):
    s.county.says(s.county.log.write([(KIND_PAYMENT, blocks.DOCUMENT_FORMAT, b"\xff\xff\xff")], now_ms()))


# --- grants ---

def grants(s, member, **other):
    s.county.says(s.county.log.write([s.grant(s.county, member, **other)], now_ms(), (blocks.TREE, s.county.division)))


def grants_without_reach(s):
    grants(s, Member(s, "540123"))


def grants_its_sibling(s):
    grants(s, Member(s, COUNTY))


def grants_itself(s):
    grants(s, Member(s, OURS), epoch=2, parent=CITY.encode())


def grants_itself_by_its_own_consent(s):
    """The next epoch of its own, to which its key agrees: granting it is its parent's."""
    grants(s, Member(s, OURS), epoch=2, parent=CITY.encode(), consent=s.county.keys)


# --- ends of keys ---

def revokes(s, division):
    body = s.pb.Revocation(division=division.encode(), first_epoch=1, last_epoch=1, epoch=0, lsn=0, suite=1, hash=bytes(32))
    s.county.says(s.county.log.write([(KIND_REVOKE, 1, body.SerializeToString())], now_ms(), (blocks.TREE, division)))


def revokes_its_sibling(s):
    revokes(s, COUNTY)


def revokes_its_parent(s):
    revokes(s, CITY)


def revokes_the_region(s):
    revokes(s, REGION)


def revokes_itself(s):
    revokes(s, OURS)


# --- what it says of others ---

def claims_more_of_its_parent(s):
    """It says that it holds more of the city's log than the city has."""
    return claim(s, CITY)


def claims_another_end_of_its_parent(s):
    """... and shows a block that the city never signed."""
    chain = copy.copy(s.county.link.above[CITY])
    chain.hash = hashes.tagged(b"block", b"another")
    after = claim(s, CITY, chain)
    block = s.county.draft(author=CITY, audience=CITY, first_lsn=1)
    s.county.link.run_until(lambda: s.county.link.shows, "the city to ask for it")
    s.county.link.send(evidence=s.county.sealed(block))
    return after


def claim(s, author, chain=None):
    link = s.county.link
    link.shows.clear()
    true = link.above[author]
    if chain is None:
        chain = copy.copy(true)
        chain.lsn += 5
    link.above[author] = chain
    s.county.open()
    link.above[author] = true
    return s.county.reopen_and_settle


def beat_of_its_sibling(s):
    link = s.county.link
    link.send(beat=[link.beat(COUNTY, s.county.log.chain, s.county.keys.sign, now_ms(), condition=2)])
    return s.county.settle


def cosigns_as_its_parent(s):
    return cosigns(s, CITY, s.county.log.chain)


def cosigns(s, holder, chain, author=OURS, member=None):
    """A cosignature in the name of `holder`, by the key of the member that sends it."""
    member = member or s.county
    c = s.pb.Cosignature(suite=1, author=author.encode(), epoch=1, lsn=chain.lsn, hash=chain.hash, holder=holder.encode(),
                         key_epoch=1, unix_ms=now_ms())
    sized, u32, u64 = hashes.sized, hashes.u32, hashes.u64
    digest = hashes.tagged(b"cosign", s.trust, u32(c.suite), sized(c.author), u32(0), sized(b""), u32(c.epoch), u64(c.lsn),
                           u64(0), sized(c.hash), sized(c.holder), u32(c.key_epoch), u64(c.unix_ms))
    c.signature = member.keys.sign.sign(digest).signature
    member.link.send(cosignature=[c])
    return member.settle
