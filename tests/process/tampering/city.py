"""city - acts of a city of ours toward its region, with its own keys: of what it grants, and of the county below it. What it
writes into its own log is its own, so its block stands; what the block says is refused. `s` is the stage."""
import copy
import os

from foreign import blocks, hashes

from . import child
from .stage import CITY, COUNTY, OUR_BELOW, OUR_CITY, REGION, Member, now_ms


def grants(s, member, audience=OUR_BELOW, **other):
    s.city.says(s.city.log.write([s.grant(s.city, member, **other)], now_ms(), (blocks.TREE, audience)))


# --- what it grants ---

def squats_on_a_code(s):
    """The county of the other city, to which its money would go."""
    grants(s, Member(s, COUNTY))


def squats_on_a_free_code(s):
    grants(s, Member(s, "540301"))


def grants_a_wider_list(s):
    grants(s, Member(s, "540223"), may_grant=[b"5402*", b"5403*"])


def granted(s, division):
    """A county that this city granted as it should."""
    member = Member(s, division)
    grants(s, member)
    return member


def second_epoch(s):
    """With a key of its own: it would write in the county's name."""
    granted(s, "540231")
    s.usurper = Member(s, "540231")
    grants(s, s.usurper, epoch=2)


def writes_under_it(s):
    """What it signs so is held, and no figure is made of it."""
    usurper = s.usurper
    usurper.log = blocks.Writer(usurper.division, s.trust, usurper.keys.sign)
    usurper.log.epoch = 2
    usurper.says(through=s.city)
    s.outcome = "it is counted" if s.watches[REGION].get("/digest", division=usurper.division)["lsn"] else None


def second_epoch_by_its_own_consent(s):
    """The consent is a signature, and not of the county's key."""
    granted(s, "540232")
    grants(s, Member(s, "540232"), epoch=2, consent=s.city.keys)


def second_epoch_by_the_new_keys_consent(s):
    """The new key agrees to itself."""
    granted(s, "540233")
    member = Member(s, "540233")
    grants(s, member, epoch=2, consent=member.keys)


def first_epoch_again(s):
    grants(s, Member(s, OUR_BELOW), epoch=1)


def epoch_left_out(s):
    member = granted(s, "540234")
    grants(s, member, epoch=3, consent=member.keys)


def epoch_that_cuts(s):
    """The county agrees, and all that it wrote would be gone."""
    member = granted(s, "540235")
    grants(s, member, epoch=2, consent=member.keys, base_lsn=1, base_hash=hashes.tagged(b"block", b"x"))


def epoch_with_other_admins(s):
    """The county's node agrees, and its persons would be others."""
    member = granted(s, "540236")
    grants(s, member, epoch=2, consent=member.keys, founder=[s.pb.Founder(name=b"mallory", key=member.keys.public())])


def laxer_policy(s):
    grants(s, Member(s, "540224"), policy=[])


def link_key_of_another(s):
    member = Member(s, "540225")
    grants(s, member, curve_key=bytes(s.keys_of(REGION).curve.public_key))


def grant_of_another_tree(s):
    grants(s, Member(s, "540226"), tree=hashes.fingerprint(b"another"))


def grant_by_the_trust_key(s):
    """Who holds the trust key makes roots, and no county."""
    grants(s, Member(s, "540227"), signer=s.trust_key())


def grant_by_its_county(s):
    grants(s, Member(s, "540228"), signer=s.below.keys)


def grant_of_an_epoch_it_never_had(s):
    grants(s, Member(s, "540229"), granter_epoch=2)


def grants_for_another_parent(s):
    grants(s, Member(s, "540122"), parent=CITY.encode())


# --- what it says of its county ---

def send(s, whole):
    s.city.link.send_blocks(whole)
    return lambda: s.below.says(through=s.city)


def forges_a_report(s):
    """A block of its county under its own key."""
    return send(s, s.below.sealed(s.below.draft(), s.city.keys.sign))


def alters_a_report(s):
    whole = bytearray(s.below.sealed(s.below.draft()))
    whole[-2] ^= 1
    return send(s, bytes(whole))


def keeps_a_report_back(s):
    """The next one arrives, and the one before it does not."""
    log = copy.deepcopy(s.below.log)
    log.write([s.below.agency()], now_ms())
    return send(s, log.write([s.below.agency()], now_ms()))


def replays_a_report(s):
    whole = s.below.next()
    s.below.says(whole, through=s.city)
    return send(s, whole)


def signs_a_report_anew(s):
    block = s.below.draft()
    whole = s.below.sealed(block)
    at = len(blocks.pack(block.header))
    return send(s, whole[:at] + os.urandom(64) + whole[at + 64:])


def report_of_another_branch(s):
    """A true block of the other city's county, which is not this one's to bring."""
    whole = s.watches[CITY].blocks(COUNTY)[0]
    s.city.link.send_blocks(whole)
    return lambda: s.below.says(through=s.city)


def writes_as_the_region(s):
    """A regional allotment, sent up where it is said to come from."""
    block = s.city.draft(author=REGION, audience=CITY)
    return send(s, s.city.sealed(block))


def cosigns_as_the_region(s):
    return child.cosigns(s, REGION, s.city.log.chain, OUR_CITY, s.city)


def cosigns_as_its_county(s):
    return child.cosigns(s, OUR_BELOW, s.below.log.chain, OUR_BELOW, s.city)


def health_of_its_county(s):
    """Says that the county is damaged, under its own key."""
    link = s.city.link
    link.send(beat=[link.beat(OUR_BELOW, s.below.log.chain, s.city.keys.sign, now_ms(), condition=2)])
    return s.city.settle


def head_of_its_county(s):
    """Says that the county's log goes further than it does: nobody else could ever confirm that."""
    chain = copy.copy(s.below.log.chain)
    chain.lsn += 7
    link = s.city.link
    link.hello(s.city.log.chain, {OUR_BELOW: chain})
    link.run_until(lambda: link.welcome is not None, "a Welcome")
    return s.city.reopen_and_settle
