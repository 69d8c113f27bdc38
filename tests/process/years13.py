"""years13 - thirteen real nodes through the end of a year: a region, two cities, ten counties. Money goes down
early and is lowered, is paid, recalled, remitted and carried on; two persons close the year everywhere but at
one county whose node is dead, and the region closes without it. The next year opens. A county that makes all
that it knows once more from its blocks has the same digest, reports and inbox.

    python3 tests/process/years13.py --build build
"""
import datetime
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402

REGION, CITIES = "540000", ("540100", "540200")
COUNTIES = {"540100": ("540121", "540122", "540123", "540124", "540127"),
            "540200": ("540202", "540221", "540222", "540223", "540224")}
DEAD, REMADE = "540124", "540121"
YEAR = datetime.date.today().year
MAKER, CHECKER = "li", "wang"


def need(condition, text):
    if not condition:
        raise trees.Failed(text)


def parent_of(division):
    return REGION if division in CITIES else next(city for city in CITIES if division in COUNTIES[city])


def all_counties():
    return [county for city in CITIES for county in COUNTIES[city]]


def document(kind, ident, year=YEAR, **fields):
    return dict(kind=kind, id=ident, fiscal_year=str(year), **{name: str(value) for name, value in fields.items()})


def answers(node, *documents):
    lines = b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in documents)
    code, out, err = node.run("submit", "-", as_user=MAKER, stdin=lines, check=False)
    need(code in (0, 1), f"{node.division}: {documents}: {err}")
    return [json.loads(line) for line in out.splitlines()]


def accepted(node, *documents):
    for answer in answers(node, *documents):
        need(answer["status"] == "accepted", f"{node.division}: {answer}")


def two_persons(node, made):
    answer, = answers(node, made)
    need(answer["status"] == "draft", f"{node.division}: {answer}")
    node.run("approve", made["id"], as_user=CHECKER)


def two_persons_refused(node, made, reason):
    answer, = answers(node, made)
    code, out, err = node.run("approve", made["id"], as_user=CHECKER, check=False)
    need(code == 1 and reason in out, f"{node.division}: {answer} {out}{err}")
    node.run("withdraw", made["id"], as_user=MAKER)


def state(node, ident, division=None):
    """Of a document, "" while it is not there."""
    args = ["get", ident] + (["--division", division] if division else [])
    code, out, _ = node.run("--json", *args, check=False)
    return json.loads(out)["state"] if code == 0 else ""


def wait_state(node, ident, *states, division=None):
    trees.wait_until(lambda: state(node, ident, division) in states, 60, f"{ident} at {node.division} to be {states}")


def heard(node, ident):
    """An ask that came here waits in the inbox."""
    trees.wait_until(lambda: ident in [row["id"] for row in node.json("inbox", as_user=MAKER)["rows"]], 60,
                     f"{ident} at {node.division}")


# --- the tree ---

def plant(tree):
    tree.init_root(REGION, "西藏自治区")
    for city in CITIES:
        tree.join(REGION, city, city)
        for county in COUNTIES[city]:
            tree.join(city, county, county)
    for node in tree.nodes.values():
        node.run("user", "add", MAKER, "--role", "maker")
        node.run("user", "add", CHECKER, "--role", "checker")
        accepted(node, document("agency", "AG", agency_code="101", agency_name="局"))


# --- a year ---

def pass_down(tree, year, to, source_of, amount):
    """Early, answered, and a tenth less when it is formal."""
    for division in to:
        up, node = tree[parent_of(division)], tree[division]
        accepted(up, document("transfer", f"E{year}-{division}", year, ori_bgt_id=source_of(division), rec_div_code=division,
                              amount=f"{amount}.00", cor_bgt_doc_no="x", tra_type_code="general", stage="early"))
        heard(node, f"E{year}-{division}")
        accepted(node, document("register", f"R{year}", year, bgt_id=f"E{year}-{division}", ori_div_code=up.division))
        wait_state(up, f"E{year}-{division}", "registered")
        accepted(up, document("transfer", f"D{year}-{division}", year, early_bgt_id=f"E{year}-{division}", rec_div_code=division,
                              amount=f"-{amount // 10}.00", cor_bgt_doc_no="x", tra_type_code="general", stage="formal"))
    for division in to:
        up, node = tree[parent_of(division)], tree[division]
        heard(node, f"D{year}-{division}")
        accepted(node, document("register", f"RD{year}", year, bgt_id=f"D{year}-{division}", ori_div_code=up.division))
        wait_state(up, f"D{year}-{division}", "lowered")


def spend(node):
    accepted(node, document("allocate", "A1", ori_bgt_id=f"R{YEAR}", agency_code="101", amount="500.00"),
             document("release", "L1", bgt_id="A1", cor_bgt_doc_no="x"),
             document("payment", "P1", bgt_id="A1", pay_app_amt="300.00", payee_acct_name="x", payee_acct_no="1",
                      payee_acct_bank_name="x", use_des="x"),
             document("paid", "V1", pay_app_id="P1", xpay_amt="300.00", xpay_date=f"{YEAR}-01-01", agent_business_no="1"),
             document("refund", "F1", pay_app_id="P1", amount="7.00", reason="x"))


def give_back(tree, county):
    """Part of a recall is granted, a remit is registered."""
    up, node = tree[parent_of(county)], tree[county]
    accepted(up, document("recall", f"C-{county}", bgt_id=f"E{YEAR}-{county}", amount="50.00", reason="x"))
    heard(node, f"C-{county}")
    accepted(node, document("recall_grant", "G1", bgt_id=f"R{YEAR}", recall_id=f"C-{county}", ori_div_code=up.division, amount="20.00"),
             document("remit", "M1", ori_bgt_id=f"R{YEAR}", rec_div_code=up.division, amount="10.00", cor_bgt_doc_no="x"))
    wait_state(up, f"C-{county}", "granted")
    heard(up, "M1")
    accepted(up, document("register", f"RM-{county}", bgt_id="M1", ori_div_code=county))
    wait_state(node, "M1", "registered")


def live(tree):
    accepted(tree[REGION], document("budget", "B", stage="reply", fund_type_code="111", amount="1000000.00", approval_ref="x"))
    pass_down(tree, YEAR, CITIES, lambda _: "B", 100000)
    pass_down(tree, YEAR, all_counties(), lambda _: f"R{YEAR}", 1000)
    for county in all_counties():
        spend(tree[county])
        give_back(tree, county)
    tree.wait_equal_digests()


# --- its end ---

def clear_out(node):
    """What was released is carried on, what nobody has allocated lapses."""
    lines = [row["id"] for kind in ("budget", "register", "allocate") for row in node.json("list", kind, "--year", str(YEAR), "--division", node.division)["rows"]]
    documents = []
    for line in lines:
        for account, amount in node.json("get", line).get("balances", {}).items():
            if account in ("UNALLOC", "PENDING", "AVAIL"):
                documents.append(document("carry_over" if account == "AVAIL" else "lapse", f"K-{line}-{account}", bgt_id=line,
                                          amount=amount, take_from=account.lower(), **({} if account == "AVAIL" else {"reason": "x"})))
    if documents:
        accepted(node, *documents)


def paid_of(node, division=None):
    args = ["report", "execution", "--year", str(YEAR), "--scope", "subtree"]
    return node.json(*args, *(["--division", division] if division else []))


def close_everywhere_but_one(tree):
    two_persons_refused(tree[COUNTIES["540100"][0]], document("close_year", "CY0"), "open_items")
    for node in tree.nodes.values():
        clear_out(node)
    tree.wait_equal_digests()
    tree[DEAD].kill()
    for node in tree.nodes.values():
        if node.division != DEAD:
            two_persons(node, document("close_year", "CY"))


def leave_unanswered(tree):
    """What waits in an inbox while it is made once more."""
    city = tree[CITIES[0]]
    accepted(city, document("transfer", "W-" + REMADE, YEAR + 1, ori_bgt_id=f"R{YEAR + 1}", rec_div_code=REMADE,
                            amount="5.00", cor_bgt_doc_no="x", tra_type_code="general", stage="early"))
    heard(tree[REMADE], "W-" + REMADE)
    accepted(tree[REGION], document("recall", "C-" + CITIES[0], YEAR + 1, bgt_id=f"E{YEAR + 1}-{CITIES[0]}", amount="5.00", reason="x"))
    heard(city, "C-" + CITIES[0])


def next_year(tree):
    """The dead county is back, and closes late. The next year opens, and money goes down in it."""
    tree[DEAD].start()
    two_persons(tree[DEAD], document("close_year", "CY"))
    for node in tree.nodes.values():
        answer, = answers(node, document("allocate", "AX", ori_bgt_id=f"R{YEAR}" if node.division != REGION else "B",
                                         agency_code="101", amount="1.00"))
        need(answer.get("reason") == "closed_year", f"{node.division}: {answer}")
        accepted(node, document("open_year", "OY", YEAR + 1))
    accepted(tree[REGION], document("budget", "B2", YEAR + 1, stage="reply", fund_type_code="111", amount="5000.00", approval_ref="x"))
    pass_down(tree, YEAR + 1, CITIES[:1], lambda _: "B2", 1000)
    leave_unanswered(tree)
    tree.wait_equal_digests()


# --- made once more ---

def knowledge(node):
    """What it says of its ledger and of what waits for it."""
    reports = [node.json("report", name, "--year", str(year), *scope) for name in ("chain", "execution", "trial-balance")
               for year in (YEAR, YEAR + 1) for scope in ((), ("--scope", "subtree"))]
    for report in reports:
        for word in ("as_of", "time", "at", "read_at"):
            report.pop(word, None)
    return node.digest(), reports, node.json("inbox", as_user=MAKER)["rows"]


def is_whole(node):
    """While its figures are still being made, each answer says so, and nothing can be read of it."""
    return node.run("--json", "report", "chain", "--year", str(YEAR), check=False)[0] == 0


def remade(tree, division):
    node = tree[division]
    before = knowledge(node)
    need(before[2], f"nothing waits at {division}")
    node.end()
    done = subprocess.run([tree.bin("refold_home"), node.home], capture_output=True, text=True)
    need(done.returncode == 0, f"refold_home: {done.stderr}")
    node.start()
    trees.wait_until(lambda: is_whole(node) and knowledge(node) == before, 60, f"{division} to make the same of its blocks")
    code, out, err = node.run("verify", "--deep", check=False)
    need(code == 0, f"{division}: {out}{err}")


def prove(base, build):
    tree = trees.Tree(base, build)
    try:
        plant(tree)
        live(tree)
        close_everywhere_but_one(tree)
        before = paid_of(tree[REGION])
        need(state(tree[REGION], "CY") != "", "the region has not closed")
        next_year(tree)
        need(before["rows"] and paid_of(tree[REGION])["rows"] == before["rows"], "the closed year moved")
        remade(tree, REMADE)
        remade(tree, "540100")
    finally:
        tree.stop()


if __name__ == "__main__":
    trees.run_test("years13", prove)
