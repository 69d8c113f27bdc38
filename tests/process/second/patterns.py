"""patterns - whom a division may grant: proto/PROTOCOL.md, section 3.1, Reach."""


class Reach:
    def __init__(self, texts):
        texts = [text.decode() if isinstance(text, bytes) else text for text in texts]
        self.patterns = [text for text in texts if not text.startswith("!")]
        self.exceptions = [text[1:] for text in texts if text.startswith("!")]

    def has(self, code):
        return any(has(one, code) for one in self.patterns) and not any(has(one, code) for one in self.exceptions)

    def beyond(self, outer):
        """The first of its patterns that goes beyond another list; None: it lies within."""
        return next((one for one in self.patterns if not self.lies_within(one, outer)), None)

    def lies_within(self, pattern, outer):
        inside = [one for one in outer.exceptions if meet(one, pattern)]
        return (any(covers(one, pattern) for one in outer.patterns)
                and not any(covers(one, pattern) for one in outer.exceptions)
                and all(any(covers(own, one) for own in self.exceptions) for one in inside))


def has(pattern, code):
    return code.startswith(pattern[:-1]) if pattern.endswith("*") else code == pattern


def covers(outer, inner):
    """Is every code of `inner` one of `outer`?"""
    if inner.endswith("*"):
        return outer.endswith("*") and inner[:-1].startswith(outer[:-1])
    return has(outer, inner)


def meet(a, b):
    return covers(a, b) or covers(b, a)
