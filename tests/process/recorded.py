"""recorded - recordings of versions that went out (tests/data/recorded), for whoever holds this version against them."""
import glob
import json
import os
import re
import subprocess
import sys
import tarfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402

FOLDER = os.path.join(trees.ROOT, "tests", "data", "recorded")


def need(holds, what):
    if not holds:
        raise trees.Failed(what)


class Recording:
    def __init__(self, path):
        self.path, self.name = path, os.path.basename(path)
        with open(os.path.join(path, "recorded.json"), encoding="utf-8") as file:
            self.about = json.load(file)
        with open(os.path.join(path, "figures.json"), encoding="utf-8") as file:
            self.figures = json.load(file)
        self.region, self.city = self.about["region"], self.about["city"]

    def tree(self, base, build):
        return trees.Tree(os.path.join(base, "tree"), build=build, passphrase=self.about["passphrase"])

    def home(self, tree, division):
        """A node that has the home as it was, at ports that are free here; it is not started."""
        with tarfile.open(os.path.join(self.path, f"{division}.home.tar.xz")) as tar:
            tar.extractall(tree.base)
        node = tree.nodes[division] = trees.Node(tree, division, division, None)
        path = os.path.join(node.home, "config.yaml")
        with open(path, encoding="utf-8") as config:
            text = config.read()
        text = re.sub(r'(?m)^(listen|enrol): .*$', lambda at: f'{at.group(1)}: "tcp://127.0.0.1:{trees.free_port()}"', text)
        with open(path, "w", encoding="utf-8") as config:
            config.write(text)
        return node

    def migrated(self, tree, division):
        """The same, brought to the schema of this version."""
        node = self.home(tree, division)
        code, out, err = migrate(node)
        need(code == 0, f"{self.name} {division}: {out}{err}")
        return node


def all_of_them():
    found = [Recording(path) for path in sorted(glob.glob(os.path.join(FOLDER, "v*")))]
    need(found, f"nothing is recorded in {FOLDER}")
    return found


def terraced(node, *options, **more):
    """It is expected to end: (exit code, stdout, stderr)."""
    env = dict(node.tree.env, **more)
    done = subprocess.run([node.tree.bin("terraced"), "--home", node.home, *options], env=env, capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=trees.PATIENCE_S)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def migrate(node, *options, **more):
    return terraced(node, "--migrate", *options, **more)


def figures(node, divisions):
    """As tests/process/record.py wrote them down."""
    return {"unapproved": {row["division"]: row["unapproved"]["count"] for row in node.json("status", "--tree")["rows"]},
            "balance": node.json("balance", "--scope", "subtree")["rows"],
            "chain": node.json("report", "chain")["rows"],
            "digests": {division: {key: node.digest(division)[key] for key in ("lsn", "digest")} for division in divisions}}


def same_figures(node, recorded, what):
    """All that was recorded is answered still; a later version may say more."""
    def folded():
        answers = [node.run("--json", "digest", "--division", division, check=False) for division in recorded["digests"]]
        return all(code == 0 for code, _, _ in answers) and [json.loads(out)["lsn"] for _, out, _ in answers] == [
            one["lsn"] for one in recorded["digests"].values()]
    trees.wait_until(folded, trees.PATIENCE_S, f"{what} to be folded")
    now = figures(node, recorded["digests"])
    for name in ("digests", "unapproved"):
        need(now[name] == recorded[name], f"{what}: {name} are {now[name]}, recorded was {recorded[name]}")
    for name in ("balance", "chain"):
        need(len(now[name]) == len(recorded[name]), f"{what}: {name} has {len(now[name])} rows")
        for mine, theirs in zip(now[name], recorded[name]):
            need(all(mine.get(key) == value for key, value in theirs.items()), f"{what}: {name} has {mine}, recorded was {theirs}")
