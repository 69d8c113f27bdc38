"""watch_tree - a region is told what is wrong two tiers below it, and where the path is broken, within a minute:
a county that is dead, full or damaged, a city that is dead. Real nodes with the pulse that nodes have; a machine that is
busy is given three times that.

    python3 tests/process/watch_tree.py --build build
"""
import argparse
import json
import os
import re
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
from desk.common import at_terminal  # noqa: E402
from node_api import Api  # noqa: E402

REGION, CITY, COUNTY = "540000", "540100", "540121"
NAMED_IN_S = 60
PATIENCE_MS = 3000  # of a link that is down, until it is an alarm


def need(holds, what):
    if not holds:
        raise trees.Failed(what)


def configure(node, pattern, line):
    path = os.path.join(node.home, "config.yaml")
    with open(path) as old:
        text, count = re.subn(r"(?m)^ *#? *" + pattern + ".*$", line, old.read())
    need(count == 1, f"{path} has {count} lines of {pattern}")
    with open(path, "w") as new:
        new.write(text)


def expect_soon(node):
    """A missed neighbour is an alarm after seconds, not minutes."""
    node.end()
    configure(node, "limits:", "limits:")
    configure(node, "neighbour_down_ms:", f"  neighbour_down_ms: {PATIENCE_MS}")
    node.start()


def row_of(node, division):
    """Also of a node with a damaged store, which answers with exit code 4."""
    answer = json.loads(node.run("--json", "status", "--tree", check=False)[1])
    return next(row for row in answer["rows"] if row["division"] == division)


def wait_state(node, division, state, seconds=NAMED_IN_S):
    began = time.monotonic()

    def there():
        row = row_of(node, division)
        return row if row["state"] == state else None
    row = trees.wait_within(there, 3 * seconds, f"{node.division} to show {division} as {state}: "
                            f"{row_of(node, division)}", step=0.25)
    print(f"  {node.division} sees {division} {state} after {time.monotonic() - began:.1f} s")
    need(row["sentence"], f"no sentence: {row}")
    need((row["cure"] == "") == (state == "well") or state == "unknown", f"cure: {row}")
    return row


def open_alarms(node):
    return {(alarm["code"], alarm["division"]) for alarm in node.json("alarms")["alarms"]}


def wait_alarm(node, code, division, is_open, seconds=NAMED_IN_S):
    trees.wait_within(lambda: ((code, division) in open_alarms(node)) == is_open, 3 * seconds,
                      f"{code} about {division} {'at' if is_open else 'to end at'} {node.division}", step=0.25)


def findings(node, check):
    code, out, _ = node.run("--json", "doctor", check=False)
    rows = [row for row in json.loads(out)["rows"] if row["check"] == check]
    return code, rows


def a_tree_that_is_well_says_so(region, county):
    for division in (CITY, COUNTY):
        wait_state(region, division, "well")
    answer = region.json("status", "--tree")
    need([row["division"] for row in answer["rows"]] == [REGION, CITY, COUNTY], f"{answer}")
    need([row["depth"] for row in answer["rows"]] == [0, 1, 2], f"{answer}")
    need(answer["divisions"] == answer["well"] == 2, f"{answer}")
    row = answer["rows"][2]
    need(row["health"] == "good" and row["as_of"].endswith("Z") and row["age_s"] <= NAMED_IN_S, f"{row}")
    need(row["said"]["version"] and row["said"]["disk_free_mib"] > 0, f"{row}")
    table = region.run("status", "--tree")[1]
    need(answer["sentence"] in table and f"    {COUNTY}" in table, table)
    need("全部正常" in region.run("--lang", "zh", "status", "--tree")[1], "Chinese")
    need(region.status()["below"]["sentence"] == answer["sentence"], f"{region.status()['below']}")
    need(county.json("status", "--tree")["rows"][0]["division"] == COUNTY, "a county sees itself")


def a_dead_county_is_named(region, city, county):
    county.kill()
    row = wait_state(region, COUNTY, "off_line")
    need(row["above"] == CITY and row["broken"] == COUNTY and CITY in row["sentence"], f"{row}")
    wait_state(city, COUNTY, "off_line")
    for language, words in (("zh", ("离线", f"与 {CITY} 断开")), ("en", ("off line", f"Cut from {CITY}"))):
        for command in (("status", "--tree"), ("status",)):  # each on its first screen
            code, screen = at_terminal(region, *command, language=language)
            first = screen.split("\n")[:24]
            need(code == 0 and any(words[1] in line for line in first) and "terrace doctor" in screen, screen)
        need(words[0] in at_terminal(region, "status", "--tree", language=language)[1], "the state's word")
    wait_alarm(city, "neighbour_down", COUNTY, True)
    wait_alarm(region, "neighbour_down", COUNTY, True)
    code, rows = findings(region, "descendant")
    need(code == 1 and [row for row in rows if COUNTY in row["what"] and row["cure"]], f"doctor: {rows}")
    code, rows = findings(city, "child")
    need(code == 1 and [row for row in rows if COUNTY in row["what"] and row["cure"]], f"doctor: {rows}")
    county.start()
    wait_state(region, COUNTY, "well")
    for node in (city, region):
        wait_alarm(node, "neighbour_down", COUNTY, False)


def a_full_disk_is_named(region, county):
    space = os.statvfs(county.home)
    county.end()
    configure(county, "disk_floor_bytes:", f"disk_floor_bytes: {2 * space.f_bavail * space.f_frsize}")
    county.start()
    row = wait_state(region, COUNTY, "full")
    need(row["said"]["disk_full"] and row["health"] == "fault", f"{row}")
    need(row_of(county, COUNTY)["state"] == "full", "the county itself says so")
    wait_alarm(region, "division_unwell", COUNTY, True)
    county.end()
    configure(county, "disk_floor_bytes:", "disk_floor_bytes: 1048576")
    county.start()
    wait_state(region, COUNTY, "well")
    wait_alarm(region, "division_unwell", COUNTY, False)


def a_damaged_store_is_named(region, city, county):
    """A node that only reads takes no part; its parent hears from it all the same."""
    def link():
        return next(peer for peer in city.status()["peers"] if peer["division"] == COUNTY)

    mark = os.path.join(county.home, "damaged")
    refused = link()["frames_refused"]
    county.end()
    with open(mark, "w") as file:
        file.write("digest_differs lsn=3")
    heals = os.path.join(county.home, "heals")  # mended twice just now: a third time it only reads
    with open(heals, "w") as file:
        file.write(f"{int(time.time())}\n" * 2)
    county.start()
    row = wait_state(region, COUNTY, "damaged")
    need(row["said"]["store_damaged"] and "terrace verify --deep" in row["cure"], f"{row}")
    need(row_of(county, COUNTY)["state"] == "damaged", "the county itself says so")
    need(link()["state"] == "down" and link()["frames_refused"] == refused, f"{link()}")
    county.end()
    os.remove(mark)
    os.remove(heals)
    county.start()
    wait_state(region, COUNTY, "well")
    for code in ("neighbour_down", "division_unwell"):
        wait_alarm(region, code, COUNTY, False)


def past_links(node, division):
    return json.loads(Api(os.path.join(node.home, "terrace.sock")).text("GET", f"/links/past?division={division}"))["rows"]


def a_cut_is_remembered_from_its_beginning_to_its_end(region, city, county):
    """Two tiers above, too, and over a restart in between."""
    county.kill()
    wait_state(region, COUNTY, "off_line")
    for node in (city, region):
        trees.wait_until(lambda node=node: past_links(node, COUNTY)[0]["up"] is None, 30, "the cut is noted")
    began = past_links(region, COUNTY)[0]
    need((began["above"], began["state"]) == (CITY, "off_line") and began["times"] > 0, f"{began}")
    region.kill()
    region.start()
    need(past_links(region, COUNTY)[0]["down"] == began["down"], "a restart forgot it")
    county.start()
    for node in (city, region):
        trees.wait_until(lambda node=node: past_links(node, COUNTY)[0]["up"] is not None, 60, "the end is noted")
    over = past_links(region, COUNTY)[0]
    need(over["down"] == began["down"] and over["up"] > over["down"] and over["seconds"] >= 0, f"{over} after {began}")
    own = past_links(county, COUNTY)
    need(all(row["above"] == CITY for row in own), f"the county's own link: {own}")
    wait_state(region, COUNTY, "well")


def where_the_path_is_broken_is_named(region, city, county):
    city.kill()
    row = wait_state(region, CITY, "off_line")
    need(row["above"] == REGION, f"{row}")
    row = wait_state(region, COUNTY, "unknown")
    need(row["broken"] == CITY and CITY in row["sentence"], f"{row}")
    row = wait_state(county, COUNTY, "off_line")
    need(row["above"] == CITY, f"{row}")
    wait_alarm(region, "neighbour_down", CITY, True)
    wait_alarm(county, "neighbour_down", CITY, True)
    need(("neighbour_down", COUNTY) not in open_alarms(region), "nobody says that the county is down")
    code, rows = findings(county, "parent")
    need(code == 1 and rows[0]["state"] in ("warning", "error") and rows[0]["cure"], f"doctor: {rows}")
    city.start()
    for division in (CITY, COUNTY):
        wait_state(region, division, "well")
    wait_alarm(county, "neighbour_down", CITY, False)


def prove(base, build):
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    try:
        region = tree.init_root(REGION, "西藏自治区")
        city, _ = tree.join(REGION, CITY, "拉萨市")
        county, _ = tree.join(CITY, COUNTY, "林周县")
        for node in (region, city, county):
            expect_soon(node)
        a_tree_that_is_well_says_so(region, county)
        a_dead_county_is_named(region, city, county)
        a_cut_is_remembered_from_its_beginning_to_its_end(region, city, county)
        a_full_disk_is_named(region, county)
        a_damaged_store_is_named(region, city, county)
        where_the_path_is_broken_is_named(region, city, county)
    finally:
        tree.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="watch_tree.") as base:
        try:
            prove(base, os.path.abspath(args.build))
        except trees.Failed as fault:
            print(f"watch_tree: {fault}", file=sys.stderr)
            return 1
    print("watch_tree: dead, full, damaged and cut off: each was named two tiers above within a minute")
    return 0


if __name__ == "__main__":
    sys.exit(main())
