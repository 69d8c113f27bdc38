"""version_skew - real daemons of two versions: region and county know two kinds that the city between them does not. What
they write goes through it, byte for byte, up and down; the city's own ledger and all it knows go on, and it says where it
stands. Its own upgrade, the other program on the same home, goes on from there. A downgrade below what it wrote is refused.

    python3 tests/process/version_skew.py --build build
"""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
from node_api import Api  # noqa: E402

REGION, CITY, COUNTY = "540000", "540100", "540121"
OLDER, NEWER = "older_terraced", "terraced"
FREEZE, CALENDAR = 33, 71


def need(holds, what):
    if not holds:
        raise trees.Failed(what)


def doc(kind, ident, **fields):
    return dict(kind=kind, id=ident, fiscal_year=2026, **fields)


def entered(node, *documents):
    lines = node.submit_lines(documents)
    need([line["status"] for line in lines] == ["accepted"] * len(documents), lines)


def has(node, ident, division):
    return node.run("get", ident, "--division", division, check=False)[0] == 0


def blocks_of(node, author):
    """[bytes] of each block of that log which the node holds."""
    data, found, at = Api(os.path.join(node.home, "terrace.sock")).send("GET", "/blocks", author=author).read(), [], 0
    while at < len(data):
        size = int.from_bytes(data[at:at + 4], "big")
        found.append(data[at + 4:at + 4 + size])
        at += 4 + size
    return found


def waits_for_upgrade(node):
    return {alarm["division"] for alarm in node.status()["alarms"] if alarm["code"] == "needs_upgrade"}


def stopped(node, division):
    row, = [row for row in node.json("status", "--tree")["rows"] if row["division"] == division]
    return row["stopped"]


def start_as(tree, node, daemon):
    node.end()
    tree.daemon = daemon
    node.start()
    tree.daemon = NEWER


def three_levels(tree):
    region = tree.init_root(REGION, "西藏自治区")
    tree.daemon = OLDER
    city, _ = tree.join(REGION, CITY, "拉萨市")
    tree.daemon = NEWER
    county, _ = tree.join(CITY, COUNTY, "林周县")
    return region, city, county


def money(node):
    entered(node, doc("agency", "A1", agency_code="105001", agency_name="教育局"),
            doc("budget", "B1", stage="reply", fund_type_code="111", amount="1000.00", approval_ref="1"))
    entered(node, doc("allocate", "L1", ori_bgt_id="B1", agency_code="105001", amount="500.00"))
    entered(node, doc("release", "R1", bgt_id="L1", cor_bgt_doc_no="1"))


def element(ident, code):
    return doc("element", ident, ele_catalog_code="acct_type", ele_code=code, ele_name="账户")


def pays(ident, amount):
    return doc("payment", ident, bgt_id="L1", pay_app_amt=amount, payee_acct_name="合作社", payee_acct_no="6228",
               payee_acct_bank_name="农业银行", use_des="办公用品")


def both_write_what_the_city_does_not_know(region, city, county):
    """The lsn behind which the county's ledger stands at the city."""
    entered(region, element("E1", "8"))
    money(county)
    trees.wait_until(lambda: has(city, "R1", COUNTY) and has(city, "E1", REGION), 60, "the city to hold what it knows")
    before = county.digest()["lsn"]
    entered(county, doc("freeze", "F1", bgt_id="L1", amount="120.00", reason="核查"))
    entered(county, pays("P1", "10.00"), pays("P2", "20.00"))
    entered(region, dict(kind="calendar", id="C1", date="2026-10-08", is_workday="1"))
    entered(region, element("E2", "9"))
    return before


def goes_through_it(region, city, county, before):
    """What the city does not know, and what follows that, is folded above and heard below it."""
    trees.wait_until(lambda: region.digest(COUNTY) == county.digest(COUNTY), 60, "the region to fold the county's log")
    trees.wait_until(lambda: has(county, "E2", REGION) and has(county, "C1", REGION), 60, "the county to hear the region")
    need(has(region, "F1", COUNTY) and has(region, "P2", COUNTY), "the region's figures lack something")
    need(city.digest(COUNTY)["lsn"] == before, f"the city stands at {city.digest(COUNTY)}, and not before F1, at {before}")
    need(not has(city, "P1", COUNTY) and not has(city, "E2", REGION), "the city went on behind what it does not know")
    own = blocks_of(county, COUNTY)
    need(blocks_of(city, COUNTY) == own and blocks_of(region, COUNTY) == own, "the bytes are not the same at each level")
    need(set(blocks_of(county, REGION)) <= set(blocks_of(region, REGION)), "a block from above was changed on its way")
    trees.wait_until(lambda: county.status()["confirmed"]["lsn"] == county.digest()["lsn"], 60, "the root's word to the county")


def says_where_it_stands(city, before):
    trees.wait_until(lambda: waits_for_upgrade(city) == {REGION, COUNTY}, 60, f"alarms: {waits_for_upgrade(city)}")
    at = stopped(city, COUNTY)
    need((at["lsn"], at["kind"]) == (before + 1, FREEZE), at)
    texts = [alarm["text"] for alarm in city.status()["alarms"] if alarm["code"] == "needs_upgrade"]
    need(any(str(CALENDAR) in text for text in texts), texts)
    said = city.run("--lang", "en", "doctor", check=False)[1]
    need(str(FREEZE) in said and "terrace --version" in said, said)


def the_rest_goes_on(region, city):
    """Its own ledger, and what it hears on another line of the same log."""
    entered(region, doc("budget", "B9", stage="reply", fund_type_code="111", amount="900.00", approval_ref="9"),
            doc("transfer", "T1", ori_bgt_id="B9", tra_type_code="general", rec_div_code=CITY, amount="300.00", stage="formal",
                cor_bgt_doc_no="1"))
    trees.wait_until(lambda: has(city, "T1", REGION), 60, "the transfer to come down")
    entered(city, doc("register", "RG1", bgt_id="T1", ori_div_code=REGION))
    trees.wait_until(lambda: region.json("get", "T1")["state"] == "registered", 60, "its answer to come up")


def is_whole(tree, city):
    tree.wait_equal_digests()
    trees.wait_until(lambda: waits_for_upgrade(city) == set(), 60, f"no alarm to be left: {waits_for_upgrade(city)}")
    need(has(city, "P2", COUNTY) and has(city, "E2", REGION) and has(city, "C1", REGION), "the city lacks what waited")
    need(stopped(city, COUNTY) is None, stopped(city, COUNTY))
    for node in tree.nodes.values():
        node.run("verify", "--deep")
    rows = [node.json("balance", "--division", COUNTY)["rows"] for node in tree.nodes.values()]
    need(rows[0] == rows[1] == rows[2], rows)


def a_downgrade_below_its_own_words_is_refused(tree, region, city):
    """What it wrote itself it must know: the older one ends before it writes, says why, and nothing is lost by the try."""
    money(city)
    entered(city, doc("freeze", "F2", bgt_id="L1", amount="1.00", reason="核查"))
    tree.wait_equal_digests()
    held = region.digest(CITY)
    city.end()
    done = subprocess.run([tree.bin(OLDER), "--home", city.home], env=tree.env, capture_output=True, timeout=trees.PATIENCE_S)
    need(done.returncode != 0 and b"own_log_unknown" in done.stderr, done)
    city.start()
    tree.wait_equal_digests()
    need(city.digest() == held and region.digest(CITY) == held, f"{city.digest()}, before it was {held}")
    entered(city, doc("unfreeze", "U2", bgt_id="L1", amount="1.00", reason="核查完毕"))
    tree.wait_equal_digests()


def prove(base, build):
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    try:
        region, city, county = three_levels(tree)
        before = both_write_what_the_city_does_not_know(region, city, county)
        goes_through_it(region, city, county, before)
        says_where_it_stands(city, before)
        the_rest_goes_on(region, city)
        start_as(tree, city, OLDER)
        need(city.digest(COUNTY)["lsn"] == before, "a restart passed over what it does not know")
        says_where_it_stands(city, before)
        start_as(tree, city, NEWER)
        is_whole(tree, city)
        a_downgrade_below_its_own_words_is_refused(tree, region, city)
    finally:
        tree.stop()
    print("version_skew: two kinds went up and down through a node that does not know them, and were folded after its upgrade")


if __name__ == "__main__":
    trees.run_test("version_skew", prove)
