"""longfiles - a file of any length takes the same memory: streams of CSV and NDJSON through the
command line into a real daemon, every line answered in order; and progress that only a terminal
sees.

    python3 tests/process/longfiles.py --build build [--lines 80000]
"""
import argparse
import json
import os
import pty
import re
import signal
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402

ROOT = "540000"
FIELDS = "id,fiscal_year,ele_catalog_code,ele_code,ele_name"
SHORT_OF = 8  # the short stream is this part of the long one
CLI_GROWTH_MAX = 1.2
STORE_KIB_MAX = (16 + 8) << 10  # node/store/rocks_open.c: rows not yet in tables, and the cache
POST_KIB_MAX = 16 << 10         # a post of 1,000, what it becomes and its answer


def need(condition, text):
    if not condition:
        raise trees.Failed(text)


def csv_lines(first, count):
    yield FIELDS + "\n"
    for i in range(first, first + count):
        yield f"E{i},2026,exp_func,{i},功能科目\n"


def ndjson_lines(first, count):
    for i in range(first, first + count):
        yield ('{"kind":"element","id":"E%d","fiscal_year":"2026","ele_catalog_code":"exp_func",'
               '"ele_code":"%d","ele_name":"功能科目"}\n' % (i, i))


FORMS = {"csv": (csv_lines, ["--kind", "element"], 2), "ndjson": (ndjson_lines, [], 1)}


class Import:
    """A stream into `terrace submit -`; what it answered is looked at line by line."""

    def __init__(self, node, form, first, count):
        lines, args, self.line = FORMS[form]
        self.first, self.count, self.peak_kib = first, count, 0
        self.process = subprocess.Popen(
            [node.tree.bin("terrace"), "--home", node.home, "submit", "-", *args],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=node.tree.env)
        self.feeder = threading.Thread(target=self.feed, args=(lines(first, count),))
        self.feeder.start()

    def feed(self, lines):
        with self.process.stdin as pipe:
            for line in lines:
                pipe.write(line.encode())

    def run(self):
        """The most memory the command took, in KiB, up to the last posts."""
        for i in range(self.count):
            if i % 1000 == 0:
                self.peak_kib = max(self.peak_kib, memory(self.process.pid, "VmHWM"))
            answer = self.process.stdout.readline()
            want = b'{"line":%d,"id":"E%d","status":"accepted"' % (self.line + i, self.first + i)
            need(answer.startswith(want), f"answer {i}: {answer} instead of {want}")
        self.feeder.join()
        rest, said = self.process.stdout.read(), self.process.stderr.read()
        self.process.wait(timeout=trees.PATIENCE_S)
        need((self.process.returncode, rest, said) == (0, b"", b""),
             f"exit {self.process.returncode}, behind the last answer {rest}, on stderr {said}")
        return self.peak_kib


def memory(pid, what):
    """VmHWM, VmRSS ... of a process, in KiB; 0 when it has ended and is not yet reaped."""
    with open(f"/proc/{pid}/status") as status:
        found = re.search(rf"{what}:\s+(\d+)", status.read())
    return int(found.group(1)) if found else 0


def streams(node, count):
    """The command takes the same memory for a stream eight times as long, the daemon what its
    store keeps of a load: its tables not yet written out and its cache."""
    before, first = node.rss_kib(), 0
    with open(f"/proc/{node.process.pid}/clear_refs", "w") as peak:
        peak.write("5")  # VmHWM from here on: a start opens keys with much memory
    for form in FORMS:
        peaks = []
        for lines in (count // SHORT_OF, count):
            peaks.append(Import(node, form, first, lines).run())
            first += lines
        print(f"  {form}: {count // SHORT_OF} lines {peaks[0]} KiB, {count} lines {peaks[1]} KiB")
        need(peaks[1] <= peaks[0] * CLI_GROWTH_MAX or node.tree.is_sanitized, f"{form}: {peaks} KiB")
    trees.wait_until(lambda: node.rss_kib() - before <= STORE_KIB_MAX, trees.PATIENCE_S, "the daemon to be small again")
    after, most = node.rss_kib(), memory(node.process.pid, "VmHWM")
    print(f"  daemon: {before} KiB before {first} documents, {after} KiB after, {most} KiB at most")
    need(most - before <= POST_KIB_MAX + STORE_KIB_MAX or node.tree.is_sanitized,
         f"the daemon grew from {before} KiB to {after} KiB, {most} KiB at most")


# --- progress ---

def on_terminal(node, lines, stdout, stderr):
    """Submits with the named streams on a terminal; what the terminal showed, what pipes got."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [node.tree.bin("terrace"), "--home", node.home, "submit", "-"], env=node.tree.env,
        stdin=subprocess.PIPE, stdout=theirs if stdout else subprocess.PIPE,
        stderr=theirs if stderr else subprocess.PIPE)
    os.close(theirs)
    shown = []
    watcher = threading.Thread(target=watch, args=(ours, shown))
    watcher.start()
    out, err = process.communicate("".join(lines).encode(), timeout=trees.PATIENCE_S)
    watcher.join()
    os.close(ours)
    need(process.returncode == 0, f"exit {process.returncode}")
    return b"".join(shown).decode(), (out or b"").decode(), (err or b"").decode()


def watch(terminal, shown):
    try:
        while part := os.read(terminal, 1 << 16):
            shown.append(part)
    except OSError:  # its end, as Linux tells it
        pass


PROGRESS = "1000 lines, 0 refused"


def progress(node):
    """Answers that go elsewhere leave the terminal to progress; where there is none, it is silent."""
    lines = list(ndjson_lines(0, 2500))
    shown, out, _ = on_terminal(node, lines, stdout=False, stderr=True)
    for part in (PROGRESS, "2000 lines, 0 refused", "2500 there already"):
        need(part in shown, f"{part} is not shown: {shown[-300:]}")
    need(len(out.splitlines()) == 2500 and "lines," not in out, "progress among the answers")
    shown, _, err = on_terminal(node, lines, stdout=True, stderr=False)
    need("lines," not in shown + err, f"progress between answers: {err}")
    need(shown.count("\n") == 2500, "a line for each document")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    parser.add_argument("--lines", type=int, default=80000, help="of the long streams")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terrace-longfiles-") as base:
        tree = trees.Tree(os.path.join(base, "tree"), build=os.path.abspath(args.build))
        try:
            node = tree.init_root(ROOT, "西藏自治区")
            streams(node, args.lines)
            progress(node)
        except trees.Failed as failed:
            print(f"longfiles: {failed}", file=sys.stderr)
            return 1
        finally:
            tree.stop()
    print(f"longfiles: {args.lines} lines take what {args.lines // SHORT_OF} take")
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
