"""resync - a county's store is put back from a copy taken 200 entries ago. Without hands it fetches from its
city what it lacks, and goes on once it is whole: the same digest at county, city and region, no document
lost and none twice. It took nothing meanwhile, and said so; nor before the city had answered at all. Where its
city is away, files of blocks bring what is missing, one that was altered is named, and a person goes on without
the city.

    python3 tests/process/resync.py --build build [--only first]
"""
import argparse
import datetime
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
from kill_and_cut import Office  # noqa: E402
from node_api import Api  # noqa: E402
from restored import digest_of, need  # noqa: E402

ROOT, CITY, COUNTY, NEW = "540000", "540100", "540121", "540103"
PARENT_S = 3  # so long a node that was started waits for its parent before it goes on alone (node/core/turn.c)
FIRST_TRIES = 8


def wait_whole(node):
    """Its answers lack the word that its store is damaged."""
    trees.wait_until(lambda: any(e["event"] == "resync.begun" for e in node.events()) and digest_of(node),
                     trees.PATIENCE_S, f"{node.division} to be whole again")


def put_back(node):
    """The newest copy in the place of the home; the home goes."""
    shutil.rmtree(node.home)
    shutil.copytree(node.home + ".old", node.home)


def store_opened(node):
    """When the process that runs opened its store, as RocksDB says in its LOG; the node begins behind that."""
    with open(os.path.join(node.home, "store", "LOG"), encoding="utf-8", errors="replace") as log:
        return datetime.datetime.strptime(log.readline().split()[0], "%Y/%m/%d-%H:%M:%S.%f")


def writes_nothing_first(node, office):
    """Nobody is where its parent was: until PARENT_S are over it takes no document, since it cannot know yet which
    numbers others have already. What it writes afterwards, or where a start is too slow to ask within that time, is no
    matter. True when it could be asked."""
    put_back(node)
    node.parent_endpoint(f"tcp://127.0.0.1:{trees.free_port()}")
    node.start()
    asked = datetime.datetime.now()
    answer = node.submit_lines([dict(office.payments()[0], id="EARLY")])
    opened = store_opened(node)
    took = (datetime.datetime.now() - opened).total_seconds()
    node.kill()
    need(took >= PARENT_S or not any(line["status"] == "accepted" for line in answer),
         f"{node.division} took a document {took:.1f} s after its start, before its parent had answered")
    return (asked - opened).total_seconds() < PARENT_S - 1


def nothing_is_missing(tree, offices):
    """Every level agrees, each acknowledged document is there once, and all that is held is sound."""
    tree.wait_equal_digests()
    for office in offices:
        again = office.submit_again()
        need(again and all(line["status"] == "exists" for line in again),
             f"{office.node.division}: {[line for line in again if line['status'] != 'exists'][:3]}")
    for node in tree.nodes.values():
        code, out, err = node.run("verify", "--deep", check=False)
        need(code == 0, f"{node.division}: {out}{err}")
        wrong = [a["code"] for a in node.status()["alarms"] if a["code"] in ("fork", "false_claim", "lost_tail", "corrupt")]
        need(not wrong, f"{node.division} alarms {wrong}")


def offices_of(tree):
    city, county = Office(tree[CITY], 1), Office(tree[COUNTY], 2)
    city.below, county.issuers = [county], [city]
    for office in (city, county):
        office.prepare()
    return city, county


def work(city, county):
    """Payments of the county, and transfers to it that it answers: some 200 entries of its log."""
    for _ in range(5):
        county.ensure(county.payments())
        city.ensure(city.transfers())
    trees.wait_until(lambda: not county.answers() or county.ensure(county.answers()), trees.PATIENCE_S,
                     "the county to answer what the city issued")


def records(node):
    """All blocks of its own log, as records of a block file."""
    api, at, found = Api(os.path.join(node.home, "terrace.sock")), 0, []
    answer = api.send("GET", "/blocks", author=node.division).read()
    while at < len(answer):
        end = at + 4 + int.from_bytes(answer[at:at + 4], "big")
        found.append(answer[at:end])
        at = end
    return found


def write_files(node, whole):
    """The end of the log in the file that is read first, and all of its blocks once more, each altered."""
    folder = os.path.join(node.home, "import")
    altered = [block[:-1] + bytes([block[-1] ^ 1]) for block in whole]
    os.mkdir(folder, 0o700)
    for name, part in (("a", whole[-3:]), ("b", altered), ("c", whole[:-2])):
        with open(os.path.join(folder, name + ".blocks"), "wb") as file:
            file.write(b"terrace blocks 1\n" + b"".join(part))
    return altered


def keeps_what_is_not_true(node, altered):
    """The files went; the altered blocks of them, and no other, are there for a person to look at."""
    folder = os.path.join(node.home, "import")
    need(os.listdir(folder) == ["b.unfit"], f"in import/ there is {os.listdir(folder)}")
    with open(os.path.join(folder, "b.unfit"), "rb") as file:
        kept = file.read()
    head = b"terrace blocks 1\n"
    need(kept.startswith(head) and len(kept) > len(head), f"{len(kept)} bytes were kept")
    need(kept[len(head):] in b"".join(altered), "what was kept is not what was altered")


def not_into_a_full_disk(node):
    """Nothing is taken in while there is no room, whatever the files have, and all of it once there is."""
    path = os.path.join(node.home, "config.yaml")
    with open(path) as config:
        text = config.read()
    with open(path, "w") as config:
        config.write(text + "\ndisk_floor_bytes: 1125899906842624\n")
    node.start()
    trees.wait_until(lambda: "disk_full" in [alarm["code"] for alarm in node.status()["alarms"]], trees.PATIENCE_S,
                     "the disk to be full")
    turns = Api(os.path.join(node.home, "terrace.sock"))
    for _ in range(20):  # each is answered by a turn of the loop, which would take some
        turns.send("GET", "/resync").read()
    now = resync_of(node)
    need(now["importing"] and now["lsn"] == now["begun_lsn"], f"a full disk took blocks in: {now}")
    node.end()
    with open(path, "w") as config:
        config.write(text)


def from_files(tree, offices, held):
    """The county's city is away: what its copy lacks comes from files, and a person goes on without the city."""
    node, city = tree[COUNTY], tree[CITY]
    whole = records(node)
    node.end()
    city.end()
    put_back(node)
    altered = write_files(node, whole)
    with open(os.path.join(node.home, "resync"), "w") as note:
        note.write("resync_salvaged")
    not_into_a_full_disk(node)
    node.start()
    trees.wait_until(lambda: waits(node), trees.PATIENCE_S, "the files to be taken in")
    said = resync_of(node)
    need(said["lsn"] == held["lsn"] and said["import_unfit"] >= 1 and not said["import_waiting"], f"{said}")
    need([(row["division"], row["state"]) for row in said["holders"]] == [(CITY, "awaited")], f"{said['holders']}")
    code, out, err = node.run("resync", check=False)
    need(code == 4 and f"--without {CITY}" in out, f"resync: {code} {out}{err}")
    code, out, err = node.run("resync", "--without", ROOT, check=False)
    need(code == 4 and "no neighbour" in err, f"without {ROOT}: {code} {out}{err}")
    need(offices[1].submit(offices[1].payments()) == 5, "it took a document")
    node.run("resync", "--without", CITY, check=False)
    trees.wait_until(lambda: digest_of(node) == held, trees.PATIENCE_S, "the county goes on")
    said = resync_of(node)
    need(said["state"] == "whole" and CITY in said["last"], f"{said}")
    keeps_what_is_not_true(node, altered)
    city.start()
    offices[1].ensure(list(offices[1].waiting.values()))


def who_joins_is_told_why(tree):
    """The city's own log is not whole, so it grants nothing yet: whoever joins waits, and is asked for no groups."""
    city = tree[CITY]
    token = city.json("invite", NEW, "--name", "堆龙德庆区")["token"]
    tree[ROOT].end()
    city.end()
    with open(os.path.join(city.home, "resync"), "w") as note:
        note.write("resync_salvaged")
    city.start()
    home = os.path.join(os.path.dirname(city.home), NEW)
    join = subprocess.Popen([tree.bin("terrace"), "--lang", "en", "--home", home, "join", token], stderr=subprocess.PIPE,
                            stdout=subprocess.DEVNULL, env=tree.env, text=True)
    said = join.stderr.readline()
    tree[ROOT].start()
    said += join.communicate(timeout=trees.PATIENCE_S)[1]
    need(join.returncode == 0, f"join: {join.returncode}: {said}")
    need("is not whole there yet" in said, f"it does not say why it waits: {said}")
    need(not re.search("([0-9A-F]{4} ){7}[0-9A-F]{4}", said), f"groups are shown that nobody compares: {said}")


def grants_of(node):
    with open(os.path.join(node.home, "grants"), "rb") as file:
        return file.read()


def grants_follow(tree):
    """HOME/grants has another epoch of its own, or of who is above, as soon as it is durable: nobody starts anew."""
    county, city = tree[COUNTY], tree[CITY]
    before = {node: grants_of(node) for node in (county, city)}
    starts = {node: node.process.pid for node in before}
    city.run("rotate")
    for node in before:
        trees.wait_until(lambda: len(grants_of(node)) > len(before[node]), trees.PATIENCE_S, f"{node.division} to keep the grant")
        need(node.process.pid == starts[node] and node.process.poll() is None, f"{node.division} began anew")


def resync_of(node):
    return json.loads(node.run("--json", "resync", check=False)[1])


def waits(node):
    code, out, _ = node.run("--json", "resync", check=False)
    return code == 4 and json.loads(out)["state"] == "waiting"


def prove(base, build, only):
    tree, was_asked = trees.Tree(os.path.join(base, "tree"), build=build), False
    try:
        tree.init_root(ROOT, "西藏自治区")
        tree.join(ROOT, CITY, "拉萨市")
        tree.join(CITY, COUNTY, "林周县")
        offices = city, county = offices_of(tree)
        node = tree[COUNTY]
        work(city, county)
        tree.wait_equal_digests()
        node.end()
        shutil.copytree(node.home, node.home + ".old")
        node.start()
        old = node.json("digest")["lsn"]
        work(city, county)
        tree.wait_equal_digests()
        held = node.json("digest")
        need(held["lsn"] >= old + 200, f"{held['lsn']} after {old}")

        node.end()
        was_asked = any(writes_nothing_first(node, county) for _ in range(FIRST_TRIES))
        if only == "first":
            return was_asked
        put_back(node)
        node.start()
        wait_whole(node)
        trees.wait_until(lambda: digest_of(node) == held, trees.PATIENCE_S, "all is folded")
        nothing_is_missing(tree, offices)
        work(city, county)
        nothing_is_missing(tree, offices)
        from_files(tree, offices, node.json("digest"))
        nothing_is_missing(tree, offices)
        grants_follow(tree)
        who_joins_is_told_why(tree)
    finally:
        tree.stop()
    return was_asked


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    parser.add_argument("--only", choices=["first"])
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terrace-resync-") as base:
        try:
            was_asked = prove(base, os.path.abspath(args.build), args.only)
        except trees.Failed as failed:
            sys.exit(f"resync: {failed}")
    early = "took nothing before its parent answered" if was_asked else "began too late to be asked what it takes first"
    print(f"resync: a county put back by 200 entries {early}"
          + ("" if args.only else ", and is whole again, nothing lost or twice"))


if __name__ == "__main__":
    main()
