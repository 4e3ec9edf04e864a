#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kernels: uml-debug
# timeout: 580
"""Options Data: each record, to each collector, in v9 and IPFIX; nothing in v5

Of two collectors one has no route at first, and loses it again. What each is told of the messages,
Flow Records and octets that it was sent is what its capture has before that message; what it is
told to have lost, when for the first and the last time, is what it was not sent. All comes
before the first Flow Record of a session, and again after 60 s, with a refresh of the Templates,
to a collector that is added again or reconnects; interfaces when they change, too.

lib/exported.py has the picture.
"""
import json
import os
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
from exported import (PACKET_OCTETS, TMP, Collectors, command, configure, flush, generate, set_up,
                      stats, violations_of)
from guest import Ktap, check_law, die, must, run, slowwait

FIRST, SECOND = "203.0.113.2:2055", "198.18.1.2:2055"
# RFC 7011 4.1 to 4.4: elements of the records that every session begins with
ALWAYS = {"systemInitTimeMilliseconds", "exportedMessageTotalCount", "interfaceName"}
# What makes a Flow another one, as far as Templates have it without further settings
KEYS = {"sourceIPv4Address", "destinationIPv4Address", "sourceIPv6Address", "destinationIPv6Address",
        "sourceTransportPort", "destinationTransportPort", "protocolIdentifier",
        "ipClassOfService", "ipVersion", "ingressInterface", "icmpTypeCodeIPv4", "icmpTypeCodeIPv6",
        "IPSecSPI", "igmpType"}

created = 0             # Flows so far in the router's namespace
addresses = 0           # ranges of them used up
unmetered = [0, 0]      # packets and octets so far that found no room in the Cache
unmetered_times = []    # (not before, not after) in ms of all times that this happened


def new_flows(count):
    global created, addresses
    addresses += 1
    created += count
    generate(count, f"src_min 10.{addresses}.0.1")


def destination(address):
    address, _, port = address.rpartition(":")
    return next(one for one in stats()["destinations"]
                if (one["address"], one["port"]) == (address, int(port)))


def is_connected(address):
    return destination(address)["connected"]


def route(is_there):
    must("ip", "-n", "router", "address", "add" if is_there else "del", "198.18.1.1/24", "dev", "e2")


def now_ms():
    return time.time() * 1000


# Records -------------------------------------------------------------------------------------

def counts_right(name, told):
    """RFC 7011 4.1: what was sent before the message that tells it; whose the sessions were"""
    messages = flows = octets = 0
    wrong, seen = [], []
    for message in told.messages:
        for record in message.records:
            if "exportedMessageTotalCount" not in record:
                continue
            said = [record[f"exported{what}TotalCount"] for what in ("Message", "FlowRecord", "Octet")]
            seen.append(said)
            if said != [messages, flows, octets]:
                wrong.append(f"{said} were told, {[messages, flows, octets]} came")
        messages += 1
        flows += sum(not record.get("isOptions") for record in message.records)
        octets += len(message.datagram.payload)
    ktap.test(f"conformance 43: {name}: messages, Flow Records and octets are those that came before "
              f"({len(seen)} times)", seen and not wrong, "\n".join(wrong) or "none was told")
    return seen


def begins_with_options(name, told, expected):
    """Each session: what is expected, and no Flow Record before all of it"""
    sessions = {}
    for message in told.messages:
        sessions.setdefault(message.datagram.sport, []).extend(message.records)
    missing = []
    for port, records in sessions.items():
        first = next((i for i, record in enumerate(records) if not record.get("isOptions")),
                     len(records))
        have = {element for record in records[:first] for element in record}
        missing += [f"session {port}: {sorted(expected - have)}"] if expected - have else []
    ktap.test(f"conformance 51: {name}: {len(sessions)} sessions begin with all there is to tell",
              sessions and not missing, missing)
    return len(sessions)


def system_right(name, told, domain_name, began_ms):
    boot_ms = (time.clock_gettime(time.CLOCK_REALTIME) - time.clock_gettime(time.CLOCK_BOOTTIME)) * 1000
    records = told.options("systemInitTimeMilliseconds")
    wrong = [record for record in records
             if abs(record["systemInitTimeMilliseconds"] - boot_ms) > 1000 or
             record["observationDomainName"] != domain_name or
             abs(record["flowStartMilliseconds"] - began_ms) > 2000 or
             not record["flowStartMilliseconds"] <= record["flowEndMilliseconds"] <=
             record["captureTime"] + 1 < record["flowEndMilliseconds"] + 5000]
    ktap.test(f"{name}: the system: start within 1 s of boot, '{domain_name}', since when and until now",
              records and not wrong, wrong[:1] or "no such record")


def interfaces():
    """(index, name, alias) as the router has them"""
    return sorted((link["ifindex"], link["ifname"], link.get("ifalias"))
                  for link in json.loads(must("ip", "-n", "router", "-j", "link")))


def table(told):
    """Index -> (name, description) as they were told last"""
    found = {}
    for record in told.options("interfaceName"):
        index = record.get("ingressInterface")
        if index is None:
            index = int(record["scope2"], 16)
        found[index] = (record["interfaceName"], record["interfaceDescription"])
    return found


def interfaces_right(name, told):
    found, there = table(told), interfaces()
    ktap.equal(f"conformance 48: {name}: every interface has its name",
               [(index, device) for index, device, _ in there],
               sorted((index, device) for index, (device, _) in found.items()))
    ktap.equal(f"{name}: and its alias, or else driver, speed and port as far as they are known",
               {device: alias or {"d": "dummy", "e": "veth,10000,tp", "l": ""}[device[0]]
                for _, device, alias in there},
               dict(found.values()))


def flow_keys_right(name, told):
    """RFC 7011 4.4: of each Template of Flow Records, once it is used"""
    fields = {number: [field.name for field in template.fields]
              for session in told.capture.sessions.values()
              for domain in session.domains.values()
              for number, template in domain.templates.items() if not template.is_options}
    records = told.options("flowKeyIndicator")
    seen = {record["templateId"]: {element for bit, element in enumerate(fields[record["templateId"]])
                                   if record["flowKeyIndicator"] >> bit & 1}
            for record in records if record["templateId"] in fields}
    ktap.equal(f"conformance 46: {name}: the Flow Keys of each Template",
               {number: KEYS.intersection(names) for number, names in fields.items()}, seen)


def reliability(told, element):
    """What was told last: counters and both times"""
    records = told.options(element)
    if not records:
        return None
    names = {"ignoredPacketTotalCount": ["ignoredPacketTotalCount", "ignoredOctetTotalCount"],
             "notSentFlowTotalCount": ["notSentFlowTotalCount", "notSentPacketTotalCount",
                                       "notSentOctetTotalCount"]}[element]
    return ([records[-1][name] for name in names],
            [records[-1][name] for name in ("flowStartMilliseconds", "flowEndMilliseconds")])


def loss_right(name, seen, counters, first, last):
    """`first`, `last`: (not before, not after) in ms"""
    if not ktap.test(f"{name}: is told", seen, "no such record"):
        return
    ktap.equal(f"{name}: exactly", counters, seen[0])
    ktap.test(f"{name}: first and last time",
              all(early - 10 <= when <= late + 10
                  for when, (early, late) in zip(seen[1], (first, last))),
              f"{seen[1]}, not in {first} and {last}")


def tshark_is_content(name, collector):
    said = must("tshark", "-n", "-r", os.path.join(TMP, collector + ".pcap"), "-d",
                "udp.port==2055,cflow", "-Y", "_ws.expert.severity >= 6291456 or "
                "cflow.unexpected_sequence_number or cflow.no_template_found or _ws.malformed",
                "-T", "fields", "-e", "frame.number", "-e", "_ws.expert.message")
    ktap.equal(f"{name}: {collector}: tshark has no expert error, gap or unknown Template", "", said)


# Losses --------------------------------------------------------------------------------------

def lose_packets():
    """More Flows than there may be, at once"""
    global created
    before, began = stats()["metering"], now_ms()
    configure("maxflows", "100")
    generate(2000, "src_min 10.250.0.1")
    after = stats()["metering"]
    unmetered_times.append((began, now_ms()))
    created += after["flows_created"] - before["flows_created"]
    for i, unit in enumerate(("packets", "octets")):
        unmetered[i] += after[f"ignored_{unit}"] - before[f"ignored_{unit}"]
    ktap.test(f"packets were ignored: {unmetered[0]} so far", unmetered[0] > 0)
    configure("maxflows", "2000000")
    flush()


def scenario(collectors, protocol):
    name = protocol
    packets = {"first": 400, "second": 300, "third": 200, "fourth": 50}
    configure("destination", "none")
    configure("protocol", protocol, "domain-name", "", "metering", "on")
    command("reset", "stats")
    route(False)
    collectors.begin()

    # Without a route; with one; without; with one
    configure("destination", f"{FIRST},{SECOND}")
    lost = [[now_ms()]]
    new_flows(packets["first"])
    flush()
    lost[0].append(now_ms())
    route(True)
    if not slowwait(20, lambda: is_connected(SECOND)):
        die("it does not connect")
    new_flows(packets["second"])
    flush()
    route(False)
    lost.append([now_ms()])
    new_flows(packets["third"])
    flush()
    lost[1].append(now_ms())
    route(True)
    if not slowwait(20, lambda: is_connected(SECOND)):
        die("it does not reconnect")
    new_flows(packets["fourth"])
    flush()
    lose_packets()
    not_sent = [destination(SECOND)[f"not_sent_{what}"] for what in ("flows", "packets", "octets")]
    count = packets["first"] + packets["third"]
    ktap.equal(f"{name}: what had no route was not sent to one of the two", [count, count,
               count * PACKET_OCTETS, 0], [*not_sent, destination(FIRST)["not_sent_flows"]])
    return lost, not_sent


def judge(collectors, protocol, began_ms, lost, not_sent):
    collectors.end()
    told = {name: collectors.told(name) for name in ("c1", "c2")}
    for name, one in told.items():
        ktap.equal(f"{protocol}: {name}: no violation of the protocol", "", violations_of(one))
        seen = counts_right(f"{protocol}: {name}", one)
        system_right(f"{protocol}: {name}", one, socket.gethostname(), began_ms)
        interfaces_right(f"{protocol}: {name}", one)
        tshark_is_content(protocol, name)
        flows = one.options("observedFlowTotalCount")[-1]["observedFlowTotalCount"]
        ktap.equal(f"{protocol}: {name}: Flows created", created, flows)
        ktap.equal(f"{protocol}: {name}: what is told last is all that the kernel counts",
                   [destination(FIRST if name == "c1" else SECOND)["flow_records"]], [seen[-1][1]])
        if protocol == "ipfix":
            flow_keys_right(f"{protocol}: {name}", one)
        loss_right(f"conformance 44: {protocol}: {name}: what was not metered",
                   reliability(one, "ignoredPacketTotalCount"), unmetered, unmetered_times[0],
                   unmetered_times[-1])
    ktap.equal(f"{protocol}: c1, which lost nothing, is told of no loss", None,
               reliability(told["c1"], "notSentFlowTotalCount"))
    loss_right(f"conformance 45: {protocol}: c2: what it was not sent",
               reliability(told["c2"], "notSentFlowTotalCount"), not_sent, *lost)
    begins_with_options(f"{protocol}: c1", told["c1"], ALWAYS)
    ktap.equal(f"{protocol}: c2 had two sessions", 2,
               begins_with_options(f"{protocol}: c2", told["c2"], ALWAYS))


# Again ---------------------------------------------------------------------------------------

def change_interfaces(collectors):
    """While time passes: each change is told within seconds"""
    def is_told(index, wanted):
        def look():
            collectors.end()
            return all(table(collectors.told(name)).get(index) == wanted for name in ("c1", "c2"))
        began = time.monotonic()
        ktap.test(f"interface {index} is {wanted}: told within seconds", slowwait(6, look),
                  f"{time.monotonic() - began:.1f} s: {table(collectors.told())}")

    index = {name: number for number, name, _ in interfaces()}
    must("ip", "-n", "router", "link", "set", "e1", "alias", "uplink to the collector")
    is_told(index["e1"], ("e1", "uplink to the collector"))
    # 32 octets, of UTF-8 no half of a character
    must("ip", "-n", "router", "link", "set", "e2", "alias", "x" * 31 + "\N{GREEK SMALL LETTER PI}")
    is_told(index["e2"], ("e2", "x" * 31))
    must("ip", "-n", "router", "link", "add", "dnew", "type", "dummy")
    number = {name: number for number, name, _ in interfaces()}["dnew"]
    is_told(number, ("dnew", "dummy"))
    must("ip", "-n", "router", "link", "set", "dnew", "name", "drenamed0123456")
    is_told(number, ("drenamed0123456", "dummy"))
    must("ip", "-n", "router", "link", "del", "drenamed0123456")
    for name in "e1", "e2":
        must("ip", "-n", "router", "link", "set", name, "alias", "")


def repeats_after_a_minute(collectors):
    def times():
        collectors.end()
        told = collectors.told()
        return [record["captureTime"] for record in told.options("exportedMessageTotalCount")]
    if not slowwait(75, lambda: len(times()) >= 2):
        ktap.test("statistics are told again after a minute", False, times())
        return
    gap = times()[1] - times()[0]
    ktap.test(f"statistics are told again after a minute: {gap / 1000:.1f} s", 59000 <= gap <= 62500)


def wait_for_totals(collectors):
    """Until both were told of all that they were sent: a minute, if it is to be"""
    def are_told():
        collectors.end()
        return all(collectors.told(name).options("exportedMessageTotalCount")[-1]
                   ["exportedFlowRecordTotalCount"] == destination(address)["flow_records"]
                   for name, address in (("c1", FIRST), ("c2", SECOND)))
    slowwait(75, are_told)


def refresh_repeats(collectors, protocol):
    """With each refresh of the Templates: those of the sampler and of the Templates"""
    configure("destination", "none")
    configure("protocol", protocol, "sampler", "random:2", "refresh-rate", "5")
    collectors.begin()
    configure("destination", FIRST)
    for _ in range(4):
        new_flows(200)
        flush()
    collectors.end()
    told = collectors.told()
    often = [len(told.options("samplingAlgorithm")),
             len(told.options("flowKeyIndicator" if protocol == "ipfix" else "samplerMode"))]
    ktap.test(f"conformance 51: {protocol}: again with each refresh of the Templates: {often}",
              min(often) >= 3 and len(told.options("systemInitTimeMilliseconds")) == 1)
    ktap.equal(f"{protocol}: refreshes: no violation", "", violations_of(told))
    counts_right(f"{protocol}: refreshes", told)
    configure("sampler", "none", "refresh-rate", "1000")


def added_again(collectors, protocol):
    """A destination that is removed and added is a new one"""
    configure("destination", "none")
    configure("protocol", protocol, "domain-name", "edge.example.net")
    collectors.begin()
    configure("destination", f"{FIRST},{SECOND}")
    new_flows(100)
    flush()
    command("del", "destination", SECOND)
    command("add", "destination", SECOND)
    new_flows(10)
    flush()
    if not slowwait(10, lambda: destination(SECOND)["data_records"] > 10):
        die("nothing is told")
    collectors.end()
    told = collectors.told("c2")
    ktap.equal(f"{protocol}: added again: two sessions", 2,
               begins_with_options(f"{protocol}: added again", told, ALWAYS))
    ktap.equal(f"{protocol}: added again: no violation", "", violations_of(told))
    said = [record["exportedFlowRecordTotalCount"]
            for record in told.options("exportedMessageTotalCount")]
    ktap.equal(f"{protocol}: added again: counts from 0 on", [0, 0], said)
    ktap.equal(f"{protocol}: the domain has the name that it was given", {"edge.example.net"},
               {record["observationDomainName"] for record in told.options("observationDomainName")})
    # Another name is told at once
    configure("domain-name", "core.example.net")

    def is_told():
        collectors.end()
        return [record["observationDomainName"] for record in
                collectors.told("c1").options("observationDomainName")][-1:] == ["core.example.net"]
    ktap.test(f"{protocol}: another name is told at once", slowwait(5, is_told))
    configure("domain-name", "")


def v5_has_none(collectors):
    configure("destination", "none")
    configure("protocol", "v5")
    collectors.begin()
    configure("destination", FIRST)
    time.sleep(2.5)
    must("ip", "-n", "router", "link", "set", "e1", "alias", "v5")
    time.sleep(1.5)
    ktap.equal("v5: nothing is sent without Flows", [0, 0],
               [destination(FIRST)[name] for name in ("messages", "data_records")])
    new_flows(60)
    flush()
    collectors.end()
    told = collectors.told()
    ktap.equal("v5: Flow Records and nothing else", (60, 0),
               (len(told.flows), len(told.records) - len(told.flows)))
    ktap.equal("v5: no violation", "", violations_of(told))
    must("ip", "-n", "router", "link", "set", "e1", "alias", "")


def main():
    if run("which", "tshark").returncode:
        print("1..0 # SKIP tshark is not installed")
        sys.exit(4)
    set_up()
    collectors = Collectors()
    configure("points", "inet=forward", "inactive-timeout", "600", "active-timeout", "3600",
              "refresh-rate", "1000")
    began_ms = now_ms()
    configure("metering", "on")

    # One minute that is really waited for
    seen = scenario(collectors, "ipfix")
    repeats_after_a_minute(collectors)
    wait_for_totals(collectors)
    judge(collectors, "ipfix", began_ms, *seen)
    check_law(ktap, "ipfix", "router")
    change_interfaces(collectors)
    for protocol in "ipfix", "v9":
        added_again(collectors, protocol)
        refresh_repeats(collectors, protocol)
    seen = scenario(collectors, "v9")
    wait_for_totals(collectors)
    judge(collectors, "v9", began_ms, *seen)
    check_law(ktap, "v9", "router")
    v5_has_none(collectors)
    check_law(ktap, "v5", "router")
    ktap.end()


ktap = Ktap()
main()
