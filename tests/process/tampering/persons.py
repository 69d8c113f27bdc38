"""persons - acts of a city's persons with their own keys, and of who holds the node's key and makes some up. The policy asks
for two of them where a `project` is entered. `s` is the stage."""
import nacl.signing

from foreign import blocks, hashes
from foreign.hashes import code, tagged, u32, u64
from second.approvals import DAY_MS, leaf
from second.persons import CHECKER, KIND_OPERATOR, MAKER

from .stage import OUR_CITY, now_ms

KIND_PROJECT = 20
TREE = (blocks.TREE, OUR_CITY)


def signed(s, key, role, document, time_ms=None, epoch=1, index=0, author=OUR_CITY):
    """A person's word for one document of a block."""
    time_ms = now_ms() if time_ms is None else time_ms
    root = leaf(blocks.Entry(0, 0, *document))
    digest = tagged(b"approval", s.trust, code(author), u32(epoch), bytes([role]), u64(time_ms), root)
    return blocks.Group(1, role, key.verify_key.encode(), key.sign(digest).signature, time_ms, index, 1, 0, 1)


def person(s, name, key, roles):
    body = s.documents.Document(id=f"OP-{now_ms()}-{key.verify_key.encode().hex()[:8]}", name=name, enabled="1", operator_key=key.verify_key.encode(),
                                role=roles).SerializeToString()
    return KIND_OPERATOR, blocks.DOCUMENT_FORMAT, body


def project(s):
    s.city.number += 1
    return KIND_PROJECT, blocks.DOCUMENT_FORMAT, s.documents.Document(id=f"PR{s.city.number}", fiscal_year=2026, pro_code=f"P{s.city.number}",
                                                 pro_name="x", pro_total_amt=900).SerializeToString()


def enters(s, document, *groups, audience=TREE, time_ms=None):
    s.city.says(s.city.log.write([document], time_ms or now_ms(), audience, groups))


def admins(s):
    return list(s.founders.values())


def two_admins_sign(s, name, key, roles):
    document, (first, second) = person(s, name, key, roles), admins(s)
    enters(s, document, signed(s, first, MAKER, document), signed(s, second, CHECKER, document))


def hire(s):
    """Two persons as they should be; everything else is held against them."""
    s.maker, s.checker = nacl.signing.SigningKey.generate(), nacl.signing.SigningKey.generate()
    two_admins_sign(s, "扎西", s.maker, "maker")
    two_admins_sign(s, "达瓦", s.checker, "checker")
    document = project(s)
    enters(s, document, signed(s, s.maker, MAKER, document), signed(s, s.checker, CHECKER, document))


def makes_up_a_person(s):
    s.made_up = nacl.signing.SigningKey.generate()
    enters(s, person(s, "mallory", s.made_up, "maker,checker"))


def made_up_person_approves(s):
    document = project(s)
    enters(s, document, signed(s, s.maker, MAKER, document), signed(s, s.made_up, CHECKER, document))


def one_admin_makes_another(s):
    key = nacl.signing.SigningKey.generate()
    document, first = person(s, "eve", key, "admin"), admins(s)[0]
    enters(s, document, signed(s, first, MAKER, document))


def one_admin_signs_twice(s):
    key = nacl.signing.SigningKey.generate()
    document, first = person(s, "trudy", key, "admin"), admins(s)[0]
    enters(s, document, signed(s, first, MAKER, document), signed(s, first, CHECKER, document))


def maker_makes_a_person(s):
    key = nacl.signing.SigningKey.generate()
    document = person(s, "oscar", key, "checker")
    enters(s, document, signed(s, s.maker, MAKER, document), signed(s, s.checker, CHECKER, document))


def nobody_approves(s):
    enters(s, project(s))


def maker_alone(s):
    document = project(s)
    enters(s, document, signed(s, s.maker, MAKER, document))


def maker_approves_himself(s):
    document = project(s)
    enters(s, document, signed(s, s.maker, MAKER, document), signed(s, s.maker, CHECKER, document))


def admin_approves(s):
    document = project(s)
    enters(s, document, signed(s, s.maker, MAKER, document), signed(s, admins(s)[0], CHECKER, document))


def approval_of_another_document(s):
    document, other = project(s), project(s)
    enters(s, document, signed(s, s.maker, MAKER, document), signed(s, s.checker, CHECKER, other))


def approval_of_another_epoch(s):
    document = project(s)
    enters(s, document, signed(s, s.maker, MAKER, document), signed(s, s.checker, CHECKER, document, epoch=2))


def old_approval_again(s):
    """Signed two days before the block that has it."""
    document, then = project(s), now_ms() - 2 * DAY_MS
    enters(s, document, signed(s, s.maker, MAKER, document, then), signed(s, s.checker, CHECKER, document, then))
