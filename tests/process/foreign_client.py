"""foreign_client - another program, in another language, written from proto/ alone: it enrols at a
real daemon, replicates with it, and checks every hash, signature, root and chain by itself.

    /usr/bin/python3 tests/process/foreign_client.py --build build

It shares no code with the daemon but proto/link.proto and proto/document.proto. What it needs and
does not find in proto/ is a fault of proto/.
"""
import argparse
import importlib
import os
import subprocess
import sys
import tempfile
import time

import zmq

from foreign import blocks, enrol, session

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
import tree as trees  # noqa: E402

REGION, COUNTY = "540000", "540900"
KIND_GRANT, KIND_ELEMENT, KIND_AGENCY = 1, 17, 18
BAD_SIGNATURE = 9


def need(holds, what):
    if not holds:
        raise trees.Failed(what)


def messages(base):
    """The modules that protoc makes of proto/*.proto."""
    subprocess.run(["protoc", f"--python_out={base}", f"--proto_path={ROOT}", "proto/link.proto",
                    "proto/document.proto"], check=True)
    sys.path.insert(0, base)
    return (importlib.import_module("proto.link_pb2"), importlib.import_module("proto.document_pb2"))


def agency(documents, number):
    """fiscal_year, a sint64, is a year; a body has its fields in ascending order."""
    body = documents.Document(id=f"A{number}", fiscal_year=2026, agency_code=f"{number:06d}",
                              agency_name="那曲市教育局")
    return KIND_AGENCY, blocks.DOCUMENT_FORMAT, body.SerializeToString()


def takes_only_what_holds(pb, context, token):
    """A token is good for the keys it was used with, and for no others."""
    try:
        enrol.enrol(pb, context, token, enrol.Keys(), now_ms())
    except enrol.Refused:
        return
    raise trees.Failed("a spent token let another in")


def now_ms():
    return int(time.time() * 1000)


def hears_what_is_above(link, documents):
    """Grants and codes of the region came, each block signed, chained and with its root."""
    kinds = [entry.kind for author, entry in link.entries if author == REGION]
    need(KIND_GRANT in kinds and KIND_ELEMENT in kinds, f"kinds from above: {kinds}")
    bodies = [documents.Document.FromString(entry.body) for _, entry in link.entries
              if entry.kind == KIND_ELEMENT]
    need(any(body.ele_code == "8" for body in bodies), "the region's code did not come")


def writes_what_is_taken(link, own, region):
    """Two blocks of one's own are held, acknowledged, cosigned and in the region's ledger."""
    need(link.held[COUNTY] == own.chain.lsn, "the parent acknowledges another position")
    trees.wait_until(lambda: region.digest(COUNTY)["lsn"] == own.chain.lsn, 30, "the replica")
    need(region.digest(COUNTY)["digest"] == own.digest.hex(), "the region computes another state")
    need(region.run("get", "A3", "--division", COUNTY)[0] == 0, "a document is missing")
    holder, author, lsn, digest = link.cosigned[-1]
    need((holder, author, lsn, digest) == (REGION, COUNTY, own.chain.lsn, own.chain.hash),
         f"cosigned: {link.cosigned[-1]}")


def is_refused_when_false(link, own, documents):
    """A block with a signature of nobody is rejected by name, and the true one in its place taken."""
    true = own.write([agency(documents, 5)], now_ms())
    false = bytearray(true)
    false[true.index(own.last_signature)] ^= 1
    link.send_blocks(bytes(false))
    link.run_until(lambda: link.rejects, "a reject")
    reject = link.rejects[-1]
    need((reject.author, reject.lsn, reject.reason) == (COUNTY.encode(), own.chain.lsn,
                                                        BAD_SIGNATURE), f"rejected as {reject}")
    link.send_blocks(true)
    link.run_until(lambda: link.held[COUNTY] == own.chain.lsn, "the true block to be held")


def says_how_it_is(link, own, keys, region):
    """The region hears it, shows it, and answers with what it holds."""
    link.say_beat(own.chain, keys.sign, now_ms(), version=b"foreign", condition=1, alarms_critical=1)
    link.run_until(lambda: link.answered, "the root's answer")
    need(link.answered[-1][1] == own.chain.lsn, f"answered: {link.answered[-1]}")
    row = region.json("status", "--tree")["rows"][1]
    need((row["division"], row["state"], row["said"]["version"]) == (COUNTY, "full", "foreign"),
         f"the region shows {row}")


def comes_back(link, own):
    """A new session names what is held, and nothing of it is sent again."""
    before = len(link.entries)
    link.hello(own.chain)
    link.run_until(lambda: link.welcome is not None, "a Welcome")
    head = {p.author.decode(): (p.lsn, p.hash) for p in link.welcome.heads}[COUNTY]
    need(head == (own.chain.lsn, own.chain.hash), "the Welcome names another head")
    need(len(link.entries) == before, "blocks that were acknowledged came again")


def run(build, base):
    pb, documents = messages(base)
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    context = zmq.Context()
    try:
        region = tree.init_root(REGION, "西藏自治区")
        region.run("submit", "-", stdin=(
            '{"kind":"element","id":"E1","fiscal_year":2026,"ele_catalog_code":"acct_type",'
            '"ele_code":"8","ele_name":"零余额账户"}\n').encode())
        text = region.json("invite", COUNTY, "--name", "那曲市")["token"]
        token, keys = enrol.parse_token(text), enrol.Keys()
        need((token.division, token.parent) == (COUNTY, REGION), "the token is another's")
        grants = enrol.enrol(pb, context, token, keys, now_ms())
        takes_only_what_holds(pb, context, token)

        own = blocks.Writer(COUNTY, token.tree, keys.sign)
        link = session.Session(pb, context, token, keys, grants)
        link.hello(own.chain)
        link.run_until(lambda: link.welcome is not None and any(
            entry.kind == KIND_ELEMENT for _, entry in link.entries), "the region's log")
        hears_what_is_above(link, documents)
        link.send_blocks(own.write([agency(documents, n) for n in (1, 2, 3)], now_ms()))
        link.send_blocks(own.write([agency(documents, 4)], now_ms()))
        link.run_until(lambda: link.held.get(COUNTY) == own.chain.lsn, "both blocks")
        link.run_until(lambda: link.cosigned and link.cosigned[-1][2] == own.chain.lsn,
                       "a cosignature: it waits for another word to us")
        writes_what_is_taken(link, own, region)
        is_refused_when_false(link, own, documents)
        says_how_it_is(link, own, keys, region)
        comes_back(link, own)
        link.socket.close()
        need(region.run("verify", "--deep")[0] == 0, "the region's store does not verify")
    finally:
        context.destroy(linger=0)
        tree.stop()
    print(f"foreign_client: {own.chain.lsn} own entries held, {len(link.entries)} from above "
          f"checked, {len(link.cosigned)} cosignatures")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    with tempfile.TemporaryDirectory(prefix="terrace-foreign-") as base:
        run(parser.parse_args().build, base)


if __name__ == "__main__":
    try:
        main()
    except (trees.Failed, session.Broken, blocks.Bad, enrol.Refused) as failed:
        print(f"foreign_client: {failed}", file=sys.stderr)
        sys.exit(1)
