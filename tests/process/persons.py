"""persons - real daemons: whose word a person is. Whoever holds a node's keys makes up two persons and
lets them approve ten billion: every holder sees it, and the receiver cannot register it. Where two
admins are, two sign; what one admin does alone, the parent is told.

    python3 tests/process/persons.py --build build
"""
import argparse
import json
import os
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
import tree as trees  # noqa: E402

REGION, CITY, COUNTY = "540000", "540100", "540121"
TEN_BILLION = "10000000000.00"
HERS, HIS, THIEFS = "known-to-her", "known-to-him", "known-to-thief"


def need(holds, what):
    if not holds:
        raise trees.Failed(what)


def run(node, *args, password=None, second=None, fresh=None, stdin=None):
    """Exit code, and what it said on both streams."""
    given = {"TERRACE_PASSWORD": password, "TERRACE_SECOND_PASSWORD": second, "TERRACE_NEW_PASSWORD": fresh}
    before = dict(node.tree.env)
    node.tree.env.update({name: value for name, value in given.items() if value})
    try:
        code, out, err = node.run(*args, check=False, stdin=stdin)
    finally:
        node.tree.env.clear()
        node.tree.env.update(before)
    return code, out + err


def says(code, words, *args, **kwargs):
    got, said = run(*args, **kwargs)
    need(got == code and all(word in said for word in words), f"{args[1:]}: exit {got}, want {code} {words}: {said}")
    return said


def root_of(tree, admins):
    node = trees.Node(tree, REGION, "西藏自治区", None)
    tree.env["TERRACE_PASSWORD"] = HERS
    said = json.loads(node.run("--json", "init", "--root", "--division", REGION, "--name", node.name, "--listen",
                               f"tcp://127.0.0.1:{trees.free_port()}", "--approval", tree.approval,
                               *(word for name in admins for word in ("--admin", name)))[1])
    need([admin["name"] for admin in said["admins"]] == list(admins), said)
    tree.nodes[REGION] = node
    return node


def codes(node):
    return {alarm["code"] for alarm in node.status()["alarms"]}


def pilot(node, name, kind):
    node.run("submit", os.path.join(ROOT, "configs", "pilot", REGION, name), "--kind", kind)


def document(kind, number, **fields):
    return dict(dict(kind=kind, id=number, fiscal_year=2026), **fields)


def lines(*documents):
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in documents).encode()


def steal(tree, region):
    """A thief has the keys of the region's node. He loses its admins, whose keys he cannot open, and runs
    a daemon that asks none of them."""
    os.unlink(os.path.join(region.home, "founders"))
    tree.daemon = "rogue_terraced"
    region.start()
    tree.daemon = "terraced"


def join(tree, parent, division, name, admins, password):
    node = trees.Node(tree, division, name, parent)
    token = parent.json("invite", division, "--name", name)["token"]
    tree.env["TERRACE_PASSWORD"] = password
    node.enrol(token, admins)
    tree.nodes[division] = node
    node.start()
    return node


def approve_ten_billion(region):
    for name, kind in (("01-element.csv", "element"), ("02-agency.csv", "agency")):
        pilot(region, name, kind)
    region.run("submit", "-", stdin=lines(
        document("budget", "BIG", stage="reply", fund_type_code="111", amount=TEN_BILLION, approval_ref="1",
                 approval_date="2026-01-22", exp_func_code="2010601")))
    for name, role in (("mallory", "maker"), ("eve", "checker")):
        says(0, [], region, "user", "add", name, "--role", role, password=THIEFS)
    says(0, [], region, "--as", "mallory", "submit", "-", password=THIEFS, stdin=lines(
        document("transfer", "X1", ori_bgt_id="BIG", rec_div_code=CITY, amount=TEN_BILLION,
                 cor_bgt_doc_no="1", tra_type_code="general", stage="formal", doc_title="1",
                 doc_date="2026-02-10")))
    says(0, [], region, "--as", "eve", "approve", "X1", password=THIEFS)


def is_seen(node):
    """Marked, alarmed until a person has acknowledged it, counted and summed; the figures are the log's."""
    trees.wait_until(lambda: node.status()["unapproved"]["count"] == 1, 60, f"{node.division} to mark the transfer")
    trees.wait_until(lambda: node.run("get", "X1", "--division", REGION, check=False)[0] == 0, 60, "the transfer")
    status = node.status()
    need(status["unapproved"]["amount"] == TEN_BILLION, status["unapproved"])
    need({"approval_invalid", "person_unvouched"} <= codes(node), codes(node))
    alarm = next(alarm for alarm in status["alarms"] if alarm["code"] == "approval_invalid")
    need(alarm["division"] == REGION and TEN_BILLION in alarm["text"], alarm)
    says(0, ["UNAPPROVED", TEN_BILLION], node, "--lang", "en", "status")
    for name in ("mallory", "eve"):
        chain = node.json("user", "show", name, "--division", REGION)
        need([row["counts"] for row in chain["rows"]] == [False] and chain["rows"][0]["why"] == "person_unsigned", chain)
        need(chain["vouched_by"] == "two_admins", chain)
    says(4, ["X1"], node, "--lang", "en", "verify", "--deep")
    node.end()
    node.start()
    need("approval_invalid" in codes(node), "a restart ended the alarm")
    need(node.status()["unapproved"]["count"] == 1, node.status()["unapproved"])


def made_up_persons(tree):
    region = root_of(tree, ("卓玛", "旺堆"))
    steal(tree, region)
    city = join(tree, region, CITY, "拉萨市", ("央金",), HIS)
    approve_ten_billion(region)
    is_seen(city)
    answer = document("register", "R1", bgt_id="X1")
    said = says(1, ["issuer_unapproved"], city, "--json", "submit", "-", stdin=lines(answer))
    need("X1" not in city.run("list", "register")[1], said)
    says(0, [], city, "submit", "-", stdin=lines(document("return", "B1", bgt_id="X1", reason="未经审批")))
    region.end()
    city.end()


def as_many_sign_as_there_are(tree):
    region = root_of(tree, ("卓玛", "旺堆"))
    region.start()
    trees.wait_until(lambda: len(region.json("user", "list")["rows"]) == 2, 30, "the first admins")
    need(not os.path.exists(os.path.join(region.home, "founders")), "their keys lie in a file")
    need(region.status()["vouched_by"] == "two_admins", region.status()["vouched_by"])
    add = ("user", "add", "扎西", "--role", "maker", "--as", "卓玛")
    says(1, ["--with"], region, "--lang", "en", *add, password=HERS, fresh=THIEFS)
    says(1, ["twice"], region, "--lang", "en", *add, "--with", "卓玛", password=HERS, second=HERS, fresh=THIEFS)
    says(1, [], region, *add, "--with", "旺堆", password=HERS, second="a-wrong-one", fresh=THIEFS)
    says(0, [], region, *add, "--with", "旺堆", password=HERS, second=HERS, fresh=THIEFS)
    row, = region.json("user", "show", "扎西")["rows"]
    need(row["by"] == ["卓玛", "旺堆"] and row["counts"], row)
    key = row["key"]
    says(0, [], region, "user", "renew", "扎西", "--as", "旺堆", "--with", "卓玛", password=HERS, second=HERS,
         fresh="known-to-tashi")
    ended, renewed = region.json("user", "show", "扎西")["rows"][1:]
    need(ended["key"] == key and ended["roles"] == [] and renewed["key"] != key and renewed["counts"], (ended, renewed))
    return region


def one_admin_alone_is_told(tree, region):
    tree.env["TERRACE_PASSWORD"] = HERS
    token = json.loads(region.run("--json", "--as", "卓玛", "invite", CITY, "--name", "拉萨市")[1])["token"]
    city = trees.Node(tree, CITY, "拉萨市", region)
    tree.env["TERRACE_PASSWORD"] = HIS
    city.enrol(token, ("央金",))
    tree.nodes[CITY] = city
    city.start()
    trees.wait_until(lambda: city.status()["vouched_by"] == "one_admin", 30, "the city's admin")
    says(0, ["one person alone"], city, "--lang", "en", "status")
    trees.wait_until(lambda: city.json("user", "list")["rows"], 30, "her to be there")
    says(0, [], city, "--as", "央金", "user", "add", "格桑", "--role", "admin", password=HIS, fresh=THIEFS)
    trees.wait_until(lambda: "person_added" in codes(region), 60, "the parent to be told")
    alarm = next(alarm for alarm in region.status()["alarms"] if alarm["code"] == "person_added")
    need(alarm["division"] == CITY and "格桑" in alarm["text"] and "央金" in alarm["text"], alarm)
    says(1, [], city, "--as", "央金", "user", "add", "次仁", "--role", "maker", password=HIS, fresh=THIEFS)
    says(0, [], city, "--as", "央金", "user", "add", "次仁", "--role", "maker", "--with", "格桑", password=HIS,
         second=THIEFS, fresh=THIEFS)
    trees.wait_until(lambda: region.run("user", "show", "次仁", "--division", CITY, check=False)[0] == 0, 60, "his entry")
    need(region.json("user", "show", "次仁", "--division", CITY)["rows"][0]["counts"], "two admins signed, and he does not count")
    need("person_unvouched" not in codes(region), codes(region))
    rows = {row["division"]: row for row in region.json("status", "--tree")["rows"]}
    need(rows[CITY]["vouched_by"] == "two_admins" and rows[CITY]["unapproved"]["count"] == 0, rows[CITY])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="persons.") as base:
        for name, play in (("theft", made_up_persons), ("honest", lambda tree: one_admin_alone_is_told(
                tree, as_many_sign_as_there_are(tree)))):
            tree = trees.Tree(os.path.join(base, name), build=os.path.abspath(options.build), approval="transfer")
            try:
                play(tree)
            finally:
                tree.stop()
    print("persons: made-up ones approve nothing; two admins sign where two are; one alone is told")


if __name__ == "__main__":
    main()
