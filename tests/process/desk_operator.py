"""desk_operator - an operator's day at the watch, on real nodes of three levels, on a terminal, in both languages: what
he sees without typing, what he is told, what he looks up, and what he writes down.

    python3 tests/process/desk_operator.py --build build
"""
import argparse
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "..", "scripts", "lib"), HERE]
import tree as trees  # noqa: E402
from desk import letting_in, watching  # noqa: E402
from desk.common import walk  # noqa: E402


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terrace-desk-operator-") as base:
        try:
            for name, steps in (("watching", watching.walk), ("letting_in", letting_in.walk)):
                walk(os.path.join(base, name), args.build, "none", steps)
        except trees.Failed as failed:
            print(f"desk_operator: {failed}", file=sys.stderr)
            return 1
    print("desk_operator: a city lost and found again, seen, told, looked up and written down; who is let in, and who\n"
          "  asked what; in two languages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
