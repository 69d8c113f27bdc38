#!/usr/bin/python3
"""A program of another system, with Debian's python3 alone: logs in, hands in a document, follows what comes.

    scripts/examples/follow.py NODE [--fingerprint SHA256] [--as NAME] [--submit FILE] [--after FILE] [--count N]

NODE is the path of a node's socket, or https://HOST:PORT with the fingerprint that `terrace status` shows there.
The password is $TERRACE_PASSWORD; a program that runs by itself uses a token instead: $TERRACE_TOKEN.
"""
import argparse
import hashlib
import http.client
import json
import os
import socket
import ssl
import sys
import time
import urllib.parse


class Socket(http.client.HTTPConnection):
    """HTTP through the socket in a node's home."""

    def __init__(self, path):
        super().__init__("terrace", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Door(http.client.HTTPSConnection):
    """TLS to a node that is known by the fingerprint of its certificate: nothing is said to any other."""

    def __init__(self, address, fingerprint):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # the fingerprint is the check
        super().__init__(address.hostname, address.port, timeout=60, context=context)
        self.fingerprint = fingerprint.replace(":", "").lower()

    def connect(self):
        super().connect()
        if hashlib.sha256(self.sock.getpeercert(binary_form=True)).hexdigest() != self.fingerprint:
            self.close()
            raise ssl.SSLError("this is not the node's certificate")


class Node:
    def __init__(self, where, fingerprint, token):
        self.http = (Door(urllib.parse.urlsplit(where), fingerprint) if where.startswith("https://") else Socket(where))
        self.token = token

    def ask(self, method, path, body=None, **query):
        """The answer's text. What the node refuses has a code, and a sentence for people."""
        if query:
            path += "?" + urllib.parse.urlencode(query)
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        self.http.request(method, "/api/v1" + path, body, headers)
        answer = self.http.getresponse()
        text = answer.read().decode()
        if answer.status >= 300:
            error = json.loads(text)["error"]
            sys.exit(f"{error['code']}: {error['message']}")
        return text

    def log_in(self, name, password):
        answer = self.ask("POST", "/login", json.dumps({"name": name, "password": password}))
        self.token = json.loads(answer)["token"]

    def submit(self, documents):
        """One verdict a line. A document that was handed in before is answered "exists": ask again as often as
        you like, after a fall for instance."""
        lines = "\n".join(json.dumps(document, ensure_ascii=False) for document in documents)
        return [json.loads(line) for line in self.ask("POST", "/documents", lines.encode()).splitlines()]

    def follow(self, position):
        """Every entry behind a position, for ever, each with the position to go on from."""
        while True:
            try:
                lines = [json.loads(line) for line in
                         self.ask("GET", "/changes", after=position, limit=1000, wait=30).splitlines()]
                if not lines or "complete" not in lines[-1]:
                    raise ConnectionError("the node stopped before its answer was whole")
            except (OSError, http.client.HTTPException):  # the node fell, or the network: the position stands
                self.http.close()
                time.sleep(1)
                continue
            for entry in lines[:-1]:
                yield entry, entry["position"]
            position = lines[-1]["position"]  # though a filter let nothing by


def read_position(path):
    if path and os.path.exists(path):
        with open(path, encoding="ascii") as file:
            return file.read().strip()
    return "0"


def keep_position(path, position):
    """Behind what was done with the entry, so that a fall repeats it and leaves nothing out."""
    with open(path + ".new", "w", encoding="ascii") as file:
        file.write(position)
    os.replace(path + ".new", path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("node")
    parser.add_argument("--fingerprint", default="")
    parser.add_argument("--as", dest="name")
    parser.add_argument("--submit", help="NDJSON: a document a line")
    parser.add_argument("--after", help="a file that keeps the position")
    parser.add_argument("--count", type=int, help="end after so many entries")
    options = parser.parse_args()
    node = Node(options.node, options.fingerprint, os.environ.get("TERRACE_TOKEN"))
    if options.name:
        node.log_in(options.name, os.environ["TERRACE_PASSWORD"])
    if options.submit:
        with open(options.submit, encoding="utf-8") as file:
            for verdict in node.submit(json.loads(line) for line in file if line.strip()):
                print(verdict["id"], verdict["status"], verdict["message"] or "", flush=True)
    seen = 0
    for entry, position in node.follow(read_position(options.after)):
        amount = entry.get("document", {}).get("amount", "")
        print(entry["time"], entry["division"], entry["lsn"], entry["kind"], entry.get("id", ""), amount, flush=True)
        if options.after:
            keep_position(options.after, position)
        seen += 1
        if options.count and seen >= options.count:
            break


if __name__ == "__main__":
    main()
