"""openapi - the description of the API: node/api/openapi/*.yaml, one file a group of routes.

    openapi.py build OUT.json          merges them into what the node serves
    openapi.py check                   holds them against node/api/routes.c and messages.c
    openapi.py draft METHOD /path/*    what to write for a route that has no description yet

A route is described under `paths` in the file of its group, with what it answers under
`components.schemas` beside it. `x-errors` lists the codes it answers by itself; those that any route
may answer (needs_login, needs_role, store_failed, not_ready, stopping) are the `default`. Needs
python3-yaml.
"""
import glob
import json
import os
import re
import sys

import yaml

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
ROUTE = re.compile(r'\{"([A-Z]+)", "(/[^"]*)", (\w+)(?:, (ASKS_\w+))?')
OPEN_TO_ALL = {"ASKS_NOTHING", "ASKS_WATCH"}
METHODS = ("get", "put", "post", "delete")


def source(name):
    with open(os.path.join(ROOT, "node", "api", name), encoding="utf-8") as file:
        return file.read()


def routes():
    """{(method, path with {} for its parts): what it asks of its caller}"""
    return {(method, path.replace("*", "{}")): asks or "ASKS_ADMIN_HIMSELF"
            for method, path, _, asks in ROUTE.findall(source("routes.c"))}


def statuses():
    return {code: int(http) for code, http in re.findall(r'\{"(\w+)", (\d+)\}', source("messages.c"))}


def merged():
    """The whole description; a name that stands in two files is a fault."""
    whole = {}

    def add(into, more, where):
        for key, value in more.items():
            if isinstance(value, dict) and isinstance(into.get(key), dict):
                add(into[key], value, f"{where}/{key}")
            elif key in into:
                sys.exit(f"openapi: {where}/{key} stands twice")
            else:
                into[key] = value
    for path in sorted(glob.glob(os.path.join(ROOT, "node", "api", "openapi", "*.yaml"))):
        with open(path, encoding="utf-8") as file:
            add(whole, yaml.safe_load(file), os.path.basename(path))
    return whole


def operations(whole):
    for path, methods in whole["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def bare(path):
    return re.sub(r"\{\w+\}", "{}", path)


# --- checks: each yields what is wrong ---

def check_routes(whole):
    described = {(method, bare(path)) for method, path, _ in operations(whole)}
    for method, path in sorted(set(routes()) - described):
        yield f"{method} {path}: no description: scripts/lib/openapi.py draft {method} '{path}'"
    for method, path in sorted(described - set(routes())):
        yield f"{method} {path}: described, and no route"


def check_operation(where, path, operation, known, asks):
    for member in ("operationId", "summary", "tags", "responses"):
        if not operation.get(member):
            yield f"{where}: no {member}"
    if (operation.get("security") == []) != (asks in OPEN_TO_ALL):
        yield f"{where}: `security: []` and {asks} do not fit"
    answers = operation.get("responses", {})
    if "default" not in answers or not any(str(status).startswith("2") for status in answers):
        yield f"{where}: an answer and a default are needed"
    for code in operation.get("x-errors", []):
        if code not in known:
            yield f"{where}: no error {code} in node/api/messages.c"
        elif str(known[code]) not in answers:
            yield f"{where}: {code} is {known[code]}, which is not among the responses"
    named = {known.get(code) for code in operation.get("x-errors", [])}
    for status in answers:
        if str(status).isdigit() and int(status) >= 400 and int(status) not in named:
            yield f"{where}: {status}: which code? (x-errors)"
    parts = [p["$ref"] for p in operation.get("parameters", []) if "/path_" in p.get("$ref", "")]
    if len(parts) != path.count("{"):
        yield f"{where}: {path.count('{')} parts in the path, {len(parts)} described"


def check_references(whole):
    text = json.dumps(whole)
    used = set(re.findall(r'"#/components/(\w+)/(\w+)"', text))
    there = {(sort, name) for sort, names in whole["components"].items() for name in names}
    for sort, name in sorted(used - there):
        yield f"components/{sort}/{name}: referred to, and not there"
    for sort, name in sorted(there - used):
        if sort != "securitySchemes":
            yield f"components/{sort}/{name}: nobody refers to it"


def check_words(whole):
    """Whoever reads a member is told what it is."""
    def look(schema, at):
        for name, member in schema.get("properties", {}).items():
            if not member.get("description") and "$ref" not in member:
                yield f"{at}.{name}: no description"
            yield from look(member, f"{at}.{name}")
        for inner in [schema[key] for key in ("items",) if key in schema] + schema.get("oneOf", []):
            yield from look(inner, at)
    for name, schema in whole["components"]["schemas"].items():
        yield from look(schema, name)


def check_pages(whole):
    """A list has no end that is cut off silently."""
    schemas = whole["components"]["schemas"]
    for method, path, operation in operations(whole):
        media = operation.get("responses", {}).get("200", {}).get("content", {}).get("application/json", {})
        schema = schemas.get(media.get("schema", {}).get("$ref", "").rpartition("/")[2], {})
        members = schema.get("properties", {})
        if members.get("rows", {}).get("type") == "array" and not {"shown", "total", "complete", "next"} <= set(members):
            yield f"{method} {path}: rows without pages (node/api/page.h)"


def check_money(whole):
    for place in re.findall(r'"(\w+)": \{[^{}]*"type": "number"', json.dumps(whole)):
        yield f"{place}: a JSON number with a fraction; money is a string (out_amount)"


def faults_of(whole):
    known, asked = statuses(), routes()
    names = [operation.get("operationId") for _, _, operation in operations(whole)]
    faults = [f"operationId {name} stands twice" for name in {n for n in names if names.count(n) > 1}]
    for look in (check_routes, check_references, check_words, check_pages, check_money):
        faults += look(whole)
    for method, path, operation in operations(whole):
        if method.lower() not in METHODS:
            faults.append(f"{path}: {method} is no method")
        faults += check_operation(f"{method} {path}", path, operation, known,
                                  asked.get((method, bare(path))))
    return faults


def check():
    whole = merged()
    faults = faults_of(whole)
    print("\n".join(faults) or f"openapi: {len(list(operations(whole)))} operations")
    return 1 if faults else 0


def draft(method, path):
    name = method.lower() + "".join(part.title() for part in re.findall(r"[a-z]+", path))
    for count in range(path.count("*")):
        path = path.replace("*", "{part%d}" % (count + 1), 1)
    print(f"""paths:
  {path}:
    {method.lower()}:
      operationId: {name}
      tags: [node]
      summary: What it does
      parameters: [{{$ref: "#/components/parameters/path_NAME"}}, {{$ref: "#/components/parameters/limit"}}]
      responses:
        "200":
          description: What was asked for.
          content: {{application/json: {{schema: {{$ref: "#/components/schemas/NAME"}}}}}}
        "400": {{$ref: "#/components/responses/problem_400"}}
        default: {{$ref: "#/components/responses/problem"}}
      x-errors: [bad_request]
components:
  schemas:
    NAME:
      type: object
      required: [rows]
      properties:
        rows: {{type: array, items: {{type: object}}, description: What stands in them.}}
""")
    return 0


def build(out):
    with open(out, "w", encoding="utf-8") as file:
        json.dump(merged(), file, ensure_ascii=False, separators=(",", ":"))
    return 0


COMMANDS = {("build", 1): build, ("check", 0): check, ("draft", 2): draft}

if __name__ == "__main__":
    command = COMMANDS.get((sys.argv[1] if len(sys.argv) > 1 else "", len(sys.argv) - 2))
    if command is None:
        sys.exit(__doc__)
    sys.exit(command(*sys.argv[2:]))
