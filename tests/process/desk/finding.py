"""finding - the region looks for what it has issued, by what stands on the paper in its hand, and takes
the month's figures into a spreadsheet."""
import csv
import io
import subprocess
import zipfile

from .common import LANGUAGES, at_terminal, need, trees
from .registering import CITY, COUNTY, REGION, enter, holds, register, transfer

TITLES = {"en": ("receiver", "receiver name", "document no.", "amount", "total"),
          "zh": ("接收方", "接收方名称", "文号", "金额", "合计")}
STATES = {"en": ("issued", "registered"), "zh": ("已发出", "已登记")}


def issue(tree):
    region = tree[REGION]
    enter(region, dict(kind="budget", id="B-1", stage="reply", fund_type_code="111",
                       amount="90000000.00", approval_ref="藏人大〔2026〕1号"))
    enter(region, transfer("T-1", "B-1", COUNTY, "13094400.00", "藏财预〔2026〕12号",
                           doc_title="义务教育补助"),
          transfer("T-2", "B-1", CITY, "20000000.00", "藏财预〔2026〕13号"),
          transfer("T-3", "B-1", COUNTY, "7936000.00", "藏财社〔2026〕2号"))


def found(node, *options):
    return [row["id"] for row in node.json("list", "transfer", *options)["rows"]]


def a_number_on_paper_is_found(region):
    for options, want in ((["--doc-no", "藏财预〔2026〕12号"], ["T-1"]), (["--doc-no", "藏财社"], ["T-3"]),
                          (["--text", "义务教育"], ["T-1"]), (["--receiver", COUNTY], ["T-1", "T-3"]),
                          (["--min", "10000000", "--receiver", COUNTY], ["T-1"]),
                          (["--text", "铁路"], [])):
        need(found(region, *options) == want, f"{options}: {found(region, *options)}")


def the_screen_shows_whose_it_is(region):
    for lang in LANGUAGES:
        code, screen = at_terminal(region, "list", "transfer", "--receiver", COUNTY, language=lang)
        for words in TITLES[lang] + ("林周县", "13,094,400.00", "21,030,400.00", STATES[lang][0]):
            need(code == 0 and words in screen, f"{lang}: no {words} in:\n{screen}")


def what_is_not_answered_is_a_filter(tree):
    region, county = tree[REGION], tree[COUNTY]
    holds(county, REGION, "T-3")
    need(found(region, "--state", "issued") == ["T-1", "T-2", "T-3"], "three are issued")
    enter(county, register("R-1", "T-1", ori_div_code=REGION))
    trees.wait_until(lambda: found(region, "--state", "registered") == ["T-1"], 60, "the answer")
    need(found(region, "--state", "issued") == ["T-2", "T-3"], "what was answered waits no more")
    for lang in LANGUAGES:
        screen = at_terminal(region, "list", "transfer", "--state", "registered", language=lang)[1]
        need(STATES[lang][1] in screen, f"{lang}: no {STATES[lang][1]} in:\n{screen}")


def bytes_of(node, *command):
    done = subprocess.run([node.tree.bin("terrace"), "--home", node.home, *command],
                          env=node.tree.env, capture_output=True)
    need(done.returncode == 0, f"{command}: {done.stderr.decode()}")
    return done.stdout


def the_month_goes_into_a_spreadsheet(region):
    file = bytes_of(region, "list", "transfer", "--format", "csv", "--bom", "--lang", "zh")
    rows = list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"))))
    need([row["文号"] for row in rows] == [f"藏财预〔2026〕{n}号" for n in (12, 13)] + ["藏财社〔2026〕2号"],
         f"{rows}")
    need([row["金额"] for row in rows] == ["13094400.00", "20000000.00", "7936000.00"], "plain amounts")
    for command in (["balance"], ["list", "transfer"], ["report", "reconcile"], ["report", "execution"]):
        book = bytes_of(region, *command, "--format", "xlsx", "--lang", "zh")
        with zipfile.ZipFile(io.BytesIO(book)) as parts:
            need(parts.testzip() is None, f"{command}: a damaged workbook")


def walk(tree):
    issue(tree)
    a_number_on_paper_is_found(tree[REGION])
    the_screen_shows_whose_it_is(tree[REGION])
    what_is_not_answered_is_a_filter(tree)
    the_month_goes_into_a_spreadsheet(tree[REGION])
