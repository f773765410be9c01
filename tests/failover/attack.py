"""Attacks the primary under load; see tests/failover/run."""

import argparse
import json
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time

from cluster import Cluster, ask, shell

BIN = pathlib.Path("build/release/bin")
AGGREGATORS = "127.0.0.1:50062,127.0.0.1:50064"
SERVICES = ["--reporter", "127.0.0.1:50061", "--aggregator", AGGREGATORS, "--publisher", "127.0.0.1:50063"]
ADMIN = {"aggregator-1": 50072, "aggregator-2": 50074}

# Far beyond what a failover takes.
PATIENCE = 240

PARTS = {"PostgreSQL": ["postgres"], "PostgreSQL and Patroni": ["postgres", "patroni"], "Patroni": ["patroni"],
         "the whole node": ["postgres", "patroni", "etcd"]}
KILLS = ["PostgreSQL", "PostgreSQL and Patroni", "the whole node"]
CUTS = ["from the other nodes", "from everybody"]
STOPS = ["PostgreSQL", "Patroni", "the whole node"]


def say(*words):
    print(time.strftime("%H:%M:%S"), *words, flush=True)


def wait_until(holds, what):
    until = time.monotonic() + PATIENCE
    while not (found := holds()):
        if time.monotonic() > until:
            raise RuntimeError(f"{what}: not within {PATIENCE} s")
        time.sleep(0.2)
    return found


class Attack:
    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.logs = folder / "logs"
        self.processes = {}
        self.began = 0.0  # the fault
        self.windows = []
        self.failures = []
        self.cluster = Cluster(folder, options.etcd)

    def start(self, name, program, *arguments):
        log = (self.logs / f"{name}.log").open("ab")
        out = (self.folder / f"{name}.out").open("wb")
        self.processes[name] = subprocess.Popen([BIN / program, *arguments], stdout=out, stderr=log,
                                                start_new_session=True)

    def start_services(self):
        # In opposite orders, so that of two nodes that take writes one aggregator finds the new primary.
        for name, port, nodes in (("aggregator-1", 50062, self.cluster.nodes),
                                  ("aggregator-2", 50064, self.cluster.nodes[::-1])):
            self.start(name, "canvass-aggregator", f"--listen=127.0.0.1:{port}",
                       f"--admin_listen=127.0.0.1:{ADMIN[name]}",
                       f"--database={self.cluster.connection('canvass_aggregator', nodes)}")
        self.start("reporter", "canvass-station-reporter", "--listen=127.0.0.1:50061",
                   f"--aggregator={AGGREGATORS}", f"--outbox={self.folder}/outbox.sqlite")
        self.start("publisher", "canvass-publisher", "--listen=127.0.0.1:50063",
                   f"--aggregator={AGGREGATORS}", f"--known_roots={self.folder}/roots")
        wait_until(self.leads, "an aggregator leads")

    def leads(self):
        return any(ask(f"http://127.0.0.1:{port}/readyz") is not None for port in ADMIN.values())

    def wait_until_whole(self):
        why = [""]

        def is_whole():
            why[0] = self.cluster.why_broken()
            return not why[0]

        try:
            wait_until(is_whole, "three nodes are whole again")
        except RuntimeError as error:
            raise RuntimeError(f"{error}; {why[0]}") from error
        wait_until(self.leads, "an aggregator leads")

    def wait_for_another(self, primary):
        """Until an aggregator has taken the lead on another primary, since the fault began."""
        def is_led():
            node = self.cluster.primary(self.cluster.others(primary))
            return node and node.select(f"took_lead_at > to_timestamp({self.began}) FROM canvass.writer") == "t"

        wait_until(is_led, "an aggregator leads on another primary")

    def kill(self, primary, what):
        primary.signal(PARTS[what], signal.SIGKILL)
        self.wait_for_another(primary)
        primary.start_missing(self.cluster.nodes)

    def cut(self, primary, what):
        if what == "from the other nodes":
            primary.cut_from(self.cluster.others(primary))
        else:
            primary.cut_from_all()
        self.wait_for_another(primary)
        primary.mend()

    def stop(self, primary, what):
        primary.signal(PARTS[what], signal.SIGSTOP)
        self.wait_for_another(primary)
        primary.signal(PARTS[what], signal.SIGCONT)

    def switch_over(self, primary, _):
        self.cluster.switch_over(primary)
        self.wait_for_another(primary)

    def faults(self):
        def some(name, attack, kinds, count):
            return [(name, attack, kinds[i % len(kinds)]) for i in range(count)]

        faults = (some("kill", self.kill, KILLS, self.options.kills)
                  + some("cut", self.cut, CUTS, self.options.partitions)
                  + some("stop", self.stop, STOPS, self.options.stops)
                  + some("switchover", self.switch_over, [""], self.options.switchovers))
        random.Random(self.options.seed).shuffle(faults)
        return faults

    def attack(self):
        faults = self.faults()
        for number, (name, attack, what) in enumerate(faults, 1):
            began = self.began = time.time()
            attack(self.cluster.primary(), what)
            led = time.time()
            self.wait_until_whole()
            self.windows.append({"kind": f"{name} {what}".strip(), "began": began, "ended": time.time()})
            say(f"{number}/{len(faults)} {name} {what}: another leads after {led - began:.1f} s, "
                f"whole after {time.time() - began:.1f} s; leads {self.cluster.primary().name}")
            time.sleep(3)

    def check(self, name, command):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.judge(name, done.returncode == 0, done.stdout + done.stderr)
        return done.stdout

    def judge(self, name, is_right, why=""):
        say("ok     " if is_right else "FAILED ", name)
        if not is_right:
            self.failures.append(name)
            say(why[-2000:])

    def load(self):
        self.start("soak", "canvass", "bench", "soak", "--running", "--rate", str(self.options.rate),
                   "--duration", "12h", "--stations", "20000", "--candidates", "8",
                   "--seed", str(self.options.seed), "--output", "json", *SERVICES)
        log = self.logs / "soak.log"
        wait_until(lambda: "acknowledged" in log.read_text(), "reports are acknowledged")

    def end_load(self):
        """What the soak test says after it has compared the ledger."""
        self.processes["soak"].send_signal(signal.SIGINT)
        self.processes["soak"].wait(timeout=900)
        out = (self.folder / "soak.out").read_text()
        if not out.startswith("{"):
            raise RuntimeError(f"the soak test failed: {(self.logs / 'soak.log').read_text()[-2000:]}")
        (self.logs / "soak.json").write_text(out)
        return json.loads(out)

    def audit(self, election):
        verify = [BIN / "canvass", "ledger", election, "--verify", *SERVICES]
        say(self.check("the ledger is what its hashes say", verify).strip())
        for node in self.cluster.nodes:
            self.check(f"the tables of {node.name} are what the ledger says", [
                *verify, "--database",
                self.cluster.connection("canvass_auditor", [node], "target_session_attrs=any")])
        for name, port in ADMIN.items():
            metrics = ask(f"http://127.0.0.1:{port}/metrics") or ""
            self.judge(f"{name} did not diverge", "canvass_ledger_diverged 0" in metrics)
        for name, process in self.processes.items():
            self.judge(f"{name} did not end", name == "soak" or process.poll() is None)

    def run(self):
        say("three nodes")
        wait_until(lambda: not self.cluster.why_broken(), "three nodes are whole")
        owner = self.cluster.connection("canvass_owner", more="target_session_attrs=read-write")
        shell(BIN / "canvass", "migrate", owner)
        self.start_services()
        say("load")
        self.load()
        try:
            self.attack()
        except KeyboardInterrupt:
            say(f"ended after {len(self.windows)} faults")
            self.cluster.repair()
            self.wait_until_whole()
        except (RuntimeError, OSError) as error:
            self.judge("the attack came to its end", False, str(error))
        soak = self.end_load()
        self.judge("nothing lost, doubled or noticed",
                   soak["acknowledged"] > 0 and not soak["noticed"] and not soak["published"]
                   and soak["lost"] == soak["doubled"] == soak["foreign"] == 0, json.dumps(soak)[:2000])
        self.audit(soak["election"])
        say("timeline", {member.get("timeline") for member in self.cluster.members()[0]})
        report(self.windows, soak)
        return not self.failures


def percentile(sorted_values, percent):
    return sorted_values[min(len(sorted_values) - 1, len(sorted_values) * percent // 100)]


def report(windows, soak):
    """Prints how long nothing was acknowledged, by kind of fault, and the totals."""
    waits = {}
    for window in windows:
        inside = [gap["seconds"] for gap in soak["gaps"]
                  if window["began"] < gap["since"] + gap["seconds"] and gap["since"] < window["ended"]]
        waits.setdefault(window["kind"], []).append((sum(inside), window["ended"] - window["began"]))
    print(f"\n{'fault':40} {'times':>5}  s without acknowledgement   s until whole\n"
          f"{'':46}    50 %    90 %     max    50 %    max")
    rows = sorted(waits.items())
    rows.append(("all", [wait for of_kind in waits.values() for wait in of_kind]))
    for kind, pairs in rows:
        if not pairs:
            continue
        gaps, whole = (sorted(values) for values in zip(*pairs))
        print(f"{kind:40} {len(pairs):5}  {percentile(gaps, 50):7.1f} {percentile(gaps, 90):7.1f} {gaps[-1]:7.1f}"
              f" {percentile(whole, 50):7.1f} {whole[-1]:6.1f}")
    print()
    for name in ("acknowledged", "lost", "doubled", "foreign", "recorded", "repeated", "queued", "retried",
                 "noticed", "waited_ms", "read"):
        print(f"{name:16} {json.dumps(soak[name])}")
    print(f"{'published':16} {soak['published'] or 'as recorded'}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--etcd", required=True)
    for name, default in (("rate", 500), ("kills", 20), ("partitions", 10), ("stops", 6),
                          ("switchovers", 4), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    memory = options.folder / "memory"
    memory.mkdir()
    shell("mount", "-t", "tmpfs", "none", memory)
    (memory / "logs").symlink_to(options.folder / "logs")
    shutil.chown(options.folder / "logs", "postgres")
    # For the user who runs PostgreSQL.
    options.etcd = shutil.copy(options.etcd, memory / "etcd")
    if not Attack(options, memory).run():
        sys.exit(1)


if __name__ == "__main__":
    main()
