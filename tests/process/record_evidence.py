"""record_evidence - of record.py: one document of every kind that persons write, each for the second time, as evidence.

A city beside the others goes on with the branch of its log that the region holds. What the other branch said, one of each
kind at least, is offered, approved where that takes two persons, and answered and settled as the first time.

    region 540000, city 540400 --transfers, recalls--> what the city answers on the branch that is not kept
    county 540402, township 540402100: the city's transfers, and new keys that the city's persons confirm
"""
import json
import os
import shutil

from continuity import lose_keys
from examples import REGION, need, trees

CITY, COUNTY, TOWNSHIP = "540400", "540402", "540402100"
NAMES = {CITY: "林芝市", COUNTY: "工布江达县", TOWNSHIP: "工布江达镇"}
BY_NODE = {"operator", "settle"}  # no person writes them, and none does so again
YEAR, NEXT = 2025, 2026
FUNCTION = "2050201"


def row(kind, ident, year=YEAR, **fields):
    return dict(kind=kind, id=f"EV-{ident}", fiscal_year=year, **fields)


def reply(ident, amount):
    return row("budget", ident, stage="reply", fund_type_code="111", amount=amount, approval_ref="藏人大〔2025〕1号",
               exp_func_code=FUNCTION)


def transfer(ident, of, to, amount):
    return row("transfer", ident, ori_bgt_id=f"EV-{of}", rec_div_code=to, amount=amount, cor_bgt_doc_no=f"财预〔2025〕{ident}号",
               tra_type_code="general", stage="formal")


def about(kind, ident, of, **fields):
    return row(kind, ident, bgt_id=f"EV-{of}", **fields)


# What others say before, and the city answers.
OF_THE_REGION = [reply("REPLY", "500000.00"), transfer("T1", "REPLY", CITY, "100000.00"), transfer("T2", "REPLY", CITY, "4000.00"),
                 transfer("T3", "REPLY", CITY, "3000.00")]
OF_THE_CITY = [about("register", "REG1", "T1", ori_div_code=REGION), transfer("D1", "REG1", COUNTY, "20000.00"),
               transfer("D2", "REG1", COUNTY, "1000.00")]
OF_THE_COUNTY = [about("register", "DREG1", "D1", ori_div_code=CITY)]
ASKED_BACK = [about("recall", "R1", "T1", amount="2000.00", reason="项目进度滞后"),
              about("recall", "R2", "T1", amount="1000.00", reason="统筹使用")]
# What the city says on the branch that is kept, and on the other one.
KEPT = [row("agency", "KEPT", agency_code="199001", agency_name="林芝市审计局")]
PUT_ASIDE = [
    row("open_year", "OPEN"),
    row("element", "ELEMENT-1", ele_catalog_code="dep_bgt_eco", ele_code="30201", ele_name="办公费"),
    row("element", "ELEMENT-2", NEXT, ele_catalog_code="dep_bgt_eco", ele_code="30202", ele_name="印刷费"),
    row("element_map", "MAP", NEXT, ele_catalog_code="dep_bgt_eco", from_code="30201", to_code="30202"),
    row("calendar", "CALENDAR", date="2025-12-31", is_workday="2", reason="年终结账"),
    row("policy", "POLICY", policy_code="carry_max", policy_value="2", reason="结转不超过两年"),
    row("agency", "AGENCY-1", agency_code="105001", agency_name="林芝市教育局"),
    row("agency", "AGENCY-2", agency_code="126001", agency_name="林芝市农业农村局"),
    row("bank_account", "ACCOUNT", acct_no="540400011050010001", acct_name="林芝市教育局", bank_name="中国建设银行", agency_code="105001"),
    row("project", "PROJECT", pro_code="54040025105P000000001", state="reserved", pro_name="学前教育补助", pro_cat_code="3",
        agency_code="105001", setup_year="2025"),
    reply("BUDGET", "300000.00"),
    about("adjust", "ADJUST", "BUDGET", amount="-5000.00", approval_ref="林人大〔2025〕9号"),
    row("transfer_in", "IN", ori_div_code="100000", sup_bgt_doc_no="财预〔2025〕3号", amount="30000.00", fund_type_code="111",
        tra_type_code="general", stage="formal"),
    row("transfer_out", "OUT", ori_bgt_id="EV-IN", rec_div_code="540421", amount="10000.00", cor_bgt_doc_no="林财预〔2025〕2号",
        tra_type_code="general", stage="formal"),
    transfer("D3", "BUDGET", COUNTY, "7000.00"),
    about("register", "REG3", "T3", ori_div_code=REGION),
    about("return", "RETURN", "T2", ori_div_code=REGION, reason="项目已取消"),
    about("recall_grant", "GRANT", "REG1", amount="1500.00", recall_id="EV-R1", ori_div_code=REGION),
    row("recall_refuse", "REFUSE", recall_id="EV-R2", ori_div_code=REGION, reason="资金已安排"),
    about("recall", "RECALL", "D1", amount="500.00", reason="统筹使用"),
    about("withdraw", "WITHDRAW", "D2", reason="金额有误"),
    row("remit", "REMIT", ori_bgt_id="EV-REG1", rec_div_code=REGION, amount="300.00", cor_bgt_doc_no="林财预〔2025〕30号"),
    row("allocate", "ALLOCATE-1", ori_bgt_id="EV-BUDGET", agency_code="105001", amount="50000.00", exp_func_code=FUNCTION),
    row("allocate", "ALLOCATE-2", ori_bgt_id="EV-BUDGET", agency_code="105001", amount="9000.00", exp_func_code=FUNCTION),
    about("release", "RELEASE", "ALLOCATE-1", cor_bgt_doc_no="林财预〔2025〕1号"),
    *(about("payment", f"PAYMENT-{number}", "ALLOCATE-1", pay_app_amt="4000.00", payee_acct_name="雪域路桥养护工程队",
            payee_acct_no="6228000000540400", payee_acct_bank_name="中国农业银行", use_des="幼儿园维修") for number in (1, 2)),
    row("paid", "PAID", pay_app_id="EV-PAYMENT-1", xpay_amt="4000.00", xpay_date="2025-03-11", agent_business_no="540400202500000001"),
    row("payment_cancel", "CANCEL", pay_app_id="EV-PAYMENT-2", reason="收款人账号有误"),
    row("refund", "REFUND", pay_app_id="EV-PAYMENT-1", amount="50.00", reason="多付退回", date="2025-04-02"),
    about("freeze", "FREEZE", "ALLOCATE-1", amount="500.00", reason="审计事项待核实"),
    about("unfreeze", "UNFREEZE", "ALLOCATE-1", amount="500.00", reason="已核实"),
    about("reduce", "REDUCE", "ALLOCATE-2", amount="1000.00"),
    row("virement", "VIREMENT", from_bgt_id="EV-ALLOCATE-1", agency_code="126001", amount="600.00", reason="任务移交"),
    about("carry_over", "CARRY", "ALLOCATE-2", amount="2000.00"),
    about("lapse", "LAPSE", "BUDGET", amount="100.00", reason="项目已完成", take_from="unalloc"),
    row("close_year", "CLOSE", month="1"),
    row("reopen_year", "REOPEN", month="1", reason="补记一笔"),
    row("confirm", "CONFIRM", div_code=TOWNSHIP, reason="电话核对"),
]


def enter(node, documents):
    """As one post; what takes a second person is approved then."""
    lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in documents).encode()
    _, out, err = node.run("submit", "-", "--as", "li", stdin=lines, check=False)
    answers = [json.loads(line) for line in out.splitlines()]
    need([one["status"] in ("accepted", "draft") for one in answers] == [True] * len(documents), out + err)
    drafts = [one["id"] for one in answers if one["status"] == "draft"]
    if drafts:
        node.run("approve", *drafts, "--as", "wang")


def arrives(node, author, *documents):
    for one in documents:
        trees.wait_until(lambda: node.run("get", one["id"], "--division", author, check=False)[0] == 0, 60,
                         f"{one['id']} of {author} at {node.division}")


def join(tree):
    tree.join(REGION, CITY, NAMES[CITY])
    tree.join(CITY, COUNTY, NAMES[COUNTY])
    tree.join(COUNTY, TOWNSHIP, NAMES[TOWNSHIP])
    for division in (CITY, COUNTY):
        tree[division].run("user", "add", "li", "--role", "maker")
        tree[division].run("user", "add", "wang", "--role", "checker")


def is_settled(node, ident, state):
    trees.wait_until(lambda: node.json("get", f"EV-{ident}")["state"] == state, 60, f"{ident} to be {state}")


def confirmed(node, division):
    answer = node.json("--as", "li", "confirm", division, "--yes", "--reason", "电话核对")
    if answer["status"] == "draft":
        node.run("approve", answer["id"], "--as", "wang")


def other_keys(tree, epoch):
    """The township has other keys, which the city is to confirm."""
    city, county, township = (tree[code] for code in (CITY, COUNTY, TOWNSHIP))
    lose_keys(township)
    township.run("join", county.json("invite", TOWNSHIP, "--recover")["token"], "--recover")
    township.start()
    trees.wait_until(lambda: [(one["division"], one["epoch"]) for one in city.json("confirm", "--list")["rows"]] == [(TOWNSHIP, epoch)], 60,
                     "what the city is to confirm")


def before(tree):
    """All that the city answers is there."""
    region, city, county = (tree[code] for code in (REGION, CITY, COUNTY))
    arrives(county, REGION, dict(id="FUNC-2025"))
    enter(region, OF_THE_REGION)
    arrives(city, REGION, *OF_THE_REGION[1:])
    enter(city, OF_THE_CITY)
    arrives(county, CITY, *OF_THE_CITY[1:])
    enter(county, OF_THE_COUNTY)
    is_settled(region, "T1", "registered")
    is_settled(city, "D1", "registered")
    enter(region, ASKED_BACK)
    arrives(city, REGION, *ASKED_BACK)
    other_keys(tree, 2)
    tree.wait_equal_digests()


def two_branches(tree):
    """The region holds the one; the other one is longer and nobody has it."""
    region, city = tree[REGION], tree[CITY]
    for division in (TOWNSHIP, COUNTY):
        tree[division].end()
    city.end()
    shutil.copytree(city.home, city.home + ".old")
    city.start()
    enter(city, KEPT)
    arrives(region, CITY, *KEPT)
    city.end()
    region.end()
    shutil.rmtree(city.home)
    os.rename(city.home + ".old", city.home)
    city.start()
    enter(city, PUT_ASIDE)
    region.start()


def keep_one(tree):
    region, city = tree[REGION], tree[CITY]
    rows = trees.wait_until(lambda: {one["branch"]: one for one in region.json("fork")["rows"]}, 60, "the region to see both")
    region.run("fork", CITY, "--keep", rows["held_here"]["hash"], "--yes")
    confirmed(region, CITY)
    trees.wait_until(lambda: city.run("get", KEPT[0]["id"], check=False)[0] == 0, 60, "the city to go on with the other branch")


def offer_all(tree):
    city = tree[CITY]
    rows = {one["id"]: one for one in city.json("evidence")["rows"] if one["state"] == "to_offer"}
    need(set(rows) == {one["id"] for one in PUT_ASIDE}, f"{sorted(rows)}")
    answer = city.json("evidence", "--offer", "--as", "li")
    need(not answer["left"] and not [one for one in answer["documents"] if one["status"] == "refused"], f"{answer}")
    drafts = [one["id"] for one in answer["documents"] if one["status"] == "draft"]
    city.run("approve", *drafts, "--as", "wang")
    need(drafts == ["EV-CLOSE", "EV-REOPEN"], f"{drafts}")


def story(tree):
    """The township's keys change once more before: while others wait, a word about the former ones may be said."""
    before(tree)
    two_branches(tree)
    keep_one(tree)
    tree[COUNTY].start()
    other_keys(tree, 3)
    offer_all(tree)
    region, city = tree[REGION], tree[CITY]
    confirmed(city, TOWNSHIP)
    for node, ident, state in ((region, "T2", "returned"), (region, "T3", "registered"), (region, "R1", "granted"),
                               (region, "R2", "declined"), (city, "WITHDRAW", "withdrawn")):
        is_settled(node, ident, state)
    tree.wait_equal_digests()
