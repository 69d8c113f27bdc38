"""node_api - the API of a node for programs: through the socket in its home, or through TLS with a token.

A node's certificate is its own: over TLS it is known by its fingerprint, as `terrace status` shows it, or by a
file of authorities. Nothing but Python's standard library.
"""
import hashlib
import http.client
import json
import socket
import ssl
import time
import urllib.parse


class Refused(Exception):
    """What the API answered instead: its status and the members of "error"."""

    def __init__(self, status, error):
        super().__init__(f"{status} {error.get('code')}: {error.get('message')}")
        self.status, self.code, self.error = status, error.get("code"), error


class SocketConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=60):
        super().__init__("terrace", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class PinnedConnection(http.client.HTTPSConnection):
    """Knows the node by the fingerprint of its certificate, and says nothing to any other."""

    def __init__(self, address, fingerprint, timeout):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        super().__init__(address.hostname, address.port or 443, timeout=timeout, context=context)
        self.fingerprint = fingerprint.replace(":", "").lower()

    def connect(self):
        super().connect()
        found = hashlib.sha256(self.sock.getpeercert(binary_form=True)).hexdigest()
        if found != self.fingerprint:
            self.close()
            raise ssl.SSLError(f"the certificate has the fingerprint {found}: it is not the node's")


def connection(address, fingerprint=None, authorities=None, timeout=60):
    """`address` is the path of a socket, or https://HOST:PORT."""
    if not address.startswith("https://"):
        return SocketConnection(address, timeout)
    url = urllib.parse.urlsplit(address)
    if fingerprint:
        return PinnedConnection(url, fingerprint, timeout)
    context = ssl.create_default_context(cafile=authorities)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return http.client.HTTPSConnection(url.hostname, url.port or 443, timeout=timeout, context=context)


IDLE_S = 60  # a node ends a connection that asked nothing for 120 s


class Api:
    """One connection, kept alive; opened again by itself after an error, and after a rest."""

    def __init__(self, address, token=None, **known):
        self.http, self.token, self.used = connection(address, **known), token, time.monotonic()

    def send(self, method, path, body=None, headers=None, **query):
        """The open answer, with its body unread."""
        query = {name: value for name, value in query.items() if value is not None}
        url = "/api/v1" + path + ("?" + urllib.parse.urlencode(query) if query else "")
        headers = dict(headers or {})
        if self.token:
            headers["Authorization"] = "Bearer " + self.token
        if time.monotonic() > self.used + IDLE_S:
            self.http.close()
        self.used = time.monotonic()
        try:
            self.http.request(method, url, body, headers)
            return self.http.getresponse()
        except (OSError, http.client.HTTPException):
            self.http.close()
            raise

    def text(self, method, path, body=None, headers=None, **query):
        answer = self.send(method, path, body, headers, **query)
        try:
            text = answer.read().decode()
        except (OSError, http.client.HTTPException):
            self.http.close()
            raise
        if answer.status >= 300:
            try:
                error = json.loads(text)["error"]
            except (ValueError, KeyError):
                error = {"message": text[:200]}
            raise Refused(answer.status, error)
        return text

    def get(self, path, **query):
        return json.loads(self.text("GET", path, **query))

    def post(self, path, members):
        return json.loads(self.text("POST", path, json.dumps(members).encode()))

    def changes(self, after, **query):
        """The entries behind a position, the position to go on from, and whether none was left."""
        lines = [json.loads(line) for line in self.text("GET", "/changes", after=after, **query).splitlines()]
        if not lines or "complete" not in lines[-1]:
            raise ConnectionError("the node stopped before its answer was whole")
        return lines[:-1], lines[-1]["position"], lines[-1]["complete"]
