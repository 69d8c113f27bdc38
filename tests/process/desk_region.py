"""desk_region - money on its way down, at the desks of three levels, on real nodes, in both languages:
the region issues, the county answers, and each sees what waits for it.

    python3 tests/process/desk_region.py --build build
"""
import argparse
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "..", "scripts", "lib"), HERE]
import tree as trees  # noqa: E402
from desk import finding, registering, waiting  # noqa: E402
from desk.common import walk  # noqa: E402


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terrace-desk-region-") as base:
        try:
            for name, approval, steps in (("registering", "none", registering.walk),
                                          ("waiting", "allocate,return", waiting.walk),
                                          ("finding", "none", finding.walk)):
                walk(os.path.join(base, name), args.build, approval, steps)
        except trees.Failed as failed:
            print(f"desk_region: {failed}", file=sys.stderr)
            return 1
    print("desk_region: transfers registered and returned, what waits, what is found, in two languages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
