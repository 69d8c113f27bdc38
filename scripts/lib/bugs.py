"""bugs - switches off one mechanism after the other, and demands that a test notices each.

    python3 scripts/lib/bugs.py [--build build-bugs] [NAME...]

The build is one with -DTERRACE_BUGS=ON (proto/bug.h); TERRACE_BUG names the bug that is on. A test
that notices says what it found, or an assert of ours stops it; a hang or any other end is no notice.
"""
import argparse
import os
import re
import subprocess
import sys
import time

PROCESS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "process")
SIM = ["sim", "--seeds", "20"]
FOUND_BY_SIM = re.compile(r"^seed \d+ failed: |^sim: .*: Assertion ", re.M)
FOUND_BY_POWERCUT = re.compile(r"^powercut: seed \d+: ", re.M)
FOUND_BY_UNIT = re.compile(r"^\[  (FAILED|ERROR ) +\] ", re.M)

BUGS = [
    # (name, the test that must notice)
    ("answer-before-commit", SIM),
    ("ack-before-commit", SIM),
    ("settle-dropped", SIM),
    ("downward-block-skipped", SIM),
    ("resume-passes-over", SIM),
    ("lost-frame-unnoticed", SIM),
    ("repeats-forgotten", SIM),
    ("digest-unchecked", ["test_ledger_replica"]),
    ("approval-unchecked", ["test_ledger_verify"]),
    ("signature-unchecked", ["test_intake"]),
    ("credit-never-returned", ["test_flow"]),
    ("floor-ignored", ["node_floor_test"]),
    ("sync-off", ["powercut.py", "--rounds", "1"]),
    ("strangers-admitted", ["test_transport_zmq"]),
]


def notices(build, name, command):
    """Why not, or None."""
    found = FOUND_BY_UNIT
    run = [os.path.join(build, "bin", command[0])] + command[1:]
    if command[0] == "sim":
        found = FOUND_BY_SIM
    elif command[0].endswith(".py"):
        found = FOUND_BY_POWERCUT
        run = [sys.executable, os.path.join(PROCESS, command[0]), "--build", build] + command[1:]
    env = dict(os.environ, TERRACE_BUG=name)
    try:
        done = subprocess.run(run, env=env, capture_output=True, text=True, timeout=180)
    except subprocess.TimeoutExpired:
        return "it hangs"
    if done.returncode == 0:
        return "it passes"
    if not found.search(done.stdout + done.stderr):
        return f"it ends with {done.returncode}:\n{(done.stdout + done.stderr)[-600:]}"
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build-bugs")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    unknown = set(args.names) - {name for name, _ in BUGS}
    if unknown:
        parser.error(f"no such bug: {', '.join(sorted(unknown))}")
    missed = 0
    for name, command in BUGS:
        if args.names and name not in args.names:
            continue
        began = time.monotonic()
        why = notices(args.build, name, command)
        took = time.monotonic() - began
        print(f"bugs: {name}: {command[0]} {'notices' if why is None else 'MISSES it: ' + why}"
              f" ({took:.1f} s)", flush=True)
        missed += why is not None
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
