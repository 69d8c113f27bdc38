"""messages - what people and programs meet at the command line, on real daemons: one answer a line,
one JSON a command, words in their language, and nothing lost without a word.

    python3 tests/process/messages.py --build build
"""
import argparse
import decimal
import io
import json
import os
import subprocess
import sys
import tempfile
import xml.dom.minidom
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402

ROOT, CITY = "540000", "540100"
HEADER = "id,fiscal_year,agency_code,agency_name\n"


def need(condition, text):
    if not condition:
        raise trees.Failed(text)


def bare(node, *args, lang="C.UTF-8", **kwargs):
    """`terrace` as it is: the finished process, with its bytes."""
    env = dict(node.tree.env, LC_ALL=lang, TERRACE_HOME=node.home)
    return subprocess.run([node.tree.bin("terrace"), *args], env=env, stderr=subprocess.PIPE,
                          **{"stdout": subprocess.PIPE, **kwargs})


def says(node, code, words, *args, lang="C.UTF-8", stdin=None):
    done = bare(node, *args, lang=lang, input=stdin)
    text = done.stdout.decode() + done.stderr.decode()
    need(done.returncode == code and all(word in text for word in words),
         f"{args}: exit {done.returncode}, expected {code} and {words}\n{text}")
    return text


def one_json(node, code, *args):
    done = bare(node, "--json", *args)
    need(done.returncode == code, f"{args}: exit {done.returncode}, expected {code}\n{done.stderr}")
    return json.loads(done.stdout)  # and nothing behind it


def answers(node, name, content, *args, code=1):
    path = os.path.join(node.tree.base, name)
    with open(path, "wb") as out:
        out.write(content)
    done = bare(node, "submit", path, *args)
    need(done.returncode == code, f"{name}: exit {done.returncode}, expected {code}\n{done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


# --- files as they come ---

def every_line_is_answered(node):
    rows = [f"Q{i},2026,{i:06d},教育局" for i in range(2000)]
    rows[7] = 'Q7,2026,"000007,教育局'
    rows[1500] = 'Q1500,2026,001500,教"育局'
    got = answers(node, "quotes.csv", (HEADER + "\n".join(rows) + "\n").encode(), "--kind", "agency")
    need([a["line"] for a in got] == list(range(2, 2002)), "a line without its answer")
    need([a["line"] for a in got if a["status"] != "accepted"] == [9, 1502], "more than the bad rows")

    mixed = (HEADER + "M1,2026,M1,教育局\nM2,2026,M2,").encode() + b"\xff\xfe" + \
        "\nM3,2026,M3,教育\n".encode()
    got = answers(node, "mixed.csv", mixed, "--kind", "agency")
    need([a["status"] for a in got] == ["accepted", "refused", "accepted"], f"{got}")
    need(node.json("get", "M3")["agency_name"] == "教育", "a name became another")

    gbk = (HEADER + "G1,2026,G1,教育局\nG2,2026,G2,林周\n").encode("gb18030")
    answers(node, "gbk.csv", gbk, "--kind", "agency", code=0)
    need(node.json("get", "G2")["agency_name"] == "林周", "GB18030 read as something else")


def kinds_of_input_are_told_apart(node):
    line = json.dumps(dict(kind="agency", id="N1", fiscal_year="2026", agency_code="N1", agency_name="x"))
    done = bare(node, "submit", "-", "--kind", "agency", input=f"junk\n{line}\n".encode())
    got = [json.loads(a)["status"] for a in done.stdout.splitlines()]
    need(done.returncode == 1 and got == ["refused", "accepted"], f"{got} {done.stderr}")
    says(node, 2, ["--kind"], "submit", "-", stdin=(HEADER + "X1,2026,X1,x\n").encode())
    says(node, 2, ["irectory"], "submit", node.tree.base, "--kind", "agency")
    says(node, 2, ["目录"], "submit", node.tree.base, "--kind", "agency", lang="zh_CN.UTF-8")
    got = answers(node, "id.ndjson", b'{"kind":"agency","id":7,"fiscal_year":"2026"}\n')
    need(got[0]["id"] is None, f"an id that is no text: {got}")


def lost_output_is_a_failure(node):
    rows = HEADER + "".join(f"L{i},2026,L{i},x\n" for i in range(1500))
    with open("/dev/full", "w") as full:
        done = bare(node, "submit", "-", "--kind", "agency", input=rows.encode(), stdout=full)
        need(done.returncode == 5 and b"written" in done.stderr, f"exit {done.returncode} {done.stderr}")
        need(bare(node, "status", stdout=full).returncode == 5, "a lost status is no failure")
    says(node, 0, [], "get", "L999")
    says(node, 1, [], "get", "L1000")  # the second post was never made


# --- options, and JSON ---

def values_are_checked_with_a_sentence(node):
    for words, args in [
            (["four digits"], ["balance", "--year", "26"]),
            (["payment", "transfer_in"], ["list", "nosuch"]),
            (["payment", "transfer_in"], ["submit", "-", "--kind", "nosuch"]),
            (["540121"], ["balance", "--division", "abc"]),
            (["1-38"], ["get", "A/B"]),
            (["1-38"], ["trace", "x" * 70]),
            (["TERRACE_NEW_PASSWORD", "TERRACE_PASSWORD"], ["user", "--help"])]:
        says(node, 0 if args[-1] == "--help" else 2, words, *args)
    says(node, 1, ["no user a/b"], "user", "passwd", "a/b")
    says(node, 0, [ROOT], "digest")
    done = subprocess.run([node.tree.bin("terrace"), "--hom", node.home, "digest"],
                          env=node.tree.env, capture_output=True)
    need(done.returncode == 0, f"a short --home: {done.stderr}")


def a_password_is_never_the_passphrase(node):
    env = {k: v for k, v in node.tree.env.items() if k != "TERRACE_PASSWORD"}
    done = subprocess.run([node.tree.bin("terrace"), "--home", node.home, "user", "add", "u"],
                          env=env, capture_output=True, stdin=subprocess.DEVNULL, start_new_session=True)
    need(done.returncode == 2 and b"TERRACE_PASSWORD" in done.stderr, f"{done.returncode} {done.stderr}")
    need("TERRACE_PASSPHRASE" in env, "nothing to fall back to")


def wrong_words_get_the_right_one(node):
    for words, args in [(["submti", "submit"], ["submti", "x"]), (["--yaer", "--year"], ["balance", "--yaer", "1"]),
                        (["paymnet", "payment"], ["list", "paymnet"])]:
        says(node, 2, words, *args)


def json_is_one_answer(node):
    need(one_json(node, 0, "--version")["version"], "no version")
    need(len(one_json(node, 0, "--help")["commands"]) > 10, "no commands")
    need(one_json(node, 0, "submit", "--help")["commands"][0]["name"] == "submit", "not of submit")
    need(one_json(node, 2, "nonsense")["error"]["code"] == "usage", "no error")
    need(one_json(node, 1, "doctor")["ok"] is False, "a root without a copy is no error")
    need(one_json(node, 0, "backup", os.path.join(os.path.dirname(node.home), "copies")), "no copy")
    need(one_json(node, 0, "doctor")["ok"] is True, "doctor")


def speaks_chinese(node):
    zh = "zh_CN.UTF-8"
    says(node, 1, ["邀请", "不能邀请本级"], "invite", ROOT, "--name", "x", lang=zh)
    says(node, 1, ["不是 540000 的邻居"], "pause", "999", lang=zh)
    says(node, 2, ["用户名"], "user", "add", "a|b", lang=zh)
    says(node, 2, ["年度"], "balance", "--year", "26", lang=zh)
    need("doctor_" not in says(node, 0, ["剩余"], "doctor", lang=zh), "a code instead of its sentence")
    done = bare(node, "submit", "-", lang=zh, input=b"[1]\n")
    need("不是对象" in json.loads(done.stdout)["message"], f"{done.stdout.decode()}")
    for args, words in [(["--home", node.home + ".none"], "没有节点"), ([], "未指定主目录"),
                        (["--home", node.home], "已有 terraced 在运行")]:
        env = {k: v for k, v in node.tree.env.items() if k != "TERRACE_HOME"}
        done = subprocess.run([node.tree.bin("terraced"), *args], env=dict(env, LC_ALL=zh),
                              capture_output=True, timeout=trees.PATIENCE_S)
        need(done.returncode != 0 and words in done.stderr.decode(), f"{args}: {done.stderr.decode()}")


# --- boards ---

def workbook(node):
    done = bare(node, "report", "chain", "--format", "xlsx")
    need(done.returncode == 0, done.stderr.decode())
    with zipfile.ZipFile(io.BytesIO(done.stdout)) as book:
        need(book.testzip() is None, "a damaged zip")
        parts = {name: xml.dom.minidom.parseString(book.read(name)) for name in book.namelist()}
    rows = parts["xl/worksheets/sheet1.xml"].getElementsByTagName("row")
    chain = node.json("report", "chain")["rows"]
    need(len(rows) == len(chain) + 1, f"{len(rows)} rows")
    cells = rows[1].getElementsByTagName("c")
    texts = [c.getElementsByTagName("t") or c.getElementsByTagName("v") for c in cells]
    values = [t[0].firstChild.data if t[0].firstChild else "" for t in texts]
    need(values[1] == chain[0]["name"], f"{values}")
    need(decimal.Decimal(values[3]) == decimal.Decimal(chain[0]["received"]), f"{values}")
    need(cells[1].getAttribute("t") == "inlineStr" and not cells[3].hasAttribute("t"), "types of cells")


# --- two persons ---

def approvals(node):
    lines = "".join(json.dumps(dict(kind="agency", id=f"R{i}", fiscal_year="2026", agency_code=f"R{i}",
                                    agency_name="x")) + "\n" for i in (1, 2, 3)).encode()
    node.run("submit", "-", stdin=lines, as_user="卓玛")
    out = node.run("approve", "R2", "R1", "R2", as_user="旺堆")[1]
    need([json.loads(a)["id"] for a in out.splitlines()] == ["R1", "R2"], out)
    out = node.run("approve", "R1", as_user="旺堆")[1]
    need(json.loads(out)["status"] == "exists", out)
    node.run("reject", "R3", "--reason", "文号不对", as_user="旺堆")
    got = node.json("get", "R3")
    need((got["state"], got["checker"], got["reason"]) == ("rejected", "旺堆", "文号不对"), f"{got}")
    need(node.json("pending")["rejected"][0]["reason"] == "文号不对", "not among the rejected")
    node.run("submit", "-", stdin=lines.splitlines()[2], as_user="卓玛")
    need(node.json("pending")["rejected"] == [], "handed in again and still rejected")


def names_at_the_parent(root, city):
    lines = json.dumps(dict(kind="agency", id="C1", fiscal_year="2026", agency_code="C1",
                            agency_name="x")).encode()
    for name, role in [("卓玛", "maker"), ("旺堆", "checker")]:
        city.run("user", "add", name, "--role", role)
    city.run("submit", "-", stdin=lines, as_user="卓玛")
    city.run("approve", "C1", as_user="旺堆")

    def there():
        return bare(root, "--json", "get", "C1", "--division", CITY).returncode == 0
    trees.wait_until(there, 60, "the city's document at the region")
    got = root.json("get", "C1", "--division", CITY)["approvals"]
    need(sorted(a["name"] for a in got) == sorted(["卓玛", "旺堆"]), f"{got}")


def names_where_it_is(root, city):
    element = json.dumps(dict(kind="element", id="E1", fiscal_year="2026", ele_catalog_code="fund_type",
                              ele_code="111", ele_name="x", is_enabled="1")).encode()
    root.run("submit", "-", stdin=element)
    trees.wait_until(lambda: bare(city, "get", "E1", "--division", ROOT).returncode == 0, 60,
                     "the region's element at the city")
    says(city, 1, ["E1 is a document of 540000", "--division 540000"], "get", "E1")
    says(city, 1, ["E1 是 540000 的单据"], "trace", "E1", lang="zh_CN.UTF-8")
    says(city, 1, ["E2"], "get", "E2")


def refused_enrolments(root):
    token = root.json("invite", "540200", "--name", "日喀则市")["token"]
    homes = [os.path.join(root.tree.base, name) for name in ("one", "two")]
    for home in homes:
        subprocess.run([root.tree.bin("terrace"), "--home", home, "join", token, "--approval", "none"],
                       env=root.tree.env, capture_output=True)
    said = says(root, 0, ["refused enrolment", "540200"], "status")
    row = [line.split() for line in said.splitlines()
           if "540200" in line and "token" in line and not line.startswith("!")]
    need(len(row) == 1 and row[0][-1] == "1", f"one refusal is counted as {row}")
    says(root, 0, ["enrolment was refused"], "doctor")


# --- warnings, and the log ---

def a_loopback_endpoint_is_warned_of(root):
    home = os.path.join(root.tree.base, "warned")
    done = subprocess.run([root.tree.bin("terrace"), "--home", home, "init", "--root", "--division", "650000",
                           "--name", "x"],
                          env=dict(root.tree.env, LC_ALL="C.UTF-8"), capture_output=True)
    for said in (done, bare(root, "invite", "540300", "--name", "x")):
        text = said.stderr.decode()
        need(said.returncode == 0 and "127.0.0.1" in text and "--listen" in text,
             f"exit {said.returncode}, no word of a loopback endpoint: {text}")


def people_are_events_of_the_log(city):
    env = dict(city.tree.env, TERRACE_PASSWORD="wrong-password", TERRACE_HOME=city.home)
    done = subprocess.run([city.tree.bin("terrace"), "approve", "C1", "--as", "旺堆"], env=env,
                          capture_output=True)
    need(done.returncode == 1, f"a wrong password: exit {done.returncode}")
    city.run("user", "disable", "卓玛")
    log = city.events()
    for event, key, name in (("login", "user", "旺堆"), ("login.refused", "user", "旺堆"),
                             ("user.added", "user", "卓玛"), ("user.disabled", "user", "卓玛"),
                             ("approve", "by", "旺堆"), ("reject", "by", "旺堆")):
        need([line for line in log if line["event"] == event and line[key] == name],
             f"no event {event} of {name} in the log\n{log[-30:]}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as base:
        tree = trees.Tree(os.path.join(base, "t"), options.build)
        try:
            root = tree.init_root(ROOT, "西藏自治区")
            every_line_is_answered(root)
            kinds_of_input_are_told_apart(root)
            lost_output_is_a_failure(root)
            values_are_checked_with_a_sentence(root)
            a_password_is_never_the_passphrase(root)
            wrong_words_get_the_right_one(root)
            json_is_one_answer(root)
            speaks_chinese(root)
            workbook(root)
            tree.approval = "required"
            city, _ = tree.join(ROOT, CITY, "拉萨市")
            names_at_the_parent(root, city)
            names_where_it_is(root, city)
            approvals(city)
            refused_enrolments(root)
            a_loopback_endpoint_is_warned_of(root)
            people_are_events_of_the_log(city)
        finally:
            tree.stop()
    print("messages: as they should be")


if __name__ == "__main__":
    main()
