"""persons - the chain of a division's persons: proto/PROTOCOL.md, section 3.2."""
from dataclasses import dataclass

MAKER, CHECKER = 1, 2
KIND_OPERATOR = 16
NO = "2"  # of a flag


@dataclass
class Person:
    name: str
    roles: frozenset
    why: str = ""  # it counts

    def has(self, role):
        return ("maker" if role == MAKER else "checker") in self.roles


class Chain:
    """Of one division, from the epoch on in which its founders became its founders."""

    def __init__(self, grant):
        self.founders = [(founder.name.decode(), founder.key) for founder in grant.founder]
        self.at = {key: Person(name, frozenset({"admin"})) for name, key in self.founders}
        self.links = [(0, person) for person in self.at.values()]

    def begins_anew(self, grant):
        return [(founder.name.decode(), founder.key) for founder in grant.founder] != self.founders

    def admins(self):
        return {person.name for person in self.at.values() if "admin" in person.roles}

    def take(self, entry, said, groups):
        """An operator entry, and what of the block's groups covers it, as (group, holds)."""
        enabled = said.enabled != NO
        person = Person(said.name, frozenset(said.role.split(",")) if enabled else frozenset())
        if self.founders:
            person.why = "" if not enabled and self.ends_his_own(said, groups) else self.fault(groups)
        if not person.why:
            self.at[said.operator_key] = person
        self.links.append((entry.lsn, person))
        return person

    def ends_his_own(self, said, groups):
        """A key that makes nobody an admin, ended by its own person."""
        ended = self.at.get(said.operator_key)
        signers = [self.at.get(group.key) for group, holds in groups if holds]
        return (ended is not None and ended.name == said.name and "admin" not in ended.roles
                and any(one is not None and one.roles and one.name == said.name for one in signers))

    def fault(self, groups):
        """Why the admins' word is not enough; "" when it is."""
        if not groups:
            return "no admin signed it"
        names = set()
        for group, holds in groups:
            if not holds:
                return "a signature under it does not hold"
            admin = self.at.get(group.key)
            if admin is None or "admin" not in admin.roles:
                return "who signed it is no admin"
            names.add(admin.name)
        if len(self.admins()) < 2:
            return ""
        if len(names) < 2:
            return "one admin signed it where there are two"
        return ""
