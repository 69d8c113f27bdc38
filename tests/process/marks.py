"""marks - that something came to be held at a node, and nothing of what: what a page of the console follows.

    python3 tests/process/marks.py --build build
"""
import json
import os
import time

from changes import CITY, COUNTY, ROOT, Events, api, enter, need, trees, whole

MEMBERS = {"position", "entries", "divisions"}


def follow(node, last=None):
    return Events(node, last=last, path="/changes/marks")


def heard(stream, entries):
    """The divisions that its marks name until so many entries came, and where it stands then."""
    named, position = set(), None
    while entries > 0:
        event, position, data = stream.next()
        need(event == "mark" and data["position"] == position and set(data) == MEMBERS, f"{event} {data}")
        need(data["entries"] > 0, f"a mark of nothing: {data}")
        entries -= data["entries"]
        named |= set(data["divisions"])
    need(entries == 0, f"{-entries} entries too many were told")
    return named, position


def as_events(tree):
    """Where it stands at once; then whose entries came, own and received; and from a position on."""
    node = tree[CITY]
    _, end = whole(node)
    stream = follow(node)
    need(stream.next() == ("mark", end, {"position": end, "entries": 0, "divisions": []}), "where it stands")
    enter(tree[COUNTY], "MC", 3)
    need(heard(stream, 3)[0] == {COUNTY}, "the county's")
    enter(node, "MO", 2)
    named, position = heard(stream, 2)
    need(named == {CITY}, f"its own: {named}")
    need(whole(node, position) == ([], position), "its positions are those of the changes")
    stream.close()
    again = follow(node, last=end)
    need(heard(again, 5)[0] == {CITY, COUNTY}, "all that came since")
    again.close()


def beats(tree):
    """While nothing comes, a word does: who hears none knows that the line is cut."""
    stream = follow(tree[CITY])
    stream.next()
    for _ in range(2):
        need(stream.answer.readline() == b": \n" and stream.answer.readline() == b"\n", "a comment")
    stream.close()


def at_its_pace(tree):
    """However much comes, a follower hears of it once a second."""
    node, marks, left = tree[CITY], 0, 30
    stream = follow(node)
    stream.next()
    began = time.monotonic()
    door = api(node)
    for at in range(left):
        line = dict(kind="agency", id=f"MP{at}", fiscal_year="2026", agency_code=f"MP{at}", agency_name="x")
        door.text("POST", "/documents", (json.dumps(line) + "\n").encode())
    while left > 0:
        left -= stream.next()[2]["entries"]
        marks += 1
    need(marks <= time.monotonic() - began + 2, f"{marks} marks in {time.monotonic() - began:.1f} s")
    stream.close()


def as_a_line(tree):
    door = api(tree[ROOT])
    _, end = whole(tree[ROOT])

    def line(**query):
        return json.loads(door.text("GET", "/changes/marks", **query))
    need(line() == {"position": end, "entries": 0, "divisions": []}, "nothing came")
    since = line(after="0")
    need(since["entries"] == len(whole(tree[ROOT])[0]) and set(since["divisions"]) == {ROOT, CITY, COUNTY}, f"{since}")
    began = time.monotonic()
    need(line(after=end, wait=1)["entries"] == 0 and time.monotonic() - began > 0.9, "it waits")


def prove(base, build):
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    try:
        tree.init_root(ROOT, "西藏自治区")
        tree.join(ROOT, CITY, "拉萨市")
        tree.join(CITY, COUNTY, "林周县")
        for division in (ROOT, CITY, COUNTY):
            enter(tree[division], f"A{division[3]}", 2)
        tree.wait_equal_digests()
        for step in (as_events, beats, at_its_pace):
            step(tree)
        tree.wait_equal_digests()
        as_a_line(tree)
    finally:
        tree.stop()
    print("marks: whose entries came, from any position, at a pace of their own")


if __name__ == "__main__":
    trees.run_test("marks", prove)
