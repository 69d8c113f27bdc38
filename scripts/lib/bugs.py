"""bugs - switches off one mechanism after the other, and demands that a test notices each.

    python3 scripts/lib/bugs.py [--share N | NAME...]

With --share only N of them are tried, which the newest commit's hash chooses: over time all of them are.

A bug is a patch, tests/bugs/NAME.patch. It opens with what goes wrong, then

    Run: the test that must notice, with its arguments
    Notice: a pattern of what that test says then; a hang or any other end is no notice

and then come the changes, each under `if (bug_is_on("NAME"))` (tests/bugs/bug.h). All of them are
applied together to a copy of the tree, build-bugs/src, and built once; TERRACE_BUG in the
environment picks the one that is on. A patch that does not apply any more is an error.
"""
import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import time

import shares

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PATCHES = os.path.join(ROOT, "tests", "bugs")
WORK = os.path.join(ROOT, "build-bugs")
FRESH, SOURCE, BUILD = (os.path.join(WORK, name) for name in ("fresh", "src", "build"))
LONGEST_S = 900  # of a test that is to notice, on a machine that is slow
PYTHON = "/usr/bin/python3"  # Debian's own: its packages are what scripts/setup installs
DAEMONS = ["terrace", "terraced", "powercut", "spoil_row", "io_errors"]  # what a process test stands on


class Failed(Exception):
    """Something that must be mended before any bug can be tried."""


class Bug:
    def __init__(self, name):
        self.name, self.path = name, os.path.join(PATCHES, name + ".patch")
        with open(self.path, encoding="utf-8") as file:
            head = file.read().split("\n--- ", 1)[0]
        self.command = self.value(head, "Run").split()
        self.words = self.value(head, "Notice")

    def value(self, head, key):
        found = re.search(rf"^{key}: (.+)$", head, re.M)
        if not found:
            raise Failed(f"{self.path}: says no `{key}:`")
        return found.group(1)

    def apply(self, folder):
        done = subprocess.run(
            ["patch", "-p1", "-F2", "-s", "-r", "-", "--no-backup-if-mismatch", "-i", self.path],
            cwd=folder, capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"tests/bugs/{self.name}.patch does not apply: make it again\n"
                         + done.stdout + done.stderr)

    def is_process_test(self):
        return self.command[0].endswith(".py")

    def misses(self):
        """Why its test does not notice it, or None."""
        run = [os.path.join(BUILD, "bin", self.command[0])] + self.command[1:]
        if self.is_process_test():
            script = os.path.join(SOURCE, "tests", "process", self.command[0])
            run = [PYTHON, script, "--build", BUILD] + self.command[1:]
        try:
            done = subprocess.run(run, env=dict(os.environ, TERRACE_BUG=self.name),
                                  capture_output=True, text=True, timeout=LONGEST_S)
        except subprocess.TimeoutExpired:
            return "it hangs"
        said = done.stdout + done.stderr
        if done.returncode == 0:
            return "it passes"
        if not re.search(self.words, said, re.M):
            return f"it ends with {done.returncode}:\n{said[-600:]}"
        return None


def all_bugs():
    names = sorted(name[:-6] for name in os.listdir(PATCHES) if name.endswith(".patch"))
    return [Bug(name) for name in names]


def tracked():
    listed = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT,
                            capture_output=True, text=True, check=True).stdout
    return [path for path in listed.split("\0") if path and os.path.isfile(os.path.join(ROOT, path))]


def same(a, b):
    if not os.path.exists(b):
        return False
    with open(a, "rb") as left, open(b, "rb") as right:
        return left.read() == right.read()


def sync(paths):
    """Makes SOURCE what FRESH is; a file that is the same keeps its time, so that make sees it."""
    for path in paths:
        source, target = os.path.join(FRESH, path), os.path.join(SOURCE, path)
        if not same(source, target):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy(source, target)
    for folder, _, names in os.walk(SOURCE):
        for name in names:
            path = os.path.relpath(os.path.join(folder, name), SOURCE)
            if path not in paths and not path.endswith(".pyc"):
                os.remove(os.path.join(folder, name))


def patch_copy(bugs):
    """A copy of the tree with all the bugs in it."""
    paths = set(tracked())
    shutil.rmtree(FRESH, ignore_errors=True)
    for path in paths:
        os.makedirs(os.path.join(FRESH, os.path.dirname(path)), exist_ok=True)
        shutil.copy(os.path.join(ROOT, path), os.path.join(FRESH, path))
    for bug in bugs:
        bug.apply(FRESH)
    sync(paths)
    shutil.rmtree(FRESH)


def build(bugs):
    targets = {bug.command[0] for bug in bugs if not bug.is_process_test()}
    if any(bug.is_process_test() for bug in bugs):
        targets.update(DAEMONS)
    header = os.path.join(SOURCE, "tests", "bugs", "bug.h")
    configure = ["cmake", "-S", SOURCE, "-B", BUILD, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                 f"-DCMAKE_C_FLAGS=-include '{header}'"]
    for command in (configure, ["cmake", "--build", BUILD, "--target", *sorted(targets)]):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed("the tree with the bugs does not build:\n" + done.stdout[-3000:] + done.stderr)


def is_missed(bug):
    began = time.monotonic()
    why = bug.misses()
    took = time.monotonic() - began
    print(f"bugs: {bug.name}: {bug.command[0]} "
          f"{'notices' if why is None else 'MISSES it: ' + why} ({took:.1f} s)", flush=True)
    return why is not None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--share", type=int, metavar="N", help="try N, chosen by the newest commit")
    args = parser.parse_args()
    bugs = all_bugs()
    unknown = set(args.names) - {bug.name for bug in bugs}
    if unknown:
        print(f"bugs: no such bug: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    patch_copy(bugs)
    names = shares.chosen([bug.name for bug in bugs], args.share) if args.share else args.names
    tried = [bug for bug in bugs if not names or bug.name in names]
    build(tried)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        missed = sum(pool.map(is_missed, tried))
    print(f"bugs: {len(tried)} of {len(bugs)} tried, all of which apply; {missed} missed")
    return 1 if missed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failed:
        print(f"bugs: {failed}", file=sys.stderr)
        sys.exit(1)
