#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 300
"""What the netlink family and nfmgr promise: settings come back as they were set and act, dumps
tell of changes, events come, every Flow is shown as it was sent, the law outlives a reset.

     client                 router                   collector
    +------+            +---------------------+      +------+
    | eth0 |------------| eth0           eth1 |------| eth0 |
    +------+            |     d0 (dummy)      |      +------+
     192.0.2.2          |192.0.2.1 203.0.113.1|       203.0.113.2
     2001:db8:1::2      +---------------------+       2001:db8:3::2

What the client sends to 198.51.100.0/24 and 2001:db8:2::/64 is forwarded into d0.
"""

import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
# pylint: disable=wrong-import-position
from guest import (Answer, Ktap, Netlink, NLM_F_DUMP, NLM_F_REQUEST, UAPI, add_ns, attr,
                   check_law, die, inside, must, nfmgr, run, show, slowwait, u32)

ktap = Ktap()
NS = "router"


def setup():
    add_ns("client", "router", "collector")
    for left, right, number in (("client", "router", 1), ("collector", "router", 3)):
        device = {1: "eth0", 3: "eth1"}[number]
        prefix = {1: "192.0.2", 3: "203.0.113"}[number]
        must("ip", "link", "add", "eth0", "netns", left, "type", "veth", "peer", "name", device,
             "netns", right)
        for ns, dev, host in ((left, "eth0", 2), (right, device, 1)):
            must("ip", "-n", ns, "link", "set", dev, "up")
            must("ip", "-n", ns, "addr", "add", f"{prefix}.{host}/24", "dev", dev)
            must("ip", "-n", ns, "addr", "add", f"2001:db8:{number}::{host}/64", "dev", dev,
                 "nodad")
        must("ip", "-n", left, "route", "add", "default", "via", f"{prefix}.1")
        must("ip", "-n", left, "-6", "route", "add", "default", "via", f"2001:db8:{number}::1")
    must("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", ns="router")
    must("ip", "-n", "router", "link", "add", "d0", "type", "dummy")
    must("ip", "-n", "router", "link", "set", "d0", "up")
    must("ip", "-n", "router", "addr", "add", "198.51.100.1/24", "dev", "d0")
    must("ip", "-n", "router", "addr", "add", "2001:db8:2::1/64", "dev", "d0", "nodad")
    for address in "198.51.100.2", "2001:db8:2::2":
        must("ip", "-n", "router", "neigh", "add", address, "lladdr", "02:00:00:00:00:09", "dev",
             "d0", "nud", "permanent")


def send(ports, payload=72, count=1, ipv6=False, source=4000):
    """`count` datagrams to each port, a Flow each; sent when this returns"""
    family, target = ((socket.AF_INET6, "2001:db8:2::2") if ipv6 else
                      (socket.AF_INET, "198.51.100.2"))
    with inside("client"):
        sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.bind(("", source))
    for port in ports:
        for _ in range(count):
            sock.sendto(b"x" * payload, (target, port))
    sock.close()


def done(*words, ns=NS):
    said = nfmgr(*words, ns=ns)
    if said.returncode:
        die(f"nfmgr {' '.join(words)}: {said.stderr}")
    return said


def config():
    return show("config", NS)


def stats():
    return show("stats", NS)


def messages(collector, seconds=5.0):
    """What arrives until nothing does, or the first one"""
    collector.settimeout(seconds)
    found = []
    try:
        while True:
            found.append(collector.recv(2000))
            collector.settimeout(0.3)
    except (TimeoutError, socket.timeout):
        return found


setup()
with inside("collector"):
    collector = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
collector.bind(("::", 2055))

# Settings: to something else than their default, one transaction, back as they were set -------

WANTED = {
    "protocol": "ipfix", "active-timeout": "1000", "inactive-timeout": "900",
    "refresh-rate": "7", "timeout-rate": "13", "sndbuf": "200000", "hashsize": "4096",
    "maxflows": "54321", "scan-min": "2", "exportcpu": "0", "engine-id": "4275878552", "debug": "1",
    "inet-priority": "100", "metering": "on", "points": "inet=forward+postrouting",
    "destination": "203.0.113.2:2055@203.0.113.1%eth1,[2001:db8:3::2]:2056",
}
defaults = config()
ktap.equal("every setting is tried", sorted(WANTED), sorted(defaults))
words = [word for pair in WANTED.items() for word in pair]
before = struct.unpack("=I", dict(Netlink(ns=NS).dump(UAPI["PNF_CMD_CONFIG_GET"])
                                  .messages[0][2])[UAPI["PNF_CONFIG_GENERATION"]])[0]
done("set", *words)
seen = config()
for name, value in WANTED.items():
    shown = seen[name]
    if name == "destination":
        expected = ["203.0.113.2:2055@203.0.113.1%eth1", "[2001:db8:3::2]:2056"]
    elif name == "points":
        expected = ["inet=forward+postrouting"]
    elif name == "protocol":
        expected = 10
    else:
        expected = type(shown)(value)
    ktap.test(f"{name} comes back as it was set, not as {defaults[name]!r}",
              shown == expected and shown != defaults[name], f"{shown!r}, expected {expected!r}")
after = struct.unpack("=I", dict(Netlink(ns=NS).dump(UAPI["PNF_CMD_CONFIG_GET"])
                                 .messages[0][2])[UAPI["PNF_CONFIG_GENERATION"]])[0]
ktap.equal("sixteen settings are one change", before + 1, after)

# What they do, where it can be seen at once
points = show("points", NS)
ktap.equal("points and inet-priority act", [(["forward", "postrouting"], 100, True)],
           [(p["hooks"], p["priority"], p["metering"]) for p in points])
destinations = show("destinations", NS)
ktap.equal("both destinations are there", [("203.0.113.2", 2055, "203.0.113.1", "eth1"),
                                           ("2001:db8:3::2", 2056, None, None)],
           [(d["address"], d["port"], d["source"], d["device"]) for d in destinations])
ktap.test("sndbuf is the send buffer of each", all(d["send_buffer"] == 200000 for d in destinations),
          destinations)
ktap.equal("hashsize is the table's size", 4096, stats()["cache"]["buckets"])
ktap.equal("maxflows is shown beside the Flows", 54321, stats()["cache"]["maxflows"])
ktap.test("debug 1 logs Transport Sessions", "pkt_netflow: a destination" in must("dmesg"))
send([9])
done("flush")
message = messages(collector)
ktap.test("protocol and engine-id are in the message", message and struct.unpack_from(
    ">HxxIII", message[0])[0:1] + struct.unpack_from(">12xI", message[0]) == (10, 4275878552),
    [m[:20].hex() for m in message])
done("set", "protocol", "v5")
send([9])
done("flush")
message = messages(collector)[-1:]
ktap.test("v5 has the low octet of engine-id", message and message[0][:2] == b"\0\5" and
          message[0][21] == 4275878552 & 0xff, [m[:24].hex() for m in message])
done("set", "protocol", "9", "refresh-rate", "1")
messages(collector, 0.3)
for _ in range(3):
    send([9])
    done("flush")
templates = sum(1 for m in messages(collector) if struct.unpack_from(">H", m, 20)[0] == 0)
ktap.test("refresh-rate 1 repeats Templates with every message", templates >= 3, templates)
done("set", "metering", "off")
observed = stats()["metering"]["observed_packets"]
send([9])
ktap.equal("metering off meters nothing", observed, stats()["metering"]["observed_packets"])
done("set", "metering", "auto", "destination", "none")
send([9])
ktap.equal("metering auto meters nothing without a destination", observed,
           stats()["metering"]["observed_packets"])
check_law(ktap, "after metering was off", NS)

# Lists
for words, expected in (
        (("add", "destination", "192.0.2.1"), ["192.0.2.1:2055"]),
        (("add", "destination", "192.0.2.2:9,[2001:db8::5]"),
         ["192.0.2.1:2055", "192.0.2.2:9", "[2001:db8::5]:2055"]),
        (("del", "destination", "192.0.2.2:9"), ["192.0.2.1:2055", "[2001:db8::5]:2055"]),
        (("add", "destination", "192.0.2.1%eth0"),
         ["192.0.2.1:2055", "[2001:db8::5]:2055", "192.0.2.1:2055%eth0"]),
        (("set", "destination", "2001:db8::5p99"), ["[2001:db8::5]:99"]),
        (("set", "destination", "[fe80::5]@fe80::1%eth0"), ["[fe80::5]:2055@fe80::1%eth0"]),
        (("set", "destination", ""), [])):
    done(*words)
    ktap.equal(f"nfmgr {' '.join(words)}", expected, config()["destination"])
for words, expected in (
        (("set", "points", "none"), []),
        (("add", "point", "inet=prerouting"), ["inet=prerouting"]),
        (("del", "point", "inet"), []),
        (("add", "point", "inet=prerouting+forward"), ["inet=prerouting+forward"]),
        (("del", "point", "inet=forward+prerouting"), []),
        (("set", "points", "inet"), ["inet"])):
    done(*words)
    ktap.equal(f"nfmgr {' '.join(words)}", expected, config()["points"])

# Back to the defaults, by what show config tells
words = []
for name, value in defaults.items():
    words += [name, (",".join(value) or "none") if isinstance(value, list) else str(value)]
done("set", *words)
ktap.equal("what show config prints can be set", defaults, config())

# Flows, as they were sent ---------------------------------------------------------------------

done("set", "points", "inet=forward", "destination", "203.0.113.2", "protocol", "ipfix",
     "inactive-timeout", "3000", "active-timeout", "3000")
done("reset", "stats")
started = time.time()
send([1, 2, 3], payload=72, count=5)
send([1], payload=1000, count=2, ipv6=True)
run("ping", "-q", "-c", "3", "-i", "0.2", "-W", "1", "-s", "56", "198.51.100.2", ns="client")
flows = show("flows", NS)
key = {(f["sourceIPv4Address"] if f.get("sourceIPv4Address") else f["sourceIPv6Address"],
        f["protocolIdentifier"], f.get("destinationTransportPort")): f for f in flows}
ktap.equal("show flows has each Flow once", 5, len(flows))
ktap.equal("the key of each is there", {("192.0.2.2", 17, 1), ("192.0.2.2", 17, 2),
                                        ("192.0.2.2", 17, 3), ("2001:db8:1::2", 17, 1),
                                        ("192.0.2.2", 1, None)}, set(key))
for name, octets in ((("192.0.2.2", 17, 2), (5, 5 * 100)), (("2001:db8:1::2", 17, 1),
                     (2, 2 * 1048)), (("192.0.2.2", 1, None), (3, 3 * 84))):
    flow = key.get(name, {})
    ktap.equal(f"packets and octets of {name}", octets, (flow.get("packetDeltaCount"),
                                                        flow.get("octetDeltaCount")))
indexes = {d["ifname"]: d["ifindex"] for d in json.loads(must("ip", "-n", NS, "-j", "link"))}
ktap.test("interfaces of each", all((f["ingressInterface"], f["egressInterface"]) ==
                                    (indexes["eth0"], indexes["d0"]) for f in flows), flows)


def seconds(text):
    """ISO 8601 with a fraction, as UTC"""
    whole, _, fraction = text.rstrip("Z").partition(".")
    return calendar(whole) + float("0." + (fraction or "0"))


def calendar(whole):
    import calendar as module  # pylint: disable=import-outside-toplevel
    return module.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S"))


ktap.test("times of each lie within the test", all(
    started - 0.1 <= seconds(f["flowStartMilliseconds"]) <= seconds(f["flowEndMilliseconds"]) <=
    time.time() + 0.1 for f in flows), flows)
now = stats()
ktap.equal("show stats has the same sums",
           (sum(f["packetDeltaCount"] for f in flows), sum(f["octetDeltaCount"] for f in flows), 5),
           (now["metering"]["metered_packets"], now["metering"]["metered_octets"],
            now["cache"]["flows"]))
cpus = show("cpus", NS)
ktap.equal("show cpus has the same sums", (now["metering"]["metered_packets"],
                                           now["metering"]["metered_octets"], 5),
           tuple(sum(c[name] for c in cpus) for name in ("packets", "octets", "flows_created")))

# Reset
done("reset", "stats")
now = stats()
ktap.equal("reset stats: metered is what is cached", (20, 20, 0, 0),
           (now["metering"]["metered_packets"], now["cache"]["packets"],
            now["exporting"]["exported_packets"], now["exporting"]["messages"]))
ktap.test("reset stats notes its time", now["reset_time"] and
          abs(seconds(now["reset_time"]) - time.time()) < 30, now["reset_time"])
check_law(ktap, "after a reset", NS)
send([7], count=4)
messages(collector, 0.1)
done("flush")
slowwait(5, lambda: stats()["exporting"]["queued_packets"] == 0)
now = stats()
ktap.equal("after a reset all is exported", (24, 24), (now["metering"]["metered_packets"],
                                                       now["exporting"]["exported_packets"]))
check_law(ktap, "after a reset and a flush", NS)
sequence = [struct.unpack_from(">I", m, 8)[0] for m in messages(collector)]
send([7])
done("flush")
more = [struct.unpack_from(">I", m, 8)[0] for m in messages(collector)]
done("reset", "stats")
send([7])
done("flush")
last = [struct.unpack_from(">I", m, 8)[0] for m in messages(collector)]
ktap.test("a reset does not touch the sequence", sequence and more and last and
          last[-1] == more[-1] + 1 > sequence[0], (sequence, more, last))

# Every command, as text and as JSON; where options may stand -----------------------------------

send([1, 2, 3])
for what in "stats", "config", "destinations", "cpus", "flows", "points", "templates", "version":
    text = nfmgr("show", what, ns=NS)
    ktap.test(f"show {what} prints text", text.returncode == 0 and text.stdout.strip() and
              text.stdout[0] not in "[{" and not text.stderr, text)
    ktap.test(f"show {what} --json is JSON with something in it", show(what, NS))
# What others rely on: names and types of show stats --json; more may be added
NUMBER, TEXT, FLAG, NONE = (int, float), str, bool, type(None)
OPTIONAL = (str, NONE)


def numbers(names):
    return {name: NUMBER for name in names.split()}


CONTRACT = {
    "module": {"name": TEXT, "version": TEXT, "srcversion": OPTIONAL, "load_time": TEXT},
    "cache": {**numbers("flows flows_peak packets octets memory buckets"), "flows_peak_time": OPTIONAL,
              "metric": numbers("now m1 m5 m15")},
    "metering": {**numbers("observed_packets observed_octets metered_packets metered_octets "
                           "flows_created ignored_packets ignored_octets fragments"),
                 "ignored": numbers("truncated not_ip no_memory max_flows filtered")},
    "rates": {"bits": numbers("s1 m1 m5"), "packets": numbers("s1 m1 m5")},
    "exporting": numbers("messages message_octets data_records flow_records exported_packets "
                         "exported_octets queued_packets queued_octets not_sent_flows "
                         "not_sent_packets not_sent_octets discarded_packets discarded_octets"),
    "sampling": {"method": TEXT, "interval": (int, NONE), "flows_observed": (int, NONE),
                 "flows_selected": (int, NONE),
                 **numbers("unselected_packets unselected_octets")},
    "nat": numbers("created deleted lost"),
    "destinations": [{"address": TEXT, "source": OPTIONAL, "device": OPTIONAL, "connected": FLAG,
                      **numbers("port messages message_octets data_records flow_records "
                                "queued_records not_sent_flows not_sent_packets not_sent_octets "
                                "send_buffer send_buffer_used send_buffer_peak"),
                      "errors": numbers("send_buffer_full connect refused too_big other")}],
    "cpus": [numbers("cpu packets octets flows_created searched found metric ignored_packets "
                     "ignored_octets")],
    "aggregation": list,
}


def breaches(promised, seen, where):
    """What is not as promised"""
    if isinstance(promised, dict):
        if not isinstance(seen, dict):
            return [f"{where} is no object"]
        return [breach for name, kind in promised.items() for breach in (
            breaches(kind, seen[name], f"{where}.{name}") if name in seen else
            [f"{where}.{name} is missing"])]
    if isinstance(promised, list):
        if not isinstance(seen, list) or not seen:
            return [f"{where} is no array with something in it"]
        return [breach for row in seen for breach in breaches(promised[0], row, where)]
    is_flag = isinstance(seen, bool)
    return [] if isinstance(seen, promised) and is_flag == (promised is FLAG) else \
        [f"{where} is {seen!r}"]


ktap.equal("show stats --json has the members that others rely on", [],
           breaches(CONTRACT, stats(), "stats"))
ktap.test("show templates names elements", any(
    "sourceIPv4Address" in json.dumps(t) for t in show("templates", NS)), show("templates", NS))
pid = subprocess.Popen(["ip", "netns", "exec", NS, "sleep", "100"])
slowwait(5, lambda: os.readlink(f"/proc/{pid.pid}/ns/net") != os.readlink("/proc/self/ns/net"))
for words in (("--json", "--netns", NS, "show", "config"), ("show", "--netns", NS, "config", "--json"),
              (f"--netns={NS}", "show", "config", "--json"),
              ("show", "config", "--json", "--netns", f"/run/netns/{NS}"),
              ("show", "config", "--json", "--netns", str(pid.pid))):
    said = run("nfmgr", *words)
    ktap.test(f"nfmgr {' '.join(words).replace(str(pid.pid), 'PID')}", said.returncode == 0 and
              json.loads(said.stdout)["destination"] == ["203.0.113.2:2055"], said)
pid.kill()
pid.wait()
ktap.equal("without --netns it is the namespace of the caller", [],
           json.loads(must("nfmgr", "show", "config", "--json"))["destination"])

# Dumps and changes ----------------------------------------------------------------------------


def dump_with(command, change, octets=4096):
    """Lets change() happen when the first part of a dump is made and the rest is not"""
    nl = Netlink(ns=NS)
    nl.sock.close()
    with inside(NS):
        nl.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
    nl.sock.settimeout(20)
    nl.send(command, flags=NLM_F_REQUEST | NLM_F_DUMP)
    whole = nl.sock.recv
    answer = Answer()

    class Narrow:
        """A small buffer keeps the parts small"""
        def __init__(self, sock):
            self.sock = sock

        def recv(self, _):
            return whole(octets)

    sock, nl.sock = nl.sock, Narrow(nl.sock)
    change()
    while not nl.receive(answer):
        pass
    sock.close()
    return answer


done("set", "destination", ",".join(f"[2001:db8:3::{i:x}]:2055@2001:db8:3::1%eth1"
                                    for i in range(0x10, 0x30)))
calm = dump_with(UAPI["PNF_CMD_CONFIG_GET"], lambda: None)
ktap.test("a dump of a calm configuration is not marked", calm.error == 0 and
          not calm.is_interrupted and len(calm.messages) == 33, calm)
moved = dump_with(UAPI["PNF_CMD_CONFIG_GET"], lambda: done("set", "scan-min", "3"))
ktap.test("a change during a dump of the configuration is told", moved.is_interrupted, moved)
moved = dump_with(UAPI["PNF_CMD_DESTINATION_GET"],
                  lambda: done("del", "destination", "[2001:db8:3::10]:2055@2001:db8:3::1%eth1"))
ktap.test("a change during a dump of the destinations is told", moved.is_interrupted, moved)
calm = dump_with(UAPI["PNF_CMD_DESTINATION_GET"], lambda: None)
ktap.test("a dump of calm destinations is not marked", calm.error == 0 and
          not calm.is_interrupted and len(calm.messages) == 31, calm)


# Templates of several kinds of Flow, so that a dump takes more than one part
done("set", "destination", "203.0.113.2", "protocol", "ipfix")
send([9])
send([9], ipv6=True)
for target in "198.51.100.2", "2001:db8:2::2":
    run("ping", "-q", "-c", "1", "-W", "1", target, ns="client")
done("flush")
calm = dump_with(UAPI["PNF_CMD_TEMPLATE_GET"], lambda: None)
ktap.test("a dump of calm Templates is not marked", calm.error == 0 and
          not calm.is_interrupted and len(calm.messages) >= 4, calm)
moved = dump_with(UAPI["PNF_CMD_TEMPLATE_GET"], lambda: done("set", "protocol", "v9"))
ktap.test("a change of the protocol during a dump of the Templates is told",
          moved.is_interrupted, moved)

done("set", "destination", "203.0.113.2", "hashsize", "1024", "protocol", "ipfix")
done("flush")
messages(collector, 0.5)
send(range(1, 3001))
slowwait(5, lambda: stats()["cache"]["flows"] == 3000)
PORT = UAPI["PNF_FLOW_DESTINATION_PORT"]


def ports_of(answer):
    return [struct.unpack(">H", dict(attrs)[PORT])[0] for _, _, attrs in answer.messages]


ports = ports_of(dump_with(UAPI["PNF_CMD_FLOW_GET"], lambda: None))
ktap.equal("a dump of 3,000 Flows has each once", list(range(1, 3001)), sorted(ports))


def grow():
    done("set", "hashsize", "65536")
    send(range(3001, 4001))
    slowwait(10, lambda: stats()["cache"]["buckets"] >= 65536)


ports = ports_of(dump_with(UAPI["PNF_CMD_FLOW_GET"], grow))
ktap.equal("a dump over a resize has each Flow that was there", [],
           sorted(set(range(1, 3001)) - set(ports)))
ktap.equal("show flows has them all after the resize", 4000, len(show("flows", NS)))
check_law(ktap, "after dumps", NS)

# A flush that takes about five seconds, since what it sends has to wait
must("tc", "-n", NS, "qdisc", "add", "dev", "eth1", "root", "tbf", "rate", "400kbit", "burst", "2000",
     "latency", "100s")
done("set", "sndbuf", "10000")
reader = Netlink(ns=NS)
flush = subprocess.Popen(["nfmgr", "--netns", NS, "flush"])
slowwait(10, lambda: stats()["cache"]["flows"] < 4000)
answered = 0
while flush.poll() is None and answered < 20:
    reader.dump(UAPI["PNF_CMD_CONFIG_GET"])
    answered += flush.poll() is None
must("tc", "-n", NS, "qdisc", "del", "dev", "eth1", "root")
ktap.test("the configuration can be read during a flush", answered >= 3, answered)
ktap.equal("the flush ends", 0, flush.wait(60))
done("set", "sndbuf", "0")
check_law(ktap, "after a flush", NS)

# Events ----------------------------------------------------------------------------------------

CONFIG_NTF, DESTINATION_NTF, FULL_NTF = (UAPI["PNF_CMD_" + name] for name in (
    "CONFIG_NTF", "DESTINATION_NTF", "CACHE_FULL_NTF"))
listener = Netlink(ns=NS)
listener.join()
other = Netlink(ns="client")
other.join()
monitor = subprocess.Popen(["nfmgr", "--netns", NS, "--json", "monitor"], stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True)
# It has joined when it hears something
time.sleep(0.3)


def has(found, command, count=1):
    return sum(1 for c, _ in found if c == command) >= count


done("set", "scan-min", "1")
found = listener.events(5, lambda f: has(f, CONFIG_NTF))
ktap.test("a change of the settings is an event", has(found, CONFIG_NTF), found)
generation = struct.unpack("=I", dict(Netlink(ns=NS).dump(UAPI["PNF_CMD_CONFIG_GET"])
                                      .messages[0][2])[UAPI["PNF_CONFIG_GENERATION"]])[0]
ktap.equal("it has the generation", [(CONFIG_NTF, [(UAPI["PNF_CONFIG_GENERATION"],
                                                    struct.pack("=I", generation))])], found)
run("nfmgr", "--netns", NS, "set", "scan-min", "0")
ktap.equal("a refused change is none", [], listener.events(0.5, lambda f: f))

CONNECTED = UAPI["PNF_DESTINATION_CONNECTED"]
done("add", "destination", "203.0.113.2:2057")
found = listener.events(5, lambda f: has(f, DESTINATION_NTF))
states = [dict(attrs)[CONNECTED] for c, attrs in found if c == DESTINATION_NTF]
ktap.equal("a destination that connects is an event", [b"\1"], states)
done("add", "destination", "192.88.99.1:2055")
found = listener.events(5, lambda f: has(f, DESTINATION_NTF))
states = [(dict(attrs)[CONNECTED], dict(attrs)[UAPI["PNF_DESTINATION_LAST_ERROR"]])
          for c, attrs in found if c == DESTINATION_NTF]
ktap.equal("one that cannot is an event, with its error", [(b"\0", struct.pack("=I", 101))], states)
must("ip", "-n", NS, "route", "add", "192.88.99.0/24", "dev", "d0")
found = listener.events(25, lambda f: any(
    c == DESTINATION_NTF and dict(a)[CONNECTED] == b"\1" for c, a in f))
ktap.test("it connects when it can, which is an event", any(
    c == DESTINATION_NTF and dict(a)[CONNECTED] == b"\1" for c, a in found), found)
done("flush")
done("set", "maxflows", "100", "destination", "203.0.113.2")
listener.events(0.5, lambda f: False)
for first in range(5000, 7000, 100):
    send(range(first, first + 100))
    time.sleep(0.02)
found = listener.events(5, lambda f: has(f, FULL_NTF))
full = dict(found[0][1]) if found else {}
ktap.test("a full Cache is an event", found and found[0][0] == FULL_NTF and
          full.get(UAPI["PNF_STATS_CACHE_MAXFLOWS"]) == struct.pack("=I", 100), found)
done("set", "maxflows", "0")
ktap.equal("no event crosses namespaces", [], other.events(0.2, lambda f: f))
allowed = {UAPI["PNF_STATS_CACHE_FLOWS"], UAPI["PNF_STATS_CACHE_MAXFLOWS"]}
ktap.test("events have no flow contents", all(
    set(dict(a)) <= allowed for c, a in found if c == FULL_NTF), found)

done("flush")
check_law(ktap, "after a full Cache", NS)
unloaded = run("rmmod", "pkt_netflow")
ktap.equal("the module unloads while it is listened to", 0, unloaded.returncode)
slowwait(10, lambda: monitor.poll() is not None)
monitor.kill()
said, _ = monitor.communicate(timeout=20)
lines = said.splitlines()
events = [json.loads(line) for line in lines if line.startswith("{")]
ktap.equal("nfmgr monitor tells of all kinds", {"config", "destination", "cache-full"},
           {e["event"] for e in events})
ktap.equal("nfmgr monitor ends with the module and says so", ("nfmgr: module pkt_netflow was unloaded", 1),
           (lines[-1], monitor.returncode))

# A modprobe with much to say, and its reason at the end
with tempfile.NamedTemporaryFile("w", suffix=".sh", delete=False) as fake:
    fake.write("#!/bin/sh\ntrap 'exit 3' PIPE\ni=0\n"
               "while [ $i -lt 2000 ]; do echo \"insmod: a line that matters little $i\"; i=$((i+1)); done\n"
               "echo 'modprobe: FATAL: the reason'\necho\nexit 1\n")
os.chmod(fake.name, 0o755)
said = run("unshare", "--mount", "sh", "-c",
           f"mount --bind {fake.name} \"$(readlink -f /sbin/modprobe)\" && nfmgr show config")
os.unlink(fake.name)
ktap.equal("the reason why the module is not loaded is modprobe's last line",
           (1, "nfmgr: module pkt_netflow is not loaded, and modprobe cannot load it: "
               "modprobe: FATAL: the reason\n"), (said.returncode, said.stderr))
ktap.end()
