"""foreign_bytes - real daemons and everything they must turn away: each refusal has its exit code, its
reason and words for a person, loses nothing, and leaves the daemon alive.

    python3 tests/process/foreign_bytes.py --build build
"""
import argparse
import base64
import hashlib
import json
import os
import pty
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402

ROOT, CITY, OTHER = "540000", "540100", "540200"
YEAR = "2026"
PAYEE = dict(payee_acct_name="强嘎合作社", payee_acct_no="62280001",
             payee_acct_bank_name="农业银行", use_des="办公用品")


def need(condition, text):
    if not condition:
        raise trees.Failed(text)


def document(kind, ident, **fields):
    return dict(dict(kind=kind, id=ident, fiscal_year=YEAR), **fields)


def agency(ident, code="105001", **fields):
    return document("agency", ident, agency_code=code, agency_name="教育局", **fields)


def budget(ident, amount, fund="111", **fields):
    return document("budget", ident, stage="reply", fund_type_code=fund, amount=amount,
                    approval_ref="人大〔2026〕1号", **fields)


def allocate(ident, origin, amount):
    return document("allocate", ident, ori_bgt_id=origin, agency_code="105001", amount=amount)


def payment(ident, indicator, amount):
    return document("payment", ident, bgt_id=indicator, pay_app_amt=amount, **PAYEE)


def transfer(ident, origin, receiver, amount):
    return document("transfer", ident, ori_bgt_id=origin, rec_div_code=receiver, amount=amount,
                    cor_bgt_doc_no="财预〔2026〕1号", tra_type_code="special", stage="formal")


def as_line(line):
    if isinstance(line, bytes):
        return line
    return (line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)).encode()


def submit(node, lines, *args, as_user=None):
    """(exit code, answers) of lines on stdin: dicts, texts or bytes."""
    code, out, err = node.run("submit", "-", *args, stdin=b"\n".join(map(as_line, lines)) + b"\n",
                              check=False, as_user=as_user)
    need(node.process.poll() is None, f"the daemon of {node.division} is gone")
    need(code in (0, 1), f"submit: exit {code}: {err}")
    return code, [json.loads(line) for line in out.splitlines()]


def verdict(answer):
    """The reason of a refusal, the status of anything else; a refusal needs words."""
    if answer["status"] != "refused":
        return answer["status"]
    need(len(answer["message"]) > 20, f"a refusal without words: {answer}")
    return answer["reason"]


def expect(node, lines, verdicts, *args, as_user=None):
    """Submits and compares what became of each line, in order, and the exit code."""
    code, answers = submit(node, lines, *args, as_user=as_user)
    got = [verdict(answer) for answer in answers]
    need(got == verdicts, f"{node.division}: {got}, expected {verdicts}\n{answers}")
    refused = any(answer["status"] == "refused" for answer in answers)
    need(code == int(refused), f"exit {code} for {got}")
    return answers


def says(node, code, words, *args, as_user=None, stdin=None):
    """Runs a command that must end with `code` and say `words`; what it said."""
    got, out, err = node.run(*args, check=False, as_user=as_user, stdin=stdin)
    need(got == code and all(word in out + err for word in words),
         f"{args}: exit {got}, expected {code} and {words}\n{out}{err}")
    return out + err


def file_of(tree, name, content):
    path = os.path.join(tree.base, name)
    with open(path, "wb") as out:
        out.write(content)
    return path


# --- what is not a document, or not one of ours ---

def bad_files(tree, city):
    wrong = file_of(tree, "wrong.csv", b"id,fiscal_year,agency_cod\nW1,2026,105009\n")
    says(city, 2, ["agency_cod", "column 3"], "submit", wrong, "--kind", "agency")
    twice = file_of(tree, "twice.csv", b"id,fiscal_year,id\nW1,2026,W1\n")
    says(city, 2, ["column 3", "twice"], "submit", twice, "--kind", "agency")
    empty = file_of(tree, "empty.csv", b"")
    says(city, 2, ["empty"], "submit", empty, "--kind", "agency")
    says(city, 2, ["UTF-16"], "submit", "-", stdin=b"\xff\xfe{\x00}\x00")
    for workbook in [b"PK\x03\x04\x14\x00", b"\xd0\xcf\x11\xe0\xa1\xb1"]:
        says(city, 2, ["is a workbook"], "submit", "-", "--kind", "payment", stdin=workbook)
    says(city, 0, [], "submit", "-", stdin=b"")
    torn = file_of(tree, "torn.csv", b"id,fiscal_year,agency_code,agency_name\n"
                                     b"T1,2026,105007,\xff\xff\nT2,2026,105008,ok\nT3,2026\n")
    code, out, _ = city.run("submit", torn, "--kind", "agency", check=False)
    answers = [json.loads(line) for line in out.splitlines()]
    need(code == 1 and [a["line"] for a in answers] == [2, 3, 4]
         and [verdict(a) for a in answers] == ["malformed", "accepted", "malformed"]
         and "UTF-8" in answers[0]["message"] and "header" in answers[2]["message"],
         f"a file with torn rows: exit {code} {answers}")


def bad_lines(city):
    expect(city, [agency("A1")], ["accepted"])
    cases = [
        (agency("A1"), "exists"),
        (budget("BG1", "1000.00"), "accepted"),
        (budget("BG1", "1000"), "exists"),
        (budget("BG1", "1000.01"), "exists_with_different_amount"),
        (budget("B2", "-5.00"), "bad_amount"),
        (budget("B2", "5.001"), "bad_amount"),
        (budget("B2", "0.00"), "bad_amount"),
        (agency("A2", mof_div_code=OTHER), "not_yours"),
        (document("agencies", "A2"), "unknown_kind"),
        (agency("A2", colour="red"), "unknown_field_colour"),
        (document("agency", "A2", agency_name="教育局"), "missing_agency_code"),
        (document("settle", "S1"), "node_only"),
        (agency("A2", memo="\u202e9001"), "bad_memo"),  # shown as 1009
        (agency("A2", memo="A\u200b1"), "bad_memo"),
        (document("budget", "B4", stage="reply", approval_ref="x", approval_date="2999-01-01",
                  fund_type_code="111", amount="1.00"), "bad_approval_date"),
        (agency("..", ), "bad_id"),
        ('{"kind":"agency",', "malformed"),
        (b'{"kind":"agency","id":"\xff\xfe"}', "malformed"),
        ("[1,2]", "malformed"),
        (b"x" * (5 << 20), "malformed"),
        (allocate("AL9", "NONE", "1.00"), "unknown_ori_bgt_id"),
        (agency("A3", "105003"), "accepted"),
    ]
    answers = expect(city, [line for line, _ in cases], [want for _, want in cases])
    need([a["line"] for a in answers] == list(range(1, len(cases) + 1)), "lines out of order")
    for gone in ("B2", "A2", "S1", "AL9"):
        says(city, 1, ["not_found"], "--json", "get", gone)
    return len(cases)


def unknown_code(city):
    """A code is checked once its set has rows."""
    expect(city, [document("element", "E1", ele_catalog_code="fund_type", ele_code="111",
                           ele_name="一般公共预算")], ["accepted"])
    expect(city, [budget("B2", "5.00", fund="999"), budget("B3", "5.00")],
           ["unknown_fund_type_code", "accepted"])


# --- what the rules forbid ---

def bad_business(root, city):
    release = document("release", "RL1", bgt_id="AL1", cor_bgt_doc_no="财预〔2026〕2号")
    steps = [
        (allocate("AL1", "BG1", "1000.01"), "exceeds_available"),
        (allocate("AL1", "BG1", "800.00"), "accepted"),
        (payment("P1", "AL1", "10.00"), "wrong_state"),
        (release, "accepted"),
        (payment("P1", "AL1", "800.01"), "exceeds_available"),
        (payment("P1", "AL1", "800.00"), "accepted"),
        (payment("P2", "AL1", "0.01"), "exceeds_available"),
        (transfer("TR1", "BG1", "540199", "1.00"), "unknown_rec_div_code"),
        (document("transfer_in", "TI1", ori_div_code=ROOT, sup_bgt_doc_no="财预〔2026〕3号",
                  amount="1.00", fund_type_code="111", tra_type_code="general", stage="formal"),
         "upper_has_node"),
    ]
    expect(city, [line for line, _ in steps], [want for _, want in steps])
    rows = city.json("balance")["rows"]
    need(any(r["account"] == "COMMIT" and r["balance"] == "800.00" for r in rows), f"{rows}")
    for args in (["balance"], ["digest"]):
        for node, division in ((city, ROOT), (root, "549999")):
            says(node, 1, ["not_below_you"], "--json", *args, "--division", division)
    return len(steps)


def all_or_nothing(city):
    lines = [agency("AT1", "105011"), budget("AT2", "-1"), agency("AT3", "105013")]
    before = city.digest()
    expect(city, lines, ["not_all", "bad_amount", "not_all"], "--atomic")
    need(city.digest() == before, "a refused post left something behind")
    lines[1] = budget("AT2", "1.00")
    expect(city, lines, ["accepted"] * 3, "--atomic")
    expect(city, lines, ["exists"] * 3, "--atomic")


# --- the program itself ---

def daemon(tree, home):
    done = subprocess.run([tree.bin("terraced"), "--home", home], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=trees.PATIENCE_S, env=tree.env)
    return done.returncode, done.stderr


def bad_commands(tree, city):
    """Beside strangers_and_floods.py: the node that was there first goes on, the stopped one is named."""
    code, words = daemon(tree, city.home)
    need(code == 5 and str(city.process.pid) in words, f"a second daemon: {code} {words}")
    expect(city, [agency("A4", "105004")], ["accepted"])
    says(city, 2, ["nosuch"], "nosuch")
    says(city, 2, [], "get")
    says(city, 2, [], "balance", "--no-such-option")
    need(city.end() == 0, "SIGTERM is a clean end")
    says(city, 3, [city.home], "status")
    says(city, 3, [city.home], "submit", "-", stdin=as_line(agency("A5", "105005")))
    city.start()
    says(city, 1, ["not_found"], "--json", "get", "A5")


# --- enrolment ---

def for_another(token, division):
    """The same token as if it had been made for another division, its check sum put right."""
    head, text = token.split("-", 1)
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    def check(fields, size):
        return hashlib.blake2b(fields, digest_size=32, person=b"terrace.token").digest()[:size]
    size = next(n for n in range(2, 33) if check(raw[:-n], n) == raw[-n:])
    fields = division.encode().ljust(9, b"\0") + raw[9:-size]
    return head + "-" + base64.urlsafe_b64encode(fields + check(fields, size)).decode().rstrip("=")


def attempts(node):
    return [(a["division"], a["reason"]) for a in node.status()["enrol_attempts"]]


def bad_enrolments(tree, root):
    token = root.json("invite", OTHER, "--name", "日喀则市")["token"]
    thief = trees.Node(tree, "thief", "", root)
    listen = ["--approval", "none", "--listen", f"tcp://127.0.0.1:{trees.free_port()}"]
    before = len(attempts(root))
    mistyped = token[:30] + ("a" if token[30] != "a" else "b") + token[31:]
    says(thief, 1, ["bad_token", "mistyped"], "--json", "join", mistyped, *listen)
    says(thief, 1, ["another division"], "join", for_another(token, "540300"), *listen)
    need(attempts(root).count(("540300", "refused")) == 1, f"{attempts(root)}")
    says(thief, 2, [], "join")

    owner = trees.Node(tree, OTHER, "日喀则市", root)
    owner.run("join", token, *listen)
    tree.nodes[OTHER] = owner
    owner.start()
    says(thief, 1, ["already_used"], "--json", "join", token, *listen)
    need((OTHER, "already_used") in attempts(root), f"{attempts(root)}")
    need(len(attempts(root)) == before + 2, f"{attempts(root)}")
    need(not os.path.exists(os.path.join(thief.home, "config.yaml")), "a thief has a home")
    says(owner, 2, ["usage"], "--json", "join", token, *listen)  # it lives here already
    says(owner, 5, ["stop it first"], "join", token)
    says(root, 1, [], "invite", ROOT, "--name", "西藏自治区")
    expect(owner, [agency("A1")], ["accepted"])


# --- two persons ---

def two_persons(base, build):
    tree = trees.Tree(os.path.join(base, "strict"), build=build, approval="required")
    try:
        root = tree.init_root(ROOT, "西藏自治区")
        token = root.json("invite", CITY, "--name", "拉萨市")["token"]
        lax = trees.Node(tree, "lax", "", root)
        says(lax, 1, ["policy_weaker"], "--json", "join", token, "--approval", "none",
             "--listen", f"tcp://127.0.0.1:{trees.free_port()}")
        says(lax, 1, ["policy_weaker", "transfer_in"], "--json", "join", token, "--approval",
             "payment,paid", "--listen", f"tcp://127.0.0.1:{trees.free_port()}")
        says(lax, 2, ["usage", "settle"], "--json", "join", token, "--approval", "payment,settle")
        city, _ = tree.join(ROOT, OTHER, "日喀则市")
        city.run("user", "add", "zhuoma", "--role", "maker")
        city.run("user", "add", "tashi")
        city.run("user", "add", "dawa", "--role", "checker")
        needs_two(city)
        reads_first(city)
        tree.wait_equal_digests()
        keys = {row["name"]: row["key"] for row in city.json("user", "list")["rows"]}
        for node in (root, city):
            says(node, 0, ["sound"], "verify", "--deep")
            for ident, maker, checker in (("A1", "zhuoma", "tashi"), ("A2", "tashi", "dawa")):
                signed = node.json("get", ident, "--division", OTHER)["approvals"]
                got = [(a["role"], a["key"]) for a in signed]
                need(got == [("maker", keys[maker]), ("checker", keys[checker])], f"{ident}: {signed}")
                need(node is root or [a["name"] for a in signed] == [maker, checker], f"{signed}")
        persons_end(city)
        tree.wait_equal_digests()
        says(root, 0, ["sound"], "verify", "--deep")
    finally:
        tree.stop()


def on_terminal(node, answer, *args, as_user):
    """Runs a command on a terminal and types `answer` to its question; (exit code, what it said)."""
    ours, theirs = pty.openpty()
    command = [node.tree.bin("terrace"), "--home", node.home, "--as", as_user, *args]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs,
                               env=node.tree.env)
    os.close(theirs)
    said = b""
    try:
        while True:
            part = os.read(ours, 4096)
            said += part
            if answer is not None and b"[y/N]" in said:
                os.write(ours, answer)
                answer = None
            if not part:
                break
    except OSError:  # its end, as Linux tells it
        pass
    os.close(ours)
    return process.wait(timeout=trees.PATIENCE_S), said.decode()


def reads_first(node):
    """On a terminal nobody approves what was not shown."""
    expect(node, [agency("A3", "105003")], ["draft"], as_user="tashi")
    code, said = on_terminal(node, b"n\n", "approve", "A3", as_user="dawa")
    need(code == 1 and "105003" in said and "accepted" not in said, f"{code}: {said}")
    code, said = on_terminal(node, b"y\n", "approve", "A3", as_user="dawa")
    need(code == 0 and "105003" in said and "tashi" in said, f"{code}: {said}")


def persons_end(node):
    """Who was ended signs nothing more; once there is an admin, he is asked."""
    says(node, 0, ["tashi"], "user", "disable", "tashi")
    says(node, 1, ["wrong_password"], "--json", "approve", "A1", as_user="tashi")
    says(node, 1, ["not_found"], "--json", "user", "disable", "nobody")
    says(node, 2, ["never one of each pair"], "user", "add", "both", "--role", "admin", "--role", "maker")
    node.run("user", "add", "boss", "--role", "admin")
    says(node, 1, ["needs_login"], "--json", "user", "add", "eve")
    says(node, 1, ["needs_login"], "--json", "invite", "540299", "--name", "x")
    says(node, 1, ["needs_role"], "--json", "invite", "540299", "--name", "x", as_user="dawa")
    node.run("invite", "540299", "--name", "x", as_user="boss")
    says(node, 1, ["last admin"], "user", "disable", "boss", as_user="boss")


def needs_two(node):
    a1, a2 = agency("A1"), agency("A2", "105002")
    expect(node, [a1], ["needs_maker"])
    expect(node, [a1], ["draft"], as_user="zhuoma")
    expect(node, [a1], ["draft"], as_user="zhuoma")
    expect(node, [agency("A1", "105009")], ["exists_with_different_agency_code"], as_user="zhuoma")
    says(node, 1, ["role"], "approve", "A1", as_user="zhuoma")
    says(node, 1, ["--as"], "approve", "A1")
    says(node, 1, ["role"], "submit", "-", stdin=as_line(a2), as_user="dawa")
    expect(node, [a2], ["draft"], as_user="tashi")
    says(node, 1, ["same_person"], "approve", "A2", as_user="tashi")
    pending = node.json("pending")["rows"]
    need([(r["id"], r["maker"]) for r in pending] == [("A1", "zhuoma"), ("A2", "tashi")], f"{pending}")
    says(node, 0, ["accepted"], "approve", "A1", as_user="tashi")
    says(node, 0, ["exists"], "approve", "A1", as_user="tashi")
    says(node, 2, ["--reason"], "reject", "A2", as_user="dawa")
    says(node, 0, ["rejected"], "reject", "A2", "--reason", "单位名称有误", as_user="dawa")
    says(node, 1, ["not_pending"], "approve", "A2", as_user="dawa")
    need(node.json("pending")["rows"] == [], "something is pending")
    expect(node, [agency("A2", "105022")], ["draft"], as_user="tashi")
    says(node, 0, ["accepted"], "approve", "A2", as_user="dawa")
    expect(node, [a1], ["exists"], as_user="zhuoma")


def one_tree(base, build):
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    try:
        root = tree.init_root(ROOT, "西藏自治区")
        city, _ = tree.join(ROOT, CITY, "拉萨市")
        bad_files(tree, city)
        count = bad_lines(city)
        unknown_code(city)
        count += bad_business(root, city)
        all_or_nothing(city)
        bad_commands(tree, city)
        bad_enrolments(tree, root)
        tree.wait_equal_digests()
        for node in tree.nodes.values():
            says(node, 0, ["sound"], "verify", "--deep")
        return count
    except trees.Failed:
        for node in tree.nodes.values():
            print(f"--- {node.division}\n{node.log_tail(1500)}", file=sys.stderr)
        raise
    finally:
        tree.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    args = parser.parse_args()
    build = os.path.abspath(args.build)
    with tempfile.TemporaryDirectory(prefix="terrace-refusals-") as base:
        try:
            count = one_tree(base, build)
            two_persons(base, build)
        except trees.Failed as failed:
            print(f"foreign_bytes: {failed}", file=sys.stderr)
            return 1
    print(f"foreign_bytes: {count} lines and their neighbours, every refusal with its reason and words")
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
