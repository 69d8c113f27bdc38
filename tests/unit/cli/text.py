"""text - the tables of node/text/ and the codes that the sources say fit each other.

    python3 tests/unit/cli/text.py

A code with arguments, "open_store path=%s", is known by its form wherever it stands; one without by
the call it stands in. Every code has a row, its keys are the slots of both languages, every row is
used, the rows of a table are sorted, and Chinese is Chinese: 下达 is a release alone. No source
outside node/text/ has Chinese in it or chooses by the language, and every column's title is a row.
What the console says itself is console.*: each such code in node/console/src has a row, and each row
is said there.
"""
import glob
import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
STRING = r'"(?:[^"\\]|\\.)*"'
TEXT = r'%s(?:\s*(?:%s|(?:PRI\w+|JSON_INTEGER_FORMAT)))*' % (STRING, STRING)
SAYING = re.compile(r'\b(?:err_set|err_wrap)\s*\([^;"]*?(%s)' % TEXT)
CODED = re.compile(r'[a-z0-9_.]+(?: [a-z0-9_]+=[^ ]+)+')
SLOT = re.compile(r'\{(\w+)(?::(\w+))?\}')
CHOICE = re.compile(r'language\s*[!=]=|[!=]=\s*LANGUAGE_')
COLUMN = re.compile(r'\{"\w+", "(\w+)", CELL_')
CHECK = re.compile(r'\bdoctor_find\(\s*\w+,\s*[^",;()]+,\s*"(\w+)"')
HAN = re.compile(r'[\u4e00-\u9fff]')
# 下达 is what English calls a release, and nothing else; 提前下达 is the standard's name of an early
# transfer, 待下达 of what waits for its release.
RELEASE = re.compile("(?<!提前)(?<!待)下达")
# Chinese may be without Chinese characters only where the word is an abbreviation or a number.
SAME_IN_BOTH = re.compile(r'[\W\d_]*|[A-Z0-9 -]+')


def joined(text):
    pieces = re.findall(r'%s|(?:PRI\w+|JSON_INTEGER_FORMAT)' % STRING, text)
    return "".join(piece[1:-1] if piece[0] == '"' else "s" for piece in pieces)


def rows_of(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for row in re.finditer(r'ROW\(\s*(%s),\s*((?:%s\s*)+),\s*((?:%s\s*)+)\)'
                           % (STRING, STRING, STRING), text):
        yield tuple(joined(group) for group in row.groups())


def sources():
    for room in ("proto", "replicator", "node"):
        for path in glob.glob(os.path.join(ROOT, room, "**", "*.[ch]"), recursive=True):
            with open(path, encoding="utf-8") as file:
                text = re.sub(r"'(?:\\.|[^'\\\n])'", "0", file.read())
                yield os.path.relpath(path, ROOT), text, re.sub(r"/\*.*?\*/", "", text, flags=re.S)


def keys_of(message):
    """Its own: what stands behind why= is another message."""
    return {pair.split("=")[0] for pair in message.split(" why=")[0].split(" ")[1:]}


def slots_of(sentence):
    return {name for name, _ in SLOT.findall(sentence)} - {"why"}


def tables():
    rows, faults = {}, []
    for path in sorted(glob.glob(os.path.join(ROOT, "node/text/*.def"))):
        name, before = os.path.relpath(path, ROOT), b""
        for code, en, zh in rows_of(path):
            if code.encode() <= before:
                faults.append(f"{name}: {code} is not in order")
            before = code.encode()
            if code in rows:
                faults.append(f"{name}: {code} has two rows")
            if slots_of(en) != slots_of(zh):
                faults.append(f"{name}: {code}: the languages use different slots")
            is_code = code.startswith("example.") and en == zh  # of the schema, in both languages
            if not (HAN.search(SLOT.sub("", zh)) or SAME_IN_BOTH.fullmatch(SLOT.sub("", zh)) or is_code):
                faults.append(f"{name}: {code}: no Chinese: {zh}")
            if RELEASE.search(zh) and "releas" not in en.lower():
                faults.append(f"{name}: {code}: 下达 where nothing is released: {zh}")
            rows[code] = (en, zh)
    return rows, faults


def misplaced(name, text):
    """What belongs to node/text/ alone."""
    if name.startswith("node/text/"):
        return []
    return [f"{name}:{number}: {what} outside node/text: {line.strip()}"
            for number, line in enumerate(text.splitlines(), 1)
            for what, found in (("Chinese", HAN), ("a choice by language", CHOICE))
            if found.search(line)]


def faults_of_console(rows):
    """Codes stand in its sources as whole texts; `console.state.${name}` stands for all of an area."""
    said, areas, faults = set(), set(), []
    for path in glob.glob(os.path.join(ROOT, "node/console/src/**/*.ts*"), recursive=True):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        areas |= set(re.findall(r'[`"\'](console\.[\w.]*\.)(?:\$\{|["\'] *\+)', text))
        codes = set(re.findall(r'[`"\'](console\.[\w.]*\w)[`"\']', text))
        faults += [f"{os.path.relpath(path, ROOT)}: no row for {code}"
                   for code in sorted(codes - set(rows))]
        said |= codes
    return faults + [f"node/text: the console does not say {code}" for code in rows
                     if said and code.startswith("console.") and code not in said
                     and not code.startswith(tuple(areas))]


def main():
    rows, faults = tables()
    used, areas = set(), {area for pair in rows.values() for sentence in pair
                          for _, area in SLOT.findall(sentence) if area}
    for name, whole, text in sources():
        faults += misplaced(name, whole)
        faults += [f"{name}: no row for column.{title}" for title in COLUMN.findall(text)
                   if f"column.{title}" not in rows]
        faults += [f"{name}: no row for check.{check}" for check in CHECK.findall(text)
                   if f"check.{check}" not in rows]
        areas |= set(re.findall(r'\btext_word\([^;"]*"(\w+)"', text))
        areas |= set(re.findall(r'"(\w+)\.%', text))  # codes put together
        said = {joined(match.group(1)) for match in SAYING.finditer(text)}
        for literal in {joined(match.group()) for match in re.finditer(TEXT, text)}:
            code = literal.split(" ")[0]
            used.add(code)
            if CODED.fullmatch(literal):
                if code not in rows:
                    faults.append(f"{name}: no row for {literal}")
                elif keys_of(literal) != slots_of(rows[code][0]):
                    faults.append(f"{name}: {literal} and its row have different arguments")
            elif literal in said and re.fullmatch(r"[a-z0-9_.]+", literal) and literal not in rows:
                faults.append(f"{name}: no row for {literal}")
    faults += [f"node/text: nobody says {code}" for code in rows
               if code not in used and code.split(".")[0] not in areas | {"console"}]
    faults += faults_of_console(rows)
    print("\n".join(faults) or f"{len(rows)} rows")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
