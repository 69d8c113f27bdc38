"""valgrind - the demo's five nodes under Valgrind's memcheck: no read of what nobody wrote, none beyond what was
asked for, no block of memory that nothing leads to any more at the end.

    python3 scripts/lib/valgrind.py [ACT...]    these acts of the demo (enrol comes first); without, all but its rest

What memcheck says is kept in build-valgrind/PID.log. Exit 0 only when every process was clean.
"""
import glob
import os
import shutil
import sys
import tempfile

import demo as pilot
import tree as trees

FOLDER = os.path.join(trees.ROOT, "build-valgrind")
trees.PATIENCE_S = 3600  # memcheck takes thirty times as long, and more to open a key
ACTS = ["enrol", "basics", "money_down", "spend", "offline", "refuse", "show", "persons", "year", "verify"]
MEMCHECK = ("valgrind --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite "
            f"--num-callers=25 --trace-children=no --suppressions={trees.ROOT}/tests/valgrind.supp")


def wrap(build):
    """A build whose daemon runs under memcheck."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.makedirs(os.path.join(FOLDER, "bin"))
    for path in glob.glob(os.path.join(build, "bin", "*")):
        os.symlink(path, os.path.join(FOLDER, "bin", os.path.basename(path)))
    daemon = os.path.join(FOLDER, "bin", "terraced")
    os.unlink(daemon)
    with open(daemon, "w") as file:
        file.write(f"#!/bin/sh\nexec {MEMCHECK} --log-file={FOLDER}/%p.log {build}/bin/terraced \"$@\"\n")
    os.chmod(daemon, 0o755)


def main():
    acts = sys.argv[1:] or ACTS
    if shutil.which("valgrind") is None:
        print("valgrind: is not installed: apt-get install valgrind", file=sys.stderr)
        return 5
    wrap(os.path.join(trees.ROOT, "build"))
    with tempfile.TemporaryDirectory(prefix="terrace-valgrind-") as base:
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
