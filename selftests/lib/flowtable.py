#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""flowtable.py - packets and octets per 5-tuple: what was on the wire beside what was collected

    flowtable.py compare [--ipv4] [--times] --truth FILE.pcap [--filter EXPRESSION] SOURCE...

The truth is counted by tshark in a capture of the traffic itself. A SOURCE is

    export:FILE.pcap    the messages, decoded by flowdecode.py
    tshark:FILE.pcap    the messages, decoded by tshark: sums over all Flows only
    nfdump:DIRECTORY    what nfcapd wrote
    nfacctd:FILE        what nfacctd printed as JSON

--ipv4 leaves out the rest of the truth, for NetFlow v5. --times compares start and end of each
5-tuple with the capture, for sources that tell them: 99 % within 20 ms, all within 250 ms.
--filter is a display filter of tshark for the truth. --port: of the messages.

A 5-tuple is source, destination, protocol, source and destination port; ICMP, and fragments that
are not the first, have ports 0. Exit status 1 and a list of differences if any table differs.
"""
import argparse
import collections
import glob
import ipaddress
import json
import os
import subprocess
import sys

PROTOCOLS = {"icmp": 1, "igmp": 2, "ipencap": 4, "tcp": 6, "udp": 17, "gre": 47, "esp": 50,
             "ah": 51, "ipv6-icmp": 58, "icmp6": 58, "icmpv6": 58, "ospf": 89, "sctp": 132,
             "udplite": 136, "dccp": 33, "hopopt": 0, "ip": 0}
PORTS = (6, 17, 33, 132, 136)
DECODE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "flowdecode.py")


class Table:
    def __init__(self, name):
        self.name = name
        self.counts = collections.defaultdict(lambda: [0, 0])
        self.starts = {}
        self.ends = {}

    def add(self, src, dst, protocol, sport, dport, packets, octets, start=None, end=None):
        if protocol not in PORTS:
            sport = dport = 0
        key = (str(ipaddress.ip_address(src)), str(ipaddress.ip_address(dst)), protocol,
               sport, dport)
        self.counts[key][0] += packets
        self.counts[key][1] += octets
        if start is not None:
            self.starts[key] = min(start, self.starts.get(key, start))
            self.ends[key] = max(end, self.ends.get(key, end))

    def totals(self):
        return [sum(count[i] for count in self.counts.values()) for i in (0, 1)]


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: exit status {done.returncode}: {done.stderr}")
    return done.stdout


def number(text):
    return int(text, 0) if text else 0


def truth(path, expression, ipv4_only):
    """IP packets of a capture, each by its outermost IP header."""
    table = Table("capture")
    fields = ["frame.time_epoch", "ip.src", "ip.dst", "ip.proto", "ip.len", "ip.frag_offset",
              "ipv6.src", "ipv6.dst", "ipv6.plen", "ipv6.fraghdr.offset", "ipv6.fraghdr.nxt",
              "tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport", "ipv6.nxt",
              "icmpv6.type", "sctp.srcport", "sctp.dstport"]
    command = ["tshark", "-n", "-r", path, "-T", "fields", "-E", "occurrence=f", "-E",
               "separator=|", "-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE", "-o",
               "tcp.desegment_tcp_streams:FALSE"]
    for field in fields:
        command += ["-e", field]
    if expression:
        command += ["-Y", expression]
    for line in run(*command).splitlines():
        row = dict(zip(fields, line.split("|")))
        when = float(row["frame.time_epoch"])
        # An ICMP error quotes an IP header of the other family only in tunnels, not here
        if row["ip.src"]:
            src, dst, octets = row["ip.src"], row["ip.dst"], number(row["ip.len"])
            protocol, later = number(row["ip.proto"]), number(row["ip.frag_offset"]) > 0
        elif row["ipv6.src"] and not ipv4_only:
            src, dst, octets = row["ipv6.src"], row["ipv6.dst"], number(row["ipv6.plen"]) + 40
            protocol, later = number(row["ipv6.nxt"]), number(row["ipv6.fraghdr.offset"]) > 0
            if row["ipv6.fraghdr.nxt"]:
                protocol = number(row["ipv6.fraghdr.nxt"])
            elif protocol == 0 and row["icmpv6.type"]:
                protocol = 58       # a hop-by-hop header in front, as MLD has
        else:
            continue
        sport = dport = 0
        if not later:
            for name, value in (("tcp", 6), ("udp", 17), ("sctp", 132)):
                if protocol == value:
                    sport = number(row[name + ".srcport"])
                    dport = number(row[name + ".dstport"])
        table.add(src, dst, protocol, sport, dport, 1, octets, when, when)
    return table


def export(path, ports):
    table = Table("flowdecode")
    options = [word for port in ports for word in ("--port", port)]
    for line in run("python3", DECODE, "flows", *options, path).splitlines():
        flow = json.loads(line)
        protocol = flow["protocolIdentifier"]
        start, end = flow["start"] / 1000, flow["end"] / 1000
        if end < start:
            sys.exit(f"a Flow ends before its start: {line}")
        table.add(flow.get("sourceIPv4Address") or flow["sourceIPv6Address"],
                  flow.get("destinationIPv4Address") or flow["destinationIPv6Address"], protocol,
                  flow.get("sourceTransportPort", 0), flow.get("destinationTransportPort", 0),
                  flow["packetDeltaCount"], flow["octetDeltaCount"], start, end)
    return table


def tshark(path, ports):
    table = Table("tshark")
    decode = [word for port in ports for word in ("-d", f"udp.port=={port},cflow")]
    out = run("tshark", "-n", "-r", path, *decode, "-Y", "cflow", "-T", "fields", "-e",
              "cflow.packets", "-e", "cflow.octets", "-E", "separator=|")
    for line in out.splitlines():
        for i, values in enumerate(line.split("|")):
            table.counts["all"][i] += sum(map(number, values.split(",")))
    return table


def nfdump(directory):
    table = Table("nfdump")
    if not glob.glob(os.path.join(directory, "nfcapd.*")):
        sys.exit(f"{directory}: nfcapd wrote nothing")
    out = run("nfdump", "-R", directory, "-q", "-N", "-6", "-o",
              "fmt:%sa %sp %da %dp %pr %pkt %byt")
    for line in out.splitlines():
        words = line.split()
        if len(words) != 7:
            continue
        src, sport, dst, dport, protocol, packets, octets = words
        protocol = PROTOCOLS.get(protocol.lower()) if not protocol.isdigit() else int(protocol)
        if protocol is None:
            sys.exit(f"nfdump names a protocol unknown here: {line}")
        dport = "0" if "." in dport else dport      # ICMP: type.code
        table.add(src, dst, protocol, int(sport), int(dport), int(packets), int(octets))
    return table


def nfacctd(path):
    table = Table("nfacctd")
    with open(path, encoding="utf-8") as file:
        for line in file:
            flow = json.loads(line)
            protocol = str(flow["ip_proto"])
            protocol = int(protocol) if protocol.isdigit() else PROTOCOLS[protocol.lower()]
            table.add(flow["ip_src"], flow["ip_dst"], protocol, int(flow["port_src"]),
                      int(flow["port_dst"]), flow["packets"], flow["bytes"])
    return table


def compare(expected, seen):
    """Prints differences; returns how many."""
    differences = 0
    if "all" in seen.counts:
        if seen.totals() != expected.totals():
            print(f"{seen.name}: packets, octets {seen.totals()}, capture {expected.totals()}")
            return 1
        return 0
    for key in sorted(set(expected.counts) | set(seen.counts), key=str):
        wanted, got = expected.counts.get(key), seen.counts.get(key)
        if wanted != got:
            differences += 1
            if differences <= 20:
                print(f"{seen.name}: {key}: capture {wanted}, collected {got}")
    return differences


def compare_times(expected, seen):
    errors = []
    for key, start in seen.starts.items():
        if key in expected.starts:
            errors.append((abs(start - expected.starts[key]), "start", key))
            errors.append((abs(seen.ends[key] - expected.ends[key]), "end", key))
    errors.sort(key=lambda error: error[0])
    if not errors:
        print(f"{seen.name}: no times to compare")
        return 1
    worst, percentile = errors[-1], errors[(len(errors) * 99 + 99) // 100 - 1]
    print(f"times: {len(errors)}, 99 % within {percentile[0] * 1000:.1f} ms, "
          f"all within {worst[0] * 1000:.1f} ms")
    if percentile[0] > 0.020 or worst[0] > 0.250:
        print(f"{seen.name}: times are off: {errors[-5:]}")
        return 1
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["compare"])
    parser.add_argument("--ipv4", action="store_true")
    parser.add_argument("--times", action="store_true")
    parser.add_argument("--truth", required=True)
    parser.add_argument("--filter")
    parser.add_argument("--port", action="append")
    parser.add_argument("sources", nargs="+")
    arguments = parser.parse_args()
    ports = arguments.port or ["2055"]
    expected = truth(arguments.truth, arguments.filter, arguments.ipv4)
    if not expected.counts:
        sys.exit(f"{arguments.truth}: no packet that counts")
    bad = 0
    for source in arguments.sources:
        kind, _, path = source.partition(":")
        seen = {"export": lambda p: export(p, ports), "tshark": lambda p: tshark(p, ports),
                "nfdump": nfdump, "nfacctd": nfacctd}[kind](path)
        bad += compare(expected, seen)
        if arguments.times and seen.starts:
            bad += compare_times(expected, seen)
    print(f"{len(expected.counts)} 5-tuples, packets and octets {expected.totals()}")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
