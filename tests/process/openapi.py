"""openapi - the description that a node serves is true: every operation of it is played against a
real node, every error that it documents is met, and every answer fits its schema to the last member.

    python3 tests/process/openapi.py --build build

Three real nodes; the one in the middle has persons and approval. What is asked stands in openapi/story.py; this file plays it,
holds each answer against /api/v1/openapi.json, and at the end names what nobody asked for. Who may not
ask is tried of every operation at the TLS door. Needs python3-jsonschema.
"""
import argparse
import json
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "scripts", "lib"))
sys.path.insert(0, os.path.join(HERE, "openapi"))
import player  # noqa: E402
import story  # noqa: E402
import tree as trees  # noqa: E402


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    build = parser.parse_args().build
    with tempfile.TemporaryDirectory(prefix="terrace-openapi-") as base:
        tree = trees.Tree(base, build, console=True)
        try:
            faults = play(tree)
        finally:
            tree.stop()
    print("\n".join(faults) or "openapi: every operation and every error as described")
    return 1 if faults else 0


def play(tree):
    region = tree.init_root("540000", "西藏自治区")
    tree.approval = "required"
    city, _ = tree.join("540000", "540100", "拉萨市")
    region.run("submit", "-", stdin="\n".join(map(json.dumps, story.ABOVE)).encode())
    described = player.Description(player.Door(city.home).get("/openapi.json")[2])
    played = player.Player(described, city.home)
    story.tell(tree, city, played)
    played.try_strangers(city)
    played.missing()
    return played.faults


if __name__ == "__main__":
    sys.exit(main())
