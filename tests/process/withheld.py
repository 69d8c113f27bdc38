"""withheld - a city that keeps back, turns round or says again what it is to pass on between its region and one of its
counties: what both are told, in which words; no figure is altered, doubled or lost meanwhile, and all of it arrives once the
city is honest again, or is stopped.

    /usr/bin/python3 tests/process/withheld.py --build build [--only NAME,NAME]

The city is a real node whose daemon lies (rogue_withholding.c): it has all its keys, signs nothing that an honest one would
not, and says of itself that it is well. Two controls: the same daemon told nothing, and a second county of the same city, of
which everything is passed on. Nobody there is told anything.
"""
import argparse
import os
import re
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
from foreign_bytes import agency, allocate, budget, document, expect, need, payment, transfer  # noqa: E402

REGION, CITY, COUNTY, OTHER = "540000", "540100", "540121", "540122"
# A minute each would be true to life. Twice stuck_ms is what a log may stand still that its author says goes on.
LIMITS = dict(beat_ms=500, stuck_ms=4000, silence_ms=8000, neighbour_down_ms=9000, reconnect_ms_max=300)
ISSUED, PAID, ORIGIN, LINE = 100, 10, 100000, 50000
TOLD_S = 90
STILL = (r"540121\): it says itself that its log goes up to lsn \d+; only \d+ is here, and nothing more has come",
         r"540121\)：其自报日志至序号 \d+，此处只到 \d+")
KEPT = (r"540000\): the root wrote block \d+ for (line 540121|tree 540000); it has not arrived",
        r"540000\)：根节点为 (line 540121|tree 540000) 写的数据块 \d+")
UNCONFIRMED = (r"540121\): this node's log is at lsn \d+; the root has confirmed up to \d+, and nothing new",
               r"540121\)：本节点日志到序号 \d+，根节点确认到 \d+")
UNHEARD = (r"540121\): the link to the parent is open, and the root has answered nothing", r"540121\)：.*根节点已.*没有任何答复")
SILENT = (r"540121 林周县: 540100 is connected to it, but nothing has been heard of it", r"540121 林周县：与 540100 连着，但已.*没有听到它")
UNSETTLED = (r"each session has ended soon after it began: a block before lsn \d+ of 540121 is missing", r"每次会话都刚开始就结束")


class Round:
    """What the city does; what the county and the region are told: (alarm, about whom, words in both languages)."""

    def __init__(self, name, blocks="", words="", county=(), region=(), idle=False, passes=False, spares=True):
        self.name, self.county, self.region = name, county, region
        self.idle, self.passes, self.spares = idle, passes, spares  # the county enters nothing; all arrives at once; the other is spared
        self.env = dict(ROGUE_ABOUT=COUNTY, ROGUE_BLOCKS=blocks, ROGUE_WORDS=words) if blocks else {}


ROUNDS = [
    Round("honest", passes=True),
    Round("again", "again", passes=True),
    Round("line", "line", county=[("withheld", REGION, KEPT), ("silent_with_backlog", COUNTY, UNCONFIRMED)],
          region=[("withheld", COUNTY, STILL), ("division_unwell", COUNTY, None)]),
    Round("newer", "newer", county=[("withheld", REGION, KEPT), ("silent_with_backlog", COUNTY, UNCONFIRMED)],
          region=[("withheld", COUNTY, STILL)]),
    Round("answers", "newer", "answers", county=[("silent_with_backlog", COUNTY, UNCONFIRMED)],
          region=[("withheld", COUNTY, STILL)]),
    Round("idle", "newer", "answers", county=[("silent_with_backlog", COUNTY, UNHEARD)], idle=True),
    Round("beats", "newer", "beats", county=[("silent_with_backlog", COUNTY, UNCONFIRMED)],
          region=[("neighbour_down", COUNTY, SILENT)]),
    Round("turned", "turned", county=[("silent_with_backlog", COUNTY, UNCONFIRMED)],
          region=[("neighbour_down", CITY, UNSETTLED)], spares=False),
]


def wait(condition, what):
    return trees.wait_until(condition, TOLD_S, what, step=0.2)


def ids(node, kind, author):
    return sorted(row["id"] for row in node.json("list", kind, "--division", author)["rows"])


def alarms(node):
    """But those of a machine whose clock was set."""
    return {(alarm["code"], alarm["division"]) for alarm in node.status()["alarms"]} - {
        (code, division) for code in ("clock_jump", "clock_skew") for division in (REGION, CITY, COUNTY, OTHER)}


def balance(node, division, account):
    rows = {row["key"]: row["balance"] for row in node.json("balance", "--division", division)["rows"]}
    return float(rows.get(account, "0"))


class Play:
    def __init__(self, tree):
        self.tree, self.transfers, self.payments, self.number = tree, [], {COUNTY: [], OTHER: []}, 0

    def restart_city(self, daemon, env):
        city = self.tree[CITY]
        city.end()
        self.tree.daemon, city.daemon_env = daemon, env
        city.start()
        self.tree.daemon = "terraced"

    def enter(self, idle):
        """Twice: for both counties, and in both directions; what nobody may keep from a neighbour, too."""
        for _ in range(2):
            self.number += 1
            n = f"{self.number:02}"
            expect(self.tree[REGION], [
                document("element", f"E{n}", ele_catalog_code="fund_type", ele_code=f"9{n}", ele_name="其他"),
                transfer(f"X{n}", "B1", COUNTY, f"{ISSUED}.00"), transfer(f"Y{n}", "B1", OTHER, f"{ISSUED}.00")], ["accepted"] * 3)
            self.transfers.append(n)
            for division in (OTHER,) if idle else (COUNTY, OTHER):
                expect(self.tree[division], [payment(f"P{n}", "AL1", f"{PAID}.00")], ["accepted"])
                self.payments[division].append(f"P{n}")

    def arrived(self, division, letter):
        """At the region, its payments; there, the region's transfers: each once."""
        up, down = ids(self.tree[REGION], "payment", division), ids(self.tree[division], "transfer", REGION)
        return up == self.payments[division] and down == [letter + n for n in self.transfers]

    def figures_stand(self):
        """To the fen, and once, at every level; each holder checks every block of it once more."""
        self.tree.wait_equal_digests()
        for division, paid in self.payments.items():
            for level in (REGION, CITY, division):
                got = balance(self.tree[level], division, "COMMIT"), balance(self.tree[level], division, "AVAIL")
                need(got == (PAID * len(paid), LINE - PAID * len(paid)), f"{level} says of {division}: {got}")
        issued = 2 * ISSUED * len(self.transfers)
        need(balance(self.tree[REGION], REGION, "TRANSIT") == issued, "what the region has issued")
        need(balance(self.tree[REGION], REGION, "UNALLOC") == ORIGIN - LINE - issued, "what the region has left")
        for node in self.tree.nodes.values():
            need(node.run("verify", "--deep")[0] == 0, f"{node.division} does not verify")

    def is_told(self, division, told):
        node = self.tree[division]
        for code, about, words in told:
            wait(lambda code=code, about=about: (code, about) in alarms(node), f"{division} to be told {code} of {about}")
            for language, pattern in zip(("en", "zh"), words or ()):
                wait(lambda language=language, pattern=pattern: re.search(pattern, node.run("--lang", language, "status")[1]),
                     f"{division}: {pattern} in its status, which is {node.run('--lang', language, 'status')[1]}")
            shown = node.run("status")[1]
            need(code in shown or code == "neighbour_down", f"{code} is not shown: {shown}")

    def nothing_is_told(self, divisions):
        for division in divisions:
            about = {REGION: {COUNTY, CITY}, COUNTY: {COUNTY, REGION}, OTHER: {OTHER, REGION}, CITY: {COUNTY, CITY}}[division]
            wrong = {key for key in alarms(self.tree[division]) if key[1] in about}
            need(not wrong, f"{division} is told {wrong}")

    def names_who_does_not_confirm(self):
        """The region's receipt of what it issued, while it does not arrive."""
        last = f"X{self.transfers[-1]}"
        held = {row["division"]: row["state"] for row in self.tree[REGION].json("receipt", last)["held"]}
        need(held[COUNTY] == "not_confirmed", f"{held}")
        wait(lambda: {row["division"]: row["state"] for row in self.tree[REGION].json("receipt", last)["held"]}[CITY] == "holds",
             "the city to say that it has it")
        need("540121" in self.tree[REGION].run("receipt", last)[1], "the receipt names the county")
        other = f"Y{self.transfers[-1]}"
        wait(lambda: self.tree[REGION].json("receipt", other)["held_by"] == 3, "everybody's word about the other county's")

    def nothing_has_moved(self, before):
        region = self.tree[REGION]
        need(region.digest(COUNTY) == before, f"the figures of {COUNTY} at the region were {before}")
        need(ids(self.tree[COUNTY], "transfer", REGION) == [f"X{n}" for n in self.transfers[:-2]], "nothing has come down")

    def goes_on(self):
        """An honest city: all of it arrives, once, and nobody is told anything any more."""
        wait(lambda: self.arrived(COUNTY, "X") and self.arrived(OTHER, "Y"), "all that was kept back")
        for node in self.tree.nodes.values():
            wait(lambda node=node: not alarms(node), f"{node.division} to be told nothing any more")
        self.figures_stand()

    def is_linked(self):
        return all(row["state"] == "live" for row in self.tree[CITY].status()["peers"])

    def begin_anew(self):
        """What came back again and again stays open for minutes: each round is the first of its kind."""
        for node in self.tree.nodes.values():
            node.end()
            node.start()

    def play(self, which):
        self.begin_anew()
        before = self.tree[REGION].digest(COUNTY)
        self.restart_city("withholding_terraced", which.env)
        wait(self.is_linked, "the city to be linked")
        self.enter(which.idle)
        self.is_told(COUNTY, which.county)
        self.is_told(REGION, which.region)
        if which.passes:
            wait(lambda: self.arrived(COUNTY, "X"), "all of it to pass")
            time.sleep(2.5 * LIMITS["stuck_ms"] / 1000)  # for what others are told by then
            self.nothing_is_told((REGION, CITY, COUNTY, OTHER))
        elif which.spares:
            self.nothing_has_moved(before)
            self.names_who_does_not_confirm()
            need(self.arrived(OTHER, "Y"), "what is of the other county passes")
            self.nothing_is_told((OTHER,))
        if which.name == "line":
            need(f"E{self.transfers[-1]}" in ids(self.tree[COUNTY], "element", REGION), "what is for all comes down")
        self.restart_city("terraced", {})
        self.goes_on()
        print(f"{which.name:8} told and mended", flush=True)

    def stops(self):
        """What the alarm says to do where no node between shows what waits: the city is stopped."""
        county = self.tree[COUNTY]
        county.end()
        county.limit(parent_away_ms=3000)
        county.start()
        self.restart_city("withholding_terraced", ROUNDS[3].env)
        wait(lambda: county.status()["served"] is None and self.is_linked(), "the county to be with its city")
        self.enter(False)
        self.is_told(COUNTY, ROUNDS[3].county)
        said = county.run("alarms")[1]
        need("systemctl stop terraced@CODE" in said, said)
        self.tree[CITY].end()
        wait(lambda: self.arrived(COUNTY, "X"), "what was kept back, past the city that is stopped")
        self.tree[CITY].start()
        self.goes_on()
        print("stopped  served by the region, and all of it came", flush=True)


def begin(tree):
    tree.init_root(REGION, "西藏自治区")
    tree.join(REGION, CITY, "拉萨市")
    tree.join(CITY, COUNTY, "林周县")
    tree.join(CITY, OTHER, "当雄县")
    for node in tree.nodes.values():
        node.end()
        node.limit(**LIMITS)
        node.start()
        expect(node, [agency("A1"), budget("B1", f"{ORIGIN}.00"), allocate("AL1", "B1", f"{LINE}.00"),
                      document("release", "RL1", bgt_id="AL1", cor_bgt_doc_no="财预〔2026〕1号")], ["accepted"] * 4)
    tree.wait_equal_digests()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    parser.add_argument("--only")
    options = parser.parse_args()
    chosen = options.only.split(",") if options.only else None
    with tempfile.TemporaryDirectory(prefix="terrace-withheld-") as base:
        tree = trees.Tree(os.path.join(base, "tree"), build=os.path.abspath(options.build))
        try:
            begin(tree)
            play = Play(tree)
            for which in ROUNDS:
                if chosen is None or which.name in chosen:
                    play.play(which)
            if chosen is None or "stopped" in chosen:
                play.stops()
        finally:
            tree.stop()
    print(f"withheld: {len(play.transfers)} times kept back, turned round or said again; told, and none lost")


if __name__ == "__main__":
    try:
        main()
    except trees.Failed as failed:
        sys.exit(f"withheld: {failed}")
