"""evidence_offered - what a log said above the place where it goes on, where two persons enter it again, and where it has
a long way home.

- Payments of a county take two persons. Of the branch that is not kept each payment waits for its checker once it is
  offered: one is approved, one sent back, one refused by the rules, as the money is spent by then. The county says
  of both who said no, when and why, and its log has an event of each; what its maker takes back is offered again. A draft
  of former keys is his to submit again.
- A county writes past its dead city to the region, and then is put back to a copy of before without its keys, while the region
  is away; its city gives it new ones at what both hold. What the region alone holds of the former log is brought to the city, and by the city to the county.

    python3 tests/process/evidence_offered.py --build build [--only persons|hops]
"""
import argparse
import json
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
from continuity import lose_keys  # noqa: E402
from empty_disk import confirmed  # noqa: E402
from evidence import CITY, COUNTY, ROOT, all_agree, evidence, names_it, offer, tell_logs, wait  # noqa: E402
from forked import branches, fork_alarms  # noqa: E402
from kill_and_cut import Office, document  # noqa: E402
from restored import need  # noqa: E402

MAKER, CHECKER = "li", "wang"


def events(node, name):
    return [event for event in node.events() if event["event"] == name]


# --- two persons ---

def payment(name, money):
    return document("payment", name, bgt_id="AL", pay_app_amt=money, payee_acct_name="强嘎合作社", payee_acct_no="62280001",
                    payee_acct_bank_name="农业银行", use_des="办公用品")


def hand_in(node, *documents):
    lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in documents).encode()
    out = node.run("submit", "-", "--as", MAKER, stdin=lines, check=False)[1]
    return [json.loads(line)["status"] for line in out.splitlines()]


def pays(node, *documents):
    need(hand_in(node, *documents) == ["draft"] * len(documents), "a payment takes two persons")
    node.run("approve", *(one["id"] for one in documents), "--as", CHECKER)


def grow(base, build):
    """A county of a maker and a checker, with 100 to spend."""
    tree = trees.Tree(os.path.join(base, "persons"), build=build)
    tree.init_root(ROOT, "西藏自治区")
    tree.join(ROOT, CITY, "拉萨市")
    tree.approval = "payment"
    county, _ = tree.join(CITY, COUNTY, "林周县")
    for name, role in ((MAKER, "maker"), (CHECKER, "checker")):
        county.run("user", "add", name, "--role", role)
    need(hand_in(county, document("agency", "A1", agency_code="105001", agency_name="教育局"),
                 document("budget", "BG", stage="reply", fund_type_code="111", amount="900.00", approval_ref="人大〔2026〕1号"),
                 document("allocate", "AL", ori_bgt_id="BG", agency_code="105001", amount="100.00"),
                 document("release", "RL", bgt_id="AL", cor_bgt_doc_no="财预〔2026〕1号")) == ["accepted"] * 4, "the line")
    tree.wait_equal_digests()
    return tree


def two_branches(tree):
    """The city holds that 50 are paid; the other branch says 10, 5 and 80, and has a draft of 1."""
    city, county = tree[CITY], tree[COUNTY]
    county.end()
    shutil.copytree(county.home, county.home + ".old")
    county.start()
    pays(county, payment("KEPT", "50.00"))
    tree.wait_equal_digests()
    city.end()
    county.end()
    shutil.rmtree(county.home)
    os.rename(county.home + ".old", county.home)
    county.start()
    pays(county, payment("P10", "10.00"), payment("P5", "5.00"), payment("P80", "80.00"))
    hand_in(county, payment("P1", "1.00"))
    city.start()
    wait(lambda: fork_alarms(city), "the city alarms the fork")
    city.run("fork", COUNTY, "--keep", branches(city)[0]["hash"], "--yes")
    confirmed(tree[ROOT], COUNTY)
    wait(lambda: evidence(county, "to_offer"), "the other branch is listed")


def offered(county, *wanted):
    answer = county.json("evidence", "--offer", "--as", MAKER)
    need([(row["id"], row["status"]) for row in answer["documents"]] == [(one, "draft") for one in wanted], f"{answer}")
    need(sorted(evidence(county, "draft")) == sorted(wanted), "they wait for a checker")


def is_told(county, ident, state, by, why):
    row = evidence(county, state)[ident]
    no = row["refusal"]
    need((no["checker"], no["maker"]) == (by, MAKER) and no["time"] and why in (no["reason"], no["message"]), f"{row}")
    in_english = next(one for one in county.json("--lang", "en", "evidence")["rows"] if one["id"] == ident)["refusal"]["message"]
    said = county.run("--lang", "en", "evidence")[1]
    need(any(line.startswith(f"{ident}: {by} said no at ") and line.endswith(in_english) for line in said.splitlines()), said)
    event, = [one for one in events(county, "evidence.refused") if one["id"] == ident]
    need((event["by"], event["maker"], event["state"], event["lsn"]) == (by, MAKER, state, row["lsn"]), f"{event} for {row}")


def of_two_persons(base, build):
    tree = grow(base, build)
    county = tree[COUNTY]
    try:
        two_branches(tree)
        rows = evidence(county)
        need({row["id"]: row["state"] for row in rows.values()} ==
             {"P10": "to_offer", "P5": "to_offer", "P80": "to_offer", "P1": "draft_over"}, f"{rows}")
        need((rows["P1"]["epoch"], rows["P1"]["lsn"]) == (1, 0) and not [row for row in rows.values() if row["refusal"]], f"{rows}")
        offered(county, "P10", "P5", "P80")
        code, out, _ = county.run("approve", "P10", "--as", MAKER, check=False)
        need(code == 1, f"its maker approves it: {out}")
        county.run("approve", "P10", "--as", CHECKER)
        names_it(county, rows["P10"])
        county.run("reject", "P5", "--reason", "此笔已退款", "--as", CHECKER)
        is_told(county, "P5", "rejected", CHECKER, "此笔已退款")
        county.run("approve", "P80", "--as", CHECKER, check=False)
        is_told(county, "P80", "refused", CHECKER, "exceeds_available")
        need(not county.json("evidence", "--offer", "--as", MAKER)["documents"], "what its persons said no to is offered again")
        county.run("withdraw", "P5", "--as", MAKER)
        offered(county, "P5")
        county.run("approve", "--batch", "evidence", "--as", CHECKER, "--yes")
        names_it(county, rows["P5"])
        need(hand_in(county, payment("P1", "1.00")) == ["draft"], "a draft of former keys is submitted again")
        county.run("approve", "P1", "--as", CHECKER)
        need({row["id"]: row["state"] for row in evidence(county).values()} == {"P10": "entered", "P5": "entered", "P80": "refused"},
             f"{evidence(county)}")
        need([(one["by"], one["documents"]) for one in events(county, "evidence.offered")] == [(MAKER, 3), (MAKER, 0), (MAKER, 1)],
             f"{events(county, 'evidence.offered')}")
        all_agree(tree)
    except trees.Failed:
        tell_logs(tree)
        raise
    finally:
        tree.stop()


# --- two hops ---

def past_the_city(tree, office):
    """What only the region and the county hold, and not a copy of the county's home."""
    region, city, county = tree[ROOT], tree[CITY], tree[COUNTY]
    county.end()
    shutil.copytree(county.home, county.home + ".old")
    county.start()
    city.end()
    lost = office.payments()[:4]
    office.ensure(lost)
    wait(lambda: region.digest(COUNTY) == county.digest(), "the region to serve the county")
    return lost


def let_in_without_the_region(tree):
    """The county has the copy and no keys, and its city knows of nothing more."""
    region, city, county = tree[ROOT], tree[CITY], tree[COUNTY]
    region.end()
    county.kill()
    shutil.rmtree(county.home)
    os.rename(county.home + ".old", county.home)
    lose_keys(county)
    city.start()
    county.run("join", city.json("invite", COUNTY, "--recover")["token"], "--recover")
    county.start()


def of_two_hops(base, build):
    tree = trees.Tree(os.path.join(base, "hops"), build=build)
    try:
        region = tree.init_root(ROOT, "西藏自治区")
        city, _ = tree.join(ROOT, CITY, "拉萨市")
        county, _ = tree.join(CITY, COUNTY, "林周县")
        county.limit(parent_away_ms=1000)
        county.end()
        county.start()
        office = Office(county, 1)
        office.prepare()
        tree.wait_equal_digests()
        lost = past_the_city(tree, office)
        let_in_without_the_region(tree)
        wait(lambda: county.run("digest", check=False)[0] == 0, "the county has what its city held")
        need(office.submit(office.payments()[:1]) == 0, "it goes on")
        need(not city.json("evidence", COUNTY)["rows"], "the city has evidence before the region is back")
        region.start()
        confirmed(region, COUNTY)
        wanted = sorted(one["id"] for one in lost)
        wait(lambda: sorted(evidence(county, "to_offer")) == wanted, "what the region held comes to the county by its city")
        for node in (region, city):
            rows = node.json("evidence", COUNTY)["rows"]
            need(sorted(row["id"] for row in rows if row["state"] == "to_offer") == wanted, f"{node.division}: {rows}")
        need([event["peer"] for event in events(city, "evidence.brought")][:1] == [ROOT] and
             {event["peer"] for event in events(county, "evidence.brought")} == {CITY}, "not hop by hop")
        rows = evidence(county, "to_offer")
        offer(county, rows)
        for row in rows.values():
            names_it(county, row)
        all_agree(tree)
    except trees.Failed:
        tell_logs(tree)
        raise
    finally:
        tree.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    parser.add_argument("--only", choices=("persons", "hops"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terrace-evidence-offered-") as base:
        try:
            if args.only != "hops":
                of_two_persons(base, os.path.abspath(args.build))
            if args.only != "persons":
                of_two_hops(base, os.path.abspath(args.build))
        except trees.Failed as failed:
            sys.exit(f"evidence_offered: {failed}")
    print("evidence_offered: two persons say yes or no to each, which is told; and what the region alone held came home")


if __name__ == "__main__":
    main()
