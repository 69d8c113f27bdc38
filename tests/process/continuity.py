"""continuity - real daemons on four levels: a county that lost its keys and kept its log gets new ones
from its city. Its city counts them at once; region and township hold what it writes and make no figure
of it, until the region's persons confirm: before, after or never.

    python3 tests/process/continuity.py --build build
"""
import argparse
import json
import os
import re
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
import tree as trees  # noqa: E402

REGION, CITY, COUNTY, TOWNSHIP = "540000", "540100", "540121", "540121100"
CONFIRMER, SECOND = "known-to-zhuoma", "known-to-wangdui"


def need(holds, what):
    if not holds:
        raise trees.Failed(what)


def lines(*documents):
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in documents).encode()


def submit(node, *documents):
    _, out, err = node.run("submit", "-", stdin=lines(*documents), check=False)
    return [json.loads(line) for line in out.splitlines()] or err


def entered(node, *documents):
    for one in submit(node, *documents):
        need(one["status"] in ("accepted", "entered", "ok"), one)


def budget(number, amount="1000.00"):
    return dict(kind="budget", id=number, fiscal_year=2026, stage="reply", fund_type_code="111", amount=amount,
                approval_ref="1", approval_date="2026-01-22", exp_func_code="2010601")


def transfer(number, of):
    return dict(kind="transfer", id=number, fiscal_year=2026, ori_bgt_id=of, rec_div_code=TOWNSHIP, amount="100.00",
                cor_bgt_doc_no=number, tra_type_code="general", stage="formal", doc_title="1", doc_date="2026-02-10")


def register(number, of, **more):
    return dict(kind="register", id=number, fiscal_year=2026, bgt_id=of, ori_div_code=COUNTY, **more)


def has(node, number, division=COUNTY):
    """Is it part of that division's ledger here?"""
    return node.run("get", number, "--division", division, check=False)[0] == 0


def recovery(node, division=COUNTY):
    return next((row for row in node.json("confirm", "--list")["rows"] if row["division"] == division), None)


def is_alarmed(node, division=COUNTY):
    return any(alarm["code"] == "epoch_unconfirmed" and alarm["division"] == division for alarm in node.status()["alarms"])


def boards(node, division=COUNTY):
    """What each board of a node that has this division below it says of keys that nobody confirmed."""
    row = next(row for row in node.json("status", "--tree")["rows"] if row["division"] == division)
    of_all = {"status": node.status(), "tree": row, "own": node.json("report", "chain", "--division", division),
              "chain": node.json("report", "chain"), "execution": node.json("report", "execution", "--scope", "subtree")}
    return {name: next((one for one in board["unconfirmed"] if one["division"] == division), None)
            for name, board in of_all.items()}


def says_so(node, division=COUNTY, **want):
    """They all say the same, and in words; the figures are those that `figures` had."""
    said = boards(node, division)
    for name, one in said.items():
        need(one is not None and all(one[key] == value for key, value in want.items()), (name, one, want))
        need(one["since"] == said["status"]["since"] and one["oldest"] == said["status"]["oldest"], said)
    for words in (("status",), ("status", "--tree"), ("report", "chain")):
        shown = node.run("--lang", "en", *words, check=False)[1]
        need(("UNCONFIRMED" if want["state"] != "node_key" else "BY A KEY") in shown and division in shown, shown)
    return said["status"]


def figures(node, division=COUNTY):
    """Of its ledger here."""
    return node.digest(division), node.json("balance", "--division", division)["rows"]


def four_levels(tree):
    region = tree.init_root(REGION, "西藏自治区")
    city, _ = tree.join(REGION, CITY, "拉萨市")
    county, _ = tree.join(CITY, COUNTY, "林周县")
    township, _ = tree.join(COUNTY, TOWNSHIP, "甘丹曲果镇")
    for name, kind in (("01-element.csv", "element"), ("02-agency.csv", "agency")):
        region.run("submit", os.path.join(ROOT, "configs", "pilot", REGION, name), "--kind", kind)
    trees.wait_until(lambda: submit(county, budget("B1"))[0]["status"] != "refused", 60, "the codes to arrive")
    entered(county, transfer("T1", "B1"))
    for node in (region, city):
        trees.wait_until(lambda: has(node, "T1"), 60, f"{node.division} to fold T1")
    trees.wait_until(lambda: has(township, "T1"), 60, "the township to hear of T1")
    return region, city, county, township


def lose_keys(node):
    """Its identity key; the one of its links is there, and those below know it."""
    node.end()
    os.unlink(os.path.join(node.home, "keys", "identity.key"))


def recover(city, county):
    code, _, said = city.run("--lang", "en", "invite", county.division, "--name", "林周县", check=False)
    need(code == 1 and "--recover" in said, said)
    token = city.json("invite", county.division, "--recover")["token"]
    code, _, said = county.run("--lang", "en", "join", token, check=False)
    need(code != 0, "a home that is there was made anew")
    said = county.run("--lang", "en", "join", token, "--recover")[1]
    key = re.search(r"node's key +((?:[0-9A-F]{4} ?){8})", said)
    need(key is not None, f"what is read out where somebody confirms it: {said}")
    code, _, said = county.run("--lang", "en", "join", token, "--recover", check=False)
    need(code == 1, f"a token that is spent: {said}")
    county.start()
    for shown in (county.run("--lang", "en", "doctor", check=False)[1], recovery(city, county.division)["fingerprint"]):
        need(key.group(1).strip() in shown, f"not the key {key.group(1)}: {shown}")


def waits(node, documents, division=COUNTY):
    """Held and passed on, and no figure made of it."""
    trees.wait_until(lambda: recovery(node, division) and recovery(node, division)["waiting"]["documents"] >= documents,
                     120, f"{node.division} to hold what waits")
    row = recovery(node, division)
    need(row["epoch"] == 2 and row["granter"] == CITY and row["by"] == REGION and not row["counts"], row)
    need(row["cut_off"]["documents"] == 0 and row["fingerprint"] != row["former_fingerprint"], row)
    need(is_alarmed(node, division), node.status()["alarms"])
    return says_so(node, division, state="waits", epoch=2, by=REGION)


def a_county_without_its_keys(tree):
    region, city, county, township = four_levels(tree)
    before = figures(region)
    lose_keys(county)
    region.end()  # away, as it may be for weeks
    recover(city, county)
    entered(county, budget("B2"), transfer("T2", "B2"))
    trees.wait_until(lambda: has(city, "T2"), 120, "the granter to count it at once")
    trees.wait_until(lambda: has(township, "T2"), 120, "the township to hear of T2")
    need(recovery(city)["counts"] and not recovery(city)["here"], recovery(city))
    says_so(city, state="counts_here", by=REGION)
    need(is_alarmed(township), township.status()["alarms"])
    entered(township, register("R1", "T1"))  # issued before
    said = submit(township, register("R2", "T2"))[0]
    need(said["status"] == "refused" and said["reason"] == "issuer_unconfirmed", said)
    entered(township, register("R2", "T2", unconfirmed="1"))

    region.start()
    held = waits(region, 2 + 1)  # B2, T2 and the settle of T1
    need(held["entries"] >= 3, held)
    need(figures(region) == before, "a figure moved")
    need(has(region, "T1") and not has(region, "B2") and not has(region, "T2"), "figures were made of what waits")
    region.end()
    region.start()
    need(is_alarmed(region) and not has(region, "B2"), "a restart confirmed it")
    code, _, said = city.run("--lang", "en", "confirm", COUNTY, "--yes", check=False)
    need(code == 1 and REGION in said, said)
    code, _, said = region.run("--lang", "en", "confirm", CITY, "--yes", check=False)
    need(code == 1 and "No new keys" in said, said)
    region.run("confirm", COUNTY, "--yes", "--reason", "电话核对")
    for node in (region, city, township):
        trees.wait_until(lambda: recovery(node) is None and not is_alarmed(node), 120, f"{node.division} to hear of it")
    trees.wait_until(lambda: has(region, "T2"), 120, "the region to fold what waited")
    for node in (region, city):
        says_so(node, state="node_key", by=REGION, entries=0)  # it has no persons, and so it stays said
    entered(county, transfer("T3", "B2"))
    trees.wait_until(lambda: has(township, "T3"), 120, "T3")
    entered(township, register("R3", "T3"))
    tree.wait_equal_digests()
    for node in (region, city, county, township):
        node.end()
        node.start()
    tree.wait_equal_digests()
    for node in (region, city, county, township):
        node.run("verify", "--deep")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terrace-continuity-") as base:
        for number, (story, approval) in enumerate(((a_county_without_its_keys, "none"),)):
            tree = trees.Tree(os.path.join(base, str(number)), args.build, approval=approval)
            try:
                story(tree)
                print(f"continuity: {story.__name__.replace('_', ' ')}: ok")
            finally:
                tree.stop()


if __name__ == "__main__":
    main()
