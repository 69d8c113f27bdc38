"""strangers - acts of who holds no key of the tree, or none that is enough. `s` is the stage."""
import copy

import nacl.signing

from foreign import enrol

from .stage import CITY, COUNTY, now_ms

SECONDS = 2


def dials(s, keys):
    """Says Hello to the city's link; was there any answer?"""
    token = s.county.link.token
    socket = enrol.dial(s.context, token.link, token.curve_key, keys)
    try:
        hello = s.pb.Hello(version_min=1, version_max=1, unix_ms=now_ms(), credit=1 << 20)
        socket.send(s.pb.Frame(session=7, hello=hello).SerializeToString())
        return bool(socket.poll(SECONDS * 1000))
    finally:
        socket.close()


def shut_out(s, keys):
    if dials(s, keys):
        return "the link answers"
    return None


def no_key(s):
    s.outcome = shut_out(s, enrol.Keys())


def identity_key_alone(s):
    """He signs as the county, and cannot link."""
    keys = enrol.Keys()
    keys.sign = s.keys_of(COUNTY).sign
    s.outcome = shut_out(s, keys)


def a_persons_key(s):
    """An admin's key is none of a node's."""
    keys = enrol.Keys()
    keys.sign = next(iter(s.founders.values()))
    s.outcome = shut_out(s, keys)


def asks(s, token, keys=None):
    """What the enrolment socket says to a request; `outcome` is empty when it lets nobody in."""
    try:
        enrol.enrol(s.pb, s.context, token, keys or enrol.Keys(), now_ms())
    except enrol.Refused as refused:
        s.said, s.outcome = str(refused), None
    else:
        s.outcome = "it was let in"


def spent_token(s):
    asks(s, enrol.parse_token(s.county.token_text))


def invited(s):
    text = s.tree[CITY].json("invite", "540125", "--name", "x")["token"]
    return enrol.parse_token(text)


def guessed_secret(s):
    token = invited(s)
    token.secret = bytes(32)
    asks(s, token)


def token_for_another_code(s):
    token = copy.copy(s.county.link.token)
    token.division = COUNTY
    asks(s, token)


def unproved_key(s):
    """A request under a signing key that is another's."""
    token = invited(s)

    class Borrowed(enrol.Keys):
        def public(self):
            return s.keys_of(COUNTY).public()
    asks(s, token, Borrowed())


def false_parent(s):
    """A token that was changed on its way: another trust key stands in it, and the chain that comes does not end there."""
    token = invited(s)
    token.tree = nacl.signing.SigningKey.generate().verify_key.encode()
    asks(s, token)
