#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 900
# kernels: uml uml-debug
"""templates.py - Templates stay unambiguous through every change of the settings under traffic

    a eth0 ------- eth0 router eth1 ------- eth0 b
                        eth2 ------- eth0 collector

Packets of many layouts go through the router all the time, while groups of fields, each alone and
all pairs of them (in the debug kernel, some), Templates by name, samplers, aggregation, random ids,
the Observation Domain and the protocol change. The collector records from the first message on:
lib/flowdecode.py can decode every Data Set, and no id means another Template than before, not even
in another Transport Session; tshark finds no fault; packets and octets that were told, and those
that statistics say were left out, are those that were sent.
"""
import itertools
import os
import random
import socket
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
# pylint: disable=wrong-import-position
import judges
from flowdecode import Capture, Rules
from guest import TOP, Ktap, add_ns, check_law, inside, must, nfmgr, run, show, slowwait

ktap = Ktap()
TMP = must("mktemp", "-d", "/tmp/pnf-templates.XXXXXX").strip()
KERNEL = os.environ.get("PNF_KERNEL")
GROUPS = ("mac", "vlan", "mpls=3", "direction", "physdev", "physdev-override", "ttl", "length",
          "layer2", "nat", "vrf", "microseconds", "nanoseconds", "duration")
# All subsets of these are tried where a kernel is fast: parts of a Flow of all sizes
SUBSETS = ("mac", "vlan", "physdev", "ttl", "length", "duration")
V4 = "sourceIPv4Address,destinationIPv4Address"
V6 = "sourceIPv6Address,destinationIPv6Address"
COUNTS = "packetDeltaCount,octetDeltaCount"
# Templates by name that Flows have all elements of, and ones that none has
TOLD = (f"{V4},{COUNTS}", f"{V6},{COUNTS}", f"{V6},{COUNTS},protocolIdentifier", COUNTS,
        f"{COUNTS},protocolIdentifier", f"{COUNTS},vlanId,sourceMacAddress",
        f"{V4},{COUNTS},flowStartMilliseconds",
        f"{V4},{COUNTS},minimumTTL,maximumTTL,sourceMacAddress,dot1qVlanId")
NEVER = (f"{V4},{V6},{COUNTS}", f"{V4},mplsTopLabelStackSection,{COUNTS}")
MAC_A, MAC_ROUTER = bytes.fromhex("020000000102"), bytes.fromhex("020000000101")


# Topology ----------------------------------------------------------------------

def set_up():
    run("modprobe", "-q", "-a", "8021q")
    add_ns("a", "b", "router", "collector")
    must("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0",
         "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1",
         "net.ipv6.conf.default.accept_dad=0", ns="router")
    for ns in "a", "b":
        must("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1",
             "net.ipv6.conf.default.disable_ipv6=1", ns=ns)
    for device, peer in ("eth0", "a"), ("eth1", "b"), ("eth2", "collector"):
        must("ip", "link", "add", device, "netns", "router", "type", "veth", "peer", "name", "eth0",
             "netns", peer)
        must("ip", "-n", peer, "link", "set", "eth0", "up")
    must("ip", "-n", "router", "link", "set", "eth0", "address", MAC_ROUTER.hex(":"))
    for device in "eth0", "eth1", "eth2":
        must("ip", "-n", "router", "link", "set", device, "up")
    must("ip", "-n", "router", "link", "add", "link", "eth0", "name", "eth0.7", "type", "vlan",
         "id", "7")
    must("ip", "-n", "router", "link", "set", "eth0.7", "up")
    must("ip", "-n", "router", "address", "add", "203.0.113.1/24", "dev", "eth2")
    must("ip", "-n", "collector", "address", "add", "203.0.113.2/24", "dev", "eth0")
    must("ip", "-n", "router", "address", "add", "198.51.100.1/24", "dev", "eth1")
    must("ip", "-n", "router", "address", "add", "2001:db8:2::1/64", "dev", "eth1", "nodad")
    must("ip", "-n", "router", "address", "add", "2001:db8:7::1/64", "dev", "eth0.7", "nodad")
    must("ip", "-n", "router", "address", "add", "2001:db8:1::1/64", "dev", "eth0", "nodad")
    for address in "198.51.100.2", "2001:db8:2::2":
        must("ip", "-n", "router", "neighbour", "add", address, "dev", "eth1", "lladdr",
             "02:00:00:00:02:02", "nud", "permanent")


# Traffic -----------------------------------------------------------------------

def ipv4(protocol, payload, options=b"", tos=0):
    words = 5 + len(options) // 4
    header = struct.pack("!BBHHHBBH4s4s", 0x40 | words, tos, words * 4 + len(payload), 0, 0, 64,
                         protocol, 0, socket.inet_aton("192.0.2.2"),
                         socket.inet_aton("198.51.100.2")) + options
    total = sum(struct.unpack(f"!{words * 2}H", header))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return b"\x08\0", header[:10] + struct.pack("!H", 0xffff - total) + header[12:] + payload


def ipv6(protocol, payload, label=0):
    return b"\x86\xdd", (struct.pack("!IHBB", 6 << 28 | label, len(payload), protocol, 64) +
                         socket.inet_pton(socket.AF_INET6, "2001:db8:1::2") +
                         socket.inet_pton(socket.AF_INET6, "2001:db8:2::2") + payload)


def udp(port, octets):
    return struct.pack("!HHHH", port, 9, 8 + octets, 0) + b"x" * octets


TCP = struct.pack("!HHIIBBHHHBBH", 4000, 80, 1, 0, 0x60, 0x10, 1024, 0, 0, 2, 4, 1460)
TCP_PLAIN = struct.pack("!HHIIBBHHH", 4001, 80, 1, 0, 0x50, 0x10, 1024, 0, 0)
FRAMES = [
    *(ipv4(17, udp(1000 + i, 10 + i)) for i in range(8)),
    *(ipv6(17, udp(2000 + i, 20 + i)) for i in range(8)),
    ipv4(6, TCP), ipv6(6, TCP), ipv4(6, TCP_PLAIN), ipv6(6, TCP_PLAIN, 0x12345),
    ipv4(17, udp(3000, 1), options=b"\x01\x01\x01\x00"),
    ipv4(1, b"\x08\0\xf7\xfe\0\1\0\0"), ipv6(58, b"\x80\0\0\0\0\1\0\0"),
    ipv4(2, b"\x16\0\xea\xff\0\0\0\0"), ipv4(50, b"\0\0\0\1\0\0\0\1"),
    ipv6(50, b"\0\0\0\2\0\0\0\1"), ipv4(253, b"data"), ipv4(132, struct.pack("!HHII", 5, 6, 7, 8)),
    ipv6(0, b"\x11\0\1\4\0\0\0\0" + udp(4000, 4)),
]
TAG = b"\x81\0\0\7"


class Traffic(threading.Thread):
    """Each frame, with and without a VLAN tag, again and again, and what was sent in all"""

    def __init__(self):
        super().__init__(daemon=True)
        with inside("a"):
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.sock.bind(("eth0", 0))
        self.packets = self.octets = 0
        self.may_run = threading.Event()
        self.is_paused = threading.Event()

    def run(self):
        for number, (kind, packet) in enumerate(itertools.cycle(FRAMES)):
            if not self.may_run.is_set():
                self.is_paused.set()
                self.may_run.wait()
                self.is_paused.clear()
            tag = TAG if number // len(FRAMES) % 2 else b""
            self.sock.send(MAC_ROUTER + MAC_A + tag + kind + packet)
            self.packets += 1
            self.octets += len(packet)
            time.sleep(0.002)

    def pause(self):
        """And wait until what was sent was metered"""
        self.may_run.clear()
        self.is_paused.wait(30)
        if not slowwait(30, lambda: show("stats", "router")["metering"]["observed_packets"] >=
                        self.packets):
            ktap.test("all packets were observed", False, show("stats", "router")["metering"])

    def go_on(self):
        self.may_run.set()


# Changes -----------------------------------------------------------------------

refused = []


def change(*words):
    done = nfmgr("set", *words, ns="router")
    if done.returncode:
        refused.append(f"{' '.join(words)}: {done.stderr.strip()}")
    # Some traffic with these settings
    time.sleep(0.1 if KERNEL == "uml" else 0.2)


def field_sets():
    """Each alone, all pairs, all, and where it is fast all subsets of some"""
    singles = list(GROUPS)
    pairs = [",".join(pair) for pair in itertools.combinations(GROUPS, 2)]
    if KERNEL == "uml-debug":
        # Lists such that each pair is in one of them, and not in another
        pairs = [",".join(group for i, group in enumerate(GROUPS) if i >> bit & 1 == value)
                 for bit in range(4) for value in (0, 1)]
    subsets = []
    if KERNEL == "uml":
        subsets = [",".join(chosen) for size in range(3, len(SUBSETS) + 1)
                   for chosen in itertools.combinations(SUBSETS, size)]
    random.Random(1).shuffle(pairs)
    return [*singles, *pairs, *subsets, ",".join(GROUPS), "none"]


def change_fields():
    for fields in field_sets():
        change("fields", fields)


def change_named():
    four, six, six_protocol, counts, counts_protocol, vlan, four_start, long = TOLD
    both = f"four={four} six={six}"
    for templates in (f"four={four}", both, f"six={six_protocol} four={four_start}",
                      f"never={NEVER[0]} mpls={NEVER[1]}", f"long={long} {both}",
                      f"vlan={vlan} counts={counts}", f"counts={counts}",
                      f"counts={counts_protocol}", f"counts={counts}", "none"):
        change("template", templates)
    for _ in range(3):
        change("template", both, "fields", "vlan,ttl")
        change("template", "none", "fields", "none")


def change_samplers():
    for sampler in ("deterministic:2", "random:3", "hash:4", "deterministic:2", "none", "random:2"):
        change("sampler", sampler)
        change("compat-sampling", "off" if sampler == "hash:4" else "on")
    change("sampler", "hash:2", "fields", "mac,vlan")
    change("sampler", "none", "fields", "none")


def change_aggregation():
    for rules in ("192.0.2.0/24=16", "2001:db8:1::/48=32,192.0.2.0/24=16", "1000-2000=1000",
                  "198.51.0.0/16=24,0.0.0.0/0=8,80=8080", "none"):
        change("aggregation", rules)
    change("snmp-rules", "eth:100")
    change("snmp-rules", "none")


def change_ids():
    # So often that ids at random would be among those before
    for switch in ("on", "off") * (50 if KERNEL == "uml" else 3):
        change("random-template-ids", switch)
        change("fields", "ttl" if switch == "on" else "none")


def change_domains():
    for domain in ("7", "8", "7", "0", "7", "4294967295", "0"):
        change("engine-id", domain)


PHASES = [
    ("groups of fields", change_fields),
    ("Templates by name", change_named),
    ("samplers", change_samplers),
    ("aggregation and index rules", change_aggregation),
    ("random Template ids", change_ids),
    ("Observation Domains", change_domains),
]


def change_protocols(protocol):
    """There and back, with a change of the fields at once"""
    for version in (19 - protocol, protocol, 19 - protocol, protocol):
        change("protocol", str(version), "fields", "duration" if version == 9 else "none")


# Judgement ---------------------------------------------------------------------

def judge(traffic):
    capture = Capture(Rules(mtu=1280, lifetime_minutes=30), [2055])
    path = os.path.join(TMP, "collector.pcap")
    layouts = set()
    for record in capture.read(path):
        layouts.add(frozenset(record))
    ktap.equal("conformance 11, 13, 21, 23, 37: every Data Set can be decoded from the first "
               "message on, and no Template id ever means something else", [],
               capture.violations[:5])
    ids = {key for session in capture.sessions.values() for domain in session.domains.values()
           for key in domain.templates}
    ktap.test(f"there were many Templates ({len(ids)}) of many kinds ({len(layouts)})",
              len(ids) > 100 and len(layouts) > 50)
    lists = {",".join(field.name for field in template.fields)
             for session in capture.sessions.values() for domain in session.domains.values()
             for template in domain.templates.values()}
    ktap.equal("Templates by name that fit were told, in their order, no others", [],
               sorted(set(TOLD) - lists) + sorted(lists.intersection(NEVER)))
    ktap.equal("tshark finds no fault and knows all Templates", "",
               "\n".join(judges.tshark_remarks(path).splitlines()[:3]))
    stats = show("stats", "router")
    exporting, sampling = stats["exporting"], stats["sampling"]
    for unit, sent in ("packets", traffic.packets), ("octets", traffic.octets):
        told = capture.total(unit)
        ktap.equal(f"{unit} that were told are those that were exported",
                   exporting["exported_" + unit], told)
        ktap.equal(f"{unit}: told, and left out by samplers, are those that were sent", sent,
                   told + sampling["unselected_" + unit])
    ktap.test("samplers left out some", sampling["unselected_packets"])


def main():
    set_up()
    recorder = subprocess.Popen(
        [sys.executable, os.path.join(TOP, "selftests/lib/collectors.py"), TMP, "collector:2055"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    recorder.stdout.readline()
    must("nfmgr", "--netns", "router", "set", "points", "inet=forward", "protocol", "9",
         "destination", "203.0.113.2:2055", "inactive-timeout", "2", "export-delay", "100")
    traffic = Traffic()
    traffic.start()
    for protocol in 9, 10:
        traffic.go_on()
        change("protocol", str(protocol))
        for name, phase in [*PHASES, ("protocols", lambda: change_protocols(protocol))]:
            traffic.go_on()
            phase()
            traffic.pause()
            done = nfmgr("flush", ns="router")
            ktap.test(f"protocol {protocol}: {name} change under traffic", not done.returncode and
                      not refused, "\n".join([done.stderr, *refused]))
            refused.clear()
            check_law(ktap, f"protocol {protocol}, {name}", "router")
    recorder.stdin.write("end\n")
    recorder.stdin.flush()
    ktap.equal("the capture lost nothing", "0", recorder.stdout.readline().strip())
    judge(traffic)
    ktap.end()


main()
