"""faults - each of the nine faults of tests/process/nine_faults.py is found by an operator of the region
on the first screen of the console, with its cure; and by the operator of the city itself, wherever its node
is there to answer: nothing is clicked and nothing is scrolled.

    python3 tests/console/faults.py --build build [--only NAME]
"""
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "process"))
import nine_faults as faults  # noqa: E402

SKIPPED = 77
ADMIN, PASSWORD = "卓玛", "terrace-demo"  # the tree's own
NAMES = {"540000": "西藏自治区", "540100": "拉萨市", "540121": "林周县"}  # pages say names for codes
screens, own = [], []


def add_admin(node):
    subprocess.run([node.tree.bin("terrace"), "--home", node.home, "user", "add", ADMIN, "--role", "admin"],
                   env=node.tree.env, check=True, capture_output=True)


def first_screen(node, words):
    """A word about a division may stand there as its name; in a command it keeps its code."""
    said = ["|".join({word, *(word.replace(code, name) for code, name in NAMES.items())}) for word in words]
    screens.append(words)
    path = os.path.join(node.tree.build, "console-screens", f"fault-{len(screens)}.png")
    done = subprocess.run(["node", os.path.join(HERE, "first_screen.mjs"), node.api, ADMIN, PASSWORD, path, *said],
                          capture_output=True, text=True)
    faults.need(done.returncode == 0, done.stdout + done.stderr)


class Case(faults.Case):
    def here(self, status, doctor, zh=None, env=None):
        """Where the node itself does not run, nobody is there to answer: the region's screen is what counts."""
        if self.node.process is not None and self.node.process.poll() is None:
            first_screen(self.node, status)
            own.append(status)

    def above(self, *words, zh=None):
        first_screen(self.region, words)


def refused(region, home, token, division, words):
    node = faults.trees.Node(region.tree, home, "日喀则市", region)
    code, _, err = node.run("join", token, "--approval", "none", check=False)
    faults.need(code == 1, err)
    first_screen(region, [division, words, "terrace invite"])


def main():
    modules = os.path.join(HERE, "..", "..", "node", "console", "node_modules", "playwright-core")
    if shutil.which("chromium") is None or shutil.which("node") is None or not os.path.isdir(modules):
        print("faults: needs node, chromium and npm ci in node/console")
        return 1 if os.environ.get("TERRACE_ALL_TESTS") else SKIPPED
    plain_tree, plain_init = faults.trees.Tree, faults.trees.Tree.init_root

    class Tree(plain_tree):
        def __init__(self, base, build=None):
            super().__init__(base, build=build, console=True)

        def init_root(self, division, name):
            region = plain_init(self, division, name)
            add_admin(region)
            return region

        def join(self, parent, division, name, relays=None):
            """Whoever watches the city, too."""
            joined = super().join(parent, division, name, relays)
            if division == faults.CITY:
                add_admin(joined[0])
            return joined

    plain_run = faults.trees.Node.run

    def run(self, *args, **named):
        """Once there is an admin, he alone invites."""
        if "invite" in args and self.division in (faults.REGION, faults.CITY):
            named.setdefault("as_user", ADMIN)
        return plain_run(self, *args, **named)
    faults.trees.Node.run = run
    faults.trees.Tree, faults.Case, faults.refused = Tree, Case, refused
    os.makedirs(os.path.join(os.path.abspath(sys.argv[sys.argv.index("--build") + 1]), "console-screens"), exist_ok=True)
    outcome = faults.main()
    faults.need("--only" in sys.argv or outcome != 0 or len(own) == 3, f"the city's own screen was looked at for {own}")
    return outcome


if __name__ == "__main__":
    sys.exit(main())
