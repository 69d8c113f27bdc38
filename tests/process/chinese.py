"""chinese - what a Chinese reader sees is Chinese. Every command that prints tables, documents or
sentences is asked in Chinese on real nodes with the pilot's documents, on a pseudo-terminal where a
terminal matters, and each line is searched for words in Latin letters that are neither a code nor an
id, nor a command to type.

    python3 tests/process/chinese.py --build build
"""
import argparse
import glob
import json
import os
import pty
import re
import select
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402

ROOT, CITY, LINE = "540000", "540100", "AL001"
PILOT = os.path.join(trees.ROOT, "configs", "pilot")
# What may stand in Latin letters: each a code, an id, a name of a file, or something to type.
ALLOWED = [
    r"\b[a-z]+(?:-[a-z]+)*-[0-9A-Z]+\b",                     # ids
    r"[a-z_0-9]+（[^）]*）",                                 # a field or kind beside its Chinese name
    r"[A-Z_]+（[^）]*）",                                    # an account beside its Chinese name
    r"`[^`]*`",                                              # something to type
    r"\bterraced?\b[ -~]*",                                  # a command, to its end
    r"--[a-z-]+(?: [A-Z]+)?",                                # an option
    r"\b[A-Z][A-Z0-9]*(?:[-_.][A-Za-z0-9]+)*\b",             # ids, accounts, abbreviations
    r"\b[0-9][0-9A-Za-z_.:-]*\b",                            # ids and numbers
    r"(?:可选|例如|是否指|请加|单据种类有|取值之一)[^。]*",  # what may be typed instead
    r"（[a-z_]+）",                                          # ... and how a word before it is typed
    r"\bMiB\b|\bstore 目录",                                 # a unit, the name of a directory
    r"[0-9a-f]{16,}",                                        # hashes, keys
    r"tcp://\S+|(?:/[\w.-]+)+|\bconfig\.yaml\b",             # addresses, paths, files
    r"(?:[\w-]+)?\.(?:csv|xlsx|ndjson)\b",                   # endings of files
    r"\$[A-Z_]+",                                            # variables
]
WORD = re.compile(r"[A-Za-z]{2,}")


def need(truth, words):
    if not truth:
        raise trees.Failed(words)


def latin(line, codes):
    """The words of a line that are in Latin letters and must not be."""
    for pattern in ALLOWED:
        line = re.sub(pattern, " ", line)
    for code in codes:
        line = re.sub(rf"\b{re.escape(code)}\b", " ", line)
    return WORD.findall(line)


class Reader:
    def __init__(self, node):
        self.node, self.codes, self.lines, self.faults = node, set(), 0, []

    def words(self, command):
        return [self.node.tree.bin("terrace"), "--home", self.node.home, "--lang", "zh", *command]

    def judge(self, command, text):
        for line in text.splitlines():
            self.lines += 1
            found = latin(line, self.codes)
            if found:
                self.faults.append(f"{' '.join(command)}: {' '.join(found)}: {line.strip()}")

    def ask(self, *command, want=(0,), stdin=None):
        done = subprocess.run(self.words(command), env=self.node.tree.env, input=stdin,
                              capture_output=True)
        text = (done.stdout + done.stderr).decode()
        need(done.returncode in want, f"{command}: exit {done.returncode}: {text}")
        self.judge(command, text)
        return text

    def terminal(self, *command, typed=b""):
        """On a pseudo-terminal, where `typed` is the answer to what is asked."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(self.words(command), env=self.node.tree.env, stdin=theirs,
                                   stdout=theirs, stderr=theirs, start_new_session=True)
        os.close(theirs)
        os.write(ours, typed)
        text = b""
        while select.select([ours], [], [], 30)[0]:
            try:
                part = os.read(ours, 65536)
            except OSError:
                break
            if not part:
                break
            text += part
        os.close(ours)
        process.wait()
        self.judge(command, text.decode().replace("\r", ""))
        return text.decode()


def enter_pilot(node, division):
    for path in sorted(glob.glob(os.path.join(PILOT, division, "[01]*.csv"))):
        kind = os.path.basename(path)[3:-4]
        node.run("submit", path, "--kind", kind, check=False)


KINDS = ("operator element agency bank_account project budget transfer_in transfer register return "
         "settle allocate release payment payment_cancel paid refund freeze unfreeze reduce "
         "virement element_map adjust recall recall_grant recall_refuse carry_over lapse close_year open_year "
         "policy transfer_out remit reopen_year calendar withdraw").split()


def lists(reader):
    for kind in KINDS:
        reader.ask("list", kind, "--limit", "30", want=(0, 1))
        rows = reader.node.json("list", kind, "--limit", "1", check=False)["rows"]
        for row in rows:
            reader.ask("get", row["id"], "--division", row["division"])


def traces(reader):
    for id in ("BG001", "AL001", "X0100-01"):
        reader.ask("trace", id, "--division", ROOT, want=(0, 1))


def boards(reader):
    for by in ("account", "project", "function", "fund", "agency"):
        for scope in ("own", "subtree"):
            reader.ask("balance", "--by", by, "--scope", scope)
    for by in ("function", "agency,economic", "gov_economic"):
        reader.ask("report", "execution", "--by", by, "--scope", "subtree")
    for name in ("chain", "reconcile", "sources", "trial-balance"):
        reader.ask("report", name)
        reader.ask("report", name, "--format", "csv")


def node_itself(reader):
    reader.ask("status")
    reader.ask("status", "--tree")
    reader.ask("inbox")
    reader.ask("inbox", "--count")
    reader.ask("years")
    reader.ask("alarms", "--history")
    reader.ask("alarms")
    reader.ask("doctor", want=(0, 1))
    reader.ask("verify")
    reader.ask("verify", "--deep")
    reader.ask("user", "list")
    reader.ask("pause", CITY)
    reader.ask("status")
    reader.ask("resume", CITY)


def persons(reader):
    node = reader.node
    node.run("user", "add", "卓玛", "--role", "maker")
    node.run("user", "add", "旺堆", "--role", "checker")
    for at in (1, 2):
        document = json.dumps(dict(kind="freeze", id=f"FZ-{at}", fiscal_year="2026", bgt_id=LINE,
                                   amount="1.00", reason="核查"), ensure_ascii=False)
        path = os.path.join(node.tree.base, f"freeze-{at}.ndjson")
        with open(path, "w", encoding="utf-8") as file:
            file.write(document + "\n")
        reader.terminal("submit", path, "--as", "卓玛")
    reader.ask("pending")
    reader.terminal("pending")
    reader.terminal("approve", "FZ-1", "--as", "旺堆", typed=b"n\n")
    reader.terminal("approve", "FZ-1", "--as", "旺堆", typed=b"y\n")
    reader.terminal("reject", "FZ-2", "--reason", "文号不对", "--as", "旺堆")
    reader.ask("user", "list")
    reader.ask("pending")
    reader.ask("get", "FZ-2")
    reader.ask("user", "disable", "卓玛")
    reader.ask("get", "FZ-1")


STATES = "issued registered returned pending released applied part_paid paid cancelled entered".split()


def explanations(reader):
    for word in KINDS + STATES + ["wrong_state", "exceeds_available", "amount", "rec_div_code", "disk_low",
                                  "edge_differs"]:
        reader.codes.add(word)  # said back as typed
        reader.ask("explain", word)


REFUSED = [
    (2, ["list", "nosuch"]), (2, ["list", "payment", "--state", "nosuch"]), (2, ["balance", "--year", "26"]),
    (2, ["report", "nosuch"]), (1, ["get", "NOSUCH"]), (1, ["trace", "NOSUCH"]), (2, ["nosuch"]),
    (2, ["list", "payment", "--limit", "0"]), (1, ["balance", "--division", "999"]),
    (2, ["list", "payment", "--from", "yesterday"]), (2, ["balance", "--bom"]),
]


def refusals(reader):
    for code, command in REFUSED:
        reader.codes |= {word for word in command if WORD.search(word)}  # said back as typed
        reader.ask(*command, want=(code,))
    reader.terminal("balance", "--format", "xlsx")


def prove(tree):
    root = tree.init_root(ROOT, "西藏自治区")
    enter_pilot(root, ROOT)
    city, _ = tree.join(ROOT, CITY, "拉萨市")
    enter_pilot(city, CITY)
    tree.wait_equal_digests()
    readers = [Reader(root), Reader(city)]
    for reader in readers:
        lists(reader)
        boards(reader)
        traces(reader)
    node_itself(readers[0])
    persons(readers[0])
    refusals(readers[0])
    explanations(readers[0])
    faults = [fault for reader in readers for fault in reader.faults]
    need(not faults, f"{len(faults)} lines:\n" + "\n".join(faults[:60]))
    return sum(reader.lines for reader in readers)


def self_test():
    """The search finds what it is for."""
    for line, want in (("状态  issued", ["issued"]), ("registered_by  540100", ["registered", "by"]),
                       ("kind  payment", ["kind", "payment"]), ("payment（支付申请）  P-1  AVAIL", []),
                       ("请用 terrace list payment", []), ("X0100-01  540100  --after 540100:P1", [])):
        need(latin(line, ()) == want, f"{line}: {latin(line, ())}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    args = parser.parse_args()
    lines = 0
    with tempfile.TemporaryDirectory(prefix="terrace-chinese-") as base:
        tree = trees.Tree(os.path.join(base, "tree"), build=args.build, approval="freeze")
        try:
            self_test()
            lines = prove(tree)
        except trees.Failed as failed:
            print(f"chinese: {failed}", file=sys.stderr)
            return 1
        finally:
            tree.stop()
    print(f"chinese: {lines} lines without a word that is not Chinese")
    return 0


if __name__ == "__main__":
    sys.exit(main())
