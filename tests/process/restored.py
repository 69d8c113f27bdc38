"""restored - a city's home is put back from an old copy. It must not give a document a number that another
has already: once the region tells what it holds, the city stops, says why, and from then on only reads.

    python3 tests/process/restored.py --build build
"""
import argparse
import json
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
from kill_and_cut import Office  # noqa: E402

ROOT, CITY = "540000", "540100"


def need(holds, what):
    if not holds:
        raise trees.Failed(what)


def run_until_it_stops(city, office):
    """Starts it and submits, as long as it is there; its exit code."""
    try:
        city.start()
        office.submit(office.payments())
    except trees.Failed:
        pass  # it had stopped before it could be asked
    code, city.process = city.process.wait(timeout=trees.PATIENCE_S), None
    return code


def says_so(node):
    """Every answer of a node with a damaged store: first line, JSON and exit code. A file for a
    program has it beside the rows."""
    out = node.run("--json", "list", "allocate", check=False)[1]
    made = json.loads(out)["rows"][0]["id"]
    for command in ("balance", "balance --scope subtree", "report chain", "report execution",
                    "report reconcile", "report trial-balance", "list payment", f"get {made}",
                    f"trace {made}", "digest", "status", "pending", "get NONE", "user list",
                    "list allocate --limit 1"):
        code, out, err = node.run(*command.split(), check=False)
        first = (out or err).split("\n", 1)[0]
        need(code == 4, f"{command}: exit {code}: {out}{err}")
        need(first.startswith("DAMAGED: "), f"{command} begins with {first}")
        code, out, _ = node.run("--json", *command.split(), check=False)
        need(code == 4 and json.loads(out).get("damaged"), f"--json {command}: exit {code}: {out[:200]}")
    code, out, err = node.run("report", "chain", "--format", "csv", check=False)
    need(code == 4 and out.startswith("division,") and err.startswith("DAMAGED: "), f"csv: {out}{err}")
    code, out, _ = node.run("--json", "doctor", check=False)
    finding = [row for row in json.loads(out)["rows"] if row["check"] == "damage"]
    need(code == 1 and finding and finding[0]["state"] == "error" and finding[0]["cure"], f"doctor: {out}")
    need("goes on" not in out, f"doctor: {out}")


def prove(base, build):
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    try:
        root = tree.init_root(ROOT, "西藏自治区")
        city, _ = tree.join(ROOT, CITY, "拉萨市")
        office = Office(city, 1)
        office.prepare()
        tree.wait_equal_digests()
        city.end()
        shutil.copytree(city.home, city.home + ".old")
        city.start()
        office.ensure(office.payments())
        tree.wait_equal_digests()
        held = root.json("digest", "--division", CITY)
        city.end()

        shutil.rmtree(city.home)
        shutil.copytree(city.home + ".old", city.home)
        before = len(office.acknowledged)
        code = run_until_it_stops(city, office)
        need(code == 5 and "own_log_behind_peer" in city.log_tail(), f"it ended with {code}")
        city.start()
        need("store_damaged" in [a["code"] for a in city.status()["alarms"]], f"{city.status()['alarms']}")
        code = office.submit(office.payments())
        need(code == 5, f"submit at a node that only reads: exit {code}")
        need(len(office.acknowledged) == before, "an old copy took a document")
        says_so(city)
        code, out, _ = city.run("--json", "balance", check=False)
        need(code == 4 and json.loads(out)["rows"] != [], "reads go on")
        need(root.json("digest", "--division", CITY) == held, "the region's copy has changed")
        need(not [a for a in root.status()["alarms"] if a["code"] == "fork"], f"{root.status()['alarms']}")
    finally:
        tree.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terrace-restored-") as base:
        try:
            prove(base, args.build)
        except trees.Failed as failed:
            print(f"restored: {failed}", file=sys.stderr)
            return 1
    print("restored: an old copy took no new document; the region's copy stands")
    return 0


if __name__ == "__main__":
    sys.exit(main())
