"""bugs - switches off one mechanism after the other, and demands that a test notices each.

    python3 scripts/lib/bugs.py [--build build-bugs] [NAME...]

The build is one with -DTERRACE_BUGS=ON (proto/bug.h); TERRACE_BUG names the bug that is on. A test
that notices says what is wrong, in words that fit this bug; a hang or any other end is no notice.
"""
import argparse
import os
import re
import subprocess
import sys
import time

PROCESS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "process")
SIM = ["sim", "--seeds", "20"]
# What the first failing seed lacks shifts with every change of the code; that it lacks something
# is the notice, and an alarm or another fault is none.
LOST = r"^seed \d+ failed: .*(acknowledged|has \d+ of \d+ entries|lacks blocks)"
FAILED_CASE = r"^\[  FAILED  \] "

BUGS = [
    # (name, the test that must notice, what it says then)
    ("answer-before-commit", SIM, LOST),
    ("ack-before-commit", SIM, LOST),
    ("settle-dropped", SIM, LOST),
    ("downward-block-skipped", SIM, LOST),
    ("resume-passes-over", SIM, LOST),
    ("lost-frame-unnoticed", SIM, LOST),
    ("repeats-forgotten", SIM, r"^sim: .*: ledger_apply_own: Assertion "),
    ("digest-unchecked", ["test_ledger_replica"],
     FAILED_CASE + r"a_block_whose_author_is_in_another_state_is_alarmed"),
    ("approval-unchecked", ["test_ledger_verify"], FAILED_CASE + r"an_approval_of_nobody_is_found"),
    ("signature-unchecked", ["test_intake"], FAILED_CASE + r"false_blocks_are_refused_by_name"),
    ("credit-never-returned", ["test_flow"],
     FAILED_CASE + r"nothing_is_taken_that_was_not_granted"),
    ("floor-ignored", ["node_floor_test"],
     FAILED_CASE + r"business_is_refused_below_the_floor_and_nowhere_else"),
    ("sync-off", ["powercut.py", "--rounds", "1"],
     r"^powercut: seed \d+: (\d+ posts were answered without|[1-9]\d* of \d+ acknowledged )"),
    ("strangers-admitted", ["test_transport_zmq"], r"a stranger's key was let in"),
]


def notices(build, name, command, words):
    """Why not, or None."""
    run = [os.path.join(build, "bin", command[0])] + command[1:]
    if command[0].endswith(".py"):
        run = [sys.executable, os.path.join(PROCESS, command[0]), "--build", build] + command[1:]
    env = dict(os.environ, TERRACE_BUG=name)
    try:
        done = subprocess.run(run, env=env, capture_output=True, text=True, timeout=180)
    except subprocess.TimeoutExpired:
        return "it hangs"
    if done.returncode == 0:
        return "it passes"
    if not re.search(words, done.stdout + done.stderr, re.M):
        return f"it ends with {done.returncode}:\n{(done.stdout + done.stderr)[-600:]}"
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build-bugs")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    unknown = set(args.names) - {name for name, _, _ in BUGS}
    if unknown:
        parser.error(f"no such bug: {', '.join(sorted(unknown))}")
    missed = 0
    for name, command, words in BUGS:
        if args.names and name not in args.names:
            continue
        began = time.monotonic()
        why = notices(args.build, name, command, words)
        took = time.monotonic() - began
        print(f"bugs: {name}: {command[0]} {'notices' if why is None else 'MISSES it: ' + why}"
              f" ({took:.1f} s)", flush=True)
        missed += why is not None
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
