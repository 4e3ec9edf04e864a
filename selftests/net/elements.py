#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 900
"""elements.py - each Information Element carries the value that the packets had

    a eth0 ------- eth0 router eth1 ------- eth0 b      routed, with VLAN devices and a VRF
    a eth1 --------- p0 br0 p1 ------------ eth1 b      bridged, with br_netfilter
                        eth2 ------- eth0 collector

The ROWS of lib/elements.py are compared with `nfmgr show elements`: an element without a row is a
failure, and a row without an element. Packets that scapy built, and a socket's, are metered with
several settings, for NetFlow v9 and IPFIX; each probe is a Flow that is told apart by its source
address. What its record has to be is computed from the packets. lib/flowdecode.py, tshark, nfdump
and, of IPFIX, python3-ipfix and ipfixDump (libfixbuf) decode it.
"""
import itertools
import os
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
# pylint: disable=wrong-import-position
import judges
from elements import (AGGREGATION, ALL, GATEWAYS, INDEXES, MAC_A, MAC_A1, MAC_B1, MAC_BRIDGE,
                      MAC_ROUTER, NAT_PORT, NAT_SOURCES, NAT_TARGETS, ROWS, SAMPLER, SOURCES,
                      TARGETS, Flow, Range)
from flowdecode import Rules
from guest import TOP, Ktap, add_ns, check_law, die, inside, must, nfmgr, run, show, slowwait

ktap = Ktap()
TMP = must("mktemp", "-d", "/tmp/pnf-elements.XXXXXX").strip()
EVERYTHING = ("mac,vlan,mpls=10,direction,physdev,ttl,length,layer2,nat,vrf,microseconds,"
              "nanoseconds,duration")
SETTINGS = [
    ("everything", {"fields": EVERYTHING}),
    ("nothing", {}),
    ("physdev-override", {"fields": "physdev-override"}),
    ("aggregation", {"aggregation": AGGREGATION}),
    ("snmp-rules", {"fields": "physdev",
                    "snmp-rules": ",".join(f"{name}:{base}" for name, base in INDEXES.items())}),
    ("sampler", {"sampler": f"deterministic:{SAMPLER}"}),
]
RESET = {"fields": "none", "aggregation": "none", "snmp-rules": "none", "sampler": "none"}
RUNS = range(1, 2 * len(SETTINGS) + 1)
# What results of these elements prove besides
LABELS = {5: "reference bug 6: ", 31: "reference bug 6: ", 208: "reference bug 10: ",
          209: "reference bug 10: "}


# Topology ----------------------------------------------------------------------

def batch(ns, text):
    done = subprocess.run(["ip", "-n", ns, "-batch", "-"], input=text, text=True,
                          capture_output=True, check=False)
    if done.returncode:
        die(f"{ns}: {done.stderr}")


def set_up():
    run("modprobe", "-q", "-a", "vrf", "8021q", "bridge", "br_netfilter", "nft_nat",
        "nft_chain_nat")
    add_ns("a", "b", "router", "collector")
    must("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0",
         "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1",
         "net.ipv6.conf.default.accept_dad=0", "net.ipv6.auto_flowlabels=0",
         "net.bridge.bridge-nf-call-iptables=1",
         "net.bridge.bridge-nf-call-ip6tables=1", "net.bridge.bridge-nf-filter-vlan-tagged=1",
         ns="router")
    for ns in "a", "b":
        must("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1",
             "net.ipv6.conf.default.disable_ipv6=1", ns=ns)
    for ns, device, peer, peer_device in (("router", "eth0", "a", "eth0"),
                                          ("router", "eth1", "b", "eth0"),
                                          ("router", "p0", "a", "eth1"),
                                          ("router", "p1", "b", "eth1"),
                                          ("router", "eth2", "collector", "eth0")):
        must("ip", "link", "add", device, "netns", ns, "type", "veth", "peer", "name", peer_device,
             "netns", peer)
    batch("a", f"""
        link set eth0 address {MAC_A} up
        link set eth1 address {MAC_A1} up""")
    batch("b", f"""
        link set eth0 up
        link set eth1 address {MAC_B1} up""")
    batch("collector", """
        link set eth0 up
        address add 203.0.113.2/24 dev eth0""")
    batch("router", f"""
        link set eth0 address {MAC_ROUTER} up
        link set eth1 up
        link set eth2 up
        link add br0 address {MAC_BRIDGE} type bridge
        link set p0 master br0 up
        link set p1 master br0 up
        link set br0 up
        link add link eth0 name eth0.11 type vlan id 11
        link add link eth0 name eth0.12 type vlan id 12 reorder_hdr off
        link add link eth0 name eth0.20 type vlan proto 802.1ad id 20
        link add link eth0.20 name eth0.20.21 type vlan id 21
        link add link eth0.20 name eth0.20.22 type vlan id 22 reorder_hdr off
        link add link eth0 name eth0.30 type vlan proto 802.1ad id 30 reorder_hdr off
        link add link eth0.30 name eth0.30.31 type vlan id 31 reorder_hdr off
        link add link eth0.30 name eth0.30.32 type vlan id 32
        link add link eth0 name eth0.60 type vlan id 60
        link add link eth1 name eth1.41 type vlan id 41
        link add link eth1 name eth1.50 type vlan proto 802.1ad id 50
        link add link eth1.50 name eth1.50.51 type vlan id 51
        link add link eth1 name eth1.61 type vlan id 61
        link add red type vrf table 100
        link set red up
        link set eth0.60 master red
        link set eth1.61 master red
        """ + "\n".join(f"link set {device} up" for device in (
            "eth0.11", "eth0.12", "eth0.20", "eth0.20.21", "eth0.20.22", "eth0.30", "eth0.30.31",
            "eth0.30.32", "eth0.60", "eth1.41", "eth1.50", "eth1.50.51", "eth1.61")) + """
        address add 203.0.113.1/24 dev eth2
        address add 198.51.100.1/24 dev eth1
        address add 2001:db8:2::1/64 dev eth1 nodad
        address add 2001:db8:99::1/64 dev eth1.41 nodad
        address add 2001:db8:98::1/64 dev eth1.50.51 nodad
        address add 2001:db8:97::1/64 dev eth1.61 nodad
        """)
    lines = []
    for device, gateways in GATEWAYS.items():
        table = " table 100" if device == "eth1.61" else ""
        for address, prefix, length in zip(gateways, TARGETS[device], ("0.0/16", "::/48")):
            dot = "." if length[0] == "0" else ""
            lines += [f"neighbour add {address} dev {device} lladdr 02:00:00:00:02:09 "
                      "nud permanent",
                      f"route add {prefix}{dot}{length} via {address} dev {device} onlink{table}"]
    for address in NAT_TARGETS:
        lines.append(f"neighbour add {address} lladdr 02:00:00:00:02:07 dev eth1 nud permanent")
    batch("router", "\n".join(lines))
    rules = []
    for number in RUNS:
        for kind, prefix, target, source in (("ip", f"{SOURCES[0]}.{number}.0/24", NAT_TARGETS[0],
                                              NAT_SOURCES[0]),
                                             ("ip6", f"{SOURCES[1]}:{number:x}::/64",
                                              f"[{NAT_TARGETS[1]}]", f"[{NAT_SOURCES[1]}]")):
            rules.append((f"{kind} saddr {prefix} udp dport {NAT_PORT} dnat {kind} to "
                          f"{target}:{5300 + number}",
                          f"{kind} saddr {prefix} udp dport {5300 + number} snat {kind} to "
                          f"{source}:{40000 + number}"))
    with open(os.path.join(TMP, "rules.nft"), "w", encoding="ascii") as file:
        file.write("table inet nat {\n"
                   "chain prerouting { type nat hook prerouting priority dstnat;\n" +
                   "\n".join(rule[0] for rule in rules) + "\n}\n"
                   "chain postrouting { type nat hook postrouting priority srcnat;\n" +
                   "\n".join(rule[1] for rule in rules) + "\n}\n}\n")
    must("nft", "-f", os.path.join(TMP, "rules.nft"), ns="router")


def interfaces():
    """Name -> ifindex, of the router"""
    with inside("router"):
        return {name: index for index, name in socket.if_nameindex()}


# Runs --------------------------------------------------------------------------

class Sender:
    """Frames of a, and sockets of the router"""

    def __init__(self):
        self.frames = {}
        for arrives, device in ("eth0", "eth0"), ("br0", "eth1"):
            with inside("a"):
                self.frames[arrives] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            self.frames[arrives].bind((device, 0))

    def send(self, flow):
        probe = flow.probe
        if probe.is_sent:
            with inside("router"):
                sock = socket.socket(socket.AF_INET6 if flow.version == 6 else socket.AF_INET,
                                     socket.SOCK_DGRAM)
            sock.bind((flow.source, probe.sport))
        for packet, (octets, ttl, seconds) in zip(flow.packets, probe.packets):
            time.sleep(seconds)
            before = time.time_ns(), time.clock_gettime_ns(time.CLOCK_BOOTTIME)
            if probe.is_sent:
                sock.sendto(b"x" * octets, (flow.target, 5001))
            else:
                self.frames["br0" if probe.arrives == "br0" else "eth0"].send(flow.frame(packet))
            after = time.time_ns(), time.clock_gettime_ns(time.CLOCK_BOOTTIME)
            flow.times.append((before[0], after[0]))
            flow.uptimes.append((before[1], after[1]))
        if probe.is_sent:
            sock.close()


def local_addresses(number):
    """Of what is sent from the router and to it"""
    lines = []
    for i, probe in enumerate(ALL):
        flow = Flow(probe, number, i, {}, {})
        if probe.is_sent or probe.leaves is None:
            local = flow.source if probe.is_sent else flow.target
            lines.append(f"address add {local} dev lo" + (" nodad" if probe.version == 6 else ""))
    batch("router", "\n".join(lines))


def end_reasons():
    return show("stats", "router")["metering"]["end_reasons"]


def meter(number, name, setting, version, sender, world):
    """One run: the Flows, each of which is exported"""
    words = [word for pair in {**RESET, **setting}.items() for word in pair]
    done = nfmgr("set", *words, "protocol", str(version), "engine-id", str(number), ns="router")
    if done.returncode:
        die(f"{name}: {done.stderr}")
    local_addresses(number)
    flows = [Flow(probe, number, i, setting, world) for i, probe in enumerate(ALL)]
    before = end_reasons()["end"]
    for flow in flows:
        sender.send(flow)
    # TCP that ended leaves by itself, the rest when it is told to
    ended = sum(flow.probe.tells.get("flowEndReason") == 3 for flow in flows)
    slowwait(30, lambda: end_reasons()["end"] - before >= ended)
    done = nfmgr("flush", ns="router")
    if done.returncode:
        die(f"{name}: {done.stderr}")
    slowwait(60, lambda: not show("stats", "router")["exporting"]["queued_packets"])
    check_law(ktap, f"{name}, version {version}", "router")
    return flows


def start(ns, *words, ready):
    log = open(os.path.join(TMP, words[0].split("/")[-1] + ".log"), "w+", encoding="utf-8")
    child = subprocess.Popen(["ip", "netns", "exec", ns, *words], stdin=subprocess.DEVNULL,
                             stdout=log, stderr=log)
    if not slowwait(30, ready):
        die(f"{words[0]} does not start")
    return child


# Judgement ---------------------------------------------------------------------

class Judge:
    """A decoder and what it says: records by (version, source address)"""

    def __init__(self, name, versions, records, keys, value):
        self.name, self.versions, self.value = name, versions, value
        self.records = {}
        self.twice = []
        for record in records:
            for key in keys:
                source = record.get(key)
                source = source[0] if isinstance(source, list) and source else source
                if not source:
                    continue
                if source in self.records:
                    self.twice.append(source)
                self.records[source] = record

    def knows(self, row, version):
        if self.name == "nfdump" and version not in row.nfdump_of:
            return False
        return version in self.versions and self.value(row, None) is not None


def fits(expected, seen):
    if isinstance(expected, Range):
        return isinstance(seen, int) and expected.least <= seen <= expected.most
    return expected == seen


def by_number(row, record):
    """Of judges that know all elements; None: it is not in the record"""
    return True if record is None else record.get(row.number)


def by_tshark(row, record):
    return row.tshark if record is None else record.get(row.tshark)


def by_nfdump(row, record):
    if record and "icmp" in record and row.nfdump in ("src_port", "dst_port"):
        return record["icmp"] if row.nfdump == "dst_port" else 0
    return row.nfdump if record is None else record.get(row.nfdump)


def as_judged(judge, row, expected, flow, boot_ns):
    """What a judge says that is not what the element is"""
    if judge.name == "nfdump" and row.number in (1, 2) and "sampler" in flow.setting:
        return expected * SAMPLER       # it multiplies by what Options Data say
    if judge.name == "tshark" and row.number in (161, 162):
        unit = 10**6 if row.number == 161 else 10**3
        return Range(expected.least * unit, expected.most * unit)
    if judge.name == "nfdump" and row.number in (21, 22):
        return Range(expected.least + boot_ns, expected.most + boot_ns)
    if judge.name == "nfdump" and row.number == 6:
        return expected & 0xff          # it shows eight of the flags
    if judge.name == "ipfixDump" and 154 <= row.number <= 157:
        return Range(expected.least - 10**9, expected.most)
    return expected


def judge_element(judge, row, version, flows, boot_ns):
    """How many records had the element, with a value other than 0, and what is wrong in them"""
    proven, wrong = 0, []
    for flow in flows:
        record = judge.records.get(flow.told)
        expected = row.expected(flow, version)
        if record is None or expected is None:
            continue
        seen = judge.value(row, record)
        expected = as_judged(judge, row, expected, flow, boot_ns)
        values = seen if isinstance(seen, list) else [seen]
        if not any(fits(expected, value) for value in values):
            wrong.append(f"{judge.name}, {flow.name}: {expected} expected, {seen} seen")
        elif expected not in (0, False, "", "::", "0.0.0.0"):
            proven += 1
    return proven, wrong


def judge_elements(judges_of, shown, flows, boot_ns):
    """A result for each element and protocol: all judges that know it agree with the packets"""
    for row in ROWS:
        for version in 9, 10:
            octets = shown[row.number]["octets" if version == 10 else "octets_v9"]
            if octets is None:
                continue
            name = f"{'IPFIX' if version == 10 else 'v9'}: {row.name} ({row.number})"
            if row.unit:
                ktap.equal(f"{name}: unit tests prove what does not get here", [],
                           [*unproven(row, octets)])
                continue
            told, wrong = [], []
            for judge in judges_of:
                if not judge.knows(row, version):
                    continue
                proven, mistakes = judge_element(
                    judge, row, version, [flow for flow in flows if flow.version_of == version],
                    boot_ns)
                if not proven:
                    mistakes.append(f"{judge.name}: no record has it")
                told.append(judge.name)
                wrong += mistakes
            ktap.test(f"{LABELS.get(row.number, '')}{name}: as the packets had it, says "
                      f"{', '.join(told)}", not wrong,
                      "\n".join(wrong[:10]))


def unproven(row, octets):
    """Unit tests that are not there, or do not name the element"""
    for name, text in row.unit:
        try:
            with open(os.path.join(TOP, "selftests/unit", name), encoding="utf-8") as file:
                if text.format(row.number, octets) not in file.read():
                    yield f"{name} has no {text.format(row.number, octets)}"
        except OSError as error:
            yield str(error)


def judge_table():
    """The elements that there are; each has its row, each row its element"""
    shown = {entry["id"]: entry for entry in show("elements", "router")}
    ktap.equal("each element has a row, each row an element", sorted(shown),
               sorted(row.number for row in ROWS))
    rows = {row.number: row for row in ROWS}
    wrong = [f"{entry['name']}: fields {entry['fields']}" for number, entry in shown.items()
             if number in rows and (entry["name"] != rows[number].name or
                                    not rows[number].is_brought_by(entry["fields"]))]
    ktap.equal("names and groups of fields are those of the rows", [], wrong)
    if sorted(shown) != sorted(rows):
        ktap.end()
    return shown


def main():
    set_up()
    shown = judge_table()
    world = interfaces()
    collector = subprocess.Popen(
        [sys.executable, os.path.join(TOP, "selftests/lib/collectors.py"), TMP, "collector"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    collector.stdout.readline()
    directory = os.path.join(TMP, "nfcapd")
    os.mkdir(directory)
    nfcapd = start("collector", "nfcapd", "-p", "2055", "-w", directory, "-t", "86400", "-B",
                   "16777216",
                   ready=lambda: ":2055 " in run("ss", "-Hlun", ns="collector").stdout)
    must("nfmgr", "--netns", "router", "set", "destination", "203.0.113.2:2055", "active-timeout",
         "3600", "inactive-timeout", "3600")
    sender = Sender()
    flows = []
    for number, (version, (name, setting)) in enumerate(itertools.product((9, 10), SETTINGS), 1):
        for flow in meter(number, name, dict(setting), version, sender, world):
            flow.name = f"{name}: {flow.probe.name}"
            flow.version_of = version
            flow.told = flow.masked(flow.source, True)
            flows.append(flow)
    boot_ns = time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    collector.stdin.write("end\n")
    collector.stdin.flush()
    ktap.equal("the capture lost nothing", "0", collector.stdout.readline().strip())
    nfcapd.terminate()
    nfcapd.wait(30)

    capture, messages = os.path.join(TMP, "collector.pcap"), os.path.join(TMP, "ipfix")
    records, options, violations = judges.decoder(capture, Rules(mtu=1280))
    ktap.equal("the strict decoder finds no violation", [], violations[:5])
    ktap.equal("tshark finds no fault", "", judges.tshark_remarks(capture))
    judges.ipfix_file(capture, messages)
    strict = Judge("decoder", (9, 10), records, (8, 27), by_number)
    judges_of = [
        strict,
        Judge("tshark", (9, 10), judges.tshark(capture), ("cflow.srcaddr", "cflow.srcaddrv6"),
              by_tshark),
        Judge("nfdump", (9, 10), judges.nfdump(directory), ("src4_addr", "src6_addr"), by_nfdump),
        Judge("python3-ipfix", (10,), judges.python_ipfix(messages), (8, 27), by_number),
        Judge("ipfixDump", (10,), judges.ipfixdump(messages), (8, 27), by_number),
    ]
    told = {flow.told for flow in flows}
    for judge in judges_of:
        mine = [flow for flow in flows if flow.version_of in judge.versions]
        ktap.equal(f"{judge.name}: each probe has one record, but where there is a sampler", [],
                   [flow.name for flow in mine if "sampler" not in flow.setting and
                        flow.told not in judge.records] + sorted(told.intersection(judge.twice)))
        selected = sum(flow.told in judge.records for flow in mine if "sampler" in flow.setting)
        ktap.test(f"{judge.name}: the sampler left out some", 0 < selected < len(ALL) *
                  len(judge.versions), f"{selected} of {len(ALL)}")
    announced(flows, options)
    for version in 9, 10:
        for name, _ in SETTINGS:
            ktap.equal(f"{name}, version {version}: records have the elements that they must", [],
                       [*strange(strict, [flow for flow in flows if flow.version_of == version and
                                          flow.name.startswith(name + ":")], version)])
    judge_elements(judges_of, shown, flows, boot_ns)
    ktap.end()


def announced(flows, options):
    """The id of the sampler is that of its Options Data"""
    for version in 9, 10:
        name = "samplerId" if version == 9 else "selectorId"
        interval = "samplerRandomInterval" if version == 9 else "samplingFlowInterval"
        ids = {record[name] for record in options if record["version"] == version and
               interval in record and name in record}
        ktap.equal(f"version {version}: Options Data tell of one sampler", 1, len(ids))
        for flow in flows:
            if flow.version_of == version and "sampler" in flow.setting:
                flow.setting["id"] = min(ids, default=None)


def strange(judge, flows, version):
    """Elements that a record has too many, or too few"""
    for flow in flows:
        record = judge.records.get(flow.told)
        if record is None:
            continue
        wanted = {row.number for row in ROWS if row.expected(flow, version) is not None}
        if wanted != set(record):
            yield (f"{flow.name}: lacks {sorted(wanted - set(record))}, "
                   f"has {sorted(set(record) - wanted)}")


main()
