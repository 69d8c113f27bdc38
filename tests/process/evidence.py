"""evidence - what a log said above the place where it goes on again comes to its author, and stands once more after
his persons looked at it.

- A county signed two branches of its log; its city keeps the one that it holds. What the other one said is listed at
  the county (`terrace evidence`), offered as one post, approved, and held by everybody; each entry names what it
  stands for.
- A region and its city lose their disks in one night; the region's copy is older than the city's last transfers, which
  the county had answered. The county holds them and brings them; offered under the same id and content, what it
  answered fits, and is settled. What the city enters under the id of another one with another content does not fit, and
  is alarmed at both ends.

    python3 tests/process/evidence.py --build build [--only fork|disk]
"""
import argparse
import json
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
from archive import within_ten_seconds  # noqa: E402
from both_lost import the_region_first, then_the_city, three_offices  # noqa: E402
from empty_disk import confirmed, read_listen  # noqa: E402
from forked import amount, branches, fork_alarms, put_back  # noqa: E402
from kill_and_cut import BATCH as PAYMENTS, Office, document  # noqa: E402
from restored import need  # noqa: E402

ROOT, CITY, COUNTY = "540000", "540100", "540121"
DAMAGED = 4  # the code of a command whose answer rests on what is fetched or folded still


def wait(condition, what):
    return trees.wait_until(condition, trees.PATIENCE_S, what)


def get(node, ident, *more):
    """As it is once all is folded."""
    wait(lambda: node.run("get", ident, *more, check=False)[0] != DAMAGED, f"{ident} at {node.division}")
    return node.json("get", ident, *more)


def evidence(node, *states):
    """What stands in its own list, by id; with `states`, only those. Nothing while it still fetches its log."""
    code, out, err = node.run("--json", "evidence", node.division, check=False)
    need(code in (0, DAMAGED), f"evidence: {code} {out} {err}")
    rows = json.loads(out)["rows"] if code == 0 else []
    return {row["id"]: row for row in rows if row["kind"] and (not states or row["state"] in states)}


def missing(node):
    """Up to where nobody has brought what stood there, by where it begins."""
    return {row["lsn"]: row["last_lsn"] for row in node.json("evidence", node.division)["rows"] if row["state"] == "missing"}


def offer(node, wanted):
    """All of it as one post; each is entered, or waits for its checker."""
    answer = node.json("evidence", "--offer")
    need(not answer["left"] and sorted(row["id"] for row in answer["documents"]) == sorted(wanted), f"{answer}")
    refused = [row for row in answer["documents"] if row["status"] == "refused"]
    need(not refused, f"{refused}")
    need(not node.json("evidence", "--offer")["documents"], "it is offered twice")
    return answer["documents"]


def names_it(node, row):
    """The entry says which one it stands for."""
    entered = get(node, row["id"])
    need((int(entered["evidence_epoch"]), int(entered["evidence_lsn"]), entered["evidence_hash"]) ==
         (row["epoch"], row["lsn"], row["hash"]), f"{entered} for {row}")


def all_agree(tree):
    tree.wait_equal_digests()
    for node in tree.nodes.values():
        code, out, err = node.run("verify", "--deep", check=False)
        need(code == 0, f"{node.division}: {out}{err}")


def tell_logs(tree):
    for node in tree.nodes.values():
        print(f"--- {node.division}\n{node.log_tail(2500)}", file=sys.stderr)


# --- a fork ---

def fork(tree, office):
    """Two branches; the county's own one, five posts long, is not kept. Its documents."""
    root, city, county = (tree[code] for code in (ROOT, CITY, COUNTY))
    lost = put_back(county, office)
    tree.wait_equal_digests()
    city.end()
    county.end()
    shutil.rmtree(county.home)
    shutil.copytree(county.home + ".old", county.home)
    county.start()
    other = [d for _ in range(5) for d in office.payments()]
    need(office.submit(other) == 0, "a county alone works on")
    city.start()
    for node in (city, root):
        wait(lambda node=node: fork_alarms(node), f"{node.division} alarms the fork")
    here, _ = branches(city)
    city.run("fork", COUNTY, "--keep", here["hash"], "--yes")
    confirmed(root, COUNTY)
    wait(lambda: "store_damaged" not in [a["code"] for a in county.status()["alarms"]], "the county goes on")
    for document_ in lost:
        county.json("get", document_["id"])
    return other


def of_a_fork(base, build):
    tree = trees.Tree(os.path.join(base, "fork"), build=build)
    try:
        tree.init_root(ROOT, "西藏自治区")
        tree.join(ROOT, CITY, "拉萨市")
        county, _ = tree.join(CITY, COUNTY, "林周县")
        office = Office(county, 1)
        office.prepare()
        tree.wait_equal_digests()
        need(not county.json("evidence")["rows"], "there is evidence before anything happened")
        other = fork(tree, office)
        rows = wait(lambda: evidence(county, "to_offer"), "the other branch is listed")
        need(sorted(rows) == sorted(d["id"] for d in other), f"{len(rows)} of {len(other)} are listed")
        need(amount([dict(pay_app_amt=row["amount"]) for row in rows.values()]) == amount(other), "not what they said")
        offer(county, rows)
        for row in rows.values():
            names_it(county, row)
        need(set(evidence(county, "entered")) >= set(rows) and not evidence(county, "to_offer"), f"{evidence(county)}")
        all_agree(tree)
        for ident in (other[0]["id"], other[-1]["id"]):
            need(get(tree[ROOT], ident, "--division", COUNTY)["evidence_hash"] == rows[ident]["hash"], ident)
        need(office.submit(office.payments()) == 0, "the county takes documents again")
        need(office.submit(other[:3]) == 0, "handed in once more, it is there")
        all_agree(tree)
    except trees.Failed:
        tell_logs(tree)
        raise
    finally:
        tree.stop()


# --- a lost disk ---

def transfer(name, money):
    return document("transfer", name, ori_bgt_id="BG1", tra_type_code="general", rec_div_code=COUNTY, amount=money,
                    stage="formal", cor_bgt_doc_no="财指〔2026〕9号")


def answered(city, county):
    """Behind the copy: payments, which no county hears of; two transfers that the county registers, and one that it
    does not."""
    city.ensure(city.payments())
    city.ensure([transfer("X1", "700.00"), transfer("X2", "80.00"), transfer("X3", "9.00")])
    wait(lambda: county.node.run("get", "X3", "--division", CITY, check=False)[0] == 0, "they are at the county")
    county.ensure([document("register", f"RG{n}", bgt_id=f"X{n}", ori_div_code=CITY) for n in (1, 2)])


def lose_both(tree, base, archive, offices):
    """The region's copy is older than the city's last transfers, and the city's disk goes with the region's."""
    region, city, county = (office.node for office in offices)
    copies = os.path.join(base, "copies")
    region.run("backup", copies)
    in_copy = city.digest()
    offices[0].ensure(offices[0].payments())
    answered(offices[1], offices[2])
    tree.wait_equal_digests()
    within_ten_seconds(region, archive, "before both are lost")
    held, listen = region.digest(), read_listen(city)
    for node in (region, city):
        node.kill()
        shutil.rmtree(node.home)
    the_region_first(region, copies, archive, held)
    then_the_city(region, city, county, listen, in_copy)
    confirmed(region, CITY)


def is_breach(node, ident):
    return any("edge_differs" in line and f"id={ident} " in line for line in node.log_tail(1 << 20).splitlines())


def state(node, author, ident):
    code, out, _ = node.run("--json", "get", ident, "--division", author, check=False)
    return json.loads(out)["state"] if code == 0 else None


def of_a_disk(base, build):
    tree = trees.Tree(os.path.join(base, "disk"), build=build)
    archive = os.path.join(base, "archive")
    os.makedirs(archive)
    try:
        offices = three_offices(tree, archive)
        region, city, county = (office.node for office in offices)
        lose_both(tree, base, archive, offices)
        wait(lambda: {"X1", "X2", "X3"} <= set(evidence(city, "to_offer")), "the county brings what it holds to the city")
        rows = evidence(city, "to_offer")
        need(rows["X1"]["amount"] == "700.00", f"{rows}")
        lost = missing(city)
        need([last for first, last in lost.items() if last < rows["X1"]["lsn"] and last - first + 1 >= PAYMENTS],
             f"payments that nobody has brought are not told as missing: {lost}")
        need(city.submit_lines([transfer("X2", "81.00")])[0]["status"] == "accepted", "another one under a free id")
        need(evidence(city, "differs")["X2"]["lsn"] == rows["X2"]["lsn"], f"{evidence(city)}")
        offer(city, sorted(set(rows) - {"X2"}))
        names_it(city, rows["X1"])
        wait(lambda: state(city, CITY, "X1") == "registered", "what the county answered is settled")
        wait(lambda: state(county, CITY, "X3") == "issued", "what nobody answered waits at the county again")
        county.submit_lines([document("register", "RG3", bgt_id="X3", ori_div_code=CITY)])
        wait(lambda: state(city, CITY, "X3") == "registered", "it is answered and settled")
        for node in (city, county):
            wait(lambda node=node: is_breach(node, "X2"), f"{node.division} to be told that X2 is another one")
        need(missing(city) == lost, f"what is missing stays so: {missing(city)}")
        all_agree_but_for("X2", tree)
    except trees.Failed:
        tell_logs(tree)
        raise
    finally:
        tree.stop()


def all_agree_but_for(ident, tree):
    tree.wait_equal_digests()
    for node in tree.nodes.values():
        code, out, err = node.run("verify", "--deep", check=False)
        need(code == 0 or ident in out + err, f"{node.division}: {out}{err}")
        need("X1" not in out + err and "X3" not in out + err, f"{node.division}: {out}{err}")
    for node in tree.nodes.values():  # what two logs say otherwise is no damage of a store
        need("store_damaged" not in [alarm["code"] for alarm in node.status()["alarms"]], f"{node.division}: {node.status()['alarms']}")
    for node in tree.nodes.values():
        need(node.end() == 0 and not [event for event in node.events() if event["event"] == "again"], f"{node.division} did not end well")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    parser.add_argument("--only", choices=("fork", "disk"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terrace-evidence-") as base:
        try:
            if args.only != "disk":
                of_a_fork(base, os.path.abspath(args.build))
            if args.only != "fork":
                of_a_disk(base, os.path.abspath(args.build))
        except trees.Failed as failed:
            sys.exit(f"evidence: {failed}")
    print("evidence: the other branch of a fork, and what a county held of a city's lost log, stand again")


if __name__ == "__main__":
    main()
