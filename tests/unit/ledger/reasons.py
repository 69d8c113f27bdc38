"""reasons - every reason for which a document may be refused is what some test expects.

    python3 tests/unit/ledger/reasons.py

A reason that no test meets may be one that nothing can give, or that is given for something else. Of exceeds_<what>
each quantity counts for itself.
"""
import glob
import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
# How a code is written and read says nothing of who gives it.
WRITTEN = os.path.join("tests", "unit", "ledger", "test_reason.c")
NOT_YET = {"REASON_BLOCKED_BY_RULE"}  # there are no rules yet


def read(*patterns):
    for pattern in patterns:
        for path in glob.glob(os.path.join(ROOT, pattern), recursive=True):
            if not path.endswith(WRITTEN) and not os.path.samefile(path, __file__):
                with open(path, encoding="utf-8") as file:
                    yield file.read()


def main():
    (table,) = read("node/ledger/schema/reason.c")
    codes = re.findall(r'^    \[(REASON_\w+)\] = "([a-z_]+)",$', table, re.M)
    sources = "".join(read("node/ledger/**/*.c"))
    tests = "".join(read("tests/unit/**/*.[ch]", "tests/process/**/*.py"))
    missing, given = set(), set()
    for name, code in codes:
        if not re.search(rf"\b{name}\b|\b{code}" + ("" if code.endswith("_") else r"\b"), tests):
            missing.add(name)
    for what in re.findall(r'(?:REASON_EXCEEDS,|facts_within\(facts,|\.exceeds =) "(\w+)"', sources):
        given.add(what)
        if not re.search(rf"\bexceeds_{what}\b", tests):
            missing.add(f"exceeds_{what}")
    faults = [f"{name} occurs in no test" for name in sorted(missing - NOT_YET)]
    faults += [f"{name} does occur by now" for name in sorted(NOT_YET - missing)]
    if len(codes) < 40 or len(given) < 5:
        faults.append(f"{len(codes)} reasons, {len(given)} quantities: are they read as they are written?")
    for fault in faults:
        print(f"reasons: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
