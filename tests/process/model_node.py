"""model_node - a real node as programs of its own machine have it, through the socket in its home: one
connection for all questions and one session for all posts, since what a process and a password cost is
more than what a thousand documents do."""
import http.client
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "scripts", "lib"))
from node_api import Api, Refused  # noqa: E402

PATIENCE_S = 600  # for one answer, of a machine that has much else to do
PAGE_ROWS, POST_LINES, APPROVED_AT_ONCE = 10000, 1000, 1000


class Reader:
    def __init__(self, node):
        self.api = Api(os.path.join(node.home, "terrace.sock"), timeout=PATIENCE_S)

    def get(self, path, **query):
        """Asked once more where the connection is that of a node that was killed since."""
        try:
            return self.api.get(path, **query)
        except (OSError, http.client.HTTPException):
            return self.api.get(path, **query)

    def rows(self, path, **query):
        """Of a long answer all its pages."""
        rows, after = [], None
        while True:
            answer = self.get(path, limit=PAGE_ROWS, after=after, **query)
            rows += answer["rows"]
            if answer["complete"]:
                return rows
            after = answer["next"]

    def has(self, division, ident):
        try:
            return bool(self.get("/documents/" + ident, division=division))
        except Refused as refused:
            if refused.status != 404:
                raise
            return False

    def lsn(self, division):
        return self.get("/digest", division=division)["lsn"]


class Person:
    """Who posts at a node under his password; `leave` when the node ends."""

    def __init__(self, node, name, password):
        self.reader, self.name, self.password = Reader(node), name, password

    def leave(self):
        self.reader.api.http.close()
        self.reader.api.token = None

    def post(self, path, body, **query):
        """The lines of the answer. A post is never made twice, but where nobody was known to make it."""
        api = self.reader.api
        if api.token is None:
            api.token = api.post("/login", {"name": self.name, "password": self.password})["token"]
        try:
            return [json.loads(line) for line in api.text("POST", path, body, **query).splitlines()]
        except Refused as refused:
            if refused.status != 401:  # it has idled too long
                raise
        api.token = None
        return self.post(path, body, **query)

    def submit(self, lines, atomic=False):
        answers = []
        for at in range(0, len(lines), POST_LINES):
            body = b"\n".join(lines[at:at + POST_LINES]) + b"\n"
            answers += self.post("/documents", body, atomic="1" if atomic else None)
        return answers

    def approve(self, idents):
        answers = []
        for at in range(0, len(idents), APPROVED_AT_ONCE):
            body = json.dumps({"ids": idents[at:at + APPROVED_AT_ONCE]}).encode()
            answers += self.post("/approve", body)
        return answers
