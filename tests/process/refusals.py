"""refusals - what a person is told when something is not taken, on real nodes, in both languages: the
state that stands in the way, the nearest known code, the cell with its value, the character, the
encoding; and the words that explain before anything is refused: templates, explain, --help.

    python3 tests/process/refusals.py --build build
"""
import argparse
import json
import os
import pty
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402

ROOT, CITY = "540000", "540100"
EN, ZH = "C.UTF-8", "zh_CN.UTF-8"
AGENCY = "id,fiscal_year,agency_code,agency_name\n"


def need(condition, text):
    if not condition:
        raise trees.Failed(text)


def bare(node, *args, lang=EN, stdin=b""):
    env = dict(node.tree.env, LC_ALL=lang, TERRACE_HOME=node.home)
    return subprocess.run([node.tree.bin("terrace"), *args], env=env, input=stdin, capture_output=True,
                          timeout=trees.PATIENCE_S, start_new_session=True)


def says(node, code, words, *args, lang=EN, stdin=b""):
    """The command ends so, and all that it printed has these words."""
    done = bare(node, *args, lang=lang, stdin=stdin)
    text = done.stdout.decode() + done.stderr.decode()
    missing = [word for word in words if word not in text]
    need(done.returncode == code and not missing,
         f"{args}: exit {done.returncode}, expected {code} and {missing}\n{text}")
    return text


def answers(node, data, *args, lang=EN):
    done = bare(node, "submit", "-", *args, lang=lang, stdin=data)
    need(done.returncode in (0, 1), f"submit {args}: exit {done.returncode}: {done.stderr.decode()}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def line_of(kind, ident, **fields):
    return json.dumps(dict(kind=kind, id=ident, fiscal_year="2026", **fields),
                      ensure_ascii=False).encode() + b"\n"


def accepted(node, *lines):
    for answer in answers(node, b"".join(lines)):
        need(answer["status"] == "accepted", f"{answer}")


def refused(node, reason, en, zh, line):
    """One line is refused so, and its sentence has these words in either language."""
    for lang, words in ((EN, en), (ZH, zh)):
        answer = answers(node, line, lang=lang)[0]
        missing = [word for word in words if word not in answer["message"]]
        need(answer.get("reason") == reason and not missing, f"{lang}: no {missing} in {answer}")


# --- templates: each passes where those before it were entered ---

OF_THE_ROOT = ["element", "agency", "bank_account", "project", "transfer_in", "budget", "allocate",
               "transfer", "release", "payment", "paid", "refund", "payment_cancel", "freeze", "unfreeze",
               "reduce", "virement", "element_map", "adjust", "calendar", "policy", "transfer_out", "remit",
               "carry_over", "lapse", "open_year"]
OF_THE_CITY = ["register", "return"]
IN_TURN = ["recall", "recall_grant", "recall_refuse", "withdraw"]  # asks, answers, and what is taken back
OF_TWO_PERSONS = ["close_year", "reopen_year"]  # process.refusals_levels


def from_template(node, kind, **instead):
    done = bare(node, "template", kind, "--bom", lang=ZH)
    need(done.returncode == 0 and done.stdout.startswith(b"\xef\xbb\xbf"), f"template {kind}: {done}")
    text = done.stdout.decode("utf-8-sig")
    for old, new in instead.items():
        text = text.replace(old.replace("_", "-"), new)
    got = answers(node, text.encode("utf-8-sig"), "--kind", kind, lang=ZH)
    need([a["status"] for a in got] == ["accepted"], f"the template of {kind}: {got}\n{text}")


def templates_pass(root, city):
    kinds = {kind["name"] for kind in kinds_of(root)}
    kinds -= {"confirm"}  # entered where new keys wait: process.continuity
    need(kinds == set(OF_THE_ROOT + OF_THE_CITY + IN_TURN + OF_TWO_PERSONS), f"templates of other kinds: {sorted(kinds)}")
    for kind in OF_THE_ROOT:
        if kind == "element_map":  # both of its codes are there
            accepted(root, dated_code("2025", "2010301"), dated_code("2026", "2010301"), dated_code("2026", "2010302"))
        from_template(root, kind)
    from_template(root, "transfer", TRANSFER_1="TRANSFER-2")
    for kind, ident in zip(OF_THE_CITY, ("TRANSFER-1", "TRANSFER-2")):
        trees.wait_until(lambda ident=ident: bare(city, "get", ident, "--division", ROOT).returncode == 0,
                         60, f"{ident} at the city")
        from_template(city, kind)
    asks_are_answered(root, city)
    says(root, 1, ["node itself"], "template", "settle")
    columns = root.json("template", "payment")["columns"]
    need(columns[0] == {"name": "id", "title": "id", "required": True}, f"{columns[0]}")


def dated_code(year, code):
    return json.dumps(dict(kind="element", id=f"E-{year}-{code}", fiscal_year=year, ele_catalog_code="exp_func",
                           ele_code=code, ele_name=code)).encode() + b"\n"


def asks_are_answered(root, city):
    """A recall is granted and another refused; a transfer that nobody registered is taken back."""
    trees.wait_until(lambda: root.json("get", "TRANSFER-1")["state"] == "registered", 60, "TRANSFER-1 to be registered")
    for recall, answer in (("RECALL-1", "recall_grant"), ("RECALL-2", "recall_refuse")):
        from_template(root, "recall", RECALL_1=recall)
        trees.wait_until(lambda ident=recall: ident in [row["id"] for row in city.json("inbox")["rows"]], 60, f"{recall} at the city")
        from_template(city, answer, RECALL_1=recall)
    from_template(root, "transfer", TRANSFER_1="TRANSFER-3")
    from_template(root, "withdraw", TRANSFER_1="TRANSFER-3")
    trees.wait_until(lambda: root.json("get", "WITHDRAW-1")["state"] in ("withdrawn", "too_late"), 60, "the withdrawal to be settled")


def kinds_of(root):
    """Those that people hand in, as the program itself names them."""
    said = bare(root, "list", "nosuch").stderr.decode()
    for name in said.split("The kinds are ")[1].rstrip(".\n").split(", "):
        answer = bare(root, "--json", "template", name)
        if answer.returncode == 0:
            yield {"name": json.loads(answer.stdout)["kind"]}


# --- states ---

def the_state_in_the_way_is_named(root, city):
    accepted(root, line_of("allocate", "AL2", ori_bgt_id="BUDGET-1", agency_code="105001", amount="500.00"))
    payee = dict(payee_acct_name="x", payee_acct_no="1", payee_acct_bank_name="x", use_des="x")
    refused(root, "wrong_state", ["AL2 is pending since 20", "by AL2"], ["AL2 自 20", "“待下达”", "见 AL2"],
            line_of("payment", "P9", bgt_id="AL2", pay_app_amt="1.00", **payee))
    refused(root, "wrong_state", ["ALLOCATE-1 is released", "by RELEASE-1"], ["“已下达”", "见 RELEASE-1"],
            line_of("release", "R9", bgt_id="ALLOCATE-1", cor_bgt_doc_no="x"))
    accepted(root, line_of("payment", "P2", bgt_id="ALLOCATE-1", pay_app_amt="1.00", **payee),
             line_of("payment_cancel", "PC2", pay_app_id="P2", reason="x"))
    refused(root, "wrong_state", ["P2 is cancelled", "by PC2"], ["“已撤销”", "见 PC2"],
            line_of("payment_cancel", "PC3", pay_app_id="P2", reason="x"))
    for ident, state, by in (("TRANSFER-1", "registered", "REGISTER-1"), ("TRANSFER-2", "returned", "RETURN-1")):
        refused(city, "wrong_state", [f"{ident} is {state}", f"by {by}"], [f"见 {by}"],
                line_of("register", "RG9", bgt_id=ident))
    accepted(root, line_of("project", "PJ2", pro_code="P2", state="reserved", pro_name="x",
                           pro_cat_code="1", agency_code="105001", setup_year="2026"),
             line_of("project", "PJ3", pro_code="P2", state="closed", reason="x"))
    refused(root, "wrong_state", ["project P2 is closed", "by PJ3"], ["项目 P2 自", "“已结束”", "见 PJ3"],
            line_of("budget", "BG9", stage="reply", fund_type_code="111", amount="1.00", pro_code="P2",
                    approval_ref="x"))
    refused(root, "wrong_state", ["same agency"], ["完全相同"],
            line_of("virement", "V9", from_bgt_id="ALLOCATE-1", amount="1.00", agency_code="105001"))


# --- names that are not known ---

def the_nearest_known_is_offered(root, city):
    release = dict(cor_bgt_doc_no="x")
    budget = dict(stage="reply", amount="1.00", approval_ref="x")
    transfer = dict(ori_bgt_id="BUDGET-1", amount="1.00", cor_bgt_doc_no="x", tra_type_code="general",
                    stage="formal")
    for node, reason, nearest, line in [
            (root, "unknown_bgt_id", "ALLOCATE-1", line_of("release", "X1", bgt_id="ALOCATE-1", **release)),
            (root, "unknown_bgt_id", "ALLOCATE-1", line_of("release", "X1", bgt_id="LLOCATE-1", **release)),
            (root, "unknown_pay_app_id", "PAYMENT-1", line_of("payment_cancel", "X1", pay_app_id="PAYMNET-1",
                                                              reason="x")),
            (root, "unknown_agency_code", "105001", line_of("allocate", "X1", ori_bgt_id="BUDGET-1",
                                                            agency_code="105010", amount="1.00")),
            (root, "unknown_fund_type_code", "111", line_of("budget", "X1", fund_type_code="112", **budget)),
            (root, "unknown_rec_div_code", CITY, line_of("transfer", "X1", rec_div_code="540101", **transfer)),
            (city, "unknown_bgt_id", "TRANSFER-1", line_of("register", "X1", bgt_id="TRANFSER-1")),
            (root, "unknown_field_amont", "amount", line_of("budget", "X1", amont="1.00")),
            (root, "unknown_kind", "payment", line_of("paymnet", "X1"))]:
        refused(node, reason, [f"Did you mean {nearest}?"], [f"是否指 {nearest}？"], line)
    for command in ("get", "trace"):
        says(root, 1, ["ALOCATE-1", "Did you mean ALLOCATE-1?"], command, "ALOCATE-1")
        says(root, 1, ["是否指 ALLOCATE-1？"], command, "ALOCATE-1", lang=ZH)
    answer = answers(root, line_of("release", "X1", bgt_id="QQQQQQQQQQ", **release))[0]
    need("QQQQQQQQQQ" in answer["message"] and "Did you" not in answer["message"], f"{answer}")


# --- cells ---

def a_bad_cell_is_told_with_its_value(root):
    header = ("id,fiscal_year,stage,fund_type_code,amount,approval_ref,approval_date\n")
    rows = [("1,488,000.53", "2026-02-10", "amount", "1488000.53"), ("１２５０", "2026-02-10", "amount", "1250"),
            ("1.00", "2026/2/10", "approval_date", "2026-02-10")]
    text = header + "".join(f'C{i},2026,reply,111,"{amount}",x,{date}\n'
                            for i, (amount, date, _, _) in enumerate(rows))
    for lang in (EN, ZH):
        for i, (answer, row) in enumerate(zip(answers(root, text.encode(), "--kind", "budget", lang=lang), rows)):
            value = row[0] if row[2] == "amount" else row[1]
            need(answer["line"] == i + 2 and answer["reason"] == "bad_" + row[2] and value in answer["message"]
                 and row[2] in answer["message"] and row[3] in answer["message"], f"{lang}: {answer}")
    payee = dict(payee_acct_name="x", payee_acct_bank_name="x", use_des="x")
    for reason, line in [
            ("bad_payee_acct_no", line_of("payment", "S1", bgt_id="ALLOCATE-1", pay_app_amt="1.00",
                                          payee_acct_no="6.228E+18", **payee)),
            ("bad_agency_code", line_of("agency", "S1", agency_code="1.05E+05", agency_name="x")),
            ("bad_id", line_of("agency", "1.05E5", agency_code="105009", agency_name="x"))]:
        refused(root, reason, ["powers of ten"], ["科学计数"], line)
    refused(root, "bad_memo", ["character 3", "U+200B"], ["第 3 个字符", "U+200B"],
            line_of("agency", "S1", agency_code="105009", agency_name="x", memo="ab\u200b"))
    refused(root, "bad_amount", ["12.5", "quotes"], ["12.5", "引号"],
            b'{"kind":"refund","id":"S1","fiscal_year":"2026","pay_app_id":"PAYMENT-1","amount":12.5,"reason":"x"}\n')


def all_bad_columns_are_named(root):
    header = b"id,fiscal_yaer,agency_cod,agency_name,id,colour\nA,2026,1,x,A,red\n"
    for lang, words in ((EN, ["column 2", "fiscal_year", "column 3", "agency_code", "column 5", "twice",
                              "column 6", "colour", ": 4."]),
                        (ZH, ["第 2 列", "第 3 列", "第 5 列", "重复", "第 6 列", "4 列"])):
        says(root, 2, words, "submit", "-", "--kind", "agency", stdin=header, lang=lang)
    got = answers(root, "单据编号,预算年度,agency_code（单位代码）,agency_name name\nH1,2026,105101,教育局\n".encode(),
                  "--kind", "agency")
    need([a["status"] for a in got] == ["accepted"], f"a header in both languages: {got}")


# --- encodings ---

def latin_is_not_taken_for_chinese(root):
    latin = (AGENCY + "L1,2026,105201,MUÑOZ\nL2,2026,105202,x\n").encode("latin-1")
    for lang, words in ((EN, ["MU袿Z", "MUÑOZ", "--encoding"]), (ZH, ["MU袿Z", "MUÑOZ", "--encoding"])):
        got = answers(root, latin, "--kind", "agency", lang=lang)
        need(got[0]["status"] == "refused" and all(word in got[0]["message"] for word in words), f"{got}")
        need(got[1]["status"] in ("accepted", "exists"), f"{got}")
    got = answers(root, latin.replace(b"L1,", b"L3,"), "--kind", "agency", "--encoding", "gb18030")
    need(got[0]["status"] == "accepted" and root.json("get", "L3")["agency_name"] == "MU袿Z", f"{got}")

    chinese = (AGENCY + "G1,2026,105301,教育局\nG2,2026,105302,林周\n").encode("gb18030")
    for lang, words in ((EN, ["GB18030", "教育局", "Line 2"]), (ZH, ["GB18030", "教育局", "第 2 行"])):
        says(root, 0, words, "submit", "-", "--kind", "agency", stdin=chinese, lang=lang)
    said = says(root, 0, [], "submit", "-", "--kind", "agency", "--encoding", "gb18030", stdin=chinese)
    need("guess" not in said, f"what was named is guessed: {said}")
    need([a["status"] for a in answers(root, chinese, "--kind", "agency", "--encoding", "utf-8")]
         == ["refused", "refused"], "GB18030 taken for UTF-8")
    says(root, 2, ["JSON"], "submit", "-", "--encoding", "gb18030", stdin=line_of("agency", "G9"))
    torn = (AGENCY + "T1,2026,105401,").encode() + b"\xff\n"
    answer = answers(root, torn, "--kind", "agency")[0]
    need("FF" in answer["message"] and "place 16" in answer["message"], f"{answer}")


def lines_may_end_with_cr(root):
    got = answers(root, (AGENCY + "R1,2026,105501,x\nR2,2026,105502,y\n").replace("\n", "\r").encode(),
                  "--kind", "agency")
    need([(a["line"], a["status"]) for a in got] == [(2, "accepted"), (3, "accepted")], f"{got}")
    lines = line_of("agency", "R3", agency_code="105503", agency_name="x") + \
        line_of("agency", "R4", agency_code="105504", agency_name="x")
    got = answers(root, lines.replace(b"\n", b"\r"))
    need([a["status"] for a in got] == ["accepted"] * 2, f"{got}")


# --- what a pipe gets ---

def words_of(text):
    """Without the commas that a terminal puts into amounts."""
    return re.sub(r"(?<=\d),(?=\d{3}\b)", "", text.decode()).split()


def screen(node, *args, lang=EN):
    """What a person sees."""
    env = dict(node.tree.env, LC_ALL=lang, TERRACE_HOME=node.home)
    ours, theirs = pty.openpty()
    process = subprocess.Popen([node.tree.bin("terrace"), *args], env=env, stdin=theirs, stdout=theirs,
                               stderr=theirs, start_new_session=True)
    os.close(theirs)
    seen = b""
    try:
        while part := os.read(ours, 1 << 16):
            seen += part
    except OSError:  # its end, as Linux tells it
        pass
    os.close(ours)
    need(process.wait(timeout=trees.PATIENCE_S) == 0, f"{args}: {seen.decode()}")
    return seen


ALIKE = [["digest"], ["verify"], ["user", "list"], ["pending"], ["inbox"], ["list", "budget"], ["get", "PAYMENT-1"],
         ["trace", "PAYMENT-1"], ["balance"], ["chain"], ["report", "execution"], ["report", "reconcile"],
         ["report", "trial-balance"], ["report", "chain", "--format", "csv"], ["template", "payment"],
         ["receipt", "PAYMENT-1"], ["token", "list"], ["webhook", "list"], ["explain", "paid"], ["alarms"], ["fork"], ["evidence"], ["resync"],
         ["unapproved"], ["years"], ["confirm", "--list"], ["submit", "--help"], ["--help"], ["--version"]]


def a_pipe_gets_what_the_manual_says(root):
    """The same as a terminal, but for commas in amounts; a JSON object a line of what decides about
    documents; the token alone of an invitation."""
    for args in ALIKE:
        for lang in (EN, ZH):
            seen, piped = screen(root, *args, lang=lang), bare(root, *args, lang=lang)
            need(piped.returncode == 0 and words_of(seen) == words_of(piped.stdout),
                 f"{args}: on a terminal\n{seen.decode()}\nin a pipe\n{piped.stdout.decode()}")
    listed = {command["name"] for command in root.json("--help")["commands"]}
    others = {"init", "join", "invite", "submit", "approve", "reject", "withdraw", "status", "pause", "resume",
              "doctor", "list", "report", "user", "sessions", "audit", "amend", "revoke", "rotate",
              "trust", "endpoint", "backup", "restore"}
    need(listed <= {args[0] for args in ALIKE} | others, f"not compared: {listed}")
    for args in (["submit", "-"], ["--json", "submit", "-"]):
        lines = bare(root, *args, stdin=line_of("agency", "PIPE1", agency_code="105601", agency_name="x") + b"x\n")
        got = [json.loads(line) for line in lines.stdout.splitlines()]
        need([answer["line"] for answer in got] == [1, 2] and got[1]["status"] == "refused", f"{args}: {got}")
    invited = bare(root, "invite", "540200", "--name", "x")
    need(len(invited.stdout.split()) == 1 and b"540200" not in invited.stdout and invited.stderr, f"{invited}")


# --- words ---

def words_are_explained(root):
    for word, sort, zh in [("payment", "kind", "支付申请"), ("amount", "field", "金额"),
                           ("wrong_state", "reason", "状态"), ("unknown_pro_code", "reason", "项目"),
                           ("part_paid", "state", "部分支付"), ("fork", "alarm", "处置"),
                           ("needs_role", "error", "角色"), ("draft", "word", "待审"),
                           ("支付申请金额", "field", "pay_app_amt"), ("AVAIL", "account", "可用")]:
        meanings = json.loads(bare(root, "--json", "explain", word).stdout)["meanings"]
        need(sort in [m["sort"] for m in meanings], f"{word}: {meanings}")
        says(root, 0, [word if word.isascii() else zh], "explain", word)
        says(root, 0, [zh], "explain", word, lang=ZH)
    says(root, 0, ["bgt_id", "payee_acct_no"], "explain", "payment")
    says(root, 1, ["Did you mean wrong_state?"], "explain", "wrong_stat")
    says(root, 1, ["是否指 wrong_state？"], "explain", "wrong_stat", lang=ZH)
    for typed, meant in [("missing_amout", "missing_amount"), ("exceeds_availabel", "exceeds_available"), ("unknown_bgt_i", "unknown_bgt_id")]:
        says(root, 1, [f"Did you mean {meant}?"], "explain", typed)


def wrong_commands_are_answered_in_the_readers_language(root):
    for args, nearest in [(["submti", "x"], "submit"), (["balance", "--yaer", "1"], "--year"),
                          (["list", "paymnet"], "payment"), (["report", "chian"], "chain"),
                          (["template", "paymnet"], "payment"),
                          (["list", "payment", "--division", "540101"], CITY),
                          (["balance", "--division", "540101"], CITY)]:
        code = 1 if "--division" in args else 2
        says(root, code, [f"Did you mean {nearest}?"], *args)
        says(root, code, [f"是否指 {nearest}？"], *args, lang=ZH)
        said = says(root, code, [f"是否指 {nearest}？"], *args, "--lang", "zh")
        need("Did you" not in said, said)
        error = json.loads(bare(root, "--json", *args).stdout)["error"]
        need(nearest in error["message"], f"{error}")
    need("Did you" not in says(root, 2, ["nonsense"], "nonsense"), "something far off is offered")
    says(root, 2, ["needs a value"], "balance", "--year")
    says(root, 2, ["须有取值"], "balance", "--year", lang=ZH)
    for args, zh in [(["balance", "--kind", "x"], "不适用于"), (["get"], "用法"), ([], "缺少命令"),
                     (["prove"], "本版本没有")]:
        says(root, 2, [zh], *args, lang=ZH)


def help_has_options_and_examples(root):
    for lang, words in ((EN, ["Options:", "--encoding utf-8|gb18030", "Examples:", "terrace submit "]),
                        (ZH, ["选项：", "--encoding utf-8|gb18030", "示例：", "terrace submit "])):
        says(root, 0, words, "submit", "--help", lang=lang)
    for command in root.json("--help")["commands"]:
        need(command["examples"] and all(e.startswith("terrace ") for e in command["examples"]),
             f"no example of {command}")
        for option in command["options"]:
            need(option["help"] and f"--{option['name']}" in command["usage"],
                 f"--{option['name']} is not in the usage of {command['name']}")


def all_faults_of_a_row_are_told_at_once(root):
    header = "id,fiscal_year,bgt_id,pay_app_amt,payee_acct_name,payee_acct_no,payee_acct_bank_name,use_des\n"
    row = 'TWO-1,2026,X,"1,488.00",甲,6.228E+18,行,\n'
    for lang, words in ((EN, ["use_des", "pay_app_amt", "payee_acct_no"]), (ZH, ["用途", "pay_app_amt", "有误"])):
        answer = answers(root, (header + row).encode(), "--kind", "payment", lang=lang)[0]
        need(answer["reason"] == "missing_use_des" and answer["also"] == ["bad_pay_app_amt", "bad_payee_acct_no"] and
             all(word in answer["message"] for word in words), f"{answer}")
    row = "TWO-2,2026,X,12.00,甲,1,行,修缮\n"
    need("also" not in answers(root, (header + row).encode(), "--kind", "payment")[0], "one fault is one")


def kinds_have_chinese_names(root):
    header, row = "kind,id,fiscal_year,agency_code,agency_name\n", "预算单位,ZH-1,2026,Z01,文化厅\n"
    need(answers(root, (header + row).encode(), "--kind", "payment")[0]["status"] == "accepted", "in a cell")
    plain = (header.partition(",")[2] + "ZH-2,2026,Z02,体育局\n").encode()
    for name in ("预算单位", "agency（预算单位）", "agency"):
        need(answers(root, plain, "--kind", name)[0]["status"] in ("accepted", "exists"), name)
        says(root, 0, ["ZH-2"], "list", name)
        says(root, 0, ["agency_code"], "template", name)
    says(root, 2, ["Did you mean"], "list", "agncy")


def both_years_are_said(root):
    refused(root, "year_differs", ["2025", "2026"], ["2025", "2026"],
            json.dumps(dict(kind="release", id="YEAR-1", fiscal_year="2025", bgt_id="ALLOCATE-1",
                            cor_bgt_doc_no="1")).encode() + b"\n")


def usage_is_told_to_programs(root):
    """Arguments by name, also those of a reason: nothing that only our own reader can take apart."""
    done = bare(root, "--json", "template", "agncy")
    error = json.loads(done.stdout)["error"]
    need(done.returncode == 2 and error["args"]["why"]["why"] == dict(reason="did_you_mean", nearest="agency"), f"{error}")
    need("\\u001f" not in done.stdout.decode() and "\x1f" not in done.stdout.decode(), f"{done.stdout}")


def nobody_lives_there(root):
    for lang, words in ((EN, ["No node lives in", "terrace init"]), (ZH, ["没有节点", "terrace init"])):
        done = bare(root, "--home", root.home + ".none", "status", lang=lang)
        text = done.stderr.decode()
        need(done.returncode == 3 and all(word in text for word in words), f"{done.returncode} {text}")


def chinese_to_the_end(root):
    trace = bare(root, "trace", "PAYMENT-1", lang=ZH).stdout.decode()
    need("支付申请" in trace and "序号" in trace and "lsn" not in trace, trace)
    need("payment" in bare(root, "trace", "PAYMENT-1").stdout.decode(), "no name of the kind")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terrace-refusals-") as base:
        tree = trees.Tree(os.path.join(base, "t"), os.path.abspath(options.build))
        try:
            root = tree.init_root(ROOT, "西藏自治区")
            city, _ = tree.join(ROOT, CITY, "拉萨市")
            templates_pass(root, city)
            the_state_in_the_way_is_named(root, city)
            the_nearest_known_is_offered(root, city)
            a_bad_cell_is_told_with_its_value(root)
            all_bad_columns_are_named(root)
            latin_is_not_taken_for_chinese(root)
            lines_may_end_with_cr(root)
            a_pipe_gets_what_the_manual_says(root)
            words_are_explained(root)
            wrong_commands_are_answered_in_the_readers_language(root)
            help_has_options_and_examples(root)
            all_faults_of_a_row_are_told_at_once(root)
            kinds_have_chinese_names(root)
            both_years_are_said(root)
            usage_is_told_to_programs(root)
            nobody_lives_there(root)
            chinese_to_the_end(root)
            tree.wait_equal_digests()
            says(root, 0, ["sound"], "verify", "--deep")
        finally:
            tree.stop()
    print("refusals: told with value, place and cure, in both languages")


if __name__ == "__main__":
    main()
