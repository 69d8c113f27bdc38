"""middle - acts of who stands between a county and its region, with the city's keys: the city's daemon is down, and this end
listens where it listened. It has three true blocks of the region, which the county does not hold yet. `s` is the stage."""
import copy
import os
import re
import time

import zmq

import tree as trees
from foreign import blocks, enrol, hashes
from foreign.session import CREDIT_BYTES, beat_hash

from .stage import CITY, COUNTY, KIND_GRANT, REGION, doc, now_ms

KIND_REVOKE, KIND_ENDPOINT, KIND_TRANSFER = 2, 4, 23


class Middle:
    """A parent's end of the link to one county."""

    def __init__(self, stage, held, fresh):
        self.s, self.pb, self.fresh = stage, stage.pb, fresh
        self.keys, self.region = stage.keys_of(CITY), stage.keys_of(REGION)
        self.logs = {}  # author -> (Chain, blocks): what the county holds of those above
        for author, keys in ((CITY, self.keys), (REGION, self.region)):
            log = blocks.Writer(author, stage.trust, keys.sign)
            log.chain = blocks.Chain(False)
            for whole in held[author]:
                block = blocks.parse(whole)
                log.chain.follow(block, block.hash(stage.trust, keys.public()))
                log.digest = block.header["state_digest"]
            self.logs[author] = log
        self.held = held
        self.session, self.peer, self.sent, self.hellos, self.rejects, self.acked = 0, None, 0, 0, [], {}
        self.consents, self.heads, self.shows, self.beats = [], {}, [], []
        self.socket = None

    def listen(self, endpoint):
        self.socket = self.s.context.socket(zmq.ROUTER)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.CURVE_SERVER, 1)
        self.socket.setsockopt(zmq.CURVE_SECRETKEY, bytes(self.keys.curve))
        self.socket.setsockopt(zmq.CURVE_PUBLICKEY, bytes(self.keys.curve.public_key))
        self.socket.bind(endpoint)

    def send(self, **parts):
        self.socket.send_multipart([self.peer, self.pb.Frame(session=self.session, **parts).SerializeToString()])

    def send_blocks(self, *wholes):
        self.send(blocks=self.pb.Blocks(block=wholes, at=self.sent))
        self.sent += sum(map(len, wholes))

    def take(self, peer, frame):
        if frame.HasField("hello"):
            self.peer, self.session, self.sent = peer, frame.session, 0
            self.hellos += 1
            self.heads = {position.author.decode(): position for position in frame.hello.heads}
            own = [position for position in frame.hello.heads if position.author == COUNTY.encode()]
            self.send(welcome=self.pb.Welcome(version=1, unix_ms=now_ms(), heads=own, credit=CREDIT_BYTES,
                                              hello_stamp=frame.hello.stamp))
        if frame.HasField("reject"):
            self.rejects.append(frame.reject)
        if frame.HasField("consent"):
            self.consents.append(frame.consent)
        self.beats += [beat for beat in frame.beat if beat.division == COUNTY.encode()]
        if frame.HasField("show"):
            self.shows.append(frame.show)
        for position in frame.ack.held:
            self.acked[position.author.decode() or CITY] = position.lsn  # without an author: who receives it

    def pump(self, condition, what, seconds=60):
        end = time.monotonic() + seconds
        while not condition():
            left = end - time.monotonic()
            if left <= 0:
                raise enrol.Refused(f"waited {seconds} s for {what}")
            if self.socket.poll(int(left * 1000) + 1):
                peer, data = self.socket.recv_multipart()
                self.take(peer, self.pb.Frame.FromString(data))

    def drain(self):
        while self.socket.poll(0):
            peer, data = self.socket.recv_multipart()
            self.take(peer, self.pb.Frame.FromString(data))

    def again(self):
        """A new session, which the county opens when the old one is told to be over."""
        before = self.hellos
        self.send(restart=5)
        self.pump(lambda: self.hellos > before, "the county to come again")

    def close(self):
        self.socket.close()


def endpoint_of(node):
    """Where a node listens, as its config says."""
    with open(os.path.join(node.home, "config.yaml")) as config:
        return re.search(r'(?m)^listen:\s*"?(tcp://[^"\s]+)', config.read()).group(1)


def take_the_city(s, allotments=3):
    """From here on the city is somebody else; so many blocks of the region wait there."""
    s.taken += 1
    s.tree[CITY].end()
    if s.tree[COUNTY].process is None:
        s.tree[COUNTY].start()
    watch = s.watches[COUNTY]
    held = {author: watch.blocks(author) for author in (CITY, REGION)}
    after = blocks.parse(held[REGION][-1]).last_lsn()
    for number in range(allotments):
        s.tree[REGION].submit_lines([doc("element", f"M{s.taken}{number}", ele_catalog_code="fund_type",
                                         ele_code=f"9{s.taken}{number}", ele_name="其他")])
    fresh = [whole for whole in s.watches[REGION].blocks(REGION, after)
             if goes_down(blocks.parse(whole).header)]
    s.middle = Middle(s, held, fresh)
    s.middle.listen(endpoint_of(s.tree[CITY]))
    s.middle.pump(lambda: s.middle.peer is not None, "the county to come")


def take_a_busy_city(s):
    """... while its county writes on, of which the region cannot have seen anything."""
    take_the_city(s)
    s.tree[COUNTY].submit_lines([doc("agency", "A9", agency_code="105009", agency_name="卫生局")])
    s.middle.again()


def goes_down(header):
    return header["audience_kind"] == blocks.TREE and header["audience"] == REGION


def give_the_city_back(s):
    """Its daemon finds what was written meanwhile."""
    s.middle.close()
    s.tree[CITY].start()
    s.tree.wait_equal_digests()


def sends(s, *wholes):
    s.middle.send_blocks(*wholes)
    return s.middle.again


def forged(s, author, documents, key, **header):
    block = s.middle.logs[author].draft(documents, now_ms(), (blocks.TREE, REGION) if author == REGION else None)
    block.header.update(header)
    return blocks.seal(block, s.trust, key)[0]


def transfer(s):
    body = s.documents.Document(id="T9", fiscal_year=2026, amount=90000000, ori_bgt_id="B1", rec_div_code=COUNTY,
                                stage="formal", cor_bgt_doc_no="1", tra_type_code="general")
    return KIND_TRANSFER, blocks.DOCUMENT_FORMAT, body.SerializeToString()


def forges_an_allotment(s):
    """A regional allotment that the region never made, under the city's key."""
    return sends(s, forged(s, REGION, [transfer(s)], s.middle.keys.sign))


def alters_an_allotment(s):
    whole = bytearray(s.middle.fresh[0])
    whole[-3] ^= 1
    return sends(s, bytes(whole))


def back_dates_an_allotment(s):
    whole = s.middle.fresh[0]
    header = blocks.parse(whole).header
    size = len(blocks.pack(header))
    header["time_ms"] -= 1000
    return sends(s, blocks.pack(header) + whole[size:])


def signs_an_allotment_anew(s):
    whole = s.middle.fresh[0]
    at = len(blocks.pack(blocks.parse(whole).header))
    return sends(s, whole[:at] + os.urandom(64) + whole[at + 64:])


def ends_the_session(s, *wholes):
    """The county holds nothing of it, and asks anew."""
    before = s.middle.hellos
    s.middle.send_blocks(*wholes)
    s.middle.pump(lambda: s.middle.hellos > before, "the county to ask anew")
    s.outcome = "it holds what came" if s.middle.heads[REGION].lsn >= blocks.parse(wholes[-1]).last_lsn() else None


def forges_a_revocation(s):
    """The region revokes the county, it says, under the city's key: the county goes on."""
    body = s.pb.Revocation(division=COUNTY.encode(), first_epoch=1, last_epoch=1, epoch=0, lsn=0, suite=1, hash=bytes(32))
    return sends(s, forged(s, REGION, [(KIND_REVOKE, 1, body.SerializeToString())], s.middle.keys.sign, audience=COUNTY))


def says_where_the_region_listens(s):
    """... or listens elsewhere, where the county would dial it."""
    body = s.pb.EndpointEntry(link=b"tcp://10.0.0.1:7400")
    return sends(s, forged(s, REGION, [(KIND_ENDPOINT, 1, body.SerializeToString())], s.middle.keys.sign))


def keeps_an_allotment_back(s):
    ends_the_session(s, s.middle.fresh[1])


def turns_allotments_round(s):
    ends_the_session(s, s.middle.fresh[1], s.middle.fresh[0])


def withholds_allotments(s):
    """Nothing comes down but what the region itself signs of its own head, as it must for the link to look well."""
    m = s.middle
    newest = blocks.parse(m.fresh[-1])
    line = s.pb.AudienceHead(kind=blocks.TREE, division=REGION.encode(), aud_seq=newest.header["aud_seq"],
                             hash=newest.hash(s.trust, m.region.public()))
    for _ in range(4):
        m.beats.clear()
        m.send(beat=[root_beat(s, m.region.sign, line)])


def replays_allotments(s):
    """All that the county holds once more: nothing is counted twice."""
    s.middle.acked.clear()
    s.middle.send_blocks(*s.middle.held[REGION])
    s.middle.pump(lambda: REGION in s.middle.acked, "an acknowledgement")
    s.outcome = None if s.middle.acked[REGION] == blocks.parse(s.middle.held[REGION][-1]).last_lsn() else "it moved"


def offers_other_keys(s):
    """An amendment with keys of its own: the county does not agree."""
    m = s.middle
    newest = own_grant(s)
    newest.epoch += 1
    newest.sign_key = enrol.Keys().public()
    offer(s, newest)


def offers_other_founders(s):
    newest = own_grant(s)
    newest.epoch += 1
    newest.founder.add(name=b"mallory", key=enrol.Keys().public())
    offer(s, newest)


def own_grant(s):
    """The newest grant of the county, as it holds it."""
    found = [s.pb.Grant.FromString(s.pb.SignedGrant.FromString(entry.body).grant)
             for whole in s.middle.held[CITY] for entry in blocks.parse(whole).entries if entry.kind == KIND_GRANT]
    return max((grant for grant in found if grant.division == COUNTY.encode()), key=lambda grant: grant.epoch)


def offer(s, grant):
    s.middle.consents.clear()
    s.middle.send(offer=grant.SerializeToString())
    return None


def claims_a_longer_log_of_it(s):
    """It says that the county has written more than it has, and shows a block that the county never signed."""
    m = s.middle
    m.shows.clear()
    lsn = m.heads[COUNTY].lsn + 9
    m.send(ack=s.pb.Ack(held=[s.pb.Position(author=COUNTY.encode(), lsn=lsn)], credit=CREDIT_BYTES))
    m.pump(lambda: m.shows, "the county to ask for it")
    block = m.logs[CITY].draft([transfer(s)], now_ms())
    block.header.update(author=COUNTY, audience=COUNTY, first_lsn=lsn, audience_kind=blocks.LINE)
    m.send(evidence=blocks.seal(block, s.trust, m.keys.sign)[0])
    return m.again


def rejects_all(s):
    """Says that the county's newest block is wrong."""
    head = s.middle.heads[COUNTY]
    s.middle.send(reject=s.pb.Reject(author=COUNTY.encode(), epoch=1, lsn=head.lsn, reason=9, text=b"no"))
    return s.middle.again


def cosigns_as_the_region_below(s):
    m = s.middle
    head = m.heads[COUNTY]
    c = s.pb.Cosignature(suite=1, author=COUNTY.encode(), epoch=1, lsn=head.lsn, hash=head.hash, holder=REGION.encode(),
                         key_epoch=1, unix_ms=now_ms())
    sized, u32, u64 = hashes.sized, hashes.u32, hashes.u64
    digest = hashes.tagged(b"cosign", s.trust, u32(1), sized(c.author), u32(0), sized(b""), u32(1), u64(c.lsn), u64(0),
                           sized(c.hash), sized(c.holder), u32(1), u64(c.unix_ms))
    c.signature = m.keys.sign.sign(digest).signature
    m.send(cosignature=[c])


def answers_as_the_root(s):
    """All that the county wrote is confirmed by the root, it says, under its own key."""
    m = s.middle
    m.beats.clear()
    m.send(beat=[root_beat(s, m.keys.sign)])
    for _ in range(2):  # so it has been read: the county says another beat
        m.beats.clear()
        m.pump(lambda: m.beats, "a beat of the county")
    s.outcome = believed(s)
    return lambda: the_root_itself_answers(s)


def the_root_itself_answers(s):
    """The same under the region's key is believed: what was refused was the key."""
    s.middle.beats.clear()
    s.middle.send(beat=[root_beat(s, s.middle.region.sign)])
    trees.wait_until(lambda: believed(s), 20, "the region's answer to count")


def root_beat(s, key, *lines):
    """What the root says to the newest beat of the county: that it holds all of it, and how far its own log goes."""
    m = s.middle
    m.pump(lambda: m.beats, "a beat of the county")
    asked, head = m.beats[-1], m.logs[REGION].chain
    beat = s.pb.Beat(suite=1, division=asked.division, key_epoch=1, sequence=asked.sequence, unix_ms=asked.unix_ms,
                     epoch=asked.epoch, lsn=asked.lsn, hash=asked.hash, root_unix_ms=now_ms(), root_epoch=head.epoch,
                     root_lsn=head.lsn, root_hash=head.hash, root_line=lines)
    beat.signature = key.sign(beat_hash(s.trust, beat)).signature
    return beat


def believed(s):
    """Does the county take it that the root holds all? What it wrote last the root never saw."""
    confirmed = s.watches[COUNTY].get("/status")["confirmed"]["lsn"]
    return f"it believes that the root holds {confirmed}" if confirmed >= s.middle.heads[COUNTY].lsn else None
