"""House rules that a compiler does not know. Each rule: a pattern, where it applies, why."""
import re
import subprocess
import sys

OURS = r'(proto|replicator|node)/.*'
FINANCE = (r'(?i:budget|\b(payments?|payees?|allotments?|appropriations?|indicators?|moneys?|fiscal|'
           r'balances?|vouchers?|yuan|fen)\b)|\bdrafts?\b')

# Of the code, without comments and texts: (what must not stand, files, except, why)
CODE = [
    (r'\b(sprintf|vsprintf|strcpy|strcat|strtok|atoi|atol|atof|gets|alloca)\s*\(', r'.*', r'',
     "unbounded or unchecked"),
    (r'\b(float|double)\b', r'(proto|node/ledger)/.*', r'', "money is never floating point"),
    (r'\b(malloc|calloc|realloc|free)\s*\(', OURS, r'proto/bytes\.c|node/client/(answer|pin|terrace)\.c',
     "memory comes from mem_*"),  # a library must not abort another's program
    (r'\b(clock_gettime|gettimeofday|timespec_get|time|localtime|gmtime)\s*\(', OURS,
     r'proto/log\.c|node/daemon/system_clock\.c|node/core/tasks\.c',
     "time comes through the clock seam"),
    (r'\b_?exit\s*\(', OURS, r'node/main\.c|node/cli/terrace\.c', "only main decides how a program ends"),
    (r'^\s*(?!out:|default:)[a-z_]\w*:(?!:)\s*$', r'.*', r'', "the one label is called out"),
]
# Includes: (header, its door, except in tests, why)
DOORS = [
    (r'<zmq', r'replicator/zmq/\w+_zmq\.c|tests/(process|unit/replicator)/.*', "libzmq"),
    (r'<sodium', r'replicator/trust/crypto\.c|node/client/pin\.c', "libsodium"),
    (r'<rocksdb', r'node/store/\w*rocks\w*\.[ch]|tests/process/(store_steps|kill_points)\.c|tests/unit/ledger/test_engine_reads\.c', "RocksDB"),
    (r'<microhttpd', r'node/api/door\w*\.[ch]', "the HTTP server"),
    (r'<gnutls', r'node/(home/tls|webhook/post)\.c', "GnuTLS"),
    (r'<curl', r'node/client/(pin|terrace)\.c', "libcurl"),
    (r'<cyaml|<yaml', r'node/home/home_config\.c', "libcyaml"),
    (r'<zstd', r'proto/block\.c|tests/unit/proto/.*', "zstd"),
    (r'<zlib', r'node/api/packed\.c|tests/data/.*|tests/unit/node/test_packed\.c', "zlib"),
    (r'<xlsxwriter', r'node/cli/xlsx\.c', "libxlsxwriter"),
    (r'<jansson', r'node/api/json\.h|node/cli/\w+\.[ch]|node/client/(answer|terrace)\.c|tests/(process|unit/node|unit/cli)/.*',
     "jansson"),
    (r'".*pb-c\.h"', r'proto/frame\.h|tests/.*', "generated code"),
]
# A row's letter stands in one of these and nowhere else; two of one space do not compile.
REGISTRIES = (r'node/ledger/rows/registry\.h|node/office/local_keys\.h|'
              r'replicator/store/row_letters\.h')
CODE += [
    (r"\b(buf_put_u8|\w*_key_of|\w+_scan|\w+_key)\s*\([^;]*'[A-Za-z]'", r'(replicator|node)/.*',
     REGISTRIES, "a row's letter comes from a registry"),
    (r"\bX\(\w+, '[A-Za-z]'", r'(replicator|node)/.*', REGISTRIES,
     "a row's letter comes from a registry"),
]
# Of the whole text
TEXT = [
    (r'#\s*include\s*"node/', r'replicator/.*', r'', "the replicator knows no ledger"),
    (r'#\s*include\s*"(node|replicator)/', r'proto/.*', r'', "proto knows no one above it"),
    (r'#\s*include\s*"replicator/(session/|core|replicator\.h)',
     r'replicator/(stream|log|trust|store)/.*', r'replicator/trust/enrol.*',
     "a session alone holds, ends or alarms a link: say what was found"),
    (r'#\s*include\s*"replicator/stream/', r'replicator/(log|trust|store)/.*', r'',
     "a log knows no link"),
    (r'#\s*include\s*"replicator/log/', r'replicator/(trust|store)/.*', r'',
     "trust and store know no log"),
    (FINANCE, r'replicator/.*', r'', "the replicator carries anything"),
    (r'\b(TODO|FIXME|XXX)\b', r'.*', r'', "no promises in the tree"),
]
# What CONTRIBUTING.md promises a newcomer to read, and how much that is at most.
HOUR = ["README.md", "node/daemon/daemon.h", "node/core/node.h", "node/core/turn.h",
        "node/core/turn.c", "node/core/commit.h", "node/ledger/ledger.h",
        "replicator/replicator.h", "tests/sim/stories/stories.c"]
HOUR_LINES_MAX = 1000
OFFICER = "\n## For a finance officer\n"  # where README.md turns to other readers
PAYMENT = ["node/api/routes_write.c", "node/office/submit.c", "node/ledger/ledger.c",
           "node/core/commit.c", "replicator/stream/receive.c"]
PAYMENT_LINES_MAX = 400

PRIVATE = r'.*_internal\.h|replicator/core\.h|tests/.*'


def files():
    listed = subprocess.run(["git", "ls-files", "*.c", "*.h"], capture_output=True, text=True,
                            check=True)
    return listed.stdout.split()


def bare(text):
    """Without comments and texts, line for line."""
    keep_lines = lambda match: "\n" * match.group().count("\n")
    text = re.sub(r'//[^\n]*', '', re.sub(r'/\*.*?\*/', keep_lines, text, flags=re.S))
    return re.sub(r'"(\\.|[^"\\\n])*"', '""', text)


def top_of(header):
    """The comment it opens with, or nothing."""
    match = re.match(r'/\*.*?\*/', header, flags=re.S)
    return match.group() if match else ""


def errors_unstated(header):
    """(line, name) of functions that can fail and do not say how. A comment speaks of all that stands
    below it up to the next empty line; the one that opens the file, of all of it."""
    if "Errors:" in top_of(header):
        return
    for match in re.finditer(r'^enum status (\w+)\(', header, re.M):
        paragraph = header[header.rfind("\n\n", 0, match.start()):match.start()]
        end = header.index(";", match.start())
        said = paragraph + header[end:header.index("\n", end)]
        if not re.search(r'\b[Ee]rrors\b|\bERR_', said):
            yield header.count("\n", 0, match.start()) + 1, match.group(1)


def alternatives(pattern):
    """a|b(c|d) -> a, bc, bd: what an exemption names one by one."""
    depth, parts, part = 0, [], ""
    for c in pattern:
        depth += (c == "(") - (c == ")")
        if c == "|" and depth == 0:
            parts, part = parts + [part], ""
        else:
            part += c
    for part in parts + [part]:
        group = re.search(r'\(([^()]*\|[^()]*)\)', part)
        if group is None:
            yield part
        else:
            for choice in group.group(1).split("|"):
                yield from alternatives(part[:group.start()] + choice + part[group.end():])


def exemptions_of_nothing(paths):
    """Exceptions and doors that match no file any more."""
    named = [excepted for _, _, excepted, _ in CODE + TEXT if excepted]
    named += [door for _, door, _ in DOORS] + [PRIVATE]
    for pattern in sorted({one for whole in named for one in alternatives(whole)}):
        if not any(re.fullmatch(pattern, path) for path in paths):
            yield pattern


def faults_of_reading():
    """What CONTRIBUTING.md says of what to read, held against the files."""
    with open("CONTRIBUTING.md", encoding="utf-8") as file:
        page = file.read()
    lines = {}
    for path in HOUR + PAYMENT:
        if f"`{path}`" not in page:
            yield f"CONTRIBUTING.md does not name {path}"
        with open(path, encoding="utf-8") as file:
            text = file.read()
            lines[path] = len(text[:text.index(OFFICER) if OFFICER in text else None].splitlines())
    total = sum(lines[path] for path in HOUR)
    if total >= HOUR_LINES_MAX:
        yield f"the newcomer's hour has {total} lines, {HOUR_LINES_MAX} are the bound"
    for path in PAYMENT:
        if lines[path] > PAYMENT_LINES_MAX:
            yield f"{path} has {lines[path]} lines, {PAYMENT_LINES_MAX} are the bound"


def faults_of(path, text):
    """(line, why, what stands there)"""
    code = bare(text)
    for rules, subject in ((CODE, code), (TEXT, text)):
        for pattern, where, excepted, why in rules:
            if not re.fullmatch(where, path) or (excepted and re.fullmatch(excepted, path)):
                continue
            for number, line in enumerate(subject.splitlines(), 1):
                if re.search(pattern, line):
                    yield number, why, line.strip()
    for header, door, library in DOORS:
        for number, line in enumerate(text.splitlines(), 1):
            if re.match(r'#\s*include\s*' + header, line) and not re.fullmatch(door, path):
                yield number, f"{library} has its door", line.strip()
    if path.endswith(".h"):
        top = top_of(text)
        if not top:
            yield 1, "a header opens with what it is for", ""
        elif "Thread:" not in text and not re.fullmatch(PRIVATE, path):
            yield 1, "a public header says which threads may call it", ""
        if not re.fullmatch(PRIVATE, path):
            for number, name in errors_unstated(text):
                yield number, "a function that can fail says with which errors", name


def main():
    faults, paths = 0, files()
    for pattern in exemptions_of_nothing(paths):
        print(f"scripts/lib/rules.py: an exemption for no file: {pattern}")
        faults += 1
    for why in faults_of_reading():
        print(why)
        faults += 1
    for path in paths:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for number, why, line in faults_of(path, text):
            print(f"{path}:{number}: {why}: {line}")
            faults += 1
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
