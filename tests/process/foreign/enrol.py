"""enrol - the way in: a token, a request, the chain of grants. From proto/PROTOCOL.md, section 3."""
import base64
from dataclasses import dataclass

import nacl.public
import nacl.signing
import zmq

from . import hashes
from .hashes import code, sized, tagged, u32, u64

SUITE = 1


class Refused(Exception):
    """What came cannot be trusted, or the parent said no."""


@dataclass
class Token:
    division: str
    parent: str
    endpoint: str
    link: str
    curve_key: bytes
    tree: bytes
    policy: list
    secret: bytes


def parse_token(text):
    data = text.strip().removeprefix("TERRACE1-")
    raw = base64.urlsafe_b64decode(data + "=" * (-len(data) % 4))
    if tagged(b"token", raw[:-4])[:4] != raw[-4:]:
        raise Refused("the token was mistyped")
    at = 0

    def take(size):
        nonlocal at
        at += size
        return raw[at - size:at]

    def take_code():
        return take(9).rstrip(b"\0").decode()

    def take_text():
        return take(take(1)[0]).decode()

    return Token(take_code(), take_code(), take_text(), take_text(), take(32), take(32),
                 list(take(take(1)[0])), take(32))


def dial(context, endpoint, server_key, keys):
    socket = context.socket(zmq.DEALER)
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.CURVE_PUBLICKEY, bytes(keys.curve.public_key))
    socket.setsockopt(zmq.CURVE_SECRETKEY, bytes(keys.curve))
    socket.setsockopt(zmq.CURVE_SERVERKEY, server_key)
    socket.connect(endpoint)
    return socket


class Keys:
    def __init__(self):
        self.sign = nacl.signing.SigningKey.generate()
        self.curve = nacl.public.PrivateKey.generate()

    def public(self):
        return self.sign.verify_key.encode()

    def certify(self, tree, division):
        """This link key is that division's, by its signing key."""
        return self.sign.sign(tagged(b"keyproof", tree, code(division), bytes(self.curve.public_key))).signature


def prove(pb, token, keys, confirm, endpoint="", unix_ms=0, founders=()):
    """An EnrolRequest with its proof. A confirm leaves out what only the request says. `founders` are
    (name, public key) of the first admins."""
    curve = bytes(32) if confirm else bytes(keys.curve.public_key)
    key_proof = bytes(64) if confirm else keys.certify(token.tree, token.division)
    digest = tagged(b"enrol", u32(SUITE), code(token.division), token.secret, keys.public(), curve,
                    key_proof, sized(endpoint.encode()), u64(unix_ms), u32(1 if confirm else 0), u64(0), bytes(32),
                    *(part for name, key in founders for part in (sized(name.encode()), key)))
    request = pb.EnrolRequest(suite=SUITE, division=token.division.encode(), secret=token.secret,
                              sign_key=keys.public(), proof=keys.sign.sign(digest).signature)
    if confirm:
        request.confirm = 1
    else:
        request.curve_key, request.key_proof = curve, key_proof
        request.endpoint, request.unix_ms = endpoint.encode(), unix_ms
        for name, key in founders:
            request.founder.add(name=name.encode(), key=key)
    return request


def ask(pb, context, token, keys, request, tries=12, try_s=15):
    """One connection, one question; as a node does, it asks again: what comes too fast is dropped, and a request or its
    answer is lost with a connection."""
    for _ in range(tries):
        socket = dial(context, token.endpoint, token.curve_key, keys)
        try:
            socket.send(request.SerializeToString())
            if socket.poll(try_s * 1000):
                answer = pb.EnrolAnswer.FromString(socket.recv())
                break
        finally:
            socket.close()
    else:
        raise Refused(f"no answer to {tries} requests")
    if answer.status != 0:
        raise Refused(answer.text.decode())
    return answer


def seal_grant(pb, granter, tree, place, keys, policy, unix_ms, may_grant=()):
    """`granter`, the keys of place's parent, grants; place is (division, parent, name); may_grant is whom
    the division may grant itself."""
    division, parent, name = place
    grant = pb.Grant(
        division=division.encode(), parent=parent.encode(), name=name.encode(), epoch=1, suite=SUITE,
        sign_key=keys.public(), curve_key=bytes(keys.curve.public_key), key_proof=keys.certify(tree, division),
        base_lsn=0, base_hash=hashes.ZERO, unix_ms=unix_ms, policy=policy, tree=tree,
        may_grant=[pattern.encode() for pattern in may_grant]).SerializeToString()
    digest = tagged(b"grant", sized(grant), u32(0), sized(b""))
    return pb.SignedGrant(suite=SUITE, grant=grant, signer=granter.public(),
                          signature=granter.sign.sign(digest).signature).SerializeToString()


def open_chain(pb, chain, tree):
    """{division: Grant}, the newest epoch of each, of a chain of sealed grants, root first: each signed by
    its parent, the first by the key whose fingerprint the tree has."""
    grants = {}
    for sealed in map(pb.SignedGrant.FromString, chain):
        digest = tagged(b"grant", sized(sealed.grant), u32(sealed.consent_suite),
                        sized(sealed.consent))
        if not hashes.verify(sealed.signer, digest, sealed.signature):
            raise Refused("a grant is not signed by its signer")
        grant = pb.Grant.FromString(sealed.grant)
        above = grants.get(grant.parent.decode())
        if above is None:
            good = hashes.fingerprint(sealed.signer) == tree and not grant.parent
        else:
            good = sealed.signer == above.sign_key
        proof = tagged(b"keyproof", tree, code(grant.division.decode()), grant.curve_key)
        if not good or not hashes.verify(grant.sign_key, proof, grant.key_proof):
            raise Refused(f"the grant of {grant.division.decode()} does not hold")
        grants[grant.division.decode()] = grant
    return grants


def enrol(pb, context, token, keys, unix_ms, founders=()):
    answer = ask(pb, context, token, keys, prove(pb, token, keys, False, unix_ms=unix_ms, founders=founders))
    grants = open_chain(pb, answer.chain, token.tree)
    own, parent = grants[token.division], grants[token.parent]
    if own.sign_key != keys.public() or parent.curve_key != token.curve_key:
        raise Refused("the chain is not about the keys of this token")
    if list(own.policy) != token.policy:
        raise Refused("the policy in the grant is not the token's")
    ask(pb, context, token, keys, prove(pb, token, keys, True))
    return grants
