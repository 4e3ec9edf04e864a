#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""flowtable.py - packets and octets per Flow Key: what was on the wire beside what was collected

    flowtable.py compare --version 5|9|10 [--times] --truth FILE.pcap [--filter EXPRESSION] SOURCE...
    flowtable.py truth [--replayed] [--split N] --truth FILE.pcap FILE.json [REST.json]

The truth is counted by tshark in a capture of the traffic itself, or was by `truth` before:
compare takes FILE.json for FILE.pcap, and several of both. A SOURCE is

    export:FILE.pcap    the messages, decoded by flowdecode.py
    tshark:FILE.pcap    the messages, decoded by tshark
    nfdump:DIRECTORY    what nfcapd wrote
    nfacctd:FILE        what nfacctd printed as JSON, with the primitive tos

--version is the protocol's: v5 has no IPv6, and some judges do not tell all (LIMITS). --times compares start and end of each
record with the capture, for sources that tell them (export, nfdump): 99 % within 20 ms, all
within 250 ms, none ends before it starts. The records of one key, in the order of their starts,
tell of its packets one after the other: the first of as many, then of the next as many.
--filter is a display filter of tshark for the truth. --port: of the messages. --replayed: the
truth is what Linux takes for IP when the capture is replayed to it (Packet.is_accepted). --split:
what does not come of the first N interfaces of the capture is another truth.

A key is source, destination, protocol, source and destination port, and ToS or Traffic Class with
its ECN bits; the destination port of ICMP and ICMPv6 is type * 256 + code, and -1 (UNKNOWN) where
a fragment that is not the first does not tell: that is not an echo reply. Ports are 0 there. Exit
status 1 and a list of differences if any table differs.
"""
import argparse
import collections
import copy
import datetime
import glob
import ipaddress
import json
import os
import subprocess
import sys
import xml.etree.ElementTree

# As nfdump and nfacctd name them
PROTOCOLS = {"hopopt": 0, "ip": 0, "icmp": 1, "igmp": 2, "ggp": 3, "ipencap": 4, "tcp": 6, "egp": 8,
             "igp": 9, "udp": 17, "mux": 18, "dccp": 33, "ipv6": 41, "ipv6-route": 43,
             "ipv6-frag": 44, "rsvp": 46, "gre": 47, "esp": 50, "ah": 51, "mobile": 55, "tlsp": 56,
             "ipv6-icmp": 58, "icmp6": 58, "icmpv6": 58, "ipv6-nonxt": 59, "ipv6-opts": 60,
             "iso-ip": 80, "vines": 83, "eigrp": 88, "ospf": 89, "larp": 91, "ax.25": 93,
             "ipip": 94, "encap": 98, "pnni": 102, "pim": 103, "ipcomp": 108, "ipx-in-ip": 111,
             "vrrp": 112, "l2tp": 115, "isis": 124, "sctp": 132, "fc": 133, "udplite": 136}
PORTS = (6, 17, 33, 132, 136)
# Of other protocols than these the judge does not tell ports, or not ICMP's type and code. What has
# several Flows then has no times to compare.
LIMITS = {("nfacctd", 5): (6, 17), ("nfacctd", 9): PORTS, ("nfacctd", 10): PORTS}
UNKNOWN = -1    # type and code; v5 and nfdump tell 0 all the same
TIMED = ("export", "nfdump")
ICMPS = {(4, 1): "icmp", (6, 58): "icmpv6"}
DECODE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "flowdecode.py")


def with_ports(version, protocol):
    return protocol in PORTS or (version, protocol) in ICMPS


Record = collections.namedtuple("Record", "start end packets")


class Table:
    def __init__(self, name):
        self.name = name
        self.counts = collections.defaultdict(lambda: [0, 0])
        self.records = collections.defaultdict(list)

    def add(self, src, dst, protocol, sport, dport, tos, packets, octets, start=None, end=None):
        src, dst = ipaddress.ip_address(src), ipaddress.ip_address(dst)
        if not with_ports(src.version, protocol):
            sport = dport = 0
        key = (str(src), str(dst), protocol, sport, dport, tos)
        self.counts[key][0] += packets
        self.counts[key][1] += octets
        if start is not None:
            if end < start:
                sys.exit(f"{self.name}: a Flow of {key} starts at {start} and ends at {end}")
            self.records[key].append(Record(start, end, packets))

    def totals(self):
        return [sum(count[i] for count in self.counts.values()) for i in (0, 1)]

    def _without_ports(self, keys):
        for key in keys:
            count, known = self.counts.pop(key), (*key[:3], 0, 0, key[5])
            # Of several Flows: no record's times can be told from the others'
            self.records.pop(key, None)
            self.records.pop(known, None)
            for i in 0, 1:
                self.counts[known][i] += count[i]

    def without_ports_but(self, protocols):
        self._without_ports([key for key in self.counts if key[2] not in protocols])

    def without_unknown(self):
        self._without_ports([key for key in self.counts if key[4] == UNKNOWN])


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: exit status {done.returncode}: {done.stderr}")
    return done.stdout


def number(text):
    return int(text, 0) if text else 0


class Packet:
    """One frame as tshark tells it, by its outermost IP header: version, src, dst, octets,
    protocol, ports, ToS; version is 0 where the frame has no such packet.
    """

    FIELDS = ["frame.time_epoch", "frame.protocols", "frame.interface_id", "frame.cap_len",
              "eth.type", "vlan.etype", "sll.etype", "ip.src", "ip.dst", "ip.proto", "ip.len",
              "ip.hdr_len", "ip.frag_offset", "ip.checksum.status", "ipv6.src", "ipv6.dst",
              "ipv6.plen", "ipv6.nxt", "ipv6.hopopts.nxt", "ipv6.hopopts.len_oct",
              "ipv6.routing.nxt", "ipv6.routing.len_oct", "ipv6.dstopts.nxt",
              "ipv6.dstopts.len_oct", "ipv6.fraghdr.nxt", "ipv6.fraghdr.offset",
              "ipv6.opt.type", "ah.length", "tcp.srcport", "tcp.dstport", "udp.srcport",
              "udp.dstport", "sctp.srcport", "sctp.dstport", "dccp.srcport", "dccp.dstport",
              "ip.dsfield", "ipv6.tclass", "icmp.type", "icmp.code", "icmpv6.type",
              "icmpv6.code"]
    OPTIONS = ["ip.defragment:FALSE", "ipv6.defragment:FALSE", "ip.check_checksum:TRUE",
               "ip.tso_support:FALSE", "tcp.desegment_tcp_streams:FALSE"]
    PORTS = {6: "tcp", 17: "udp", 33: "dccp", 132: "sctp", 136: "udp"}
    EXTENSIONS = {0: "hopopts", 43: "routing", 44: "fraghdr", 60: "dstopts"}
    # What the Metering Process wants of an upper-layer header; with less, a packet is truncated
    HEADERS = {(4, 1): 8, (6, 58): 4, 2: 8, 6: 20, 17: 8, 33: 12, 50: 8, 51: 12, 132: 12, 136: 8}
    # Octets of link headers, and those that the replay takes off
    LINKS = {"eth": 14, "ethertype": 0, "vlan": 4, "ieee8021ad": 4, "sll": 16, "raw": 0, "null": 4}

    def __init__(self, line):
        self.row = {name: text.split(",") if text else []
                    for name, text in zip(self.FIELDS, line.split("|"))}
        self.version = self.octets = self.protocol = self.sport = self.dport = self.tos = 0
        self.is_short = False
        self.layers = (self.row["frame.protocols"] or [""])[0].split(":")
        outer = [layer for layer in self.layers if layer in ("ip", "ipv6")]
        if outer[:1] == ["ip"] and self.row["ip.dst"] and self.row["ip.len"]:
            self.version = 4
            self._ipv4()
        elif outer[:1] == ["ipv6"] and self.row["ipv6.dst"]:
            self.version = 6
            self._ipv6()

    def first(self, name):
        return number(self.row[name][0]) if self.row[name] else 0

    def _ipv4(self):
        self.src, self.dst = self.row["ip.src"][0], self.row["ip.dst"][0]
        self.octets, self.protocol = self.first("ip.len"), self.first("ip.proto")
        self.tos = self.first("ip.dsfield")
        if self.first("ip.frag_offset") == 0:
            self._upper(self.octets - self.first("ip.hdr_len"))
        else:
            self._later_fragment()

    def _ipv6(self):
        self.src, self.dst = self.row["ipv6.src"][0], self.row["ipv6.dst"][0]
        left = self.first("ipv6.plen")
        self.tos = self.first("ipv6.tclass")
        self.octets, self.protocol = left + 40, self.first("ipv6.nxt")
        # A field of the outer packet stands before the same of an inner one
        seen = collections.Counter()
        while self.protocol in self.EXTENSIONS:
            name = self.EXTENSIONS[self.protocol]
            following = self.row[f"ipv6.{name}.nxt"][seen[name]:]
            sizes = ["8"] if name == "fraghdr" else self.row[f"ipv6.{name}.len_oct"][seen[name]:]
            if left < 8 or not following or not sizes or number(sizes[0]) > left:
                self.is_short = True
                return
            self.protocol = number(following[0])
            if name == "fraghdr" and number(self.row["ipv6.fraghdr.offset"][seen[name]]):
                self._later_fragment()
                return
            left -= number(sizes[0])
            seen[name] += 1
        self._upper(left)

    def _later_fragment(self):
        if (self.version, self.protocol) in ICMPS:
            self.dport = UNKNOWN

    def _upper(self, left):
        wanted = self.HEADERS.get(self.protocol, self.HEADERS.get((self.version, self.protocol), 0))
        self.is_short = left < wanted
        if self.protocol == 51 and not self.is_short:
            # RFC 4302 2.2: how long it says that it is
            self.is_short = not wanted <= (self.first("ah.length") + 2) * 4 <= left
        name = self.PORTS.get(self.protocol)
        if name and not self.is_short:
            self.sport, self.dport = self.first(f"{name}.srcport"), self.first(f"{name}.dstport")
        name = ICMPS.get((self.version, self.protocol))
        if name and not self.is_short:
            self.dport = self.first(f"{name}.type") * 256 + self.first(f"{name}.code")

    def is_accepted(self):
        """Does Linux take it for IP, when it is replayed as it is in the file, and show it to PREROUTING?

        It does not: what is no IP packet behind Ethernet or VLAN headers (MPLS, PPPoE, LLC),
        a header that is malformed or does not belong to the EtherType, a wrong checksum of
        IPv4, a packet longer than what was captured of it; IPv6 from a multicast or loopback
        address, or to loopback or to a multicast scope below link-local (RFC 4291 2.5.3, 2.7);
        hop-by-hop options with a jumbo payload that there is not, or unknown ones that ask
        to drop the packet.
        """
        row = self.row
        if not self.version:
            return False
        links = self.layers[:self.layers.index("ip" if self.version == 4 else "ipv6")]
        # Frames inside packets have types too, behind these
        types = row["eth.type"][:1] + row["vlan.etype"][:links.count("vlan")] + row["sll.etype"]
        if set(links) - set(self.LINKS) or (
                types and number(types[-1]) != {4: 0x0800, 6: 0x86dd}[self.version]):
            return False
        if self.octets > self.first("frame.cap_len") - sum(self.LINKS[link] for link in links):
            return False
        if self.version == 4:
            return (20 <= self.first("ip.hdr_len") <= self.octets
                    and self.first("ip.checksum.status") == 1)
        src, dst = ipaddress.ip_address(self.src), ipaddress.ip_address(self.dst)
        if src.is_multicast or src.is_loopback or dst.is_loopback or (
                dst.is_multicast and dst.packed[1] & 15 < 2):
            return False
        if self.first("ipv6.nxt") == 0:
            asking = [kind for kind in map(number, row["ipv6.opt.type"]) if kind >> 6]
            if asking and row["ipv6.dstopts.nxt"]:
                sys.exit(f"options of two headers, who can tell them apart: {row}")
            return not asking
        return True


class Truth(Table):
    """IP packets of a capture

    All in packets and octets by IP version: accepted, as Packet.is_accepted() says; short, those
    of them that the Metering Process has to ignore as truncated; files: found and accepted in
    each interface of the capture, which mergecap makes of each file.
    """

    def __init__(self):
        super().__init__("capture")
        self.frames = 0
        self.accepted = {"4": [0, 0], "6": [0, 0]}
        self.short = {"4": [0, 0], "6": [0, 0]}
        self.files = collections.defaultdict(lambda: {"found": [0, 0], "accepted": [0, 0]})

    def take(self, packet, is_replayed):
        counts = [self.files[packet.first("frame.interface_id")]["found"]]
        self.frames += 1
        if packet.version and (packet.is_accepted() or not is_replayed):
            counts += [self.files[packet.first("frame.interface_id")]["accepted"],
                       self.accepted[str(packet.version)]]
            if packet.is_short:
                counts.append(self.short[str(packet.version)])
            else:
                when = float(packet.row["frame.time_epoch"][0])
                self.add(packet.src, packet.dst, packet.protocol, packet.sport, packet.dport,
                         packet.tos, 1, packet.octets, when, when)
        for count in counts:
            count[0] += packet.version > 0
            count[1] += packet.octets

    def load(self, path):
        with open(path, encoding="utf-8") as file:
            told = json.load(file)
        for *key, packets, octets, times in told["flows"]:
            for i in 0, 1:
                self.counts[tuple(key)][i] += (packets, octets)[i]
            self.records[tuple(key)] += [Record(when, when, 1) for when in times]

    def save(self, path):
        flows = [[*key, *count, [record.start for record in self.records[key]]]
                 for key, count in self.counts.items()]
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"flows": flows, "frames": self.frames, "accepted": self.accepted,
                       "short": self.short, "files": self.files}, file)

    def without_ipv6(self):
        for key in [key for key in self.counts if ":" in key[0]]:
            del self.counts[key]


def read_capture(path, expression, is_replayed, truths, split):
    """What comes of the first `split` interfaces goes to the first truth, the rest to the second."""
    command = ["tshark", "-n", "-r", path, "-T", "fields", "-E", "occurrence=a", "-E",
               "separator=|"]
    for option in Packet.OPTIONS:
        command += ["-o", option]
    for field in Packet.FIELDS:
        command += ["-e", field]
    if expression:
        command += ["-Y", expression]
    for line in run(*command).splitlines():
        packet = Packet(line)
        truths[packet.first("frame.interface_id") >= split].take(packet, is_replayed)


def export(path, ports):
    table = Table("flowdecode")
    options = [word for port in ports for word in ("--port", port)]
    for line in run("python3", DECODE, "flows", *options, path).splitlines():
        flow = json.loads(line)
        icmp = flow.get("icmpTypeCodeIPv4", flow.get("icmpTypeCodeIPv6", UNKNOWN))
        table.add(flow.get("sourceIPv4Address") or flow["sourceIPv6Address"],
                  flow.get("destinationIPv4Address") or flow["destinationIPv6Address"],
                  flow["protocolIdentifier"], flow.get("sourceTransportPort", 0),
                  flow.get("destinationTransportPort", icmp), flow["ipClassOfService"],
                  flow["packetDeltaCount"], flow["octetDeltaCount"], flow["start"] / 1000,
                  flow["end"] / 1000)
    return table


def tshark(path, ports):
    """Each record, as PDML tells it: the fields of a field that has packets"""
    table = Table("tshark")
    decode = [word for port in ports for word in ("-d", f"udp.port=={port},cflow")]
    out = run("tshark", "-n", "-r", path, *decode, "-Y", "cflow", "-J", "cflow", "-T", "pdml")
    for record in xml.etree.ElementTree.fromstring(out.encode()).iter("field"):
        fields = {field.get("name"): field.get("show") for field in record}
        if "cflow.packets" not in fields:
            continue
        icmp = UNKNOWN
        if "cflow.icmp_type_code_ipv4" in fields:
            icmp = number(fields["cflow.icmp_type_code_ipv4"])
        elif "cflow.icmp_ipv6_type" in fields:
            icmp = (number(fields["cflow.icmp_ipv6_type"]) * 256 +
                    number(fields["cflow.icmp_ipv6_code"]))
        table.add(fields.get("cflow.srcaddr") or fields["cflow.srcaddrv6"],
                  fields.get("cflow.dstaddr") or fields["cflow.dstaddrv6"],
                  number(fields["cflow.protocol"]), number(fields.get("cflow.srcport")),
                  number(fields.get("cflow.dstport", str(icmp))), number(fields["cflow.tos"]),
                  number(fields["cflow.packets"]), number(fields["cflow.octets"]))
    return table


def protocol_number(name):
    if name.isdigit():
        return int(name)
    if name.lower() not in PROTOCOLS:
        sys.exit(f"a protocol unknown here: {name}")
    return PROTOCOLS[name.lower()]


def utc(text):
    return datetime.datetime.strptime(text + "+0000", "%Y-%m-%d %H:%M:%S.%f%z").timestamp()


def nfdump(directory):
    table = Table("nfdump")
    if not glob.glob(os.path.join(directory, "nfcapd.*")):
        sys.exit(f"{directory}: nfcapd wrote nothing")
    out = run("env", "TZ=UTC", "nfdump", "-R", directory, "-q", "-N", "-6", "-o",
              "fmt:%ts|%te|%sa|%sp|%da|%dp|%pr|%tos|%pkt|%byt")
    for line in out.splitlines():
        words = [word.strip() for word in line.split("|")]
        if len(words) != 10:
            continue
        start, end, src, sport, dst, dport, protocol, tos, packets, octets = words
        if "." in dport:        # ICMP: type.code
            kind, code = map(int, dport.split("."))
            dport = kind * 256 + code
        table.add(src, dst, protocol_number(protocol), int(sport), int(dport), int(tos),
                  int(packets), int(octets), utc(start), utc(end))
    return table


def nfacctd(path):
    table = Table("nfacctd")
    with open(path, encoding="utf-8") as file:
        for line in file:
            flow = json.loads(line)
            table.add(flow["ip_src"], flow["ip_dst"], protocol_number(str(flow["ip_proto"])),
                      int(flow["port_src"]), int(flow["port_dst"]), flow["tos"],
                      flow["packets"], flow["bytes"])
    table.without_ports_but(PORTS)
    return table


def compare(expected, seen):
    """Prints differences; returns how many."""
    differences = 0
    for key in sorted(set(expected.counts) | set(seen.counts), key=str):
        wanted, got = expected.counts.get(key), seen.counts.get(key)
        if wanted != got:
            differences += 1
            if differences <= 20:
                print(f"{seen.name}: {key}: capture {wanted}, collected {got}")
    return differences


def compare_times(expected, seen):
    errors = []
    for key, records in seen.records.items():
        packets = sorted(record.start for record in expected.records[key])
        for record in sorted(records):
            own, packets = packets[:record.packets], packets[record.packets:]
            if own:
                errors.append((abs(record.start - own[0]), "start", key))
                errors.append((abs(record.end - own[-1]), "end", key))
    errors.sort(key=lambda error: error[0])
    if len(errors) < 2:
        print(f"{seen.name}: no times to compare")
        return 1
    worst, percentile = errors[-1], errors[-1 - len(errors) // 100]
    print(f"{seen.name}: {len(errors)} times, 99 % within {percentile[0] * 1000:.1f} ms, "
          f"all within {worst[0] * 1000:.1f} ms")
    if percentile[0] > 0.020 or worst[0] > 0.250:
        print(f"{seen.name}: times are off: {errors[-5:]}")
        return 1
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["compare", "truth"])
    parser.add_argument("--version", type=int, default=10, choices=[5, 9, 10])
    parser.add_argument("--times", action="store_true")
    parser.add_argument("--truth", action="append", required=True)
    parser.add_argument("--replayed", action="store_true")
    parser.add_argument("--split", type=int, default=1 << 32)
    parser.add_argument("--filter")
    parser.add_argument("--port", action="append")
    parser.add_argument("sources", nargs="+")
    arguments = parser.parse_args()
    ports = arguments.port or ["2055"]
    truths = expected, rest = Truth(), Truth()
    for path in arguments.truth:
        if path.endswith(".json"):
            expected.load(path)
        else:
            read_capture(path, arguments.filter, arguments.replayed, truths, arguments.split)
    if arguments.version == 5:
        expected.without_ipv6()
    if not expected.counts:
        sys.exit(f"{arguments.truth}: no packet that counts")
    if arguments.command == "truth":
        for truth, path in zip((expected, rest), arguments.sources):
            truth.save(path)
        return
    bad = 0
    for source in arguments.sources:
        kind, _, path = source.partition(":")
        seen = {"export": lambda p: export(p, ports), "tshark": lambda p: tshark(p, ports),
                "nfdump": nfdump, "nfacctd": nfacctd}[kind](path)
        wanted, limit = expected, LIMITS.get((kind, arguments.version))
        if limit:
            print(f"{kind} tells ports of the protocols {limit} only")
            wanted = copy.deepcopy(expected)
            wanted.without_ports_but(limit)
        if kind == "nfdump" or arguments.version == 5:
            wanted = copy.deepcopy(wanted)
            wanted.without_unknown()
        bad += compare(wanted, seen)
        if arguments.times and kind in TIMED:
            bad += compare_times(wanted, seen)
    print(f"{len(expected.counts)} keys, packets and octets {expected.totals()}")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
