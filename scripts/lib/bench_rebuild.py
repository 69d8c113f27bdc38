"""How long a county is away whose disk is gone, from the start of the empty machine to its first answer with all
of its figures. See scripts/bench."""
import json
import os
import shutil
import time

import tree as trees

CITY, COUNTY = "540100", "540121"


def held(node):
    """Its digest, once no answer lacks anything any more."""
    code, out, _ = node.run("--json", "digest", check=False)
    return json.loads(out) if code == 0 else None


def watch(node):
    """What `terrace resync` says while it lasts: entries, speed, time left."""
    code, out, _ = node.run("--json", "resync", check=False)
    return json.loads(out) if code == 4 and '"state"' in out else None


def rebuild(tree, run, documents, indicators):
    """Posts of 1,000, approved by two; then an empty machine in the county's place."""
    county, city = tree[COUNTY], tree[CITY]
    while county.json("digest")["lsn"] < documents:
        run(tree, "load", "hops", "--socket", os.path.join(county.home, "terrace.sock"), "--seconds", 2,
            "--indicators", indicators, "--maker", "maker", "--checker", "checker")
    tree.wait_equal_digests(600)
    before = county.json("digest")
    county.end()
    shutil.rmtree(county.home)
    token = city.json("invite", COUNTY, "--recover")["token"]
    county.enrol(token)
    began, said = time.monotonic(), []
    county.start()

    def whole():
        said.append(watch(county))
        return held(county) == before
    trees.wait_within(whole, 600, "the county to be whole again", step=0.2)
    took = time.monotonic() - began
    told = [one for one in said if one]
    fetched = [one for one in told if one["state"] == "waiting" or one["lsn"] == before["lsn"]]
    return {"entries": before["lsn"], "seconds": round(took, 1), "entries_per_s": round(before["lsn"] / took),
            "seen_while_fetching": len(told) - len(fetched),
            "most_bytes_a_second": max([one["bytes_second"] for one in told], default=0)}
