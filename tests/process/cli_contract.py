"""cli_contract - what scripts may rely on at the command line, on real daemons: exit codes, the names
and types of every answer with --json, where options stand, and how many posts a file becomes.
What is refused and why is in foreign_bytes.py; words for people are in messages.py.

    python3 tests/process/cli_contract.py --build build
"""
import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402

ROOT, CITY, COUNTY, OTHER = "540000", "540100", "540121", "540200"
YEAR = "2026"


def need(condition, text):
    if not condition:
        raise trees.Failed(text)


# --- shapes: a type, a pattern of a text, a value, [form of each element], {name: form} ---

AMOUNT = re.compile(r"-?\d+\.\d\d")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
HASH = re.compile(r"[0-9a-f]{64}")
CODE = re.compile(r"[0-9A-Z]{1,9}")
TEXT = re.compile(r".+")


def misfit(value, form, where="answer"):
    """Where a value is not of its form, or None. An object may have more members than named."""
    if isinstance(form, re.Pattern):
        good = isinstance(value, str) and form.fullmatch(value) is not None
    elif isinstance(form, (type, tuple)):
        good = isinstance(value, form) and not (isinstance(value, bool) and form is int)
    elif isinstance(form, list):
        if not isinstance(value, list):
            return f"{where} is no array: {value}"
        return next((fault for i, one in enumerate(value)
                     if (fault := misfit(one, form[0], f"{where}[{i}]"))), None)
    elif isinstance(form, dict):
        if not isinstance(value, dict):
            return f"{where} is no object: {value}"
        missing = set(form) - set(value)
        if missing:
            return f"{where} lacks {sorted(missing)}: {value}"
        return next((fault for name, inner in form.items()
                     if (fault := misfit(value[name], inner, f"{where}.{name}"))), None)
    else:
        good = value == form
    return None if good else f"{where} is {value!r}, not {form}"


PEER = {"division": CODE, "state": TEXT, "behind_entries": int, "behind_bytes": int,
        "behind_amount": AMOUNT, "oldest_age_s": int, "last_heard_s": (int, type(None)), "rtt_ms": int}
STATUS = {"division": COUNTY, "epoch": int, "lsn": int, "state_digest": HASH, "roster_hash": HASH,
          "peers": [PEER], "alarms": [{"code": TEXT, "text": TEXT}]}
BALANCE_ROW = {"key": str, "account": TEXT, "debit": AMOUNT, "credit": AMOUNT, "balance": AMOUNT}
AS_OF = {"lsn": int, "time": TIME}
OWN = {"division": COUNTY, "scope": "own", "year": str, "as_of": AS_OF, "rows": [BALANCE_ROW], "complete": True}
SUBTREE = {"division": COUNTY, "scope": "subtree", "year": str, "as_of": [{"division": CODE, "lsn": int, "time": (str, type(None))}],
           "rows": [BALANCE_ROW]}
PAGE = {"shown": int, "total": int, "complete": True}  # nothing is left out
LISTED = {"rows": [{"id": TEXT, "division": COUNTY, "kind": TEXT, "fiscal_year": YEAR, "state": TEXT,
                    "amount": AMOUNT, "lsn": int, "time": TIME}]}
STEP = {"depth": int, "relation": TEXT, "division": CODE, "kind": TEXT, "id": TEXT,
        "amount": AMOUNT, "state": TEXT, "lsn": int}
CHAIN_ROW = dict.fromkeys(["received", "allocated", "passed_down", "in_transit", "unallocated",
                           "released", "paid"], AMOUNT) | {"division": CODE, "name": TEXT,
                                                           "scope": TEXT, "as_of_lsn": int}
VERIFIED = {"ok": True, "deep": bool, "divisions": int, "blocks": int, "entries": int,
            "signatures": int}
ERROR = {"error": {"code": TEXT, "message": TEXT}}
FINDING = {"check": TEXT, "state": re.compile("ok|warning|error"), "what": TEXT, "cure": str}


def report(name, row):
    return {"report": name, "division": COUNTY, "year": str, "as_of": AS_OF, "rows": [row]} | PAGE


def error(code):
    return {"error": {"code": code, "message": TEXT}}


# What the county answers with --json: (exit code, form, command)
ANSWERS = [
    (0, STATUS, "status"),
    (0, {"division": COUNTY, "lsn": int, "digest": HASH}, "digest"),
    (0, {"division": COUNTY, "lsn": int, "digest": HASH}, f"digest --division {COUNTY}"),
    (1, error("not_below_you"), f"digest --division {CITY}"),
    (0, {"id": "AL1", "kind": "allocate", "amount": "600.00", "fiscal_year": YEAR, "lsn": int,
         "time": TIME, "author": COUNTY, "approvals": []}, "get AL1"),
    (0, {"id": "AL1"}, f"get AL1 --division {COUNTY}"),
    (1, error("not_found"), "get NONE"),
    (1, error("not_found"), "get AL1 --division 549999"),
    (2, error("usage"), "get"),
    (0, LISTED, "list agency"),
    (0, LISTED, f"list agency --year {YEAR} --division {COUNTY}"),
    (0, {"rows": []}, "list agency --year 2020"),
    (0, {"division": COUNTY, "id": "AL1", "steps": [STEP]} | PAGE, "trace AL1"),
    (1, error("not_found"), "trace NONE"),
    (0, {"rows": [], "rejected": [], "batches": []} | PAGE, "pending"),
    (2, error("usage"), "approve"),
    (2, error("usage"), "approve A1 --batch 1"),
    (2, error("usage"), "withdraw"),
    (2, error("usage"), "reject A1"),
    (2, error("usage"), "pending --mine"),
    (1, error("not_found"), "pending --batch 1"),
    (0, {"division": COUNTY, "today": DAY, "counts": dict.fromkeys(
        ["to_register", "to_correct", "to_approve", "awaiting_answer", "to_close"],
        {"documents": int, "items": int, "amount": AMOUNT}), "rows": []} | PAGE, "inbox"),
    (0, {"counts": {"to_register": {"overdue": int}}}, "inbox --count"),
    (1, error("not_found"), "inbox --user nobody"),
    (0, {"division": COUNTY, "name": TEXT, "as_of": AS_OF, "kept_since": type(None), "this_year": int,
         "years": [{"year": int, "state": "open", "months_closed": int, "events": [], "hindrances": [{"what": TEXT, "amount": AMOUNT}],
                    "not_closed": [], "not_closed_count": int}]}, f"years --year {YEAR}"),
    (1, error("not_below_you"), f"years --division {CITY}"),
    (2, error("usage"), "years 2026"),
    (0, OWN, "balance"),
    (0, OWN, f"balance --scope own --division {COUNTY}"),
    (0, SUBTREE, "balance --scope subtree"),
    (0, OWN | {"rows": []}, "balance --year 2020"),
    (1, error("not_below_you"), f"balance --division {ROOT}"),
    (2, error("usage"), "balance --by colour"),
    (0, report("chain", CHAIN_ROW), "report chain"),
    (0, report("chain", CHAIN_ROW), "chain"),
    (0, report("chain", CHAIN_ROW), "report chain --format csv"),
    (0, report("execution", {"key": TEXT, "allocated": AMOUNT, "available": AMOUNT}),
     "report execution"),
    (0, report("reconcile", {"issuer": CODE, "receiver": CODE, "to_register": int,
                             "difference": AMOUNT}),
     "report reconcile"),
    (0, report("trial-balance", {"account": TEXT, "code": TEXT, "name": TEXT, "debit": AMOUNT,
                                 "credit": AMOUNT}), "report trial-balance"),
    (1, error("not_below_you"), f"report chain --division {CITY}"),
    (2, error("not_in_this_version"), "report timeliness"),
    (2, error("not_in_this_version"), "prove"),
    (2, error("usage"), "report nosuch"),
    (0, VERIFIED | {"deep": False}, "verify"),
    (0, VERIFIED | {"deep": True}, "verify --deep"),
    (0, {"ok": True, "rows": [FINDING]}, "doctor"),
    (0, {"rows": []}, "user list"),
    (0, {"token": TEXT, "expires": TIME}, "invite 540121101 --name 甘曲镇"),
    (2, error("usage"), "invite 540122"),
    (1, ERROR, f"invite {COUNTY} --name 林周县"),
    (1, ERROR, "pause 540199"),
    (2, error("usage"), "nonsense"),
    (2, error("usage"), "status --no-such-option"),
    (2, error("no_such_file"), "submit /nonexistent.csv --kind agency"),
]


def terrace(node, *args, env=None, stdin=b""):
    """`terrace` with nothing added, away from every terminal."""
    return subprocess.run([node.tree.bin("terrace"), *args], env=env or node.tree.env, input=stdin,
                          capture_output=True, timeout=trees.PATIENCE_S, start_new_session=True)


def one_json(done, what):
    """The one value on stdout."""
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise trees.Failed(f"{what}: not one JSON value: {done.stdout!r} {done.stderr!r}") from None


def expect(node, code, form, command):
    done = terrace(node, "--json", "--home", node.home, *command.split())
    need(done.returncode == code, f"{command}: exit {done.returncode}, expected {code}\n"
         f"{done.stdout.decode()}{done.stderr.decode()}")
    answer = one_json(done, command)
    fault = misfit(answer, form)
    need(fault is None, f"{command}: {fault}")
    return answer


def document(kind, ident, **fields):
    return dict(dict(kind=kind, id=ident, fiscal_year=YEAR), **fields)


def agency(ident):
    return document("agency", ident, agency_code=ident, agency_name="教育局")


def lines_of(documents):
    return "\n".join(json.dumps(d, ensure_ascii=False) for d in documents).encode() + b"\n"


RESULT = {"line": int, "id": TEXT, "status": re.compile("accepted|exists|draft")}
REFUSAL = {"line": int, "id": (str, type(None)), "status": "refused",
           "reason": re.compile("[a-z_]+"), "message": TEXT}


def submit(node, data, *args, code=0):
    """The answers to lines on stdin, each of the shape of one, `reason` only where refused."""
    done = terrace(node, "--home", node.home, "submit", "-", *args, stdin=data)
    need(done.returncode == code, f"submit: exit {done.returncode}, expected {code}: {done.stderr}")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    for answer in answers:
        fault = misfit(answer, REFUSAL if answer["status"] == "refused" else RESULT)
        fault = fault or "reason" in answer and answer["status"] != "refused"
        need(not fault, f"submit: {fault}: {answer}")
    return answers


# --- submit ---

class Door(threading.Thread):
    """A socket between `terrace` and a node that counts what is posted."""

    def __init__(self, node):
        super().__init__(daemon=True)
        self.home = node.home + ".door"
        self.behind = os.path.join(node.home, "terrace.sock")
        self.posts = 0
        os.mkdir(self.home)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(os.path.join(self.home, "terrace.sock"))
        self.listener.listen()
        self.start()

    def run(self):
        while True:
            ours, theirs = self.listener.accept()[0], socket.socket(socket.AF_UNIX)
            theirs.connect(self.behind)
            for one, other, counts in ((ours, theirs, True), (theirs, ours, False)):
                threading.Thread(target=self.carry, args=(one, other, counts), daemon=True).start()

    def carry(self, one, other, counts):
        tail = b""
        while part := one.recv(1 << 16):
            if counts:
                request = b"POST /api/v1/documents"
                self.posts += (tail + part).count(request)
                tail = (tail + part)[-len(request) + 1:]
            other.sendall(part)
        other.shutdown(socket.SHUT_WR)


def lines_have_answers(county):
    data = b"\n" + lines_of([agency("S1")]) + b"  \r\n\n" + lines_of([agency("S1"), agency("..")]) + \
        b"\njunk\n" + lines_of([agency("S2")]).rstrip()
    got = [(a["line"], a["id"], a["status"]) for a in submit(county, data, code=1)]
    want = [(2, "S1", "accepted"), (5, "S1", "exists"), (6, "..", "refused"), (8, None, "refused"),
            (9, "S2", "accepted")]
    need(got == want, f"a line without its answer: {got}")


def posts_of(county, count, *args):
    """(posts, answers, exit code) of so many new documents in one submit."""
    door = Door(county)
    data = lines_of(agency(f"N{count}-{len(args)}-{i}") for i in range(count))
    done = terrace(county, "--home", door.home, "submit", "-", *args, stdin=data)
    os.unlink(os.path.join(door.home, "terrace.sock"))
    os.rmdir(door.home)
    return door.posts, [json.loads(line) for line in done.stdout.splitlines()], done.returncode


def a_file_becomes_posts(county):
    for count, args, posts, code in [(1000, [], 1, 0), (1001, [], 2, 0), (1000, ["--atomic"], 1, 0),
                                     (1001, ["--atomic"], 0, 2)]:
        made, answers, got = posts_of(county, count, *args)
        need((made, got) == (posts, code), f"{count} documents {args}: {made} posts, exit {got}")
        want = [] if code else list(range(1, count + 1))
        need([a["line"] for a in answers] == want, f"{count} documents {args}: {len(answers)} answers")
    need(all(a["status"] == "accepted" for a in answers), "a new document was not accepted")


# --- options ---

def options_stand_anywhere(county, city):
    plain = {"PATH": os.environ["PATH"], "TERRACE_PASSPHRASE": county.tree.env["TERRACE_PASSPHRASE"]}
    ours, theirs = dict(plain, TERRACE_HOME=county.home), dict(plain, TERRACE_HOME=city.home)
    home = ["--home", county.home]
    for env, args in [
            (plain, home + ["--json", "digest"]), (plain, ["digest", "--json"] + home),
            (plain, ["--json", "digest", f"--home={county.home}"]),
            (plain, ["--json"] + home + ["digest", "--division", COUNTY]),
            (plain, ["digest", "--division", COUNTY] + home + ["--json"]),
            (ours, ["--json", "digest"]), (theirs, ["--json", "digest"] + home)]:
        done = terrace(county, *args, env=env)
        need(done.returncode == 0 and one_json(done, args)["division"] == COUNTY,
             f"{args}: exit {done.returncode} {done.stdout} {done.stderr}")
    done = terrace(county, "digest", "--json", env=plain)
    need(done.returncode == 2 and misfit(one_json(done, "digest"), error("usage")) is None,
         f"no home: exit {done.returncode} {done.stdout}")


# --- balances ---

BOOK = [
    document("agency", "A1", agency_code="105001", agency_name="林周县教育局"),
    document("project", "PJ1", pro_code="P1", state="reserved", pro_name="校舍", pro_cat_code="1",
             agency_code="105001", setup_year=YEAR),
    document("budget", "BG1", stage="reply", fund_type_code="111", exp_func_code="2050202",
             pro_code="P1", amount="1000.00", approval_ref="林周县人大〔2026〕1号"),
    document("allocate", "AL1", ori_bgt_id="BG1", agency_code="105001", amount="600.00"),
]
KEYS = {"project": "P1", "function": "2050202", "fund": "111", "agency": "105001"}


def balances(root, county):
    own = expect(county, 0, OWN, "balance")
    need(all(row["key"] == row["account"] for row in own["rows"]), f"by account: {own['rows']}")
    book = {row["account"]: row["balance"] for row in own["rows"]}
    need(len(book) == len(own["rows"]), "an account with two rows")
    need((book["UNALLOC"], book["PENDING"]) == ("400.00", "600.00"), f"{book}")
    for by, key in KEYS.items():
        for scope, form in (("own", OWN), ("subtree", SUBTREE)):
            rows = expect(county, 0, form, f"balance --by {by} --scope {scope}")["rows"]
            owned = scope == "subtree" and by in ("project", "agency")
            want = (f"{COUNTY}/{key}" if owned else key, COUNTY if owned else None, "PENDING")
            got = [row["balance"] for row in rows
                   if (row["key"], row.get("division"), row["account"]) == want]
            need(got == ["600.00"], f"by {by} {scope}: {rows}")
    subtree = expect(root, 0, SUBTREE | {"division": ROOT}, "balance --scope subtree")
    need([one["division"] for one in subtree["as_of"]] == [ROOT, CITY, COUNTY], f"{subtree['as_of']}")
    need(all((one["lsn"] > 0) == bool(one["time"] and TIME.fullmatch(one["time"]))
             for one in subtree["as_of"]), f"no time where nothing was written: {subtree['as_of']}")
    need([row["balance"] for row in subtree["rows"] if row["account"] == "PENDING"] == ["600.00"],
         f"{subtree['rows']}")
    need(expect(root, 0, OWN, f"balance --division {COUNTY}") == own,
         "the region has another balance of the county")


def nothing_written(nodes):
    """A division of the roster that wrote nothing is no error, at home and above."""
    for node in nodes:
        answer = expect(node, 0, OWN | {"rows": [], "as_of": {"lsn": 0}},
                        f"balance --division {COUNTY}")
        need(set(answer) == {"division", "scope", "year", "as_of", "rows", "shown", "total", "complete"},
             f"{answer}")
        expect(node, 0, {"division": COUNTY, "lsn": 0, "digest": HASH}, f"digest --division {COUNTY}")
        expect(node, 0, {"rows": []}, f"list budget --division {COUNTY}")
        expect(node, 0, {"as_of": {"lsn": 0}}, f"report execution --division {COUNTY}")


# --- links ---

def state_of(node, division):
    return next(p["state"] for p in node.status()["peers"] if p["division"] == division)


def pauses_survive(tree):
    root, city, county = tree[ROOT], tree[CITY], tree[COUNTY]
    expect(root, 0, {"division": CITY, "state": "paused"}, f"pause {CITY}")
    need(root.end() == 0, "SIGTERM is a clean end")
    root.start()
    need(state_of(root, CITY) == "paused", f"after a restart: {state_of(root, CITY)}")
    before = root.digest(COUNTY)
    submit(county, lines_of([agency("PA1")]))
    trees.wait_until(lambda: city.digest(COUNTY) == county.digest(), 30, "the city to follow")
    need(root.digest(COUNTY) == before, "a paused link carried a block")
    expect(root, 0, {"division": CITY, "state": "resumed"}, f"resume {CITY}")
    tree.wait_equal_digests()
    need(root.end() == 0, "SIGTERM is a clean end")
    root.start()
    need(state_of(root, CITY) != "paused", "resumed, and paused again after a restart")


# --- exit codes ---

def every_exit_code(tree):
    county = tree[COUNTY]
    home = ["--json", "--home", county.home]
    beside = ["--json", "--home", "/dev/null/home"]

    def ends(code, form, *args):
        done = terrace(county, *args)
        need(done.returncode == code, f"{args}: exit {done.returncode}, expected {code}: {done.stderr}")
        fault = misfit(one_json(done, args), form)
        need(fault is None, f"{args}: {fault}")
    ends(0, STATUS, *home, "status")
    ends(1, error("not_found"), *home, "get", "NONE")
    ends(2, error("usage"), *home, "get")
    ends(5, ERROR, *beside, "init", "--root", "--division", ROOT, "--name", "x")
    need(county.end() == 0, "SIGTERM is a clean end")
    ends(3, error("unreachable"), *home, "status")
    ends(1, {"ok": False, "rows": [FINDING]}, *home, "doctor")
    done = subprocess.run([tree.bin("spoil_row"), county.home], capture_output=True, text=True)
    need(done.returncode == 0, f"spoil_row: {done.stderr}")
    county.start()
    fault = {"division": COUNTY, "fault": re.compile(f".*{COUNTY}.*")}
    ends(4, {"ok": False, "fault_count": 1, "faults": [fault]}, *home, "verify")


def one_tree(base, build):
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    try:
        tree.init_root(ROOT, "西藏自治区")
        tree.join(ROOT, CITY, "拉萨市")
        tree.join(CITY, COUNTY, "林周县")
        root, city, county = tree[ROOT], tree[CITY], tree[COUNTY]
        nothing_written([root, city, county])
        lines_have_answers(county)
        a_file_becomes_posts(county)
        submit(county, lines_of(BOOK))
        tree.wait_equal_digests()
        idle = [node.digest() for node in (root, city, county)]
        for code, form, command in ANSWERS:
            expect(county, code, form, command)
        options_stand_anywhere(county, city)
        balances(root, county)
        need([node.digest() for node in (root, city, county)] == idle, "an idle node's digest moved")
        pauses_survive(tree)
        every_exit_code(tree)
    except trees.Failed:
        for node in tree.nodes.values():
            print(f"--- {node.division}\n{node.log_tail(1500)}", file=sys.stderr)
        raise
    finally:
        tree.stop()


# --- two persons, and nobody at a keyboard ---

FOUNDED = {"division": CODE, "name": TEXT, "home": TEXT, "trust_key": HASH, "listen": TEXT,
           "enrol": TEXT, "approval": "required", "sealed": "passphrase"}


def founded(tree, division, parent, *args):
    node = trees.Node(tree, division, "", parent)
    done = terrace(node, *args, "--json", "--home", node.home)
    need(done.returncode == 0, f"{args}: {done.stderr}")
    fault = misfit(one_json(done, args), FOUNDED | {"division": division}
                   | ({"parent": parent.division} if parent else {"trust_key_file": TEXT}))
    need(fault is None, f"{args[0]}: {fault}")
    tree.nodes[division] = node
    node.start()
    return node


def verdict(node, code, status, *args, stdin=b""):
    done = terrace(node, "--home", node.home, *args, stdin=stdin)
    answer = one_json(done, args)  # one document, one line
    need((done.returncode, answer["status"]) == (code, status), f"{args}: {done.returncode} {answer}")
    return answer


def two_persons(base, build):
    """Nothing in the environment but passphrase and password, no terminal anywhere."""
    tree = trees.Tree(os.path.join(base, "strict"), build=build)
    tree.env = {"TERRACE_PASSPHRASE": "unattended", "TERRACE_PASSWORD": "unattended"}
    try:
        root = founded(tree, ROOT, None, "init", "--root", "--division", ROOT, "--name", "西藏自治区",
                       "--approval", "required")
        token = expect(root, 0, {"token": TEXT, "expires": TIME}, f"invite {CITY} --name 拉萨市")
        city = founded(tree, CITY, root, "join", token["token"])
        for name, role in (("zhuoma", "maker"), ("tashi", "checker")):
            expect(city, 0, {"name": name}, f"user add {name} --role {role}")
        expect(city, 0, {"rows": [{"name": TEXT, "roles": [TEXT], "enabled": True, "key": HASH}]},
               "user list")
        one, two = lines_of([agency("D1")]), lines_of([agency("D2")])
        verdict(city, 0, "draft", "--as", "zhuoma", "submit", "-", stdin=one)
        verdict(city, 0, "draft", "submit", "-", "--as", "zhuoma", stdin=two)
        draft = {"id": TEXT, "kind": "agency", "maker": "zhuoma", "time": TIME, "hash": HASH}
        expect(city, 0, {"rows": [draft], "rejected": []}, "pending")
        expect(city, 1, error("needs_role"), "approve D1 --as zhuoma")
        verdict(city, 0, "accepted", "--as", "tashi", "approve", "D1")
        verdict(city, 0, "rejected", "reject", "D2", "--reason", "单位名称有误", "--as", "tashi")
        rejected = {"id": "D2", "checker": "tashi", "time": TIME, "reason": "单位名称有误"}
        need(expect(city, 0, {"rows": [], "rejected": [rejected]}, "pending")["rejected"] != [],
             "nothing is rejected")
        expect(city, 0, {"approvals": [{"role": TEXT, "name": TEXT, "key": HASH}]}, "get D1")
        need(city.end() == 0, "SIGTERM is a clean end")
        city.start()
        tree.wait_equal_digests()
        expect(root, 0, VERIFIED, "verify --deep")
    finally:
        tree.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    args = parser.parse_args()
    build = os.path.abspath(args.build)
    with tempfile.TemporaryDirectory(prefix="terrace-contract-") as base:
        try:
            one_tree(base, build)
            two_persons(base, build)
        except trees.Failed as failed:
            print(f"cli_contract: {failed}", file=sys.stderr)
            return 1
    print(f"cli_contract: {len(ANSWERS)} answers and six exit codes, as promised")
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
