"""soak_verifier - the reader of scripts/soak sees what it is there to see: of a log that has all that was acknowledged it
says nothing; of one that lost, doubled or altered a document, or settled a transfer otherwise, it names that, and no more.
The same of what nodes hold: memory, descriptors and files of the store that grow from rest to rest are named, what is flat is not.

    /usr/bin/python3 tests/process/soak_verifier.py
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import soak_measure  # noqa: E402
import soak_verify  # noqa: E402
import tree as trees  # noqa: E402
from foreign import blocks  # noqa: E402
from foreign_client import messages  # noqa: E402
from kill_and_cut import document, fen  # noqa: E402
from soak_business import Desk  # noqa: E402


def offices(base):
    """A city and its county, with what each was told; no node runs."""
    tree = trees.Tree(os.path.join(base, "tree"))
    city, county = (Desk(trees.Node(tree, code, code, None), 1, 1) for code in ("540100", "540121"))
    city.below, county.issuers = [county], [city]
    for d in county.payments() + [document("register", "R540100-T000001", bgt_id="T000001", ori_div_code="540100")]:
        county.acknowledged[d["id"]] = d
    transfer = document("transfer", "T000001", ori_bgt_id="BG1", rec_div_code="540121", amount="70.10", stage="formal")
    for d in city.payments()[:3] + [transfer]:
        city.acknowledged[d["id"]] = d
    return city, county


def entry_of(documents, kinds, lsn, d):
    """As a node writes it, with what nodes write out themselves left empty."""
    said = documents.Document()
    for name, value in d.items():
        if name != "kind":
            is_text = said.DESCRIPTOR.fields_by_name[name].type == said.DESCRIPTOR.fields_by_name["id"].type
            setattr(said, name, value if is_text else fen(value) if "." in value else int(value))
    return blocks.Entry(lsn, 0, kinds[d["kind"]], blocks.DOCUMENT_FORMAT, said.SerializeToString())


def settle(outcome):
    return document("settle", "S1", bgt_id="T000001", outcome=outcome)


def sees_a_process_grow():
    """What /proc says of this one, before and behind what it takes."""
    before = soak_measure.held_by(os.getpid())
    files = [open(os.devnull, "rb") for _ in range(5)]
    taken = bytearray(os.urandom(1 << 16)) * 128
    after = soak_measure.held_by(os.getpid())
    for file in files:
        file.close()
    if after.descriptors != before.descriptors + 5 or after.memory_kib < before.memory_kib + len(taken) // 2048:
        raise trees.Failed(f"five files and {len(taken)} bytes more are not seen: {before}, {after}")


def rests(*grown):
    """What is said of two nodes that hold the same at four rests, and one of them so much more at each behind the first."""
    measure = soak_measure.Measure(dict.fromkeys(("540000", "540100")))
    for at, more in enumerate(({},) + grown):
        held = {code: soak_measure.Held(1, 20000, 4000, 41, 9) for code in measure.places}
        for name, value in more.items():
            setattr(held["540100"], name, getattr(held["540100"], name) + value)
        measure.rests.append((at, dict.fromkeys(held, 1000 * at), held))
    return measure.faults()


def judges_what_is_held():
    flat = dict(memory_kib=soak_measure.MEMORY_MORE_KIB, descriptors=soak_measure.DESCRIPTORS_MORE, store=40, rss_kib=9000)
    for what, grown, words in (
            ("flat", (flat, flat, flat), []),
            ("more in the warm-up only", (dict(memory_kib=9000, descriptors=9), dict(memory_kib=9000), flat), []),
            ("no rest", (), []),
            ("a descriptor a rest", (dict(descriptors=1), dict(descriptors=3), dict(descriptors=4)), ["descriptors"]),
            ("files of the store without an end", (flat, flat, dict(store=200)), ["files of its store"]),
            ("one node's memory", (flat, flat, dict(memory_kib=9000)), ["holds", "median"])):
        said = rests(*grown)
        if len(said) != len(words) or not all(any(word in one for one in said) for word in words):
            raise trees.Failed(f"{what}: {said}")


def prove(base, _):
    sees_a_process_grow()
    judges_what_is_held()
    _, documents = messages(base)
    kinds = soak_verify.kinds_by_name()
    city, county = offices(base)

    def verdict(desk, said):
        found = soak_verify.Verdict()
        entries = [entry_of(documents, kinds, lsn, d) for lsn, d in enumerate(said, 1)]
        soak_verify.compare(found, desk.node.division, desk, entries, kinds, documents)
        return found

    def names(what, desk, said, **counts):
        found = verdict(desk, said)
        have = {name: len(getattr(found, name)) for name in ("lost", "doubled", "altered", "wrong")}
        want = dict(dict(lost=0, doubled=0, altered=0, wrong=0), **counts)
        if have != want:
            raise trees.Failed(f"{what}: {have} instead of {want}: {found.faults()[:3]}")

    paid, all_of_city = list(county.acknowledged.values()), list(city.acknowledged.values())
    names("whole", county, paid)
    names("whole", city, all_of_city + [settle("registered")])
    names("a payment is missing", county, paid[1:], lost=1, wrong=1)
    names("an answer is missing", county, paid[:-1], lost=1)
    names("a payment is there twice", county, paid + paid[:1], doubled=1, wrong=1)
    names("a payment has another payee", county, [dict(paid[0], payee_acct_no="62280002")] + paid[1:], altered=1)
    names("a payment is a fen more", county, [dict(paid[0], pay_app_amt="999999.99")] + paid[1:], altered=1, wrong=1)
    names("one that nobody was told of", county, paid + [dict(paid[0], id="X1")], wrong=1)
    names("no settle", city, all_of_city, wrong=1)
    names("a settle that says something else", city, all_of_city + [settle("returned")], wrong=1)
    print("soak_verifier: what is lost, doubled, altered, added and settled otherwise is named, and a whole log is not; and what grows")


if __name__ == "__main__":
    trees.run_test("soak_verifier", prove)
