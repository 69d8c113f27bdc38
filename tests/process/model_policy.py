"""model_policy - policy documents: what they say, who obeys them, which is stricter (5.1)."""
import re

from model_form import ELEMENTS, KINDS

TAKES_ELEMENTS = {kind for kind, row in KINDS.items() if row[2]}


# --- values: each code has a reader (None: unreadable) and what two of them come to together ---

def read_required(text):
    names = text.split(",")
    return frozenset(names) if all(n in ELEMENTS for n in names) else None


def read_years(text):
    return tuple(map(int, text.split(","))) if re.fullmatch(r"\d{1,2},\d{1,2}", text) else None


def read_number(text):
    return int(text) if re.fullmatch(r"\d{1,2}", text) else None


def read_switch(text):
    return text == "on" if text in ("on", "off") else None


def fewer_of_each(a, b):
    return tuple(map(min, a, b))


# code: (reader, the strictest of two, what holds while nobody has said anything)
CODES = {
    "years": (read_years, fewer_of_each, (20, 1)),
    "project_total": (read_switch, bool.__or__, True),
    "carry_max": (read_number, min, 2),
}
CODES.update({f"required.{kind}": (read_required, frozenset.union, frozenset())
              for kind in TAKES_ELEMENTS | {"payment"}})


def read(code, text):
    return CODES[code][0](text)


def strictest(code, values):
    """Of what all have said; of nothing said, the default."""
    _, both, default = CODES[code]
    values = list(values)
    if not values:
        return default
    result = values[0]
    for value in values[1:]:
        result = both(result, value)
    return result


def is_weaker(code, value, above):
    """Than what those above have said together. Reading: a value is weaker that does not by itself
    ask for all that theirs asks for, so `5,2` is weaker than `20,1`, and a list of fields is weaker
    than another if it lacks one of it."""
    return bool(above) and strictest(code, [value] + above) != value


def covers(scope, author, division, above):
    """Does a policy of `author` with this scope count at `division`, that has these above it?
    Only divisions at or below the author obey it."""
    if scope is None:
        return True
    if scope == "self":
        return division == author
    return any(code == division or code in above for code in scope.split(","))
