"""changes - what a program that follows a node reads: every entry that the node holds, own and received,
once, in the order of arrival, wherever it goes on and however often node and reader fall.

    python3 tests/process/changes.py --build build
"""
import json
import os
import random
import selectors
import shutil
import socket
import sys
import threading
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
import node_api  # noqa: E402

ROOT, CITY, COUNTY, YEAR = "540000", "540100", "540121", "2026"
FOLLOWERS = 200
WAIT_S = 30  # the longest that may be asked for
LINE = ("{" + '"kind":"agency","id":"%s","fiscal_year":"2026","agency_code":"%s","agency_name":"财政局"' + "}\n")


def need(truth, words):
    if not truth:
        raise trees.Failed(words)


def api(node):
    return node_api.Api(os.path.join(node.home, "terrace.sock"))


def enter(node, prefix, count):
    text = "".join(LINE % (f"{prefix}{at}", f"{prefix}{at}") for at in range(count))
    node.run("submit", "-", stdin=text.encode())


def whole(node, after="0", **query):
    """All entries behind a position, page by page."""
    door, entries = api(node), []
    while True:
        page, after, complete = door.changes(after, **query)
        entries += page
        if complete:
            return entries, after


def ids(entries):
    return [(entry["division"], entry["lsn"]) for entry in entries]


def refused(node, **query):
    try:
        api(node).text("GET", "/changes", **query)
    except node_api.Refused as answer:
        return answer.status, answer.code
    raise trees.Failed(f"{query} was answered")


def transfer(tree):
    """Money on its way down, its answer and the settle: cause before effect, at both ends."""
    region = [dict(kind="element", id="E1", ele_catalog_code="fund_type", ele_code="111", ele_name="一般"),
              dict(kind="budget", id="B1", stage="reply", fund_type_code="111", amount="900.00", approval_ref="藏1号"),
              dict(kind="transfer", id="T1", rec_div_code=CITY, ori_bgt_id="B1", amount="500.00",
                   stage="formal", tra_type_code="general", cor_bgt_doc_no="藏财预〔2026〕1号")]
    for document in region:
        document["fiscal_year"] = YEAR
        tree[ROOT].run("submit", "-", stdin=json.dumps(document).encode())
    trees.wait_until(lambda: tree[CITY].run("get", "T1", "--division", ROOT, check=False)[0] == 0, 30, "the transfer")
    register = dict(kind="register", id="R1", fiscal_year=YEAR, bgt_id="T1", ori_div_code=ROOT)
    tree[CITY].run("submit", "-", stdin=json.dumps(register).encode())


def own_and_received(tree):
    """Every level tells all that it holds, and each log in its own order."""
    for division, below in ((ROOT, {ROOT, CITY, COUNTY}), (CITY, {ROOT, CITY, COUNTY}), (COUNTY, {ROOT, CITY, COUNTY})):
        entries, _ = whole(tree[division])
        seen = ids(entries)
        need(len(seen) == len(set(seen)), f"{division} tells an entry twice")
        need({author for author, _ in seen} <= below, f"{division} tells of {set(a for a, _ in seen)}")
        for author in below:
            lsns = [lsn for who, lsn in seen if who == author]
            need(lsns == sorted(lsns), f"{division} tells the log of {author} out of order")
        for author in (CITY, COUNTY) if division == ROOT else (COUNTY,):
            lsns = [lsn for who, lsn in seen if who == author]
            need(lsns == list(range(1, tree[author].status()["lsn"] + 1)), f"{division} lacks entries of {author}")
        positions = [int(entry["position"].split("-")[0]) for entry in entries]
        need(positions == list(range(1, len(positions) + 1)), f"{division} has gaps: {positions[:20]}")
    at_city = [entry["kind"] for entry in whole(tree[CITY])[0]]
    need(at_city.index("transfer") < at_city.index("register"), "a cause stands before its effect")
    need("grant" in at_city, "grants are told, too")
    document = next(e for e in whole(tree[COUNTY])[0] if e["division"] == COUNTY and e["kind"] == "agency")
    need(document["id"] == document["document"]["id"] and document["document"]["agency_name"] == "财政局", f"{document}")


def read_in_any_pieces(tree, random_):
    entries, end = whole(tree[CITY])
    door, after, read = api(tree[CITY]), "0", []
    while True:
        page, after, complete = door.changes(after, limit=random_.randint(1, 7))
        read += page
        if complete:
            break
    need(read == entries and after == end, "the same, however it is cut")
    for entry in random_.sample(entries, 5):
        at = entries.index(entry)
        need(whole(tree[CITY], entry["position"])[0] == entries[at + 1:], "it goes on behind each position")
    need(whole(tree[CITY], end) == ([], end), "nothing is left at the end")


def filters(tree):
    entries, _ = whole(tree[ROOT])
    for query in ({"division": COUNTY}, {"kind": "agency"}, {"kind": "transfer,register"},
                  {"division": CITY, "kind": "register"}):
        kinds = query.get("kind")
        wanted = [e for e in entries if query.get("division") in (None, e["division"])
                  and (kinds is None or e["kind"] in kinds.split(","))]
        need(whole(tree[ROOT], limit=2, **query)[0] == wanted and wanted, f"{query}")
    # What a filter leaves out moves the position all the same.
    after = whole(tree[ROOT], kind="virement")
    need(after[0] == [] and after[1] == entries[-1]["position"], f"{after}")
    need(refused(tree[ROOT], kind="nonsense") == (400, "bad_request"), "no such kind")
    need(refused(tree[ROOT], division="no such") == (400, "bad_request"), "no division")
    for bad in ("-1", "x", "1", "1-", "01-" + "0" * 16, "1-" + "g" * 16, "9" * 30, ""):
        need(refused(tree[ROOT], after=bad) == (400, "bad_request"), f"after={bad}")
    for name, bad in (("limit", "0"), ("limit", "10001"), ("limit", "ten"), ("wait", "31"), ("wait", "-1")):
        need(refused(tree[ROOT], **{name: bad}) == (400, "bad_request"), f"{name}={bad}")
    need(refused(tree[ROOT], after="4711-" + "0" * 16) == (409, "position_lost"), "a position behind the end")
    need(refused(tree[ROOT], after="1-" + "0" * 16) == (409, "position_lost"), "a position of another store")


def long_poll(tree):
    """Who waits is answered as soon as something comes, and not before; a filter waits for its own."""
    _, end = whole(tree[CITY])
    heard, door = [], api(tree[CITY])

    def listen():
        heard.append(door.changes(end, wait=WAIT_S, kind="element"))

    began = time.monotonic()
    listener = threading.Thread(target=listen)
    listener.start()
    enter(tree[CITY], "LP", 1)  # an agency: not what is waited for
    need(not heard, "it waits")
    element = dict(kind="element", id="P1", fiscal_year=YEAR, ele_catalog_code="exp_func", ele_code="205", ele_name="教育")
    tree[CITY].run("submit", "-", stdin=json.dumps(element).encode())
    listener.join(trees.PATIENCE_S)
    need(heard and len(heard[0][0]) == 1 and heard[0][0][0]["id"] == "P1", f"{heard}")
    need(time.monotonic() - began < WAIT_S - 1, "without waiting to the end")
    quiet, end = door.changes("end", wait=1)[:2]
    need(quiet == [] and whole(tree[CITY], end)[0] == [], "the end is the end")


class Events:
    """A follower as a browser is one: server-sent events, and Last-Event-ID when it comes again."""

    def __init__(self, node, last=None, path="/changes", **query):
        self.http = node_api.SocketConnection(os.path.join(node.home, "terrace.sock"), timeout=40)
        headers = {"Accept": "text/event-stream"}
        if last:
            headers["Last-Event-ID"] = last
        self.http.request("GET", f"/api/v1{path}?" + urllib.parse.urlencode(query), headers=headers)
        self.answer = self.http.getresponse()
        need(self.answer.status == 200 and self.answer.headers["Content-Type"].startswith("text/event-stream"),
             f"{self.answer.status} {self.answer.headers}")

    def next(self):
        """(event, id, data) of the next one that is no comment."""
        told = {}
        while True:
            line = self.answer.readline().decode()
            need(line, "the stream ended")
            if line != "\n":
                name, _, value = line.rstrip("\n").partition(": ")
                told[name] = value
            elif "data" in told:
                return told["event"], told["id"], json.loads(told["data"])
            else:
                told = {}

    def close(self):
        self.http.close()


def events(tree):
    """As lines are, so events; from the last one on; and a filter that lets nothing by moves on all the same."""
    node = tree[CITY]
    entries, end = whole(node)
    stream = Events(node)
    for entry in entries:
        need(stream.next() == ("entry", entry["position"], entry), f"{entry}")
    enter(node, "EV", 2)
    told = [stream.next() for _ in range(2)]
    need([data["id"] for _, _, data in told] == ["EV0", "EV1"], f"{told}")
    stream.close()
    again = Events(node, last=told[0][1], after="0")
    need(again.next() == told[1], "Last-Event-ID goes before after")
    again.close()
    filtered = Events(node, after=end, kind="virement")
    enter(node, "EF", 1)
    event, position, data = filtered.next()
    need(event == "position" and int(position.split("-")[0]) > int(end.split("-")[0]), f"{event} {position}")
    need(data == {"position": position, "complete": True}, f"{data}")
    filtered.close()


def latency(node, prefix, count):
    """The median of so many documents, each handed in alone, seconds."""
    door, took = api(node), []
    for at in range(count):
        began = time.monotonic()
        door.text("POST", "/documents", (LINE % (f"{prefix}{at}", f"{prefix}{at}")).encode())
        took.append(time.monotonic() - began)
    return sorted(took)[count // 2]


def many_followers(tree):
    """Two hundred at once: bounded memory, the loop as quick as alone, and everybody hears everything."""
    node, followers, selector = tree[CITY], {}, selectors.DefaultSelector()
    alone, before = latency(node, "AL", 20), node.rss_kib()
    for _ in range(FOLLOWERS):
        follower = socket.socket(socket.AF_UNIX)
        follower.connect(os.path.join(node.home, "terrace.sock"))
        follower.sendall(b"GET /api/v1/changes?after=end HTTP/1.1\r\nHost: t\r\nAccept: text/event-stream\r\n\r\n")
        followers[follower] = b""
        selector.register(follower, selectors.EVENT_READ)

    def hear():
        for key, _ in selector.select(0.01):
            followers[key.fileobj] += key.fileobj.recv(1 << 16)

    def all_have(what, count):
        hear()
        return all(heard.count(what) == count for heard in followers.values())

    trees.wait_until(lambda: all_have(b"200 OK", 1), 30, "all to be let in")
    together = latency(node, "TG", 20)
    trees.wait_until(lambda: all_have(b"event: entry", 20), 30, "all to hear all")
    need(together < 20 * alone + 1, f"a document took {together:.3f} s with followers, {alone:.3f} s alone")
    grown = node.rss_kib() - before
    need(grown < 64 << 10, f"{FOLLOWERS} followers took {grown >> 10} MiB")
    for follower in followers:
        follower.close()
    selector.close()


class Follower(threading.Thread):
    """Reads on from one position, through every fall of the node."""

    def __init__(self, node):
        super().__init__(daemon=True)
        self.node, self.entries, self.after, self.over, self.falls = node, [], "0", False, 0

    def run(self):
        door = api(self.node)
        while not self.over:
            try:
                page, self.after, _ = door.changes(self.after, wait=2, limit=50)
                self.entries += page
            except (OSError, node_api.http.client.HTTPException, node_api.Refused):
                self.falls += 1
                door = api(self.node)
                time.sleep(0.05)  # until it listens again


def through_falls(tree):
    """Killed and cut under load, the reader has each entry once."""
    follower = Follower(tree[CITY])
    follower.start()
    for round_ in range(4):
        enter(tree[COUNTY], f"K{round_}", 60)
        enter(tree[CITY], f"C{round_}", 40)
        tree[CITY].kill()
        tree[CITY].start()
    tree.wait_equal_digests()
    want, end = whole(tree[CITY])
    trees.wait_until(lambda: len(follower.entries) >= len(want), 30, "the follower to have all")
    follower.over = True
    follower.join(trees.PATIENCE_S)
    need(follower.entries == want, "each once, in order")
    need(follower.falls > 0, "it saw the node fall")


def put_back(tree, base):
    """A store that is put back from an old copy tells its readers, instead of leaving something out."""
    node = tree[COUNTY]
    node.end()
    copy = os.path.join(base, "copy")
    shutil.copytree(node.home, copy)
    node.start()
    old = whole(node)[1]
    enter(node, "PB", 3)
    after = whole(node)[1]
    tree.wait_equal_digests()
    tree[CITY].end()  # nobody tells it that it lacks something
    node.end()
    shutil.rmtree(node.home)
    shutil.move(copy, node.home)
    node.start()
    need(whole(node, old)[0] == [], "what both have is as before")
    need(refused(node, after=after) == (409, "position_lost"), "what only the other had is lost")
    enter(node, "PC", 5)  # as many, and more
    need(refused(node, after=after) == (409, "position_lost"), "... and stays so when others took its place")


def stops_at_once(tree):
    """Who waits holds up no stop."""
    door, cut = api(tree[ROOT]), []

    def wait():
        try:
            door.changes("end", wait=WAIT_S)
        except (OSError, node_api.http.client.HTTPException, node_api.Refused) as ended:
            cut.append(ended)

    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    trees.wait_until(lambda: door.http.sock is not None, 10, "it waits")
    began = time.monotonic()
    tree[ROOT].end()
    need(time.monotonic() - began < WAIT_S - 5, f"the stop took {time.monotonic() - began:.1f} s")
    waiting.join(trees.PATIENCE_S)
    need(not waiting.is_alive(), f"who waited is let go: {cut}")


def prove(base, build):
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    try:
        tree.init_root(ROOT, "西藏自治区")
        tree.join(ROOT, CITY, "拉萨市")
        tree.join(CITY, COUNTY, "林周县")
        for division in (ROOT, CITY, COUNTY):
            enter(tree[division], f"A{division[3]}", 5)
        transfer(tree)
        tree.wait_equal_digests()
        trees.wait_until(lambda: tree[ROOT].json("get", "T1").get("answered_by"), 30, "the settle")
        tree.wait_equal_digests()
        own_and_received(tree)
        read_in_any_pieces(tree, random.Random(8))
        filters(tree)
        long_poll(tree)
        events(tree)
        many_followers(tree)
        through_falls(tree)
        put_back(tree, base)
        stops_at_once(tree)
    finally:
        tree.stop()
    print("changes: each entry once, in the order of arrival, from any position, through every fall")


if __name__ == "__main__":
    trees.run_test("changes", prove)
