"""House rules that a compiler does not know. Each rule: a pattern, where it applies, why."""
import re
import subprocess
import sys

RULES = [
    # (what must not stand, files, except, why)
    (r'#\s*include\s*<zmq', r'.*', r'replicator/\w+_zmq\.c|tests/(process|unit/replicator)/.*', "libzmq has one door"),
    (r'#\s*include\s*<sodium', r'.*', r'replicator/crypto\.c', "libsodium has one door"),
    (r'#\s*include\s*<rocksdb', r'.*', r'node/store/rocks\.h', "RocksDB has one door"),
    (r'#\s*include\s*<microhttpd', r'.*', r'node/api/server\.c', "the HTTP server has one door"),
    (r'#\s*include\s*".*pb-c\.h"', r'.*', r'proto/frame\.h|tests/.*', "generated headers are included in one place"),
    (r'#\s*include\s*"(node)/', r'replicator/.*', r'', "the replicator knows no ledger"),
    (r'#\s*include\s*"(node|replicator)/', r'proto/.*', r'', "proto knows no one above it"),
    (r'(?i)budget', r'replicator/.*', r'', "the replicator carries anything"),
    (r'\b(sprintf|strcpy|strtok|atoi|alloca)\s*\(', r'.*', r'', "unbounded or unchecked"),
    (r'\b(float|double)\b', r'(proto|node/ledger)/.*', r'', "money is never floating point"),
    (r'\b(malloc|calloc|realloc|free)\s*\(', r'(proto|replicator|node)/.*', r'proto/bytes\.c', "memory comes from mem_*"),
    (r'\b(clock_gettime|gettimeofday|time)\s*\(', r'(replicator|node/ledger)/.*', r'', "time comes through the clock seam"),
    (r'\b(TODO|FIXME|XXX)\b', r'.*', r'', "no promises in the tree"),
]


def files():
    listed = subprocess.run(["git", "ls-files", "*.c", "*.h"], capture_output=True, text=True, check=True)
    return listed.stdout.split()


def without_comments(text):
    keep_lines = lambda match: "\n" * match.group().count("\n")
    return re.sub(r'//[^\n]*', '', re.sub(r'/\*.*?\*/', keep_lines, text, flags=re.S))


def main():
    faults = 0
    for path in files():
        text = open(path, encoding="utf-8").read()
        code = without_comments(text)
        for pattern, where, excepted, why in RULES:
            if not re.fullmatch(where, path) or (excepted and re.fullmatch(excepted, path)):
                continue
            subject = text if "TODO" in pattern or "budget" in pattern else code
            for number, line in enumerate(subject.splitlines(), 1):
                if re.search(pattern, line):
                    print(f"{path}:{number}: {why}: {line.strip()}")
                    faults += 1
        if path.endswith(".h") and not text.startswith("/*"):
            print(f"{path}:1: a header opens with what it is for")
            faults += 1
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
