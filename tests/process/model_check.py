"""model_check - one tree of real nodes and the model of it, driven by one seed: rounds of documents, kills,
cuts, years that end, stories; every answer is held to the model.

What a document must get may depend on what its node has heard of others. So nobody writes what
others hear in the same step as somebody else writes what depends on it, and every step ends when
everybody has heard everything, or all that can be heard while a link is cut.
"""
import collections
import itertools
import json
import os
import random
import subprocess
import tempfile
import time

from model_compare import Compare, Disagreement, same
from model_draw import Draw
from model_node import Person, Reader
from model_stories import STORIES, Teller
from model_tally import Tally
from model_tree import Model
import tree as trees

ROOT, CITY, COUNTIES = "540000", "540100", ("540121", "540122")
PARENTS = {ROOT: None, CITY: ROOT, COUNTIES[0]: CITY, COUNTIES[1]: CITY}
# All nodes live on this day, by their clocks: a seed draws the same documents on any day.
TODAY, NOON_UTC = "2026-06-15", "2026-06-15T04:00:00+00:00"
YEARS = ("2024", "2025", "2026", "2027")
STORY_YEARS = range(2008, 2024)
POST_MAX, DRAWN_AT_ONCE = 5000, 100  # documents
MAKER, CHECKER = "maker", "checker"


def needs_two(d):
    """Two persons, whatever the policy says."""
    return isinstance(d, dict) and (d["kind"] in ("close_year", "reopen_year") or (
        d["kind"] == "refund" and "pay_app_id" not in d))


class Check(Compare):
    """A tree of nodes and a model of it, driven by one seed; the world of the stories."""

    def __init__(self, tree, seed):
        self.tree, self.random = tree, random.Random(seed)
        self.model = Model(PARENTS, TODAY)
        self.draw = {code: Draw(self.model, code, self.random, YEARS, has_credits=False)
                     for code in PARENTS}
        self.years = YEARS
        self.tally = Tally()
        self.differences = []  # of reasons, where both refuse
        self.readers = {}     # division -> what its node shows
        self.persons = {}     # (division, name) -> who posts there
        self.before = {}      # division -> lsn before its first document
        self.relays = {}      # division -> the relay on its link to its parent
        self.is_cut = set()
        self.story_years = iter(STORY_YEARS)

    def grow(self):
        """The tree, with a relay on each link."""
        for code, parent in PARENTS.items():
            if parent is None:
                self.tree.init_root(code, code)
            else:
                relays = []
                self.tree.join(parent, code, code, relays)
                self.relays[code] = relays[0]
            self.readers[code] = Reader(self.tree[code])
            for name in (MAKER, CHECKER):
                self.tree[code].run("user", "add", name, "--role", name)
                self.persons[code, name] = Person(self.tree[code], name,
                                                  self.tree.env["TERRACE_PASSWORD"])
        self.tree.wait_equal_digests()
        self.before = {code: self.lsn(code) for code in PARENTS}

    def lsn(self, code, holder=None):
        return self.readers[holder or code].lsn(code)

    # --- posting ---

    @staticmethod
    def encoded(documents):
        return [d if isinstance(d, bytes) else json.dumps(d, ensure_ascii=False).encode()
                for d in documents]

    def submit(self, code, documents, atomic=False):
        """Posts what the draw and the model have not seen yet, and holds every answer to it."""
        for by_two, group in itertools.groupby(documents, needs_two):
            group = list(group)
            if by_two:
                self.submit_by_two(code, group)
            else:
                self.post_some(code, self.judged(code, group, atomic), atomic)

    def judged(self, code, documents, atomic=False):
        return list(zip(documents, self.model.submit(code, documents, atomic)))

    def posted(self, code, documents, atomic=False):
        answers = self.persons[code, MAKER].submit(self.encoded(documents), atomic)
        same(len(answers), len(documents), f"answers of {code}")
        return answers

    def post_some(self, code, ready, atomic=False):
        """Documents that the model has seen, each with what it may be answered."""
        answers = self.posted(code, [d for d, _ in ready], atomic)
        for (document, want), answer in zip(ready, answers):
            self.hold(code, document, answer, want)

    def hold(self, code, document, answer, want):
        have = answer["reason"] if answer["status"] == "refused" else answer["status"]
        if have not in want:
            self.differences.append(f"{code}: {document}: node {have} ({answer['message']}), "
                                    f"model {' or '.join(want)}")
            # Where both refuse, both go on with the same ledger, and more can be found.
            if answer["status"] != "refused" or "accepted" in want or len(self.differences) == 20:
                self.end_if_different()
        if have == "accepted" and len(want) > 1:
            raise Disagreement(f"{code}: {document}: accepted, and the model does not know")
        if have != "draft":
            self.tally.count(document["kind"] if isinstance(document, dict) else "", have)

    def end_if_different(self):
        if self.differences:
            raise Disagreement("\n".join(self.differences))

    def submit_by_two(self, code, documents):
        """What two persons must say: a draft, which is asked no more than the first line of reasons,
        and at its approval the rest."""
        ledger = self.model.ledgers[code]
        answers = self.posted(code, documents)
        for document, answer in zip(documents, answers):
            self.hold(code, document, answer, ledger.judge_draft(document))
        drafts = [d for d, a in zip(documents, answers) if a["status"] == "draft"]
        answers = self.persons[code, CHECKER].approve([d["id"] for d in drafts])
        same(len(answers), len(drafts), f"approvals of {code}")
        for document, answer, want in zip(drafts, answers, self.model.submit(code, drafts)):
            self.hold(code, document, answer, want)

    def killed_amid(self, code, ready):
        """A kill under way: what was not acknowledged is posted again, and is there once."""
        documents = [d for d, want in ready if want == ["accepted"]]
        if not documents:
            return
        node = self.tree[code]
        command = [self.tree.bin("terrace"), "--home", node.home, "--as", MAKER, "submit", "-"]
        with tempfile.TemporaryFile() as text, tempfile.TemporaryFile() as said:
            text.write(b"\n".join(self.encoded(documents)))
            text.seek(0)
            post = subprocess.Popen(command, stdin=text, stdout=said, stderr=subprocess.DEVNULL,
                                    env=self.tree.env)
            if self.random.random() < 0.8:  # else before it is known who posts
                trees.wait_until(lambda: post.poll() is not None or os.fstat(said.fileno()).st_size,
                                 60, f"{code} to answer the first of a post", step=0.001)
            time.sleep(self.random.uniform(0, 0.03))
            self.kill(code)
            post.wait(timeout=trees.PATIENCE_S)
            said.seek(0)
            answers = [json.loads(line) for line in said]
        node.start()
        there = {a["id"] for a in answers if a["status"] == "accepted"}
        for document, answer in zip(documents, self.posted(code, documents)):
            wants = ("exists",) if document["id"] in there else ("accepted", "exists")
            if answer["status"] not in wants:
                raise Disagreement(f"{code}: {document} after a kill: {answer}, model {wants}")
            self.tally.count(document["kind"], "accepted")

    def kill(self, code):
        self.tree[code].kill()
        self.tally.kills += 1
        for name in (MAKER, CHECKER):
            self.persons[code, name].leave()

    # --- the world of the stories ---

    def post(self, code, documents):
        self.submit(code, documents)

    def cut(self, codes):
        for code in self.is_cut - set(codes):
            self.relays[code].heal()
        for code in set(codes) - self.is_cut:
            self.relays[code].cut()
        self.is_cut = set(codes)

    def hear(self):
        self.settled()

    # --- waiting ---

    def reaches(self, author, holder):
        return not self.is_cut & set(self.model.uplinks(author, holder))

    def settled(self):
        """Waits until every node wrote what it writes by itself, and holds what it is to hold, as
        far as links lead."""
        self.model.deliver_all(self.is_cut)
        told = self.last_told()
        for code, ledger in self.model.ledgers.items():
            want = self.before[code] + ledger.entries
            trees.wait_until(lambda: self.lsn(code) >= want, 60, f"{code} to have {want} entries")
            same(self.lsn(code), want, f"entries of {code}")
            for holder in self.model.above(code):
                if self.reaches(code, holder):
                    trees.wait_until(lambda: self.lsn(code, holder) == want, 60,
                                     f"{holder} to hold {want} entries of {code}")
        for (author, holder), ident in told.items():
            if self.reaches(author, holder):
                trees.wait_until(lambda: self.readers[holder].has(author, ident), 60,
                                 f"{ident} of {author} to reach {holder}")

    def last_told(self):
        """(author, holder below) -> the last document of his that this one is to hear."""
        return {pair: ledger.last_told[pair[1]]
                for code, ledger in self.model.ledgers.items()
                for pair in ((code, holder) for holder in ledger.last_told)}

    # --- a round ---

    def answers(self):
        """Some of what came from others is answered."""
        for code, draw in self.draw.items():
            self.answer(code, draw.answers())

    def answer(self, code, documents):
        """One division after the other: an answer makes its issuer's node settle, and what comes back
        with that may be what the issuer's own answers need."""
        if documents:
            self.submit(code, documents)
            self.settled()

    def withdrawals(self):
        for code, draw in self.draw.items():
            documents = draw.withdrawals()
            if documents:
                self.submit(code, documents)

    def business(self, size):
        """At every node, in some order; one may be away while the others are at it."""
        order = list(PARENTS)
        self.random.shuffle(order)
        away = self.random.choice(list(PARENTS) + [None, None])
        if away:
            self.kill(away)
            order.remove(away)
            order.append(away)
        for code in order:
            if code == away:
                self.tree[code].start()
            self.some_business(code, size)

    def some_business(self, code, size):
        """Drawn a few at a time, since a draw looks at what the model has, and posted by thousands.
        What two persons must say waits for the end."""
        draw, ready, last = self.draw[code], [], []
        for at in range(0, size, DRAWN_AT_ONCE):
            some = draw.some_of(min(DRAWN_AT_ONCE, size - at))
            last += [d for d in some if needs_two(d)]
            some = [d for d in some if not needs_two(d)]
            atomic = self.random.random() < 0.05
            if len(ready) >= POST_MAX or atomic:
                self.post_or_kill(code, ready)
                ready = []
            if atomic:
                self.submit(code, some, atomic=True)
            else:
                ready += self.judged(code, some)
        self.post_or_kill(code, ready)
        self.submit(code, last + draw.again(12 + size // 100) + draw.credits())

    def post_or_kill(self, code, ready):
        if self.random.random() < 0.15:
            self.killed_amid(code, ready)
        else:
            self.post_some(code, ready)

    def years_end(self, number):
        """Years are closed, opened, opened again; who has closed is heard from above, so that those
        below write first."""
        year = self.random.choice(YEARS[:2])
        for code, draw in self.draw.items():
            self.answer(code, draw.last_answers(year))
        for code in reversed(list(PARENTS)):
            draw, documents = self.draw[code], []
            if self.random.random() < 0.7:
                self.empty(code, year)
                documents.append(draw.document("close_year", year))
            documents += [draw.some_year() for _ in range(self.random.randrange(4))]
            if number == 1 and code == COUNTIES[0]:  # from here on it keeps years: the next is prepared
                documents.append(draw.document("open_year", YEARS[-2]))
            if documents:
                self.submit(code, documents)

    def empty(self, code, year):
        """Whatever stands in the way of closing, until nothing does that a division can change."""
        for _ in range(20):
            documents = self.draw[code].emptying(year, POST_MAX)
            if not documents:
                return
            self.submit(code, documents)

    def story(self):
        story, length = self.random.choice(STORIES)
        years = [str(next(self.story_years, 0)) for _ in range(length)]
        if "0" not in years:
            Teller.tell(self, self.random, story, (ROOT, CITY, self.random.choice(COUNTIES)), years)

    def maybe_kill(self):
        if self.random.random() < 0.5:
            code = self.random.choice(list(PARENTS))
            self.kill(code)
            self.tree[code].start()

    def round(self, number, size, is_last):
        if number == 0:
            for code, draw in self.draw.items():
                self.submit(code, draw.beginning())
            self.settled()
        self.submit(ROOT, self.draw[ROOT].reference(number))
        self.settled()
        for code in PARENTS:  # from the top: what those above said is obeyed, or not weakened
            documents = self.draw[code].rules() if number else []
            if documents:
                self.submit(code, documents)
                self.settled()
        self.answers()
        self.maybe_kill()
        self.settled()
        self.withdrawals()
        self.settled()
        self.business(size)
        self.maybe_kill()
        self.settled()
        self.years_end(number)
        self.settled()
        self.story()
        self.end_if_different()
        self.compare(None if is_last else 0.2)


