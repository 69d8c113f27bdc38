"""at - boards as they stood: what each said at a moment, it says again when it is asked for that moment.
Three real nodes.

    python3 tests/process/at.py --build build
"""
import json
import os

from lists import CITY, PAYEE, ROOT, enter, need, trees
from node_api import Api, Refused

COUNTY = "540121"
ENTRIES_MAX = 100000
BOARDS = ([f"/report/execution?scope={scope}&by={by}" for scope in ("own", "subtree")
           for by in ("function", "agency", "economic", "gov_economic,fund")] +
          [f"/balance?scope={scope}&by={by}" for scope in ("own", "subtree") for by in ("account", "project", "function", "agency")] +
          ["/report/chain", "/report/reconcile", "/report/sources", "/report/trial-balance", "/lines"])
MONTHS = "/money/months?scope=subtree"


def ask(node, path, division, **query):
    separator = "&" if "?" in path else "?"
    more = "".join(f"&{name}={value}" for name, value in query.items())
    return json.loads(Api(os.path.join(node.home, "terrace.sock")).text("GET", f"{path}{separator}division={division}{more}"))


def codes():
    for at, (catalog, code, name, *upper) in enumerate((
            ("fund_type", "111", "一般公共预算资金"), ("exp_func", "2050202", "小学教育"), ("dep_bgt_eco", "302", "商品和服务支出"),
            ("dep_bgt_eco", "30201", "办公费", "302"), ("gov_bgt_eco", "502", "机关商品和服务支出"))):
        yield dict(kind="element", id=f"E{at}", ele_catalog_code=catalog, ele_code=code, ele_name=name,
                   **({"parent_code": upper[0]} if upper else {}))
    yield dict(kind="agency", id="AG1", agency_code="105", agency_name="教育厅")
    yield dict(kind="budget", id="B1", stage="reply", fund_type_code="111", amount="9000.00", approval_ref="7号", exp_func_code="2050202")


def spend():
    yield dict(kind="allocate", id="AL1", ori_bgt_id="B1", agency_code="105", amount="2000.00", exp_func_code="2050202",
               dep_bgt_eco_code="302", gov_bgt_eco_code="502")
    yield dict(kind="release", id="RL1", bgt_id="AL1", cor_bgt_doc_no="12号")
    yield dict(kind="transfer", id="T1", ori_bgt_id="B1", rec_div_code=CITY, amount="1250.50", cor_bgt_doc_no="11号",
               tra_type_code="general", stage="formal")


def payments(prefix):
    for at in range(3):
        yield dict(kind="payment", id=f"{prefix}{at}", bgt_id="AL1", pay_app_amt=f"{at + 1}.00", use_des="校舍", payee_acct_name="甲",
                   dep_bgt_eco_code="30201" if at == 1 else "302", **PAYEE)
    yield dict(kind="paid", id=f"{prefix}-paid", pay_app_id=f"{prefix}0", xpay_amt="1.00", xpay_date="2026-03-01", agent_business_no=f"{prefix}9")
    yield dict(kind="payment_cancel", id=f"{prefix}-not", pay_app_id=f"{prefix}2", reason="不付")


def county_spends(tree):
    enter(tree[CITY], [dict(kind="register", id="RG1", bgt_id="T1", ori_div_code=ROOT),
                       dict(kind="agency", id="AG1", agency_code="106", agency_name="局"),
                       dict(kind="transfer", id="T2", ori_bgt_id="RG1", rec_div_code=COUNTY, amount="50.00", cor_bgt_doc_no="2号",
                            tra_type_code="general", stage="formal"),
                       dict(kind="allocate", id="AC1", ori_bgt_id="RG1", agency_code="106", amount="100.00", exp_func_code="2050202")])
    trees.wait_until(lambda: tree[ROOT].json("get", "T1").get("answered_by"), 30, "the settle")


def transferred(tree):
    trees.wait_until(lambda: tree[CITY].run("get", "T1", "--division", ROOT, check=False)[0] == 0, 30, "the transfer")


STAGES = [
    lambda tree: enter(tree[ROOT], codes()),
    lambda tree: (enter(tree[ROOT], spend()), transferred(tree)),
    lambda tree: enter(tree[ROOT], payments("PA")),
    county_spends,
    lambda tree: (enter(tree[COUNTY], [dict(kind="register", id="RC1", bgt_id="T2", ori_div_code=CITY)]), enter(tree[ROOT], payments("PB"))),
]


def said(tree, **query):
    """Every board of the region, and what a city says of itself and its county."""
    return {(division, path): ask(tree[ROOT], path, division, **query)["rows"] for division in (ROOT, CITY) for path in BOARDS}


def as_of_less(rows):
    """A division that wrote nothing is known up to now, and up to the moment asked for."""
    return [{key: value for key, value in row.items() if not key.startswith("as_of")} for row in rows]


def as_it_stood(tree):
    told = []
    for at, stage in enumerate(STAGES):
        stage(tree)
        tree.wait_equal_digests()
        enter(tree[ROOT], [dict(kind="agency", id=f"M{at}", agency_code=f"9{at}", agency_name="标记")])
        told.append((tree[ROOT].status()["lsn"], said(tree), ask(tree[ROOT], MONTHS, ROOT)["years"]))
    for lsn, boards, years in told:
        need(ask(tree[ROOT], MONTHS, ROOT, at=lsn)["years"] == years, f"months at {lsn}")
        own = {path: rows for (division, path), rows in boards.items() if division == ROOT}
        for path, rows in own.items():
            then = ask(tree[ROOT], path, ROOT, at=lsn)["rows"]
            need(as_of_less(then) == as_of_less(rows), f"{path} at {lsn}: {then}\nwas {rows}")
    need(told[1][1] != told[2][1] != told[3][1], "nothing changed between the stages")
    for (division, path), rows in said(tree, at="2099-01-01").items():
        need(rows == told[-1][1][(division, path)], f"{path} of {division}: what is still to come")
    for path in BOARDS:
        answer = ask(tree[ROOT], path, ROOT, at="2020-01-01T00:00:00Z")
        amounts = json.dumps([{key: value for key, value in row.items() if key not in ("level", "time")} for row in answer["rows"]])
        need(not any(digit in amounts for digit in ("9000.00", "1250.50")), f"{path} before the first entry: {amounts}")


def by_command(tree):
    """The boards of the command line go back as the API does: to an entry, a day, a time of this machine."""
    lsn, past = tree[ROOT].status()["lsn"], "2020-01-01 08:00"
    for words in (["balance", "--by", "function"], ["report", "execution"], ["report", "sources"], ["report", "trial-balance"]):
        now = tree[ROOT].json(*words)["rows"]
        for at in (str(lsn), "2099-01-01", "2099-01-01 08:00", "2099-01-01T00:00:00Z"):
            need(tree[ROOT].json(*words, "--at", at)["rows"] == now, f"{words} --at {at}")
        then = tree[ROOT].json(*words, "--at", past)
        need(not then["rows"] and then["at"].startswith(("2019-12-31", "2020-01-01")), f"{words} --at {past}: {then}")
    need(tree[ROOT].json("chain", "--at", "1")["rows"][0]["received"] == "0.00", "the chain behind the first entry")
    code, _, err = tree[ROOT].run("balance", "--at", "then", check=False)
    need(code == 2 and "--at" in err, f"--at then: {err}")


def refused(tree, path, want, **query):
    try:
        ask(tree[ROOT], path, ROOT, **query)
    except Refused as answer:
        need((answer.status, answer.code) == want, f"{path} {query}: {answer}")
    else:
        raise trees.Failed(f"{path} {query} was answered")


def bounds(tree):
    for bad in ("then", "2026-02-30x", "999999", "0"):
        refused(tree, "/balance", (400, "bad_request"), at=bad)
    lsn = tree[ROOT].status()["lsn"]
    for first in range(0, ENTRIES_MAX, 20000):
        enter(tree[ROOT], [dict(kind="agency", id=f"Z{at}", agency_code=f"Z{at}", agency_name="单位") for at in range(first, first + 20000)])
    refused(tree, "/report/chain", (413, "too_large"), at="2099-01-01")
    need(ask(tree[ROOT], "/report/chain", ROOT, at=lsn)["rows"], "of before that, it can be told")


def prove(base, build):
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    try:
        tree.init_root(ROOT, "西藏自治区")
        tree.join(ROOT, CITY, "拉萨市")
        tree.join(CITY, COUNTY, "林周县")
        as_it_stood(tree)
        by_command(tree)
        bounds(tree)
    finally:
        tree.stop()
    print("at: what each board said, it says of that moment for ever")


if __name__ == "__main__":
    trees.run_test("at", prove)
