"""Three nodes, each with an etcd, a Patroni and a PostgreSQL in a network namespace of its own."""

import json
import os
import pathlib
import signal
import subprocess
import urllib.error
import urllib.request

BRIDGE = "10.99.0.1"
PROGRAMS = "/usr/lib/postgresql/15/bin"
PASSWORD = "rehearsal"

# A primary that Patroni cannot keep is given up within TTL seconds. Patroni wants
# loop_wait + 2 * retry_timeout <= ttl.
SETTINGS = {
    "ttl": 10,
    "loop_wait": 2,
    "retry_timeout": 4,
    "primary_start_timeout": 0,  # a primary that crashed is followed by another at once
    "synchronous_mode": True,
    "synchronous_mode_strict": True,
    "postgresql": {
        "use_pg_rewind": True,
        "remove_data_directory_on_rewind_failure": True,
        "remove_data_directory_on_diverged_timelines": True,
        "parameters": {
            "fsync": "on",
            "full_page_writes": "on",
            "synchronous_commit": "on",
            "shared_buffers": "256MB",
            # pg_rewind copies all of the log that is kept.
            "wal_keep_size": "64MB",
            "max_wal_size": "256MB",
            "wal_sender_timeout": "5s",
            "wal_receiver_timeout": "5s",
            "wal_retrieve_retry_interval": "500ms",
        },
    },
}

# What Canvass needs before `canvass migrate`; run once, on the first primary.
ROLES = f"""#!/bin/sh
exec psql --set ON_ERROR_STOP=1 "$1" <<'SQL'
CREATE ROLE canvass_writer;
CREATE ROLE canvass_reader;
CREATE ROLE canvass_owner LOGIN PASSWORD '{PASSWORD}';
CREATE ROLE canvass_aggregator LOGIN PASSWORD '{PASSWORD}' IN ROLE canvass_writer;
CREATE ROLE canvass_auditor LOGIN PASSWORD '{PASSWORD}' IN ROLE canvass_reader;
CREATE DATABASE canvass OWNER canvass_owner;
SQL
"""


def ask(url, timeout=2):
    """The body of an answer 200, or None."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as answer:
            return answer.read().decode()
    except (OSError, urllib.error.URLError):
        return None


def shell(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


class Node:
    def __init__(self, number, folder, etcd):
        self.name = f"node-{number}"
        self.address = f"10.99.0.{10 + number}"
        self.port = f"port-{number}"
        self.folder = folder / self.name
        self.log = folder / "logs"
        self.etcd = etcd
        self.data = self.folder / "postgres"

    def make(self, all_nodes):
        shell("ip", "netns", "add", self.name)
        shell("ip", "link", "add", self.port, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        shell("ip", "link", "set", self.port, "master", "nodes", "up")
        for words in (["link", "set", "lo", "up"], ["link", "set", "eth0", "up"],
                      ["address", "add", f"{self.address}/24", "dev", "eth0"]):
            shell("ip", "-n", self.name, *words)
        self.folder.mkdir()
        shell("chown", "postgres:postgres", self.folder)
        (self.folder / "patroni.json").write_text(json.dumps(self.patroni(all_nodes)))
        roles = self.folder / "roles.sh"
        roles.write_text(ROLES)
        roles.chmod(0o755)

    def patroni(self, all_nodes):
        login = lambda name: {"username": name, "password": PASSWORD}
        return {
            "scope": "canvass",
            "name": self.name,
            "restapi": {"listen": f"{self.address}:8008", "connect_address": f"{self.address}:8008"},
            # Not etcd3: with it Patroni 3.0.2 writes the leader's key without comparing it, so a node that
            # was cut off takes the lead from the new primary once it is back.
            "etcd": {"hosts": [f"{node.address}:2379" for node in all_nodes]},
            "bootstrap": {
                "dcs": SETTINGS,
                "initdb": [{"encoding": "UTF8"}, {"locale": "C"}, "data-checksums"],
                "post_bootstrap": str(self.folder / "roles.sh"),
            },
            "postgresql": {
                "listen": f"{self.address}:5432",
                "connect_address": f"{self.address}:5432",
                "data_dir": str(self.data),
                "bin_dir": PROGRAMS,
                "pgpass": str(self.folder / "pgpass"),
                "basebackup": [{"checkpoint": "fast"}],
                "parameters": {"unix_socket_directories": str(self.folder)},
                "authentication": {"superuser": login("postgres"), "replication": login("replicator"),
                                   "rewind": login("rewinder")},
                "pg_hba": ["local all all trust",
                           "host replication replicator 10.99.0.0/24 scram-sha-256",
                           "host all all 10.99.0.0/24 scram-sha-256"],
            },
        }

    def run(self, name, *command):
        log = (self.log / f"{self.name}-{name}.log").open("ab")
        subprocess.Popen(
            ["ip", "netns", "exec", self.name, "setpriv", "--reuid=postgres", "--regid=postgres",
             "--init-groups", *command], stdout=log, stderr=log, cwd=self.folder, start_new_session=True)

    def start_etcd(self, all_nodes):
        cluster = ",".join(f"{node.name}=http://{node.address}:2380" for node in all_nodes)
        self.run("etcd", self.etcd, "--name", self.name, "--data-dir", str(self.folder / "etcd"),
                 "--listen-peer-urls", f"http://{self.address}:2380",
                 "--initial-advertise-peer-urls", f"http://{self.address}:2380",
                 "--listen-client-urls", f"http://{self.address}:2379",
                 "--advertise-client-urls", f"http://{self.address}:2379",
                 "--initial-cluster", cluster, "--initial-cluster-state", "new",
                 "--enable-v2", "--pre-vote", "--log-level", "warn")

    def start_patroni(self):
        self.run("patroni", "/usr/bin/patroni", str(self.folder / "patroni.json"))

    def processes(self, program):
        """Those of this node that are `program`: etcd, patroni or postgres."""
        pids = subprocess.run(["ip", "netns", "pids", self.name], check=True, capture_output=True,
                              text=True).stdout.split()
        found = []
        for pid in pids:
            try:
                words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            line = b" ".join(words[:2])
            is_it = line.startswith(b"postgres:") or b"/postgres" in words[0] if program == "postgres" \
                else f"/{program}".encode() in line
            if is_it:
                found.append(int(pid))
        return found

    def signal(self, programs, number):
        for program in programs:
            for pid in self.processes(program):
                try:
                    os.kill(pid, number)
                except ProcessLookupError:
                    pass

    def select(self, expression):
        """A value from the database, or None."""
        done = subprocess.run(["psql", "--host", str(self.folder), "--username", "postgres", "--no-align",
                               "--tuples-only", "--command", f"SELECT {expression}", "canvass"],
                              capture_output=True, text=True, timeout=10, check=False)
        return done.stdout.strip() if done.returncode == 0 else None

    def start_missing(self, all_nodes):
        """As an init system does."""
        if not self.processes("etcd"):
            self.start_etcd(all_nodes)
        if not self.processes("patroni"):
            self.start_patroni()

    def cut_from(self, nodes):
        for node in nodes:
            for chain, side in (("INPUT", "--source"), ("OUTPUT", "--destination")):
                shell("ip", "netns", "exec", self.name, "iptables", "--append", chain, side,
                      node.address, "--jump", "DROP")

    def cut_from_all(self):
        shell("ip", "link", "set", self.port, "down")

    def mend(self):
        shell("ip", "netns", "exec", self.name, "iptables", "--flush")
        shell("ip", "link", "set", self.port, "up")


class Cluster:
    def __init__(self, folder, etcd):
        pathlib.Path("/run/netns").mkdir(exist_ok=True)
        shell("mount", "-t", "tmpfs", "none", "/run/netns")
        shell("ip", "link", "set", "lo", "up")
        shell("ip", "link", "add", "nodes", "type", "bridge")
        shell("ip", "address", "add", f"{BRIDGE}/24", "dev", "nodes")
        shell("ip", "link", "set", "nodes", "up")
        self.nodes = [Node(number, folder, etcd) for number in (1, 2, 3)]
        for node in self.nodes:
            node.make(self.nodes)
            node.start_missing(self.nodes)

    def repair(self):
        """Takes every fault back."""
        for node in self.nodes:
            node.mend()
            node.signal(["postgres", "patroni", "etcd"], signal.SIGCONT)
            node.start_missing(self.nodes)

    def others(self, node):
        return [other for other in self.nodes if other is not node]

    def primary(self, among=None):
        """The node that leads and knows it."""
        for node in among or self.nodes:
            if ask(f"http://{node.address}:8008/primary") is not None:
                return node
        return None

    def members(self):
        """What each node says of all, or None."""
        answers = [ask(f"http://{node.address}:8008/cluster") for node in self.nodes]
        return None if None in answers else [json.loads(answer)["members"] for answer in answers]

    def why_broken(self):
        """Empty if all nodes agree that one leads and two follow it, one of them synchronously."""
        said = self.members()
        if said is None:
            return "a node does not answer"
        for members in said:
            state = [(m["name"], m["role"], m["state"], m.get("timeline"), m.get("lag")) for m in members]
            if (sorted(role for _, role, _, _, _ in state) != ["leader", "replica", "sync_standby"]
                    or any(run not in ("running", "streaming") for _, _, run, _, _ in state)
                    or len({timeline for _, _, _, timeline, _ in state}) != 1):
                return str(state)
        return ""

    def switch_over(self, primary):
        body = json.dumps({"leader": primary.name}).encode()
        request = urllib.request.Request(f"http://{primary.address}:8008/switchover", data=body,
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            answer.read()

    def connection(self, user, nodes=None, more=""):
        """A connection string that finds the primary among several hosts, within seconds."""
        hosts = ",".join(node.address for node in nodes or self.nodes)
        return (f"host={hosts} dbname=canvass user={user} password={PASSWORD} connect_timeout=2 "
                f"keepalives_idle=2 keepalives_interval=1 keepalives_count=3 tcp_user_timeout=5000 {more}")
