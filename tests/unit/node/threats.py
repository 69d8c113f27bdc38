"""threats - what node/THREATS.md says is shown by tests that are there, and by rows of the tampering matrix, all of which it
names; what node/HANDBOOK.md says is typed by tests that are there, and with commands that are; and what it says of the console's sources, which no test of a page would notice: nothing of them makes markup or code
out of text.

    python3 tests/unit/node/threats.py --build build
"""
import argparse
import glob
import json
import os
import re
import runpy
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
MARKUP = (r"dangerouslySetInnerHTML|\b(inner|outer)HTML\b|insertAdjacentHTML|document\.write|\beval\(|new Function\b|"
          r"javascript:|\bsrcdoc\b")
ROWS_MIN = 40
LINKS = r'\b(?:href|src|action|formaction)=(?:"([^"]*)"|\{`([^`]*)`)'  # whose beginning stands in the source
LINK_BEGINS = ("/", "#", "data:text/csv;charset=utf-8,${encodeURIComponent(")


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def tests_of(build):
    shown = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"], capture_output=True, text=True, check=True)
    return {test["name"] for test in json.loads(shown.stdout)["tests"]}


def faults_of_handbook(there):
    text = read("node", "HANDBOOK.md")
    sections = text.split("\n## ")[1:]
    commands = set(re.findall(r'ROW\("sample\.(\w+)"', read("node", "text", "help.def")))
    if len(sections) < 8:
        yield f"node/HANDBOOK.md has {len(sections)} sections: is it read as it is written?"
    for name in sorted(set(re.findall(r"`((?:unit|process|sim|console)\.\w[\w.]*)`", text)) - there):
        yield f"node/HANDBOOK.md names a test that is not there: {name}"
    for name in sorted(set(re.findall(r"`(?:\$\w+|terrace|terrace --home HOME) (\w+)", text)) - commands):
        yield f"node/HANDBOOK.md names a command that is not there: {name}"


def faults_of_tests(there):
    steps = re.search(r"(?m)^steps=\((.*)\)$", read("scripts", "check")).group(1).split()
    named = re.findall(r"`((?:unit|process|sim|console)\.\w[\w.]*)`", read("node", "THREATS.md"))
    if len(named) < 20:
        yield f"node/THREATS.md names {len(named)} tests: is it read as it is written?"
    yield from (f"node/THREATS.md names a test that is not there: {name}" for name in sorted(set(named) - there))
    for step in re.findall(r"`scripts/check --only (\w+)`", read("node", "THREATS.md")):
        if step not in steps:
            yield f"node/THREATS.md names a step of scripts/check that is not there: {step}"
    for number in range(1, 11):
        row = re.search(rf"(?m)^\| A{number:02} .*\|$", read("node", "THREATS.md"))
        if row is None or not re.search(r"`[\w ./-]+`[^|]*\|$", row.group()):
            yield f"node/THREATS.md shows A{number:02} by no test"


def faults_of_rows():
    """[`ROW`, `ROW`] names rows of tests/process/tampering/table.py, whose act is in the module it names."""
    table = runpy.run_path(os.path.join(ROOT, "tests", "process", "tampering", "table.py"))
    rows = {row.name: row.module for row in table["ROWS"]}
    if len(rows) < len(table["ROWS"]):
        yield "two rows of the tampering matrix have one name"
    if len(rows) < ROWS_MIN:
        yield f"the tampering matrix has {len(rows)} rows"
    named = set(re.findall(r"`(\w+)`", "".join(re.findall(r"\[((?:`\w+`(?:, )?)+)\]", read("node", "THREATS.md")))))
    yield from (f"node/THREATS.md names a row that is not there: {name}" for name in sorted(named - set(rows)))
    yield from (f"node/THREATS.md leaves out a row of the tampering matrix: {name}" for name in sorted(set(rows) - named))
    for name, module in rows.items():
        if f"\ndef {name}(s):" not in read("tests", "process", "tampering", module + ".py"):
            yield f"the row {name} has no act in tests/process/tampering/{module}.py"


def faults_of_console():
    paths = glob.glob(os.path.join(ROOT, "node", "console", "src", "**", "*.ts*"), recursive=True)
    if len(paths) < 50:
        yield f"{len(paths)} sources of the console"
    for path in sorted(paths):
        text, name = read(path), os.path.relpath(path, ROOT)
        yield from (f"{name}: {match.group()}" for match in re.finditer(MARKUP, text))
        for literal, template in re.findall(LINKS, text):
            if not (literal or template).startswith(LINK_BEGINS):
                yield f"{name}: a link that text could lead elsewhere: {literal or template}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    options = parser.parse_args()
    there = tests_of(options.build)
    faults = [*faults_of_tests(there), *faults_of_handbook(there), *faults_of_rows(), *faults_of_console()]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
