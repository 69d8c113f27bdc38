"""valgrind - the demo's five nodes under Valgrind's memcheck: no read of what nobody wrote, none beyond what was
asked for, no block of memory that nothing leads to any more at the end.

    python3 scripts/lib/valgrind.py [ACT...]    these acts of the demo (enrol comes first); without, all but its rest

What memcheck says is kept in build-valgrind/PID.log. Exit 0 only when every process was clean. Before that it must find
both faults of a program that has them, under the same options.
"""
import glob
import os
import shutil
import subprocess
import sys
import tempfile

import demo as pilot
import tree as trees

FOLDER = os.path.join(trees.ROOT, "build-valgrind")
PATIENCE_S = 3600  # memcheck takes thirty times as long, and more to open a key
ACTS = ["enrol", "basics", "money_down", "spend", "offline", "refuse", "show", "persons", "year", "verify"]
MEMCHECK = ("valgrind --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite "
            f"--num-callers=25 --trace-children=no --suppressions={trees.ROOT}/tests/valgrind.supp")


FAULTY = """#include <stdlib.h>
int main(void)
{
    int *volatile unset = malloc(24);
    const int is_odd = *unset % 2;

    unset = NULL;
    return is_odd ? 1 : 2;
}
"""


def control(base):
    """A program that reads what nobody wrote, and loses a block: what memcheck does not say of it, in words."""
    program, log = os.path.join(base, "faulty"), os.path.join(base, "faulty.log")
    subprocess.run(["cc", "-O0", "-o", program, "-x", "c", "-"], input=FAULTY, text=True, check=True)
    subprocess.run([*MEMCHECK.split(), f"--log-file={log}", program], check=False)
    with open(log, errors="replace") as file:
        said = file.read()
    return [words for words in ("depends on uninitialised value", "24 bytes in 1 blocks are definitely lost",
                                "ERROR SUMMARY: 2 errors") if words not in said]


def wrap(build):
    """A build whose daemon runs under memcheck. Copies, so that somebody may build meanwhile."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.makedirs(os.path.join(FOLDER, "bin"))
    for path in glob.glob(os.path.join(build, "bin", "*")):
        os.symlink(path, os.path.join(FOLDER, "bin", os.path.basename(path)))
    command = os.path.join(FOLDER, "bin", "terrace")
    os.unlink(command)
    shutil.copy2(os.path.join(build, "bin", "terrace"), command)
    daemon, itself = os.path.join(FOLDER, "bin", "terraced"), os.path.join(FOLDER, "terraced")
    shutil.copy2(daemon, itself)
    os.unlink(daemon)
    with open(daemon, "w") as file:
        file.write(f"#!/bin/sh\nexec {MEMCHECK} --log-file={FOLDER}/%p.log {itself} \"$@\"\n")
    os.chmod(daemon, 0o755)


def main():
    acts = sys.argv[1:] or ACTS
    if shutil.which("valgrind") is None:
        print("valgrind: is not installed: apt-get install valgrind", file=sys.stderr)
        return 5
    trees.PATIENCE_S = PATIENCE_S
    wrap(os.path.join(trees.ROOT, "build"))
    with tempfile.TemporaryDirectory(prefix="terrace-valgrind-") as base:
        unseen = control(base)
        if unseen:
            print(f"valgrind: memcheck does not say of a faulty program: {', '.join(unseen)}", file=sys.stderr)
            return 1
        demo = pilot.Demo(os.path.join(base, "tree"), FOLDER)
        failed = None
        try:
            for act in acts:
                getattr(demo, act)()
        except trees.Failed as why:
            failed = why
        finally:
            demo.tree.stop()
    logs = sorted(glob.glob(os.path.join(FOLDER, "*.log")))
    said = {}
    for path in logs:
        with open(path, errors="replace") as file:
            said[path] = file.read()
    wrong = [path for path in logs if "ERROR SUMMARY: 0 errors" not in said[path]]  # or it never came to an end
    for path in wrong:
        print(f"--- {path}\n{said[path][:6000]}")
    if failed is not None:
        print(f"valgrind: {failed}", file=sys.stderr)
    print(f"valgrind: {len(logs)} processes, {len(wrong)} with errors; acts: {' '.join(acts)}")
    return 1 if wrong or failed is not None or not logs else 0


if __name__ == "__main__":
    sys.exit(main())
