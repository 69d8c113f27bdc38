"""words - every sentence that the sources below say to people has its Chinese in node/words.c.

    python3 tests/unit/cli/words.py
"""
import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
# What runs before or beside a running node and is read by the person who started it; what alarms,
# what verification finds.
SOURCES = ["node/home.c", "node/keys.c", "node/prompt.c", "node/operators.c", "node/api/server.c", "node/daemon.c",
           "replicator/enrol.c", "replicator/enrol_join.c", "replicator/enrol_zmq.c",
           "replicator/token.c", "replicator/probe_zmq.c", "replicator/socket_zmq.c",
           "node/node.c", "node/ledger/hear.c", "node/ledger/journal.c", "node/ledger/ledger.c",
           "node/ledger/verify.c", "node/ledger/verify_log.c", "node/ledger/verify_replay.c",
           "node/ledger/verify_rows.c", "node/store/rocks_open.c", "replicator/beat.c",
           "replicator/cosign.c", "replicator/cursor.c", "replicator/greet.c",
           "replicator/guard_zmq.c", "replicator/heads.c", "replicator/intake_grants.c",
           "replicator/link_limits.c", "replicator/log.c", "replicator/roster_load.c",
           "replicator/taken.c"]
# A call that says something, and in it what stands before the sentence.
SAYING = r"\b(?:(?:err_set|err_wrap)\(\s*err,|(?:verify_fail|fail|fail_at|fail_entry|alarm_block)\(|" \
         r"(?:alarm_about|ledger_alarm|node_alarm)\([^;\"]*(?:\"[a-z_]+\"[^;\"]*)+,|" \
         r"snprintf\((?:guard->reason|text|words),)[^;\"]*?"
STRING = r'"(?:[^"\\]|\\.)*"'


def joined(text):
    return "".join(piece[1:-1].replace('\\"', '"') for piece in re.findall(STRING, text))


def said(source):
    """The formats of all that is said, with '%' for whatever is put in."""
    text = re.sub(r"/\*.*?\*/", "", source, flags=re.S)
    for call in re.finditer(r"%s(%s(?:%s|PRI\w+|\s)*)" % (SAYING, STRING, STRING), text):
        text_of = re.sub(r'"\s*PRI\w+\s*"', "s", call.group(1))
        sentence = re.sub(r"%[-+0-9.*]*(?:hh|h|ll|l|z)?[a-zA-Z]", "%", joined(text_of))
        yield "%" + sentence if sentence.startswith(" ") else sentence  # behind a name


def rows():
    with open(os.path.join(ROOT, "node/words.c")) as words:
        text = words.read()
    for row in re.finditer(r"\{((?:%s\s*)+),\s*((?:%s\s*)+)\}" % (STRING, STRING), text):
        yield joined(row.group(1)), joined(row.group(2))


def main():
    known, faults = dict(rows()), []
    for en, zh in known.items():
        if en.count("%") != len(set(re.findall(r"%\d", zh))):
            faults.append(f"node/words.c: not all of it is put in: {zh}")
    for name in SOURCES:
        with open(os.path.join(ROOT, name)) as source:
            for sentence in said(source.read()):
                parts = [sentence] + sentence.split(": ", 1)
                if set(sentence) <= set("%: ") or sentence in known:
                    continue
                if not all(set(p) <= set("%: ") or p in known for p in parts[1:]):
                    faults.append(f"{name}: no Chinese in node/words.c: {sentence}")
    print("\n".join(faults) or f"{len(known)} rows")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
