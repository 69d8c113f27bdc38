"""healing - a city's store is damaged, and made anew: whichever moment takes the process meanwhile, the next start
goes on; what only this node knows is there afterwards; a damage that is found in a run begins the process anew
under its pid; and where it must not be done, it says why and what to do.

    /usr/bin/python3 tests/process/healing.py --build build
"""
import argparse
import http.client
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
from damages import family_of, keep_its_ports  # noqa: E402
from kill_and_cut import Office  # noqa: E402

ROOT, CITY = "540000", "540100"
STEPS_MAX = 60


def need(holds, what):
    if not holds:
        raise trees.Failed(what)


def copy_home(home, to):
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(home, to, ignore=shutil.ignore_patterns("terrace.sock"))


def flip(path, at):
    with open(path, "r+b") as file:
        file.seek(at)
        old = file.read(1)
        file.seek(at)
        file.write(bytes([old[0] ^ 1]))


def store_file(node, part):
    store = os.path.join(node.home, "store")
    return next(os.path.join(store, name) for name in sorted(os.listdir(store)) if name.startswith(part))


def damage_current(node):
    flip(store_file(node, "CURRENT"), 12)


def damage_list(node):
    flip(store_file(node, "MANIFEST"), 40)


def asides(node):
    return sorted(name for name in os.listdir(node.home) if name.startswith("store.aside-"))


def is_whole(node):
    need(node.process.poll() is None, f"it ended with {node.process.returncode}:\n{node.log_tail()}")
    return (not any(os.path.exists(os.path.join(node.home, name)) for name in ("damaged", "resync", "healing"))
            and node.run("status", check=False)[0] == 0)


def wait_whole(node, what):
    trees.wait_until(lambda: is_whole(node), 60, f"{what}: to be whole", step=0.1)


def same_figures(node, truth, what, deep=True):
    need(node.json("balance")["rows"] == truth["rows"], f"{what}: another total")
    now = node.digest()
    need(now["digest"] == truth["digest"], f"{what}: another digest: {now}, not {truth['digest']}")
    if deep:
        code, out, _ = node.run("--json", "verify", "--deep", check=False)
        need(code == 0 and json.loads(out)["ok"], f"{what}: {out[:400]}")


def local_rows_are_there(node, what):
    """Where it is known which rows were the newest, rights are kept as well."""
    need("t1" in node.run("token", "list", "--as", "卓玛")[1], f"{what}: the token went")
    names = {row["name"] for row in node.json("user", "list")["rows"]}
    need({"卓玛", "旺堆"} <= names, f"{what}: persons went: {names}")
    pending = node.json("pending")
    need([row["id"] for row in pending["rows"]] == ["W1"], f"{what}: the draft went: {pending}")
    code, out, err = node.run("--json", "audit", "--verify", check=False)
    need(code == 0 and json.loads(out)["ok"], f"{what}: the chain of accesses: {out}{err}")


# --- whichever moment takes it ---

def dies_at(node, step):
    """Starts it to die there. False: it lived, and runs."""
    plain = node.tree.env
    node.tree.env = dict(plain, TERRACE_DIE_AT=str(step), TERRACE_DIE_IN=node.home, LD_PRELOAD=trees.preloadable(
        node.tree.base, os.path.join(node.tree.build, "lib", "key_steps.so")))
    try:
        node.start()
        wait_whole(node, f"to live beyond step {step}")
        return False
    except trees.Failed:
        need(node.process.poll() == -9, f"step {step}: it ended with {node.process.poll()}:\n{node.log_tail()}")
        node.process = None
        return True
    finally:
        node.tree.env = plain


def goes_on_from_any_step(node, good, truth):
    for step in range(1, STEPS_MAX):
        copy_home(good, node.home)
        damage_current(node)
        if not dies_at(node, step):
            same_figures(node, truth, "after all steps")
            node.end()
            need(step > 8, f"only {step} steps were seen")
            return
        node.start()
        wait_whole(node, f"killed at step {step}")
        same_figures(node, truth, f"killed at step {step}", deep=False)
        local_rows_are_there(node, f"killed at step {step}")
        need(len(asides(node)) == 1, f"step {step}: {asides(node)}")
        node.end()
    raise trees.Failed(f"it still dies at step {STEPS_MAX}")


# --- found in a run ---

def begins_anew_under_its_pid(node, good, truth):
    copy_home(good, node.home)
    store = os.path.join(node.home, "store")
    tables = [os.path.join(store, name) for name in sorted(os.listdir(store)) if name.endswith(".sst")]
    table = max((path for path in tables if family_of(path) == "blocks"), key=os.path.getsize)
    flip(table, os.path.getsize(table) // 3)
    node.start()
    pid = node.process.pid
    code, out, _ = node.run("--json", "verify", "--deep", check=False)
    need(code == 4 and not json.loads(out)["ok"], f"verify saw nothing: {out[:300]}")
    code, out, _ = node.run("--json", "balance", check=False)
    need(code in (3, 4) and (code == 3 or "damaged" in json.loads(out)), f"figures without a word: {code} {out[:200]}")
    trees.wait_until(lambda: any(event["event"] == "healed" for event in node.events()), 60, "it to begin anew")
    wait_whole(node, "found in a run")
    need(node.process.pid == pid and node.process.poll() is None, "another process")
    with open(f"/proc/{pid}/comm") as comm:
        need(comm.read().strip() == "terraced", "it is called otherwise")
    same_figures(node, truth, "found in a run")
    code, out, _ = node.run("--json", "doctor", check=False)
    need(any(row["check"] == "healed" and row["cure"] for row in json.loads(out)["rows"]), f"doctor: {out}")
    need(node.end() == 0, "SIGTERM is a clean end")


def sums_are_made_again(node, good, truth):
    """A sum that is wrong and well stored: what is made of logs is never taken over."""
    copy_home(good, node.home)
    done = subprocess.run([node.tree.bin("spoil_row"), node.home], capture_output=True, text=True)
    need(done.returncode == 0, f"spoil_row: {done.stderr}")
    node.start()
    need(node.run("verify", "--deep", check=False)[0] == 4, "verify saw nothing")
    trees.wait_until(lambda: len(asides(node)) == 1, 60, "it to be made anew")
    wait_whole(node, "a wrong sum")
    same_figures(node, truth, "a wrong sum")
    node.end()


# --- where it must not be done ---

def refuses(node, code, sentence):
    """The start fails and says so in its log, and doctor does."""
    with open(node.log_path, "ab") as log:
        try:
            done = subprocess.run([node.tree.bin("terraced"), "--home", node.home], stdin=subprocess.DEVNULL,
                                  stdout=log, stderr=log, env=node.tree.env, timeout=60)
        except subprocess.TimeoutExpired:
            raise trees.Failed(f"it runs, and {sentence!r} is not said") from None
    need(done.returncode == code, f"it ended with {done.returncode}:\n{node.log_tail()}")
    need(sentence in node.log_tail(), f"no word of {sentence}:\n{node.log_tail()}")
    need(sentence in node.run("--lang", "en", "doctor", check=False)[1], "doctor does not say so")


def not_for_ever(node, good, truth):
    """A disk that goes on failing: twice, and then a person looks. No more than two old stores stay."""
    copy_home(good, node.home)
    for _ in range(2):
        damage_list(node)
        node.start()
        wait_whole(node, "made anew once more")
        node.end()
        time.sleep(1.1)  # names have seconds
    need(len(asides(node)) == 2, f"{asides(node)}")
    before = asides(node)
    damage_list(node)
    refuses(node, 5, "within 10 minutes")
    need(asides(node) == before, "it was done all the same")
    with open(os.path.join(node.home, "heals"), "w") as file:
        file.write(f"{int(time.time()) - 700}\n{int(time.time()) - 800}\n")
    node.start()
    wait_whole(node, "ten minutes later")
    need(len(asides(node)) == 2 and asides(node)[0] == before[1], f"{before} became {asides(node)}")
    same_figures(node, truth, "ten minutes later")
    node.end()


def reads_only_where_it_opens(node, good, truth):
    copy_home(good, node.home)
    with open(os.path.join(node.home, "damaged"), "w") as file:
        file.write("store_was_found_damaged")
    with open(os.path.join(node.home, "heals"), "w") as file:
        file.write(f"{int(time.time())}\n" * 2)
    node.start()
    code, out, _ = node.run("--lang", "en", "--json", "balance", check=False)
    need(code == 4 and "within 10 minutes" in json.loads(out)["damaged"], f"{code}: {out[:300]}")
    code, out, _ = node.run("submit", "-", stdin=b'{"kind":"agency","id":"N1","fiscal_year":2026,'
                            b'"agency_code":"999","agency_name":"x"}\n', check=False)
    need("accepted" not in out, f"it wrote: {out}")
    need(node.run("digest", check=False)[0] == 4 and truth["digest"] in node.run("digest", check=False)[1],
         "what it reads is other")
    node.end()


def not_into_an_empty_mount(node, good, truth):
    copy_home(good, node.home)
    store = os.path.join(node.home, "store")
    shutil.rmtree(store)
    os.mkdir(store)
    refuses(node, 5, "rmdir")
    need(os.listdir(store) == [], "something was made in it")
    os.rmdir(store)
    node.start()
    wait_whole(node, "a store that is gone")
    same_figures(node, truth, "a store that is gone")
    node.end()


def not_without_room(node, good, truth):
    copy_home(good, node.home)
    config = os.path.join(node.home, "config.yaml")
    with open(config) as file:
        text = file.read()
    with open(config, "w") as file:
        file.write(text + "\ndisk_floor_bytes: 1125899906842624\n")
    damage_list(node)
    refuses(node, 5, "Free some space on that disk")
    need(asides(node) == [], "it was begun")
    with open(config, "w") as file:
        file.write(text)
    node.start()
    wait_whole(node, "with room")
    same_figures(node, truth, "with room")
    node.end()


# --- rights of which nobody knows whether they were ended ---

def rights_end_where_rows_may_be_old(node, good, truth):
    copy_home(good, node.home)
    damage_list(node)
    node.start()
    wait_whole(node, "the list of tables")
    same_figures(node, truth, "the list of tables")
    need("t1" not in node.run("token", "list", "--as", "卓玛")[1], "a token lives on that may have been revoked")
    need({"卓玛", "旺堆"} <= {row["name"] for row in node.json("user", "list")["rows"]}, "persons went")
    need([row["id"] for row in node.json("pending")["rows"]] == ["W1"], "the draft went")
    out = node.run("--lang", "en", "doctor", check=False)[1]
    need("1 rights" in out, f"doctor does not count the token: {out}")
    code, out, _ = node.run("--json", "audit", "--verify", check=False)
    fault = json.loads(out).get("fault")
    need(code == 4 and fault["code"] == "access_rows_lost", f"the chain does not say what it may lack: {out}")
    node.end()


# --- persons of whom the log knows more than the row that was saved ---

def network_login(node, api, name):
    """The status of a login over the network, with everybody's password here."""
    host, port = api.removeprefix("https://").split(":")
    context = ssl.create_default_context(cafile=os.path.join(node.home, "tls/cert.pem"))
    connection = http.client.HTTPSConnection(host, int(port), timeout=trees.PATIENCE_S, context=context)
    connection.request("POST", "/api/v1/login",
                       json.dumps(dict(name=name, password=node.tree.env["TERRACE_PASSWORD"])).encode())
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def cut_log_at(node, words):
    """The write-ahead log is damaged in the batch where they stand first: nothing behind that is read."""
    store = os.path.join(node.home, "store")
    for name in sorted(name for name in os.listdir(store) if name.endswith(".log")):
        with open(os.path.join(store, name), "rb") as file:
            at = file.read().find(words)
        if at >= 0:
            flip(os.path.join(store, name), at)
            return
    raise trees.Failed(f"no log has {words}")


def users(node):
    """Also of a node that only reads."""
    return json.loads(node.run("--json", "user", "list", check=False)[1])["rows"]


def enabled(node):
    return {row["name"]: row["enabled"] for row in users(node)}


def who_was_dismissed_stays_so(node, good, truth):
    """Rows as they were once: the log decides, and until it is here nobody of them comes in over the network."""
    copy_home(good, node.home)
    node.tree.env["TERRACE_NEW_PASSWORD"] = node.tree.env["TERRACE_PASSWORD"]
    node.start()
    api, _ = node.open_tls()
    node.run("user", "add", "达娃", "--role", "maker")
    node.end()
    node.start()  # from here on in a write-ahead log of its own
    need(all(network_login(node, api, name) == 200 for name in ("卓玛", "旺堆", "达娃")), "they come in before")
    node.run("user", "disable", "旺堆")
    node.run("user", "role", "卓玛", "--role", "auditor")
    node.run("user", "renew", "达娃")
    told = node.status()["lsn"]
    parent = node.tree[ROOT]
    trees.wait_until(lambda: parent.digest(node.division)["lsn"] >= told, 30, "the parent to hold it")
    node.end(signal.SIGKILL)
    parent.end()
    cut_log_at(node, "o旺堆".encode())
    node.start()
    need(len(asides(node)) == 1, "it was not made anew")
    need(enabled(node) == dict.fromkeys(("卓玛", "旺堆", "达娃"), True), f"the rows are not old ones: {enabled(node)}")
    for name in ("卓玛", "旺堆", "达娃"):
        need(network_login(node, api, name) == 403, f"{name} comes in over the network before the log is here")
    need(node.run("--as", "卓玛", "sessions", check=False)[0] in (0, 1, 4), "at the socket she is known")
    parent.start()
    wait_whole(node, "an older row of a person")
    trees.wait_until(lambda: enabled(node) == {"卓玛": True, "旺堆": False, "达娃": True}, 30, "the log to decide")
    need(network_login(node, api, "旺堆") == 403, "a dismissed person comes in")
    need(network_login(node, api, "达娃") == 403, "a key that was replaced opens")
    need(network_login(node, api, "卓玛") == 200, "who is here does not come in")
    roles = {row["name"]: row["roles"] for row in users(node)}
    need(roles["卓玛"] == ["auditor"], f"{roles}")
    node.run("user", "renew", "达娃")
    need(network_login(node, api, "达娃") == 200, "a renewed key does not open")
    need(node.json("balance")["rows"] == truth["rows"], "another total")
    node.end()


def prepare(tree):
    tree.init_root(ROOT, "西藏自治区")
    tree.join(ROOT, CITY, "拉萨市")
    city = tree[CITY]
    keep_its_ports(city)
    office = Office(city, 1)
    office.prepare()
    for _ in range(3):
        office.submit(office.payments())
        city.end()
        city.start()
    city.run("user", "add", "卓玛", "--role", "maker")
    city.run("user", "add", "旺堆", "--role", "checker")
    city.run("token", "add", "t1", "--as", "卓玛")
    return office


STORIES = [goes_on_from_any_step, begins_anew_under_its_pid, sums_are_made_again, rights_end_where_rows_may_be_old,
           not_for_ever, reads_only_where_it_opens, not_into_an_empty_mount, not_without_room,
           who_was_dismissed_stays_so]  # which writes, and so comes last: the others begin with what was there before


def run(build, base, only):
    tree = trees.Tree(os.path.join(base, "tree"), build=build, approval="agency")
    try:
        prepare(tree)
        city = tree[CITY]
        city.run("submit", "-", "--as", "卓玛", stdin=json.dumps(dict(
            kind="agency", id="W1", fiscal_year=2026, agency_code="777", agency_name="等待审批"),
            ensure_ascii=False).encode(), check=False)
        need([row["id"] for row in city.json("pending")["rows"]] == ["W1"], "no draft to keep")
        tree.wait_equal_digests()
        truth = dict(rows=city.json("balance")["rows"], digest=city.digest()["digest"])
        city.end()
        good = city.home + ".good"
        copy_home(city.home, good)
        for story in STORIES if only is None else [globals()[only]]:
            story(city, good, truth)
    finally:
        tree.stop()
    print("healing: killed at each step, found in a run, bounded, refused where a disk may be missing or full")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    parser.add_argument("--only", help="one of the stories")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terrace-healing-") as base:
        run(os.path.abspath(args.build), base, args.only)


if __name__ == "__main__":
    try:
        main()
    except trees.Failed as failed:
        print(f"healing: {failed}", file=sys.stderr)
        sys.exit(1)
