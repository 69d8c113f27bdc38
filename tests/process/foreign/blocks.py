"""blocks - blocks and entries as bytes, from proto/block.h: written, read, and checked."""
import ctypes
import ctypes.util
from dataclasses import dataclass, field

from . import hashes
from .hashes import ZERO, code, tagged, u16, u32, u64

# What is signed, whatever a block leaves out: name, size; numbers are big-endian.
SIGNED = [
    ("version", 1), ("suite", 1), ("codec", 1), ("audience_kind", 1), ("audience", 9), ("tree", 32),
    ("key_id", 8), ("author", 9), ("epoch", 4), ("count", 4), ("first_lsn", 8), ("aud_seq", 8),
    ("prev_hash", 32), ("aud_prev", 32), ("entries_root", 32), ("state_digest", 32), ("raw_size", 4),
    ("body_size", 4), ("body_hash", 32), ("time_ms", 8)]
LINE, TREE = 1, 2
IS_TREE, OTHER_DIVISION, OTHER_AUD_PREV, MANY, ZSTD = 1, 2, 4, 8, 16
USER_FIRST = 16  # kinds below are the link's own, and book nothing
DOCUMENT_FORMAT = 2


class Bad(Exception):
    """Bytes that are not what proto/ says."""


@dataclass
class Entry:
    lsn: int
    time_ms: int
    kind: int
    format: int
    body: bytes

    def leaf(self):
        return tagged(b"leaf", u64(self.lsn), u64(self.time_ms), u32(self.kind), u32(self.format),
                      self.body)


@dataclass
class Group:
    """Who approved a run of the entries, as a part of what was approved together."""
    suite: int
    role: int
    key: bytes
    signature: bytes
    time_ms: int
    first_entry: int
    count: int
    first_leaf: int
    leaf_count: int
    proof: list = field(default_factory=list)

    def covers(self, index):
        return self.first_entry <= index < self.first_entry + self.count


@dataclass
class Block:
    header: dict
    signature: bytes
    entries: list = field(default_factory=list)
    groups: list = field(default_factory=list)

    def hash(self, tree, public):
        return block_hash(self.header, tree, public)

    def last_lsn(self):
        return self.header["first_lsn"] + self.header["count"] - 1


def block_hash(header, tree, public):
    """What the author of that key signs, and the next block names as the one before it."""
    values = dict(header, tree=tree, key_id=hashes.key_id(public), author=code(header["author"]),
                  audience=code(header["audience"]))
    fields = ((values[name], size) for name, size in SIGNED)
    return tagged(b"block", *(value.to_bytes(size, "big") if isinstance(value, int) else value
                              for value, size in fields))


def varint(number):
    out = b""
    while number >= 0x80:
        out += bytes([number & 0x7f | 0x80])
        number >>= 7
    return out + bytes([number])


def read_varint(data, at):
    number = shift = 0
    while True:
        if at >= len(data):
            raise Bad("it ends too soon")
        number |= (data[at] & 0x7f) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 0x80:
            return number, at


def decompress(body, raw_size):
    zstd = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
    zstd.ZSTD_decompress.restype = ctypes.c_size_t
    zstd.ZSTD_decompress.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p,
                                     ctypes.c_size_t]
    raw = ctypes.create_string_buffer(raw_size)
    if zstd.ZSTD_decompress(raw, raw_size, body, len(body)) != raw_size:
        raise Bad("the body is not a zstd frame of raw_size")
    return raw.raw


def read_entries(raw, header):
    end = 4 + int.from_bytes(raw[:4], "big")
    at, entries = 4, []
    for i in range(header["count"]):
        kind, at = read_varint(raw, at)
        form, at = read_varint(raw, at)
        time_ms, at = read_varint(raw, at)
        size, at = read_varint(raw, at)
        entries.append(Entry(header["first_lsn"] + i, time_ms, kind, form, raw[at:at + size]))
        at += size
    if at != end:
        raise Bad("entries_size is not the size of the entries")
    return entries


def read_groups(raw, count):
    """What stands behind the entries, of which there are so many."""
    reader, groups = Reader(raw), []
    reader.at = 4 + int.from_bytes(raw[:4], "big")
    while reader.at < len(raw):
        group = Group(reader.take(1)[0], reader.take(1)[0], reader.take(32), reader.take(64),
                      *(reader.number() for _ in range(5)))
        group.proof = [reader.take(32) for _ in range(reader.number())]
        if (group.role not in (1, 2) or not group.count or group.first_entry + group.count > count
                or group.first_leaf + group.count > group.leaf_count):
            raise Bad("a group runs beyond its block")
        groups.append(group)
    return groups


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        self.at += size
        if self.at > len(self.data):
            raise Bad("it ends too soon")
        return self.data[self.at - size:self.at]

    def number(self):
        number, self.at = read_varint(self.data, self.at)
        return number

    def division(self):
        return self.take(self.take(1)[0]).decode()


def read_header(reader):
    """As it travels, with what was left out put back; entries_root None where the one entry is it."""
    header = {"version": reader.take(1)[0], "suite": reader.take(1)[0]}
    if (header["version"], header["suite"]) != (1, 1):
        raise Bad("version or suite")
    flags = reader.take(1)[0]
    header["codec"] = 1 if flags & ZSTD else 0
    header["audience_kind"] = TREE if flags & IS_TREE else LINE
    header["author"] = reader.division()
    header["audience"] = reader.division() if flags & OTHER_DIVISION else header["author"]
    header["epoch"], header["first_lsn"] = reader.number(), reader.number()
    header["count"] = reader.number() if flags & MANY else 1
    header["aud_seq"] = reader.number()
    header["raw_size"] = reader.number() if flags & ZSTD else None
    header["time_ms"], header["prev_hash"] = reader.number(), reader.take(32)
    header["aud_prev"] = reader.take(32) if flags & OTHER_AUD_PREV else header["prev_hash"]
    header["entries_root"] = reader.take(32) if flags & (MANY | ZSTD) else None
    header["state_digest"], header["body_hash"] = reader.take(32), reader.take(32)
    return header


def parse(whole):
    """A block whose form, body hash and Merkle root hold; its signature is the caller's to check."""
    reader = Reader(whole)
    header = read_header(reader)
    signature = reader.take(64)
    body = whole[reader.at:]
    header["body_size"] = len(body)
    if header["raw_size"] is None:
        header["raw_size"] = len(body)
    if tagged(b"body", body) != header["body_hash"]:
        raise Bad("body_hash")
    raw = body if header["codec"] == 0 else decompress(body, header["raw_size"])
    block = Block(header, signature, read_entries(raw, header), read_groups(raw, header["count"]))
    root = hashes.merkle_root([entry.leaf() for entry in block.entries])
    if header["entries_root"] not in (None, root):
        raise Bad("entries_root")
    header["entries_root"] = root
    return block


class Chain:
    """The blocks of one log that are addressed to a holder, in order: of each audience none is
    missing, and of a log held whole none at all."""

    def __init__(self, whole):
        self.whole, self.lsn, self.hash, self.epoch, self.audiences = whole, 0, ZERO, 0, {}

    def follow(self, block, digest):
        header = block.header
        audience = (header["audience_kind"], header["audience"])
        seq, before = self.audiences.get(audience, (0, ZERO))
        if (header["aud_seq"], header["aud_prev"]) != (seq + 1, before):
            raise Bad(f"a block of {audience} is missing or another")
        if header["first_lsn"] <= self.lsn:
            raise Bad("lsn goes back")
        if self.whole and (header["first_lsn"], header["prev_hash"]) != (self.lsn + 1, self.hash):
            raise Bad("the chain of the log is broken")
        self.lsn, self.hash, self.epoch = block.last_lsn(), digest, header["epoch"]
        self.audiences[audience] = (seq + 1, self.hash)


def pack_group(group):
    numbers = (group.time_ms, group.first_entry, group.count, group.first_leaf, group.leaf_count, len(group.proof))
    return (bytes([group.suite, group.role]) + group.key + group.signature + b"".join(map(varint, numbers))
            + b"".join(group.proof))


def pack_entry(entry):
    return (varint(entry.kind) + varint(entry.format) + varint(entry.time_ms) + varint(len(entry.body))
            + entry.body)


def seal(block, tree, key, root=None):
    """(bytes, hash) of a block: what follows of its entries and groups is put into its header, and `key`
    signs it; over this root, where another than its own is given."""
    header, packed = block.header, b"".join(map(pack_entry, block.entries))
    body = u32(len(packed)) + packed + b"".join(map(pack_group, block.groups))
    header.update(codec=0, count=len(block.entries), raw_size=len(body), body_size=len(body),
                  body_hash=tagged(b"body", body),
                  entries_root=root or hashes.merkle_root([entry.leaf() for entry in block.entries]))
    digest = block_hash(header, tree, key.verify_key.encode())
    block.signature = key.sign(digest).signature
    return pack(header) + block.signature + body, digest


class Writer:
    """One's own log: grants, and documents, which book nothing unless it is said what."""

    def __init__(self, division, tree, key):
        self.division, self.tree, self.key = division, tree, key
        self.chain, self.digest, self.last_signature = Chain(True), ZERO, b""
        self.epoch = 1

    def draft(self, documents, time_ms, audience=None, groups=(), postings=()):
        """[(kind, format, body)] -> the next Block, unsigned, for the line from the root to here unless another
        audience (kind, division) is named. `postings`: packed, of the first document."""
        audience = audience or (LINE, self.division)
        first = self.chain.lsn + 1
        entries = [Entry(first + i, time_ms, *document) for i, document in enumerate(documents)]
        booked = b"".join(u64(e.lsn) + u16(0 if i else len(postings)) + (b"" if i else b"".join(postings))
                          for i, e in enumerate(entries) if e.kind >= USER_FIRST)
        digest = tagged(b"state", self.digest, booked) if booked else self.digest
        seq, before = self.chain.audiences.get(audience, (0, ZERO))
        header = dict(
            version=1, suite=1, codec=0, audience_kind=audience[0], audience=audience[1], author=self.division,
            epoch=self.epoch, count=len(entries), first_lsn=first, aud_seq=seq + 1, prev_hash=self.chain.hash,
            aud_prev=before, state_digest=digest, time_ms=time_ms)
        return Block(header, b"", entries, list(groups))

    def write(self, documents, time_ms, audience=None, groups=(), root=None, postings=()):
        """The same, signed (over this root, if not its own), and the log goes on behind it."""
        block = self.draft(documents, time_ms, audience, groups, postings)
        whole, digest = seal(block, self.tree, self.key, root)
        self.digest, self.last_signature = block.header["state_digest"], block.signature
        self.chain.follow(block if root else parse(whole), digest)
        return whole


def pack(header):
    """The header as it travels, without what its receiver can tell."""
    many, zstd = header["count"] > 1, header["codec"] == 1
    other, other_prev = header["audience"] != header["author"], header["aud_prev"] != header["prev_hash"]
    flags = ((IS_TREE if header["audience_kind"] == TREE else 0) | (OTHER_DIVISION if other else 0)
             | (OTHER_AUD_PREV if other_prev else 0) | (MANY if many else 0) | (ZSTD if zstd else 0))
    return (bytes([header["version"], header["suite"], flags]) + pack_division(header["author"])
            + (pack_division(header["audience"]) if other else b"") + varint(header["epoch"])
            + varint(header["first_lsn"]) + (varint(header["count"]) if many else b"")
            + varint(header["aud_seq"]) + (varint(header["raw_size"]) if zstd else b"")
            + varint(header["time_ms"]) + header["prev_hash"]
            + (header["aud_prev"] if other_prev else b"")
            + (header["entries_root"] if many or zstd else b"")
            + header["state_digest"] + header["body_hash"])


def pack_division(division):
    return bytes([len(division)]) + division.encode()
