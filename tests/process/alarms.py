"""alarms - what an operator sees of a real node: listed with cause and cure, seen by a person, there again after
a kill, over when its check says so, and kept in the history.

    python3 tests/process/alarms.py --build build
"""
import argparse
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402

ROOT = "540000"


def need(holds, what):
    if not holds:
        raise trees.Failed(what)


def set_floor(node, size):
    path = os.path.join(node.home, "config.yaml")
    with open(path) as old:
        text = re.sub(r"(?m)^#? ?disk_floor_bytes:.*$", f"disk_floor_bytes: {size}", old.read())
    with open(path, "w") as new:
        new.write(text)


def alarms(node, *options):
    return node.json("alarms", *options)["alarms"]


def code_of(node, *args, as_user=None):
    return node.run(*args, check=False, as_user=as_user)[0]


def shouts(node):
    """It stands on the first screen, among what must be seen."""
    return any(line.startswith("! ") for line in node.run("status")[1].splitlines())


def enter(node, code):
    """One document, and with it a commit."""
    line = (f'{{"kind":"agency","id":"{code}","fiscal_year":"2026","agency_code":"{code}","agency_name":"财政局"}}\n')
    return node.run("submit", "-", stdin=line.encode(), check=False)[0]


def is_silenced_for_a_while(node, first):
    """It is off the first screen, stays open, survives a restart, and comes back by itself."""
    name = str(first["id"])
    need(code_of(node, "alarms", "--silence", name) == 2, "a silence needs an end")
    need(code_of(node, "alarms", "--silence", name, "--until", "2100-01-01 08:00", as_user="boss") == 1, "for ever")
    need(code_of(node, "alarms", "--silence", name, "--until", "8h") == 1, "an admin must say it")
    need(shouts(node), "it is on the first screen")
    silent = node.json("alarms", "--silence", name, "--until", "8h", as_user="boss")
    need(silent["silenced_by"] == "boss" and silent["silenced"] is not None, f"{silent}")
    need("silent until" in node.run("alarms", "--silence", name, "--until", "2d", as_user="boss")[1], "in words")
    node.end()
    node.start()
    kept = alarms(node)[0]
    need((kept["id"], kept["silenced_by"]) == (first["id"], "boss") and kept["may_be_silenced"], f"{kept}")
    need(not shouts(node), "what is silent is still shouted")
    need("disk_low" in node.run("status")[1], "what is silent is hidden")
    need(node.json("alarms", "--silence", name, "--until", "now", as_user="boss")["silenced"] is None, "taken back")
    need(alarms(node)[0]["silenced"] is None and shouts(node), "heard again")


def prove(base, build):
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    try:
        node = tree.init_root(ROOT, "西藏自治区")
        space = os.statvfs(node.home)
        free = space.f_bavail * space.f_frsize
        node.end()
        set_floor(node, free // 2)  # low, not full
        node.start()
        trees.wait_until(lambda: alarms(node), 10, "an alarm")
        first = alarms(node)[0]
        need((first["code"], first["severity"], first["division"]) == ("disk_low", "warning", ROOT), f"{first}")
        need(first["cause"] and first["cure"] and "MiB" in first["text"], f"{first}")
        need(first["acknowledged"] is None and first["acknowledged_by"] == "", f"{first}")
        for_people = node.run("alarms")[1]
        need("disk_low" in for_people and first["cure"] in for_people, for_people)
        need("磁盘" in node.run("--lang", "zh", "alarms")[1], "its cure in Chinese")
        need(first["args"]["reason"] == "little_space" and int(first["args"]["free_mib"]) > 0 and
             first["args"]["free_mib"] in first["text"], f"for programs: {first}")
        need(enter(node, "101") == 0, "a document is taken")

        # Seen by a person, and open all the same: the disk is still low.
        need(code_of(node, "alarms", "--ack", "4711") == 1, "no such alarm")
        need(code_of(node, "alarms", "--ack", "many") == 2, "no number")
        node.run("user", "add", "boss", "--role", "admin")
        need(code_of(node, "alarms", "--ack", str(first["id"])) == 1, "an admin must say it")
        seen = node.json("alarms", "--ack", str(first["id"]), as_user="boss")
        need(seen == {"id": first["id"], "acknowledged_by": "boss", "open": True}, f"{seen}")

        is_silenced_for_a_while(node, first)
        node.kill()
        node.start()
        again = alarms(node)[0]
        need((again["id"], again["since"], again["acknowledged_by"]) == (first["id"], first["since"], "boss"),
             f"{first} became {again}")
        need(not alarms(node, "--history"), "nothing is over yet")

        # A critical one makes doctor say so by its exit code.
        node.end()
        set_floor(node, free * 2)
        node.start()
        trees.wait_until(lambda: "disk_full" in [a["code"] for a in alarms(node)], 10, "the disk is full")
        need(code_of(node, "doctor") == 1, "doctor exits 1 on a critical alarm")
        need(enter(node, "102") == 1, "no document is taken")

        node.end()
        set_floor(node, 1 << 20)
        node.start()
        trees.wait_until(lambda: not alarms(node), 10, "both are over")
        need(enter(node, "103") == 0, "a document is taken again")
        past = alarms(node, "--history")
        need([a["acknowledged_by"] for a in past if a["id"] == first["id"] and a["cleared"]] == ["boss"], f"{past}")
        need("disk_low" in node.run("alarms", "--history")[1], "the history for people")
    finally:
        tree.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="alarms.") as base:
        try:
            prove(base, os.path.abspath(args.build))
        except trees.Failed as fault:
            print(f"alarms: {fault}")
            return 1
    print("alarms: listed, seen, kept over a kill, ended by their checks")
    return 0


if __name__ == "__main__":
    sys.exit(main())
