# SPDX-License-Identifier: GPL-2.0-only
"""elements.py - the list of Information Elements, and packets that carry a known value of each

A Probe is some packets of one Flow. ROWS has a row for each element: what it has to be in the Flow
Record of a probe, computed from its packets; None where the record must not have it. How tshark
and nfdump call the element is in its row too, None where they do not know it.
"""
import collections
import re

from scapy.layers.inet import (ICMP, IP, TCP, UDP, IPOption, IPOption_NOP, IPOption_RR,
                               IPOption_Timestamp)
from scapy.layers.inet6 import (ICMPv6DestUnreach, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrHopByHop,
                                IPv6ExtHdrRouting, PadN)
from scapy.layers.l2 import Dot1AD, Dot1Q, Ether
from scapy.packet import Raw

MAC_A, MAC_ROUTER = "02:00:00:00:01:02", "02:00:00:00:01:01"
MAC_A1, MAC_B1, MAC_BRIDGE = "02:00:00:00:03:02", "02:00:00:00:03:03", "02:00:00:00:03:01"
# Device of the router: next hops behind it
GATEWAYS = {"eth1": ("198.51.100.2", "2001:db8:2::2"), "eth1.41": ("10.41.0.2", "2001:db8:41::2"),
            "eth1.50.51": ("10.51.0.2", "2001:db8:51::2"),
            "eth1.61": ("10.61.0.2", "2001:db8:61::2")}
# Device of the router: beginning of the destinations behind it; None: the router itself
TARGETS = {"eth1": ("10.2", "2001:db8:2000"), "eth1.41": ("10.3", "2001:db8:3000"),
           "eth1.50.51": ("10.4", "2001:db8:4000"), "eth1.61": ("10.5", "2001:db8:5000"),
           "br0": ("10.6", "2001:db8:6000"), None: ("10.7", "2001:db8:7000")}
SOURCES = ("10.1", "2001:db8:1000")
# nftables of the router translates what goes to port 53
NAT_PORT = 53
NAT_TARGETS, NAT_SOURCES = ("198.51.100.77", "2001:db8:2::77"), ("198.51.100.1", "2001:db8:2::1")
AGGREGATION = ("10.1.0.0/16=30,10.2.0.0/16=24,2001:db8:1000::/48=126,2001:db8:2000::/48=64,"
               "1000-1999=1000")
INDEXES = {"eth": 500, "p": 3000000000}
SAMPLER = 2

# (octets of payload, TTL, seconds to wait before) of each packet
ONE = ((100, 64, 0),)
PAIR = ((100, 61, 0), (40, 64, 0.02))

Range = collections.namedtuple("Range", "least most")


class Probe:
    """Packets of one Flow

    upper: makes the upper-layer header; header: more of the IP header; arrives, leaves: devices
    of the router, None for itself; tags: (VLAN ID, priority, DEI) of the frame; kept: which of
    them the stack leaves in the frame; post: VLAN IDs behind the router;
    tells: values that cannot be computed from a field of the packet.
    """

    def __init__(self, name, upper, version=4, **more):
        self.name, self.upper, self.version = name, upper, version
        self.packets, self.header, self.extensions = ONE, {}, ()
        self.arrives, self.leaves = "eth0", "eth1"
        self.tags, self.kept, self.post = (), (), ()
        self.tells, self.sport = {}, 1234
        self.is_sent = self.has_nat = False
        for name_of, value in more.items():
            assert hasattr(self, name_of), name_of
            setattr(self, name_of, value)


class Flow:
    """A probe with one setting: its packets, and when they were sent"""

    def __init__(self, probe, run, number, setting, world):
        self.probe, self.run, self.world = probe, run, world
        self.setting = setting
        self.version = probe.version
        self.source = self.address(SOURCES, 4 * number + 1)
        self.target = self.address(TARGETS[probe.leaves], 4 * number + 1)
        self.packets = [self.packet(octets, ttl) for octets, ttl, _ in probe.packets]
        self.first = self.packets[0]
        self.times = []                 # (before, after) each packet, ns since 1970
        self.uptimes = []               # the same since boot
        on_bridge = probe.arrives == "br0"
        self.macs = (MAC_A1 if on_bridge else MAC_A, MAC_ROUTER)
        if on_bridge:
            self.macs = (MAC_A1, MAC_B1 if probe.leaves == "br0" else MAC_BRIDGE)

    def address(self, prefixes, host):
        if self.version == 6:
            return f"{prefixes[1]}:{self.run:x}::{host:x}"
        return f"{prefixes[0]}.{self.run}.{host}"

    def packet(self, octets, ttl):
        probe = self.probe
        if self.version == 6:
            packet = IPv6(src=self.source, dst=self.target, hlim=ttl, **probe.header)
        else:
            packet = IP(src=self.source, dst=self.target, ttl=ttl, **probe.header)
        for extension in probe.extensions:
            packet = packet / extension.copy()
        packet = packet / probe.upper(self) / Raw(b"x" * octets)
        return packet.__class__(bytes(packet))

    def frame(self, packet):
        frame = Ether(src=self.macs[0], dst=self.macs[1])
        for i, (vid, priority, dei) in enumerate(self.probe.tags):
            layer = Dot1AD if len(self.probe.tags) - i == 2 else Dot1Q
            frame = frame / layer(vlan=vid, prio=priority, id=dei)
        return bytes(frame / packet)

    def sizes(self):
        return [len(bytes(packet)) for packet in self.packets]

    def has(self, group):
        """Whether the settings ask for a group of elements"""
        return group in self.setting.get("fields", "").split(",")

    @property
    def protocol(self):
        packet = self.first
        if self.version == 4:
            return packet.proto
        while isinstance(packet, (IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting)):
            number, packet = packet.nh, packet.payload
        return number

    @property
    def has_ports(self):
        return self.protocol in (6, 17, 33, 132, 136)

    def upper(self):
        """Octets from the upper-layer header on"""
        packet = self.first
        if self.version == 4:
            return bytes(packet)[packet.ihl * 4:]
        while isinstance(packet, (IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting)):
            packet = packet.payload
        return bytes(packet)

    def half(self, offset):
        return int.from_bytes(self.upper()[offset:offset + 2], "big")

    def word(self, offset):
        return int.from_bytes(self.upper()[offset:offset + 4], "big")

    def index(self, device):
        """An interface as it is told"""
        if device is None:
            return 0
        if "snmp-rules" in self.setting:
            for name, base in INDEXES.items():
                if device.startswith(name):
                    return base + int(re.search(r"\d+$", device).group())
        return self.world[device]

    @staticmethod
    def lower(device, is_out):
        """The physical interface below; br_netfilter tells the ports of what crosses a bridge, and
        of what is routed the one that it came in through."""
        if device == "br0":
            return "p1" if is_out else "p0"
        return device and device.split(".")[0]

    def ingress(self):
        return None if self.probe.is_sent else self.probe.arrives

    def egress(self):
        return self.probe.leaves

    def masked(self, address, is_source):
        """An address as aggregation rules leave it"""
        if "aggregation" not in self.setting or not self.prefix(is_source):
            return address
        if is_source:
            head, _, host = address.rpartition(":" if self.version == 6 else ".")
            host = int(host, 16 if self.version == 6 else 10) & ~3
            return head + (f":{host:x}" if self.version == 6 else f".{host}")
        return address.rpartition("::")[0] + "::" if self.version == 6 else \
            address.rpartition(".")[0] + ".0"

    def prefix(self, is_source):
        """Bits that aggregation rules keep, None: none fits"""
        if "aggregation" not in self.setting:
            return None
        address = self.source if is_source else self.dnat()
        if is_source and address.startswith(SOURCES[self.version == 6]):
            return 126 if self.version == 6 else 30
        if not is_source and address.startswith(TARGETS["eth1"][self.version == 6]):
            return 64 if self.version == 6 else 24
        return None

    def port(self, number):
        if "aggregation" in self.setting and 1000 <= number <= 1999:
            return 1000
        return number

    def dnat(self):
        """What FORWARD sees of a destination: it is translated in PREROUTING"""
        return NAT_TARGETS[self.version == 6] if self.probe.has_nat else self.target


# Of the sender's clock: a packet may be metered a little after it was sent
SLACK_NS = 300 * 10**6


def moment(times, index):
    return Range(times[index][0] - 2 * 10**6, times[index][1] + SLACK_NS)


def duration(flow, unit_ns):
    least = flow.times[-1][0] - flow.times[0][1] - SLACK_NS
    most = flow.times[-1][1] - flow.times[0][0] + SLACK_NS
    return Range(max(0, least // unit_ns), most // unit_ns + 1)


class Row:
    """An element

    groups: what has to be set, as `show elements` tells it; value: of a Flow; tshark, nfdump: how
    they call it, nfdump_of: in these versions; unit: tests of selftests/unit that prove what no
    inet point can see.
    """

    def __init__(self, number, name, groups, value, tshark=None, nfdump=None,
                 nfdump_of=(9, 10), unit=()):
        self.number, self.name, self.groups = number, name, tuple(groups.split())
        self.value, self.tshark, self.unit = value, tshark, unit
        self.nfdump, self.nfdump_of = nfdump, nfdump_of

    def is_brought_by(self, groups):
        """Whether `show elements` names the right groups: of two that bring it, one will do"""
        return set(groups) <= set(self.groups) and bool(groups) == bool(self.groups)

    def expected(self, flow, version):
        """None: the record must not have it"""
        if self.groups and not any(flow.has(group) for group in self.groups):
            return None
        return self.value(flow, version)


def only(version, value):
    """Of IPFIX or v9 only"""
    return lambda flow, v: value(flow) if v == version else None


def both(value):
    return lambda flow, _: value(flow)


def when(condition, value):
    return lambda flow, _: value(flow) if condition(flow) else None


def told(name):
    return lambda flow, _: flow.probe.tells.get(name)


def four(flow):
    return flow.version == 4


def six(flow):
    return flow.version == 6


def is_icmp(flow):
    return flow.protocol in (1, 58)


def ports_of(offset):
    """v9 has ports of ICMP as well: 0, and type and code"""
    def value(flow, version):
        if flow.has_ports:
            number = flow.half(offset)
            if flow.probe.has_nat and offset == 2:
                number = 5300 + flow.run
            return flow.port(number)
        if is_icmp(flow) and version == 9:
            return flow.half(0) if offset == 2 else 0
        return None
    return value


def icmp_of(version, protocols):
    return lambda flow, v: flow.half(0) if v == version and flow.protocol in protocols else None


def next_hop(flow):
    if flow.probe.has_nat or flow.probe.leaves not in GATEWAYS:
        return "::" if six(flow) else "0.0.0.0"
    return GATEWAYS[flow.probe.leaves][six(flow)]


def tcp_flags(flow, version):
    if not flow.has_ports:
        return None
    if flow.protocol != 6:
        return 0
    # v9 has one octet for them
    return flow.half(12) & (0xff if version == 9 else 0xfff)


def end_reason(flow):
    return flow.probe.tells.get("flowEndReason", 4)


def interface(is_out):
    def value(flow):
        device = flow.egress() if is_out else flow.ingress()
        return flow.index(flow.lower(device, is_out) if flow.has("physdev-override") else device)
    return value


def physical(is_out):
    return both(lambda flow: flow.index(flow.lower(flow.egress() if is_out else flow.ingress(),
                                                   is_out)))


def tag(position, part):
    """Of the outer or inner tag: VLAN ID, priority or DEI

    A VLAN device takes the tag off, and with it the last two, unless it was told not to
    (reorder_hdr off); a bridge leaves it.
    """
    def value(flow):
        tags = flow.probe.tags
        if position >= len(tags):
            return None
        seen = tags[position][part] if part == 0 or position in flow.probe.kept else 0
        return bool(seen) if part == 2 else seen
    return value


def post_tag(position):
    return both(lambda flow: (flow.probe.post[position] if position < len(flow.probe.post)
                              else None))


def is_received(flow):
    return not flow.probe.is_sent


def hops(choose):
    """A router takes one off before FORWARD"""
    def value(flow):
        is_routed = flow.probe.leaves not in (None, "br0") and is_received(flow)
        return choose(ttl for _, ttl, _ in flow.probe.packets) - is_routed
    return both(value)


def layer2(flow):
    tags = flow.probe.post if flow.probe.is_sent else flow.probe.tags
    return sum(flow.sizes()) + len(flow.packets) * (14 + 4 * len(tags))


def nat(version, address):
    return when(lambda flow: flow.version == version and flow.probe.has_nat,
                lambda flow: address[version == 6])


def in_vrf(flow):
    return flow.probe.leaves == "eth1.61"


MPLS = (("dissect_link.c", "label_stack_is_read_to_its_bottom"),
        ("encode_values.c", "label_sections_have_three_octets"),
        ("template.c", "{{ {}, {} }}"))

ROWS = [
    Row(8, "sourceIPv4Address", "", when(four, lambda f: f.masked(f.source, True)),
        "cflow.srcaddr", "src4_addr"),
    Row(12, "destinationIPv4Address", "", when(four, lambda f: f.masked(f.dnat(), False)),
        "cflow.dstaddr", "dst4_addr"),
    Row(15, "ipNextHopIPv4Address", "", when(four, next_hop), "cflow.nexthop", "ip4_next_hop"),
    Row(27, "sourceIPv6Address", "", when(six, lambda f: f.masked(f.source, True)),
        "cflow.srcaddrv6", "src6_addr"),
    Row(28, "destinationIPv6Address", "", when(six, lambda f: f.masked(f.dnat(), False)),
        "cflow.dstaddrv6", "dst6_addr"),
    Row(62, "ipNextHopIPv6Address", "", when(six, next_hop), "cflow.nexthopv6", "ip6_next_hop"),
    Row(7, "sourceTransportPort", "", ports_of(0), "cflow.srcport", "src_port"),
    Row(11, "destinationTransportPort", "", ports_of(2), "cflow.dstport", "dst_port"),
    Row(32, "icmpTypeCodeIPv4", "",
        lambda f, v: icmp_of(9, (1, 58))(f, v) or icmp_of(10, (1,))(f, v),
        "cflow.icmp_type_code_ipv4", "icmp"),
    Row(139, "icmpTypeCodeIPv6", "", icmp_of(10, (58,)), "cflow.icmp_ipv6", "icmp"),
    Row(295, "IPSecSPI", "", when(lambda f: f.protocol in (50, 51),
                                  lambda f: f.word(0 if f.protocol == 50 else 4)),
        "cflow.ipsec_spi"),
    Row(33, "igmpType", "", when(lambda f: f.protocol == 2, lambda f: f.upper()[0]),
        "cflow.igmp_type"),
    Row(6, "tcpControlBits", "", tcp_flags, "cflow.tcpflags", "tcp_flags"),
    Row(60, "ipVersion", "", both(lambda f: f.version), "cflow.ip_version"),
    Row(4, "protocolIdentifier", "", both(lambda f: f.protocol), "cflow.protocol", "proto"),
    Row(5, "ipClassOfService", "", both(lambda f: f.first.tos if four(f) else f.first.tc),
        "cflow.tos", "src_tos"),
    Row(136, "flowEndReason", "", only(10, end_reason), "cflow.flow_end_reason"),
    Row(10, "ingressInterface", "", both(interface(False)), "cflow.inputint", "input_snmp"),
    Row(14, "egressInterface", "", both(interface(True)), "cflow.outputint", "output_snmp"),
    Row(2, "packetDeltaCount", "", both(lambda f: len(f.packets)), "cflow.packets", "in_packets"),
    Row(1, "octetDeltaCount", "", both(lambda f: sum(f.sizes())), "cflow.octets", "in_bytes"),
    Row(22, "flowStartSysUpTime", "", only(9, lambda f: moment(f.uptimes, 0)), "cflow.timestart",
        "first"),
    Row(21, "flowEndSysUpTime", "", only(9, lambda f: moment(f.uptimes, -1)), "cflow.timeend",
        "last"),
    Row(152, "flowStartMilliseconds", "", only(10, lambda f: moment(f.times, 0)),
        "cflow.abstimestart", "first"),
    Row(153, "flowEndMilliseconds", "", only(10, lambda f: moment(f.times, -1)),
        "cflow.abstimeend", "last"),
    Row(154, "flowStartMicroseconds", "microseconds", both(lambda f: moment(f.times, 0)),
        "cflow.abstimestart"),
    Row(155, "flowEndMicroseconds", "microseconds", both(lambda f: moment(f.times, -1)),
        "cflow.abstimeend"),
    Row(156, "flowStartNanoseconds", "nanoseconds", both(lambda f: moment(f.times, 0)),
        "cflow.abstimestart"),
    Row(157, "flowEndNanoseconds", "nanoseconds", both(lambda f: moment(f.times, -1)),
        "cflow.abstimeend"),
    Row(161, "flowDurationMilliseconds", "duration", both(lambda f: duration(f, 10**6)),
        "cflow.timedelta"),
    Row(162, "flowDurationMicroseconds", "duration", both(lambda f: duration(f, 10**3)),
        "cflow.timedelta"),
    Row(208, "ipv4Options", "", told("ipv4Options"), "cflow.option_map"),
    Row(64, "ipv6ExtensionHeaders", "", told("ipv6ExtensionHeaders"), "cflow.ipv6_exthdr"),
    Row(209, "tcpOptions", "", told("tcpOptions"), "cflow.tcp_option_map"),
    Row(31, "flowLabelIPv6", "", when(lambda f: six(f) and f.first.fl, lambda f: f.first.fl),
        "cflow.ipv6flowlabel"),
    Row(9, "sourceIPv4PrefixLength", "", when(four, lambda f: f.prefix(True)),
        "cflow.srcmask", "src_mask"),
    Row(13, "destinationIPv4PrefixLength", "", when(four, lambda f: f.prefix(False)),
        "cflow.dstmask", "dst_mask"),
    Row(29, "sourceIPv6PrefixLength", "", when(six, lambda f: f.prefix(True)),
        "cflow.srcmaskv6", "src_mask"),
    Row(30, "destinationIPv6PrefixLength", "", when(six, lambda f: f.prefix(False)),
        "cflow.dstmaskv6", "dst_mask"),
    Row(48, "samplerId", "", only(9, lambda f: f.setting.get("id")), "cflow.sampler_id"),
    Row(302, "selectorId", "", only(10, lambda f: f.setting.get("id")), "cflow.selector_id"),
    Row(252, "ingressPhysicalInterface", "physdev", physical(False),
        "cflow.ingress_physical_interface"),
    Row(253, "egressPhysicalInterface", "physdev", physical(True),
        "cflow.egress_physical_interface"),
    Row(80, "destinationMacAddress", "mac", when(is_received, lambda f: f.macs[1]),
        "cflow.dstmac", "in_dst_mac"),
    Row(56, "sourceMacAddress", "mac", when(is_received, lambda f: f.macs[0]),
        "cflow.srcmac", "in_src_mac"),
    Row(256, "ethernetType", "mac vlan", both(lambda f: 0x800 if four(f) else 0x86dd),
        "cflow.ethernet_type"),
    Row(58, "vlanId", "vlan", only(9, tag(0, 0)), "cflow.vlanid", "src_vlan"),
    Row(243, "dot1qVlanId", "vlan", only(10, tag(0, 0)), "cflow.dot1q_vlan_id"),
    Row(244, "dot1qPriority", "vlan", only(10, tag(0, 1)), "cflow.dot1q_priority"),
    # tshark takes false, which is 2 (RFC 7011 6.1.5), for true
    Row(388, "dot1qDEI", "vlan", only(10, tag(0, 2))),
    Row(245, "dot1qCustomerVlanId", "vlan", both(tag(1, 0)), "cflow.dot1q_customer_vlan_id"),
    Row(246, "dot1qCustomerPriority", "vlan", only(10, tag(1, 1)),
        "cflow.dot1q_customer_priority"),
    Row(389, "dot1qCustomerDEI", "vlan", only(10, tag(1, 2))),
    Row(254, "postDot1qVlanId", "vlan", post_tag(0), "cflow.post_dot1q_vlan_id", "dst_vlan",
        nfdump_of=(9,)),
    Row(255, "postDot1qCustomerVlanId", "vlan", post_tag(1), "cflow.post_dot1q_customer_vlan_id"),
    Row(200, "mplsTopLabelTTL", "", both(lambda f: None), unit=MPLS),
    *(Row(70 + i, f"mpls{'TopLabel' if i == 0 else 'Label'}StackSection{i + 1 if i else ''}", "",
          both(lambda f: None), unit=MPLS) for i in range(10)),
    Row(61, "flowDirection", "direction", both(lambda f: int(f.probe.is_sent)),
        "cflow.direction", "direction"),
    Row(52, "minimumTTL", "ttl", hops(min), "cflow.ttl_min"),
    Row(53, "maximumTTL", "ttl", hops(max), "cflow.ttl_max"),
    Row(25, "minimumIpTotalLength", "length", both(lambda f: min(f.sizes())), "cflow.length_min"),
    Row(26, "maximumIpTotalLength", "length", both(lambda f: max(f.sizes())), "cflow.length_max"),
    Row(352, "layer2OctetDeltaCount", "layer2", both(layer2), "cflow.layer2_octet_delta_count"),
    Row(225, "postNATSourceIPv4Address", "nat", nat(4, NAT_SOURCES),
        "cflow.post_natsource_ipv4_address", "src4_xlt_ip"),
    Row(226, "postNATDestinationIPv4Address", "nat", nat(4, NAT_TARGETS),
        "cflow.post_natdestination_ipv4_address", "dst4_xlt_ip"),
    Row(281, "postNATSourceIPv6Address", "nat", nat(6, NAT_SOURCES),
        "cflow.post_nat_source_ipv6_address", "src6_xlt_ip", nfdump_of=(9,)),
    Row(282, "postNATDestinationIPv6Address", "nat", nat(6, NAT_TARGETS),
        "cflow.post_nat_destination_ipv6_address", "dst6_xlt_ip", nfdump_of=(9,)),
    Row(227, "postNAPTSourceTransportPort", "nat",
        when(lambda f: f.probe.has_nat, lambda f: 40000 + f.run),
        "cflow.post_naptsource_transport_port", "src_xlt_port"),
    Row(228, "postNAPTDestinationTransportPort", "nat",
        when(lambda f: f.probe.has_nat, lambda f: 5300 + f.run),
        "cflow.post_naptdestination_transport_port", "dst_xlt_port"),
    Row(234, "ingressVRFID", "vrf", both(lambda f: f.world["red"] if in_vrf(f) else 0),
        "cflow.ingress_vrfid", "ingress_vrf"),
    Row(235, "egressVRFID", "vrf", both(lambda f: f.world["red"] if in_vrf(f) else 0),
        "cflow.egress_vrfid", "egress_vrf"),
    Row(236, "VRFname", "vrf", both(lambda f: "red" if in_vrf(f) else ""), "cflow.vrfname"),
]


# Probes -----------------------------------------------------------------------

def udp(flow):
    port = NAT_PORT if flow.probe.has_nat else 5001
    return UDP(sport=flow.probe.sport, dport=port)


def tcp(flags, options=()):
    return lambda flow: TCP(sport=flow.probe.sport, dport=5002, flags=flags & 0x1ff,
                            reserved=flags >> 9, options=list(options))


def octets(data):
    """An upper-layer header of which scapy knows nothing"""
    return lambda _: Raw(data)


def bits(*numbers):
    return sum(1 << number for number in numbers)


# MSS, NOP, window scale, SACK permitted, timestamps, Fast Open, which is number 34; and padding,
# which is the end of options
TCP_OPTIONS = [("MSS", 1460), ("NOP", None), ("WScale", 7), ("SAckOK", b""),
               ("Timestamp", (1, 2)), (34, b"12345678")]
TCP_BITS = {"tcpOptions": bits(2, 1, 3, 4, 8, 34, 0)}
# Record route, no operation, time stamp, and a type that is not assigned: copied, class 2, 29
IP_OPTIONS = [IPOption_RR(length=7, pointer=4, routers=["0.0.0.0"]), IPOption_NOP(),
              IPOption_Timestamp(length=8, pointer=9, flg=0, timestamp=1),
              IPOption(b"\xdd\x04ab")]
IP_BITS = {"ipv4Options": bits(7, 1, 4, 29)}

ALL = [
    Probe("UDP", udp, packets=PAIR, header={"tos": 0xb9}),
    Probe("UDP, IPv6", udp, 6, packets=PAIR, header={"tc": 0x2f, "fl": 0xabcde}),
    Probe("TCP", tcp(0xffc & ~4, TCP_OPTIONS), packets=PAIR, tells=TCP_BITS),
    Probe("TCP, IPv6", tcp(0x1d2, TCP_OPTIONS), 6, tells=TCP_BITS),
    Probe("the end of TCP", tcp(0x11), tells={"flowEndReason": 3}),
    Probe("IPv4 options", udp, header={"options": IP_OPTIONS}, tells=IP_BITS),
    Probe("IPv6 extension headers", udp, 6, tells={"ipv6ExtensionHeaders": bits(0, 1, 5)},
          extensions=(IPv6ExtHdrHopByHop(options=[PadN(optdata=b"\0" * 4)]),
                      IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 4)]),
                      IPv6ExtHdrRouting(addresses=["2001:db8::1"], segleft=0))),
    Probe("ICMP", lambda flow: ICMP(type=3, code=13)),
    Probe("ICMPv6", lambda flow: ICMPv6DestUnreach(code=4), 6),
    Probe("IGMP", octets(b"\x16\0\xea\xff\0\0\0\0"), header={"proto": 2}),
    Probe("ESP", octets(b"\xfe\xdc\xba\x98\0\0\0\1"), header={"proto": 50}),
    Probe("ESP, IPv6", octets(b"\x12\x34\x56\x78\0\0\0\1"), 6, header={"nh": 50},
          tells={"ipv6ExtensionHeaders": bits(13)}),
    Probe("AH", octets(b"\x11\4\0\0\x89\xab\xcd\xef" + b"\0" * 16), header={"proto": 51}),
    Probe("SCTP", octets(b"\4\xd2\x13\x8b" + b"\0" * 28), header={"proto": 132}),
    Probe("DCCP", octets(b"\4\xd2\x13\x8c" + b"\0" * 28), header={"proto": 33}),
    Probe("UDP-Lite", octets(b"\4\xd2\x13\x8d" + b"\0" * 4), header={"proto": 136}),
    Probe("a protocol without ports", octets(b"\4\xd2\x13\x8d"), header={"proto": 253}),

    Probe("VLAN", udp, arrives="eth0.11", tags=((11, 5, 1),), leaves="eth1.41", post=(41,)),
    Probe("VLAN, IPv6", udp, 6, arrives="eth0.11", tags=((11, 5, 1),), leaves="eth1.41",
          post=(41,)),
    Probe("two VLAN tags", udp, arrives="eth0.20.21", tags=((20, 3, 1), (21, 2, 0)),
          leaves="eth1.50.51", post=(50, 51)),
    Probe("a VLAN tag that is left in", udp, packets=PAIR, arrives="eth0.12", tags=((12, 6, 1),),
          kept=(0,)),
    Probe("two VLAN tags that are left in", udp, arrives="eth0.30.31",
          tags=((30, 7, 0), (31, 1, 1)), kept=(0, 1)),
    Probe("an outer VLAN tag that is left in", udp, arrives="eth0.30.32",
          tags=((30, 4, 1), (32, 1, 1)), kept=(0,)),
    Probe("an inner VLAN tag that is left in", udp, arrives="eth0.20.22",
          tags=((20, 4, 1), (22, 6, 1)), kept=(1,)),
    Probe("VRF", udp, arrives="eth0.60", tags=((60, 0, 0),), leaves="eth1.61", post=(61,)),
    Probe("VRF, IPv6", udp, 6, arrives="eth0.60", tags=((60, 0, 0),), leaves="eth1.61",
          post=(61,)),

    Probe("to the router", udp, leaves=None),
    Probe("to the router, IPv6", udp, 6, leaves=None),
    Probe("from the router", udp, arrives=None, is_sent=True),
    Probe("from the router, IPv6", udp, 6, arrives=None, is_sent=True),
    Probe("from the router, VLAN", udp, arrives=None, is_sent=True, leaves="eth1.41", post=(41,)),
    Probe("bridged", udp, arrives="br0", leaves="br0"),
    Probe("bridged, IPv6", udp, 6, arrives="br0", leaves="br0"),
    Probe("bridged with a VLAN tag", udp, arrives="br0", leaves="br0", tags=((77, 5, 1),),
          kept=(0,)),
    Probe("routed from a bridge", udp, arrives="br0"),
    Probe("NAT", udp, packets=PAIR, has_nat=True),
    Probe("NAT, IPv6", udp, 6, packets=PAIR, has_nat=True),
]
