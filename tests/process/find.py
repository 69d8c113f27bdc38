"""find - a number or an id leads to its documents, whoever of those in sight wrote them, and a page looks
at so many documents and no more. Three real nodes.

    python3 tests/process/find.py --build build
"""
import json
import os

from lists import CITY, ROOT, enter, need, trees
from node_api import Api, Refused

COUNTY = "540121"
PLANS = 2500  # with a number: more than one page looks at
NUMBER = "藏财预〔2026〕11号"


def documents():
    yield dict(kind="element", id="E1", ele_catalog_code="fund_type", ele_code="111", ele_name="一般公共预算资金")
    yield dict(kind="element", id="E2", ele_catalog_code="exp_func", ele_code="2050202", ele_name="小学教育")
    yield dict(kind="agency", id="AG1", agency_code="105", agency_name="教育厅")
    yield dict(kind="budget", id="B1", stage="reply", fund_type_code="111", amount="9000000.00",
               approval_ref="藏人发〔2026〕7号", exp_func_code="2050202")
    yield dict(kind="transfer", id="T1", ori_bgt_id="B1", rec_div_code=CITY, amount="1250.50",
               cor_bgt_doc_no=NUMBER, tra_type_code="general", stage="formal")
    yield dict(kind="allocate", id="AL1", ori_bgt_id="B1", agency_code="105", amount="20000.00", exp_func_code="2050202")
    yield dict(kind="release", id="RL1", bgt_id="AL1", cor_bgt_doc_no="藏财预〔2026〕12号")
    yield dict(kind="payment", id="P1", bgt_id="AL1", pay_app_amt="1.00", use_des="校舍", payee_acct_name="甲",
               payee_acct_no="6222", payee_acct_bank_name="农行")


def found(node, text, **query):
    """Every row that a text leads to, page by page: (division, id), and how often a page had none."""
    api, rows, empty, after = Api(os.path.join(node.home, "terrace.sock")), [], 0, None
    while True:
        page = json.loads(api.text("GET", "/find", text=text, after=after, **query))
        need(page["read"] <= 2000 and page["shown"] == len(page["rows"]), f"{page}")
        rows += [(row["division"], row["id"]) for row in page["rows"]]
        empty += not page["rows"]
        if page["complete"]:
            return rows, empty
        after = page["next"]


def wherever(tree):
    """Own first, then above, then below; each once."""
    issued, answered = (ROOT, "T1"), (CITY, "RG1")
    need(found(tree[ROOT], NUMBER)[0] == [issued, answered], f"{found(tree[ROOT], NUMBER)}")
    need(found(tree[CITY], NUMBER)[0] == [answered, issued], f"{found(tree[CITY], NUMBER)}")
    need(set(found(tree[ROOT], "〔2026〕1")[0]) == {issued, answered, (ROOT, "RL1")}, "a part of it")
    need(found(tree[ROOT], "藏人发〔2026〕7号")[0] == [(ROOT, "B1")], "an approval's")
    need(found(tree[ROOT], "RG1")[0] == [answered], "an id of somebody below")
    need(found(tree[CITY], "P1")[0] == [], "what is not sent down is not in sight")
    need(found(tree[ROOT], "P1")[0] == [(ROOT, "P1")], "a payment, by its id")
    need(found(tree[ROOT], "1250.50")[0] == [], "an amount is no number")


def page_by_page(tree):
    node = tree[ROOT]
    enter(node, [dict(kind="budget", id=f"R{at}", stage="request", fund_type_code="111", amount="1.00",
                      exp_func_code="2050202", approval_ref=f"拟〔2026〕{at}号") for at in range(PLANS)])
    rows, empty = found(node, NUMBER)
    need(rows == [(ROOT, "T1"), (CITY, "RG1")] and empty > 0, f"{rows}, {empty} pages without any")
    need(found(node, NUMBER, limit=1)[0] == rows, "the same, one a page")
    need(len(found(node, "拟〔2026〕", limit=400)[0]) == PLANS, "each once, however it is cut")


def refused(tree):
    api = Api(os.path.join(tree[ROOT].home, "terrace.sock"))
    for query in ({}, {"text": ""}, {"text": "字" * 67}, {"text": "x", "after": "540000:none"},
                  {"text": "x", "after": f"{ROOT}:P1"}, {"text": "x", "limit": "0"}):
        try:
            api.text("GET", "/find", **query)
        except Refused as answer:
            need((answer.status, answer.code) == (400, "bad_request"), f"{query}: {answer}")
        else:
            raise trees.Failed(f"{query} was answered")


def prove(base, build):
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    try:
        tree.init_root(ROOT, "西藏自治区")
        tree.join(ROOT, CITY, "拉萨市")
        tree.join(CITY, COUNTY, "林周县")
        enter(tree[ROOT], documents())
        trees.wait_until(lambda: tree[CITY].run("get", "T1", "--division", ROOT, check=False)[0] == 0, 30, "the transfer")
        enter(tree[CITY], [dict(kind="register", id="RG1", bgt_id="T1", ori_div_code=ROOT)])
        tree.wait_equal_digests()
        for step in (wherever, page_by_page, refused):
            step(tree)
    finally:
        tree.stop()
    print("find: whoever wrote it, by number or by id, so many documents a page")


if __name__ == "__main__":
    trees.run_test("find", prove)
