"""record - makes from a run of eight real nodes what later versions are held against for ever: every block of every log,
two homes as this version leaves them, and what the nodes of these homes said to each other over one link.

    /usr/bin/python3 tests/process/record.py --build build --into tests/data/recorded/v3

Once for each version that goes out, before it does, beside the recordings of those before, which are never made again.
tests/data/recorded/README.md says what the files are and which tests read them.

    codes, budgets, transfers, payments ... (every example)     540000 540100 540121
    other keys, new ones without consent and confirmed, an end  540300 540302
    one of every kind again, as evidence (record_evidence.py)   540400 540402 540402100
    540000 and 540100 write while they do not hear each other; their homes are kept; then they meet, and it is noted
"""
import argparse
import base64
import io
import json
import lzma
import os
import sys
import tarfile
import tempfile

import examples
import record_evidence
from continuity import lose_keys
from examples import CITY, COUNTY, REGION, hand_in, need, trees
from foreign import blocks, loot
from foreign_client import messages
from node_api import Api
from second.region import split

OTHER_CITY, OTHER_COUNTY = "540300", "540302"
LEFT_OUT = ("LOG", "LOCK", "lock", "terrace.sock")  # of a home: nothing that a start needs
FORMAT = "terrace recorded 1"


def submit(node, *documents):
    lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in documents).encode()
    person = "li" if node.division in (REGION, CITY, COUNTY) else None
    _, out, err = node.run("submit", "-", stdin=lines, as_user=person, check=False)
    need([json.loads(line)["status"] for line in out.splitlines()] == ["accepted"] * len(documents), out + err)


def agency(number, year=2026):
    return dict(kind="agency", id=f"REC-{number}", fiscal_year=year, agency_code=f"9{number:05d}", agency_name=f"记录单位{number}")


def words_of_links(tree):
    """What no document says: other keys, an address, a recovery and its confirmation, an end."""
    region, city, other, county = tree[REGION], tree[CITY], tree[OTHER_CITY], tree[OTHER_COUNTY]
    city.run("endpoint", listens(city))
    submit(county, agency(1))
    county.run("rotate")
    trees.wait_until(lambda: county.status()["epoch"] == 2 and county.status()["rotation"] is None, 60, "new keys")
    submit(county, agency(2))
    tree.wait_equal_digests()
    lose_keys(other)
    token = region.json("invite", OTHER_CITY, "--recover")["token"]
    other.run("join", token, "--recover")
    other.start()
    submit(other, agency(3))
    record_evidence.confirmed(region, OTHER_CITY)
    tree.wait_equal_digests()
    region.run("revoke", OTHER_COUNTY, "--reason", "并入昌都市", "--yes")


def listens(node):
    with open(os.path.join(node.home, "config.yaml"), encoding="utf-8") as config:
        line = next(one for one in config if one.startswith("listen:"))
    return line.split(":", 1)[1].split("#")[0].strip().strip('"')


def story(tree):
    """One of everything."""
    for path, division, kind, rows in examples.files():
        for row in rows:
            examples.wait_for(tree[division], row)
        hand_in(tree[division], path, kind, rows)
    examples.figures_hold(tree)
    record_evidence.story(tree)
    words_of_links(tree)
    tree.wait_equal_digests()


def apart(tree):
    """What both write while they do not hear each other."""
    region, city, county = tree[REGION], tree[CITY], tree[COUNTY]
    for division in (OTHER_COUNTY, OTHER_CITY, *record_evidence.NAMES):
        tree[division].end()
    region.end()
    submit(county, agency(11), agency(12))
    submit(city, agency(13))
    trees.wait_until(lambda: city.digest(COUNTY)["digest"] == county.digest()["digest"], 60, "the city to hold its county's")
    county.end()
    city.end()
    region.start()
    for number in (14, 15):
        submit(region, dict(kind="element", id=f"REC-{number}", fiscal_year=2026, ele_catalog_code="fund_type",
                            ele_code=f"9{number}", ele_name="记录科目"))
    submit(region, agency(16))
    region.end()


def keep_home(node, path):
    """The files that a start needs, in one order, of nobody."""
    with lzma.open(path, "wb", preset=9) as packed, tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for folder, folders, files in os.walk(node.home):
            folders.sort()
            inside = os.path.relpath(folder, node.home)
            for name in [""] + sorted(files):
                if name and (name in LEFT_OUT or name.startswith("LOG.")):
                    continue
                info = tar.gettarinfo(os.path.join(folder, name) if name else folder,
                                      os.path.normpath(os.path.join(node.division, inside, name)))
                info.uid = info.gid = 0
                info.uname = info.gname = ""
                info.mtime = 0
                if name:
                    with open(os.path.join(folder, name), "rb") as file:
                        tar.addfile(info, io.BytesIO(file.read()))
                else:
                    tar.addfile(info)


def meet(tree, tap):
    """The region and the city are there again, and all that they say to each other is noted."""
    region, city = tree[REGION], tree[CITY]
    before = dict(tree.env)
    region.start()
    of_home = figures(region)
    tree.env.update(LD_PRELOAD=trees.preloadable(tree.base, os.path.join(tree.build, "lib", "frame_tap.so")), TERRACE_TAP=tap)
    city.start()
    tree.env.clear()
    tree.env.update(before)
    trees.wait_until(lambda: city.status()["confirmed"]["lsn"] == city.digest()["lsn"], 120, "the root to confirm")
    trees.wait_until(lambda: city.run("get", "REC-15", "--division", REGION, check=False)[0] == 0, 60, "the region's words")
    tree.wait_equal_digests()
    return of_home


def session(path):
    """The frames of the last connection, from its Hello on."""
    with open(path, "rb") as file:
        reader = blocks.Reader(file.read())
    frames = []
    while reader.at < len(reader.data):
        way = reader.take(1)
        at_ms, size = int.from_bytes(reader.take(8), "big"), int.from_bytes(reader.take(4), "big")
        frames.append({"from": CITY if way == b">" else REGION, "at_ms": at_ms,
                       "frame": base64.b64encode(reader.take(size)).decode()})
    return frames


def every_block(tree):
    """The grants that the root holds, and all blocks, in the order in which they came to it: a cause before its effect."""
    api = Api(os.path.join(tree[REGION].home, "terrace.sock"))
    grants, found, order = split(api.send("GET", "/grants").read()), [], {}
    for author in sorted(tree.nodes):
        found += split(api.send("GET", "/blocks", author=author).read())
    position, whole = 0, False
    while not whole:
        entries, position, whole = api.changes(position)
        for entry in entries:
            order.setdefault((entry["division"], entry["lsn"]), len(order))
    headers = {one: blocks.parse(one).header for one in found}
    return grants, sorted(found, key=lambda one: order[headers[one]["author"], headers[one]["first_lsn"]])


def numbered(whole):
    return len(whole).to_bytes(4, "big") + whole


def figures(node):
    """What a person reads, of a moment that stays: nothing in it ages."""
    return {"unapproved": {row["division"]: row["unapproved"]["count"] for row in node.json("status", "--tree")["rows"]},
            "balance": node.json("balance", "--scope", "subtree")["rows"],
            "chain": node.json("report", "chain")["rows"],
            "digests": {division: {key: node.digest(division)[key] for key in ("lsn", "digest")}
                        for division in sorted(node.tree.nodes)}}


def write(into, name, data):
    with open(os.path.join(into, name), "wb") as file:
        file.write(data)


def keep(tree, into, tap, of_home):
    grants, wholes = every_block(tree)
    region = tree[REGION]
    write(into, "figures.json", json.dumps({"home": of_home, "session": figures(region)}, ensure_ascii=False, indent=1,
                                           sort_keys=True).encode() + b"\n")
    write(into, "root.grant", grants[0])  # they stand in the order of divisions and epochs
    write(into, "all.blocks", b"terrace blocks 1\n" + b"".join(map(numbered, wholes)))
    lines, kinds = [], {}
    for block in map(blocks.parse, wholes):
        lines.append(f"{block.header['author']}\t{block.last_lsn()}\t{block.header['state_digest'].hex()}\n")
        for entry in block.entries:
            kinds[entry.kind, entry.format] = kinds.get((entry.kind, entry.format), 0) + 1
    write(into, "digests.tsv", "".join(lines).encode())
    frames = session(tap)
    write(into, "session.jsonl", "".join(json.dumps(one) + "\n" for one in frames).encode())
    version = region.json("status")["version"]
    keys = {division: bytes(loot.keys_of(tree[division].home, tree.env["TERRACE_PASSPHRASE"]).curve).hex()
            for division in (REGION, CITY)}
    write(into, "recorded.json", json.dumps({
        "format": FORMAT, "version": version, "passphrase": tree.env["TERRACE_PASSPHRASE"], "link_keys": keys,
        "region": REGION, "city": CITY, "divisions": sorted(tree.nodes),
        "kinds": [[kind, form, count] for (kind, form), count in sorted(kinds.items())]}, indent=1).encode() + b"\n")
    print(f"record: {len(lines)} blocks, {sum(kinds.values())} entries of {len(kinds)} kinds, {len(frames)} frames in {into}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    parser.add_argument("--into", required=True)
    args = parser.parse_args()
    into = os.path.abspath(args.into)
    if os.path.exists(into):
        sys.exit(f"record: {into} is there: what was recorded is not made again")
    with tempfile.TemporaryDirectory(prefix="terrace-record-") as base:
        messages(base)
        tree = examples.enrol(base, os.path.abspath(args.build))
        try:
            tree.join(REGION, OTHER_CITY, "昌都市")
            tree.join(OTHER_CITY, OTHER_COUNTY, "江达县")
            record_evidence.join(tree)
            story(tree)
            apart(tree)
            made = os.path.join(base, "recorded")
            os.mkdir(made)
            for division in (REGION, CITY):
                keep_home(tree[division], os.path.join(made, f"{division}.home.tar.xz"))
            tap = os.path.join(base, "tap")
            keep(tree, made, tap, meet(tree, tap))
            os.rename(made, into) if os.stat(base).st_dev == os.stat(os.path.dirname(into)).st_dev else copy(made, into)
        except trees.Failed as failed:
            sys.exit(f"record: {failed}")
        finally:
            tree.stop()


def copy(made, into):
    os.mkdir(into)
    for name in sorted(os.listdir(made)):
        with open(os.path.join(made, name), "rb") as file:
            write(into, name, file.read())


if __name__ == "__main__":
    main()
