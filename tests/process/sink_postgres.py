"""sink_postgres - what a node holds is in PostgreSQL, each entry once and in order, although the sink, the node and
the database are killed while it is written. Debian's PostgreSQL, started for this test alone, on a socket in a
directory of its own, by a user without rights.

    python3 tests/process/sink_postgres.py --build build
"""
import argparse
import glob
import json
import os
import pwd
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
import node_api  # noqa: E402

SINK = os.path.join(HERE, "..", "..", "scripts", "sink-postgres")
ROOT, YEAR, SKIPPED = "540000", "2026", 77
KILLS, ROUNDS = 12, 4


def need(truth, words):
    if not truth:
        raise trees.Failed(words)


class Postgres:
    """A cluster in a directory of its own; nobody but this test reaches it."""

    def __init__(self, base):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
        self.bin, self.base, self.process = found[-1], os.path.join(base, "postgres"), None
        self.data = os.path.join(self.base, "data")
        self.user = pwd.getpwnam("postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name)
        os.makedirs(self.base)
        os.chown(self.base, self.user.pw_uid, self.user.pw_gid)
        os.chmod(self.base, 0o755)
        self.call("initdb", "-D", self.data, "-U", "terrace", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")

    def as_user(self):
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}

    def call(self, program, *args):
        done = subprocess.run([os.path.join(self.bin, program), *args], capture_output=True, cwd=self.base,
                              **self.as_user())
        need(done.returncode == 0, f"{program}: {done.stderr.decode()[-500:]}")

    def start(self):
        self.process = subprocess.Popen(
            [os.path.join(self.bin, "postgres"), "-D", self.data, "-k", self.base, "-c", "listen_addresses="],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.base, start_new_session=True,
            **self.as_user())
        trees.wait_until(lambda: self.answers(), 30, "PostgreSQL to answer", step=0.1)

    def answers(self):
        return subprocess.run([os.path.join(self.bin, "pg_isready"), "-q", "-h", self.base]).returncode == 0

    def end(self, how=signal.SIGINT):
        """SIGINT ends it fast, SIGQUIT as a crash does: it recovers from its log."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=trees.PATIENCE_S)
            self.process = None

    @property
    def dsn(self):
        return f"host={self.base} user=terrace dbname=postgres"

    def ask(self, text):
        done = subprocess.run([os.path.join(self.bin, "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", self.dsn, "-c", text],
                              capture_output=True)
        need(done.returncode == 0, f"psql: {done.stderr.decode()[-500:]}")
        return done.stdout.decode().strip()

    def rows(self):
        text = self.ask("SELECT coalesce(json_agg(json_build_array(position, division, lsn, kind, id, document)"
                        " ORDER BY position), '[]') FROM terrace.entry")
        return json.loads(text)


def sink(node, postgres, *options, **how):
    return subprocess.Popen([SINK, "--node", os.path.join(node.home, "terrace.sock"), "--dsn", postgres.dsn, *options],
                            stderr=subprocess.PIPE, start_new_session=True, **how)


def finish(process, seconds=trees.PATIENCE_S):
    """(exit code, what it said)"""
    _, said = process.communicate(timeout=seconds)
    return process.returncode, said.decode()


def once(node, postgres, *options):
    return finish(sink(node, postgres, "--once", *options))


def feed(node, **query):
    door, entries, after = node_api.Api(os.path.join(node.home, "terrace.sock")), [], "0"
    while True:
        page, after, complete = door.changes(after, **query)
        entries += page
        if complete:
            return entries


def wanted(entries):
    return [[int(e["position"].split("-")[0]), e["division"], e["lsn"], e["kind"], e.get("id"),
             e.get("document", e.get("grant"))] for e in entries]


def enter(node, prefix, count):
    lines = (json.dumps(dict(kind="agency", id=f"{prefix}{at}", fiscal_year=YEAR, agency_code=f"{prefix}{at}",
                             agency_name="财政局")) for at in range(count))
    node.run("submit", "-", stdin="\n".join(lines).encode())


def money(node):
    for document in (
            dict(kind="element", id="E1", ele_catalog_code="fund_type", ele_code="111", ele_name="一般公共预算资金"),
            dict(kind="budget", id="B1", stage="reply", fund_type_code="111", amount="9000000.01", approval_ref="藏1号"),
            dict(kind="budget", id="B2", stage="reply", fund_type_code="111", amount="0.02", approval_ref="藏2号")):
        node.run("submit", "-", stdin=json.dumps(dict(document, fiscal_year=YEAR)).encode())


def writes(postgres):
    """A sink is there, and nobody else may write."""
    trees.wait_until(lambda: postgres.ask("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == "1", 30,
                     "a sink to hold the lock", step=0.1)


def killed_at_random(node, postgres, chance):
    """The sink killed many times, the node and the database too, while documents come in."""
    process, kills = sink(node, postgres, "--batch", "7"), 0
    for round_ in range(ROUNDS):
        enter(node, f"K{round_}", 150)
        for _ in range(KILLS // ROUNDS):
            time.sleep(chance.uniform(0.05, 0.4))  # not for anything: so that it falls anywhere
            process.kill()
            finish(process)
            kills += 1
            process = sink(node, postgres, "--batch", "7")
        if round_ == 1:
            postgres.end(signal.SIGQUIT)
            enter(node, "P", 20)
            postgres.start()
        if round_ == 2:
            node.kill()
            node.start()
    want = wanted(feed(node))
    trees.wait_until(lambda: len(postgres.rows()) >= len(want), 60, "all of it", step=0.2)
    need(postgres.rows() == want, "each entry once, in order, as it is")
    need(kills >= KILLS, f"{kills} kills")
    writes(postgres)
    process.send_signal(signal.SIGTERM)
    code, said = finish(process)
    need(code == 0, f"it ends when it is told: {code} {said[-600:]}")


def one_at_a_time(node, postgres):
    first = sink(node, postgres)
    writes(postgres)
    code, said = once(node, postgres)
    need(code == 1 and "another program" in said, f"{code} {said}")
    first.terminate()
    finish(first)


def filtered(node, postgres):
    """Another schema, some kinds; amounts are sums of decimals."""
    code, said = once(node, postgres, "--schema", "books", "--kind", "budget")
    need(code == 0, said)
    need(postgres.ask("SELECT sum(amount), count(*) FROM books.amount") == "9000000.03|2", "to the fen")
    code, said = once(node, postgres, "--schema", "books", "--kind", "budget")
    need(code == 0 and postgres.ask("SELECT count(*) FROM books.entry") == "2", "again: nothing more")


def put_back(node, postgres, base):
    """A node that is put back tells; then all of it is read anew."""
    node.end()
    copy = os.path.join(base, "copy")
    shutil.copytree(node.home, copy)
    node.start()
    enter(node, "PB", 3)
    need(once(node, postgres)[0] == 0, "it reads on")
    node.end()
    shutil.rmtree(node.home)
    shutil.move(copy, node.home)
    node.start()
    enter(node, "PC", 4)
    code, said = once(node, postgres)
    need(code == 4 and "position_lost" in said, f"{code} {said}")
    code, said = once(node, postgres, "--from-start")
    need(code == 0 and postgres.rows() == wanted(feed(node)), f"{code} {said}")


def prove(base, build):
    tree, postgres = trees.Tree(os.path.join(base, "tree"), build=build), Postgres(base)
    try:
        postgres.start()
        node = tree.init_root(ROOT, "西藏自治区")
        tree.join(ROOT, "540100", "拉萨市")  # a grant is an entry, too
        money(node)
        need(once(node, postgres) == (0, ""), "the first time, in silence")
        need(postgres.rows() == wanted(feed(node)), "what was there")
        killed_at_random(node, postgres, random.Random(15))
        one_at_a_time(node, postgres)
        filtered(node, postgres)
        need(once(node, postgres, "--batch", "0")[0] == 2, "usage")
        put_back(node, postgres, base)
    finally:
        tree.stop()
        postgres.end()
    print("sink_postgres: each entry once and in order, whoever was killed")


def missing():
    if not glob.glob("/usr/lib/postgresql/*/bin"):
        return "PostgreSQL"
    if subprocess.run(["/usr/bin/python3", "-c", "import psycopg2"], capture_output=True).returncode != 0:
        return "python3-psycopg2"
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    options = parser.parse_args()
    if missing():
        print(f"sink_postgres: {missing()} is not there", file=sys.stderr)
        return 1 if os.environ.get("TERRACE_ALL_TESTS") else SKIPPED
    with tempfile.TemporaryDirectory(prefix="terrace-sink-") as base:
        os.chmod(base, 0o755)  # the database is another user's
        try:
            prove(base, os.path.abspath(options.build))
        except trees.Failed as failed:
            print(f"sink_postgres: {failed}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
