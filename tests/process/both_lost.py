"""both_lost - a region and its city lose their disks in one night. By the Handbook: the region first, from its copy and
its archive, without the answer of the city that is gone; then the city as a recovery at that region, with what the
region's copy had of it; then the county, with one command. Each says up to where its log was held, and what it went on
without. What nobody held is handed in again and is there once; nothing else is missing, and every level agrees.

    python3 tests/process/both_lost.py --build build
"""
import json
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
from archive import configure, fetches, within_ten_seconds  # noqa: E402
from empty_disk import awaited, confirmed, read_listen  # noqa: E402
from kill_and_cut import Office  # noqa: E402
from restored import digest_of, need  # noqa: E402
from resync import nothing_is_missing, resync_of, work  # noqa: E402

ROOT, CITY, COUNTY = "540000", "540100", "540121"


def the_region_first(region, copies, archive, held):
    region.run("restore", copies, "--archive", archive)
    region.start()
    trees.wait_until(lambda: awaited(region) == [CITY], trees.PATIENCE_S, "the region to wait for the city alone")
    need(fetches(region)["lsn"] == held["lsn"], f"{fetches(region)} instead of {held}")
    need(region.run("digest", check=False)[0] == 4, "it goes on before somebody said so")
    region.run("resync", "--without", CITY, check=False)
    trees.wait_until(lambda: digest_of(region) == held, trees.PATIENCE_S, "the region to be whole")
    need(CITY in resync_of(region)["last"], f"it does not say what it went on without: {resync_of(region)}")


def then_the_city(region, city, county, listen, held):
    """Up to where the region's copy had its log; the county comes back with one command."""
    token = region.json("invite", CITY, "--recover")["token"]
    city.run("join", token, "--approval", "none", "--listen", listen)
    city.start()
    trees.wait_until(lambda: awaited(city) == [COUNTY], trees.PATIENCE_S, "the city to wait for its county")
    county.end()
    county.run("join", json.loads(city.run("--json", "invite", COUNTY, "--again", check=False)[1])["token"])
    county.start()
    trees.wait_until(lambda: digest_of(city) is not None, trees.PATIENCE_S, "the city to be whole")
    said = resync_of(city)
    need(said["state"] == "whole" and said["lsn"] == held["lsn"] and str(held["lsn"]) in said["last"],
         f"it does not say up to where its log was held: {said}, {held}")


def what_nobody_held(tree, offices, since):
    """It was answered once, and is handed in again: it is there once."""
    city, county = offices
    lost = [d for ident, d in city.acknowledged.items() if ident not in since]
    need(lost, "nothing came after the copy")
    missing = [d for d in lost if city.node.run("get", d["id"], check=False)[0] != 0]
    need([d["id"] for d in missing] == [d["id"] for d in lost], f"{len(missing)} of {len(lost)} are missing")
    city.ensure(lost)
    nothing_is_missing(tree, [city, county])


def three_offices(tree, archive):
    """A region with an archive, a city and a county, each with its office at work; all have what the others wrote."""
    region = tree.init_root(ROOT, "西藏自治区")
    region.end()
    configure(region, archive)
    region.start()
    city, _ = tree.join(ROOT, CITY, "拉萨市")
    county, _ = tree.join(CITY, COUNTY, "林周县")
    offices = [Office(node, number) for number, node in enumerate((region, city, county))]
    offices[1].below, offices[2].issuers = [offices[2]], [offices[1]]
    for office in offices:
        office.prepare()
    work(offices[1], offices[2])
    tree.wait_equal_digests()
    return offices


def prove(base, build):
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    copies, archive = os.path.join(base, "copies"), os.path.join(base, "archive")
    try:
        os.makedirs(archive)
        offices = three_offices(tree, archive)
        region, city, county = (office.node for office in offices)
        region.run("backup", copies)
        in_copy, since = city.digest(), set(offices[1].acknowledged)
        offices[0].ensure(offices[0].payments())  # behind the copy: in the archive
        offices[1].ensure(offices[1].payments())  # behind the copy: at the region and here, and both are lost
        offices[2].ensure(offices[2].payments())  # the county has its own
        tree.wait_equal_digests()
        within_ten_seconds(region, archive, "before both are lost")
        held, listen = region.digest(), read_listen(city)
        for node in (region, city):
            node.kill()
            shutil.rmtree(node.home)
        the_region_first(region, copies, archive, held)
        then_the_city(region, city, county, listen, in_copy)
        confirmed(region, CITY)
        nothing_is_missing(tree, [offices[0], offices[2]])
        what_nobody_held(tree, offices[1:], since)
        work(offices[1], offices[2])
        nothing_is_missing(tree, offices)
    except trees.Failed:
        for node in tree.nodes.values():
            print(f"--- {node.division}\n{node.log_tail(2500)}", file=sys.stderr)
        raise
    finally:
        tree.stop()
    print("both_lost: a region and its city came back, each named what nobody held, and that is there once")


if __name__ == "__main__":
    trees.run_test("both_lost", prove)
