"""model_known - what one division has told all below it, and what a node may look up of it: codes,
maps, agencies, projects, policies, closed years (sections 5, 6 and 14)."""
import collections

DEPTH_MAX = 6


class Catalogue:
    """What one author has said on his `tree`. Its author has one, and each below that heard of it."""

    def __init__(self, author):
        self.author = author
        self.elements = collections.defaultdict(dict)  # (set, year) -> code -> (usable, parent)
        self.maps = {}       # (set, new year, from) -> to
        self.policies = {}   # (policy code, scope) -> value as read
        self.projects = {}   # code -> [first year, state as its document says, tracked]
        self.closed = set()  # years

    def learn(self, what, *said):
        getattr(self, "learn_" + what)(*said)

    def learn_element(self, name, year, code, usable, parent):
        self.elements[name, year][code] = (usable, parent)

    def learn_map(self, name, year, source, target):
        self.maps[name, year, source] = target

    def learn_policy(self, code, scope, value):
        self.policies[code, scope] = value

    def learn_project(self, code, year, state, tracked):
        held = self.projects.setdefault(code, [year, state, tracked])
        held[0], held[1] = min(held[0], year), state
        held[2] = held[2] or tracked

    def learn_year(self, year, is_closed):
        if is_closed:
            self.closed.add(year)
        else:
            self.closed.discard(year)


class Agencies:
    """The agencies of one division: versions by year, parents, and what is fixed (6.3)."""

    def __init__(self):
        self.versions = collections.defaultdict(dict)  # code -> year -> parent or None
        self.used = set()                               # (code, year)
        self.lines = {}

    def known(self, code, year):
        return code in self.versions and min(self.versions[code]) <= year

    def parent(self, code, year):
        """Of the newest version that is not after the year. Reading: a version of an earlier year
        that is written later holds until the next version's year, and a version is the whole
        agency: without parent_code it has no parent."""
        years = [y for y in self.versions.get(code, ()) if y <= year]
        return self.versions[code][max(years)] if years else None

    def line(self, code, year):
        """An agency and its ancestors, nearest first."""
        line = []
        while code and code not in line:
            line.append(code)
            code = self.parent(code, year)
        return tuple(line)

    def use(self, code, year):
        """It has a line or a budget document: its place in that year is fixed, and that of all above.
        Reading: a code that is no agency here (money from above names its issuer's) fixes nothing."""
        while code in self.versions and (code, year) not in self.used:
            self.used.add((code, year))
            code = self.parent(code, year)

    def fixed(self, code, year):
        """The same of one that is used, which nothing changes any more."""
        if (code, year) not in self.lines:
            self.lines[code, year] = self.line(code, year)
        return self.lines[code, year]

    def set(self, code, year, parent):
        self.versions[code][year] = parent

    def moved_years(self, code, year, parent):
        """The years in which this version would change its parent, of those that anything says
        something about; the version holds until the next one."""
        after = [y for y in self.versions.get(code, ()) if y > year]
        spoken = {year} | {y for _, y in self.used} | {
            y for versions in self.versions.values() for y in versions}
        return [y for y in sorted(spoken) if y >= year and (not after or y < min(after)) and
                (y == year or self.parent(code, y) != parent or not self.known(code, y))]

    def is_bad_parent(self, code, year, parent):
        """A cycle, or more than six of them one above the other, in any year it would hold."""
        if parent is None:
            return False
        held = self.versions.get(code, {}).get(year, "absent")
        years = self.moved_years(code, year, parent)
        self.set(code, year, parent)
        bad = any(self.is_bad_in(y) for y in years)
        if held == "absent":
            del self.versions[code][year]
            if not self.versions[code]:
                del self.versions[code]
        else:
            self.set(code, year, held)
        return bad

    def is_bad_in(self, year):
        for code in self.versions:
            seen = []
            while code:
                if code in seen or len(seen) == DEPTH_MAX:
                    return True
                seen.append(code)
                code = self.parent(code, year)
        return False
