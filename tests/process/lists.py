"""lists - what people look for they find: every filter of `terrace list`, pages that end although
nothing was found, names beside codes, sums, local time, CSV and workbooks, and execution by economic
class and by two elements, own and of the jurisdiction. Two real nodes, and a pseudo-terminal.

    python3 tests/process/lists.py --build build
"""
import argparse
import csv
import datetime
import io
import json
import os
import pty
import subprocess
import sys
import tempfile
import xml.dom.minidom
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402

ROOT, CITY, YEAR = "540000", "540100", "2026"
PAYMENTS = 9000  # more than one page of the API looks through
PAYEE = dict(payee_acct_no="6222", payee_acct_bank_name="农行")


def need(truth, words):
    if not truth:
        raise trees.Failed(words)


def enter(node, documents):
    text = "\n".join(json.dumps(dict(d, fiscal_year=YEAR), ensure_ascii=False) for d in documents)
    node.run("submit", "-", stdin=text.encode())


def codes():
    for at, (catalog, code, name, *upper) in enumerate((
            ("fund_type", "111", "一般公共预算资金"), ("exp_func", "2050202", "小学教育"),
            ("dep_bgt_eco", "302", "商品和服务支出"), ("dep_bgt_eco", "30201", "办公费", "302"),
            ("gov_bgt_eco", "502", "机关商品和服务支出"))):
        yield dict(kind="element", id=f"E{at}", ele_catalog_code=catalog, ele_code=code, ele_name=name,
                   **({"parent_code": upper[0]} if upper else {}))


def line(at, agency, amount, **more):
    yield dict(kind="allocate", id=f"AL{at}", ori_bgt_id="B1", agency_code=agency, amount=amount,
               exp_func_code="2050202", **more)
    yield dict(kind="release", id=f"RL{at}", bgt_id=f"AL{at}", cor_bgt_doc_no=f"藏财预〔2026〕{at}号")


def documents():
    yield from codes()
    yield dict(kind="agency", id="AG1", agency_code="105", agency_name="教育厅")
    yield dict(kind="agency", id="AG2", agency_code="106", agency_name="卫健委")
    yield dict(kind="budget", id="B1", stage="reply", fund_type_code="111", amount="9000000.00",
               approval_ref="藏人发〔2026〕7号", exp_func_code="2050202")
    yield from line(1, "105", "20000.00")
    yield from line(2, "106", "1488000.53", dep_bgt_eco_code="302", gov_bgt_eco_code="502")
    yield dict(kind="transfer", id="T1", ori_bgt_id="B1", rec_div_code=CITY, amount="1250.50",
               cor_bgt_doc_no="藏财预〔2026〕11号", tra_type_code="general", stage="formal")
    yield dict(kind="payment", id="X1", bgt_id="AL2", pay_app_amt="1000000.00", use_des="药品",
               payee_acct_name="林芝药店", dep_bgt_eco_code="30201", **PAYEE)
    for at in range(PAYMENTS):
        yield dict(kind="payment", id=f"P{at:05d}", bgt_id="AL1", pay_app_amt="0.01", use_des="校舍维修",
                   payee_acct_name="甲", **PAYEE)


# --- filters ---

FILTERS = [
    # the author's list of a kind, with options: which ids it has
    ("payment", ["--agency", "106"], ["X1"]),
    ("payment", ["--text", "药店"], ["X1"]),
    ("payment", ["--min", "0.02"], ["X1"]),
    ("payment", ["--min", "0.02", "--max", "999999.99"], []),
    ("payment", ["--text", "无此文字"], []),
    ("payment", ["--state", "paid"], []),
    ("payment", ["--agency", "106", "--text", "校舍"], []),
    ("transfer", ["--receiver", CITY], ["T1"]),
    ("transfer", ["--receiver", "540000"], []),
    ("transfer", ["--state", "registered"], ["T1"]),
    ("transfer", ["--state", "issued"], []),
    ("transfer", ["--doc-no", "藏财预〔2026〕11号"], ["T1"]),
    ("release", ["--doc-no", "藏财预〔2026〕1号"], ["RL1"]),
    ("release", ["--agency", "106"], ["RL2"]),
    ("budget", ["--doc-no", "藏人发"], ["B1"]),
    ("allocate", ["--min", "20000", "--max", "20000.00"], ["AL1"]),
]


def filters(root, city):
    today = datetime.date.today()
    day, before = str(today), str(today - datetime.timedelta(days=1))
    for kind, options, want in FILTERS + [
            ("transfer", ["--from", day, "--to", day], ["T1"]),
            ("transfer", ["--from", before, "--to", before], []),
            ("transfer", ["--to", day], ["T1"])]:
        answer = root.json("list", kind, *options)
        got = [row["id"] for row in answer["rows"]]
        need(got == want, f"list {kind} {options}: {got}, want {want}")
        need(answer["complete"] and answer["total"] == len(want), f"{kind} {options}: {answer}")
    registered = city.json("list", "register", "--issuer", ROOT)["rows"]
    need([r["id"] for r in registered] == ["R1"], f"{registered}")
    need(registered[0]["issuer_name"] == "西藏自治区", f"{registered}")
    for options in (["--state", "nosuch"], ["--receiver", "x"], ["--from", "2026-02-30"],
                    ["--min", "1,000"], ["--text", ""]):
        code, out, err = root.run("list", "payment", *options, check=False)
        need(code == 2 and not out and err, f"{options}: exit {code}, {err}")


def an_unknown_code_is_no_empty_list(root):
    """A slip is told, with the code most likely meant; one that is known and finds nothing is an empty table."""
    for options, words in ((["--agency", "1066"], ["1066", "106"]), (["--agency", "9"], ["agency_code 9"]),
                           (["--project", "nosuch"], ["pro_code nosuch"]), (["--receiver", "540101"], ["540100"]),
                           (["--issuer", "540001"], ["540000"])):
        code, _, err = root.run("list", "payment", *options, check=False)
        need(code == 1 and all(word in err for word in words), f"{options}: exit {code}, {err}")
    need(root.json("list", "transfer", "--agency", "106")["rows"] == [], "known, and none of a transfer")
    need(root.run("list", "transfer_in", "--issuer", "100000")[0] == 0, "who has no node may have issued")


def nothing_found_ends(node):
    """A page looks at so many documents and no more, and says so; the pages together find all."""
    seen, after, pages = 0, [], 0
    while True:
        options = ["payment", "--text", "药店", "--limit", "10"] + after
        code, out, _ = node.run("--json", "list", *options, check=False)
        page = json.loads(out)
        need(page["read"] <= 2000, f"{page['read']} documents looked at")
        seen, pages = seen + page["shown"], pages + 1
        need(code == (0 if page["complete"] else 1), f"exit {code}")
        if page["complete"]:
            break
        told = node.run("list", *options, check=False)[1].split("\n", 1)[0]
        need(f"found among {page['read']} documents" in told and page["next"] in told, told)
        after = ["--after", page["next"]]
    need(seen == 1 and pages == PAYMENTS // 2000 + 1, f"{seen} found on {pages} pages")


# --- what a table shows ---

def table(node, *command, lang="en", tz="UTC", terminal=False):
    env = dict(node.tree.env, TZ=tz)
    words = [node.tree.bin("terrace"), "--home", node.home, "--lang", lang, *command]
    if not terminal:
        return subprocess.run(words, env=env, capture_output=True).stdout.decode()
    ours, theirs = pty.openpty()
    process = subprocess.Popen(words, env=env, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    text = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        if not part:
            break
        text += part
    os.close(ours)
    process.wait()
    return text.decode().replace("\r\n", "\n")


def tables(node):
    shown = table(node, "list", "payment", "--min", "0.02", lang="zh")
    for words in ("收款人", "林芝药店", "用途", "药品", "单位", "106", "卫健委", "1000000.00", "支付申请"):
        need(words in shown, f"no {words} in:\n{shown}")
    shown = table(node, "list", "allocate", terminal=True)
    need("1,488,000.53" in shown and "1,508,000.53" in shown and "total" in shown, shown)
    piped = table(node, "list", "allocate")
    need("1488000.53" in piped and "1508000.53" in piped and "1,4" not in piped, piped)
    shown = table(node, "list", "transfer")
    need("receiver" in shown and "拉萨市" in shown and "藏财预〔2026〕11号" in shown, shown)
    entered = node.json("list", "transfer")["rows"][0]["time"]
    moment = datetime.datetime.strptime(entered, "%Y-%m-%dT%H:%M:%S.%fZ")
    there = (moment + datetime.timedelta(hours=8)).strftime("%Y-%m-%d %H:%M:%S")
    need(there in table(node, "list", "transfer", tz="Asia/Shanghai"), f"{entered} is not {there}")
    need("小学教育" in table(node, "balance", "--by", "function"), "the name of a function")
    need("教育厅" in table(node, "balance", "--by", "agency"), "the name of an agency")
    head = table(node, "balance", "--by", "agency", lang="zh").split("\n")[2]
    need(head.startswith("单位") and "科目" not in head, head)


# --- files ---

def raw(node, *command):
    return subprocess.run([node.tree.bin("terrace"), "--home", node.home, *command],
                          env=node.tree.env, capture_output=True)


def files(node):
    done = raw(node, "balance", "--by", "agency", "--format", "csv", "--lang", "zh", "--bom")
    need(done.returncode == 0 and done.stdout.startswith(b"\xef\xbb\xbf"), "no mark in front")
    rows = list(csv.reader(io.StringIO(done.stdout.decode("utf-8-sig"))))
    need(rows[0] == ["单位", "名称", "账户", "名称", "借方", "贷方", "余额"], f"{rows[0]}")
    answer = node.json("balance", "--by", "agency")["rows"]
    need([r[0] for r in rows[1:]] == [r["key"] for r in answer], "keys")
    need([r[6] for r in rows[1:]] == [r["balance"] for r in answer], "balances")
    for command in (["list", "payment"], ["balance"], ["report", "execution"]):
        plain = raw(node, *command, "--format", "csv")
        need(plain.returncode == 0 and plain.stdout[:1].isalpha(), f"{command}: {plain.stdout[:40]}")
    need(len(raw(node, "list", "payment", "--format", "csv").stdout.splitlines()) == PAYMENTS + 2,
         "rows of a long list")
    need(raw(node, "balance", "--bom").returncode == 2, "--bom without CSV")
    for command, titles in ((["balance"], ["账户", "名称", "借方", "贷方", "余额"]),
                            (["list", "transfer"], ["单据号", "区划", "年度", "接收方"])):
        book = raw(node, *command, "--format", "xlsx", "--lang", "zh")
        need(book.returncode == 0, book.stderr.decode())
        with zipfile.ZipFile(io.BytesIO(book.stdout)) as parts:
            sheet = xml.dom.minidom.parseString(parts.read("xl/worksheets/sheet1.xml"))
        texts = [t.firstChild.data for t in sheet.getElementsByTagName("t")]
        need(texts[:len(titles)] == titles, f"{texts[:8]}")
    need("--format xlsx" in table(node, "balance", "--format", "xlsx", terminal=True),
         "a workbook on a terminal")


# --- execution ---

def execution(root):
    def rows(*options):
        return root.json("report", "execution", *options)["rows"]

    by_class = {r["key"]: r for r in rows("--by", "economic")}
    need(set(by_class) == {"", "302", "30201"}, f"{set(by_class)}")
    need((by_class["30201"]["committed"], by_class["302"]["available"]) ==
         ("1000000.00", "488000.53"), f"{by_class}")
    need(by_class["30201"]["key_name"] == "办公费", f"{by_class['30201']}")
    need([r["key"] for r in rows("--by", "gov_economic")] == ["", "502"], "by government class")
    pairs = [(r["key"], r["key2"], r.get("key_name"), r.get("key2_name"))
             for r in rows("--by", "agency,economic")]
    need(pairs == [("105", "", "教育厅", None), ("106", "302", "卫健委", "商品和服务支出"),
                   ("106", "30201", "卫健委", "办公费")], f"{pairs}")
    own, whole = rows("--by", "agency"), rows("--by", "agency", "--scope", "subtree")
    need([r["key"] for r in own] == ["", "105", "106"], f"{own}")
    need([r["key"] for r in whole if r["key"]] == ["540000/105", "540000/106", "540100/201"], f"{whole}")
    both = rows("--by", "agency,function", "--scope", "subtree")
    need([(r["key"], r["key2"]) for r in both] ==
         [("540000/105", "2050202"), ("540000/106", "2050202"), ("540100/201", "2050202")], f"{both}")
    shown = table(root, "report", "execution", "--by", "agency,economic", lang="zh")
    need("部门经济分类" in shown and "办公费" in shown and "合计" in shown, shown)
    for by in ("agency,agency", "agency,economic,fund", "account", "colour", "agency,"):
        code, _, err = root.run("report", "execution", "--by", by, check=False)
        need(code == 2 and err, f"--by {by}: exit {code}")


def city_documents():
    yield dict(kind="agency", id="AG1", agency_code="201", agency_name="拉萨市教育局")
    yield dict(kind="register", id="R1", bgt_id="T1")
    yield dict(kind="allocate", id="AL1", ori_bgt_id="R1", agency_code="201", amount="300.00")
    yield dict(kind="release", id="RL1", bgt_id="AL1", cor_bgt_doc_no="1")


def prove(tree):
    root = tree.init_root(ROOT, "西藏自治区")
    city, _ = tree.join(ROOT, CITY, "拉萨市")
    enter(root, documents())
    trees.wait_until(lambda: city.run("get", "T1", "--division", ROOT, check=False)[0] == 0, 30,
                     "the transfer")
    enter(city, city_documents())
    tree.wait_equal_digests()
    trees.wait_until(lambda: root.json("get", "T1")["state"] == "registered", 30, "the settle")
    nothing_found_ends(root)
    tables(root)
    files(root)
    execution(root)
    filters(root, city)
    an_unknown_code_is_no_empty_list(root)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terrace-lists-") as base:
        tree = trees.Tree(os.path.join(base, "tree"), build=args.build)
        try:
            prove(tree)
        except trees.Failed as failed:
            print(f"lists: {failed}", file=sys.stderr)
            return 1
        finally:
            tree.stop()
    print(f"lists: {len(FILTERS) + 3} filters over {PAYMENTS} payments, files, and execution by class")
    return 0


if __name__ == "__main__":
    sys.exit(main())
