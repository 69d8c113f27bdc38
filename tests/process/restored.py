"""restored - a city's home is put back from an old copy, and its note says so, while the region is away. It
must not give a document a number that another has already: it only reads, and every answer says so. Once
the region is there it fetches what it lacks, is granted keys made here, dies before its note is gone, and goes
on with the same keys.

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


def digest_of(node):
    """None of one that is damaged, or is opened anew at this moment."""
    code, out, _ = node.run("--json", "digest", check=False)
    return json.loads(out) if code == 0 else None


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
    finding = [row for row in json.loads(out)["rows"] if row["check"] == "resync"]
    need(code == 1 and finding and finding[0]["state"] == "error" and finding[0]["cure"], f"doctor: {out}")
    need(not any("goes on" in row["what"] for row in json.loads(out)["rows"]), f"doctor: {out}")


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

        root.end()
        shutil.rmtree(city.home)
        shutil.copytree(city.home + ".old", city.home)
        with open(os.path.join(city.home, "resync"), "w") as note:
            note.write("resync_restored\x1fwhen=2026-03-01\x1fcopy=backup")
        before = len(office.acknowledged)
        plain = tree.env
        tree.env = dict(plain, TERRACE_DIE_ON=os.path.join(city.home, "resync"),
                        LD_PRELOAD=trees.preloadable(base, os.path.join(tree.build, "lib", "key_steps.so")))
        city.start()
        tree.env = plain
        need("store_damaged" in [a["code"] for a in city.status()["alarms"]], f"{city.status()['alarms']}")
        code = office.submit(office.payments())
        need(code == 5, f"submit at a node that only reads: exit {code}")
        need(len(office.acknowledged) == before, "an old copy took a document")
        says_so(city)
        code, out, _ = city.run("--json", "balance", check=False)
        need(code == 4 and json.loads(out)["rows"] != [], "reads go on")
        root.start()
        trees.wait_until(lambda: city.process.poll() == -9, trees.PATIENCE_S, "its end before the note goes")
        city.process = None
        city.start()
        trees.wait_until(lambda: digest_of(city) == held, trees.PATIENCE_S,
                         "the city has fetched what it lacks")
        need(root.json("digest", "--division", CITY) == held, "the region's copy has changed")
        need(city.status()["epoch"] == 2, f"keys were made more than once: epoch {city.status()['epoch']}")
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
    print("restored: an old copy took no new document, and is whole again")
    return 0


if __name__ == "__main__":
    sys.exit(main())
