"""paging - what an answer leaves out stands in its first line, in JSON and in the exit code, and the
pages of every list and board together say what the whole says. A real node, with more payments of
one indicator than one answer of the API holds.

    python3 tests/process/paging.py --build build
"""
import argparse
import json
import os
import re
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402

ROOT, YEAR, PAYMENTS = "540000", "2026", 10500
ARRAYS = ("rows", "steps", "rejected", "projects")


def need(truth, words):
    if not truth:
        raise trees.Failed(words)


def documents():
    yield dict(kind="agency", id="AG1", agency_code="105", agency_name="教育厅")
    yield dict(kind="agency", id="AG2", agency_code="106", agency_name="卫健委")
    yield dict(kind="budget", id="B1", stage="reply", fund_type_code="111", amount="100000.00",
               approval_ref="1")
    for at, agency in (("1", "105"), ("2", "106")):
        yield dict(kind="allocate", id="AL" + at, ori_bgt_id="B1", agency_code=agency,
                   amount="20000.00")
        yield dict(kind="release", id="RL" + at, bgt_id="AL" + at, cor_bgt_doc_no="1")
    for at in range(PAYMENTS):
        yield dict(kind="payment", id=f"P{at:05d}", bgt_id="AL1", pay_app_amt="0.01",
                   payee_acct_name="甲", payee_acct_no="1", payee_acct_bank_name="行", use_des="用")


def enter(node):
    text = "\n".join(json.dumps(dict(d, fiscal_year=YEAR), ensure_ascii=False)
                     for d in documents())
    node.run("submit", "-", stdin=text.encode())


def rows_of(answer):
    return [row for name in ARRAYS for row in answer.get(name, [])]


def whole(node, *command):
    """Without a limit nothing is left out."""
    code, out, err = node.run("--json", *command, check=False)
    answer = json.loads(out)
    need(code == 0, f"{command}: exit {code}: {err}")
    need(answer["complete"] is True and "next" not in answer, f"{command} is not complete")
    rows = rows_of(answer)
    need(answer["shown"] == answer["total"] == len(rows),
         f"{command}: shown {answer['shown']}, total {answer['total']}, rows {len(rows)}")
    return rows


def page(node, limit, after, *command):
    """One page, in JSON and for people; the cursor of the next, or nothing."""
    options = ["--limit", str(limit)] + (["--after", after] if after else [])
    code, out, _ = node.run("--json", *command, *options, check=False)
    told, text, _ = node.run(*command, *options, check=False)
    answer, first = json.loads(out), text.split("\n", 1)[0]
    rows = rows_of(answer)
    need(answer["shown"] == len(rows) <= limit, f"{command}: {answer['shown']} shown")
    need(code == told == (0 if answer["complete"] else 1), f"{command}: exit {code} and {told}")
    if answer["complete"]:
        need("next" not in answer, f"{command}: a page behind the last one")
        return rows, None
    least = "at least " if answer.get("total_is_least") else ""
    need(re.match(rf"Shown: {len(rows)} of {least}{answer['total']}\. .*--after "
                  + re.escape(answer["next"]) + "$", first), f"{command} begins with: {first}")
    return rows, answer["next"]


def expect_pages(node, limit, *command):
    """The pages together are the whole."""
    want, got, after = whole(node, *command), [], None
    need(len(want) > limit, f"{command}: {len(want)} rows are one page")
    while True:
        rows, after = page(node, limit, after, *command)
        got += rows
        if after is None:
            break
    need(got == want, f"{command}: the pages say {len(got)} rows, the whole says {len(want)}")


def files_for_programs(node):
    """Rows alone in the file, what is left out beside it."""
    code, out, err = node.run("report", "trial-balance", "--format", "csv", "--limit", "1",
                              check=False)
    need(code == 1 and out.startswith("account,") and out.count("\n") == 2, f"exit {code}: {out}")
    need(err.startswith("Shown: 1 of "), f"stderr: {err}")


def what_is_refused(node):
    for options in (["--limit", "0"], ["--limit", "10001"], ["--limit", "x"], ["--after", "x"],
                    ["--after", f"{ROOT}:B9"], ["--after", f"{ROOT}:AL2"]):
        code, out, err = node.run("trace", "AL1", *options, check=False)
        need(code == 2 and err, f"trace AL1 {options}: exit {code}, {out[:100]}, {err}")
    need(node.run("trace", "NONE", "--limit", "1", check=False)[0] == 1, "a trace of nothing")


def prove(node):
    enter(node)
    first = node.run("trace", "AL1")[1].split("\n", 1)[0]
    need(first == f"Steps: {PAYMENTS + 3}", f"trace begins with: {first}")  # and B1, AL1, RL1
    expect_pages(node, 4000, "trace", "AL1")
    expect_pages(node, 3000, "trace", "B1")
    expect_pages(node, 6000, "list", "payment")
    expect_pages(node, 6000, "list", "payment", "--year", YEAR)
    expect_pages(node, 1, "list", "allocate")
    for command in ("balance", "balance --scope subtree --by agency", "report chain",
                    "report execution --by agency", "report trial-balance"):
        expect_pages(node, 1, *command.split())
    files_for_programs(node)
    what_is_refused(node)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terrace-paging-") as base:
        tree = trees.Tree(os.path.join(base, "tree"), build=args.build)
        try:
            prove(tree.init_root(ROOT, "西藏自治区"))
        except trees.Failed as failed:
            print(f"paging: {failed}", file=sys.stderr)
            return 1
        finally:
            tree.stop()
    print(f"paging: {PAYMENTS} payments of one indicator, nothing left out without a word")
    return 0


if __name__ == "__main__":
    sys.exit(main())
