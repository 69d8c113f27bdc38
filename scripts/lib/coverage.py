"""coverage - the branches that the tests took, summed by directory, from what a build with the preset `coverage` left.

gcovr counts. No branches are those of assert(), whose other side is a mistake of ours and ends the process, and the
one that LOG_INFO and its like bring with them, whether a line is wanted (proto/log.h). All else counts: a branch that
no test takes is one that nobody has seen work.
"""
import argparse
import collections
import json
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
AREAS = ["replicator", "node/ledger"]
AT_LEAST = 95.0
ASSERT = r"^\s*assert\("
LOG = re.compile(r"^\s*LOG_(DEBUG|INFO|WARN|ERROR)\(")
WANTED = 2  # branches, the first ones of such a line


def counted(build):
    """The files of the areas, as gcovr tells of them."""
    command = ["/usr/bin/gcovr", "--root", ROOT, "--json", "-", "-j", str(os.cpu_count()),
               "--exclude-branches-by-pattern", ASSERT]
    for area in AREAS:
        command += ["--filter", os.path.join(ROOT, area, "")]
    command += [os.path.join(build, area) for area in AREAS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"coverage: gcovr: {done.stderr.strip()}")
    files = json.loads(done.stdout)["files"]
    if not files:
        sys.exit(f"coverage: nothing was counted in {build}: run scripts/coverage")
    for file in files:
        leave_out_wanted(file)
    return files


def lines_of(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as source:
        return source.read().splitlines()


def leave_out_wanted(file):
    """What the arguments of a line of the log branch on stays."""
    texts = lines_of(file["file"])
    for line in file["lines"]:
        if LOG.match(texts[line["line_number"] - 1]):
            line["branches"] = line["branches"][WANTED:]


def untaken_of(files):
    """(file, line, branches of it that were not taken, all of it), by place."""
    for file in sorted(files, key=lambda file: file["file"]):
        for line in file["lines"]:
            branches = line["branches"]
            missed = sum(branch["count"] == 0 for branch in branches)
            if missed > 0:
                yield file["file"], line["line_number"], missed, len(branches)


def line_of(name, taken, total):
    return f"{name:24} {taken:7} of {total:6}  {100 * taken / total:6.1f} %"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(ROOT, "build-coverage"))
    parser.add_argument("--untaken", action="store_true", help="list every branch that was not taken")
    options = parser.parse_args()
    files = counted(options.build)
    if options.untaken:
        for name, line, missed, branches in untaken_of(files):
            print(f"{name}:{line}: {missed} of {branches}: {lines_of(name)[line - 1].strip()}")
    total, taken = collections.Counter(), collections.Counter()
    for file in files:
        area = next(area for area in AREAS if file["file"].startswith(area + "/"))
        for line in file["lines"]:
            for name in {os.path.dirname(file["file"]) + "/", area}:
                total[name] += len(line["branches"])
                taken[name] += sum(branch["count"] > 0 for branch in line["branches"])
    print("coverage: branches taken, by directory")
    for name in sorted(total):
        if name.endswith("/"):
            print("  " + line_of(name, taken[name], total[name]))
    low = []
    for area in AREAS:
        print(line_of(area, taken[area], total[area]))
        if 100 * taken[area] < AT_LEAST * total[area]:
            low.append(area)
    if low:
        sys.exit(f"coverage: below {AT_LEAST:.0f} %: {', '.join(low)} (scripts/coverage --report names the lines)")


if __name__ == "__main__":
    main()
