"""loot - the keys of a real node, as somebody has them who took its home and knows what it is sealed with. The seal is of the
daemon's own files and no part of proto/: magic, version, salt, two costs, nonce, box (libsodium's, under Argon2id)."""
import os

import nacl.public
import nacl.pwhash.argon2id as argon2id
import nacl.secret
import nacl.signing

from . import enrol
from .blocks import Reader

MAGIC, VERSION = b"TRSL", 1


def unseal(path, passphrase):
    with open(path, "rb") as file:
        reader = Reader(file.read())
    if reader.take(4) != MAGIC or reader.take(1)[0] != VERSION:
        raise ValueError(f"{path} is no sealed key")
    salt = reader.take(16)
    times, memory = (int.from_bytes(reader.take(8), "big") for _ in range(2))
    nonce, box = reader.take(24), reader.data[reader.at:]
    key = argon2id.kdf(32, passphrase.encode(), salt, opslimit=times, memlimit=memory)
    return nacl.secret.SecretBox(key).decrypt(box, nonce)


def keys_of(home, passphrase):
    """Those that sign and link in the name of the node that lives there."""
    def secret(name):
        return unseal(os.path.join(home, "keys", name), passphrase)

    keys = enrol.Keys()
    keys.sign = nacl.signing.SigningKey(secret("identity.key")[:32])
    keys.curve = nacl.public.PrivateKey(secret("curve.key")[:32])
    return keys


def trust_key_of(home, passphrase):
    keys = enrol.Keys()
    keys.sign = nacl.signing.SigningKey(unseal(os.path.join(home, "keys", "trust.key"), passphrase)[:32])
    return keys
