"""api_door - the API's door on the network as strangers, slow clients and crowds meet it: a real
daemon, TLS of python3's own, and raw bytes.

    python3 tests/process/api_door.py --build build
"""
import argparse
import hashlib
import http.client
import json
import os
import shutil
import socket
import ssl
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))
import tree as trees  # noqa: E402

PASSWORD = "terrace-demo"
CROWD = 1000
CROWD_KIB_MAX = 96 << 10   # what a thousand connections may add to the process
PER_ADDRESS_MAX = 512
FOLLOWERS = 200
FOLLOWERS_KIB_MAX = 32 << 10
IDLE_S = 10
IDLE_SHARE_MAX = 0.05
SLOW_S_MAX = 20 + 30 + trees.PATIENCE_S  # headers, the rest, and what a slow machine takes to notice
SILENCE_S = 3              # of a door that may say nothing at all
HEADER_BYTES_MAX = 32 << 10
LOOKED_AT_S = 16           # whether whoever reads is still somebody
POST_BYTES = 8 << 20
LINE_BYTES = 256 << 10
POSTS_KIB_MAX = 160 << 10  # what a few of the largest posts, whatever stands in them, may add at once
RESTING = 100
RESTING_KIB_MAX = 224 << 10  # bodies and what is kept of them have 128 MiB together
READERS = 400
OWNER_S_MAX = 15            # of a machine that has much else to do
READERS_KIB_MAX = 160 << 10


def fail(text):
    print("api_door:", text, file=sys.stderr)
    sys.exit(1)


class Door:
    """A client of one node's door."""

    def __init__(self, node):
        self.node = node
        host, port = node.api.removeprefix("https://").split(":")
        self.address = (host, int(port))
        self.context = ssl.create_default_context(cafile=os.path.join(node.home, "tls/cert.pem"))

    def dial(self, source="127.0.0.1", timeout=trees.PATIENCE_S, buffer=None):
        """`buffer`: so many bytes that are read late wait here, and not more."""
        plain = socket.socket()
        if buffer:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        plain.settimeout(timeout)
        plain.bind((source, 0))
        plain.connect(self.address)
        return self.context.wrap_socket(plain, server_hostname="127.0.0.1")

    def guest(self, source):
        """A connection that has asked once: it may rest for 120 s, and one that never asked is cut
        after 20 s, which a slow machine needs to dial a crowd."""
        connection = self.dial(source)
        self.ask_on(connection)
        return connection

    @staticmethod
    def ask_on(connection):
        connection.sendall(b"GET /api/v1/healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        text = answer.read()
        if answer.status != 200:
            fail(f"one of the crowd is answered {answer.status} {text}")

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPSConnection(*self.address, timeout=trees.PATIENCE_S, context=self.context)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, dict(answer.getheaders()), text

    def login(self, name):
        status, _, text = self.ask("POST", "/api/v1/login",
                                   json.dumps({"name": name, "password": PASSWORD}))
        if status != 200:
            fail(f"login: {status} {text}")
        return json.loads(text)["token"]

    def well(self, after):
        status, _, text = self.ask("GET", "/api/v1/healthz")
        if status != 200 or b"alive" not in text:
            fail(f"after {after}: {status} {text}")


def all_of(connection):
    """What comes until the other side closes, or is silent for the connection's patience."""
    heard = b""
    try:
        while True:
            piece = connection.recv(65536)
            if not piece:
                return heard
            heard += piece
    except (ConnectionError, socket.timeout, ssl.SSLError):
        return heard


# --- TLS ---

def fingerprint_of(path):
    with open(path) as file:
        der = ssl.PEM_cert_to_DER_cert(file.read())
    digest = hashlib.sha256(der).hexdigest().upper()
    return ":".join(digest[i:i + 2] for i in range(0, len(digest), 2))


def the_certificate_is_the_one_that_is_shown(node, door):
    want = fingerprint_of(os.path.join(node.home, "tls/cert.pem"))
    api = node.status()["api"]
    if api != {"listen": node.api, "fingerprint": want}:
        fail(f"status shows {api}, not {node.api} {want}")
    _, out, _ = node.run("--json", "doctor", check=False)
    rows = [row for row in json.loads(out)["rows"] if row["check"] == "certificate"]
    if len(rows) != 1 or rows[0]["state"] != "ok" or want not in rows[0]["what"]:
        fail(f"doctor shows {rows}")
    if want not in node.run("status")[1]:
        fail("status in words does not show the fingerprint")
    with door.dial() as connection:
        shown = hashlib.sha256(connection.getpeercert(True)).hexdigest()
        if shown != want.replace(":", "").lower() or connection.version() != "TLSv1.3":
            fail(f"the door shows {shown} through {connection.version()}")


def what_is_older_than_tls_13_is_refused(door):
    door.context.maximum_version = ssl.TLSVersion.TLSv1_2
    try:
        door.dial().close()
        fail("TLS 1.2 was accepted")
    except (ssl.SSLError, ConnectionError):
        door.context.maximum_version = ssl.TLSVersion.MAXIMUM_SUPPORTED
    with socket.create_connection(door.address, SILENCE_S) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        if b"200" in all_of(plain):
            fail("answered without TLS")
    door.well("old versions of TLS")


def a_pair_may_be_replaced_and_must_fit(tree, node, door):
    other = os.path.join(tree.base, "other")
    tree_home = node.home
    node.home = other
    node.run("init", "--root", "--division", "540000", "--name", "other", "--approval", "none")
    node.home = tree_home
    own, theirs = os.path.join(node.home, "tls"), os.path.join(other, "tls")
    before = fingerprint_of(os.path.join(own, "cert.pem"))
    node.end()
    shutil.copy(os.path.join(theirs, "key.pem"), own)
    try:
        node.start()
        fail("a key that is another certificate's was accepted")
    except trees.Failed as failed:
        if "tls_key_differs" not in str(failed) and "does not belong" not in str(failed):
            fail(f"a wrong key is not named: {failed}")
    node.process = None
    shutil.copy(os.path.join(theirs, "cert.pem"), own)
    node.start()
    after = node.status()["api"]["fingerprint"]
    if after == before or after != fingerprint_of(os.path.join(theirs, "cert.pem")):
        fail(f"replaced, and shows {after}")
    door.context = Door(node).context
    door.well("a new pair")


# --- bad input ---

JSON_BODIES = [
    ("not JSON", b"{"), ("another type", b"[1]"), ("a number", b"7"), ("empty", b""),
    ("a repeated key", b'{"name":"a","name":"b","password":"c"}'),
    ("deep", b'{"name":' + b"[" * 30000 + b"]" * 30000 + b"}"),
    ("not UTF-8", b'{"name":"\xff\xfe","password":"x"}'),
    ("a NUL", b'{"name":"a\\u0000b","password":"x"}'),
    ("types", b'{"name":7,"password":[]}'),
    ("a long name", b'{"name":"' + b"x" * 60000 + b'","password":"x"}'),
]
PATHS = [
    ("/api/v1/", 404), ("/api/v1", 404), ("/api/v1/nothing", 404), ("/api/v2/status", 404),
    ("/assets/nothing.js", 404), ("/assets/../../../../etc/passwd", 404),
    ("/assets/%2e%2e/%2e%2e/keys/identity.key", 404), ("/assets/%00", 404),
    ("/api/v1/documents/" + "x" * 4000, 404), ("/api/v1/documents/%ff%fe", 400),
    ("/api/v1/status?x=a%1fb=c", 400), ("/api/v1/status?%00=1", 401),
    ("/api/v1/status", 401), ("/api/v1/status?x=%", 401), ("/api/v1//status", 404),
    ("/api/v1/documents?kind=payment&limit=-1", 401), ("/metrics", 401), ("/healthz", 200),
]
# Raw bytes, and what the answer may begin with: a status, or b"" for a connection that is closed.
RAW = [
    ("no request", b"\r\n\r\n\r\n", [b"", b"HTTP/1.1 4"]),
    ("garbage", bytes(range(1, 256)) * 8 + b"\r\n\r\n", [b"", b"HTTP/1.1 4"]),
    ("no version", b"GET /healthz\r\n\r\n", [b"", b"HTTP/1.1 4", b"HTTP/1.0", b"HTTP/1.1 2"]),
    ("another version", b"GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n",
     [b"", b"HTTP/1.1 4", b"HTTP/1.1 5"]),
    ("no host", b"GET /healthz HTTP/1.1\r\n\r\n", [b"HTTP/1.1 400"]),
    ("a long address", b"GET /" + b"x" * (2 * HEADER_BYTES_MAX) + b" HTTP/1.1\r\nHost: x\r\n\r\n",
     [b"HTTP/1.1 414", b"HTTP/1.1 431", b""]),
    ("long headers", b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * (2 * HEADER_BYTES_MAX)
     + b"\r\n\r\n", [b"HTTP/1.1 413", b"HTTP/1.1 431", b""]),
    ("many headers", b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 20000 + b"\r\n",
     [b"HTTP/1.1 413", b"HTTP/1.1 431", b""]),
    ("a negative length", b"POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
     [b"HTTP/1.1 400", b""]),
    ("a length beyond all", b"POST /api/v1/login HTTP/1.1\r\nHost: x\r\n"
     b"Content-Length: 99999999999999999999999\r\n\r\n", [b"HTTP/1.1 4", b""]),
    ("a length that is none", b"POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n"
     b"\r\n", [b"HTTP/1.1 400", b""]),
    ("a chunk that is none", b"POST /api/v1/login HTTP/1.1\r\nHost: x\r\n"
     b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n", [b"HTTP/1.1 400", b""]),
    ("a chunk beyond all", b"POST /api/v1/login HTTP/1.1\r\nHost: x\r\n"
     b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff0\r\n", [b"HTTP/1.1 4", b""]),
    ("a strange method", b"BREW /api/v1/status HTTP/1.1\r\nHost: x\r\n\r\n", [b"HTTP/1.1 405"]),
    ("a long method", b"X" * 5000 + b" / HTTP/1.1\r\nHost: x\r\n\r\n",
     [b"HTTP/1.1 405", b"HTTP/1.1 4", b""]),
    ("a body for a stranger beyond his limit",
     b"POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n" + b" " * 70000,
     [b"HTTP/1.1 413"]),
]


def want_problem(name, status, headers, text, wanted):
    if status not in wanted:
        fail(f"{name}: {status} {text[:300]}")
    if status >= 400 and "/problem+json" not in headers.get("Content-Type", ""):
        fail(f"{name}: {status} is answered as {headers}")


def bad_input_is_answered(door):
    for name, body in JSON_BODIES:
        status, headers, text = door.ask("POST", "/api/v1/login", body)
        want_problem(f"a body: {name}", status, headers, text, (413,) if name == "deep" else (400, 403))
    for path, wanted in PATHS:
        status, headers, text = door.ask("GET", path)
        want_problem(path[:60], status, headers, text, (wanted,))
    for name, sent, wanted in RAW:
        with door.dial() as connection:
            try:
                if b"" in wanted:
                    connection.settimeout(SILENCE_S)
                connection.sendall(sent)
                heard = connection.recv(65536)
            except (ConnectionError, socket.timeout, ssl.SSLError):
                heard = b""
        if not any(heard.startswith(w) if w else heard == b"" for w in wanted):
            fail(f"{name}: {heard[:200]}")
        door.well(name)


def answers_carry_their_guards(door):
    guards = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
              "Strict-Transport-Security": "max-age=31536000", "X-Frame-Options": "DENY"}
    for path in ("/", "/map", "/api/v1/status", "/api/v1/healthz", "/assets/nothing.js"):
        _, headers, _ = door.ask("GET", path)
        policy = headers.get("Content-Security-Policy", "")
        wrong = [name for name, value in guards.items() if headers.get(name) != value]
        if wrong or "default-src 'none'" not in policy or "frame-ancestors 'none'" not in policy \
                or "unsafe" in policy:
            fail(f"{path}: {wrong} {policy}")


# --- slow clients and crowds ---

def is_held(door, client):
    """Is there still an end of the door's to this connection? Linux lists both ends."""
    def place(address):
        return f"{socket.inet_aton(address[0])[::-1].hex()}:{address[1]:04x}".upper()
    with open("/proc/net/tcp") as listed:
        ends = [line.split()[1:4] for line in listed]
    return [place(door.address), place(client.getsockname()), "01"] in ends  # established


def slow_clients_are_cut(door, token):
    """All at once: each is answered or closed in its time, while others are served."""
    asks = b"GET /api/v1/documents?kind=agency HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " \
        + token.encode() + b"\r\nAccept: application/x-ndjson\r\n\r\n"
    clients = {"headers": door.dial(), "a body": door.dial(), "nothing": door.dial(),
               "a reader": door.dial()}
    clients["headers"].sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
    clients["a body"].sendall(b"POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
                              b"\r\n")
    clients["a reader"].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    clients["a reader"].sendall(asks)
    began, gone = time.monotonic(), {}
    while len(gone) < 3:
        if time.monotonic() - began > SLOW_S_MAX:
            fail(f"after {SLOW_S_MAX} s only {sorted(gone)} are cut")
        door.well("a slow client")
        for name in ("headers", "a body", "nothing"):
            if name in gone:
                continue
            try:
                clients[name].settimeout(0.3)
                if name == "headers":
                    clients[name].sendall(b"X: y\r\n")  # never silent, and never done
                elif name == "a body":
                    clients[name].sendall(b" ")
                if clients[name].recv(1) == b"":
                    gone[name] = time.monotonic() - began
            except socket.timeout:
                pass
            except (ConnectionError, ssl.SSLError):
                gone[name] = time.monotonic() - began
    trees.wait_until(lambda: not is_held(door, clients["a reader"]), SLOW_S_MAX, "a reader that rests to be cut",
                     step=0.5)
    clients["a reader"].settimeout(SILENCE_S)
    heard = all_of(clients["a reader"])
    if heard.endswith(b"0\r\n\r\n"):
        fail("a reader that rested still got the whole list")
    for client in clients.values():
        client.close()
    print("  cut after " + ", ".join(f"{name} {seconds:.0f} s" for name, seconds in gone.items()))


def a_crowd_is_carried(node, door):
    before = node.rss_kib()
    crowd = [door.guest(f"127.0.0.{2 + i % 4}") for i in range(CROWD)]
    slowest = 0
    for i in range(20):
        began = time.monotonic()
        lines = node.submit_lines([{"kind": "agency", "id": f"C{i}", "fiscal_year": "2026",
                                    "agency_code": f"{900000 + i}", "agency_name": "x"}])
        slowest = max(slowest, time.monotonic() - began)
        if lines[0]["status"] != "accepted":
            fail(f"with a crowd at the door: {lines}")
    for connection in crowd[::10]:
        door.ask_on(connection)
    door.well("a crowd")
    grown = node.rss_kib() - before
    for connection in crowd:
        connection.close()
    print(f"  {CROWD} connections: {grown} KiB, slowest submit {slowest * 1000:.0f} ms")
    if grown > CROWD_KIB_MAX:
        fail(f"{CROWD} connections cost {grown} KiB, more than {CROWD_KIB_MAX}")


def an_address_has_its_share(door):
    """Who opens them all from one place still leaves some for others."""
    crowd, open_ones = [], 0
    for _ in range(PER_ADDRESS_MAX + 20):
        try:
            crowd.append(door.guest("127.0.0.9"))
            open_ones += 1
        except (ConnectionError, ssl.SSLError, socket.timeout, http.client.HTTPException):
            break
    door.well("all the connections of one address")
    for connection in crowd:
        connection.close()
    if open_ones != PER_ADDRESS_MAX:
        fail(f"one address has {open_ones} connections, not {PER_ADDRESS_MAX}")


def followers_cost_little(node, door, token):
    """They follow, the node is idle, and each hears of what is entered then."""
    before = node.rss_kib()
    asks = b"GET /api/v1/changes?after=end HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " \
        + token.encode() + b"\r\nAccept: text/event-stream\r\n\r\n"
    crowd = [door.guest(f"127.0.0.{2 + i % 4}") for i in range(FOLLOWERS)]
    for follower in crowd:
        follower.sendall(asks)
    for follower in crowd:
        if not follower.recv(4096).startswith(b"HTTP/1.1 200"):
            fail("a follower is not answered")
    grown, began, busy = node.rss_kib() - before, time.monotonic(), node.cpu_seconds()
    time.sleep(IDLE_S)
    share = (node.cpu_seconds() - busy) / (time.monotonic() - began)
    node.submit_lines([{"kind": "agency", "id": "F1", "fiscal_year": "2026",
                        "agency_code": "800001", "agency_name": "news"}])
    for follower in crowd:
        heard = b""
        while b"800001" not in heard:
            piece = follower.recv(65536)
            if not piece:
                fail(f"a follower was not told: {heard}")
            heard += piece
        follower.close()
    print(f"  {FOLLOWERS} idle followers: {grown} KiB, {100 * share:.1f} % of a core")
    if grown > FOLLOWERS_KIB_MAX or share > IDLE_SHARE_MAX:
        fail(f"{FOLLOWERS} idle followers cost {grown} KiB and {100 * share:.1f} % of a core")


# --- who is no longer anybody ---

def who_is_put_out_reads_no_further(node, door):
    """Whatever is still sent to a session goes with it, however long the answer and however slowly it is read."""
    token = door.login("tashi")
    own = max(row["id"] for row in node.json("sessions")["rows"])
    heard = {}

    def read_on(path, reader):
        heard[path] = all_of(reader)
    readers = {path: door.dial(buffer=8192) for path in ("documents?kind=agency", "changes?after=0")}
    for path, reader in readers.items():
        reader.sendall(f"GET /api/v1/{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
                       "Connection: close\r\nAccept: application/x-ndjson\r\n\r\n".encode())
        if not reader.recv(512).startswith(b"HTTP/1.1 200"):
            fail(f"{path} is not answered")
    node.run("sessions", "--end", str(own))
    time.sleep(LOOKED_AT_S)  # it is looked at so often; a client may rest for longer
    threads = [threading.Thread(target=read_on, args=reader) for reader in readers.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for path, reader in readers.items():
        reader.close()
        if heard[path].endswith(b"0\r\n\r\n"):
            fail(f"{path}: a session that was ended read on to the end: {len(heard[path])} bytes")


# --- memory ---

def grown_at_most(node, name, kib_max, does):
    """What the process takes at its height while that is done, above what it had."""
    with open(f"/proc/{node.process.pid}/clear_refs", "w") as peak:
        peak.write("5")
    before = node.rss_kib()
    does()
    with open(f"/proc/{node.process.pid}/status") as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    print(f"  {name}: {peak - before} KiB")
    if peak - before > kib_max and not node.tree.is_sanitized:
        fail(f"{name} cost {peak - before} KiB, more than {kib_max}")


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def odd_posts_cost_little(node, door, token):
    """What is small in JSON is large as a tree: none is kept."""
    def fill(begin, repeated, end):
        line = begin + repeated * ((LINE_BYTES - 20) // len(repeated)) + end + b"\n"
        return line * (POST_BYTES // len(line))

    def post(body):
        status, _, text = door.ask("POST", "/api/v1/documents", body, bearer(token))
        if status != 200 or text.count(b'"refused"') != body.count(b"\n"):
            fail(f"an odd post: {status} {text[:300]}")
    for name, shape in (("objects", (b"[", b"{},", b"0]")), ("in a field", (b'{"memo":[', b"[],", b"0]}")),
                        ("escapes", (b'{"memo":"', b"\\n", b'"}'))):
        body = fill(*shape)

        def at_once():
            posts = [threading.Thread(target=post, args=(body,)) for _ in range(4)]
            for thread in posts:
                thread.start()
            for thread in posts:
                thread.join()
        grown_at_most(node, f"4 posts of 8 MiB of {name}", POSTS_KIB_MAX, at_once)


def the_owner_is_served(node):
    """At the socket, by his command line, whoever crowds the network's door."""
    began = time.monotonic()
    for words in (("status",), ("get", "A7"), ("list", "agency", "--limit", "5"), ("alarms",)):
        code, _, err = node.run(*words, check=False)
        if code not in (0, 1) or (code == 1 and words[0] != "list"):  # more are behind that page
            fail(f"{words}: {code} {err}")
    took = time.monotonic() - began
    if took > OWNER_S_MAX:
        fail(f"the owner was served after {took:.1f} s")


def uploads_that_rest_are_counted(node, door, token):
    """Each hands in a part, whose verdicts are kept for its end, and sends no more."""
    part = b"{}\n" * 5000
    part += b" " * ((1 << 20) + (64 << 10) - len(part) - 1) + b"\n"
    head = ("POST /api/v1/documents?summary=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000\r\n"
            f"Authorization: Bearer {token}\r\n\r\n").encode()

    def rest():
        resting = [door.dial(f"127.0.0.{2 + i % 4}") for i in range(RESTING)]
        for client in resting:
            client.sendall(head + part)
        door.well("uploads that rest")
        the_owner_is_served(node)
        for client in resting:
            client.close()
    grown_at_most(node, f"{RESTING} uploads that rest", RESTING_KIB_MAX, rest)


def who_reads_slowly_keeps_no_block(node, door, token):
    """Each at a place of his own, in a block of a thousand entries."""
    _, _, text = door.ask("GET", "/api/v1/changes?limit=10000", headers=bearer(token))
    places = [json.loads(line)["position"] for line in text.splitlines()[:READERS * 20:20]]

    def read():
        readers = [door.dial(f"127.0.0.{2 + i % 4}") for i in range(len(places))]
        for reader, place in zip(readers, places):
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.sendall(f"GET /api/v1/changes?after={place} HTTP/1.1\r\nHost: x\r\n"
                           f"Authorization: Bearer {token}\r\n\r\n".encode())
        for reader in readers:
            if not reader.recv(1024).startswith(b"HTTP/1.1 200"):
                fail("a reader is not answered")
        the_owner_is_served(node)
        for reader in readers:
            reader.close()
    grown_at_most(node, f"{len(places)} who read slowly", READERS_KIB_MAX, read)


def what_names_persons_stays_on_no_disk(door, token):
    """A browser keeps what says the same to everybody, and nothing else."""
    form = json.dumps({"kind": "payment", "fields": {"payee_acct_name": "扎西", "payee_acct_no": "6222"}})
    status, headers, text = door.ask("PUT", "/api/v1/unsent/a1", form, bearer(token))
    if status != 200 or not headers.get("ETag"):
        fail(f"a form is not kept: {status} {text}")
    for path, wanted in (("/unsent/a1", "no-store"), ("/unsent", "no-store"), ("/documents?kind=agency", "no-store"),
                         ("/session", "no-store"), ("/find?q=A1", "no-store"), ("/texts", "no-cache"),
                         ("/schema", "no-cache")):
        _, headers, _ = door.ask("GET", "/api/v1" + path, headers=bearer(token))
        if headers.get("Cache-Control") != wanted:
            fail(f"{path}: {headers}")
    _, headers, _ = door.ask("GET", "/")
    if headers.get("Cache-Control") != "no-cache":
        fail(f"the console: {headers}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    args = parser.parse_args()
    base = tempfile.mkdtemp(prefix="terrace-api-door-")
    tree = trees.Tree(os.path.join(base, "tree"), build=args.build, console=True)
    try:
        node = tree.init_root("540000", "西藏自治区")
        door = Door(node)
        the_certificate_is_the_one_that_is_shown(node, door)
        what_is_older_than_tls_13_is_refused(door)
        a_pair_may_be_replaced_and_must_fit(tree, node, door)
        node.run("user", "add", "tashi", "--role", "auditor")
        bad_input_is_answered(door)
        answers_carry_their_guards(door)
        node.submit_lines([{"kind": "agency", "id": f"A{i}", "fiscal_year": "2026",
                            "agency_code": f"{100000 + i}", "agency_name": "机关" * 10}
                           for i in range(20000)])
        token = door.login("tashi")
        followers_cost_little(node, door, token)  # before others leave memory behind
        a_crowd_is_carried(node, door)
        an_address_has_its_share(door)
        slow_clients_are_cut(door, token)
        who_is_put_out_reads_no_further(node, door)
        who_reads_slowly_keeps_no_block(node, door, token)
        node.run("user", "add", "dolma", "--role", "maker")
        token = door.login("dolma")
        what_names_persons_stays_on_no_disk(door, token)
        odd_posts_cost_little(node, door, token)
        uploads_that_rest_are_counted(node, door, token)
        print("api_door: strangers, slow clients and crowds are answered, and nobody else waits")
    except trees.Failed as failed:
        fail(failed)
    finally:
        tree.stop()
        shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    main()
