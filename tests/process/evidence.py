"""evidence - what a log said above the place where it goes on again comes to its author, and stands once more after
his persons looked at it.

- A county signed two branches of its log; its city keeps the one that it holds. What the other one said is listed at
  the county (`terrace evidence`), offered as one post, approved, and held by everybody; each entry names what it
  stands for.
- A region and its city lose their disks in one night; the region's copy is older than the city's last transfers, which
  the county had answered. The county holds them and brings them; offered under the same id and content, what it
  answered fits, and is settled. What the city enters under the id of another one with another content does not fit, and
  is alarmed at both ends.

    python3 tests/process/evidence.py --build build
"""
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
from archive import configure, fetches, within_ten_seconds  # noqa: E402
from both_lost import the_region_first, then_the_city  # noqa: E402
from empty_disk import confirmed, read_listen  # noqa: E402
from forked import amount, branches, fork_alarms, put_back  # noqa: E402
from kill_and_cut import Office, document  # noqa: E402
from restored import need  # noqa: E402
from resync import work  # noqa: E402

ROOT, CITY, COUNTY = "540000", "540100", "540121"


def wait(condition, what):
    return trees.wait_until(condition, trees.PATIENCE_S, what)


def evidence(node, *states):
    """What stands in its own list, by id; with `states`, only those."""
    rows = node.json("evidence", node.division)["rows"]
    return {row["id"]: row for row in rows if not states or row["state"] in states}


def offer(node, wanted):
    """All of it as one post; each is entered, or waits for its checker."""
    answer = node.json("evidence", "--offer")
    need(not answer["left"] and sorted(row["id"] for row in answer["rows"]) == sorted(wanted), f"{answer}")
    refused = [row for row in answer["rows"] if row["status"] == "refused"]
    need(not refused, f"{refused}")
    need(not node.json("evidence", "--offer")["rows"], "it is offered twice")
    return answer["rows"]


def names_it(node, row):
    """The entry says which one it stands for."""
    entered = node.json("get", row["id"])
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
        rows = evidence(county, "to_offer")
        need(sorted(rows) == sorted(d["id"] for d in other), f"{len(rows)} of {len(other)} are listed")
        need(amount([dict(pay_app_amt=row["amount"]) for row in rows.values()]) == amount(other), "not what they said")
        offer(county, rows)
        for row in rows.values():
            names_it(county, row)
        need(set(evidence(county, "entered")) >= set(rows) and not evidence(county, "to_offer"), f"{evidence(county)}")
        all_agree(tree)
        for ident in (other[0]["id"], other[-1]["id"]):
            need(tree[ROOT].json("get", ident, "--division", COUNTY)["evidence_hash"] == rows[ident]["hash"], ident)
        need(office.submit(office.payments()) == 0, "the county takes documents again")
        need(office.submit(other[:3]) == 0, "handed in once more, it is there")
        all_agree(tree)
    except trees.Failed:
        tell_logs(tree)
        raise
    finally:
        tree.stop()


def prove(base, build):
    of_a_fork(base, build)


if __name__ == "__main__":
    trees.run_test("evidence", prove)
