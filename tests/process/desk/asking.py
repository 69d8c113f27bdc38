"""asking - what a page of the web asks the node at its socket, as a person who has logged in."""
import http.client
import json
import os
import socket

from .common import need


class Door(http.client.HTTPConnection):
    """A person's session at the node's socket."""

    def __init__(self, node, name):
        super().__init__("localhost")
        self.path, self.token = os.path.join(node.home, "terrace.sock"), None
        answered = self.post(200, "/login", name=name, password=f"password-of-{name}")
        self.token = answered["token"]

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)

    def send_off(self, method, path, body=b"", **headers):
        """The response, and its JSON."""
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        self.request(method, "/api/v1" + path, body, headers)
        got = self.getresponse()
        return got, json.loads(got.read())

    def ask(self, status, method, path, body=b""):
        got, answered = self.send_off(method, path, body)
        need(got.status == status, f"{path}: {got.status}, expected {status}: {answered}")
        return answered

    def post(self, status, path, **members):
        return self.ask(status, "POST", path, json.dumps(members).encode())
