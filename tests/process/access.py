"""access - who may ask what, on a real daemon: roles at the command line, sessions listed and ended, tokens
of programs over the socket, browsers at the door of the network; and the chain of accesses, which its owner alters and
cuts and its parent watches.

    python3 tests/process/access.py --build build
"""
import argparse
import http.client
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import tree as trees  # noqa: E402

ROOT, CITY, PASSWORD = "540000", "540100", "password-of-all"
BEAT_MS = 500  # so that a head is cosigned in a moment
FOLLOW_S = 120  # without a word: one comes every few seconds


def need(condition, text):
    if not condition:
        raise trees.Failed(text)


def ask(node, method, path, token=None, body=None, headers=()):
    """One request over the socket: (HTTP status, answer)."""
    body = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} /api/v1{path} HTTP/1.1", "Host: terrace", "Connection: close", f"Content-Length: {len(body)}"]
    lines += [f"Authorization: Bearer {token}"] if token else []
    lines += headers
    with socket.socket(socket.AF_UNIX) as door:
        door.settimeout(trees.PATIENCE_S)
        door.connect(os.path.join(node.home, "terrace.sock"))
        door.sendall("\r\n".join(lines + ["", ""]).encode() + body)
        answer = b"".join(iter(lambda: door.recv(65536), b""))
    head, _, rest = answer.partition(b"\r\n\r\n")
    text = rest.decode()
    return int(head.split()[1]), json.loads(text) if text.startswith("{") else text


def refused(node, code, *command, as_user=None):
    exit_code, out, _ = node.run(*command, "--json", check=False, as_user=as_user)
    got = json.loads(out)["error"]["code"]
    need(exit_code == 1 and got == code, f"{command} as {as_user}: {exit_code} {got}, not {code}")


def set_up(node):
    """The first admin is made by the owner of the process; from then on an admin is asked."""
    for name, role in (("sonam", "admin"), ("tashi", "maker"), ("drolma", "checker"), ("pema", "auditor")):
        node.run("user", "add", name, "--role", role, as_user=None if role == "admin" else "sonam")


def entries_name_whose_word_they_are(node):
    """Each person is an entry of the log that says who entered him; the first one nobody could."""
    rows = node.json("list", "operator")["rows"]
    need([(row["name"], row.get("entered_by")) for row in rows] ==
         [("sonam", None), ("tashi", "sonam"), ("drolma", "sonam"), ("pema", "sonam")], f"entered: {rows}")
    node.run("user", "add", "norbu", "--role", "maker", as_user="sonam")
    node.run("user", "disable", "norbu", as_user="sonam")
    first, last = [row for row in node.json("list", "operator")["rows"] if row["name"] == "norbu"]
    need((first["operator_key"], first["role"], first["entered_by"]) == (last["operator_key"], last["role"], "sonam") and
         re.fullmatch("[0-9a-f]{64}", last["operator_key"]), f"{first} and {last}")
    need((first.get("enabled"), last["enabled"], last["entered_by"]) == ("1", "2", "sonam"), f"an end is an entry: {last}")


def roles_hold_at_the_command_line(node):
    refused(node, "needs_login", "user", "add", "nobody", "--role", "maker")
    refused(node, "needs_role", "user", "add", "nobody", "--role", "maker", as_user="tashi")
    refused(node, "needs_role", "invite", "540100", "--name", "拉萨市", as_user="pema")
    refused(node, "needs_role", "pause", "540100", as_user="drolma")
    refused(node, "needs_login", "sessions")
    refused(node, "needs_role", "sessions", as_user="tashi")
    refused(node, "needs_role", "verify", as_user="tashi")
    node.run("verify", as_user="pema")
    node.run("verify")


def log_in(node, name):
    status, answer = ask(node, "POST", "/login", body={"name": name, "password": PASSWORD})
    need(status == 200, f"{name} did not get in: {status} {answer}")
    return answer["token"]


def sessions_are_listed_and_ended(node):
    token = log_in(node, "tashi")
    status, who = ask(node, "GET", "/session", token)
    need(status == 200 and who["name"] == "tashi" and who["roles"] == ["maker"], f"who I am: {who}")
    need(who["node"]["division"] == ROOT and who["ledger"]["state"] == "sound", f"where I am: {who}")
    rows = node.json("sessions", as_user="sonam")["rows"]
    need([row["name"] for row in rows] == ["tashi", "sonam"], f"sessions: {rows}")
    shown = node.run("sessions", as_user="sonam")[1]
    need("tashi" in shown, f"not in the table: {shown}")
    node.run("sessions", "--end", str(rows[0]["id"]), as_user="sonam")
    need(ask(node, "GET", "/session", token)[0] == 401, "an ended session is let in")
    refused(node, "not_found", "sessions", "--end", str(rows[0]["id"]), as_user="sonam")
    need(ask(node, "GET", "/session")[1]["how"] == "socket", "who comes by the socket is its owner")


def tokens_are_made_used_and_revoked(node):
    reads = node.json("token", "add", "reads", "--days", "7", as_user="tashi")
    need(re.fullmatch("tk_[0-9a-f]{64}", reads["token"]) and reads["roles"] == [], f"made: {reads}")
    need(node.json("token", "list", as_user="tashi")["rows"][0]["used"] is None, "used before it was shown")
    need(ask(node, "GET", "/balance", reads["token"])[0] == 200, "a token that reads does not read")
    status, who = ask(node, "GET", "/session", reads["token"])
    need((status, who["name"], who["how"]) == (200, "reads", "token"), f"who the token is: {who}")
    for method, path in (("POST", "/documents"), ("POST", "/approve"), ("POST", "/users"), ("POST", "/tokens"),
                         ("GET", "/sessions"), ("POST", "/verify")):
        need(ask(node, method, path, reads["token"], {})[0] == 403, f"it only reads, and may {method} {path}")
    refused(node, "refused", "token", "add", "reads", as_user="tashi")
    refused(node, "refused", "token", "add", "beyond", "--role", "admin", as_user="tashi")
    refused(node, "refused", "token", "add", "signs", "--role", "checker", as_user="drolma")
    refused(node, "refused", "token", "revoke", "reads", as_user="drolma")
    need(node.json("token", "list", as_user="drolma")["rows"] == [], "drolma sees what is tashi's")
    watch = node.json("token", "add", "watch", "--role", "admin", as_user="sonam")["token"]
    need(ask(node, "GET", "/sessions", watch)[0] == 200, "an admin's token does not see sessions")
    listed = {row["name"]: row for row in node.json("token", "list", as_user="sonam")["rows"]}
    need(set(listed) == {"reads", "watch"} and listed["reads"]["used"] is not None, f"listed: {listed}")
    node.run("token", "revoke", "reads", as_user="sonam")
    need(ask(node, "GET", "/balance", reads["token"])[0] == 401, "a revoked token is let in")
    node.end()
    node.start()
    need(ask(node, "GET", "/sessions", watch)[0] == 200, "a token is forgotten by a restart")
    files = [os.path.join(folder, name) for folder, _, names in os.walk(node.home) for name in names
             if os.path.isfile(os.path.join(folder, name))]
    for path in files:
        try:
            with open(path, "rb") as file:
                held = file.read()
        except FileNotFoundError:  # the store has merged it into another one since
            continue
        need(watch.encode() not in held and bytes.fromhex(watch[3:]) not in held, f"{path} has a token in it")


# --- the network's door ---

class Browser:
    """Keeps the cookie that the door sets, and says of each request which page asks."""

    def __init__(self, node, port):
        self.port, self.cookie = port, None
        self.context = ssl.create_default_context(cafile=os.path.join(node.home, "tls", "cert.pem"))

    def ask(self, method, path, body=None, **headers):
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        said.update({"Cookie": self.cookie} if self.cookie else {})
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=trees.PATIENCE_S, context=self.context)
        connection.request(method, "/api/v1" + path, None if body is None else json.dumps(body), said)
        answer = connection.getresponse()
        text = answer.read().decode()
        self.set_cookie = answer.getheader("Set-Cookie") or ""
        connection.close()
        return answer.status, json.loads(text) if text.startswith("{") else text

    def page(self, method, path, body=None):
        """As a page of the door's own console asks."""
        return self.ask(method, path, body, Origin=f"https://127.0.0.1:{self.port}", Terrace_Request="1",
                        Sec_Fetch_Site="same-origin")


def open_network(node):
    need(node.status()["api"] is None, "the network's door is open before anybody configured it")
    port = trees.free_port()
    path = os.path.join(node.home, "config.yaml")
    with open(path) as old:
        text = re.sub(r"(?m)^ *#? *api:$", "api:", old.read())
    text, count = re.subn(r'(?m)^ *#? *listen: "https:.*$', f'  listen: "https://127.0.0.1:{port}"', text)
    need(count == 1, f"{path} has {count} lines of the door's address")
    node.end()
    with open(path, "w") as new:
        new.write(text)
    node.start()
    return port


def nobody_gets_in_unasked(browser):
    for method, path in (("GET", "/status"), ("GET", "/balance"), ("GET", "/users"), ("GET", "/audit"), ("GET", "/session"),
                         ("GET", "/metrics"), ("POST", "/documents"), ("POST", "/users"), ("POST", "/invite"),
                         ("POST", "/verify"), ("GET", "/documents?kind=payment"), ("GET", "/changes")):
        status, answer = browser.ask(method, path, {} if method == "POST" else None)
        need(status == 401 and answer["code"] == "needs_login", f"{method} {path}: {status} {answer}")
    need(browser.ask("GET", "/healthz")[0] == 200, "health is no secret")


def a_browser_keeps_a_cookie(browser):
    """And nothing else: no script of the page can read what logs it in."""
    status, answer = browser.page("POST", "/login", {"name": "tashi", "password": PASSWORD})
    need(status == 200 and "token" not in answer, f"login: {status} {answer}")
    flags = [flag.strip() for flag in browser.set_cookie.split(";")]
    need(flags[0].startswith("__Host-terrace=") and
         {"Path=/", "Secure", "HttpOnly", "SameSite=Strict"} <= set(flags), f"cookie: {flags}")
    browser.cookie = "theme=dark; " + flags[0]
    status, who = browser.page("GET", "/session")
    need((status, who["name"], who["how"]) == (200, "tashi", "session"), f"who: {status} {who}")


def only_its_own_pages_change_anything(browser):
    own = f"https://127.0.0.1:{browser.port}"
    for headers in ({}, {"Origin": own}, {"Terrace_Request": "1"}, {"Origin": own, "Sec_Fetch_Site": "same-origin"},
                    {"Origin": "https://evil.example", "Terrace_Request": "1"},
                    {"Origin": own, "Terrace_Request": "1", "Sec_Fetch_Site": "cross-site"}):
        status, answer = browser.ask("POST", "/documents", {}, **headers)
        need(status == 403 and answer["code"] == "from_elsewhere", f"{headers}: {status} {answer}")
    need(browser.page("POST", "/documents", {})[0] == 200, "its own page may not hand in")
    need(browser.page("POST", "/users", {"name": "x"})[0] == 403, "a maker makes users")


def a_follower_goes_with_his_session(node, browser):
    """What is followed ends once an admin ends the session, and not ten minutes later."""
    connection = http.client.HTTPSConnection("127.0.0.1", browser.port, timeout=FOLLOW_S, context=browser.context)
    connection.request("GET", "/api/v1/changes", headers={"Accept": "text/event-stream", "Cookie": browser.cookie,
                                                          "Sec-Fetch-Site": "same-origin"})
    stream = connection.getresponse()
    need(stream.status == 200, f"nothing to follow: {stream.status}")
    began = time.monotonic()
    his = [row["id"] for row in node.json("sessions", as_user="sonam")["rows"] if row["name"] == "tashi"]
    for session in his:
        node.run("sessions", "--end", str(session), as_user="sonam")
    stream.read()  # to its end, or FOLLOW_S without a word
    connection.close()
    need(time.monotonic() - began < 2 * FOLLOW_S, "it went on for minutes")


def the_address_is_locked_and_the_socket_is_not(node, browser):
    browser.cookie = None
    wrong = [browser.page("POST", "/login", {"name": "drolma", "password": "wrong"})[1]["code"] for _ in range(11)]
    need(wrong == ["wrong_password"] * 10 + ["account_locked"], f"eleven wrong ones: {wrong}")
    log_in(node, "drolma")  # at the socket
    names = []
    while names[-1:] != ["account_locked"] and len(names) < 200:  # one is forgotten each six seconds
        names.append(browser.page("POST", "/login", {"name": f"name{len(names)}", "password": "wrong"})[1]["code"])
    need(names[0] == "wrong_password" and names[-1] == "account_locked", f"any name from one address: {names}")


FLOOD = 40


def the_owner_logs_in_during_a_flood(node, browser):
    """He is not the last of all that came before him: each of them costs an Argon2id."""
    flood = []
    for i in range(FLOOD):
        plain = socket.create_connection(("127.0.0.1", browser.port), 30, (f"127.0.0.{10 + i}", 0))
        flood.append(browser.context.wrap_socket(plain, server_hostname="127.0.0.1"))
    for i, guest in enumerate(flood):
        body = json.dumps({"name": f"flood{i}", "password": "wrong-word"})
        guest.sendall(f"POST /api/v1/login HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                      f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
    log_in(node, "drolma")
    waiting = 0
    for guest in flood:
        guest.setblocking(False)
        try:
            guest.recv(1)
        except ssl.SSLWantReadError:
            waiting += 1
        guest.close()
    need(waiting > FLOOD // 2, f"he waited until {FLOOD - waiting} of {FLOOD} others had been tried")


def the_network(tree):
    root = tree.init_root(ROOT, "西藏自治区")
    browser = Browser(root, open_network(root))
    nobody_gets_in_unasked(browser)  # while there is no admin, too
    set_up(root)
    nobody_gets_in_unasked(browser)
    a_browser_keeps_a_cookie(browser)
    only_its_own_pages_change_anything(browser)
    rows = root.json("sessions", as_user="sonam")["rows"]
    need([(row["name"], row["address"]) for row in rows][:1] == [("tashi", "127.0.0.1")], f"sessions: {rows}")
    a_follower_goes_with_his_session(root, browser)
    browser.cookie = None
    a_browser_keeps_a_cookie(browser)
    former = browser.cookie
    a_browser_keeps_a_cookie(browser)  # logs in once more
    browser.cookie, newer = former, browser.cookie
    need(browser.page("GET", "/session")[0] == 401, "a session lives on that its browser has forgotten")
    browser.cookie = newer
    need(browser.page("POST", "/logout", {})[0] == 200 and "Max-Age=0" in browser.set_cookie, "the cookie stays")
    need(browser.page("GET", "/session")[0] == 401, "logged out, and still somebody")
    noted = [(row["what"], row["who"], row["address"]) for row in root.json("audit", as_user="pema")["rows"]]
    need(("login", "tashi", "127.0.0.1") in noted, f"a login from the network is not noted: {noted}")
    out = [row["who"] for row in root.json("audit", as_user="pema")["rows"] if row["path"] == "/logout"]
    need("tashi" in out, f"logging out is not noted: {out}")
    the_address_is_locked_and_the_socket_is_not(root, browser)
    the_owner_logs_in_during_a_flood(root, browser)


# --- the chain of accesses ---

def asked_is_noted(node):
    """Reads, writes and logins, each with who and from where; a balance names nobody."""
    node.run("get", "NONE-1", check=False)
    node.run("balance")
    node.run("list", "agency")
    node.run("user", "add", "pema", "--role", "auditor")
    refused(node, "wrong_password", "status", as_user="nobody")
    refused(node, "needs_login", "audit")
    rows = node.json("audit", as_user="pema")["rows"]
    seen = [(row["what"], row["who"], row["how"], row["method"], row["path"]) for row in rows]
    for row in (("read", "", "socket", "GET", "/documents/NONE-1"),
                ("read", "", "socket", "GET", "/documents?kind=agency"),
                ("write", "", "socket", "POST", "/users"),
                ("login_refused", "nobody", "socket", "POST", "/login"),
                ("login", "pema", "socket", "POST", "/login")):
        need(row in seen, f"{row} is not noted: {seen}")
    need(not any("balance" in row[4] for row in seen), f"a sum names nobody, and is noted: {seen}")
    need([row["position"] for row in rows] == list(range(1, len(rows) + 1)), f"positions: {rows}")
    page = json.loads(node.run("audit", "--limit", "2", "--after", "1", "--json", check=False, as_user="pema")[1])
    need([row["position"] for row in page["rows"]] == [2, 3] and page["next"] == "3", f"a page: {page}")
    shown = node.run("audit", as_user="pema")[1]
    need("/documents/NONE-1" in shown and PASSWORD not in shown, f"the table: {shown}")


def a_post_that_breaks_off_is_noted(node):
    """What comes in parts is handed in as it comes: it is noted before, and once."""
    def posts():
        return [row for row in node.json("audit", as_user="pema")["rows"] if row["path"] == "/documents"]
    begin = "POST /api/v1/documents?summary=1 HTTP/1.1\r\nHost: terrace\r\nContent-Length: %d\r\n\r\n"
    for size, sent in ((8 << 20, 4 << 20), (3 << 20, 3 << 20)):
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(trees.PATIENCE_S)
            door.connect(os.path.join(node.home, "terrace.sock"))
            door.sendall((begin % size).encode() + b"\n" * sent)
            need(size > sent or b" 200 " in door.recv(65536), "a post of blank lines")
    trees.wait_until(lambda: len(posts()) >= 2, 10, "both posts to be noted", step=0.2)
    need(len(posts()) == 2, f"noted more than once: {posts()}")


def verified(node, code):
    exit_code, out, _ = node.run("audit", "--verify", "--json", as_user="pema", check=False)
    need(exit_code == code, f"audit --verify: exit {exit_code}, not {code}: {out}")
    return json.loads(out)


def wait_cosigned(node, position):
    def there():
        cosigned = verified(node, 0)["cosigned"]
        return cosigned if cosigned and cosigned["position"] >= position else None
    return trees.wait_until(there, 20, f"the parent to cosign row {position}", step=0.5)


def spoil(tree, node, how, position):
    node.end()
    done = subprocess.run([tree.bin("spoil_access"), node.home, how, str(position)], capture_output=True, text=True)
    need(done.returncode == 0, f"spoil_access: {done.stderr}")
    node.start()


def the_parent_sees_what_its_owner_cuts(tree, root, city):
    rows = len(city.json("audit", as_user="pema")["rows"])
    need(wait_cosigned(city, rows)["holder"] == ROOT, "somebody else cosigned")
    heads = [row for row in root.json("audit", "--heads")["rows"] if row["division"] == CITY]
    need(heads and all(row["signed"] and row["holder"] == ROOT for row in heads), f"kept above: {heads}")

    spoil(tree, city, "alter", 2)
    fault = verified(city, 4)["fault"]
    need((fault["code"], fault["position"]) == ("access_row_altered", 2), f"altered: {fault}")
    spoil(tree, city, "alter", 2)  # back as it was
    verified(city, 0)

    spoil(tree, city, "cut", 3)
    fault = verified(city, 4)["fault"]
    need(fault["code"] in ("access_rows_cut", "access_head_differs"), f"cut: {fault}")

    def alarmed():
        return [alarm for alarm in root.json("alarms")["alarms"] if alarm["code"] == "accesses_cut"]
    alarms = trees.wait_until(alarmed, 20, "the parent to notice", step=0.5)
    need(alarms[0]["division"] == CITY, f"alarmed about another: {alarms}")
    root.run("alarms", "--ack", str(alarms[0]["id"]))
    need(not alarmed(), "what was seen stays open")


def who_may(tree):
    root = tree.init_root(ROOT, "西藏自治区")
    set_up(root)
    entries_name_whose_word_they_are(root)
    roles_hold_at_the_command_line(root)
    sessions_are_listed_and_ended(root)
    tokens_are_made_used_and_revoked(root)


def the_audit(tree):
    """A tree of its own, whose owners are not asked who they are."""
    root, (city, _) = tree.init_root(ROOT, "西藏自治区"), tree.join(ROOT, CITY, "拉萨市")
    city.end()
    city.limit(beat_ms=BEAT_MS)
    city.start()
    asked_is_noted(city)
    a_post_that_breaks_off_is_noted(city)
    the_parent_sees_what_its_owner_cuts(tree, root, city)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(trees.ROOT, "build"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terrace-access-") as base:
        for story in (who_may, the_network, the_audit):
            tree = trees.Tree(os.path.join(base, story.__name__), os.path.abspath(options.build))
            tree.env.update(TERRACE_PASSWORD=PASSWORD, TERRACE_NEW_PASSWORD=PASSWORD)
            try:
                story(tree)
            finally:
                tree.stop()
    print("access: roles, sessions and tokens hold, and the chain of accesses shows what is done to it")


if __name__ == "__main__":
    main()
