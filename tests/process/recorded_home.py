"""recorded_home - homes that earlier versions left: this one refuses a store of another schema, says what is to be done, does
it where it is told to, dies at every step of it and goes on, and then answers what the earlier version answered.

    python3 tests/process/recorded_home.py --build build
"""
import os
import shutil
import signal
import subprocess

import recorded
from recorded import migrate, need, same_figures, terraced, trees

USAGE, OWN_FAILURE = 2, 5


def store_of(node):
    return os.path.join(node.home, "store")


def is_refused(node, code, *words):
    """It does not start, and says why."""
    ended, _, err = terraced(node)
    need(ended == code and all(word in err for word in words), f"exit {ended}: {err}")


def is_refused_until_told(node):
    """False: this recording's schema is this version's."""
    code, out, err = migrate(node, "--dry-run")
    need(code == 0, out + err)
    if "nothing is to be done" in out:
        return False
    need("From format 1 to 2" in out and "entries" in out, out)
    is_refused(node, USAGE, "store_older", "--migrate")
    need(not os.path.exists(os.path.join(node.home, "store.schema-1")), "a dry run made a copy")
    ended, _, err = terraced(node, "--dry-run")
    need(ended == USAGE and "--migrate" in err, f"a dry run of nothing: exit {ended}: {err}")
    return True


def dies_at_each_step(recording, base, build):
    """Each time on a fresh home; nobody but the migration opens what is half done."""
    step, died, halves = 0, True, 0
    library = os.path.join(build, "lib", "store_steps.so")
    while died:
        step += 1
        tree = recording.tree(os.path.join(base, f"step{step}"), build)
        node = recording.home(tree, recording.region)
        if step == 1 and not is_refused_until_told(node):
            return 0
        code, out, err = migrate(node, LD_PRELOAD=trees.preloadable(tree.base, library), TERRACE_DIE_AT=str(step))
        died = code == -signal.SIGKILL
        need(died or code == 0, out + err)
        if died:
            said = terraced(node)[2]
            need("store_half_migrated" in said or "store_older" in said, f"step {step}: {said}")
            halves += "store_half_migrated" in said
            code, out, err = migrate(node)
            need(code == 0 and "Format 2 is reached" in out, f"step {step}: {out}{err}")
        try:
            node.start()
            same_figures(node, recording.figures["home"], f"{recording.name} after step {step}")
            need(not [a for a in node.status()["alarms"] if a["severity"] in ("error", "critical")], node.status()["alarms"])
        finally:
            tree.stop()
        shutil.rmtree(tree.base)
    need(halves >= 3, f"only {halves} steps left something half done")
    return step - 1


def answers_as_it_did(recording, base, build):
    """Region and city, each by itself; then once more after another start."""
    tree = recording.tree(os.path.join(base, "again"), build)
    region, city = (recording.migrated(tree, division) for division in (recording.region, recording.city))
    need("nothing is to be done" in migrate(region)[1], "it would be done again")
    wanted = {division: recording.figures["session"]["digests"][division] for division in (recording.city, "540121")}
    try:
        for _ in range(2):
            region.start()
            same_figures(region, recording.figures["home"], recording.name)
            region.run("verify", "--deep")
            city.start()
            for division, digest in wanted.items():
                trees.wait_until(lambda: city.run("digest", check=False)[0] == 0, 60, "the city to fold")
                need(city.digest(division)["digest"] == digest["digest"], f"{division} at the city: {city.digest(division)}")
            city.run("verify", "--deep")
            need(migrate(city)[0] == OWN_FAILURE, "a store is migrated under a node that runs")
            tree.stop()
    finally:
        tree.stop()
    return city


def goes_back(city):
    """The copy is the store as it was: of its own schema, and whole. What lies in a new one's way stays."""
    copy = os.path.join(city.home, "store.schema-1")
    if not os.path.exists(copy):
        return
    shutil.rmtree(store_of(city))
    os.rename(copy, store_of(city))
    is_refused(city, USAGE, "store_older")
    os.mkdir(copy)
    code, out, err = migrate(city)
    need(code == 0 and os.listdir(copy) == [] and os.path.exists(copy + ".1/CURRENT"), out + err)
    shutil.rmtree(store_of(city))
    os.rename(copy + ".1", store_of(city))
    os.rmdir(copy)
    code, out, err = migrate(city, "--no-copy")
    need(code == 0 and not os.path.exists(copy), out + err)
    city.start()
    city.run("verify", "--deep")
    city.end()


def would_lose(recording, base, build):
    """A log that is not whole: nothing is done, and it says which."""
    tree = recording.tree(os.path.join(base, "lose"), build)
    node = recording.home(tree, recording.region)
    if not is_refused_until_told(node):
        return
    with open(os.path.join(node.home, "damaged"), "w", encoding="utf-8") as note:
        note.write("store_damaged directory=x said=y")
    code, _, err = migrate(node)
    need(code != 0 and "damaged" in err, err)
    os.unlink(os.path.join(node.home, "damaged"))
    subprocess.run([node.tree.bin("spoil_block"), node.home, recording.city], check=True)
    for options in ((), ("--dry-run",)):
        code, out, err = migrate(node, *options)
        need(code == OWN_FAILURE and recording.city in err and "Nothing was changed" in err and "reached" not in out, out + err)
    is_refused(node, USAGE, "store_older")
    need(not os.path.exists(os.path.join(node.home, "store.schema-1")), "a copy for nothing")


def prove(base, build):
    steps = 0
    for recording in recorded.all_of_them():
        folder = os.path.join(base, recording.name)
        os.mkdir(folder)
        steps += dies_at_each_step(recording, folder, build)
        goes_back(answers_as_it_did(recording, folder, build))
        would_lose(recording, folder, build)
    print(f"recorded_home: {len(recorded.all_of_them())} recordings answer as they did; {steps} deaths on the way were gone on from")


if __name__ == "__main__":
    trees.run_test("recorded_home", prove)
