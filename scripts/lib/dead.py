"""dead - refuses a function that nobody calls, and one that is public for no reason.

    python3 scripts/lib/dead.py [--build build]

A global function of proto/, replicator/ or node/ is dead when no object file of ours, tests
included, uses it and its own file names it only where it defines it; it is public for no reason when
its own file alone uses it. What the object files say is read with nm(1).
"""
import argparse
import re
import sys

import circles

ENTRIES = {"main"}


def functions(path):
    """Names of the global functions an object file defines, but for the system's (__) that it puts its own before."""
    listed = circles.run("nm", "--format=posix", "--defined-only", "--extern-only", path)
    return {line.split()[0] for line in listed.splitlines() if line.split()[1] == "T" and not line.startswith("__")}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    build = parser.parse_args().build
    tops = circles.OURS + ("tests",)
    used_by = {}
    for source, path in circles.objects(build, tops).items():
        for name in circles.symbols(path)[1]:
            used_by.setdefault(name, set()).add(source)
    faults = 0
    for source, path in sorted(circles.objects(build).items()):
        with open(source, encoding="utf-8") as file:
            text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
        for name in sorted(functions(path) - ENTRIES - set(used_by)):
            times = len(re.findall(rf"\b{name}\b", text))
            print(f"{source}: {name}: " + ("nobody calls it" if times < 2 else
                                           "no other file calls it: make it static"))
            faults += 1
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
