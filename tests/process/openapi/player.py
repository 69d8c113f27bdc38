"""player - asks a node, and holds what it answers against its own description."""
import http.client
import json
import os
import re
import ssl
import urllib.parse

import jsonschema

from node_api import SocketConnection

PROBLEM = "application/problem+json"


class Door:
    """The socket in a home, or the TLS door: (status, headers, body as text)."""

    def __init__(self, home=None, tls=None):
        self.home, self.tls = home, tls

    def connect(self):
        if self.tls is None:
            return SocketConnection(os.path.join(self.home, "terrace.sock"))
        address = urllib.parse.urlparse(self.tls)
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return http.client.HTTPSConnection(address.hostname, address.port, timeout=180, context=context)

    def ask(self, method, path, body=None, headers=None):
        connection = self.connect()
        connection.request(method, "/api/v1" + path, body, headers or {})
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        connection.close()
        return answer.status, answer.headers, text

    def get(self, path):
        status, headers, text = self.ask("GET", path)
        return status, headers, json.loads(text)


def closed(schema):
    """The same schema, without room for members that it does not name."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    tight = {key: closed(value) for key, value in schema.items()}
    if "properties" in tight and isinstance(tight["properties"], dict):
        tight.setdefault("additionalProperties", False)
    return tight


class Description:
    def __init__(self, openapi):
        self.openapi = openapi
        self.components = closed(openapi["components"])
        self.operations = []
        for path, methods in openapi["paths"].items():
            for method, operation in methods.items():
                if method in ("get", "post", "put", "delete"):
                    self.operations.append((method.upper(), path, operation))

    def find(self, method, path):
        """A path in so many words goes before one with a parameter."""
        bare = path.split("?")[0]
        fits = [one for one in self.operations if one[0] == method and re.fullmatch(
            re.sub(r"\{\w+\}", "[^/]+", one[1]), bare)]
        return min(fits, key=lambda one: one[1].count("{"))[2] if fits else None

    def resolve(self, node):
        while "$ref" in node:
            target = self.openapi
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def validator(self, schema):
        whole = dict(closed(schema), components=self.components)
        return jsonschema.Draft202012Validator(whole)


class Player:
    def __init__(self, description, home):
        self.description, self.door = description, Door(home)
        self.faults, self.met = [], set()
        self.tokens = {}

    # --- asking ---

    def login(self, name, password):
        self.tokens[name] = json.loads(self.ask("POST", "/login", {"name": name, "password": password}))[
            "token"]

    def ask(self, method, path, body=None, who=None, want=200, code=None, headers=None, door=None):
        """Asks, judges the answer, and returns its text. `body`: an object, lines, or text."""
        headers = dict(headers or {})
        if who:
            headers["Authorization"] = "Bearer " + self.tokens[who]
        if isinstance(body, list):
            body = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in body)
        elif isinstance(body, dict):
            body = json.dumps(body, ensure_ascii=False)
        if isinstance(body, str):
            body = body.encode()
        status, told, text = (door or self.door).ask(method, path, body, headers)
        where = f"{method} {path}"
        if status != want or (code and code_of(text) != code):
            self.faults.append(f"{where}: want {want} {code or ''}, got {status}: {text[:300]}")
        self.judge(where, self.description.find(method, path), status, told, text)
        return text

    def get(self, path, **more):
        return json.loads(self.ask("GET", path, **more))

    # --- judging ---

    def judge(self, where, operation, status, headers, text):
        if operation is None:
            self.faults.append(f"{where}: not described")
            return
        name = operation["operationId"]
        code = code_of(text) if status >= 400 else None
        self.met.add((name, status, code))
        described = operation["responses"].get(str(status))
        if status >= 400:
            described = described or operation["responses"].get("default")
        if described is None:
            self.faults.append(f"{where}: {status} is not described")
            return
        content = self.description.resolve(described).get("content", {})
        kind = (headers.get("Content-Type") or "").split(";")[0]
        if status == 304 or not content:
            return
        if kind not in content:
            self.faults.append(f"{where}: {status} is {kind}, described are {list(content)}")
            return
        self.fits(where, content[kind], kind, text)

    def fits(self, where, media, kind, text):
        if "schema" not in media or "json" not in kind:
            return
        validator = self.description.validator(media["schema"])
        values = ([json.loads(line) for line in text.splitlines() if line.strip()]
                  if kind == "application/x-ndjson" else [json.loads(text)])
        for value in values:
            if isinstance(value, dict):
                value.pop("damaged", None)  # any answer may have it, as the description says at its top
            for error in list(validator.iter_errors(value))[:3]:
                at = "/".join(map(str, error.absolute_path))
                self.faults.append(f"{where}: {at}: {error.message[:300]}")

    # --- all of them ---

    def try_strangers(self, node):
        """At the TLS door: what is open is answered, and for all else somebody must have logged in."""
        door = Door(tls=node.api)
        for method, path, operation in self.description.operations:
            if operation.get("security") == [] or "x-stream" in operation:
                continue
            asked = re.sub(r"\{\w+\}", "x", path)
            self.ask(method, asked, "{}" if method in ("POST", "PUT") else None, want=401,
                     code="needs_login", door=door)
        for path in ("/texts", "/schema", "/openapi.json", "/front", "/healthz", "/readyz"):
            self.ask("GET", path, door=door)

    def missing(self):
        """Adds what the description promises and nobody met."""
        for _, _, operation in self.description.operations:
            name = operation["operationId"]
            good = [status for op, status, _ in self.met if op == name and status < 400]
            if not good:
                self.faults.append(f"{name}: no success was met")
            for code in operation.get("x-errors", []):
                if not any(op == name and met == code for op, _, met in self.met):
                    self.faults.append(f"{name}: nobody met {code}")


def code_of(text):
    try:
        return json.loads(text).get("code")
    except (ValueError, AttributeError):
        return None
