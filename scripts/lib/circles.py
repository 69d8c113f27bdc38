"""circles - refuses a circle of object files on the linker's graph.

    python3 scripts/lib/circles.py [--build build]

A file stands on another when it uses a symbol that the other defines, as nm(1) sees it: so a
comment, an include or a name cannot hide or feign an arrow. A circle of files is one module, however
many files it has: none of them can be read, tested or moved without the others. Of each circle the
files are printed, and of each arrow in it the symbols that make it.
"""
import argparse
import os
import subprocess
import sys

OURS = ("proto", "replicator", "node")
GENERATED = ".pb-c.c.o"


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def objects(build, tops=OURS):
    """{source path: object file} of what lies in these folders; a source compiled for two targets
    counts once, and one that is gone not at all."""
    found = {}
    for folder, _, names in os.walk(build):
        for name in names:
            if not name.endswith(".c.o") or name.endswith(GENERATED):
                continue
            path = os.path.relpath(os.path.join(folder, name), build)
            parts = path.split(os.sep)
            if parts[0] not in tops or "CMakeFiles" not in parts:
                continue
            at = parts.index("CMakeFiles")
            source = os.path.join(*parts[:at], *parts[at + 2:])[:-2].replace("__/", "../")
            source = os.path.normpath(source)
            if os.path.exists(source):
                found[source] = os.path.join(build, path)
    return found


def symbols(path):
    """(defined, used) global names of an object file; those that begin with __ are the system's, whoever defines one
    in its place."""
    listed = run("nm", "--format=posix", "--extern-only", path)
    defined, used = set(), set()
    for line in listed.splitlines():
        name, kind = line.split()[:2]
        if name.startswith("__"):
            continue
        (used if kind == "U" else defined).add(name)
    return defined, used


def arrows(files):
    """{user: {definer: [symbols]}}"""
    tables = {source: symbols(path) for source, path in files.items()}
    where = {name: source for source, (defined, _) in tables.items() for name in defined}
    graph = {}
    for source, (_, used) in tables.items():
        graph[source] = {}
        for name in sorted(used):
            if name in where and where[name] != source:
                graph[source].setdefault(where[name], []).append(name)
    return graph


def circles(graph):
    """Its strongly connected parts of two or more (Tarjan 1972, without recursion)."""
    index, low, stack, on_stack, found = {}, {}, [], set(), []
    for root in sorted(graph):
        if root in index:
            continue
        work = [(root, iter(sorted(graph[root])))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, rest = work[-1]
            for to in rest:
                if to not in index:
                    index[to] = low[to] = len(index)
                    stack.append(to)
                    on_stack.add(to)
                    work.append((to, iter(sorted(graph.get(to, {})))))
                    break
                if to in on_stack:
                    low[node] = min(low[node], index[to])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    part = set()
                    while node not in part:
                        on_stack.discard(stack[-1])
                        part.add(stack.pop())
                    if len(part) > 1:
                        found.append(sorted(part))
    return found


def upward(graph):
    """Arrows against proto <- replicator <- node."""
    for source, targets in graph.items():
        for target, names in targets.items():
            if OURS.index(source.split("/")[0]) < OURS.index(target.split("/")[0]):
                yield source, target, names


def some(names):
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    build = parser.parse_args().build
    files = objects(build)
    if not files:
        print(f"circles: no object files in {build}: build first", file=sys.stderr)
        return 2
    graph = arrows(files)
    found, against = circles(graph), list(upward(graph))
    for part in found:
        print(f"a circle of {len(part)} files:")
        for source in part:
            for target in part:
                if target in graph[source]:
                    print(f"  {source} -> {target}: {some(graph[source][target])}")
    for source, target, names in against:
        print(f"an arrow upward: {source} -> {target}: {some(names)}")
    return 1 if found or against else 0


if __name__ == "__main__":
    sys.exit(main())
