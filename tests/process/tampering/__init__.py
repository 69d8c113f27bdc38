"""tampering - who holds which key may do what, at real daemons over real sockets: one row each.

    table      the rows: data, which node/THREATS.md names one by one
    stage      the nodes that all rows share, and what is watched at them
    strangers  acts of who holds no key, or one that is not enough
    child      acts of a county, with its own keys or with stolen ones
    city       acts of a city toward its region, with a county below it
    persons    acts of a city's persons, and of who makes some up
    levels     acts of a city and of a county about years, and about money between levels
    middle     acts of a city toward its county: it stands between that and the region

An act does one thing wrong, and says nothing about what comes of it: that is in the table. Whatever it returns is run once
the row has been judged, so that the next one finds the links as they were.
"""
