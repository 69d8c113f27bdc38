"""desk_county - a county's office through its days, on real nodes, in Chinese and in English, at a
terminal where one matters: each step is a function of a file in desk/.

    python3 tests/process/desk_county.py --build build [--only STEP]
"""
import argparse
import os
import sys
import tempfile

from desk import batches, drafts, forms, persons, refused
from desk.common import answer, document, says, submit, trees

REGION, CITY, COUNTY = "540000", "540100", "540121"
MAKERS, CHECKER = ("卓玛", "次仁"), "旺堆"
STEPS = persons.STEPS + drafts.STEPS + refused.STEPS + batches.STEPS + forms.STEPS


def open_tree(tree):
    tree.init_root(REGION, "西藏自治区")
    tree.join(REGION, CITY, "拉萨市")
    tree.approval = "required"
    county, _ = tree.join(CITY, COUNTY, "林周县")
    for name, role in [(name, "maker") for name in MAKERS] + [(CHECKER, "checker")]:
        says(county, 0, [], "--json", "user", "add", name, "--role", role, password_of=name)
    return county


def give_money(county):
    """A million to spend, on the indicator AL1."""
    ids = submit(county, [
        document("agency", "AG1", agency_code="105001", agency_name="林周县教育局"),
        document("budget", "BG1", stage="reply", fund_type_code="111", amount="1000000.00",
                 approval_ref="林周县人大〔2026〕1号"),
        document("allocate", "AL1", ori_bgt_id="BG1", agency_code="105001", amount="1000000.00"),
        document("release", "RL1", bgt_id="AL1", cor_bgt_doc_no="林财预〔2026〕1号")], MAKERS[0])
    for ident in ids:
        says(county, 0, [], "approve", ident, person=CHECKER)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    parser.add_argument("--only", help="steps whose names hold this")
    args = parser.parse_args()
    done = 0
    with tempfile.TemporaryDirectory(prefix="terrace-desk-") as base:
        tree = trees.Tree(os.path.join(base, "tree"), os.path.abspath(args.build))
        try:
            county = open_tree(tree)
            give_money(county)
            for step in STEPS:
                if args.only is None or args.only in step.__name__:
                    step(county)
                    done += 1
            tree.wait_equal_digests()
            answer(tree[REGION], 0, "verify", "--deep")
        except trees.Failed as failed:
            print(f"desk_county: {failed}", file=sys.stderr)
            return 1
        finally:
            tree.stop()
    print(f"desk_county: {done} steps")
    return 0


if __name__ == "__main__":
    sys.exit(main())
