"""exports - boards and lists as files: a workbook that opens and adds up, a CSV that says as of when, and
nothing in either that a spreadsheet would run.

    python3 tests/process/exports.py --build build
"""
import argparse
import csv
import io
import json
import os
import sys
import tempfile
import xml.etree.ElementTree as xml
import zipfile
from decimal import Decimal

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
import node_api  # noqa: E402

ROOT, CITY = "540000", "540100"
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
FORMULA = '=HYPERLINK("http://example.com","x")'


def need(truth, words):
    if not truth:
        raise trees.Failed(words)


def document(kind, id_, **fields):
    return dict(kind=kind, id=id_, fiscal_year="2026", **fields)


def payment(id_, amount, payee):
    return document("payment", id_, bgt_id="L1", pay_app_amt=amount, payee_acct_name=payee, payee_acct_no="1",
                    payee_acct_bank_name="行", use_des="x")


DOCUMENTS = [
    document("agency", "A1", agency_code="105", agency_name="教育厅"),
    document("budget", "B1", stage="reply", fund_type_code="111", amount="1000.00", approval_ref="1"),
    document("allocate", "L1", ori_bgt_id="B1", agency_code="105", amount="300.00"),
    document("release", "R1", bgt_id="L1", cor_bgt_doc_no="1"),
    payment("P1", "40.25", "甲"),
    payment("P2", "9.75", FORMULA),
    document("paid", "V1", pay_app_id="P1", xpay_amt="40.25", xpay_date="2026-01-05", agent_business_no="1"),
    document("transfer", "T1", ori_bgt_id="B1", rec_div_code=CITY, amount="200.00", cor_bgt_doc_no="〔2026〕1号",
             tra_type_code="general", stage="formal"),
]


def file_of(node, name, form, **query):
    """Type and bytes of an export."""
    api = node_api.Api(os.path.join(node.home, "terrace.sock"))
    answer = api.send("GET", "/export/" + name, format=form, headers={"Accept-Language": "zh"}, **query)
    body = answer.read()
    need(answer.status == 200, f"{name}: {answer.status} {body[:200]}")
    need(f'filename="terrace-{name}.{form}"' in answer.headers["Content-Disposition"], f"{answer.headers}")
    return answer.headers["Content-Type"], body


def csv_rows(node, name, **query):
    kind, body = file_of(node, name, "csv", **query)
    need(kind.startswith("text/csv") and body.startswith(b"\xef\xbb\xbf"), f"{kind}")
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))


def workbook_rows(node, name, **query):
    """Cells as (is_number, text)."""
    kind, body = file_of(node, name, "xlsx", **query)
    need(kind == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", kind)
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        need(book.testzip() is None, "a file of the workbook is damaged")
        for part in book.namelist():
            xml.fromstring(book.read(part))
        sheet = xml.fromstring(book.read("xl/worksheets/sheet1.xml"))
    need(not list(sheet.iter(MAIN + "f")), "a formula in a workbook")
    rows = []
    for row in sheet.iter(MAIN + "row"):
        cells = []
        for cell in row.iter(MAIN + "c"):
            is_number = cell.get("t") is None
            text = cell.findtext(MAIN + "v") if is_number else "".join(cell.itertext())
            cells.append((is_number, text or ""))
        rows.append(cells)
    return rows


def table_of(rows):
    """Heads and rows of the table, which begins behind the first empty row."""
    at = next(i for i, row in enumerate(rows) if not row)
    below = rows[at + 1:]
    end = next((i for i, row in enumerate(below) if not row), len(below))
    return below[0], below[1:end], below[end + 1:]


def a_board_says_what_it_is_and_as_of_when(root):
    rows = csv_rows(root, "execution", by="agency")
    head = {row[0]: row[1] for row in rows[:4]}
    need(head["内容"] == "执行" and head["区划"] == ROOT and head["生成时间"].endswith("Z"), f"{head}")
    need(head["行数"] == "2 / 2", f"{head}")  # money without a unit, and the unit's
    titles, table, as_of = table_of(rows)
    need(titles[0] == "编码" and len(table) == 2 and "105" in table[1] and "教育厅" in table[1], f"{titles} {table}")
    need(as_of[0][0] == "区划" and as_of[1][0] == ROOT and int(as_of[1][1]) > 0 and as_of[1][2].endswith("Z"), f"{as_of}")


def a_workbook_adds_up_to_the_board(root):
    titles, table, _ = table_of(workbook_rows(root, "execution", by="agency"))
    names = [text for _, text in titles]
    board = root.json("report", "execution", "--by", "agency")["rows"]
    for title, member in (("已支付", "paid"), ("已下达", "released"), ("可用", "available")):
        at = names.index(title)
        need(all(row[at][0] for row in table), f"{title} is no number")
        need(sum(Decimal(row[at][1]) for row in table) == sum(Decimal(row[member]) for row in board),
             f"{title}: {table} {board}")


def every_export_opens(root):
    for name, query in (("money", {}), ("chain", {}), ("reconcile", {}), ("sources", {}), ("trial-balance", {}), ("balance", {}),
                        ("lines", {}), ("documents", {"kind": "payment"})):
        titles, table, _ = table_of(workbook_rows(root, name, **query))
        need(titles and all(not is_number for is_number, _ in titles), f"{name}: {titles}")
        need(len(table) == len(table_of(csv_rows(root, name, **query))[1]), f"{name}: CSV and XLSX differ")


def nobodys_text_is_a_formula(root):
    titles, table, _ = table_of(csv_rows(root, "documents", kind="payment"))
    at = titles.index("收款人户名")
    need([row[at] for row in table] == ["甲", "'" + FORMULA], f"{table}")
    _, table, _ = table_of(workbook_rows(root, "documents", kind="payment"))
    need((False, FORMULA) in table[1], f"{table}")


def the_chain_is_told_as_it_stood(root):
    now = table_of(csv_rows(root, "money"))
    then = table_of(csv_rows(root, "money", at="2026-01-01"))
    at = now[0].index("本级 收到")
    need(now[1][0][at] == "1000.00" and then[1][0][at] == "0.00", f"{now} {then}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terrace-exports-") as base:
        tree = trees.Tree(base, build=options.build)
        try:
            root = tree.init_root(ROOT, "西藏自治区")
            tree.join(ROOT, CITY, "拉萨市")
            done = root.run("submit", "-", stdin="\n".join(map(json.dumps, DOCUMENTS)).encode())
            need("refused" not in done[1], done[1])
            a_board_says_what_it_is_and_as_of_when(root)
            a_workbook_adds_up_to_the_board(root)
            every_export_opens(root)
            nobodys_text_is_a_formula(root)
            the_chain_is_told_as_it_stood(root)
        finally:
            tree.stop()
    print("files open, add up, and run nothing")


if __name__ == "__main__":
    main()
