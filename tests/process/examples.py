"""examples - every document in configs/examples/documents is taken by real nodes, in its order; every kind
has one; what a template offers has the columns that the examples use; and a year is closed by them.

    python3 tests/process/examples.py --build build

A file is NUMBER-DIVISION-WHAT. Before one that answers or goes on with what another division said, that has
to have arrived: it is waited for by what it names.
"""
import csv
import glob
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402

DATA = os.path.join(trees.ROOT, "configs", "examples", "documents")
YEARS = os.path.join(trees.ROOT, "configs", "years")
REGION, CITY, COUNTY = "540000", "540100", "540121"
NAMES = {REGION: "西藏自治区", CITY: "拉萨市", COUNTY: "林周县"}
ANSWERS = {"register": "bgt_id", "return": "bgt_id", "recall_grant": "recall_id", "recall_refuse": "recall_id"}
GOES_ON = {"recall": "bgt_id", "transfer": "early_bgt_id"}  # with an own transfer that is registered


def need(truth, words):
    if not truth:
        raise trees.Failed(words)


def files():
    """(path, division, kind where the whole file is of one, documents)"""
    for path in sorted(glob.glob(os.path.join(DATA, "*.*"))):
        name, ext = os.path.splitext(os.path.basename(path))
        if ext not in (".csv", ".ndjson"):
            continue
        _, division, what = name.split("-", 2)
        with open(path, encoding="utf-8") as file:
            if ext == ".csv":
                rows = [dict({key: value for key, value in row.items() if value != ""}, kind=what) for row in csv.DictReader(file)]
            else:
                rows = [json.loads(line) for line in file]
        yield path, division, what if ext == ".csv" else None, rows


def wait_for(node, row):
    """What the document answers or goes on with is here."""
    kind = row["kind"]
    if kind in ANSWERS:
        asked = row[ANSWERS[kind]]
        trees.wait_until(lambda: asked in [one["id"] for one in node.json("inbox", "--as", "li")["rows"]
                                           if one["group"] == "to_register"], 60, f"{asked} at {node.division}")
    elif kind in GOES_ON and row.get(GOES_ON[kind], "") != "":
        ident = row[GOES_ON[kind]]
        trees.wait_until(lambda: node.json("get", ident)["state"] == "registered", 60, f"{ident} to be registered")
    elif kind == "close_year" and "month" not in row:
        trees.wait_until(lambda: of_year(node, row["fiscal_year"])["hindrances"] == [], 60,
                         f"nothing to hinder {row['id']}: {of_year(node, row['fiscal_year'])}")


def of_year(node, year, division=None):
    options = ["--division", division] if division is not None else []
    return node.json("years", "--year", year, *options)["years"][0]


def hand_in(node, path, kind, rows):
    """Accepted at once, or by a second person where it takes two."""
    options = ["--kind", kind] if kind is not None else []
    done = node.run("submit", path, *options, "--as", "li", check=False)
    lines = [json.loads(line) for line in done[1].splitlines()]
    drafts = [line["id"] for line in lines if line["status"] == "draft"]
    need(len(lines) == len(rows) and all(line["status"] in ("accepted", "draft") for line in lines),
         f"{os.path.basename(path)}: {done[1]}{done[2]}")
    if drafts:
        node.run("approve", *drafts, "--as", "wang")
    for row in rows:
        need(node.json("get", row["id"])["state"] not in ("", "draft"), f"{row['id']} has no state")
    return drafts


def enrol(base, build):
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    tree.init_root(REGION, NAMES[REGION])
    tree.join(REGION, CITY, NAMES[CITY])
    tree.join(CITY, COUNTY, NAMES[COUNTY])
    for node in tree.nodes.values():
        node.run("user", "add", "li", "--role", "maker")
        node.run("user", "add", "wang", "--role", "checker")
    return tree


def templates_agree(node, taken):
    """Of each kind: the columns that the examples use are columns of its template, and those that it needs are
    there."""
    kinds = set()
    for row in taken:
        columns = node.json("template", row["kind"])["columns"]
        names = {column["name"] for column in columns}
        used = set(row) - {"kind"}
        need(used <= names, f"{row['kind']} {row['id']}: the template lacks {sorted(used - names)}")
        kinds.add(row["kind"])
    done = node.run("list", "nosuch", check=False)
    handed_in = set()
    for kind in done[2].split("The kinds are ")[1].rstrip(".\n").split(", "):
        if node.run("--json", "template", kind, check=False)[0] == 0:
            handed_in.add(kind)
    need(kinds == handed_in - {"confirm"}, f"no example of {sorted(handed_in - {'confirm'} - kinds)}, and too many: {sorted(kinds - handed_in)}")


def figures_hold(tree):
    """What the README beside the examples says."""
    region, city, county = (tree[code] for code in (REGION, CITY, COUNTY))
    want = {"TRANSFER-1": "registered", "TRANSFER-3": "lowered", "RECALL-1": "granted", "RECALL-2": "declined",
            "TRANSFER-4": "returned", "WITHDRAW-1": "withdrawn", "TRANSFER-5": "returned"}
    for ident, state in want.items():
        trees.wait_until(lambda: region.json("get", ident)["state"] == state, 60, f"{ident} to be {state}")
    trees.wait_until(lambda: county.json("get", "REMIT-1")["state"] == "registered", 60, "the remittance to be registered")
    left = region.json("get", "TRANSFER-1")["balances"]
    need(left["XFER_OUT"] == "530000.00", f"600,000 less 50,000 less 20,000: {left}")
    carried = {ident: county.json("get", ident) for ident in ("CARRY-1", "CARRY-2", "CARRY-3")}
    need([carried[ident]["balances"]["AVAIL"] for ident in carried] == ["75600.00", "20000.00", "5000.00"], f"{carried}")
    need(county.json("get", "REFUND-3")["balances"]["UNALLOC"] == "300.00", "money of a closed year came to its own line")
    for where, options in ((county, {}), (city, {"division": COUNTY}), (region, {"division": COUNTY})):
        trees.wait_until(lambda: of_year(where, "2025", **options)["state"] == "closed", 60, f"{where.division} to hear of the close")
    months = of_year(county, "2025")
    need([event["kind"] for event in months["events"]] ==
         ["open_year", "close_year", "reopen_year", "close_year", "reopen_year", "close_year"], f"{months['events']}")
    need([event["month"] for event in months["events"]] == [None, 1, 1, None, None, None], f"{months['events']}")
    below = of_year(region, "2025")
    need([row["division"] for row in below["not_closed"]] == [CITY], f"the city has not closed: {below['not_closed']}")
    need(of_year(county, "2026")["state"] == "open", "the new year is open")


def a_year_is_prepared(tree):
    """The sample files of configs/years, then files with a fault: told by file, line and reason, and what was
    there stays in force."""
    node = tree[REGION]
    for name, kind in (("element.csv", "element"), ("element_map.csv", "element_map"), ("calendar.csv", "calendar"), ("policy.csv", "policy")):
        done = node.run("submit", os.path.join(YEARS, name), "--kind", kind, "--as", "li", check=False)
        need(all(json.loads(line)["status"] == "accepted" for line in done[1].splitlines()), f"{name}: {done}")
    faults = [("element", "id,fiscal_year,ele_catalog_code,ele_code,ele_name\nN-1,2027,fund_type,112,x\nN-2,2027,fond,113,x\n", 3, "bad_ele_catalog_code"),
              ("element_map", "id,fiscal_year,ele_catalog_code,from_code,to_code\nN-3,2027,exp_func,2050202,9999999\n", 2, "unknown_to_code"),
              ("calendar", "id,date,end_date,is_workday\nN-4,2027-02-30,,2\n", 2, "bad_date"),
              ("policy", "id,policy_code,policy_value\nN-5,carry_max,two\n", 2, "bad_policy_value")]
    for kind, text, number, reason in faults:
        path = os.path.join(tree.base, f"bad-{kind}.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        done = node.run("submit", path, "--kind", kind, "--atomic", "--as", "li", check=False)
        lines = [json.loads(line) for line in done[1].splitlines()]
        need(done[0] == 1 and [(line["line"], line["reason"]) for line in lines if line["status"] == "refused" and line["reason"] != "not_all"][:1] ==
             [(number, reason)], f"{kind}: {done}")
    a_chart_is_refused_by_line(tree)
    for ident in ("N-1", "N-2", "N-3", "N-4", "N-5"):
        need(node.run("get", ident, check=False)[0] == 1, f"{ident} came in")
    policy = node.json("list", "policy")["rows"]
    need("N-5" not in [row["id"] for row in policy] and "POLICY-1" in [row["id"] for row in policy], f"{policy}")


def a_chart_is_refused_by_line(tree):
    """The chart is built in: one that cannot be read makes no header, and the one that was made stays."""
    with open(os.path.join(trees.ROOT, "configs", "accounts.yaml"), encoding="utf-8") as file:
        lines = file.read().splitlines()
    number = next(i for i, line in enumerate(lines, 1) if "mnemonic: AVAIL" in line)
    lines[number - 1] = lines[number - 1].replace("normal: debit", "normal: left")
    chart, made = os.path.join(tree.base, "chart.yaml"), os.path.join(tree.base, "chart.h")
    with open(chart, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    done = subprocess.run([sys.executable, os.path.join(trees.ROOT, "scripts", "lib", "accounts.py"), chart, made],
                          capture_output=True, text=True, timeout=trees.PATIENCE_S)
    need(done.returncode != 0 and f"{chart}:{number}" in done.stderr and "normal is one of" in done.stderr and not os.path.exists(made), f"{done}")


def prove(base, build):
    tree = enrol(base, build)
    taken, seconds = [], []
    try:
        for path, division, kind, rows in files():
            node = tree[division]
            for row in rows:
                wait_for(node, row)
            drafted = hand_in(node, path, kind, rows)
            seconds += [row["kind"] for row in rows if row["id"] in drafted]
            taken += rows
        need(set(seconds) == {"close_year", "reopen_year", "refund"}, f"two persons for {sorted(set(seconds))}")
        templates_agree(tree[REGION], taken)
        figures_hold(tree)
        a_year_is_prepared(tree)
        tree.wait_equal_digests()
        for node in tree.nodes.values():
            node.run("verify", "--deep")
    finally:
        tree.stop()
    print(f"examples: {len(taken)} documents of {len({row['kind'] for row in taken})} kinds, and a year that is closed")


if __name__ == "__main__":
    trees.run_test("examples", prove)
