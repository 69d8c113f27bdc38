"""trust - acts of a city of ours, with its own keys, on who is who: ends of keys, other keys, words that new keys count, and
where somebody listens. For what two persons have to say it has the four that `persons` hired. `s` is the stage."""
import nacl.signing

import tree as trees
from foreign import blocks, hashes

from . import persons
from .city import granted, grants
from .persons import CHECKER, MAKER, signed
from .stage import CITY, COUNTY, OUR_BELOW, OUR_CITY, REGION, Member, now_ms

KIND_REVOKE, KIND_ENDPOINT, KIND_CONFIRM = 2, 4, 75
COUNTY_ABOVE, TOWNSHIP = "540251", "540251101"  # new keys of the township are the county's to grant, and ours to confirm


def hire(s):
    """The persons, and a county with a township whose second epoch waits for them."""
    if getattr(s, "maker", None) is None:
        persons.hire(s)
    s.above = Member(s, COUNTY_ABOVE)
    grants(s, s.above, may_grant=[b"540251*"])
    s.above.log = blocks.Writer(COUNTY_ABOVE, s.trust, s.above.keys.sign)
    s.above.link = s.city.link
    grants_below(s, Member(s, TOWNSHIP))
    s.waiting = Member(s, TOWNSHIP)
    s.waiting_entry = grants_below(s, s.waiting, epoch=2)
    need(s, waits(s, TOWNSHIP), "its second epoch counts already")


def need(s, holds, what):
    s.outcome = None if holds else what


def grants_below(s, member, **other):
    """The county grants its township; the entry."""
    entry = s.grant(s.above, member, **other)
    s.above.says(s.above.log.write([entry], now_ms(), (blocks.TREE, member.division)), through=s.city)
    return entry


def waits(s, division):
    return any(row["division"] == division for row in s.watches[REGION].get("/recoveries")["rows"])


# --- ends of keys ---

def revocation(s, division, **final):
    said = dict(dict(first_epoch=1, last_epoch=1, epoch=0, lsn=0, suite=1, hash=bytes(32)), **final)
    return KIND_REVOKE, 1, s.pb.Revocation(division=division.encode(), reason="失窃".encode(), **said).SerializeToString()


def revokes(s, division, audience=None, **final):
    s.city.says(s.city.log.write([revocation(s, division, **final)], now_ms(), (blocks.TREE, audience or division)))


def revokes_another_citys_county(s):
    revokes(s, COUNTY)


def revokes_its_sibling_city(s):
    revokes(s, CITY)


def revokes_its_own_parent(s):
    revokes(s, REGION)


def revokes_out_of_hearing(s):
    """In a block for another county, so that its own would not hear of it."""
    granted(s, "540241")
    revokes(s, "540241", OUR_BELOW)


def writer(s, division):
    member = granted(s, division)
    member.log = blocks.Writer(division, s.trust, member.keys.sign)
    member.says(through=s.city)
    return member


def digest_at_region(s, division):
    return s.watches[REGION].get("/digest", division=division)


def revokes_beyond_what_is(s):
    """The position that it names lies far behind all that the county wrote: what is there stands, and nothing is made up."""
    member = writer(s, "540242")
    before = digest_at_region(s, "540242")
    revokes(s, "540242", epoch=1, lsn=member.log.chain.lsn + 99, hash=hashes.tagged(b"block", b"x"))
    need(s, digest_at_region(s, "540242") == before, "a figure moved")


def ended(s, division):
    member = writer(s, division)
    chain = member.log.chain
    s.ending = dict(epoch=1, lsn=chain.lsn, hash=chain.hash)
    revokes(s, division, **s.ending)
    return member


def writes_behind_its_end(s):
    """Through a city that lets it: whoever has the keys that are over writes on."""
    member = ended(s, "540243")
    before = digest_at_region(s, "540243")
    s.city.link.waits.clear()
    s.city.link.send_blocks(member.next())
    s.city.link.run_until(lambda: "540243" in s.city.link.waits, "an answer that it has to wait")
    need(s, digest_at_region(s, "540243") == before, "it is counted")
    return s.city.reopen_and_settle


def goes_on_elsewhere(s):
    """The next epoch of a revoked county begins before its end, and would cut off what stands."""
    ended(s, "540244")
    grants(s, Member(s, "540244"), epoch=2)


def grants_a_revoked_code_anew(s):
    ended(s, "540245")
    grants(s, Member(s, "540245"))


def replays_a_revocation(s):
    """The next epoch goes on where the first ended; the same word once more does not end it."""
    ended(s, "540246")
    final = dict(s.ending)
    grants(s, Member(s, "540246"), epoch=2, base_lsn=final["lsn"], base_hash=final["hash"])
    revokes(s, "540246", **final)
    need(s, waits(s, "540246"), "its second epoch no longer waits to be confirmed")


# --- other keys ---

def consent_for_another_grant(s):
    """The county agreed, and to other keys."""
    member = granted(s, "540261")
    fit, other = Member(s, "540261"), Member(s, "540261")
    entry = s.grant(s.city, fit, epoch=2, consent=member.keys)
    sealed = s.pb.SignedGrant.FromString(entry[2])
    swapped = s.pb.SignedGrant.FromString(s.grant(s.city, other, epoch=2, consent=member.keys)[2])
    swapped.consent = sealed.consent
    digest = hashes.tagged(b"grant", hashes.sized(swapped.grant), hashes.u32(1), hashes.sized(swapped.consent))
    swapped.signature = s.city.keys.sign.sign(digest).signature
    s.city.says(s.city.log.write([(entry[0], entry[1], swapped.SerializeToString())], now_ms(), (blocks.TREE, OUR_BELOW)))


def rotation_under_another_parent(s):
    """With the county's consent; it would be the other city's."""
    member = granted(s, "540262")
    grants(s, Member(s, "540262"), epoch=2, consent=member.keys, parent=CITY.encode())


def rotation_of_what_waits(s):
    """The key of an epoch that waits agrees to the next: that waits, too."""
    granted(s, "540263")
    second = Member(s, "540263")
    grants(s, second, epoch=2)
    grants(s, Member(s, "540263"), epoch=3, consent=second.keys)
    need(s, waits(s, "540263"), "it counts")


# --- whether new keys count ---

def confirmation(s, division, epoch, grant_hash):
    s.city.number += 1
    return KIND_CONFIRM, blocks.DOCUMENT_FORMAT, s.documents.Document(id=f"C{s.city.number}", div_code=division, epoch=epoch,
                                                 grant_hash=grant_hash).SerializeToString()


def hash_of(s, entry):
    sealed = s.pb.SignedGrant.FromString(entry[2])
    return hashes.tagged(b"grant", hashes.sized(sealed.grant), hashes.u32(sealed.consent_suite), hashes.sized(sealed.consent))


def of_the_township(s, epoch=2, grant_hash=None):
    return confirmation(s, TOWNSHIP, epoch, grant_hash or hash_of(s, s.waiting_entry))


def enters(s, document, *groups, division=TOWNSHIP):
    s.city.says(s.city.log.write([document], now_ms(), (blocks.TREE, division), groups))


def two(s, document):
    return signed(s, s.maker, MAKER, document), signed(s, s.checker, CHECKER, document)


def still_waits(s, division=TOWNSHIP):
    """A confirmation is looked at in the turn behind its own: one more block is held by then."""
    s.city.settle()
    need(s, waits(s, division), "it counts")


def confirms_its_own_grant(s):
    """By two persons of its own: the word is the region's."""
    granted(s, "540264")
    entry = s.grant(s.city, Member(s, "540264"), epoch=2)
    s.city.says(s.city.log.write([entry], now_ms(), (blocks.TREE, "540264")))
    document = confirmation(s, "540264", 2, hash_of(s, entry))
    enters(s, document, *two(s, document), division="540264")
    still_waits(s, "540264")


def with_two_of_its_own(s, member):
    """A county whose grant names no admins makes two persons by its key alone, and they confirm."""
    keys = nacl.signing.SigningKey.generate(), nacl.signing.SigningKey.generate()
    hired = [persons.person(s, name, key, role) for name, key, role in (("次仁", keys[0], "maker"), ("平措", keys[1], "checker"))]
    member.says(member.log.write(hired, now_ms(), (blocks.TREE, member.division)), through=s.city)
    document = of_the_township(s)
    groups = [signed(s, key, role, document, author=member.division) for key, role in zip(keys, (MAKER, CHECKER))]
    member.says(member.log.write([document], now_ms(), (blocks.TREE, TOWNSHIP), groups), through=s.city)
    still_waits(s)


def granter_confirms_below(s):
    """The county that granted it confirms it, too."""
    with_two_of_its_own(s, s.above)


def sibling_confirms(s):
    """Another county of that city, which is not above the township."""
    with_two_of_its_own(s, s.below)


def confirms_another_hash(s):
    document = of_the_township(s, grant_hash=hashes.tagged(b"grant", b"another"))
    enters(s, document, *two(s, document))
    still_waits(s)


def confirms_without_persons(s):
    enters(s, of_the_township(s))
    still_waits(s)


def one_person_confirms(s):
    document = of_the_township(s)
    enters(s, document, signed(s, s.maker, MAKER, document))
    still_waits(s)


def one_person_confirms_twice(s):
    document = of_the_township(s)
    enters(s, document, signed(s, s.maker, MAKER, document), signed(s, s.maker, CHECKER, document))
    still_waits(s)


def admins_confirm(s):
    """Who makes persons says nothing of papers."""
    document, (first, second) = of_the_township(s), persons.admins(s)
    enters(s, document, signed(s, first, MAKER, document), signed(s, second, CHECKER, document))
    still_waits(s)


def replays_a_confirmation(s):
    """As it should be, it counts: what was refused before was the hand. The same word is none for the epoch behind it."""
    document = of_the_township(s)
    enters(s, document, *two(s, document))
    trees.wait_until(lambda: not waits(s, TOWNSHIP), 60, "the word of two persons to count")
    grants_below(s, Member(s, TOWNSHIP), epoch=3)
    again = of_the_township(s, epoch=3)
    enters(s, again, *two(s, again))
    enters(s, document, *two(s, document))
    still_waits(s)


# --- where somebody listens ---

def listens(s, link, audience=OUR_CITY):
    entry = KIND_ENDPOINT, 1, s.pb.EndpointEntry(link=link).SerializeToString()
    s.city.says(s.city.log.write([entry], now_ms(), (blocks.TREE, audience)))


def says_where_its_county_listens(s):
    listens(s, b"tcp://10.0.0.1:7400", OUR_BELOW)


def listens_nowhere(s):
    listens(s, b"tcp://*:7400")
