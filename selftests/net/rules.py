#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kernels: uml-debug
# timeout: 900
"""Aggregation and index rules

Packets of many protocols, IPv4 and IPv6, are routed. tshark counts them in the capture file, Python
applies the rules to that, one rule after the other until one fits: the Flow Records of
IPFIX, v9 and v5, their prefix lengths, interfaces and the rules' counters say the same. It costs a
packet the same which of a thousand rules fits.

lib/exported.py has the picture.
"""
import collections
import ipaddress
import json
import os
import random
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
from exported import (KERNEL, TMP, Collectors, command, configure, flush, pktgen, replay, set_up,
                      set_up_replay, stats, violations_of)
from flowtable import ICMPS, PORTS, UNKNOWN
from guest import Ktap, check_law, inside, must, run

COLLECTOR = "203.0.113.2:2055"

# The first that fits, for addresses and for ports, for source and for destination
FEW = ["10.1.64.0/18=0", "10.1.0.0/17=24", "10.2.7.0/24=32", "10.2.0.0/16=20", "10.0.0.0/8=13",
       "fd00:0:0:1::/66=80", "fd00::/16=48", "fd00:0:0:2::/64=128",
       "53=5353", "1-1023=1", "1024-30000=1024", "5201=5201", "40000-65535=65535"]


class Rule:
    def __init__(self, text):
        self.text = text
        what, _, result = text.rpartition("=")
        self.result = int(result)
        self.net = ipaddress.ip_network(what) if "/" in what else None
        if not self.net:
            first, _, last = what.partition("-")
            self.ports = range(int(first), int(last or first) + 1)

    def address(self, address):
        """What it makes of an address that it fits"""
        return str(ipaddress.ip_network(f"{address}/{self.result}", strict=False).network_address)


def aggregated(rules, flow, matched):
    """A Flow of the truth as the rules make it: its key and both prefix lengths"""
    src, dst, protocol, sport, dport, tos = flow[:6]
    packets, prefixes, ends = flow[6], [], []
    for end in src, dst:
        fits = next((rule for rule in rules if rule.net and
                     ipaddress.ip_address(end) in rule.net), None)
        ends.append(fits.address(end) if fits else end)
        prefixes.append(fits.result if fits else None)
        if fits:
            matched[fits.text] += packets
    ports = [sport, dport]
    if protocol in PORTS:
        # A fragment that is not the first has 0, which no rule here is about
        for i in 0, 1:
            fits = next((rule for rule in rules if not rule.net and ports[i] in rule.ports), None)
            if fits:
                ports[i] = fits.result
                matched[fits.text] += packets
    return (*ends, protocol, *ports, tos, *prefixes)


class Flows:
    """Packets and octets by key; prefix lengths, which are no key: the first packet's"""

    def __init__(self):
        self.counts = collections.defaultdict(lambda: [0, 0])
        self.prefixes = collections.defaultdict(set)
        self.often = collections.Counter()

    def add(self, key, prefixes, packets, octets):
        self.counts[key][0] += packets
        self.counts[key][1] += octets
        self.prefixes[key].add(prefixes)
        self.often[key] += 1

    def lengths(self):
        """Of sources and of destinations"""
        return [{pair[i] for pairs in self.prefixes.values() for pair in pairs} - {None}
                for i in (0, 1)]


def expected(flows, rules, version):
    """Flows as the rules make them, and how often each rule decided"""
    table, matched = Flows(), collections.Counter()
    for flow in flows:
        *key, source, destination = aggregated(rules, flow, matched)
        if version == "v5":
            if ":" in flow[0]:
                continue
            key[4], source, destination = max(key[4], 0), source or 0, destination or 0
        table.add(tuple(key), (source, destination), *flow[6:8])
    return table, {rule.text: matched[rule.text] for rule in rules}


def collected(told, version):
    """Flows as Flow Records tell them"""
    table = Flows()
    for flow in told.flows:
        src = flow.get("sourceIPv4Address") or flow["sourceIPv6Address"]
        dst = flow.get("destinationIPv4Address") or flow["destinationIPv6Address"]
        protocol, family = flow["protocolIdentifier"], "IPv6" if ":" in src else "IPv4"
        icmp = flow.get("icmpTypeCodeIPv4", flow.get("icmpTypeCodeIPv6", UNKNOWN))
        sport, dport = flow.get("sourceTransportPort", 0), flow.get("destinationTransportPort", icmp)
        if (6 if family == "IPv6" else 4, protocol) in ICMPS:
            sport = 0
        elif protocol not in PORTS:
            sport = dport = 0
        table.add((src, dst, protocol, sport, dport, flow["ipClassOfService"]),
                  (flow.get(f"source{family}PrefixLength"),
                   flow.get(f"destination{family}PrefixLength")),
                  flow["packetDeltaCount"], flow["octetDeltaCount"])
    return table


def differences(wanted, seen):
    wrong = [f"{key}: {wanted.counts.get(key)} in the capture, {seen.counts.get(key)} collected"
             for key in {**wanted.counts, **seen.counts}
             if wanted.counts.get(key) != seen.counts.get(key)]
    wrong += [f"{key}: prefix lengths {pairs}, not of {wanted.prefixes[key]}"
              for key, pairs in seen.prefixes.items() if not pairs <= wanted.prefixes[key]]
    return "\n".join(sorted(wrong)[:8])


def tshark_prefixes():
    """Prefix lengths that tshark reads, of sources and of destinations"""
    names = ["srcmask", "srcmaskv6", "dstmask", "dstmaskv6"]
    fields = [word for name in names for word in ("-e", f"cflow.{name}")]
    said = must("tshark", "-n", "-r", os.path.join(TMP, "c1.pcap"), "-d", "udp.port==2055,cflow",
                "-Y", "udp.dstport == 2055", "-T", "fields", "-E", "occurrence=a", *fields)
    seen = [set(), set()]
    for line in said.splitlines():
        for i, cell in enumerate(line.split("\t")):
            seen[i // 2].update(int(word) for word in cell.split(",") if word)
    return seen


# Aggregation ---------------------------------------------------------------------------------

def rules_hold(collectors, truth, name, version, texts):
    """What is collected under these rules is what they make of the truth"""
    rules = [Rule(text) for text in texts]
    configure("destination", "none")
    configure("protocol", version, "metering", "on", "aggregation", ",".join(texts) or "none")
    command("reset", "stats")
    collectors.begin()
    configure("destination", COLLECTOR)
    before = {rule["rule"]: rule["matched"] for rule in stats()["aggregation"]}
    replay(truth)
    check_law(ktap, f"{name}, before the flush", "router")
    flush()
    check_law(ktap, name, "router")
    seen = stats()
    ktap.equal(f"{name}: nothing was ignored", 0, seen["metering"]["ignored_packets"])
    collectors.end()
    told = collectors.told()
    ktap.equal(f"{name}: no violation of the protocol", "", violations_of(told))
    wanted, matched = expected(truth["flows"], rules, version)
    found = collected(told, version)
    wrong = differences(wanted, found)
    ktap.test(f"{name}: {len(wanted.counts)} Flows, each as the rules make it of the capture",
              wanted.counts and not wrong, wrong)
    now = {rule["rule"]: rule["matched"] for rule in seen["aggregation"]}
    ktap.equal(f"{name}: each rule's counter", matched,
               {rule: count - before[rule] for rule, count in now.items()})
    ktap.equal(f"{name}: in their order", list(texts), list(now))
    # Of fragments the first has ports; TCP may end in between
    several = [key for key, count in found.often.items()
               if key[2] in PORTS and key[2] != 6 and count > 1 and (key[3] or key[4])]
    ktap.equal(f"{name}: rules come before the Flow Key: no Flow is there twice", [], several)
    ktap.equal(f"{name}: tshark reads the same prefix lengths", found.lengths(), tshark_prefixes())
    return len(told.flows)


def many_rules(truth, rng):
    """Hundreds, in any order: hosts, prefixes in prefixes, ports"""
    ends = sorted({end for flow in truth["flows"] for end in flow[:2]})
    rules = {}
    for end in rng.sample(ends, min(len(ends), 250)):
        bits = ipaddress.ip_address(end).max_prefixlen
        prefix = rng.choice((bits, bits, bits - 3, bits // 2, bits // 2 + 5, bits // 4))
        net = ipaddress.ip_network(f"{end}/{prefix}", strict=False)
        rules[f"{net}={rng.randrange(bits + 1)}"] = True
    for _ in range(250):
        first = rng.randrange(1, 65536)
        last = min(65535, first + rng.choice((0, 0, 3, 500, 20000)))
        rules[f"{first}-{last}={rng.randrange(1, 65536)}" if first != last else
              f"{first}={rng.randrange(1, 65536)}"] = True
    rules = list(rules)
    rng.shuffle(rules)
    return rules


# Indexes -------------------------------------------------------------------------------------

def index_of(name, ifindex, rules, matched, times):
    """FEATURES 2.4: base + the number that ends the name; `times` that it is asked for"""
    for prefix, base in rules:
        if name.startswith(prefix):
            matched[f"{prefix}:{base}"] += times
            return base + int(re.search(r"\d*$", name).group() or 0)
    return ifindex


def indexes_hold(collectors, truth, version, rules):
    text = ",".join(f"{prefix}:{base}" for prefix, base in rules)
    name = f"{version}, snmp-rules {text or 'none'}"
    configure("destination", "none")
    configure("protocol", version, "metering", "on", "aggregation", "none", "snmp-rules",
              text or "none")
    command("reset", "stats")
    collectors.begin()
    configure("destination", COLLECTOR)
    before = {rule["rule"]: rule["matched"] for rule in stats()["snmp_rules"]}
    replay(truth)
    flush()
    check_law(ktap, name, "router")
    collectors.end()
    told = collectors.told()
    # Where a packet came in makes its Flow, where the first goes is told of the Flow
    times = {"eth0.100": sum(flow[6] for flow in truth["flows"]),
             "eth1": stats()["metering"]["flows_created"]}
    matched = collections.Counter()
    links = {link["ifname"]: link["ifindex"]
             for link in json.loads(must("ip", "-n", "router", "-j", "link"))}
    wanted = [tuple(index_of(device, links[device], rules, matched, times[device])
                    for device in times)]
    ktap.equal(f"{name}: eth0.100 and eth1", wanted,
               sorted({(flow["ingressInterface"], flow["egressInterface"]) for flow in told.flows}))
    now = {rule["rule"]: rule["matched"] for rule in stats()["snmp_rules"]}
    ktap.equal(f"{name}: each rule's counter",
               {f"{prefix}:{base}": matched[f"{prefix}:{base}"] for prefix, base in rules},
               {rule: count - before[rule] for rule, count in now.items()})
    if version == "v5":
        return
    names = {record.get("ingressInterface", int(record.get("scope2", "0"), 16)):
             record["interfaceName"] for record in told.options("interfaceName")}
    ignore = collections.Counter()
    ktap.equal(f"{name}: the table of interfaces has the same numbers",
               {index_of(device, ifindex, rules, ignore, 0): device
                for device, ifindex in links.items()}, names)


# Cost ----------------------------------------------------------------------------------------

def cost(settings):
    """Least microseconds of some runs of the same packets"""
    times = []
    for _ in range(5):
        with inside("router"):
            pktgen("kpktgend_0", "rem_device_all")
            pktgen("kpktgend_0", "add_device din")
            for setting in settings:
                pktgen("din", setting)
            pktgen("pgctrl", "start")
            with open("/proc/thread-self/net/pktgen/din", encoding="ascii") as file:
                said = file.read()
            pktgen("kpktgend_0", "rem_device_all")
        times.append(int(re.search(r"Result: OK: (\d+)", said).group(1)))
    return min(times)


def cost_is_even(count):
    """One Flow: most of what differs is the search for its rule"""
    rules = [f"172.16.{i // 64}.{i % 64 * 4}/30=24" for i in range(1000)]
    settings = ["pkt_size 60", "xmit_mode netif_receive", "burst 1", "delay 0", "clone_skb 0",
                "dst_mac 02:00:00:00:00:01", "src_mac 02:00:00:00:00:02", "dst 198.51.100.2",
                "src_min 172.16.0.1", "src_max 172.16.0.1", f"count {count}"]
    configure("destination", "none")
    configure("metering", "on", "snmp-rules", "none", "aggregation", ",".join(rules))
    first = cost(settings)
    configure("aggregation", ",".join(reversed(rules)))
    last = cost(settings)
    configure("aggregation", rules[0])
    alone = cost(settings)
    ktap.test(f"{count} packets: {first} us when the first of 1000 rules fits, {last} when the last does, "
              f"{alone} when there is no other",
              max(first, last) < 2 * min(first, last) and max(first, last) < 3 * alone)
    matched = stats()["aggregation"][0]["matched"]
    ktap.test(f"it did: {matched}", matched >= 5 * count)


def main():
    if run("which", "tshark").returncode:
        print("1..0 # SKIP tshark is not installed")
        sys.exit(4)
    set_up()
    truth = set_up_replay()
    ktap.comment(f"{truth['frames']} packets, {len(truth['flows'])} Flows")
    collectors = Collectors()
    configure("points", "inet=forward", "inactive-timeout", "900", "active-timeout", "3600",
              "refresh-rate", "100000")
    flows = {}
    for version in "ipfix", "v9", "v5":
        flows[version] = rules_hold(collectors, truth, f"{version}, no rules", version, [])
        fewer = rules_hold(collectors, truth, f"{version}, {len(FEW)} rules", version, FEW)
        ktap.test(f"{version}: rules make fewer Flows: {fewer} of {flows[version]}",
                  fewer < flows[version])
    rules_hold(collectors, truth, "ipfix, the same backwards", "ipfix", FEW[::-1])
    rng = random.Random(7)
    for version in ("ipfix", "v9", "v5") if KERNEL != "uml-debug" else ("ipfix",):
        rules = many_rules(truth, rng)
        rules_hold(collectors, truth, f"{version}, {len(rules)} rules", version, rules)
    for version in "ipfix", "v9", "v5":
        for rules in ([("eth", 100)], [("eth0.", 5000), ("eth", 100)], [("eth", 100), ("eth0.", 5000)],
                      [("eth0", 7), ("vlan", 1)], []):
            indexes_hold(collectors, truth, version, rules)
    cost_is_even({"uml-debug": 20000, "6.1": 20000}.get(KERNEL, 200000))
    ktap.end()


ktap = Ktap()
main()
