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
    (r'\b(malloc|calloc|realloc|free)\s*\(', OURS, r'proto/bytes\.c', "memory comes from mem_*"),
    (r'\b(clock_gettime|gettimeofday|timespec_get|time|localtime|gmtime)\s*\(', OURS,
     r'proto/log\.c|node/(system_clock|calls)\.c|node/api/now\.c',
     "time comes through the clock seam"),
    (r'\b_?exit\s*\(', OURS, r'node/main\.c|node/cli/terrace\.c', "only main decides how a program ends"),
    (r'^\s*(?!out:|default:)[a-z_]\w*:(?!:)\s*$', r'.*', r'', "the one label is called out"),
]
# Includes: (header, its door, except in tests, why)
DOORS = [
    (r'<zmq', r'replicator/\w+_zmq\.c|tests/(process|unit/replicator)/.*', "libzmq"),
    (r'<sodium', r'replicator/crypto\.c', "libsodium"),
    (r'<rocksdb', r'node/store/\w*rocks\w*\.[ch]', "RocksDB"),
    (r'<microhttpd', r'node/api/server\.c', "the HTTP server"),
    (r'<curl', r'node/cli/(client|terrace)\.c', "libcurl"),
    (r'<cyaml|<yaml', r'node/home_config\.c', "libcyaml"),
    (r'<zstd', r'proto/block\.c|tests/unit/proto/.*', "zstd"),
    (r'<zlib', r'node/cli/xlsx\.c|tests/data/.*', "zlib"),
    (r'<jansson', r'node/api/json\.h|node/cli/\w+\.[ch]|tests/(process|unit/node|unit/cli)/.*',
     "jansson"),
    (r'".*pb-c\.h"', r'proto/frame\.h|tests/.*', "generated code"),
]
# Of the whole text
TEXT = [
    (r'#\s*include\s*"node/', r'replicator/.*', r'', "the replicator knows no ledger"),
    (r'#\s*include\s*"(node|replicator)/', r'proto/.*', r'', "proto knows no one above it"),
    (FINANCE, r'replicator/.*', r'', "the replicator carries anything"),
    (r'\b(TODO|FIXME|XXX)\b', r'.*', r'', "no promises in the tree"),
]
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


def main():
    faults = 0
    for path in files():
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for number, why, line in faults_of(path, text):
            print(f"{path}:{number}: {why}: {line}")
            faults += 1
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
