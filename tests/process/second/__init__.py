"""second - the checks of a whole tree a second time, in another language and from proto/ alone: what proto/*.md, *.proto and
the layouts in proto's headers say, and nothing of what the daemon's sources do. Raw blocks go in, what does not hold comes
out, in words.

    patterns    codes and lists of them
    roster      grants: who may grant, which epoch counts
    persons     a division's chain of persons
    approvals   who approved an entry, and whether it holds
    region      logs, blocks and all of the above together
"""
