"""hashes - tagged hashes, signatures and Merkle roots, as proto/PROTOCOL.md has them."""
import hashlib
import struct

import nacl.exceptions
import nacl.signing

ZERO = bytes(32)


def tagged(tag, *parts):
    """BLAKE2b-256 with the tag as personalisation."""
    state = hashlib.blake2b(digest_size=32, person=b"terrace." + tag)
    for part in parts:
        state.update(part)
    return state.digest()


def u16(number):
    return struct.pack(">H", number)


def u32(number):
    return struct.pack(">I", number)


def u64(number):
    return struct.pack(">Q", number)


def sized(data):
    return u64(len(data)) + data


def code(division):
    return division.encode().ljust(9, b"\0")


def fingerprint(public):
    return tagged(b"key", public)


def key_id(public):
    return fingerprint(public)[:8]


def verify(public, digest, signature):
    try:
        nacl.signing.VerifyKey(public).verify(digest, signature)
    except (nacl.exceptions.BadSignatureError, ValueError):
        return False
    return True


def merkle_root(leaves):
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1  # the largest power of two below
    return tagged(b"node", merkle_root(leaves[:split]), merkle_root(leaves[split:]))
