"""session - a child's end of a link: Hello, Welcome, blocks both ways, acks, cosignatures, beats.
From proto/PROTOCOL.md, section 4. It checks all that it is sent."""
import random
import time

from . import blocks, hashes
from .enrol import dial
from .hashes import sized, tagged, u32, u64

CREDIT_BYTES = 4 << 20


class Broken(Exception):
    """The other end does not keep to the protocol."""


def beat_hash(tree, b):
    lines = b"".join(u32(line.kind) + sized(line.division) + u64(line.aud_seq) + sized(line.hash)
                     for line in b.root_line)
    return tagged(b"beat", tree, u32(b.suite), sized(b.division), u32(b.key_epoch), u64(b.sequence),
                  u64(b.unix_ms), u32(b.epoch), u64(b.lsn), sized(b.hash),
                  u32(1 if b.HasField("root_lsn") else 0), u64(b.root_unix_ms), u32(b.root_epoch),
                  u64(b.root_lsn), sized(b.root_hash), u64(len(b.root_line)), lines, sized(b.health))


class Session:
    def __init__(self, pb, context, token, keys, grants):
        self.pb, self.token, self.grants = pb, token, grants
        self.socket = dial(context, token.link, token.curve_key, keys)
        self.session = 0
        self.welcome = None
        self.above = {}  # author -> Chain: what is addressed to us
        self.entries = []  # (author, Entry) received
        self.held = {}  # author -> lsn the parent has acknowledged
        self.rejects, self.cosigned, self.answered = [], [], []
        self.received_bytes = self.sent_bytes = self.credit = 0

    def send(self, **parts):
        self.socket.send(self.pb.Frame(session=self.session, **parts).SerializeToString())

    def position(self, author, chain):
        return self.pb.Position(author=author.encode(), epoch=chain.epoch, lsn=chain.lsn,
                                hash=chain.hash)

    def hello(self, own, below=None):
        """Opens a session; `own` is the chain of the own log, `below` has those of divisions below by code.
        Heads come in the order of authors."""
        chains = dict(self.above, **{author: chain for author, chain in
                                     {self.token.division: own, **(below or {})}.items() if chain.lsn})
        self.session = random.getrandbits(64) | 1
        self.welcome, self.received_bytes, self.sent_bytes = None, 0, 0
        self.send(hello=self.pb.Hello(
            version_min=1, version_max=1, unix_ms=int(time.time() * 1000), stamp=7,
            credit=CREDIT_BYTES, heads=[self.position(a, chains[a]) for a in sorted(chains)]))

    def send_blocks(self, *wholes):
        self.send(blocks=self.pb.Blocks(block=wholes, at=self.sent_bytes))
        self.sent_bytes += sum(map(len, wholes))
        if self.sent_bytes > self.credit:
            raise Broken("this test sends more than it has credit for")

    def beat(self, division, own, key, sequence, **health):
        """How a node is, by its own word, beside the head of its log; its grant is of the first epoch."""
        beat = self.pb.Beat(
            suite=1, division=division.encode(), key_epoch=1, sequence=sequence,
            unix_ms=int(time.time() * 1000), epoch=own.epoch, lsn=own.lsn, hash=own.hash,
            health=self.pb.Health(**health).SerializeToString())
        beat.signature = key.sign(beat_hash(self.token.tree, beat)).signature
        return beat

    def say_beat(self, own, key, sequence, **health):
        self.send(beat=[self.beat(self.token.division, own, key, sequence, **health)])

    def take_beat(self, beat):
        """The root's answer to one of ours."""
        root = next(grant for grant in self.grants.values() if not grant.parent)
        if not hashes.verify(root.sign_key, beat_hash(self.token.tree, beat), beat.signature):
            raise Broken("a beat that the root did not sign")
        self.answered.append((beat.sequence, beat.lsn))

    def take_block(self, whole):
        block = blocks.parse(whole)
        author = block.header["author"]
        grant = self.grants.get(author)
        if grant is None:
            raise Broken(f"a block of {author}, of whom no grant is held here")
        digest = block.hash(self.token.tree, grant.sign_key)
        if not hashes.verify(grant.sign_key, digest, block.signature):
            raise Broken(f"a block that {author} did not sign for this tree")
        self.above.setdefault(author, blocks.Chain(False)).follow(block, digest)
        self.entries += [(author, entry) for entry in block.entries]
        self.received_bytes += len(whole)

    def take_cosignature(self, c):
        grant = self.grants[c.holder.decode()]
        digest = tagged(b"cosign", self.token.tree, u32(c.suite), sized(c.author), u32(c.audience),
                        sized(c.audience_division), u32(c.epoch), u64(c.lsn), u64(c.aud_seq),
                        sized(c.hash), sized(c.holder), u32(c.key_epoch), u64(c.unix_ms))
        if not hashes.verify(grant.sign_key, digest, c.signature):
            raise Broken("a cosignature that its holder did not sign")
        self.cosigned.append((c.holder.decode(), c.author.decode(), c.lsn, c.hash))

    def take(self, frame):
        if frame.session != self.session:
            raise Broken("a frame of another session")
        if frame.HasField("restart"):
            raise Broken(f"the parent ends the session with {frame.restart}")
        if frame.HasField("welcome"):
            self.welcome, self.credit = frame.welcome, frame.welcome.credit
            if frame.welcome.version != 1 or frame.welcome.hello_stamp != 7:
                raise Broken("a Welcome to another Hello")
        for whole in frame.blocks.block:
            self.take_block(whole)
        if frame.blocks.block:
            self.send(ack=self.pb.Ack(
                held=[self.position(a, chain) for a, chain in sorted(self.above.items())],
                credit=self.received_bytes + CREDIT_BYTES))
        for position in frame.ack.held:
            author = position.author.decode() if position.HasField("author") else self.token.division
            self.held[author] = position.lsn
        self.credit = max(self.credit, frame.ack.credit)
        if frame.HasField("reject"):
            self.rejects.append(frame.reject)
        for cosignature in frame.cosignature:
            self.take_cosignature(cosignature)
        for beat in frame.beat:
            self.take_beat(beat)

    def run_until(self, condition, what, seconds=180):
        end = time.monotonic() + seconds
        while not condition():
            left = end - time.monotonic()
            if left <= 0 or not self.socket.poll(int(left * 1000) + 1):
                raise Broken(f"waited {seconds} s for {what}")
            self.take(self.pb.Frame.FromString(self.socket.recv()))
