"""root_lost - the region's disk is lost, and there is neither a copy nor an archive. By the Handbook: each city gives what
it holds of the region's log, the trust key lets the region go on behind it with new admins, and each city comes back with
one command. The region knows whom it granted and what it passed on, says exactly which entries nobody has, and goes on:
what cities answer now is settled, new money arrives, payments go on, every level agrees and verifies. Who has not the
trust key gets no home.

    python3 tests/process/root_lost.py --build build
"""
import json
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
from archive import configure, within_ten_seconds  # noqa: E402
from empty_disk import awaited, read_listen  # noqa: E402
from kill_and_cut import Office, document  # noqa: E402
from restored import digest_of, need  # noqa: E402
from resync import resync_of, work  # noqa: E402

ROOT, CITY, OTHER, COUNTY, LATE = "540000", "540100", "540200", "540121", "540300"
OWN = ("BG1", "AL1", "RL1")  # the region's own business: nobody else has it
ADMINS = ("央金", "达娃")


def balances(node):
    return {code: sorted((r["account"], r["balance"]) for r in node.json("balance", "--division", code)["rows"])
            for code in (CITY, OTHER, COUNTY) if node.run("balance", "--division", code, check=False)[0] == 0}


def remit(city, number, amount):
    """Money that goes up; the region registers it."""
    city.ensure([document("remit", f"M{number}", ori_bgt_id="BG1", rec_div_code=ROOT, amount=amount,
                          cor_bgt_doc_no="财上〔2026〕1号")])


def registered(region, city, number):
    trees.wait_until(lambda: region.node.run("get", f"M{number}", "--division", city.node.division, check=False)[0] == 0,
                     trees.PATIENCE_S, "the remit to arrive")
    region.ensure([document("register", f"R-{city.node.division}-M{number}", bgt_id=f"M{number}",
                            ori_div_code=city.node.division)])


def state(node, division, ident):
    answer = node.json("get", ident, "--division", division)
    return answer.get("state")


def settled(region, ident, word="registered"):
    trees.wait_until(lambda: state(region.node, ROOT, ident) == word, trees.PATIENCE_S,
                     f"the region to settle {ident}: {state(region.node, ROOT, ident)}")


def money_before(region, cities, county):
    """Down and up, answered and not."""
    for city in cities:
        region.ensure(region.transfers())
        city.ensure(city.answers())
        remit(city, 1, "12.00")
        registered(region, city, 1)
    work(cities[0], county)


def safe(region, base):
    """The trust key on another medium."""
    away = os.path.join(base, "safe")
    os.mkdir(away)
    for name in ("trust.key", "machine.secret"):
        path = os.path.join(region.home, "keys", name)
        if os.path.exists(path):
            shutil.copy(path, away)
    return os.path.join(away, "trust.key")


def refused(node, code, word, *args):
    got, out, err = node.run("--json", "init", "--root", "--recover", *args, check=False)
    need(got == code and word in out + err, f"{args}: {got}, {out}{err}")
    need(not os.path.exists(os.path.join(node.home, "config.yaml")), f"{args}: a home was made")


def only_with_key_and_copies(tree, region, trust, copies, base):
    thief = trees.Node(tree, "thief", "别处", None)
    thief.run("init", "--root", "--division", ROOT, "--name", "别处")
    thiefs = os.path.join(thief.home, "keys", "trust.key")
    refused(region, 1, "another tree", "--key", thiefs, "--yes", *copies)
    refused(region, 2, f"{CITY},{OTHER}", "--key", trust, *copies)  # a person says that these are all
    refused(region, 2, "COPY", "--key", trust)
    refused(region, 2, "--division", "--key", trust, "--division", ROOT, *copies)
    with open(copies[0], "rb") as file:
        raw = bytearray(file.read())
    for name, at in (("cut", raw[:-7]), ("spoilt", raw[:-1] + bytes([raw[-1] ^ 1]))):
        path = os.path.join(base, name)
        with open(path, "wb") as file:
            file.write(at)
        refused(region, 5 if name == "spoilt" else 2, "", "--key", trust, "--yes", path, copies[1])


def is_lost(lost, lsn):
    """Of "1-3,7"."""
    return any(int(first) <= lsn <= int(last or first) for first, _, last in (part.partition("-") for part in lost.split(",")))


def come_back(region, *nodes):
    for node in nodes:
        node.end()
        token = json.loads(region.run("--json", "invite", node.division, "--again", check=False)[1])["token"]
        node.run("join", token)
        node.start()


def recover(tree, region, trust, copies, held):
    made = region.json("init", "--root", "--recover", "--key", trust, "--yes", "--admin", ADMINS[0], "--admin", ADMINS[1], "--approval",
                       "none", "--listen", held["listen"], *copies)
    need(made["epoch"] == 2 and made["lsn"] == held["lsn"], f"{made}")
    need(made["entries_held"] + made["entries_lost"] == made["lsn"], f"{made}")
    for ident, lsn in held["lsns"].items():
        need(is_lost(made["lost"], lsn) == (ident in OWN), f"{ident} at {lsn}: {made}")
    region.start()
    trees.wait_until(lambda: awaited(region) == [CITY, OTHER], trees.PATIENCE_S, "the region waits for its cities")
    need(region.run("digest", check=False)[0] == 4, "it goes on before they answered")
    come_back(region, tree[CITY], tree[OTHER])
    trees.wait_until(lambda: digest_of(region) is not None, trees.PATIENCE_S, "the region is whole")
    said = resync_of(region)
    need(said["state"] == "whole" and said["last"], f"{said}")
    need(set(ADMINS) == {row["name"] for row in region.json("user", "list")["rows"]}, "the new admins are there")
    for ident in OWN:
        need(region.run("get", ident, check=False)[0] == 1, f"{ident} is there, and nobody had it")


def all_agrees(tree):
    tree.wait_equal_digests()
    for node in tree.nodes.values():
        code, out, err = node.run("verify", "--deep", check=False)
        need(code == 0, f"{node.division}: {out}{err}")
        need(not node.status()["alarms"], f"{node.division}: {node.status()['alarms']}")


def late_and_kept(tree, region, base):
    """A new child gets the log from its beginning on, a copy verifies, and the archive is the log."""
    token = region.node.json("--as", ADMINS[0], "invite", LATE, "--name", "昌都市")["token"]
    late = tree.join_with(token, region.node, LATE, "昌都市")
    region.ensure([document("element", "E2", ele_catalog_code="exp_func", ele_code="2050202", ele_name="小学教育")])
    for node in (late, tree[COUNTY]):
        for ident in ("E1", "E2"):  # before and behind what was lost
            trees.wait_until(lambda n=node, i=ident: n.run("get", i, "--division", ROOT, check=False)[0] == 0,
                             trees.PATIENCE_S, f"{node.division} to hold {ident}")
    archive = os.path.join(base, "archive")
    os.makedirs(archive)
    region.node.end()
    configure(region.node, archive)
    region.node.start()
    within_ten_seconds(region.node, archive, "of a root that recovered")
    region.node.run("backup", os.path.join(base, "copies"))


def goes_on(tree, offices, waiting):
    region, city, other, county = offices
    for office in (city, other):
        office.ensure([d for d in office.answers() if d["bgt_id"] in waiting])
    for ident in waiting:
        settled(region, ident)
    region.ensure([document("agency", "A2", agency_code="105002", agency_name="卫健委"),
                   document("budget", "BG9", stage="reply", fund_type_code="111", amount="700000.00",
                            approval_ref="人大〔2026〕2号")])
    region.ensure([document("transfer", f"N{i}", ori_bgt_id="BG9", tra_type_code="general", rec_div_code=code,
                            amount="100.00", stage="formal", cor_bgt_doc_no="财指〔2026〕9号")
                   for i, code in enumerate((CITY, OTHER))])
    for i, office in enumerate((city, other)):
        trees.wait_until(lambda n=i, o=office: o.node.run("get", f"N{n}", "--division", ROOT, check=False)[0] == 0,
                         trees.PATIENCE_S, "a new allotment to arrive")
        office.ensure([document("register", f"RN{i}", bgt_id=f"N{i}", ori_div_code=ROOT)])
        settled(region, f"N{i}")
    remit(city, 2, "3.00")
    registered(region, city, 2)
    work(city, county)
    other.ensure(other.payments())


def prove(base, build):
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    try:
        root = tree.init_root(ROOT, "西藏自治区")
        tree.join(ROOT, CITY, "拉萨市")
        tree.join(ROOT, OTHER, "日喀则市")
        tree.join(CITY, COUNTY, "林周县")
        offices = region, city, other, county = [Office(tree[c], i) for i, c in enumerate((ROOT, CITY, OTHER, COUNTY))]
        region.below, city.below = [city, other], [county]
        city.issuers, other.issuers, county.issuers = [region], [region], [city]
        for office in offices:
            office.prepare()
        region.ensure([document("element", "E1", ele_catalog_code="exp_func", ele_code="2050201", ele_name="小学教育")])
        money_before(region, (city, other), county)
        waiting = [d for d in region.transfers() if int(d["id"][1:]) % 4 != 0]
        region.ensure(waiting)  # nobody answers these before the loss
        tree.wait_equal_digests()
        for node, d in ((tree[d["rec_div_code"]], d) for d in waiting):
            trees.wait_until(lambda n=node, i=d["id"]: n.run("get", i, "--division", ROOT, check=False)[0] == 0,
                             trees.PATIENCE_S, "the transfers to arrive")
        before = {node.division: balances(node) for node in (tree[CITY], tree[OTHER], tree[COUNTY])}
        trust, held = safe(root, base), {"listen": read_listen(root)}
        held["lsns"] = {i: root.json("get", i)["lsn"] for i in (*OWN, "E1", waiting[0]["id"], f"R-{CITY}-M1")}
        held["lsn"] = root.json("get", waiting[-1]["id"])["lsn"]
        root.kill()
        shutil.rmtree(root.home)
        copies = [os.path.join(base, f"{code}.copy") for code in (CITY, OTHER)]
        for code, path in zip((CITY, OTHER), copies):
            tree[code].run("trust", "copy", path)
        only_with_key_and_copies(tree, root, trust, copies, base)
        recover(tree, root, trust, copies, held)
        need({c: balances(tree[c]) for c in (CITY, OTHER, COUNTY)} == before, "the figures below changed")
        for d in waiting:
            need(state(root, ROOT, d["id"]) == "issued", f"{d['id']} is {state(root, ROOT, d['id'])}")
        all_agrees(tree)
        goes_on(tree, offices, [d["id"] for d in waiting])
        all_agrees(tree)
        late_and_kept(tree, region, base)
        all_agrees(tree)
    except trees.Failed:
        for node in tree.nodes.values():
            print(f"--- {node.division}\n{node.log_tail(2500)}", file=sys.stderr)
        raise
    finally:
        tree.stop()
    print("root_lost: the region came back from what its cities hold, named what nobody has, and goes on")


if __name__ == "__main__":
    trees.run_test("root_lost", prove)
