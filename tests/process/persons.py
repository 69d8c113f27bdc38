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

REGION, CITY, COUNTY, OTHER = "540000", "540100", "540121", "540122"
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


def second_agrees(parent, made, first, password):
    """Where two persons are asked for, another admin says yes before anybody comes."""
    if made["two"]:
        other = next(name for name in ("卓玛", "旺堆", "央金", "达娃")
                     if name != first and any(row["name"] == name for row in parent.json("user", "list")["rows"]))
        says(0, [], parent, "--as", other, "invite", "--accept", made["division"], password=password)


def join(tree, parent, division, name, admins, password, as_admin=None, runs=True):
    node = trees.Node(tree, division, name, parent)
    who = ()
    if as_admin is not None:
        trees.wait_until(lambda: parent.json("user", "list")["rows"], 30, "the first admins")
        who = ("--as", as_admin[0])
        tree.env["TERRACE_PASSWORD"] = as_admin[1]
    made = json.loads(parent.run("--json", *who, "invite", division, "--name", name,
                                 "--may-grant", ",".join(trees.reach(division)))[1])
    if as_admin is not None:
        second_agrees(parent, made, *as_admin)
    token = made["token"]
    tree.env["TERRACE_PASSWORD"] = password
    node.enrol(token, admins)
    tree.nodes[division] = node
    if runs:
        node.start()
    return node


def make_up_two(node):
    """With nothing but the key of the node."""
    for name, role in (("mallory", "maker"), ("eve", "checker")):
        says(0, [], node, "user", "add", name, "--role", role, password=THIEFS)


def approve_ten_billion(region):
    for name, kind in (("01-element.csv", "element"), ("02-agency.csv", "agency")):
        pilot(region, name, kind)
    region.run("submit", "-", stdin=lines(
        document("budget", "BIG", stage="reply", fund_type_code="111", amount=TEN_BILLION, approval_ref="1",
                 approval_date="2026-01-22", exp_func_code="2010601")))
    make_up_two(region)
    says(0, [], region, "--as", "mallory", "submit", "-", password=THIEFS, stdin=lines(
        document("transfer", "X1", ori_bgt_id="BIG", rec_div_code=COUNTY, amount=TEN_BILLION,
                 cor_bgt_doc_no="1", tra_type_code="general", stage="formal", doc_title="1",
                 doc_date="2026-02-10")))
    says(0, [], region, "--as", "eve", "approve", "X1", password=THIEFS)


def is_seen(node, author=REGION, number="X1", seconds=60):
    """Marked, alarmed until a person has acknowledged it, counted and summed; the figures are the log's."""
    trees.wait_until(lambda: node.status()["unapproved"]["count"] == 1, seconds, f"{node.division} to mark {number}")
    trees.wait_until(lambda: node.run("get", number, "--division", author, check=False)[0] == 0, 60, number)
    status = node.status()
    need(status["unapproved"]["amount"] == TEN_BILLION, status["unapproved"])
    need({"approval_invalid", "person_unvouched"} <= codes(node), codes(node))
    alarm = next(alarm for alarm in status["alarms"] if alarm["code"] == "approval_invalid")
    need(alarm["division"] == author and TEN_BILLION in alarm["text"], alarm)
    says(0, ["UNAPPROVED", TEN_BILLION], node, "--lang", "en", "status")
    for name in ("mallory", "eve"):
        chain = node.json("user", "show", name, "--division", author)
        need([row["counts"] for row in chain["rows"]] == [False] and chain["rows"][0]["why"] == "person_unsigned", chain)
        need(chain["vouched_by"] == "two_admins", chain)
    says(0, ["mallory", "eve", "nobody who may"], node, "--lang", "en", "user", "list", "--division", author)
    is_listed(node, author, number)
    says(4, [number], node, "--lang", "en", "verify", "--deep")
    node.end()
    node.start()
    need("approval_invalid" in codes(node), "a restart ended the alarm")
    need(node.status()["unapproved"]["count"] == 1, node.status()["unapproved"])


def is_listed(node, author, number):
    """Wherever somebody looks: the list, the document, the doctor, in both languages."""
    row, = node.json("unapproved", "--division", author)["rows"]
    need(row["id"] == number and row["why"] == "signer_unknown" and row["amount"] == TEN_BILLION, row)
    says(0, [number, TEN_BILLION], node, "--lang", "en", "unapproved")
    why = {language: node.json("--lang", language, "get", number, "--division", author)["unapproved"]["why_words"] for language in ("en", "zh")}
    need(why["en"] != why["zh"] and "" not in why.values(), why)
    if author in {one["division"] for one in node.json("status", "--tree")["rows"]}:
        says(1, [f"{author}: 1 entries lack", TEN_BILLION], node, "--lang", "en", "doctor")
        board = node.json("report", "chain", "--division", author)
        need(board["unapproved"] == {"count": 1, "amount": TEN_BILLION}, board["unapproved"])


def is_acknowledged(node):
    """Ended by a person's word alone, which stays in the history; the mark stays."""
    alarm = next(alarm for alarm in node.status()["alarms"] if alarm["code"] == "approval_invalid")
    says(0, [], node, "--as", "央金", "alarms", "--ack", str(alarm["id"]), password=HIS)
    need("approval_invalid" not in codes(node), codes(node))
    past = next(one for one in node.json("alarms", "--history")["alarms"] if one["id"] == alarm["id"])
    need(past["acknowledged_by"] == "央金" and past["cleared"], past)
    need(node.status()["unapproved"]["count"] == 1, node.status()["unapproved"])


def made_up_persons(tree):
    region = root_of(tree, ("卓玛", "旺堆"))
    steal(tree, region)
    city = join(tree, region, CITY, "拉萨市", ("央金",), HIS)
    county = join(tree, city, COUNTY, "林周县", ("央金",), HIS, as_admin=("央金", HIS))
    approve_ten_billion(region)
    for node in (city, county):  # each checks the region's persons; none takes another's word for it
        is_seen(node)
    is_acknowledged(city)
    answer = document("register", "R1", bgt_id="X1", ori_div_code=REGION)
    said = says(1, ["issuer_unapproved"], county, "--json", "submit", "-", stdin=lines(answer))
    need("X1" not in county.run("list", "register")[1], said)
    says(0, [], county, "submit", "-", stdin=lines(document("return", "B1", bgt_id="X1", ori_div_code=REGION, reason="未经审批")))
    for node in (region, city, county):
        node.end()


def a_county_is_seen_by_all_above(tree):
    """A county's thief is seen by the city and, through it, by the region; a sibling does not hold it."""
    region = root_of(tree, ("卓玛", "旺堆"))
    region.start()
    tree.env["TERRACE_PASSWORD"] = HERS
    city = join(tree, region, CITY, "拉萨市", ("央金",), HIS, as_admin=("卓玛", HERS))
    county = join(tree, city, COUNTY, "林周县", ("次仁", "达娃"), HIS, as_admin=("央金", HIS), runs=False)
    other = join(tree, city, OTHER, "当雄县", ("平措",), HIS, as_admin=("央金", HIS))
    steal(tree, county)
    make_up_two(county)
    says(0, [], county, "--as", "mallory", "submit", "-", password=THIEFS, stdin=lines(
        document("budget", "BIG", stage="reply", fund_type_code="111", amount=TEN_BILLION, approval_ref="1",
                 approval_date="2026-01-22", exp_func_code="2010601")))
    says(0, [], county, "--as", "eve", "approve", "BIG", password=THIEFS)
    for node in (city, region):
        is_seen(node, COUNTY, "BIG")
    need(other.status()["unapproved"]["count"] == 0 and not codes(other), other.status()["unapproved"])
    need(other.run("get", "BIG", "--division", COUNTY, check=False)[0] == 1, "a sibling holds it")
    for node in (region, city, county, other):
        node.end()


def transfer(node, number):
    says(0, [], node, "--as", "li", "submit", "-", password=HIS, stdin=lines(
        document("transfer", number, ori_bgt_id="BIG", rec_div_code=COUNTY, amount="100.00", cor_bgt_doc_no=number,
                 tra_type_code="general", stage="formal", doc_title="1", doc_date="2026-02-10")))


def rogue_approves(tree, node, number, **how):
    """Persons approved it indeed, and at another time: so says a daemon that keeps what they signed."""
    node.end()
    tree.env.update(how)
    tree.daemon = "rogue_terraced"
    node.start()
    says(0, [], node, "--as", "wang", "approve", number, password=HIS)
    node.end()
    for name in how:
        del tree.env[name]
    tree.daemon = "terraced"
    node.start()


def is_marked(node, number, why, alarm):
    trees.wait_until(lambda: number in {row["id"] for row in node.json("unapproved")["rows"]}, 60, f"{node.division} to mark {number}")
    rows = {row["id"]: row["why"] for row in node.json("unapproved")["rows"]}
    need(rows[number] == why and alarm in codes(node), (rows, codes(node)))


def an_old_approval_is_seen(tree):
    """What persons of a city approved is entered a day later, and in the epoch behind the one in which they
    did. The region, which has no admins, is worth its key, and says so wherever it is shown."""
    region = root_of(tree, ())
    region.start()
    city = join(tree, region, CITY, "拉萨市", ("央金", "达娃"), HIS)
    county = join(tree, city, COUNTY, "林周县", ("次仁",), HIS, as_admin=("央金", HIS))
    need(region.status()["vouched_by"] == "node_key" and region.json("status", "--tree")["rows"][0]["vouched_by"] == "node_key", "worth its key")
    for node, args in ((region, ("status",)), (region, ("user", "list", "--division", REGION)), (city, ("user", "list", "--division", REGION))):
        says(0, ["worth the node's own key"], node, "--lang", "en", *args)
    for name, kind in (("01-element.csv", "element"), ("02-agency.csv", "agency")):
        pilot(city, name, kind)
    for name, role in (("li", "maker"), ("wang", "checker")):
        says(0, [], city, "--as", "央金", "user", "add", name, "--role", role, "--with", "达娃", password=HIS, second=HIS, fresh=HIS)
    says(0, [], city, "--as", "li", "submit", "-", password=HIS, stdin=lines(
        document("budget", "BIG", stage="reply", fund_type_code="111", amount="1000.00", approval_ref="1",
                 approval_date="2026-01-22", exp_func_code="2010601")))
    for number in ("T1", "T2", "T3"):
        transfer(city, number)
    says(0, [], city, "--as", "wang", "approve", "T1", password=HIS)
    rogue_approves(tree, city, "T2", ROGUE_AGE_S="90000")
    for node in (region, county):
        is_marked(node, "T2", "approval_stale", "approval_stale")
    epoch = city.status()["epoch"]
    says(0, [], region, "amend", CITY, "--name", "拉萨")
    trees.wait_until(lambda: city.status()["epoch"] == epoch + 1, 60, "the next epoch")
    rogue_approves(tree, city, "T3", ROGUE_EPOCH=str(epoch))
    for node in (region, county):
        is_marked(node, "T3", "approval_maker_wrong", "approval_invalid")
        need("T1" not in {row["id"] for row in node.json("unapproved")["rows"]}, "what holds is marked")
    for node in (region, city, county):
        node.end()


def as_many_sign_as_there_are(tree):
    region = root_of(tree, ("卓玛", "旺堆"))
    region.start()
    trees.wait_until(lambda: len(region.json("user", "list")["rows"]) == 2, 30, "the first admins")
    need(not os.path.exists(os.path.join(region.home, "founders")), "their keys lie in a file")
    need(region.status()["vouched_by"] == "two_admins", region.status()["vouched_by"])
    add = ("user", "add", "扎西", "--role", "maker", "--as", "卓玛")
    says(0, ["waits for a second admin"], region, "--lang", "en", *add, password=HERS, fresh=THIEFS)
    says(1, ["twice"], region, "--lang", "en", *add, "--with", "卓玛", password=HERS, second=HERS, fresh=THIEFS)
    says(1, [], region, *add, "--with", "旺堆", password=HERS, second="a-wrong-one", fresh=THIEFS)
    says(2, ["旺堆", "$TERRACE_SECOND_PASSWORD"], region, "--lang", "en", *add, "--with", "旺堆", password=HERS, fresh=THIEFS)
    says(0, [], region, *add, "--with", "旺堆", password=HERS, second=HERS, fresh=THIEFS)
    row, = region.json("user", "show", "扎西")["rows"]
    need(row["by"] == ["卓玛", "旺堆"] and row["counts"], row)
    stale, = proposals(region)
    says(1, ["changed"], region, "--json", "--as", "旺堆", "approve", stale["id"], password=HERS)
    says(0, [], region, "--as", "卓玛", "withdraw", stale["id"], password=HERS)
    key = row["key"]
    says(0, [], region, "user", "renew", "扎西", "--as", "旺堆", "--with", "卓玛", password=HERS, second=HERS,
         fresh="known-to-tashi")
    ended, renewed = region.json("user", "show", "扎西")["rows"][1:]
    need(ended["key"] == key and ended["roles"] == [] and renewed["key"] != key and renewed["counts"], (ended, renewed))
    the_second_approves_later(region)
    return region


def proposals(node):
    return [row for row in node.json("pending")["rows"] if row["kind"] == "operator"]


def the_second_approves_later(region):
    """At another time and place: what one admin asked for waits, is listed, and is done once another signs."""
    ask = json.loads(says(0, [], region, "--json", "user", "add", "平措", "--role", "checker", "--as", "卓玛", password=HERS, fresh=THIEFS))
    waiting, = proposals(region)
    need(waiting["id"] == ask["proposal"] and waiting["maker"] == "卓玛" and waiting["name"] == "平措", waiting)
    need(region.run("user", "show", "平措", check=False)[0] == 1, "he is somebody already")
    says(0, [waiting["id"], "卓玛"], region, "pending")
    for name, count in (("旺堆", 1), ("卓玛", 0)):
        rows = json.loads(says(0, [], region, "--json", "inbox", "--user", name))["rows"]
        need(len([row for row in rows if row["group"] == "to_approve"]) == count, (name, rows))
    region.end()
    region.start()
    approve = ("approve", waiting["id"])
    says(1, ["same_person"], region, "--json", "--as", "卓玛", *approve, password=HERS)
    says(1, ["not_for_role"], region, "--json", "--as", "扎西", "withdraw", waiting["id"], password="known-to-tashi")
    says(0, [], region, "--as", "旺堆", *approve, password=HERS)
    row, = region.json("user", "show", "平措")["rows"]
    need(row["by"] == ["卓玛", "旺堆"] and row["counts"] and not proposals(region), row)
    says(0, [], region, "--as", "旺堆", *approve, password=HERS)  # whoever lost the answer
    says(1, ["not_pending"], region, "--json", "--as", "平措", "approve", "nothing", password=THIEFS)
    says(0, [], region, "--as", "旺堆", "user", "renew", "平措", password=HERS, fresh=HIS)
    says(0, [], region, "--as", "卓玛", "reject", proposals(region)[0]["id"], "--reason", "no", password=HERS)
    need(not proposals(region) and len(region.json("user", "show", "平措")["rows"]) == 1, "rejected, and done")
    says(0, [], region, "--as", "旺堆", "user", "renew", "平措", password=HERS, fresh=HIS)
    need(len(proposals(region)) == 2, "the end of one key, and another")
    says(0, [], region, "--as", "卓玛", "approve", proposals(region)[1]["id"], password=HERS)  # any of them stands for all
    _, ended, renewed = region.json("user", "show", "平措")["rows"]
    need(ended["key"] == row["key"] and ended["roles"] == [] and renewed["counts"] and renewed["by"] == ["旺堆", "卓玛"], (ended, renewed))
    says(1, ["not_pending"], region, "--json", "--as", "平措", "approve", "nothing", password=HIS)
    says(0, [], region, "--as", "卓玛", "user", "role", "平措", "--role", "auditor", password=HERS)
    says(0, [], region, "--as", "旺堆", "approve", proposals(region)[0]["id"], password=HERS)
    *_, changed = region.json("user", "show", "平措")["rows"]
    need(changed["roles"] == ["auditor"] and changed["key"] == renewed["key"] and changed["counts"], changed)
    says(1, [], region, "--as", "平措", "approve", "nothing", password=HIS)
    says(0, [], region, "--as", "卓玛", "user", "disable", "旺堆", password=HERS)
    says(1, ["draft_of_another"], region, "--json", "--as", "旺堆", "withdraw", proposals(region)[0]["id"], password=HERS)
    says(0, [], region, "--as", "卓玛", "withdraw", proposals(region)[0]["id"], password=HERS)
    says(0, [], region, "verify", "--deep")


def one_admin_alone_is_told(tree, region):
    tree.env["TERRACE_PASSWORD"] = HERS
    made = json.loads(region.run("--json", "--as", "卓玛", "invite", CITY, "--name", "拉萨市")[1])
    second_agrees(region, made, "卓玛", HERS)
    token = made["token"]
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
    says(0, [], city, "--as", "央金", "user", "add", "德吉", "--role", "maker", password=HIS, fresh=THIEFS)
    says(0, [], city, "--as", "格桑", "approve", proposals(city)[0]["id"], password=THIEFS)
    trees.wait_until(lambda: region.run("user", "show", "德吉", "--division", CITY, check=False)[0] == 0, 60, "the entry")
    row, = region.json("user", "show", "德吉", "--division", CITY)["rows"]
    need(row["counts"] and row["by"] == ["央金", "格桑"], row)
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
        for name, play in (("theft", made_up_persons), ("county", a_county_is_seen_by_all_above), ("old", an_old_approval_is_seen), ("honest", lambda tree: one_admin_alone_is_told(
                tree, as_many_sign_as_there_are(tree)))):
            tree = trees.Tree(os.path.join(base, name), build=os.path.abspath(options.build),
                              approval="budget" if name == "county" else "transfer")
            try:
                play(tree)
            finally:
                tree.stop()
    print("persons: made-up ones approve nothing; two admins sign where two are; one alone is told")


if __name__ == "__main__":
    main()
