"""model_basics - elements, their maps, agencies, accounts, projects, policies, calendars: what each
must get and what it does (sections 5, 6 and 7.1). Mixed into Ledger."""
import re

import model_policy
from model_form import CODED, fen

MONEY = ("UNALLOC", "PENDING", "AVAIL", "FROZEN", "COMMIT", "SPENT", "TRANSIT", "XFER_OUT")
OPEN_MONEY = ("PENDING", "AVAIL", "FROZEN", "COMMIT", "TRANSIT")
COUNTED = ("PENDING", "AVAIL", "FROZEN", "COMMIT", "SPENT", "TRANSIT", "XFER_OUT")
SCOPE = re.compile(r"self|[A-Z0-9]{1,9}(,[A-Z0-9]{1,9})*")
# 7.1, by document: (from, to) -> what it needs beside. What is not here is wrong_state.
STEPS = {
    ("draft", "draft"): (), ("draft", "reserved"): (), ("draft", "cancelled"): ("reason",),
    ("reserved", "draft"): ("no money",), ("reserved", "reserved"): (),
    ("reserved", "budgeted"): (), ("reserved", "closed"): ("no money", "reason"),
    ("reserved", "cancelled"): ("no money", "reason"),
    ("budgeted", "reserved"): ("no money",), ("budgeted", "budgeted"): (),
    ("budgeted", "executing"): (), ("budgeted", "closed"): ("no open money",),
    ("budgeted", "cancelled"): ("no open money", "reason"),
    ("executing", "executing"): (), ("executing", "closed"): ("no open money",),
    ("executing", "cancelled"): ("no open money", "reason"),
    (None, "draft"): (), (None, "reserved"): (),
}
TAKES_MONEY = ("reserved", "budgeted", "executing")


class Project:
    __slots__ = ("year", "state", "tracked", "total")

    def __init__(self, year):
        self.year, self.state, self.tracked, self.total = year, None, False, None


class Basics:
    # --- what a node may look up: its own, then up to the root (DOMAIN 3) ---

    def codes(self, name, year):
        """Rows of a code set, of its own and those above; the one nearest the root wins."""
        rows = {}
        for catalogue in self.catalogues():  # own first, root last
            rows.update(catalogue.elements.get((name, year), {}))
        return rows

    def has_codes(self, name, year):
        return any((name, year) in c.elements for c in self.catalogues())

    def code_row(self, name, year, code):
        """(usable, parent) of a code, or None."""
        found = None
        for catalogue in self.catalogues():
            rows = catalogue.elements.get((name, year))
            found = rows.get(code, found) if rows else found
        return found

    def is_usable(self, name, year, code):
        """A code is held against its set once that has rows for the year at this node."""
        key = name, year, code
        if key not in self.code_cache:
            found = self.code_row(name, year, code)
            self.code_cache[key] = found[0] if found else not self.has_codes(name, year)
        return self.code_cache[key]

    def lies_below(self, name, year, code, upper):
        """By parent_code where the set has rows, else by prefix."""
        if not self.has_codes(name, year):
            return code.startswith(upper)
        seen = set()
        while code and code not in seen and code != upper:
            seen.add(code)
            found = self.code_row(name, year, code)
            code = found and found[1]
        return code == upper

    def mapped(self, name, year, code):
        """What a code of the year before is called in `year` (6.2)."""
        target = None
        for catalogue in self.catalogues():
            target = catalogue.maps.get((name, year, code), target)
        return target

    def project_state(self, code, year):
        """Own first, then up; None when it is not held here. Of one from above only its documents
        are heard."""
        own = self.projects.get(code)
        if own and own.year <= year:
            return own.state
        for catalogue in self.above_catalogues():
            held = catalogue.projects.get(code)
            if held and held[2] and held[0] <= year:
                return held[1]
        return None

    def policy(self, code):
        """The strictest that this division and those above have said."""
        if code not in self.policy_cache:
            self.policy_cache[code] = model_policy.strictest(code, self.policies(code, True))
        return self.policy_cache[code]

    def policies(self, code, with_own):
        above = self.model.above(self.code)
        return [value for catalogue in self.catalogues() if with_own or catalogue.author != self.code
                for (of, scope), value in catalogue.policies.items()
                if of == code and model_policy.covers(scope, catalogue.author, self.code, above)]

    # --- elements ---

    def faults_element(self, d):
        """A level adds codes below a leaf of the sets above it, or below codes of its own (6.1)."""
        name, year, code = d["ele_catalog_code"], d["fiscal_year"], d["ele_code"]
        parent, own = d.get("parent_code"), self.catalogue.elements.get((name, year), {})
        above = [c.elements.get((name, year), {}) for c in self.above_catalogues()]
        if parent and self.code_row(name, year, parent) is None:
            yield "unknown_parent_code"
            return
        if any(code in rows for rows in above):
            yield "wrong_state"
            return
        held = own.get(code)
        if held is None or held[1] != parent:
            if self.is_misplaced(name, year, code, parent, own, above):
                yield "wrong_state"
        if held and held[0] and d.get("is_enabled") == "2" and (
                self.year_state(year) != "closed" and self.code_has_money(name, year, code)):
            yield "wrong_state"

    def is_misplaced(self, name, year, code, parent, own, above):
        """Reading: a set of which those above say nothing in that year is one's own; and below a code
        that is disabled nothing is added, one's own or not."""
        if parent is None:
            return any(above)
        if self.lies_below(name, year, parent, code):
            return True  # a ring
        row = self.code_row(name, year, parent)
        if parent in own:
            return not row[0]
        return not row[0] or any(up == parent for rows in above for _, up in rows.values())

    def code_has_money(self, name, year, code):
        """Its roll-up, of this division and all below, is not nil."""
        by = dict(fund_type="fund", exp_func="function", tp_func="function",
                  dep_bgt_eco="economic", gov_bgt_eco="gov_economic").get(name)
        return by is not None and any(key == code for key, _ in self.model.balances(
            self.code, "subtree", by, year, self.code))

    def enter_element(self, d):
        self.say("element", d["ele_catalog_code"], d["fiscal_year"], d["ele_code"],
                 d.get("is_enabled") != "2", d.get("parent_code"))

    def faults_element_map(self, d):
        """Reading: a set without rows in a year has no code that exists."""
        name, year = d["ele_catalog_code"], d["fiscal_year"]
        if self.code_row(name, str(int(year) - 1), d["from_code"]) is None:
            yield "unknown_from_code"
        found = self.code_row(name, year, d["to_code"])
        if found is None or not found[0]:
            yield "unknown_to_code"
        # A second document replaces the first until the year is open. Reading: until this division
        # opened it, and where none was ever opened, at any time; what one above maps is his.
        key = name, year, d["from_code"]
        if any(key in c.maps for c in self.above_catalogues()) or key in self.catalogue.maps and (
                self.first_open is not None and self.year_state(year) == "open"):
            yield "wrong_state"

    def enter_element_map(self, d):
        self.say("map", d["ele_catalog_code"], d["fiscal_year"], d["from_code"], d["to_code"])

    # --- agencies and accounts ---

    def faults_agency(self, d):
        code, year, parent = d["agency_code"], d["fiscal_year"], d.get("parent_code")
        if parent == code:
            yield "bad_parent_code"
            return
        if parent is not None and not self.agencies.known(parent, year):
            # Reading: one that is not there yet closes no ring, whatever stands above it later.
            yield "unknown_parent_code"
            return
        if self.agencies.is_bad_parent(code, year, parent):
            yield "bad_parent_code"
        if any((code, y) in self.agencies.used and self.agencies.parent(code, y) != parent
               for y in self.agencies.moved_years(code, year, parent)):
            yield "wrong_state"

    def enter_agency(self, d):
        self.agencies.set(d["agency_code"], d["fiscal_year"], d.get("parent_code"))

    def faults_bank_account(self, d):
        if not self.agencies.known(d["agency_code"], d["fiscal_year"]):
            yield "unknown_agency_code"
        yield from self.unknown_codes(d)

    def enter_bank_account(self, d):
        self.accounts[d["acct_no"]] = min(d["fiscal_year"], self.accounts.get(d["acct_no"], "9999"))

    # --- projects (7.1) ---

    def is_first(self, raw):
        held = self.projects.get(raw.get("pro_code"))
        return held is None or held.year > raw.get("fiscal_year", "")

    def has_money(self, code, accounts):
        money = self.project_money.get(code, {})
        return any(money.get(account) for account in accounts)

    def project_sum(self, code):
        money = self.project_money.get(code, {})
        return sum(money.get(a, 0) for a in COUNTED) - money.get("SRC_RECOVERED", 0)

    def faults_project(self, d):
        code, to = d["pro_code"], d["state"]
        held = self.projects.get(code)
        if "agency_code" in d and not self.agencies.known(d["agency_code"], d["fiscal_year"]):
            yield "unknown_agency_code"
        if "sup_pro_code" in d and self.parent is not None and not any(
                name == d["sup_pro_code"] and year <= d["fiscal_year"] and is_told
                for catalogue in self.above_catalogues()
                for name, (year, _, is_told) in catalogue.projects.items()):
            yield "unknown_sup_pro_code"
        yield from self.unknown_codes(d)
        step = held.state if held else None
        if (step, to) not in STEPS:
            if to == "cancelled" and "reason" not in d:
                yield "?missing_reason"
            yield "wrong_state"
            return
        needs = STEPS[step, to]
        if "reason" in needs and "reason" not in d:
            yield "missing_reason"
        if "no money" in needs and self.has_money(code, MONEY):
            yield "wrong_state"
        if "no open money" in needs and self.has_money(code, OPEN_MONEY):
            yield "open_items"
        total = fen(d["pro_total_amt"]) if "pro_total_amt" in d else None
        lowers = total is not None and held and (held.total is None or total < held.total)
        if lowers and self.policy("project_total") and self.project_sum(code) > total:
            yield "exceeds_project_total"

    def enter_project(self, d):
        """A later version may leave out what does not change."""
        held = self.projects.setdefault(d["pro_code"], Project(d["fiscal_year"]))
        held.year = min(held.year, d["fiscal_year"])
        held.state = d["state"]
        held.tracked = held.tracked or d.get("is_track") == "1"
        if "pro_total_amt" in d:
            held.total = fen(d["pro_total_amt"])
        if held.tracked:
            self.say("project", d["pro_code"], held.year, d["state"], True)

    def money_moves(self, line, *steps):
        """By money: what names an own project that was reserved makes it budgeted, and the first
        step of its money executing."""
        held = self.projects.get(line.project)
        if held and "budgeted" in steps and held.state == "reserved":
            held.state = "budgeted"
        if held and "executing" in steps and held.state in ("reserved", "budgeted"):
            held.state = "executing"

    def open_project_faults(self, code, year):
        """Money may be given to a project from `reserved` on, up to and not including `closed`."""
        if code and self.project_state(code, year) not in (None,) + TAKES_MONEY:
            yield "wrong_state"

    def total_faults(self, code, amount):
        """`amount` is what newly enters an own project."""
        held = self.projects.get(code)
        if held and held.total is not None and amount > 0 and self.policy("project_total") and (
                self.project_sum(code) + amount > held.total):
            yield "exceeds_project_total"

    # --- policies and calendars ---

    def faults_policy(self, d):
        code = d["policy_code"]
        if code not in model_policy.CODES:
            yield "bad_policy_code"
            return
        value = model_policy.read(code, d["policy_value"])
        if value is None:
            yield "bad_policy_value"
            return
        yield from self.scope_faults(d)
        # Reading: what is in force from above is what counts for the author himself, whatever the
        # scope he names.
        if model_policy.is_weaker(code, value, self.policies(code, False)):
            yield "weaker_policy"

    def enter_policy(self, d):
        self.say("policy", d["policy_code"], d.get("scope"),
                 model_policy.read(d["policy_code"], d["policy_value"]))

    def faults_calendar(self, d):
        return self.scope_faults(d)

    def scope_faults(self, d):
        """Reading: whom a scope names is at or below its author."""
        if not SCOPE.fullmatch(d.get("scope", "self")):
            yield "bad_scope"
        elif d.get("scope", "self") != "self":
            codes = d["scope"].split(",")
            if any(code not in self.roster for code in codes):
                yield "unknown_scope"
            if any(code not in self.below and code != self.code for code in codes):
                yield "not_below_you"

    # --- what every document's codes are asked ---

    def unknown_codes(self, d, *came):
        """Codes that this document says first; what came with the money (`came`) was looked up
        where it was said, in the money's own year."""
        year = d["fiscal_year"]
        for field, value in d.items():
            name = CODED.get(field)
            if name and not any(c.get(field) == value for c in came) and (
                    not self.is_usable(name, year, value)):
                yield "unknown_" + field

    def unknown_elements(self, d, *came):
        yield from self.unknown_codes(d, *came)
        agency, code = d.get("agency_code"), d.get("pro_code")
        if agency and not any(c.get("agency_code") == agency for c in came) and (
                not self.agencies.known(agency, d["fiscal_year"])):
            yield "unknown_agency_code"
        if code and not any(c.get("pro_code") == code for c in came) and (
                self.project_state(code, d["fiscal_year"]) is None):
            yield "unknown_pro_code"

    def required_faults(self, kind, d, elements):
        """`required.<kind>`: what is missing after completion."""
        for field in self.policy("required." + kind):
            if field not in elements and field not in d:
                yield "missing_" + field

