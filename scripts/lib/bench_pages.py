"""scripts/bench pages: how long a page takes at a node that holds many documents.

One node with N payments over 4,000 indicators, posted as in hops, and 50,000 transfers that wait for
the answer of a division below. Then each question is asked over
the API's socket many times, on one connection; the median and the slowest are printed, in
milliseconds. A page costs what it shows, however many documents there are: compare N with N / 10.
"""
import http.client
import json
import os
import socket
import time
import urllib.parse

import tree as trees

DIVISION, BELOW, INDICATORS, TRANSFERS, ASKED = "540121", "540122", 4000, 50000, 40
QUIET_AGENCY = "999001"  # without a payment


class Api(http.client.HTTPConnection):
    """One connection to the socket of a node."""

    def __init__(self, path):
        super().__init__("localhost")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)

    def ask(self, path, **query):
        """(milliseconds, answer)"""
        began = time.monotonic()
        self.request("GET", "/api/v1" + path + "?" + urllib.parse.urlencode(query))
        answer = self.getresponse()
        body = answer.read()
        took = (time.monotonic() - began) * 1000
        if answer.status != 200:
            raise trees.Failed(f"{path} {query}: {answer.status}: {body[:300]}")
        return took, json.loads(body)


def fill(tree, ledger, run, documents):
    """A node with so many payments; the number it has."""
    node = tree.init_root(DIVISION, "林周县")
    lines = list(ledger(INDICATORS))
    lines.append(json.dumps(dict(kind="agency", id="AQUIET", fiscal_year="2026", agency_code=QUIET_AGENCY,
                                 agency_name="林周县档案馆")))
    for at in range(0, len(lines), 500):
        node.run("submit", "-", stdin="\n".join(lines[at:at + 500]).encode())
    accepted = 0
    while accepted < documents:
        accepted += run(tree, "load", "hops", "--socket", os.path.join(node.home, "terrace.sock"),
                        "--seconds", 1 + (documents - accepted) // 200000,
                        "--indicators", INDICATORS)["accepted"]
    return accepted


def leave_unanswered(tree):
    """Transfers to a division below, which answers none."""
    tree.join(DIVISION, BELOW, "当雄县")
    for at in range(0, TRANSFERS, 1000):
        lines = (json.dumps(dict(kind="transfer", id=f"TW{i:05d}", fiscal_year="2026", amount="1.00",
                                 ori_bgt_id="BG00", rec_div_code=BELOW, tra_type_code="general",
                                 cor_bgt_doc_no=f"林财预〔2026〕{i}号", stage="formal"))
                 for i in range(at, at + 1000))
        tree[DIVISION].run("submit", "-", stdin="\n".join(lines).encode())


def times_of(api, path, **query):
    took = sorted(api.ask(path, **query)[0] for _ in range(ASKED))
    return {"median_ms": round(took[len(took) // 2], 1), "slowest_ms": round(took[-1], 1)}


def questions(api):
    """What is asked: name, path, query."""
    first = api.ask("/documents", kind="payment", limit=1000)[1]
    far = first["next"]
    for _ in range(20):
        far = api.ask("/documents", kind="payment", limit=1000, after=far)[1]["next"]
    last = first["rows"][-1]["id"]
    yield "list payments, the first page of 100", "/documents", {"kind": "payment", "limit": 100}
    yield ("list payments, a page of 100 behind 21,000", "/documents",
           {"kind": "payment", "limit": 100, "after": far})
    yield ("list payments by a text that none has, a page", "/documents",
           {"kind": "payment", "limit": 100, "text": "查无此文"})
    yield ("list payments by an agency that has none, a page", "/documents",
           {"kind": "payment", "limit": 100, "agency": QUIET_AGENCY, "after": far})
    yield ("list payments of the year, the first page of 100", "/documents",
           {"kind": "payment", "limit": 100, "year": "2026"})
    yield "one payment", "/documents/" + last, {}
    yield "trace of an indicator, a page of 100", "/trace/AL00000", {"limit": 100}
    yield "trace of a payment, up and down", "/trace/" + last, {}
    yield "trace of a project, a page of 100", "/trace/540121260001", {"limit": 100}
    yield "balance by agency", "/balance", {"by": "agency"}
    yield "inbox, the first page of 100", "/inbox", {"limit": 100}
    yield "inbox, the counts alone", "/inbox", {"counts": 1}
    yield "status", "/status", {}


def pages(base, ledger, run, documents):
    tree = trees.Tree(os.path.join(base, "tree"))
    try:
        held = fill(tree, ledger, run, documents)
        leave_unanswered(tree)
        api = Api(os.path.join(tree[DIVISION].home, "terrace.sock"))
        return {"payments": held,
                "questions": {name: times_of(api, path, **query)
                              for name, path, query in questions(api)}}
    finally:
        tree.stop()
