"""shares - which of many things a commit tries: the same ones for one commit, wherever it is tested; over
time all of them.

    python3 scripts/lib/shares.py COUNT NAME...     prints so many of the names, a line each

The newest commit chooses, or the text in TERRACE_COMMIT.
"""
import os
import random
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def commit():
    said = os.environ.get("TERRACE_COMMIT")
    return said or subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True,
                                  check=True).stdout.strip()


def chosen(names, count):
    """So many of these names (all where there are fewer), in their order."""
    names = sorted(names)
    return sorted(random.Random(commit()).sample(names, min(count, len(names))))


if __name__ == "__main__":
    print("\n".join(chosen(sys.argv[2:], int(sys.argv[1]))))
