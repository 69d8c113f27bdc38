"""forks - acts of who stole a county's keys, one of them or all: he writes what its log goes on with, in another way. They come
late, since what was signed twice cannot be taken back. `s` is the stage."""
import copy

import nacl.signing

from foreign import blocks, enrol

from .city import grants
from .stage import CITY, COUNTY, Link, Member, now_ms


def thief(s, sign, curve):
    """A link to the city with the county's channel key, and a log under `sign`; the county is down."""
    s.tree[COUNTY].end()
    keys = enrol.Keys()
    keys.sign, keys.curve = sign, curve
    member = Member(s, COUNTY, keys)
    held = [blocks.parse(whole) for whole in s.watches[CITY].blocks(COUNTY)]
    member.log = blocks.Writer(COUNTY, s.trust, sign)
    true = s.keys_of(COUNTY).public()
    for block in held:
        member.log.chain.follow(block, block.hash(s.trust, true))
    member.log.digest = held[-1].header["state_digest"]
    member.link = Link(s.pb, s.context, s.county.link.token, keys, s.county.link.grants)
    member.link.token = copy.copy(member.link.token)
    member.link.token.division = COUNTY
    member.open()
    s.thief = member
    return member, held


def leave(s, member):
    member.link.socket.close()
    s.tree[COUNTY].start()
    s.tree.wait_equal_digests()


def channel_key_alone(s):
    """He may link, and sign nothing."""
    true = s.keys_of(COUNTY)
    member, _ = thief(s, nacl.signing.SigningKey.generate(), true.curve)
    member.link.send_blocks(member.sealed(member.draft()))
    return lambda: leave(s, member)


def second_end_of_a_log(s):
    """With both keys he writes another block where one is held: what was taken first stays. The county itself would hear of
    it, and write nothing more: so it comes back only once the city is somebody else, who does not tell it (usurper.py)."""
    true = s.keys_of(COUNTY)
    member, held = thief(s, true.sign, true.curve)
    block = member.draft()
    block.header.update({name: held[-1].header[name] for name in (
        "first_lsn", "prev_hash", "aud_seq", "aud_prev", "audience_kind", "audience")})
    block.entries[0].lsn = block.header["first_lsn"]
    member.link.send_blocks(member.sealed(block))
    return lambda: member.link.socket.close()


def suite_of_nobody(s):
    """Of a city: what follows in its log waits, and so it is last of its rows."""
    grants(s, Member(s, "540230"), suite=0)
