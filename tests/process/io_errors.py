"""io_errors - one call that the daemon makes below its home fails, or falls short, counted over one scenario: start,
take 20 payments approved by two persons, have them at the parent, start again. Whichever call it is: the process
is never ended by a signal, it ends with 5 and a reason or goes on, nothing acknowledged is lost, no answer is
wrong, and once the fault is gone the node is whole by itself or by a plain start: the same figures, the digest
that its parent has too.

    python3 tests/process/io_errors.py --build build [--count 40] [--seed HASH] [--each | --all] [--call NAME] [--only 123:eio]

The first run of the scenario counts (tests/process/io_errors.c). A fault is a number and a kind: `eio`, `enospc`
or `short` fail that call alone, `eio+` and `enospc+` that one and all behind it, until the fault is taken away.
"""
import argparse
import collections
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
from kill_and_cut import Office, paid_for  # noqa: E402

ROOT, CITY = "540000", "540100"
MAKER, CHECKER = "卓玛", "旺堆"
PAYMENTS = 20
CALLS = dict(o="open", n="rename", l="link", u="unlink", d="rmdir", m="mkdir", r="read", R="pread", f="fread",
             w="write", W="pwrite", s="fsync", S="fdatasync", y="syncfs", g="sync_file_range", a="fallocate", t="ftruncate",
             c="close")
WRITES = "nlmwWsSygatc"  # and some opens: what may find no room
HEAD, NAME_BYTES = 8, 248
STRUCK_LEAST = 0.8  # a run makes a few calls more or fewer than another
STARTS_MAX = 6  # until the scenario has gone through, of a fault that is over
NO_ANSWER = ("store_failed", "disk_full", "not_ready")  # neither taken nor refused: it is asked again


def need(holds, what):
    if not holds:
        raise trees.Failed(what)


# --- the disk ---

class Disk:
    """What the home of a node lies on: a shim under its daemon."""

    def __init__(self, node, shim):
        self.node, self.state = node, node.home + ".io"
        self.env = dict(LD_PRELOAD=shim, IO_UNDER=node.home, IO_STATE=self.state)

    def counts(self):
        """(calls, how often one was struck, what that was, the letter of each call)"""
        with open(self.state, "rb") as file:
            raw = file.read(HEAD + NAME_BYTES)
            count, struck = struct.unpack("II", raw[:HEAD])
            return count, struck, raw[HEAD:].split(b"\0")[0].decode(), file.read(count).decode("latin-1")

    def fail(self, number, kind):
        if os.path.exists(self.state):
            os.unlink(self.state)
        self.node.daemon_env = dict(self.env, IO_AT=str(number), IO_AS=kind.rstrip("+"))
        if kind.endswith("+"):
            self.node.daemon_env["IO_STAYS"] = "1"

    def mend(self):
        self.node.daemon_env = {}


def ended(node):
    """Is the process over? Then by itself, and with a reason."""
    code = node.process.poll()
    if code is None:
        return False
    need(code > 0, f"the process ended with {code}:\n{node.log_tail()}")
    need(code == 5, f"it ended with {code} instead of 5:\n{node.log_tail()}")
    need(any(event["event"] == "exit" and event["text"] for event in node.events()[-3:]),
         f"it ended without a word:\n{node.log_tail()}")
    node.process = None
    return True


def starts(node):
    """False: it ended by itself before it answered."""
    try:
        node.start()
        return True
    except trees.Failed:
        if node.process.poll() is None:
            raise
        need(ended(node), "it answers nothing")
        return False


# --- the scenario ---

class Story:
    def __init__(self, node, prefix):
        self.node, self.starts = node, 0
        self.payments = [dict(kind="payment", id=f"{prefix}{i:02}", fiscal_year="2026", bgt_id=f"AL{i % 8}",
                              pay_app_amt=f"{100 + i}.25", payee_acct_name="强嘎合作社", payee_acct_no="62280001",
                              payee_acct_bank_name="农业银行", use_des="办公用品") for i in range(PAYMENTS)]
        self.drafted, self.approved = set(), set()

    def runs(self):
        """Started again as often as it takes. False where it ends each time: the fault lasts."""
        while self.node.process is None or ended(self.node):
            self.starts += 1
            if self.starts > STARTS_MAX:
                return False
            starts(self.node)
        return True

    def told(self, good, into, *args, **kwargs):
        """Runs a command that answers line by line: whose line says that it is done."""
        code, out, _ = self.node.run(*args, check=False, **kwargs)
        need(code in (0, 1, 3, 4, 5), f"{args}: exit {code}")
        for line in out.splitlines():
            said = json.loads(line)
            if said.get("status") in good:
                into.add(said["id"])
            else:
                need(said.get("reason", "store_failed") in NO_ANSWER, f"a wrong word: {said}")

    def draft(self):
        text = "".join(json.dumps(d, ensure_ascii=False) + "\n" for d in self.payments).encode()
        self.told(("draft", "exists"), self.drafted, "submit", "-", stdin=text, as_user=MAKER)

    def approve(self):
        self.told(("accepted", "exists"), self.approved, "--json", "approve", *sorted(self.drafted - self.approved),
                  as_user=CHECKER)

    def is_above(self):
        """Has the parent what was approved?"""
        code, out, _ = self.node.run("--json", "digest", check=False)
        if code != 0:
            return False
        own, above = json.loads(out), self.node.parent.digest(CITY)
        return (own["lsn"], own["digest"]) == (above["lsn"], above["digest"])

    def step(self):
        """One thing more of it. True: all is done."""
        if len(self.drafted) < PAYMENTS:
            self.draft()
        elif len(self.approved) < PAYMENTS:
            self.approve()
        else:
            return self.is_above()
        return False

    def play(self):
        """As far as it gets. True: to its end, and started again."""
        def done():
            return not self.runs() or self.step()
        trees.wait_until(done, 60, "the scenario to go on", step=0.05)
        if self.node.process is None:
            return False
        need(self.node.end() in (0, 5), "no clean end")
        return self.runs()


# --- what must hold ---

def is_whole(node):
    need(node.process.poll() is None, f"it ended with {node.process.poll()}:\n{node.log_tail()}")
    if any(os.path.exists(os.path.join(node.home, name)) for name in ("damaged", "resync", "healing")):
        return False
    code, out, _ = node.run("--json", "status", check=False)
    if code != 0:
        return False
    said = json.loads(out)
    return (all(peer["state"] == "live" for peer in said["peers"])
            and not {"store_damaged", "disk_full", "fork"} & {alarm["code"] for alarm in said["alarms"]})


def is_right(node, story, before):
    """All that was said to be entered is there, once, and the sums are those."""
    text = "".join(json.dumps(d, ensure_ascii=False) + "\n" for d in story.payments).encode()
    out = node.run("submit", "-", stdin=text, check=False, as_user=MAKER)[1]
    states = {line["id"]: line["status"] for line in map(json.loads, out.splitlines())}
    for ident in story.approved:
        need(states[ident] == "exists", f"{ident} was approved, and now it is {states[ident]}")
    pending = {row["id"] for row in node.json("pending")["rows"]}
    entered = [d for d in story.payments if d["id"] not in pending]
    need(story.approved <= {d["id"] for d in entered}, f"{story.approved & pending} were approved, and wait")
    want = before + sum(int(d["pay_app_amt"].replace(".", "")) for d in entered)
    trees.wait_until(lambda: story.is_above(), 60, "the parent to have the same digest")
    for each in (node, node.parent):
        need(paid_for(each, CITY) == want, f"{each.division}: {paid_for(each, CITY)} fen, {want} were entered")
        code, out, _ = each.run("--json", "verify", "--deep", check=False)
        need(code == 0 and json.loads(out)["ok"], f"{each.division}: verify: {out[:500]}")


class Bench:
    """A region and a city as they were before the scenario, each time anew."""

    def __init__(self, tree, shim):
        self.tree, self.city, self.root = tree, tree[CITY], tree[ROOT]
        self.disk = Disk(self.city, shim)
        self.before = 0

    def prepare(self):
        Office(self.city, 1).prepare()
        self.city.run("user", "add", MAKER, "--role", "maker")
        self.city.run("user", "add", CHECKER, "--role", "checker")
        for _ in range(2):  # what the log holds becomes tables
            self.city.end()
            self.city.start()
        self.tree.wait_equal_digests()
        self.before = paid_for(self.city, CITY)
        for node in (self.city, self.root):
            node.end()
            shutil.copytree(node.home, node.home + ".good", ignore=shutil.ignore_patterns("terrace.sock"))

    def reset(self):
        for node in (self.city, self.root):
            if node.process is not None:
                node.kill()
            shutil.rmtree(node.home)
            shutil.copytree(node.home + ".good", node.home)
            open(node.log_path, "w").close()
        self.root.start()

    def count(self):
        """The letter of each call of a run without a fault."""
        self.reset()
        story = Story(self.city, "N")
        self.disk.fail(0, "eio")
        need(story.play(), "the scenario does not go through without a fault")
        self.disk.mend()
        need(story.starts == 2 and len(story.approved) == PAYMENTS,
             f"{story.starts} starts, {len(story.approved)} approved")
        need(self.city.end() == 0, "a clean end")
        letters = self.disk.counts()[3]
        self.city.start()
        trees.wait_until(lambda: is_whole(self.city), 60, "it to be whole")
        is_right(self.city, story, self.before)
        return letters

    def fault(self, number, kind):
        """What was struck; None where the scenario made no such call."""
        self.reset()
        story = Story(self.city, "N")
        self.disk.fail(number, kind)
        went_through = story.play()
        self.disk.mend()
        _, struck, what, _ = self.disk.counts()
        if not kind.endswith("+"):
            need(went_through, f"it did not go on though the fault was over ({what}):\n{self.city.log_tail()}")
        if self.city.process is not None and not ended(self.city) and kind.endswith("+"):
            need(self.city.end() in (0, 5), "no clean end")  # its disk is another one now
        if self.city.process is None:
            self.city.start()
        trees.wait_until(lambda: is_whole(self.city), 60, f"it to be whole ({what})", step=0.05)
        is_right(self.city, story, self.before)
        return what if struck else None


def plan(letters):
    """Every fault there is: (number, kind), by the letter of its call."""
    faults = collections.defaultdict(list)
    for number, letter in enumerate(letters, 1):
        faults[letter] += [(number, kind) for kind in ["eio", "eio+"] + ["enospc", "enospc+"] * (letter in WRITES)
                           + ["short"] * (letter in "wW")]
    return faults


def choose(faults, count, chance):
    """A spread: of each kind of call by turns."""
    left = {letter: chance.sample(those, len(those)) for letter, those in sorted(faults.items())}
    chosen = []
    while len(chosen) < count and any(left.values()):
        for letter in left:
            if left[letter] and len(chosen) < count:
                chosen.append(left[letter].pop())
    return chosen


def parse(fault):
    number, kind = fault.split(":")
    return int(number), kind


def chosen(args, letters):
    faults = plan(letters)
    for letter in set(faults) - {letter for letter, name in CALLS.items() if not args.call or name in args.call}:
        del faults[letter]
    if args.only:
        return args.only
    if args.all:
        return sorted(sum(faults.values(), []))
    chance = random.Random(args.seed)
    if args.each:
        ways = collections.defaultdict(list)
        for number, kind in sorted(sum(faults.values(), [])):
            ways[number].append(kind)
        return [(number, chance.choice(kinds)) for number, kinds in ways.items()]
    return choose(faults, args.count, chance)


def print_table(letters, struck, count):
    made = collections.Counter(CALLS[letter] for letter in letters)
    print(f"{'call':16} {'made':>6} {'struck':>7}")
    for call in sorted(made):
        print(f"{call:16} {made[call]:6} {struck[call]:7}")
    print(f"{'all':16} {len(letters):6} {sum(struck.values()):7} of {count}")


def run(args, base):
    tree = trees.Tree(os.path.join(base, "tree"), build=args.build, approval="payment")
    failures, struck = [], collections.Counter()
    try:
        tree.init_root(ROOT, "西藏自治区")
        tree.join(ROOT, CITY, "拉萨市")
        bench = Bench(tree, trees.preloadable(base, os.path.join(args.build, "lib", "io_errors.so")))
        bench.prepare()
        letters = bench.count()
        faults = chosen(args, letters)
        for number, kind in faults:
            try:
                what = bench.fault(number, kind)
                struck.update([what.split()[0]] if what else [])
                if args.verbose:
                    print(f"{number}:{kind} {what}", flush=True)
            except trees.Failed as failed:
                failures.append(f"{number}:{kind} ({bench.disk.counts()[2]}): {failed}")
                if args.verbose:
                    print("FAILED", failures[-1], flush=True)
    finally:
        tree.stop()
    print_table(letters, struck, len(faults))
    if not failures and sum(struck.values()) < len(faults) * STRUCK_LEAST:
        failures.append(f"only {sum(struck.values())} of {len(faults)} faults struck anything")
    return failures


def newest_commit():
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=HERE, capture_output=True, text=True)
    return done.stdout.strip() or str(int(time.time()))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    parser.add_argument("--count", type=int, default=40, help="a spread of so many, which the seed chooses")
    parser.add_argument("--seed", default=newest_commit(), help="the newest commit's hash, where none is given")
    parser.add_argument("--all", action="store_true", help="every call, in each way that it can fail")
    parser.add_argument("--each", action="store_true", help="every call, in one way that the seed chooses")
    parser.add_argument("--call", action="append", choices=sorted(CALLS.values()), help="this call alone")
    parser.add_argument("--only", action="append", type=parse, metavar="NUMBER:KIND")
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    args.build = os.path.abspath(args.build)
    with tempfile.TemporaryDirectory(prefix="terrace-io-errors-") as base:
        failures = run(args, base)
    for failure in failures:
        print(f"io_errors: seed {args.seed}: {failure}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
