"""events - every event that the sources log stands on the page of events, with its level and its
members in order, and the page names no other.

    python3 tests/unit/cli/events.py
"""
import glob
import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
PAGE = "configs/man/terraced-events.5.in"
STRING = r'"(?:[^"\\]|\\.)*"'
FORMAT = r'(?:%s|PRI\w+|\s)+' % STRING
CALL = re.compile(r'\bLOG_(DEBUG|INFO|WARN|ERROR)\(\s*(%s|\w+),\s*(%s)' % (STRING, FORMAT))
ROW = re.compile(r'\.TP\n\.B (\S+)\n\.I (\S+)\n(.*)\n\.br\n(?!\.)\S')
OWN = {"time", "level", "division", "event"}  # of every line
NAME = re.compile(r'[a-z]+(\.[a-z_]+)?')


def members(text):
    whole = "".join(piece[1:-1] if piece[0] == '"' else "u" for piece in re.findall(r'%s|PRI\w+' % STRING, text))
    return [pair.split("=")[0] for pair in whole.split(" ")], whole


def names(code, at, said):
    """The event as it stands there; or, where a function is told it, what its callers say."""
    if said.startswith('"'):
        return [said[1:-1]]
    function = re.findall(r'^static [^;{}()]*?(\w+)\(', code[:at], re.M)[-1]
    return re.findall(r'\b%s\([^;]*?"([^"]*)"\);' % function, code[at:])


def logged():
    """(where, event, level, members) of every line of the sources that logs."""
    for room in ("proto", "replicator", "node"):
        for path in sorted(glob.glob(os.path.join(ROOT, room, "**", "*.c"), recursive=True)):
            with open(path, encoding="utf-8") as file:
                code = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
            name, found = os.path.relpath(path, ROOT), list(CALL.finditer(code))
            if len(found) != len(re.findall(r'\bLOG_(?:DEBUG|INFO|WARN|ERROR)\(', code)):
                raise SystemExit(f"{name}: a line that logs and cannot be read here")
            for call in found:
                keys, whole = members(call.group(3))
                for event in names(code, call.start(), call.group(2)) or ["?"]:
                    yield name, event, call.group(1).lower(), keys, whole


def main():
    with open(os.path.join(ROOT, PAGE), encoding="utf-8") as file:
        page = file.read().replace("\\-", "-")
    rows = {event: (level, keys.split()) for event, level, keys in ROW.findall(page)}
    listed = re.findall(r'^\.TP\n\.B (\S+)', page[page.index(".SH EVENTS"):], re.M)
    faults = [f"{PAGE}: {event} is not written as the others are" for event in listed if event not in rows]
    if listed != sorted(set(listed)):
        faults.append(f"{PAGE}: events are not in order, or one stands twice")
    seen = {}
    for where, event, level, keys, whole in logged():
        if not NAME.fullmatch(event):
            faults.append(f"{where}: no name of an event: {event}")
        if not all(re.fullmatch(r'[a-z_]+=[^" ]+', pair) for pair in whole.split(" ")):
            faults.append(f"{where}: {event}: not pairs of key=value without quotes: {whole}")
        if OWN & set(keys) or len(set(keys)) < len(keys):
            faults.append(f"{where}: {event}: a member would stand twice in the line: {' '.join(keys)}")
        if event not in rows:
            faults.append(f"{where}: {event} is missing from {PAGE}")
        elif rows[event][0] != level:
            faults.append(f"{where}: {event} is of level {level}, and {rows[event][0]} in {PAGE}")
        if seen.get(event, (level,))[0] != level:
            faults.append(f"{where}: {event} has two levels")
        if len(keys) >= len(seen.get(event, (level, []))[1]):
            seen[event] = (level, keys)
    faults += [f"{PAGE}: {event}: members are {' '.join(seen[event][1])}" for event in seen
               if event in rows and rows[event][1] != seen[event][1]]
    faults += [f"{PAGE}: nobody logs {event}" for event in rows if event not in seen]
    print("\n".join(faults) or f"{len(rows)} events")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
