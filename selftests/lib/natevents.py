#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""natevents.py - whether NAT events that were exported are those that conntrack tells

    natevents.py compare [options] --truth SOURCE... SOURCE...
                        print differences; exit 1 if there are any
    natevents.py count SOURCE...
                        print how many began and ended, of IPv4 and of IPv6

A SOURCE is

    list:FILE           what conntrack -L listed of entries that began and ended
    events:FILE         what conntrack -E printed
    export:FILE.pcap    the messages, decoded by flowdecode.py
    tshark:FILE.pcap    the messages, decoded by tshark

--version 5: the messages have IPv4 alone, and each event is a pseudo flow of no packets for each
end that is translated. --codes: the natEvent that is expected, rfc8158 (IPv4 4 and 5, IPv6 1 and
2) or legacy (1 and 2). --between: seconds since 1970, no event is told to be outside of them.

An event of ICMP has the identifier for source port and type * 256 + code for destination port.
"""
import argparse
import collections
import datetime
import ipaddress
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree

DECODE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "flowdecode.py")
ICMPS = (1, 58)
FLAGS = {0x12: True, 0x05: False}           # SYN and ACK, FIN and RST
CODES = {("rfc8158", 4): (4, 5), ("rfc8158", 6): (1, 2),
         ("legacy", 4): (1, 2), ("legacy", 6): (1, 2)}

Event = collections.namedtuple(
    "Event", "created protocol src dst sport dport post_src post_dst post_sport post_dport")
Pseudo = collections.namedtuple(
    "Pseudo", "created protocol src dst next_hop sport dport src_as dst_as")
ENTRY = re.compile(r"\s*(?:\[(NEW|UPDATE|DESTROY)\]\s+)?\S+\s+(\d+)\s.*?(src=.*)")


def number(text):
    return int(text, 0) if text else 0


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                          env={**os.environ, "TZ": "UTC", "LC_ALL": "C.UTF-8"})
    if done.returncode:
        sys.exit(f"{' '.join(command)}: {done.stderr.decode()}")
    return done.stdout.decode()


def entry(line):
    """(NEW or what is told, event) of a line of conntrack's; None if nothing is translated"""
    match = ENTRY.fullmatch(line)
    if not match:
        sys.exit(f"no entry of conntrack: {line!r}")
    verb, protocol, text = match.groups()
    words = [word.split("=", 1) for word in text.split() if "=" in word]
    first, second = {}, {}
    for name, value in words:               # each direction has the same names
        (second if name in first else first).setdefault(name, value)
    src, dst = first["src"], first["dst"]
    post_src, post_dst = second["dst"], second["src"]
    protocol = int(protocol)
    if protocol in ICMPS:
        sport, post_sport = int(first["id"]), int(second["id"])
        dport = post_dport = int(first["type"]) * 256 + int(first["code"])
    else:
        sport, dport = int(first.get("sport", 0)), int(first.get("dport", 0))
        post_sport, post_dport = int(second.get("dport", 0)), int(second.get("sport", 0))
    before = [src, dst, sport, dport]
    after = [post_src, post_dst, post_sport, post_dport]
    return verb, None if before == after else Event(True, protocol, *before, *after)


class Source:
    """What one of them tells: events, how often each"""

    def __init__(self, name, options):
        self.name = name
        self.options = options
        self.events = collections.Counter()
        self.wrong = []
        kind, _, self.path = name.partition(":")
        read = {"list": self.list, "events": self.listened, "export": self.export,
                "tshark": self.tshark}.get(kind)
        if not read or not self.path:
            sys.exit(f"natevents: {name!r} is no SOURCE")
        read()

    def lines(self):
        with open(self.path, encoding="ascii") as file:
            return [line.rstrip("\n") for line in file]

    def list(self):
        for line in self.lines():
            event = entry(line)[1]
            if event:
                self.events[event] += 1
                self.events[event._replace(created=False)] += 1

    def listened(self):
        for line in self.lines():
            verb, event = entry(line)
            if event and verb != "UPDATE":
                self.events[event._replace(created=verb == "NEW")] += 1

    def export(self):
        for line in run("python3", DECODE, "flows", self.path).splitlines():
            record = json.loads(line)
            if "natEvent" in record:
                version = 4 if "sourceIPv4Address" in record else 6
                self.add(record["natEvent"], record["observationTimeMilliseconds"] / 1000, [
                    record[name.format(version)] for name in (
                        "protocolIdentifier", "sourceIPv{}Address", "destinationIPv{}Address",
                        "sourceTransportPort", "destinationTransportPort",
                        "postNATSourceIPv{}Address", "postNATDestinationIPv{}Address",
                        "postNAPTSourceTransportPort", "postNAPTDestinationTransportPort")])
            elif record["version"] == 5 and not record["packetDeltaCount"]:
                self.add_pseudo(record["tcpControlBits"], record["start"] / 1000, [
                    record[name] for name in (
                        "protocolIdentifier", "sourceIPv4Address", "destinationIPv4Address",
                        "ipNextHopIPv4Address", "sourceTransportPort", "destinationTransportPort",
                        "bgpSourceAsNumber", "bgpDestinationAsNumber")])

    def tshark(self):
        out = run("tshark", "-n", "-r", self.path, "-d", "udp.port==2055,cflow", "-Y", "cflow",
                  "-J", "cflow", "-T", "pdml")
        for record in xml.etree.ElementTree.fromstring(out.encode()).iter("field"):
            fields = {field.get("name"): field.get("show") for field in record}
            fields = {name[len("cflow."):]: show for name, show in fields.items()
                      if name and name.startswith("cflow.")}
            if "nat_event" in fields and "protocol" in fields:
                self.add_tshark(fields)
            elif "srcas" in fields and number(fields["packets"]) == 0:
                self.add_pseudo(number(fields["tcpflags"]), None, [
                    number(fields["protocol"]), fields["srcaddr"], fields["dstaddr"],
                    fields["nexthop"], *(number(fields[name]) for name in (
                        "srcport", "dstport", "srcas", "dstas"))])

    def add_tshark(self, fields):
        six = "" if "srcaddr" in fields else "v6"
        post = "post_nat{}_ipv4_address" if not six else "post_nat_{}_ipv6_address"
        when = fields["observation_time_milliseconds"]
        self.add(number(fields["nat_event"]), self.seconds(when), [
            number(fields["protocol"]), fields["srcaddr" + six], fields["dstaddr" + six],
            number(fields["srcport"]), number(fields["dstport"]),
            fields[post.format("source")], fields[post.format("destination")],
            number(fields["post_naptsource_transport_port"]),
            number(fields["post_naptdestination_transport_port"])])

    @staticmethod
    def seconds(text):
        """Of a time as tshark shows it"""
        match = re.fullmatch(r"(\w{3} +\d+, \d{4} \d\d:\d\d:\d\d)\.(\d+) UTC", text)
        if not match:
            sys.exit(f"natevents: no time of tshark's: {text!r}")
        when = datetime.datetime.strptime(match[1], "%b %d, %Y %H:%M:%S")
        return when.replace(tzinfo=datetime.timezone.utc).timestamp() + float("0." + match[2])

    def add(self, code, seconds, values):
        version = ipaddress.ip_address(values[1]).version
        codes = CODES[self.options.codes, version]
        if code not in codes:
            self.wrong.append(f"natEvent {code} of IPv{version}")
        self.check_time(seconds)
        self.events[Event(code == codes[0], values[0], *values[1:5], *values[5:])] += 1

    def add_pseudo(self, flags, seconds, values):
        if flags not in FLAGS:
            self.wrong.append(f"TCP flags {flags:#x} of a pseudo flow")
        self.check_time(seconds)
        self.events[Pseudo(FLAGS.get(flags), *values)] += 1

    def check_time(self, seconds):
        first, last = self.options.between
        if seconds is not None and not first - 0.002 <= seconds <= last + 0.002:
            self.wrong.append(f"an event at {seconds}, not between {first} and {last}")

    def pseudo_flows(self):
        """What v5 makes of the events"""
        pseudo = collections.Counter()
        for event, times in self.events.items():
            if ":" in event.src:
                continue
            flow = Pseudo(event.created, event.protocol, event.src, event.post_dst, None,
                          event.sport, event.post_dport, 0, 0)
            if (event.src, event.sport) != (event.post_src, event.post_sport):
                pseudo[flow._replace(next_hop=event.post_src, src_as=event.post_sport)] += times
            if (event.dst, event.dport) != (event.post_dst, event.post_dport):
                pseudo[flow._replace(next_hop=event.dst, dst_as=event.dport)] += times
        self.events = pseudo

    def count(self):
        counts = collections.Counter()
        for event, times in self.events.items():
            counts[":" in event.src, event.created] += times
        return ", ".join(f"IPv{version} {counts[six, True]} began, {counts[six, False]} ended"
                         for version, six in ((4, False), (6, True)))


def compare(truth, source):
    """What is wrong with the source, as lines"""
    lines = list(source.wrong)
    for what, events in (("lacks", truth.events - source.events),
                         ("has too much", source.events - truth.events)):
        lines += [f"{what}, {times} times: {event}" for event, times in events.items()]
    return lines


def main(arguments=None):
    parser = argparse.ArgumentParser(description="NAT events that were exported beside conntrack's")
    parser.add_argument("command", choices=("compare", "count"))
    parser.add_argument("sources", nargs="+", metavar="SOURCE")
    parser.add_argument("--truth", action="append", metavar="SOURCE")
    parser.add_argument("--version", type=int, choices=(5, 9, 10), default=10)
    parser.add_argument("--codes", choices=("rfc8158", "legacy"), default="rfc8158")
    parser.add_argument("--between", type=float, nargs=2, default=(0, float("inf")))
    options = parser.parse_args(arguments)
    sources = [Source(name, options) for name in options.sources]
    if options.command == "count":
        for source in sources:
            print(source.count())
        return 0

    if not options.truth:
        parser.error("compare needs --truth")
    truth = Source(options.truth[0], options)
    for name in options.truth[1:]:
        truth.events += Source(name, options).events
    if options.version == 5:
        truth.pseudo_flows()
    if not truth.events:
        sys.exit(f"natevents: {' '.join(options.truth)} has no translation")
    status = 0
    for source in sources:
        lines = compare(truth, source)
        print(f"{source.name}: {source.count()}, {len(lines)} differences")
        for line in lines[:10]:
            print(f"  {line}")
        status |= bool(lines)
    return status


if __name__ == "__main__":
    sys.exit(main())
