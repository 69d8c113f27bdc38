"""deep - what takes hours: each step of scripts/check --deep, and the table at its end.

    python3 scripts/lib/deep.py [STEP...]     these, or all that have not passed with this commit
    python3 scripts/lib/deep.py --table       the table of what has been run, and when

A step that fails does not end the run. What it printed is kept in build-deep/STEP.log, and what came of it in
build-deep/table.json, so that a run may be made in pieces: the table says of each step when it was run, with
which commit, and "not run" where it was not. Exit 0 only when every step was run with this commit and found nothing.
"""
import concurrent.futures
import datetime
import json
import os
import re
import subprocess
import sys
import time

import shares

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KEPT = os.path.join(ROOT, "build-deep")
TABLE = os.path.join(KEPT, "table.json")
TSAN = f"suppressions={ROOT}/tests/tsan.supp ignore_noninstrumented_modules=1 halt_on_error=1 die_after_fork=0"


def test(line, build="build"):
    script, *options = line.split()
    return ["/usr/bin/python3", os.path.join("tests", "process", script), "--build", build, *options]


def sim(line):
    return ["build/bin/sim", *line.split()]


def made(preset, *targets):
    """The commands that build it."""
    wanted = ["--target", *targets] if targets else []
    return [["cmake", "--preset", preset], ["cmake", "--build", "--preset", preset, *wanted]]


def tests(build, pattern, jobs=2):
    return ["ctest", "--test-dir", build, "--output-on-failure", f"-j{jobs}", "-R", pattern]


# Name, what it is, its commands (a tuple: at the same time), and what it counts, as a pattern of what they print: all
# that it finds is added up.
STEPS = [
    ("bugs", "seeded bugs, each to be noticed", [["python3", "scripts/lib/bugs.py"]], r"bugs: (\d+) of"),
    ("damages", "single damages in every kind of file", [test("damages.py --damages 200")], r"^all +(\d+)"),
    ("healing", "healing, and a death at each of its steps", [test("healing.py")], None),
    ("powercuts", "power cuts, and as many failed syncs", [test("powercut.py --rounds 100")], r"failed syncs, (\d+) cuts"),
    ("kills", "SIGKILLs at 30 named places and at any moment", [test("kill_and_cut.py --kills 200")], r": (\d+) kills"),
    ("io_errors", "Nth-call I/O errors and short writes", [test("io_errors.py --each"), test("unreadable.py")], r"(\d+) faults"),
    ("restarts", "restarts of a parent of 140 divisions", [test("parent_restart.py")], r": (\d+) restarts"),
    ("long", "long tests, of which each commit runs a third",
     [["ctest", "--test-dir", "build", "--output-on-failure", "-j2", "-L", "^in_turns$"]], r"out of (\d+)"),
    ("clocks", "clocks that jump, links that hang, processes that stop",
     [tests("build", r"^process\.(clock_off|thin_links|cut_cable|endpoints|ancestor)$", 1)], r"out of (\d+)"),
    ("seeds", "seeds of the simulator",
     [(sim("--seeds 1500"), sim("--first 1501 --seeds 1500")),
      (sim("--only recoveries --seeds 1000"), sim("--only away --seeds 1000"))], r"^(\d+) seeds hold"),
    ("model", "documents against the second ledger",
     [test("model.py --rounds 6 --documents 8000 --jobs 2 --minutes 15")], r"(\d+) documents"),
    ("console", "the console in all eight looks", [tests("build", r"^console\.")], r"out of (\d+)"),
    ("asan", "process tests, address and undefined behaviour", [*made("asan"), tests("build-asan", r"^process\.")],
     r"out of (\d+)"),
    ("tsan_units", "unit tests under the thread sanitizer", [["scripts/check", "--only", "thread"]],
     r"out of (\d+)"),
    ("tsan", "process tests under the thread sanitizer", [*made("tsan"), tests("build-tsan", r"^process\.")],
     r"out of (\d+)"),
    ("valgrind", "a demo under Valgrind", [["python3", "scripts/lib/valgrind.py"]], r"(\d+) processes"),
    ("fuzz", "runs of the fuzzers, each for a minute",
     [["cmake", "--preset", "fuzz", "-DTERRACE_FUZZ_SECONDS=60"], made("fuzz", "tests/fuzz/all")[1],
      tests("build-fuzz", r"^fuzz\.") + ["-V"]], r"number_of_executed_units: (\d+)"),
    ("coverage", "branches of replicator and ledger, in percent", [["scripts/coverage"]], r"(\d+)[.]\d+ %"),
    ("soak", "minutes of all faults at random over 13 nodes", [["scripts/soak", "--minutes", "60"]], None),
]


def is_there(command):
    if isinstance(command, tuple):
        return all(map(is_there, command))
    path = command[1] if command[0].endswith("python3") else command[0]
    return "/" not in path or os.path.exists(os.path.join(ROOT, path)) or path.startswith("build")


def run_one(command):
    """(what it printed, how much it found)"""
    env = dict(os.environ, TERRACE_ALL_TESTS="1", TSAN_OPTIONS=TSAN)
    env.pop("TERRACE_COMMIT", None)  # all, and no share
    done = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = done.stdout.decode(errors="replace")
    if done.returncode == 0:
        return said, 0
    of_tests = re.search(r"(\d+) tests failed out of", said)
    return said, int(of_tests.group(1)) if of_tests else 1


def run(name, commands, counts):
    """What came of it."""
    began, text, found = time.monotonic(), "", 0
    with open(os.path.join(KEPT, name + ".log"), "w", encoding="utf-8") as log, \
            concurrent.futures.ThreadPoolExecutor() as pool:
        for command in commands:
            together = command if isinstance(command, tuple) else (command,)
            for one, (said, failed) in zip(together, pool.map(run_one, together)):
                log.write(f"$ {' '.join(one)}\n{said}")
                log.flush()
                text += said
                found += failed
    count = sum(int(number) for number in re.findall(counts, text, re.M)) if counts else None
    return dict(count=count, found=found, seconds=round(time.monotonic() - began), commit=shares.commit()[:12],
                date=datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M"))


def read_table():
    if not os.path.exists(TABLE):
        return {}
    with open(TABLE, encoding="utf-8") as file:
        return json.load(file)


def keep(table):
    with open(TABLE + ".new", "w", encoding="utf-8") as file:
        json.dump(table, file, indent=1)
    os.replace(TABLE + ".new", TABLE)


def print_table(table):
    print(f"\n| step | what | count | found | time | when (UTC), commit |\n|---|---|---:|---:|---:|---|")
    for name, what, commands, _ in STEPS:
        came = table.get(name)
        if came is None:
            why = "not run" if all(map(is_there, commands)) else "not there yet"
            print(f"| {name} | {what} | | {why} | | |")
        else:
            count = "" if came["count"] is None else came["count"]
            print(f"| {name} | {what} | {count} | {came['found']} | {came['seconds'] // 60}:{came['seconds'] % 60:02d} "
                  f"| {came['date']}, {came['commit']} |")


def is_done(table, name):
    came = table.get(name)
    return came is not None and came["found"] == 0 and came["commit"] == shares.commit()[:12]


def main():
    os.makedirs(KEPT, exist_ok=True)
    asked, table = sys.argv[1:], read_table()
    names = [name for name, *_ in STEPS]
    if asked == ["--table"]:
        print_table(table)
        return 0
    if set(asked) - set(names):
        print(f"deep: no such step: {' '.join(sorted(set(asked) - set(names)))}; there are: {' '.join(names)}", file=sys.stderr)
        return 2
    for name, what, commands, counts in STEPS:
        if (asked and name not in asked) or (not asked and is_done(table, name)) or not all(map(is_there, commands)):
            continue
        print(f"deep: {name}: {what}", flush=True)
        table = read_table()
        table[name] = run(name, commands, counts)
        keep(table)
        print(f"deep: {name}: found {table[name]['found']} in {table[name]['seconds']} s", flush=True)
    print_table(table)
    return 0 if all(is_done(table, name) for name in asked or names) else 1


if __name__ == "__main__":
    sys.exit(main())
