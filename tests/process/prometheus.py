"""prometheus - Debian's Prometheus and Alertmanager watch the pilot tree by the rules in configs/prometheus: a county
that is cut off raises an alert, its return clears it; so does a county that is killed.

    python3 tests/process/prometheus.py --build build

Exits with 77 where the packages are neither installed nor to be had; an error with $TERRACE_ALL_TESTS.
"""
import argparse
import http.server
import json
import os
import queue
import re
import subprocess
import sys
import tempfile
import threading
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))
import debian_tools  # noqa: E402
import tree as trees  # noqa: E402

CONFIGS = os.path.join(trees.ROOT, "configs", "prometheus")
REGION, CITY, COUNTY = "540000", "540100", "540121"
SKIPPED = 77
PATIENCE_S = trees.PATIENCE_S


def need(holds, what):
    if not holds:
        raise trees.Failed(what)


def run(*command, stdin=None):
    done = subprocess.run(command, input=stdin, capture_output=True, text=True)
    need(done.returncode == 0, f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


# --- the rules by themselves ---

def rules_hold(promtool):
    run(*promtool, "check", "rules", os.path.join(CONFIGS, "terrace.rules.yml"))
    run(*promtool, "check", "config", os.path.join(CONFIGS, "prometheus.yml"))
    run(*promtool, "test", "rules", os.path.join(CONFIGS, "terrace.rules.test.yml"))


def families_of_rules():
    with open(os.path.join(CONFIGS, "terrace.rules.yml")) as file:
        return set(re.findall(r'\bterrace_\w+', file.read()))


# --- the tree ---

def watched_tree(tree, relays):
    """The pilot tree, every node with an address for Prometheus, the county behind a relay; the addresses."""
    addresses = {}
    for division, name, parent in trees.PILOT:
        if parent is None:
            node = tree.init_root(division, name)
        else:
            node, _ = tree.join(parent, division, name, relays if division == COUNTY else None)
        addresses[division] = f"127.0.0.1:{trees.free_port()}"
        node.end()
        path = os.path.join(node.home, "config.yaml")
        with open(path) as old:
            text = re.sub(r'(?m)^# metrics_listen:.*$', f'metrics_listen: "tcp://{addresses[division]}"', old.read())
        with open(path, "w") as new:
            new.write(text)
        node.start()
    return addresses


def metrics_are_as_they_must(promtool, addresses):
    for address in addresses.values():
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=PATIENCE_S) as answer:
            text = answer.read().decode()
        run(*promtool, "check", "metrics", stdin=text)
        families = set(re.findall(r'(?m)^# TYPE (\w+)', text))
        elsewhere = {"terrace_unconfirmed_oldest_seconds", "terrace_division_well", "terrace_division_known"}
        need(families_of_rules() - elsewhere <= families, f"rules ask for {families_of_rules() - families}")
        need(len(text.splitlines()) < 250, f"{len(text.splitlines())} lines for three neighbours at most")


# --- Prometheus, Alertmanager, and who is told ---

class Told:
    """A web hook of Alertmanager's: what it is told, as (status, alert, division or instance)."""

    def __init__(self):
        self.heard = queue.SimpleQueue()
        heard = self.heard

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                for alert in body["alerts"]:
                    heard.put((alert["status"], alert["labels"]))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self, status, *wanted):
        """Until each of the wanted alerts, by its labels, was told so; in any order."""
        left, seen = list(wanted), []
        try:
            while left:
                found = self.heard.get(timeout=PATIENCE_S)
                seen.append(found)
                left = [labels for labels in left if found[0] != status or not labels.items() <= found[1].items()]
        except queue.Empty:
            raise trees.Failed(f"never told {status} {left}, but {seen}") from None


def write_configs(base, addresses, alertmanager, told):
    """The rules of configs/ with seconds for minutes, and how both programs find each other."""
    with open(os.path.join(CONFIGS, "terrace.rules.yml")) as file:
        rules = re.sub(r'(?m)^(\s+for:) .*$', r'\1 2s', file.read())
    files = {
        "terrace.rules.yml": rules,
        "prometheus.yml": json.dumps({  # JSON is YAML
            "global": {"scrape_interval": "2s", "scrape_timeout": "2s", "evaluation_interval": "1s"},
            "rule_files": ["terrace.rules.yml"],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
            "scrape_configs": [{"job_name": "terrace", "static_configs": [
                {"targets": [address], "labels": {"node": division}} for division, address in addresses.items()]}]}),
        "alertmanager.yml": json.dumps({
            "route": {"receiver": "told", "group_by": ["..."], "group_wait": "0s", "group_interval": "1s",
                      "repeat_interval": "1h"},
            "receivers": [{"name": "told", "webhook_configs": [{"url": told.url, "send_resolved": True}]}]}),
    }
    for name, text in files.items():
        with open(os.path.join(base, name), "w") as file:
            file.write(text)


def start(base, program, *options):
    """The process, which the program is itself: what stands before it in the command becomes it."""
    with open(log_of(base, program), "wb") as log:
        return subprocess.Popen([*program, *options], cwd=base, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def log_of(base, program):
    return os.path.join(base, os.path.basename(program[-1]) + ".log")


def answers(process, log, url):
    if process.poll() is not None:
        with open(log) as file:
            raise trees.Failed(f"it ended with {process.returncode}:\n{file.read()[-2000:]}")
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def start_watchers(base, tools, addresses, told):
    prometheus, alertmanager = (f"127.0.0.1:{trees.free_port()}" for _ in range(2))
    write_configs(base, addresses, alertmanager, told)
    programs = [tools["prometheus-alertmanager"], tools["prometheus"]]
    watchers = [
        start(base, programs[0], "--config.file=alertmanager.yml", "--storage.path=alertmanager",
              f"--web.listen-address={alertmanager}", "--cluster.listen-address="),
        start(base, programs[1], "--config.file=prometheus.yml", "--storage.tsdb.path=prometheus",
              f"--web.listen-address={prometheus}"),
    ]
    for process, program, address in zip(watchers, programs, (alertmanager, prometheus)):
        trees.wait_until(lambda: answers(process, log_of(base, program), f"http://{address}/-/ready"), PATIENCE_S,
                         program[-1], 0.2)

    def all_scraped():
        try:
            with urllib.request.urlopen(f"http://{prometheus}/api/v1/query?query=sum(up)", timeout=5) as answer:
                result = json.load(answer)["data"]["result"]
        except OSError:  # it has much to do
            return False
        return result and result[0]["value"][1] == str(len(addresses))
    trees.wait_until(all_scraped, PATIENCE_S, "every node to be scraped", 0.2)
    return watchers


# --- the story ---

def prove(base, tools, build):
    tree, relays, told, watchers = trees.Tree(os.path.join(base, "tree"), build=build), [], Told(), []
    try:
        addresses = watched_tree(tree, relays)
        metrics_are_as_they_must(tools["promtool"], addresses)
        watchers = start_watchers(base, tools, addresses, told)

        relays[0].cut()
        at_city = dict(alertname="TerraceLinkDown", node=CITY, division=COUNTY, side="child")
        at_region = dict(alertname="TerraceDivisionNotWell", node=REGION, division=COUNTY)
        told.wait("firing", at_city, at_region)
        relays[0].heal()
        told.wait("resolved", at_city, at_region)

        tree[COUNTY].kill()
        told.wait("firing", dict(alertname="TerraceNodeDown", node=COUNTY))
        tree[COUNTY].start()
        told.wait("resolved", dict(alertname="TerraceNodeDown", node=COUNTY))
    finally:
        for process in watchers:
            process.kill()
            process.wait()
        told.server.shutdown()
        tree.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", required=True)
    args = parser.parse_args()
    build = os.path.abspath(args.build)
    try:
        tools = {name: debian_tools.tool(build, package, name)
                 for package, name in (("prometheus", "promtool"), ("prometheus", "prometheus"),
                                       ("prometheus-alertmanager", "prometheus-alertmanager"))}
    except debian_tools.Missing as missing:
        print(f"prometheus: {'' if os.environ.get('TERRACE_ALL_TESTS') else 'skipped: '}{missing}")
        return 1 if os.environ.get("TERRACE_ALL_TESTS") else SKIPPED
    with tempfile.TemporaryDirectory(prefix="terrace-prometheus-") as base:
        try:
            rules_hold(tools["promtool"])
            prove(base, tools, build)
        except trees.Failed as failed:
            print(f"prometheus: {failed}", file=sys.stderr)
            return 1
    print("prometheus: rules hold; a county cut off, and one killed, was told and taken back")
    return 0


if __name__ == "__main__":
    sys.exit(main())
