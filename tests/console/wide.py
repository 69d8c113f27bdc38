"""wide - the console over many divisions: the 82 of a region and the 3,214 of a country, each with keys, a grant and a log
of its own; the browser is shown what the daemon answers, and nothing else.

Two daemons: 540000 with its 81 below, and 100000 with all of tests/data/divisions-cn.csv, some of them in trouble. Who is
below them is tests/process/foreign/country.py, out of this process over real links; with --real the 81 are daemons, too.
run.mjs drives the browser through the steps in wide/; screens are kept under BUILD/console-screens, traces of the panning
under BUILD/console-traces.

    /usr/bin/python3 tests/console/wide.py --build build [--only NAME]... [--real] [--judge] [--seconds N] [--json] [--keep]

--judge: a figure beyond its bound fails, and the country has its fifty browsers, too; otherwise only one that is five times
beyond, since a machine may be slow and busy.
"""
import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import console
from console import password_of, trees

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "process"))
DIVISIONS = os.path.join(HERE, "..", "data", "divisions-cn.csv")
REGION, COUNTRY, PREFIX = "540000", "100000", "54"
NAMES = {REGION: "西藏自治区", COUNTRY: "全国"}
ADMIN = "卓玛"
PEOPLE = {"扎西": ["auditor"], "德吉": ["auditor"], ADMIN: ["admin"]}  # the admin last: until then anybody adds users
PATIENCE_S = 120


def divisions(below):
    """(code, name, parent) of all below one of the two, each after its parent."""
    with open(DIVISIONS, encoding="utf-8") as file:
        rows = [(row["code"], row["name"], row["parent_code"] or COUNTRY, row["level"]) for row in csv.DictReader(file)]
    rows = [row[:3] for row in sorted(rows, key=lambda row: row[3])]
    return [row for row in rows if row[0].startswith(PREFIX) and row[0] != REGION] if below == REGION else rows


def troubles(rows):
    """Some counties, here and there; division: trouble."""
    parents = {parent for _, _, parent in rows}
    counties = [code for code, _, _ in rows if code not in parents]
    return {code: "silent" if i % 97 == 13 else "behind" if i % 211 == 7 else "fault"
            for i, code in enumerate(counties) if i % 97 == 13 or i % 211 == 7 or i % 503 == 3}


def add_people(node):
    for name, roles in PEOPLE.items():
        options = [option for role in roles for option in ("--role", role)]
        env = dict(node.tree.env, TERRACE_PASSWORD=password_of(name))
        subprocess.run([node.tree.bin("terrace"), "--home", node.home, "user", "add", name, *options],
                       env=env, check=True, capture_output=True)


def below_of(node, states):
    """Waits until all below a node are as they are meant to be: {state: how many}."""
    counts = {}

    def all_so():
        counts.clear()
        for row in node.json("status", "--tree")["rows"][1:]:
            counts[row["state"]] = counts.get(row["state"], 0) + 1
        return counts == states
    try:
        trees.wait_until(all_so, PATIENCE_S, "", step=0.5)
    except trees.Failed:
        raise trees.Failed(f"below {node.division}: {counts}, where {states} was awaited") from None


def open_real(tree):
    """81 daemons below the region; two join at once, since a core waits for another's keys."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        rows = divisions(REGION)
        for level in ([row for row in rows if row[2] == REGION], [row for row in rows if row[2] != REGION]):
            list(pool.map(lambda row: tree.join(row[2], row[0], row[1]), level))


def open_foreign(node, messages, ill):
    """What is below the node, from foreign nodes, some of them in trouble."""
    from foreign import country
    there = country.Country(*messages, node, divisions(node.division))
    try:
        there.settle()
        for code, kind in ill.items():
            there.trouble(code, kind)
        there.start()
    except BaseException:
        there.end()
        raise
    return there


def states_of(rows, ill):
    """How many are how, once the daemon has judged."""
    words = {"silent": "off_line", "behind": "behind", "fault": "fault"}
    states = {"well": len(rows) - len(ill)}
    for kind in ill.values():
        states[words[kind]] = states.get(words[kind], 0) + 1
    return states


class Ground(console.Ground):
    """What a step may ask for, by name; and the figures, once it has them."""

    def __init__(self, tree, ill):
        self.tree, self.ill, self.figures = tree, ill, []

    def known(self, division):
        """Waits until its daemon has judged of all below it: a log must lie behind for a while."""
        below_of(self.tree[division], states_of(divisions(division), self.ill[division]))

    def figure(self, what, figure, unit, most=None, least=None):
        self.figures.append(dict(what=what, figure=figure, unit=unit, most=most, least=least))

    def within(self, slack):
        return all((row["most"] is None or row["figure"] <= row["most"] * slack) and
                   (row["least"] is None or row["figure"] >= row["least"] / slack) for row in self.figures)


def table(figures):
    for row in figures:
        bound = f"at most {row['most']}" if row["most"] is not None else f"at least {row['least']}" if row["least"] is not None else ""
        print(f"  {row['what']:<74} {row['figure']:>9} {row['unit']:<14} {bound}")


def told(tree, build, options):
    folders = {name: os.path.join(build, "console-" + name) for name in ("screens", "traces")}
    for folder in folders.values():
        os.makedirs(folder, exist_ok=True)
    return folders | {
        "build": build, "steps": "wide", "seconds": options.seconds, "judge": options.judge,
        "nodes": {code: {"url": tree[code].api, "name": name, "home": tree[code].home} for code, name in NAMES.items()},
        "people": {code: {name: {"roles": roles, "password": password_of(name)} for name, roles in PEOPLE.items()}
                   for code in NAMES}}


def run(build, options, base):
    import foreign_client
    messages = foreign_client.messages(base)
    tree, there = trees.Tree(os.path.join(base, "tree"), build=build, console=True), []
    try:
        began = time.monotonic()
        for division in (COUNTRY, REGION):
            tree.init_root(division, NAMES[division])
        ill = troubles(divisions(COUNTRY))
        there.append(open_foreign(tree[COUNTRY], messages, ill))
        if options.real:
            open_real(tree)
        else:
            there.append(open_foreign(tree[REGION], messages, {}))
        for division in NAMES:
            add_people(tree[division])
        ground = Ground(tree, {REGION: {}, COUNTRY: ill})
        ground.figure("until 3,295 divisions have joined", round(time.monotonic() - began, 1), "s")
        runner = subprocess.Popen(
            ["node", os.path.join(HERE, "run.mjs"), json.dumps(told(tree, build, options)), *options.only],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        code = console.serve(runner, ground)
    finally:
        for country in there:
            country.end()
        tree.stop()
    if options.json:
        print(json.dumps(ground.figures, ensure_ascii=False))
    else:
        table(ground.figures)
    return code or (0 if ground.within(1 if options.judge else 5) else 1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--real", action="store_true", help="the 81 divisions of the region are daemons")
    parser.add_argument("--judge", action="store_true", help="hold the figures against their bounds")
    parser.add_argument("--seconds", type=int, default=10, help="that fifty browsers are watched (10)")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--keep", action="store_true", help="leave the homes of the nodes")
    options = parser.parse_args()
    modules = os.path.join(HERE, "..", "..", "node", "console", "node_modules", "playwright-core")
    if shutil.which("chromium") is None or shutil.which("node") is None or not os.path.isdir(modules):
        print("wide: needs node, chromium and npm ci in node/console")
        return 1 if os.environ.get("TERRACE_ALL_TESTS") else console.SKIPPED
    base = tempfile.mkdtemp(prefix="terrace-wide-")
    try:
        return run(os.path.abspath(options.build), options, base)
    except trees.Failed as failed:
        print(f"wide: {failed}", file=sys.stderr)
        return 1
    finally:
        if not options.keep:
            shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
