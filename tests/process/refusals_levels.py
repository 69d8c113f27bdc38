"""refusals_levels - every reason that years, policy and what goes between levels can give, each once through
the command line of real nodes, in both languages, with what stands in the way; and the templates of what
takes two persons.

    python3 tests/process/refusals_levels.py --build build
"""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402

ROOT, CITY, COUNTY = "540000", "540100", "540121"
EN, ZH = "C.UTF-8", "zh_CN.UTF-8"
PAYEE = dict(payee_acct_name="x", payee_acct_no="1", payee_acct_bank_name="x", use_des="x", pay_app_date="2025-03-01")


def need(condition, text):
    if not condition:
        raise trees.Failed(text)


def run(node, *args, lang=EN, stdin=b""):
    env = dict(node.tree.env, LC_ALL=lang, TERRACE_HOME=node.home)
    return subprocess.run([node.tree.bin("terrace"), *args], env=env, input=stdin, capture_output=True,
                          timeout=trees.PATIENCE_S, start_new_session=True)


def doc(kind, ident, year=2025, **fields):
    text = {name: str(value) for name, value in fields.items()}
    return dict(kind=kind, id=ident, **({} if year is None else {"fiscal_year": str(year)}), **text)


def answers(node, *documents, lang=EN, options=()):
    lines = b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in documents)
    done = run(node, "submit", "-", "--as", "li", *options, lang=lang, stdin=lines)
    need(done.returncode in (0, 1), f"{documents}: {done.stderr.decode()}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def accepted(node, *documents):
    for answer in answers(node, *documents):
        need(answer["status"] == "accepted", f"{answer}")


def refused(node, reason, en, zh, document):
    """Refused so; the sentence has these words in either language, and its id stays free."""
    for lang, words in ((EN, en), (ZH, zh)):
        answer = answers(node, document, lang=lang, options=("--correct",) if lang == ZH else ())[0]
        missing = [word for word in words if word not in answer.get("message", "")]
        need(answer.get("reason") == reason and not missing, f"{reason}, {lang}: no {missing} in {answer}")


def draft_refused(node, reason, en, zh, document):
    """What takes two persons is drafted with a word of what would become of it, and refused to its checker."""
    for lang, words in ((EN, en), (ZH, zh)):
        answer = answers(node, document, options=("--correct",) if lang == ZH else ())[0]
        need(answer["status"] == "draft" and answer.get("would_refuse") == reason, f"{answer}")
        done = run(node, "approve", document["id"], "--as", "wang", lang=lang)
        answer = json.loads(done.stdout.splitlines()[0])
        missing = [word for word in words if word not in answer.get("message", "")]
        need(done.returncode == 1 and answer.get("reason") == reason and not missing, f"{lang}: {missing} in {answer}")
    need(run(node, "withdraw", document["id"], "--as", "li").returncode == 0, f"{document['id']} is dropped by its maker")


def two_persons(node, *documents):
    for document in documents:
        answer = answers(node, document)[0]
        need(answer["status"] == "draft", f"{answer}")
        done = run(node, "approve", document["id"], "--as", "wang")
        need(done.returncode == 0, f"{document}: {done.stdout.decode()}{done.stderr.decode()}")


def state(node, ident):
    return node.json("get", ident)["state"]


def waits(node, ident):
    trees.wait_until(lambda: ident in [row["id"] for row in node.json("inbox", "--as", "li")["rows"]], 60, f"{ident} at {node.division}")


def transfer(ident, origin, receiver, amount, stage="formal", **more):
    return doc("transfer", ident, ori_bgt_id=origin, rec_div_code=receiver, amount=amount, cor_bgt_doc_no="x",
               **dict(dict(tra_type_code="general", stage=stage), **more))


def found(tree):
    root = tree.init_root(ROOT, "西藏自治区")
    city, _ = tree.join(ROOT, CITY, "拉萨市")
    county, _ = tree.join(CITY, COUNTY, "林周县")
    for node in (root, city, county):
        run(node, "user", "add", "li", "--role", "maker")
        run(node, "user", "add", "wang", "--role", "checker")
    codes = [doc("element", f"F{year}", year, ele_catalog_code="fund_type", ele_code="111", ele_name="x") for year in (2025, 2026)]
    codes += [doc("element", "X25", ele_catalog_code="exp_func", ele_code="2050201", ele_name="x"),
              doc("element", "X26", 2026, ele_catalog_code="exp_func", ele_code="2050299", ele_name="x")]
    accepted(root, *codes, doc("agency", "A1", agency_code="105", agency_name="x"),
             doc("project", "P1", pro_code="P1", state="reserved", pro_name="x", pro_cat_code="3", agency_code="105",
                 setup_year=2025, pro_total_amt="500.00"),
             doc("budget", "B1", stage="reply", fund_type_code="111", amount="2000.00", approval_ref="x", exp_func_code="2050201"),
             doc("budget", "E1", stage="estimate", fund_type_code="111", amount="100.00"),
             doc("allocate", "AL", ori_bgt_id="B1", agency_code="105", amount="300.00", dep_bgt_eco_code="301"),
             doc("release", "RL", bgt_id="AL", cor_bgt_doc_no="x"),
             transfer("T1", "B1", CITY, "600.00", "early"),
             transfer("T2", "B1", CITY, "100.00", tra_type_code="special", tp_func_code="2300201"))
    for ident in ("T1", "T2"):
        waits(city, ident)
    accepted(city, doc("register", "G1", bgt_id="T1"), doc("register", "G2", bgt_id="T2"),
             transfer("T3", "G1", COUNTY, "200.00"), transfer("T4", "G2", COUNTY, "50.00", tra_type_code="special"))
    for ident in ("T3", "T4"):
        waits(county, ident)
    accepted(county, doc("agency", "A1", agency_code="105", agency_name="x"), doc("register", "G3", bgt_id="T3"), doc("register", "G4", bgt_id="T4"))
    trees.wait_until(lambda: state(root, "T1") == "registered", 60, "T1 to be registered")
    return root, city, county


def of_form(root):
    refused(root, "missing_recall_id", ["recall_id"], ["收回单编号"], doc("recall_grant", "N1", bgt_id="B1", amount="1.00"))
    refused(root, "bad_policy_code", ["policy_code"], ["制度参数"], doc("policy", "N2", None, policy_code="colour", policy_value="1"))
    refused(root, "bad_policy_value", ["policy_value", "carry_max"], ["参数值", "carry_max"], doc("policy", "N3", None, policy_code="carry_max", policy_value="two"))
    refused(root, "bad_month", ["month"], ["月份"], doc("close_year", "N4", month=12))
    refused(root, "bad_take_from", ["take_from"], ["取自"], doc("lapse", "N5", bgt_id="AL", amount="1.00", reason="x", take_from="frozen"))
    refused(root, "bad_pay_app_date", ["2025"], ["2025"], doc("payment", "N6", bgt_id="AL", pay_app_amt="1.00", **dict(PAYEE, pay_app_date="2024-12-31")))
    for ident, year in (("N7", 1999), ("N8", 9999)):
        refused(root, "bad_fiscal_year", ["fiscal_year", "may be entered now", "can be entered now"], ["预算年度", "现可录入"],
                doc("freeze", ident, year, bgt_id="AL", amount="1.00", reason="x"))
    refused(root, "bad_amount", ["more or less than 0"], ["可正可负"], doc("adjust", "N9", bgt_id="B1", amount="0.00", approval_ref="x"))
    refused(root, "bad_amount", ["more than 0"], ["须大于 0"], transfer("N10", "B1", CITY, "-1.00"))
    refused(root, "bad_stage", ["is formal itself"], ["formal（正式）"],
            doc("transfer", "N11", rec_div_code=CITY, amount="-1.00", early_bgt_id="T1", cor_bgt_doc_no="x", tra_type_code="general", stage="early"))


def of_policy(root, city):
    accepted(root, doc("policy", "Q1", None, policy_code="carry_max", policy_value="1"),
             doc("policy", "Q2", None, policy_code="required.allocate", policy_value="agency_code", scope="self"))
    trees.wait_until(lambda: city.run("get", "Q1", "--division", ROOT, check=False)[0] == 0, 60, "the policy at the city")
    refused(city, "weaker_policy", ["at least as strict"], ["不低于"], doc("policy", "Q3", None, policy_code="carry_max", policy_value="2"))


def of_money(root):
    refused(root, "eco_differs", ["economic class"], ["经济分类"], doc("payment", "N1", bgt_id="AL", pay_app_amt="1.00", **dict(PAYEE, dep_bgt_eco_code="302")))
    refused(root, "advance_only", ["estimate"], ["提前安排"], transfer("N2", "E1", CITY, "1.00"))
    refused(root, "exceeds_spent", ["paid"], ["已支付"], dict(doc("refund", "N4", pay_app_id="PY", amount="9.00", reason="x")))
    refused(root, "unknown_estimate_id", ["estimate_id"], ["提前安排"], doc("budget", "N5", stage="reply", fund_type_code="111", amount="1.00", approval_ref="x", estimate_id="E9"))


def of_projects(root):
    refused(root, "exceeds_project_total", ["left of the project's total", "free 500.00"], ["项目总金额", "500.00"],
            doc("allocate", "N3", ori_bgt_id="B1", agency_code="105", amount="600.00", pro_code="P1"))
    refused(root, "wrong_state", ["begins as draft or reserved"], ["draft（草稿）"],
            doc("project", "N12", pro_code="P2", state="closed", pro_name="x", pro_cat_code="3", agency_code="105", setup_year=2025))


def of_what_is_required(root):
    """No money outside the project library: the cure of each is one that works."""
    accepted(root, doc("policy", "Q4", None, policy_code="required.payment", policy_value="pro_code", scope="self"),
             doc("policy", "Q5", None, policy_code="required.allocate", policy_value="pro_code", scope="self"))
    refused(root, "missing_pro_code", ["required.payment", "name one that has pro_code"], ["required.payment", "项目代码"],
            doc("payment", "N13", bgt_id="AL", pay_app_amt="1.00", **PAYEE))
    refused(root, "missing_pro_code", ["required.allocate asks for it"], ["required.allocate 要求填写"],
            doc("allocate", "N14", ori_bgt_id="B1", agency_code="105", amount="1.00"))
    accepted(root, doc("allocate", "N14", ori_bgt_id="B1", agency_code="105", amount="1.00", pro_code="P1"),
             doc("release", "N15", bgt_id="N14", cor_bgt_doc_no="x"), doc("payment", "N13", bgt_id="N14", pay_app_amt="1.00", **PAYEE))


def of_levels(root, city, county):
    refused(root, "not_above_you", ["upward"], ["上级"], doc("remit", "N1", ori_bgt_id="B1", rec_div_code=CITY, amount="1.00", cor_bgt_doc_no="x"))
    refused(root, "lower_has_node", ["transfer"], ["transfer"], doc("transfer_out", "N2", ori_bgt_id="B1", rec_div_code=CITY, amount="1.00", cor_bgt_doc_no="x",
                                                                  tra_type_code="general", stage="formal"))
    refused(root, "unknown_early_bgt_id", ["terrace list transfer"], ["terrace list transfer"],
            doc("transfer", "N3", rec_div_code=CITY, amount="-1.00", early_bgt_id="T9", cor_bgt_doc_no="x", tra_type_code="general", stage="formal"))
    refused(root, "exceeds_transferred", ["asked 700.00"], ["700.00"], doc("recall", "N4", bgt_id="T1", amount="700.00", reason="x"))
    accepted(root, doc("recall", "RC", bgt_id="T1", amount="40.00", reason="x"))
    waits(city, "RC")
    refused(city, "exceeds_asked", ["asked 50.00"], ["50.00"], doc("recall_grant", "N5", bgt_id="G1", amount="50.00", recall_id="RC"))
    accepted(city, doc("recall_grant", "GR", bgt_id="G1", amount="30.00", recall_id="RC"))
    refused(city, "wrong_state", ["RC"], ["RC"], doc("recall_refuse", "N6", recall_id="RC", reason="x"))
    refused(county, "earmark_differs", ["earmark"], ["专项"], doc("remit", "N7", ori_bgt_id="G4", rec_div_code=ROOT, amount="1.00", cor_bgt_doc_no="x"))


def of_years(root, county):
    """The county closes its year: not while something is open, and afterwards nothing is booked there."""
    accepted(county, doc("open_year", "OY"))
    refused(county, "wrong_state", ["year 2025 is open"], ["2025 年度已开账"], doc("open_year", "N0"))
    refused(county, "year_not_open", ["open_year"], ["open_year"], doc("freeze", "N1", 2026, bgt_id="G3", amount="1.00", reason="x"))
    draft_refused(county, "open_items", ["finish it first"], ["未了事项"], doc("close_year", "N2"))
    shown = run(county, "years", "--year", "2025").stdout.decode()
    need("Unallocated: 250.00 yuan" in shown, shown)
    need("待分配指标：250.00 元" in run(county, "years", "--year", "2025", lang=ZH).stdout.decode(), "in Chinese")
    accepted(county, doc("allocate", "AL", ori_bgt_id="G3", agency_code="105", amount="200.00", exp_func_code="2050201"), doc("release", "RL", bgt_id="AL", cor_bgt_doc_no="x"))
    refused(county, "unmapped_exp_func_code", ["element_map"], ["element_map"], doc("carry_over", "N3", bgt_id="AL", amount="1.00"))
    accepted(county, doc("carry_over", "CO", bgt_id="AL", amount="150.00", exp_func_code="2050299"),
             doc("lapse", "L1", bgt_id="AL", amount="50.00", reason="x"), doc("lapse", "L2", bgt_id="G4", amount="50.00", reason="x"))
    months = (doc("close_year", "M1", month=1), doc("reopen_year", "M2", month=1, reason="x"))
    two_persons(county, *months)
    draft_refused(county, "wrong_state", [], [], doc("close_year", "N4", month=5))
    two_persons(county, doc("close_year", "CY"))
    refused(county, "closed_year", ["open year"], ["未结账的年度"], doc("allocate", "N5", ori_bgt_id="G3", agency_code="105", amount="1.00"))
    accepted(county, doc("open_year", "O6", 2026))
    two_persons(county, doc("close_year", "CY6-1", 2026, month=1))
    draft_refused(county, "wrong_state", [], [], doc("close_year", "N6", 2026, month=1))
    accepted(county, doc("open_year", "O7", 2027))
    refused(county, "carried_too_long", ["remit"], ["remit"], doc("carry_over", "N7", 2026, bgt_id="CO", amount="1.00"))
    two_persons(county, doc("reopen_year", "RY", reason="x"))
    need(county.json("years", "--year", "2025")["years"][0]["state"] == "open", "it is open again")


def templates_of_two_persons(node):
    for kind, reason in (("close_year", None), ("reopen_year", None)):
        text = run(node, "template", kind, "--bom", lang=ZH).stdout
        done = run(node, "submit", "-", "--kind", kind, "--as", "li", stdin=text)
        answer = json.loads(done.stdout.splitlines()[0])
        need(answer["status"] == "draft", f"{kind}: {answer}")
        done = run(node, "approve", answer["id"], "--as", "wang")
        need(done.returncode == 0, f"the template of {kind}: {done.stdout.decode()}{done.stderr.decode()}")


def prove(base, build):
    tree = trees.Tree(os.path.join(base, "t"), build)
    try:
        root, city, county = found(tree)
        accepted(root, doc("payment", "PY", bgt_id="AL", pay_app_amt="5.00", **PAYEE),
                 doc("paid", "PD", pay_app_id="PY", xpay_amt="5.00", xpay_date="2025-03-02", agent_business_no="1"))
        of_form(root)
        of_policy(root, city)
        of_money(root)
        of_levels(root, city, county)
        of_years(root, county)
        lone = trees.Tree(os.path.join(base, "lone"), build)
        try:
            node = lone.init_root(ROOT, "西藏自治区")
            for name, role in (("li", "maker"), ("wang", "checker")):
                run(node, "user", "add", name, "--role", role)
            accepted(node, doc("open_year", "OY", 2026))
            templates_of_two_persons(node)
        finally:
            lone.stop()
        of_projects(root)
        of_what_is_required(root)
    finally:
        tree.stop()
    print("refusals_levels: years, policy and levels are refused with reason and cure, in both languages")


if __name__ == "__main__":
    trees.run_test("refusals_levels", prove)
