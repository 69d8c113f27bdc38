"""receipts - where a document has come to: accepted, held and by whose signature, folded; the same story at
every level, and no better one while a link is down.

    python3 tests/process/receipts.py --build build
"""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402

ROOT, CITY, COUNTY = "540000", "540100", "540121"
WORD_S = 60  # a cosignature waits for the next beat


def need(truth, words):
    if not truth:
        raise trees.Failed(words)


def enter(node, id_, as_user=None):
    agency = dict(kind="agency", id=id_, fiscal_year="2026", agency_code=id_, agency_name="财政局")
    node.run("submit", "-", stdin=json.dumps(agency).encode(), as_user=as_user)


def receipt(node, id_, division=COUNTY):
    return node.json("receipt", id_, "--division", division)


def states(answer):
    return {row["division"]: row["state"] for row in answer["held"]}


def cut_and_healed(tree, relay):
    """What nobody above has is told as not confirmed; once the link is back, by whose word it is."""
    county = tree[COUNTY]
    relay.cut()
    enter(county, "OFF")
    alone = receipt(county, "OFF")
    need(states(alone) == {ROOT: "not_confirmed", CITY: "not_confirmed"} and alone["held_by"] == 1, f"{alone}")
    need(alone["holders"] == 3 and alone["folded"][0]["division"] == COUNTY, f"{alone}")
    shown = county.run("receipt", "OFF")[1]
    need("1 of 3" in shown and "not confirmed" in shown, shown)
    need("尚未证实" in county.run("--lang", "zh", "receipt", "OFF")[1], "in Chinese")
    relay.heal()
    trees.wait_until(lambda: receipt(county, "OFF")["held_by"] == 3, WORD_S, "both words to come down", step=0.5)
    whole = receipt(county, "OFF")
    for row in whole["held"]:
        need(row["lsn"] >= whole["lsn"] and len(row["signature"]) == 128 and row["time"], f"{row}")
        if row["lsn"] == whole["accepted"]["block"]["first_lsn"] + whole["accepted"]["block"]["count"] - 1:
            need(row["hash"] == whole["accepted"]["block"]["hash"], "they signed the very block")
    need("All 3" in county.run("receipt", "OFF")[1], "everywhere")
    for above in (CITY, ROOT):
        there = receipt(tree[above], "OFF")
        need(there["accepted"] == whole["accepted"], f"{above} shows another signature of its author")
        need(there["folded"][0]["division"] == above and there["folded"][0]["lsn"] >= whole["lsn"], f"{there}")


def from_above(tree):
    """A transfer shows at its receiver, with the answer."""
    for document in (
            dict(kind="element", id="E1", ele_catalog_code="fund_type", ele_code="111", ele_name="一般"),
            dict(kind="budget", id="B1", stage="reply", fund_type_code="111", amount="900.00", approval_ref="藏1号"),
            dict(kind="transfer", id="T1", rec_div_code=CITY, ori_bgt_id="B1", amount="500.00", stage="formal",
                 tra_type_code="general", cor_bgt_doc_no="藏财预〔2026〕1号")):
        tree[ROOT].run("submit", "-", stdin=json.dumps(dict(document, fiscal_year="2026")).encode())
    trees.wait_until(lambda: tree[CITY].run("get", "T1", "--division", ROOT, check=False)[0] == 0, 30, "the transfer")
    need(receipt(tree[CITY], "T1", ROOT)["folded"], "it is known there")
    trees.wait_until(lambda: receipt(tree[ROOT], "T1", ROOT)["held_by"] == 2, WORD_S, "the city's word", step=0.5)
    at_root = receipt(tree[ROOT], "T1", ROOT)
    need(states(at_root) == {CITY: "holds"}, f"who may not hold it is not named: {at_root}")
    register = dict(kind="register", id="R1", fiscal_year="2026", bgt_id="T1", ori_div_code=ROOT)
    tree[CITY].run("submit", "-", stdin=json.dumps(register).encode())
    trees.wait_until(lambda: receipt(tree[ROOT], "T1", ROOT).get("answered_by"), 30, "the answer")
    need(receipt(tree[ROOT], "T1", ROOT)["answered_by"] == "R1", "the receiver's answer is named")


def no_receipt(tree):
    code, out, err = tree[COUNTY].run("receipt", "NONE", check=False)
    need(code == 1 and "NONE" in err, f"{code} {err}")
    code, out, err = tree[CITY].run("receipt", "OFF", check=False)
    need(code == 1, "the document of another division")
    code, out, err = tree[ROOT].run("receipt", "T1", "--division", "nobody", check=False)
    need(code in (1, 2), f"{code} {err}")


def draft(base, build):
    """What waits for its checker has none yet."""
    tree = trees.Tree(os.path.join(base, "strict"), build=build, approval="required")
    try:
        node = tree.init_root(ROOT, "西藏自治区")
        node.run("user", "add", "maker", "--role", "maker")
        enter(node, "D1", as_user="maker")
        code, out, err = node.run("receipt", "D1", check=False)
        need(code == 1 and "waits" in err, f"{code} {err}")
    finally:
        tree.stop()


def prove(base, build):
    tree, relays = trees.Tree(os.path.join(base, "tree"), build=build), []
    try:
        tree.init_root(ROOT, "西藏自治区")
        tree.join(ROOT, CITY, "拉萨市")
        tree.join(CITY, COUNTY, "林周县", relays)
        cut_and_healed(tree, relays[0])
        from_above(tree)
        no_receipt(tree)
    finally:
        tree.stop()
    draft(base, build)
    print("receipts: who holds a document, by whose signature, the same at every level")


if __name__ == "__main__":
    trees.run_test("receipts", prove)
