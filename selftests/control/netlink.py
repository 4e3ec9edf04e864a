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
from guest import (Answer, Ktap, Netlink, NLM_F_DUMP, NLM_F_REQUEST, UAPI, add_ns, attr, attrs_of,
                   be16, check_law, die, inside, must, nest, nfmgr, run, show, slowwait, u32, u8)

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


def set_ids(message, at):
    """IDs of the Sets from offset `at` on"""
    ids = []
    while at + 4 <= len(message):
        number, octets = struct.unpack_from(">HH", message, at)
        ids.append(number)
        at += max(octets, 4)
    return ids


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
    "fields": "ttl,mpls=2", "random-template-ids": "on", "sampler": "deterministic:100",
    "compat-sampling": "off", "aggregation": "10.0.0.0/8=16,2001:db8:9::/48=32,1000-1999=1000",
    "snmp-rules": "ppp:100,tun:200", "natevents": "1", "nat-event-codes": "legacy",
    "domain-name": "border router", "distribution": "failover", "dscp": "10",
    "source-port": "4444", "max-message": "1000", "export-delay": "500",
    "template": "small=sourceIPv4Address,destinationIPv4Address,octetDeltaCount",
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
    elif name in ("fields", "aggregation", "snmp-rules"):
        expected = value.split(",")
    elif name == "template":
        expected = [value]
    elif name == "protocol":
        expected = 10
    else:
        expected = type(shown)(value)
    ktap.test(f"{name} comes back as it was set, not as {defaults[name]!r}",
              shown == expected and shown != defaults[name], f"{shown!r}, expected {expected!r}")
after = struct.unpack("=I", dict(Netlink(ns=NS).dump(UAPI["PNF_CMD_CONFIG_GET"])
                                 .messages[0][2])[UAPI["PNF_CONFIG_GENERATION"]])[0]
ktap.equal("all these settings are one change", before + 1, after)

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
# What would keep the next Flows from the collector, or change what they tell
done("set", "sampler", "none", "template", "none", "source-port", "0", "natevents", "0")
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
templates = sum(0 in set_ids(m, 20) for m in messages(collector))
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

# The same by netlink, octet for octet ----------------------------------------------------------

SET, GET = UAPI["PNF_CMD_CONFIG_SET"], UAPI["PNF_CMD_CONFIG_GET"]
nl = Netlink(ns=NS)


def setting(name, data=b""):
    return attr(UAPI["PNF_CONFIG_" + name], data)


def told(name):
    """What the configuration has of an attribute, in order"""
    return [data for _, _, attrs in nl.dump(GET).messages for kind, data in attrs
            if kind == UAPI["PNF_CONFIG_" + name]]


def entries(name):
    """The same of a list of nests"""
    return [attrs_of(data) for data in told(name)]


def accept(name, expected, payload, seen):
    """A request is taken, and seen() is then what it should be"""
    answer = nl.ask(SET, payload)
    seen = seen()
    ktap.test(name, answer.error == 0 and seen == expected,
              f"{answer}\nexpected: {expected!r}\nseen:     {seen!r}")


for name, form, values in (
        ("FIELDS", "=I", (0x1fff, 0x1001, 0)), ("MPLS_DEPTH", "=B", (10, 1, 0)),
        ("RANDOM_TEMPLATE_IDS", "=B", (1, 0)), ("COMPAT_SAMPLING", "=B", (0, 1)),
        ("NATEVENTS", "=B", (1, 0)), ("NAT_EVENT_CODES", "=B", (1, 0)),
        ("DISTRIBUTION", "=B", (2, 1, 0)), ("DSCP", "=B", (63, 46, 0)),
        ("SOURCE_PORT", "=H", (65535, 4739, 0)), ("MAX_MESSAGE", "=I", (65535, 512, 0)),
        ("EXPORT_DELAY", "=I", (60000, 0, 1000))):
    for value in values:
        data = struct.pack(form, value)
        accept(f"{name} {value} comes back", [data], setting(name, data), lambda: told(name))
for text in "d" * 64, "Zürich 1, Gerät <3>", "":
    data = text.encode() + b"\0"
    accept(f"domain name '{text}' comes back", [data], setting("DOMAIN_NAME", data),
           lambda: told("DOMAIN_NAME"))

METHOD, INTERVAL = UAPI["PNF_SAMPLER_A_METHOD"], UAPI["PNF_SAMPLER_A_INTERVAL"]
for method, interval in (1, 2), (2, 16383), (3, 100), (0, None):
    fields = u8(METHOD, method) + (b"" if interval is None else u32(INTERVAL, interval))
    accept(f"sampler {method}:{interval} comes back", [attrs_of(fields)],
           nest(UAPI["PNF_CONFIG_SAMPLER"], fields), lambda: entries("SAMPLER"))
    shown = dict(nl.ask(UAPI["PNF_CMD_STATS_GET"]).messages[0][2])
    ktap.equal(f"statistics tell of sampler {method}:{interval}, and Flows observed unless unknown",
               (attrs_of(fields), method != 3),
               (attrs_of(shown[UAPI["PNF_STATS_SAMPLER"]]),
                UAPI["PNF_STATS_FLOWS_OBSERVED"] in shown))
for name in ("FLOWS_SELECTED", "UNSELECTED_PACKETS", "UNSELECTED_OCTETS", "NAT_CREATED", "NAT_DELETED",
             "NAT_LOST", "IGNORED_FIRST_TIME", "IGNORED_LAST_TIME", "NOT_SENT_FIRST_TIME",
             "NOT_SENT_LAST_TIME"):
    ktap.equal(f"statistics have {name}", 8, len(shown.get(UAPI["PNF_STATS_" + name], b"")))


# Lists: an entry is made of the octets within its nest

def u16(kind, value):
    return attr(kind, struct.pack("=H", value))


def prefix_rule(text, prefix, keep):
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    kind = "ADDRESS6" if ":" in text else "ADDRESS4"
    return (attr(UAPI["PNF_AGGREGATION_" + kind], socket.inet_pton(family, text)) +
            u8(UAPI["PNF_AGGREGATION_PREFIX"], prefix) + u8(UAPI["PNF_AGGREGATION_KEEP"], keep))


def port_rule(first, last, port):
    return (u16(UAPI["PNF_AGGREGATION_PORT_FIRST"], first) +
            u16(UAPI["PNF_AGGREGATION_PORT_LAST"], last) + u16(UAPI["PNF_AGGREGATION_PORT"], port))


def snmp_rule(name, base):
    return attr(UAPI["PNF_SNMP_RULE_NAME"], name.encode() + b"\0") + u32(UAPI["PNF_SNMP_RULE_BASE"], base)


def template(name, *elements):
    return attr(UAPI["PNF_CONFIG_TEMPLATE_NAME"], name.encode() + b"\0") + b"".join(
        u16(UAPI["PNF_CONFIG_TEMPLATE_ELEMENT"], element) for element in elements)


def check_list(name, first, second, third, fourth, deletion=lambda entry: entry):
    """What a request does to a list does not depend on the order of its attributes"""
    kind = UAPI["PNF_CONFIG_" + name]

    def add(*rules):
        return b"".join(nest(kind, rule) for rule in rules)

    def remove(*rules):
        return b"".join(nest(UAPI[f"PNF_CONFIG_{name}_DEL"], deletion(rule)) for rule in rules)

    flush = setting(name + "_FLUSH")
    for what, payload, expected in (
            ("entries are added in order", add(second, first, third), (second, first, third)),
            ("one is removed", remove(first), (second, third)),
            ("one that is removed and added moves to the end", add(second) + remove(second),
             (third, second)),
            ("one is added, two are removed", add(fourth) + remove(second, third), (fourth,)),
            ("a flush comes first", add(first) + flush + add(second), (first, second)),
            ("a request without it leaves it alone", setting("DSCP", b"\0"), (first, second)),
            ("a flush alone", flush, ())):
        accept(f"{name}: {what}", [attrs_of(entry) for entry in expected], payload,
               lambda: entries(name))


check_list("AGGREGATION", prefix_rule("192.0.2.0", 24, 16), prefix_rule("2001:db8::", 32, 128),
           port_rule(1024, 65535, 0), prefix_rule("0.0.0.0", 0, 0))
check_list("SNMP_RULE", snmp_rule("eth", 100), snmp_rule("a", 4294967295),
           snmp_rule("abcdefghijklmno", 0), snmp_rule("eth", 200))
check_list("TEMPLATE", template("one", 8, 12), template("t" * 31, 2, 1, 4, 5, 60),
           template("~!#", 27), template("ports", 11, 7),
           lambda entry: attr(*attrs_of(entry)[0]))
for text, prefix, masked in (("192.0.2.255", 25, "192.0.2.128"), ("255.255.255.255", 0, "0.0.0.0"),
                             ("192.0.2.1", 32, "192.0.2.1"), ("2001:db8:ffff::1", 33, "2001:db8:8000::"),
                             ("2001:db8::1", 128, "2001:db8::1"), ("2001:db8::1", 0, "::")):
    accept(f"of {text}/{prefix} the prefix is kept", [attrs_of(prefix_rule(masked, prefix, 8))],
           setting("AGGREGATION_FLUSH") +
           nest(UAPI["PNF_CONFIG_AGGREGATION"], prefix_rule(text, prefix, 8)),
           lambda: entries("AGGREGATION"))

# As long as lists may be, in one request; rules with their counters
rules = [port_rule(port, port + 1, 9) for port in range(1024)]
indexes = [snmp_rule(f"d{number}", number) for number in range(1024)]
everything = (setting("AGGREGATION_FLUSH") +
              b"".join(nest(UAPI["PNF_CONFIG_AGGREGATION"], rule) for rule in rules) +
              b"".join(nest(UAPI["PNF_CONFIG_SNMP_RULE"], rule) for rule in indexes) +
              b"".join(nest(UAPI["PNF_CONFIG_TEMPLATE"], template(f"t{number}", 8, 12, 1))
                       for number in range(16)))
accept("1,024 aggregation rules", [attrs_of(rule) for rule in rules], everything,
       lambda: entries("AGGREGATION"))
ktap.equal("1,024 index rules", [attrs_of(rule) for rule in indexes], entries("SNMP_RULE"))
ktap.equal("16 Templates by name", [attrs_of(template(f"t{number}", 8, 12, 1))
                                    for number in range(16)], entries("TEMPLATE"))
known = []
for _, _, attrs in nl.dump(UAPI["PNF_CMD_ELEMENT_GET"]).messages:
    fields = dict(attrs)
    if fields.get(UAPI["PNF_ELEMENT_OCTETS"], b"\0\0") != b"\0\0":
        known.append(struct.unpack("=H", fields[UAPI["PNF_ELEMENT_ID"]])[0])
accept(f"a Template of {min(len(known), 64)} elements", [attrs_of(template("all", *known[:64]))],
       setting("TEMPLATE_FLUSH") + nest(UAPI["PNF_CONFIG_TEMPLATE"], template("all", *known[:64])),
       lambda: entries("TEMPLATE"))

RULE_GET, MATCHED = UAPI["PNF_CMD_RULE_GET"], UAPI["PNF_RULE_MATCHED"]


def rules_told():
    """(type, fields, matched) of each rule"""
    found = []
    for _, _, attrs in nl.dump(RULE_GET).messages:
        fields = {kind: data for kind, data in attrs if kind != UAPI["PNF_RULE_PAD"]}
        matched = struct.unpack("=Q", fields.pop(MATCHED))[0]
        found += [(kind, attrs_of(data), matched) for kind, data in fields.items()]
    return found


ktap.equal("each rule is told, with what it did",
           [(UAPI["PNF_RULE_AGGREGATION"], attrs_of(rule), 0) for rule in rules] +
           [(UAPI["PNF_RULE_SNMP"], attrs_of(rule), 0) for rule in indexes], rules_told())
calm = dump_with(RULE_GET, lambda: None)
ktap.test("a dump of calm rules is not marked", calm.error == 0 and not calm.is_interrupted and
          len(calm.messages) == 2048, calm)
moved = dump_with(RULE_GET, lambda: nl.ask(SET, setting("SNMP_RULE_FLUSH")))
ktap.test("a change during a dump of the rules is told", moved.is_interrupted, moved)
nl.ask(SET, setting("AGGREGATION_FLUSH") + setting("TEMPLATE_FLUSH") +
       nest(UAPI["PNF_CONFIG_AGGREGATION"], port_rule(100, 199, 100)) +
       nest(UAPI["PNF_CONFIG_AGGREGATION"], port_rule(300, 399, 300)) +
       nest(UAPI["PNF_CONFIG_SNMP_RULE"], snmp_rule("d", 1000)))
done("set", "metering", "on")
send([150, 160])
done("flush")
matched = slowwait(5, lambda: [count for _, _, count in rules_told()])
ktap.test("rules count what they decide", len(matched) == 3 and matched[0] and not matched[1] and
          matched[2], matched)
done("set", "metering", "auto")
nl.ask(SET, setting("AGGREGATION_FLUSH") + setting("SNMP_RULE_FLUSH"))
ktap.equal("without rules none is told", [], rules_told())
ktap.equal("all is as it was", defaults, config())

# Destinations that go on with numbers -----------------------------------------------------------

NUMBERS = "SEQUENCE_V5", "SEQUENCE_V9", "SEQUENCE_IPFIX", "TEMPLATE_ID"


def destination(port, *numbers, add="DESTINATION"):
    return nest(UAPI["PNF_CONFIG_" + add],
                attr(UAPI["PNF_DESTINATION_ADDRESS4"], socket.inet_aton("203.0.113.2")),
                be16(UAPI["PNF_DESTINATION_PORT"], port),
                *(u16(UAPI["PNF_DESTINATION_" + name], number) if name == "TEMPLATE_ID" else
                  u32(UAPI["PNF_DESTINATION_" + name], number)
                  for name, number in zip(NUMBERS, numbers)))


def numbers_told():
    """Those of each destination, in order"""
    return [tuple(int.from_bytes(dict(attrs)[UAPI["PNF_DESTINATION_" + name]], sys.byteorder)
                  for name in NUMBERS)
            for _, _, attrs in nl.dump(UAPI["PNF_CMD_DESTINATION_GET"]).messages]


# v5 sends nothing of its own accord
accept("a destination begins with 0", [(0, 0, 0)], destination(2057),
       lambda: [numbers[:3] for numbers in numbers_told()])
first = numbers_told()[0][3]
accept("one that is there keeps its numbers", [(0, 0, 0, first)], setting("DESTINATION_FLUSH") +
       destination(2057, 5, 6, 7), numbers_told)
accept("one that is new begins with those that are given, IPFIX from any port with 0",
       [(0, 0, 0, first + 1000), (0xffffffff, 7, 0, first + 1000)],
       destination(2058, 0xffffffff, 7, 9, first + 1000), numbers_told)
accept("from a fixed source port IPFIX does too", [(1, 2, 3, first + 1000)],
       setting("DESTINATION_FLUSH") + setting("SOURCE_PORT", struct.pack("=H", 4444)) +
       destination(2059, 1, 2, 3, first), numbers_told)
accept("from another one it begins with 0", [(1, 2, 0, first + 1000)],
       setting("SOURCE_PORT", struct.pack("=H", 4445)), numbers_told)
accept("the numbers are no part of what a destination is", 1, destination(2060, 4) +
       destination(2059, add="DESTINATION_DEL"), lambda: len(entries("DESTINATION")))
ktap.equal("nor of the settings", [attrs_of(destination(2060)[4:])], entries("DESTINATION"))
shown = show("destinations", NS)[0]["sequence"]
ktap.equal("nfmgr shows them", {"v5": 4, "v9": 0, "ipfix": 0}, shown)
accept("all are gone", [], setting("DESTINATION_FLUSH") + setting("SOURCE_PORT", b"\0\0"),
       numbers_told)

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

def sequences():
    """Of what a flush brings"""
    send([7])
    done("flush")
    slowwait(10, lambda: stats()["exporting"]["queued_packets"] == 0)
    return [struct.unpack_from(">I", m, 8)[0] for m in messages(collector)]


messages(collector)
before = sequences()
done("reset", "stats")
after = sequences()
# Reports may come in between
ktap.test("a reset does not touch the sequence", before and after and
          0 < before[-1] < after[-1] < before[-1] + 20, (before, after))

# Every command, as text and as JSON; where options may stand -----------------------------------

send([1, 2, 3])
for what in ("stats", "config", "destinations", "cpus", "flows", "points", "templates", "elements",
             "version"):
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


def element_of(attrs, number):
    """The value of a Flow's element"""
    for kind, data in attrs:
        fields = dict(attrs_of(data))
        if (kind == UAPI["PNF_FLOW_ELEMENT"] and
                fields[UAPI["PNF_FLOW_ELEMENT_ID"]] == struct.pack("=H", number)):
            return fields[UAPI["PNF_FLOW_ELEMENT_VALUE"]]
    return None


def ports_of(answer):
    """destinationTransportPort of each Flow"""
    return [struct.unpack(">H", element_of(attrs, 11))[0] for _, _, attrs in answer.messages]


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
ktap.equal("nothing was lost on the way to it", [b"\0" * 8] * 2,
           [dict(attrs)[UAPI["PNF_DESTINATION_" + name]] for c, attrs in found
            if c == DESTINATION_NTF for name in ("LOSS_FIRST_TIME", "LOSS_LAST_TIME")])
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
