"""webhooks - what a node holds is posted to another program: signed, each entry at least once and in order,
through falls of both; what is refused dies and is sent again when somebody asks; and no address is reached
that the configuration does not name.

    python3 tests/process/webhooks.py --build build
"""
import hashlib
import hmac
import http.server
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402
import node_api  # noqa: E402

ROOT, CITY, YEAR = "540000", "540100", "2026"
POST_S = 15  # what an answer may take: node/webhook/post.h


def need(truth, words):
    if not truth:
        raise trees.Failed(words)


def enter(node, prefix, count=1):
    node.run("submit", "-", stdin="".join(json.dumps(dict(
        kind="agency", id=f"{prefix}{at}", fiscal_year=YEAR, agency_code=f"{prefix}{at}", agency_name="财政局")) + "\n"
        for at in range(count)).encode())


class Receiver:
    """A program that takes posts, and answers as it is told: by status, by id, or not at all."""

    def __init__(self, context=None):
        receiver, self.posts, self.answer, self.refuse, self.lock = self, [], 200, set(), threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                lines = [json.loads(line) for line in body.splitlines()]
                status = receiver.answer
                if any(line.get("id") in receiver.refuse for line in lines):
                    status = 422
                with receiver.lock:
                    receiver.posts.append((status, dict(self.headers), body, lines))
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def taken(self):
        with self.lock:
            return [line for status, _, _, lines in self.posts if status == 200 for line in lines]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def configure(node, networks):
    path = os.path.join(node.home, "config.yaml")
    with open(path) as old:
        text = re.sub(r"(?m)^#? ?webhook_networks:.*$", f'webhook_networks: "{networks}"', old.read())
    with open(path, "w") as new:
        new.write(text)


def restart(node):
    node.end()
    node.start()


def listed(node, name):
    return next((hook for hook in node.json("webhook", "list")["webhooks"] if hook["name"] == name), None)


def feed(node, after="0", **query):
    door, entries = node_api.Api(os.path.join(node.home, "terrace.sock")), []
    while True:
        page, after, complete = door.changes(after, **query)
        entries += page
        if complete:
            return entries


def in_order_and_whole(taken, want):
    """At least once each, and in order where a repeated run is left out."""
    seen, last = [], 0
    for line in taken:
        position = int(line["position"].split("-")[0])
        if position > last:
            seen.append(line)
            last = position
    return seen == want


def signed(receiver, secret, node):
    """By the secret, which a standard library can check; and by the node's key."""
    for _, headers, body, lines in receiver.posts:
        told = dict(part.split("=") for part in headers["Terrace-Signature"].split(", "))
        mac = hmac.new(secret.encode(), told["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
        need(hmac.compare_digest(mac, told["hmac-sha256"]), "the secret signs time and body")
        need(abs(int(told["t"]) - time.time()) < 300, "the time is now")
        need(headers["Terrace-Position"] == lines[-1]["position"], "the header names the last line")
        need(headers["Content-Type"].startswith("application/x-ndjson"), f"{headers}")
        key = dict(part.split("=") for part in headers["Terrace-Node-Signature"].split(", "))
        need(len(key["ed25519"]) == 128 and len(key["key"]) == 64, f"{key}")
        grants = [line["grant"]["key"] for line in feed(node) if line["kind"] == "grant"]
        del grants  # the root's own grant is no entry of a log
    receipt = node.json("receipt", "A0")
    need(receipt["accepted"]["key"] == key["key"], "it is the key that signs its blocks")


def delivers(node, receiver):
    """Everything from the position that was asked for on, signed; and what a filter lets by."""
    enter(node, "A", 5)
    secret = node.run("webhook", "add", "books", f"http://127.0.0.1:{receiver.port}/in?x=1", "--after", "0")[1].strip()
    need(re.fullmatch(r"[0-9a-f]{64}", secret), f"the secret: {secret}")
    trees.wait_until(lambda: receiver.taken() == feed(node), 20, "what was there")
    enter(node, "B", 250)
    trees.wait_until(lambda: receiver.taken() == feed(node), 20, "what came since")
    signed(receiver, secret, node)
    need(max(len(lines) for _, _, _, lines in receiver.posts) <= 100, "a post is bounded")
    hook = trees.wait_until(lambda: (lambda hook: hook["delivered"] == len(feed(node)) and hook)(listed(node, "books")),
                            20, "the row to say so")
    need(hook["state"] == "delivering" and hook["dead"] == 0 and hook["failing_since"] is None, f"{hook}")
    need("secret" not in hook, "the secret is shown once")
    need("books" in node.run("webhook", "list")[1], "for people")
    need("推送正常" in node.run("--lang", "zh", "webhook", "list")[1], "in Chinese")


def filtered(node, receiver):
    """Only what the filter lets by."""
    other = Receiver()
    node.run("webhook", "add", "only", f"http://127.0.0.1:{other.port}/", "--kinds", "element", "--division", ROOT,
             "--after", "0")
    element = dict(kind="element", id="E1", fiscal_year=YEAR, ele_catalog_code="exp_func", ele_code="205", ele_name="教育")
    node.run("submit", "-", stdin=json.dumps(element).encode())
    enter(node, "F", 3)
    trees.wait_until(lambda: [line["id"] for line in other.taken()] == ["E1"], 20, "the one element")
    node.run("webhook", "remove", "only")
    need(listed(node, "only") is None, "it is gone")
    count = len(other.posts)
    element = dict(element, id="E2", ele_code="206")
    node.run("submit", "-", stdin=json.dumps(element).encode())
    trees.wait_until(lambda: receiver.taken()[-1]["id"] == "E2", 20, "the other one hears of it")
    need(len(other.posts) == count, "who was removed hears nothing more")
    other.close()


def through_falls(node, receiver):
    """The receiver away, the node killed: at least once each, in order, and nothing is left out."""
    receiver.answer = 503
    enter(node, "C", 30)
    trees.wait_until(lambda: (listed(node, "books") or {}).get("state") == "failing", 20, "it is told as failing")
    hook = listed(node, "books")
    need(hook["failing_since"] and hook["args"]["http"] == "503" and "503" in hook["failure"], f"{hook}")
    for round_ in range(3):
        node.kill()
        node.start()
        enter(node, f"D{round_}", 20)
    receiver.answer = 200
    node.run("webhook", "replay", "books")  # not to wait for the back-off
    trees.wait_until(lambda: in_order_and_whole(receiver.taken(), feed(node)), 30, "all of it")
    trees.wait_until(lambda: listed(node, "books")["state"] == "delivering", 20, "all is well again")
    need(listed(node, "books")["dead"] == 0, "who is away refuses nothing")


def dead_letters(node, receiver):
    """One entry that is refused again and again dies alone; the rest goes on; asked for, it comes again."""
    trees.wait_until(lambda: receiver.taken()[-1] == feed(node)[-1], 20, "all is told")
    repeats = len(receiver.taken()) - len(feed(node))  # what the falls brought
    receiver.refuse = {"G3"}
    enter(node, "G", 8)
    trees.wait_until(lambda: listed(node, "books")["dead"] == 1, 60, "the dead letter", step=0.2)
    trees.wait_until(lambda: receiver.taken()[-1]["id"] == "G7", 20, "the rest")
    need("G3" not in [line.get("id") for line in receiver.taken()], "it was refused")
    letters = node.json("webhook", "dead", "books")
    need(letters["total"] == 1 and letters["rows"][0]["args"]["http"] == "422", f"{letters}")
    at = letters["rows"][0]["position"]
    need(next(line for line in feed(node) if line["position"] == at)["id"] == "G3", "its position is the entry's")
    need(any(alarm["code"] == "webhook" for alarm in node.json("alarms")["alarms"]), "an operator is told")
    node.run("webhook", "replay", "books")  # still refused: it stays dead
    trees.wait_until(lambda: node.json("webhook", "dead", "books")["rows"][0]["again"] is False, 20, "dead once more")
    receiver.refuse = set()
    need("1" in node.run("webhook", "replay", "books")[1], "how many go again")
    trees.wait_until(lambda: listed(node, "books")["dead"] == 0, 20, "it is delivered")
    need([line.get("id") for line in receiver.taken()].count("G3") == 1, "once")
    need(not any(alarm["code"] == "webhook" for alarm in node.json("alarms")["alarms"]), "the alarm is over")
    taken = [line["position"] for line in receiver.taken()]
    need(len(taken) == len(set(taken)) + repeats, "who asks for the dead letters gets nothing else again")
    before = len(receiver.posts)
    position = feed(node)[-3]["position"]
    node.run("webhook", "replay", "books", "--after", position)
    trees.wait_until(lambda: len(receiver.posts) > before and receiver.posts[-1][3] == feed(node)[-2:], 20,
                     "what stands behind a position once more")


def unanswered(node):
    """A receiver that never answers holds up nobody: not the loop, and not a stop."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        node.run("webhook", "add", "silent", f"http://127.0.0.1:{silent.getsockname()[1]}/", "--after", "0")
        with silent.accept()[0]:
            began = time.monotonic()
            enter(node, "H")
            node.end()
            need(time.monotonic() - began < POST_S - 1, f"both took {time.monotonic() - began:.1f} s")
        node.start()
        node.run("webhook", "remove", "silent")


def guarded(node, receiver):
    """What the configuration does not name is not dialled; redirections are not followed; input is judged."""
    receiver.answer = 302
    node.run("webhook", "add", "turned", f"http://127.0.0.1:{receiver.port}/turn", "--after", "0")
    trees.wait_until(lambda: "302" in (listed(node, "turned") or {}).get("failure", ""), 20, "a redirection is a refusal")
    node.run("webhook", "remove", "turned")
    receiver.answer = 200
    for url in ("ftp://example.net/", "https://", "https://a:b@example.net/", "https://x y/", "https://example.net:0/",
                "https://example.net/#x", "example.net", "https://example.net:70000/"):
        need(node.run("webhook", "add", "bad", url, check=False)[0] == 2, url)
    for name in ("Bad", "a b", "x" * 33, ""):
        need(node.run("webhook", "add", name, "https://example.net/", check=False)[0] == 2, name)
    need(node.run("webhook", "add", "books", "https://example.net/", check=False)[0] == 1, "a name is taken once")
    need(node.run("webhook", "remove", "nobody", check=False)[0] == 1, "nobody")
    need(node.run("webhook", "replay", "books", "--after", "9-" + "0" * 16, check=False)[0] == 1, "no such position")
    need(node.run("webhook", "nonsense", check=False)[0] == 2, "no such verb")
    posts = len(receiver.posts)
    configure(node, "10.9.0.0/16")
    restart(node)
    enter(node, "I")
    trees.wait_until(lambda: "post_address_refused" in json.dumps(listed(node, "books")), 20, "the address is refused")
    need(len(receiver.posts) == posts, "nothing was dialled")
    configure(node, "127.0.0.0/8")
    restart(node)
    trees.wait_until(lambda: receiver.taken()[-1] == feed(node)[-1], 40, "it goes on where it is allowed")
    need(all(line in receiver.taken() for line in feed(node)), "nothing was left out")


def over_tls(node, base):
    """Only a certificate that is trusted, for this name."""
    import ssl
    certificate, key = os.path.join(base, "cert.pem"), os.path.join(base, "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    receiver = Receiver(context)
    node.run("webhook", "add", "tls", f"https://localhost:{receiver.port}/", "--after", "0")
    trees.wait_until(lambda: "post_tls_failed" in json.dumps(listed(node, "tls")), 20, "nobody vouches for it")
    need(not receiver.taken(), "nothing was said")
    with open(certificate) as trusted, open(os.path.join(node.home, "tls", "webhooks.pem"), "w") as out:
        out.write(trusted.read())
    restart(node)
    trees.wait_until(lambda: receiver.taken() == feed(node), 40, "all of it, through TLS")
    node.run("webhook", "remove", "tls")
    receiver.close()


def prove(base, build):
    tree = trees.Tree(os.path.join(base, "tree"), build=build)
    receiver = Receiver()
    try:
        node = tree.init_root(ROOT, "西藏自治区")
        node.end()
        configure(node, "127.0.0.0/8")
        node.start()
        delivers(node, receiver)
        filtered(node, receiver)
        through_falls(node, receiver)
        dead_letters(node, receiver)
        unanswered(node)
        guarded(node, receiver)
        over_tls(node, base)
    finally:
        tree.stop()
        receiver.close()
    print("webhooks: signed, in order, through falls; the refused alone, and again when asked; nowhere else")


if __name__ == "__main__":
    trees.run_test("webhooks", prove)
