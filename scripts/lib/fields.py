"""fields - refuses a field of a shared struct that is written outside its owner's file.

    python3 scripts/lib/fields.py [--build build]

A struct that a header of replicator/ or node/ defines is a value or has an owner.

  Value: one function fills it and hands it on: a row, a request, an answer, options. It is listed
  in VALUES below; whoever holds one may write it. So he may the few buffers of SCRATCH.
  Owned: every other one. What x.h defines is written in x.c, or in a file of that folder whose name
  begins with it (x_more.c). Where a header has no such file (core.h, *_internal.h), each field is
  written in one file, whichever that is. Where a comment in the header says `Owned by: y.c, z.c.`
  these are the owners, each of the fields that it alone writes.

A field is written by an assignment, by ++ and --, and by handing its address, or an array, to
somebody who may write there; but an owned struct inside another is its own owner's, and may be
handed to him. What counts is what a pointer leads to: a variable of the function's
own, and what initializes one, is nobody else's. All this is read from the compiler's own tree
(clang -ast-dump), so no name, macro or layout of the text hides a write.
"""
import argparse
import collections
import json
import multiprocessing
import os
import re
import shlex
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OURS = ("replicator/", "node/")
ARENA = ("proto/arena.h",)
VALUES = set("""
    access_token archive_end archive_file archive_files alarm alarm_counters ancestor_call answer api_task approval_terms approve_item arrival_mark
    batch_row booking browser_key catalogue_row change_filter children confirmation confirmation_of_epoch
    copy_file copy_manifest copy_name cosigned_head
    daemon_end daemon_options dead_letter division_view doc_row draft endpoint_entry enrol_asker enrol_end enrol_message facts
    grant_terms home_config home_setup keep_branch kept_branch indicator indicator_ref invite_terms key_choice link_spell made_keys
    migrate_options list_filter list_page log_head
    node_keys observe_cursor operator_row page person policy position_row reconcile_row refusal resync_progress revocation
    rollup rotation rotation_status row_key set_aside short_text sign_key signed_batch source_row source_sums store_rocks_options
    store_schema
    store_space_free submit_item submit_terms task token trace_request transfer_match unsent upload
    unapproved unapproved_sum usurped vouchers wanted_keys webhook webhook_report
""".split())
# Memory that a call fills and leaves without meaning, kept so that it is not allocated each time.
SCRATCH = {("ingest", "body"), ("ledger", "memory"), ("logs", "key")}
LINE = re.compile(r"^([| `-]*)(\w+) 0x[0-9a-f]+ ?(.*)$")
FILE = re.compile(r"[< ]((?:/|\.)?[\w./+-]+\.[ch]):\d+:\d+")
PLACE = re.compile(r"line:(\d+):\d+")
MEMBER = re.compile(r"lvalue (?:bitfield )?(->|\.)(\w*) 0x")
TYPES = re.compile(r"'([^']*)'")


class Node:
    __slots__ = ("kind", "text", "children", "parent", "line")

    def __init__(self, kind, text, parent, line):
        self.kind, self.text, self.children, self.parent, self.line = kind, text, [], parent, line

    def type(self):
        """Its type with typedefs taken away."""
        found = re.search(r"> '([^']*)'(?::'([^']*)')?", self.text)
        return (found.group(2) or found.group(1)) if found else ""


def transparent(node):
    return node.kind in ("ParenExpr", "ImplicitCastExpr", "CStyleCastExpr")


def bare(node):
    while transparent(node) and node.children:
        node = node.children[-1]
    return node


def members_changed(node):
    """(struct, field) of all that changes when what `node` names does: with a->b.c both c and b."""
    found = []
    node = bare(node)
    while True:
        if node.kind == "ArraySubscriptExpr":
            base = bare(node.children[0])
            if "[" not in base.type():
                return []  # behind a pointer: no field of ours
            node = base
        elif node.kind == "MemberExpr":
            match = MEMBER.search(node.text)
            if match is None:
                return []
            base = node.children[0]
            owner = base.type().replace("const ", "").rstrip(" *")
            if match.group(2) and owner.startswith("struct ") and "(unnamed" not in owner:
                found.append((owner[7:], match.group(2)))
            if match.group(1) == "->":
                return found
            node = bare(base)
        else:
            return []  # a local variable holds it, or a pointer's target is changed whole


def changes(node):
    """The operand that this expression changes or lets a callee change, or None."""
    if node.kind == "BinaryOperator" and node.text.endswith("'='"):
        return node.children[0]
    if node.kind == "CompoundAssignOperator":
        return node.children[0]
    if node.kind == "UnaryOperator" and re.search(r"(prefix|postfix) '(\+\+|--)'", node.text):
        return node.children[0]
    if node.kind == "UnaryOperator" and "prefix '&'" in node.text:
        return node.children[0] if escapes(node) else None
    if node.kind == "ImplicitCastExpr" and "<ArrayToPointerDecay>" in node.text:
        return node.children[0] if escapes(node) else None
    return None


def escapes(node):
    """Is the pointer handed on so that somebody may write through it?"""
    while node.parent is not None and transparent(node.parent):
        node = node.parent
        if node.type().startswith("const "):
            return False
    if node.parent is not None and is_variadic_argument(node):
        return False  # printed, most likely
    return (node.parent is not None and node.parent.kind in ("CallExpr", "VarDecl", "BinaryOperator", "InitListExpr", "ReturnStmt", "ConditionalOperator")
            and not (node.parent.kind == "BinaryOperator" and not node.parent.text.endswith("'='"))
            and node.type().endswith("*") and not node.type().startswith("const "))


def is_variadic_argument(node):
    """Does it stand for the `...` of the function that is called?"""
    call = node.parent
    if call.kind != "CallExpr":
        return False
    signature = re.search(r"\((.*)\)$", bare(call.children[0]).type())
    if signature is None or not signature.group(1).endswith("..."):
        return False
    return call.children.index(node) > signature.group(1).count(",")


def examine(job):
    path, arguments = job
    dump = subprocess.run(["clang", *arguments, "-fsyntax-only", "-w", "-Xclang", "-ast-dump",
                           "-fno-color-diagnostics", path], cwd=ROOT, capture_output=True, text=True)
    if dump.returncode != 0:
        raise RuntimeError(dump.stderr)
    return read_dump(path, dump.stdout)


def read_dump(path, text):
    homes, found = {}, []
    file, line, stack = path, 0, []
    inside = False
    for row in text.splitlines():
        match = LINE.match(row)
        if match is None:
            continue
        depth = len(match.group(1)) // 2
        kind, rest = match.group(2), match.group(3)
        places = FILE.findall(rest)
        if places:
            file = os.path.normpath(places[-1]).removeprefix(ROOT + "/")
        places = PLACE.findall(rest)
        if places:
            line = int(places[-1])
        if depth == 1:
            inside = kind == "FunctionDecl" and file == path
            stack = [None]
            if kind == "RecordDecl" and rest.endswith("definition"):
                homes[rest.split()[-2]] = file
        if not inside:
            continue
        del stack[depth:]
        node = Node(kind, rest, stack[-1], line)
        if node.parent is not None:
            node.parent.children.append(node)
        stack.append(node)
        found.append(node)
    out = set()
    for node in found:
        operand = changes(node)
        if operand is None or (node.kind == "UnaryOperator" and "'&'" in node.text and
                               is_owned(bare(operand).type(), homes)):
            continue
        for record, field in members_changed(operand):
            if record in homes:
                out.add((homes[record], record, field, path, node.line))
            if is_owned(record, homes):
                break  # what it lies in is its owner's to write, all but this
    return out


def is_owned(name, homes):
    record = name.removeprefix("struct ")
    return record not in VALUES and homes.get(record, "").startswith(OURS + ARENA)


def jobs(build):
    with open(os.path.join(build, "compile_commands.json")) as file:
        seen = {}
        for entry in json.load(file):
            path = os.path.relpath(entry["file"], ROOT)
            if path.startswith(OURS) and os.path.exists(path):
                seen[path] = [a for a in shlex.split(entry["command"])
                              if a.startswith(("-I", "-D", "-std"))]
    return sorted(seen.items())


def owners_of(home):
    """The paths, without their ends, of the files that own what the header defines."""
    with open(os.path.join(ROOT, home), encoding="utf-8") as file:
        named = re.search(r"Owned by: ([\w/., *\n]+?)\.\s", file.read())
    folder = os.path.dirname(home)
    stems = ([os.path.normpath(os.path.join(folder, name)) for name in
              re.findall(r"([\w/.]+)\.c\b", named.group(1) + ".")] if named else [home[:-2]])
    return [stem for stem in stems if os.path.exists(os.path.join(ROOT, stem + ".c"))]


def may_not_write(home, writers):
    """Those of the files that may not write a field which they write, of a struct defined there."""
    stems = owners_of(home)
    owner = {path: max((stem for stem in stems
                        if re.fullmatch(re.escape(stem) + r"(_\w+)?\.c", path)), key=len, default=None)
             for path in writers}
    several = len(set(owner.values()) - {None}) > 1 or (not stems and len(writers) > 1)
    return {path for path in writers if several or (stems and owner[path] is None)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    args = parser.parse_args()
    with multiprocessing.Pool() as pool:
        found = set().union(*pool.map(examine, jobs(args.build), chunksize=2))
    where = collections.defaultdict(lambda: collections.defaultdict(list))
    for home, record, field, path, line in sorted(found):
        if home.startswith(OURS):
            where[(home, record, field)][path].append(line)
    faults = 0
    for (home, record, field), writers in where.items():
        if record in VALUES or (record, field) in SCRATCH:
            continue
        for path in sorted(may_not_write(home, set(writers))):
            lines = ", ".join(map(str, writers[path]))
            print(f"{path}:{lines}: writes {record}.{field} of {home}")
            faults += 1
    for record in sorted(VALUES - {record for _, record, _ in where}):
        print(f"scripts/lib/fields.py: nobody writes a struct {record}: take it out of VALUES")
        faults += 1
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
