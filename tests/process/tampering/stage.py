"""stage - a region, a city and a county that are real, and three divisions that are programs of ours: a county of that city,
and a city of its own with a county below it. All rows of the table happen here.

    540000 region ---+--- 540100 city ---+--- 540121 county
                     |                   '--- 540122 ours: Member `county`
                     '--- 540200 ours: Member `city` --- 540221 ours: Member `below`
"""
import os
import re
import time

import nacl.signing
import zmq

import tree as trees
from foreign import blocks, enrol, loot, session
from foreign.hashes import sized, tagged, u32
from node_api import Api
from second.region import split

REGION, CITY, COUNTY = "540000", "540100", "540121"
OURS, OUR_CITY, OUR_BELOW = "540122", "540200", "540221"
NAMES = {REGION: "西藏自治区", CITY: "拉萨市", COUNTY: "林周县", OURS: "当雄县", OUR_CITY: "日喀则市", OUR_BELOW: "江孜县"}
WORD = "known-to-the-thief"
KIND_GRANT, GRANT_FORMAT, KIND_AGENCY = 1, 2, 18
POLICY = "project"
TRIES = 4


def now_ms():
    return int(time.time() * 1000)


def doc(kind, number, **fields):
    return dict(dict(kind=kind, id=number, fiscal_year=2026), **fields)


class Link(session.Session):
    """A child's end that goes on whatever it is told, and keeps what it was told."""

    def __init__(self, *args):
        super().__init__(*args)
        self.restarts, self.waits, self.shows, self.offers = [], [], [], []

    def take_block(self, whole):
        """Only counted, since the acknowledgement counts: what is above is not what is tried here."""
        header = blocks.parse(whole).header
        chain = self.above.setdefault(header["author"], blocks.Chain(False))
        chain.lsn, chain.epoch = header["first_lsn"] + header["count"] - 1, header["epoch"]
        chain.hash = blocks.block_hash(header, self.token.tree, self.grants[header["author"]].sign_key)
        self.received_bytes += len(whole)

    def take_cosignature(self, c):
        pass

    def take_beat(self, beat):
        pass

    def take(self, frame):
        if frame.HasField("restart"):
            self.restarts.append(frame.restart)
            return
        if frame.session != self.session:
            return
        self.waits += [position.author.decode() or self.token.division for position in frame.ack.not_yet]
        if frame.HasField("show"):
            self.shows.append(frame.show)
        super().take(frame)

    def drain(self):
        """What has come by now."""
        while self.socket.poll(0):
            self.take(self.pb.Frame.FromString(self.socket.recv()))


class Member:
    """A division of ours: its keys and its log, and, where it is a child of a daemon, its link."""

    def __init__(self, stage, division, keys=None):
        self.stage, self.division, self.keys = stage, division, keys or enrol.Keys()
        self.link, self.log, self.below, self.number = None, None, [], 0
        self.written = []  # its whole log, in blocks

    def join(self, parent, *options, founders=()):
        text = parent.json("invite", self.division, "--name", NAMES[self.division], *options)["token"]
        token = enrol.parse_token(text)
        grants = enrol.enrol(self.stage.pb, self.stage.context, token, self.keys, now_ms(), founders)
        self.token_text = text
        self.on_link(token, grants)
        return self

    def on_link(self, token, grants, log=None):
        self.log = log or blocks.Writer(self.division, token.tree, self.keys.sign)
        self.link = Link(self.stage.pb, self.stage.context, token, self.keys, grants)
        self.open()

    def open(self):
        """A session: where the parent stands is what it says."""
        link = self.link
        link.drain()
        link.restarts.clear()
        link.hello(self.log.chain, {member.division: member.log.chain for member in self.below if member.log.chain.lsn})
        link.run_until(lambda: link.welcome is not None, f"a Welcome for {self.division}")
        link.held.update({member.division: 0 for member in [self, *self.below]})
        link.held.update({position.author.decode(): position.lsn for position in link.welcome.heads})

    def agency(self):
        self.number += 1
        body = self.stage.documents.Document(id=f"A{self.number}", fiscal_year=2026, agency_code=f"{self.number:06d}",
                                             agency_name="教育局")
        return KIND_AGENCY, blocks.DOCUMENT_FORMAT, body.SerializeToString()

    def draft(self, **header):
        """The next block of its log, with something else in its header."""
        block = self.log.draft([self.agency()], now_ms())
        block.header.update(header)
        return block

    def sealed(self, block, key=None):
        return blocks.seal(block, self.log.tree, key or self.keys.sign)[0]

    def next(self):
        return self.log.write([self.agency()], now_ms())

    def says(self, *wholes, through=None):
        """Sends what its log goes on with, and waits until it is held; with nothing given, one more block. Where the
        session has ended, another one, from where the parent stands. `through`: whose link it goes by."""
        self.written += wholes or [self.next()]
        through = through or self
        link = through.link
        for _ in range(TRIES):
            if link.restarts or link.welcome is None:
                through.open()
            held = link.held.get(self.division, 0)
            link.send_blocks(*[whole for whole in self.written if blocks.parse(whole).last_lsn() > held])
            link.run_until(lambda: link.restarts or link.held.get(self.division) == self.log.chain.lsn,
                           f"the log of {self.division} to be held")
            if link.held.get(self.division) == self.log.chain.lsn:
                return
        raise session.Broken(f"{self.division} was sent away {TRIES} times")

    def reopen_and_settle(self):
        self.open()
        self.settle()

    def settle(self):
        """After a false block, a true one; and a session, if that has ended."""
        self.link.drain()
        self.says()


class Watch:
    """The alarms of a real node, and what it says of the figures."""

    def __init__(self, node):
        self.node = node
        self.api = Api(os.path.join(node.home, "terrace.sock"))

    def get(self, path, **query):
        try:
            return self.api.get(path, **query)
        except (OSError, ConnectionError):
            return self.api.get(path, **query)  # it was started again meanwhile

    def alarms(self):
        rows = self.get("/alarms", limit=1000, lang="en")["alarms"]
        return {(row["code"], row["division"], row["text"]): (row["count"], row["last"]) for row in rows}

    def figures(self, divisions):
        return {division: (self.get("/digest", division=division)["digest"],
                           [(row["account"], row["balance"]) for row in
                            self.get("/balance", division=division, limit=1000)["rows"]]) for division in divisions}

    def blocks(self, author, after=0):
        self.get("/status")  # over a connection that is there
        return split(self.api.send("GET", "/blocks", author=author, after=after).read())


class Stage:
    def __init__(self, pb, documents, base, build):
        self.pb, self.documents, self.context = pb, documents, zmq.Context()
        self.tree = trees.Tree(os.path.join(base, "tree"), build=build, passphrase=WORD, approval=POLICY)
        self.taken = 0  # how often the city was
        self.thief, self.usurper, self.middle, self.outcome, self.said = None, None, None, None, None  # of the row that is played
        self.founders = {name: nacl.signing.SigningKey.generate() for name in ("卓玛", "旺堆")}

    def up(self):
        self.tree.init_root(REGION, NAMES[REGION])
        self.tree.join(REGION, CITY, NAMES[CITY])
        self.tree.join(CITY, COUNTY, NAMES[COUNTY])
        in_a_hurry(self.tree[COUNTY])
        self.traffic()
        self.watches = {division: Watch(node) for division, node in self.tree.nodes.items()}
        self.county = Member(self, OURS).join(self.tree[CITY])
        self.city = Member(self, OUR_CITY).join(
            self.tree[REGION], "--may-grant", "5402*",
            founders=[(name, key.verify_key.encode()) for name, key in self.founders.items()])
        self.trust = self.city.link.token.tree
        self.below = Member(self, OUR_BELOW)
        self.below.log = blocks.Writer(OUR_BELOW, self.trust, self.below.keys.sign)
        self.city.says(self.city.log.write([self.grant(self.city, self.below)], now_ms(), (blocks.TREE, OUR_BELOW)))
        self.city.below.append(self.below)
        self.below.says(through=self.city)
        self.county.says()

    def keys_of(self, division):
        return loot.keys_of(self.tree[division].home, WORD)

    def trust_key(self):
        return loot.trust_key_of(self.tree[REGION].home, WORD)

    def grant(self, granter, member, signer=None, consent=None, **other):
        """An entry that grants `member`, as its parent would; `other` is what is not so."""
        token = granter.link.token
        grant = self.pb.Grant.FromString(self.pb.SignedGrant.FromString(enrol.seal_grant(
            self.pb, granter.keys, self.trust, (member.division, granter.division, NAMES.get(member.division, "x")),
            member.keys, token.policy, now_ms())).grant)
        for name, value in other.items():
            if isinstance(value, list):
                del getattr(grant, name)[:]
                getattr(grant, name).extend(value)
            else:
                setattr(grant, name, value)
        return KIND_GRANT, GRANT_FORMAT, seal(self.pb, grant, signer or granter.keys, consent)

    def traffic(self):
        """Money goes down two levels and is spent, so that there are figures to alter."""
        region, city, county = (self.tree[division] for division in (REGION, CITY, COUNTY))

        def submit(node, *documents):
            for answer in node.submit_lines(documents):
                if answer["status"] != "accepted":
                    raise trees.Failed(f"{node.division}: {answer}")

        def transfer(number, to):
            return doc("transfer", number, ori_bgt_id="B1", rec_div_code=to, amount="300.00", cor_bgt_doc_no="1",
                       tra_type_code="general", stage="formal", doc_title="1", doc_date="2026-02-10")

        budget = doc("budget", "B1", stage="reply", fund_type_code="111", amount="1000.00", approval_ref="1",
                     approval_date="2026-01-22", exp_func_code="2050202")
        for node in (region, city, county):
            submit(node, budget)
        submit(region, transfer("T1", CITY), transfer("T3", CITY))
        trees.wait_until(lambda: "T3" in city.run("list", "transfer", "--division", REGION)[1], 60, "the region's transfers")
        submit(city, doc("register", "R1", bgt_id="T1"), transfer("T2", COUNTY))
        trees.wait_until(lambda: "T2" in county.run("list", "transfer", "--division", CITY)[1], 60, "the city's transfer")
        submit(county, doc("register", "R2", bgt_id="T2"),
               doc("agency", "A1", agency_code="105001", agency_name="教育局"),
               doc("allocate", "AL1", ori_bgt_id="B1", agency_code="105001", amount="900.00"))
        self.tree.wait_equal_digests()

    def figures(self):
        """What each real node that runs says of itself and of the real ones below it."""
        below = {REGION: (REGION, CITY, COUNTY), CITY: (CITY, COUNTY), COUNTY: (COUNTY,)}
        return {division: watch.figures(below[division]) for division, watch in self.watches.items()
                if watch.node.process is not None}

    def down(self):
        self.context.destroy(linger=0)
        self.tree.stop()


def in_a_hurry(node):
    """A session that ends is no reason to wait here, nor is what is late only after a while."""
    path = os.path.join(node.home, "config.yaml")
    with open(path, encoding="utf-8") as config:
        text = re.sub(r"(?m)^#? ?limits:", "limits:", config.read())
    for limit, ms in (("reconnect_ms_max", 200), ("beat_ms", 500), ("stuck_ms", 1000)):
        text, count = re.subn(rf"(?m)^ *#? *{limit}:.*$", f"  {limit}: {ms}", text)
        if count != 1:
            raise trees.Failed(f"{path} has {count} lines of {limit}")
    node.end()
    with open(path, "w", encoding="utf-8") as config:
        config.write(text)
    node.start()


def seal(pb, grant, signer, consent=None):
    """A SignedGrant; `consent` is the key that agrees to it."""
    message = pb.SignedGrant(suite=1, grant=grant.SerializeToString(), signer=signer.public())
    if consent is not None:
        message.consent_suite = 1
        message.consent = consent.sign.sign(tagged(b"consent", message.grant)).signature
    digest = tagged(b"grant", sized(message.grant), u32(message.consent_suite), sized(message.consent))
    message.signature = signer.sign.sign(digest).signature
    return message.SerializeToString()
