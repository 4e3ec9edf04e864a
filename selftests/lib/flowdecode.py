#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""flowdecode.py - a strict decoder of NetFlow v5, NetFlow v9 and IPFIX over UDP

Knows nothing of the exporter under test: it reads the octets by Cisco's format
of v5, RFC 3954 and RFC 7011, and reports whatever a stream may not do.

    flowdecode.py check [options] FILE.pcap     print violations; exit 1 if there are any, or no message
    flowdecode.py flows [options] FILE.pcap     print Flow Records, one JSON object a line
    flowdecode.py messages [options] FILE.pcap  write the messages to standard output, one after the
                                                other: those of IPFIX are a file (RFC 5655)

A violation names the rule by its number:

     1 v5 length and count         2 v5 sequence                  3 v5 times
     4 v5 counters that wrapped    6 v5 constant fields           7 v9 count
     8 v9 sequence                 9 v9 FlowSet ids, lengths     10 v9 padding
    11 v9 data before template    12 v9 options templates        13 v9 id redefined
    14 v9 times, counter sizes    15 v9 elements                 16 IPFIX version, length
    17 export time                18 IPFIX sequence              19 Observation Domain
    20 IPFIX Set ids, padding     21 templates                   22 options templates
    23 data before template       24 size, fragments             25 element sizes
    26 variable length            27 booleans                    28 times in ms
    29 NTP times                  30 delta microseconds          31 uptime without its zero
    32 strings                    33 enterprise numbers          34 template refresh
    35 withdrawal over UDP        37 id redefined                42 UDP checksum
    52 flowEndReason              58 flowDirection               59 start <= end <= export
"""
import argparse
import collections
import ipaddress
import json
import os
import struct
import sys

ELEMENTS = {}                                   # number -> (name, type)
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "ipfix_elements.txt"),
          encoding="ascii") as _elements:
    for _line in _elements:
        if not _line.startswith("#"):
            _number, _name, _type = _line.split()
            ELEMENTS[int(_number)] = (_name, _type)

# Type -> octets it may have; None: any (RFC 7011 6.1, 6.2)
SIZES = {
    "unsigned8": (1,), "unsigned16": (1, 2), "unsigned32": (1, 2, 3, 4),
    "unsigned64": (1, 2, 3, 4, 5, 6, 7, 8), "float64": (4, 8), "boolean": (1,),
    "macAddress": (6,), "ipv4Address": (4,), "ipv6Address": (16,),
    "dateTimeSeconds": (4,), "dateTimeMilliseconds": (8,), "dateTimeMicroseconds": (8,),
    "dateTimeNanoseconds": (8,), "string": None, "octetArray": None,
}
NO_REDUCED_SIZE = (21, 22, 158, 159)            # times, although they are unsigned32
NO_V9_FLOWS = (136, 139, 152, 153, 243, 244, 246)   # in v9 collectors do not expect them

VARIABLE = 65535
NTP_TO_UNIX = 2208988800
WRAP = 1 << 32
MAX_AGE_MS = 8 * 86400 * 1000                   # the longest active timeout is a week
STARTS = {"flowStartMilliseconds": 1, "flowStartSeconds": 1000}
ENDS = {"flowEndMilliseconds": 1, "flowEndSeconds": 1000}

Violation = collections.namedtuple("Violation", "item session message text")
Field = collections.namedtuple("Field", "id octets enterprise name type")
Datagram = collections.namedtuple(
    "Datagram", "time_ns source sport destination dport payload ip_octets df fragment checksum")


class Rules:
    """What to expect of a stream beyond the standards."""

    def __init__(self, mtu=None, domain=None, refresh_messages=None, refresh_minutes=None,
                 enterprises=(29305,), allow_gaps=False, mid_stream=False, clock_steps=False,
                 lifetime_minutes=None):
        self.mtu = mtu                          # greatest IP packet
        self.domain = domain                    # Observation Domain ID
        self.refresh_messages = refresh_messages
        self.refresh_minutes = refresh_minutes
        self.enterprises = enterprises          # registered numbers that may be used
        self.allow_gaps = allow_gaps            # messages were lost, and are known to be
        self.mid_stream = mid_stream            # the stream began before the capture
        self.clock_steps = clock_steps          # the wall clock was set meanwhile
        # So long a Template id means one thing, in all sessions and domains of two hosts
        self.lifetime_minutes = lifetime_minutes


class Template:
    def __init__(self, fields, scopes, is_options, message, time_ns):
        self.fields = fields
        self.scopes = scopes
        self.is_options = is_options
        self.announced = (message, time_ns)
        self.min_octets = sum(1 if f.octets == VARIABLE else f.octets for f in fields)

    def definition(self):
        return (self.is_options, self.scopes, [(f.id, f.octets, f.enterprise) for f in self.fields])


class Domain:
    """State of one Observation Domain (v9 Source ID, v5 engine) in a Transport Session"""

    def __init__(self, sequence):
        self.sequence = sequence                # to expect, None: any
        self.templates = {}
        self.boot_ms = None


class Malformed(Exception):
    """The rest of the message cannot be read."""


class Session:
    """One Transport Session: feed it messages in order, read violations and records"""

    def __init__(self, name="session", rules=None, known_ids=None):
        self.name = name
        self.rules = rules or Rules()
        # (version, Template id) -> its definition, when it was last used; shared by sessions
        self.known_ids = {} if known_ids is None else known_ids
        self.violations = []
        self.domains = {}
        self.messages = 0
        self.lost = 0                           # by the sequence, in its units
        self.records = []                       # of the last message
        self.flow_records = 0
        self.option_records = 0
        self.packets = 0                        # in Flow Records
        self.octets = 0
        self.version = None
        self.capture_ns = None
        self.export_ms = None
        self.uptime_ms = None
        self.domain_id = 0
        self.has_init_time = False

    def blame(self, item, text):
        self.violations.append(Violation(item, self.name, self.messages, text))

    # ---- messages ----

    def message(self, data, time_ns=None):
        """Decodes one message; returns its Data Records as dictionaries."""
        self.messages += 1
        self.records = []
        self.capture_ns = time_ns
        version = int.from_bytes(data[:2], "big")
        readers = {5: (24, self._v5), 9: (20, self._v9), 10: (16, self._ipfix)}
        if version not in readers:
            self.blame(16, f"version {version}")
            return self.records
        if self.version not in (None, version):
            self.blame(16, f"version {version} in a session of version {self.version}")
        self.version = version
        header_octets, reader = readers[version]
        if len(data) < header_octets:
            self.blame({5: 1, 9: 9, 10: 16}[version], f"{len(data)} octets are no message")
            return self.records
        try:
            reader(data)
        except Malformed:
            pass                                # has been blamed
        return self.records

    def _domain(self, domain_id):
        self.domain_id = domain_id
        if self.rules.domain is not None:
            expected = self.rules.domain & 0xff if self.version == 5 else self.rules.domain
            if domain_id != expected:
                self.blame(19, f"Observation Domain {domain_id}, not {expected}")
        # RFC 7011 10.3.2: a session of IPFIX starts at 0
        first = 0 if self.version == 10 and not self.rules.mid_stream else None
        return self.domains.setdefault(domain_id, Domain(first))

    def _check_sequence(self, item, domain, sequence, step):
        expected = domain.sequence
        if expected is not None and sequence != expected:
            ahead = (sequence - expected) % WRAP
            if self.rules.allow_gaps and ahead < WRAP // 2:
                self.lost += ahead
            else:
                self.blame(item, f"sequence {sequence}, not {expected}")
        domain.sequence = (sequence + step) % WRAP

    def _check_export_time(self, domain, export_ms, uptime_ms):
        self.export_ms = export_ms
        self.uptime_ms = uptime_ms
        if not export_ms:
            self.blame(17, "export time 0")
        if self.capture_ns is not None:
            late = self.capture_ns // 10**9 - export_ms // 1000
            if abs(late) > 1:
                self.blame(17, f"exported {late} s before it was captured")
        if uptime_ms is None:
            return
        boot_ms = export_ms - uptime_ms
        if domain.boot_ms is not None and not self.rules.clock_steps:
            drift = abs(boot_ms - domain.boot_ms) % WRAP
            if min(drift, WRAP - drift) > 50:
                self.blame(3 if self.version == 5 else 14,
                           f"time of boot moved by {boot_ms - domain.boot_ms} ms")
        domain.boot_ms = boot_ms

    def _v5(self, data):
        (_, count, uptime, secs, nsecs, sequence, engine_type, engine_id,
         sampling) = struct.unpack_from("!HHIIIIBBH", data)
        domain = self._domain(engine_id)
        if not 1 <= count <= 30:
            self.blame(1, f"count {count}")
        if len(data) != 24 + 48 * count:
            self.blame(1, f"{len(data)} octets for {count} records")
        if engine_type:
            self.blame(6, f"engine type {engine_type}")
        if (sampling >> 14 == 0) != (sampling & 0x3fff == 0):
            self.blame(6, f"sampling mode {sampling >> 14}, interval {sampling & 0x3fff}")
        if nsecs >= 10**9:
            self.blame(17, f"{nsecs} ns in a second")
        self._check_export_time(domain, secs * 1000 + nsecs // 10**6, uptime)
        self._check_sequence(2, domain, sequence, count)

        for offset in range(24, min(len(data) - 47, 24 + 48 * count), 48):
            (source, destination, next_hop, ingress, egress, packets, octets, first, last,
             sport, dport, pad1, flags, protocol, tos, src_as, dst_as, src_mask, dst_mask,
             pad2) = struct.unpack_from("!4s4s4sHHIIIIHHBBBBHHBBH", data, offset)
            if pad1 or pad2:
                self.blame(6, "padding is not 0")
            self._add({
                "sourceIPv4Address": str(ipaddress.IPv4Address(source)),
                "destinationIPv4Address": str(ipaddress.IPv4Address(destination)),
                "ipNextHopIPv4Address": str(ipaddress.IPv4Address(next_hop)),
                "ingressInterface": ingress, "egressInterface": egress,
                "packetDeltaCount": packets, "octetDeltaCount": octets,
                "flowStartSysUpTime": first, "flowEndSysUpTime": last,
                "sourceTransportPort": sport, "destinationTransportPort": dport,
                "tcpControlBits": flags, "protocolIdentifier": protocol,
                "ipClassOfService": tos, "bgpSourceAsNumber": src_as,
                "bgpDestinationAsNumber": dst_as, "sourceIPv4PrefixLength": src_mask,
                "destinationIPv4PrefixLength": dst_mask,
            }, None)

    def _v9(self, data):
        _, count, uptime, secs, sequence, source_id = struct.unpack_from("!HHIIII", data)
        domain = self._domain(source_id)
        self._check_export_time(domain, secs * 1000, uptime)
        self._check_sequence(8, domain, sequence, 1)
        records = self._sets(data, 20, domain)
        if records is not None and records != count:
            self.blame(7, f"count {count}, but {records} records")

    def _ipfix(self, data):
        _, length, secs, sequence, domain_id = struct.unpack_from("!HHIII", data)
        domain = self._domain(domain_id)
        if length != len(data):
            self.blame(16, f"length {length} of a message of {len(data)} octets")
        self._check_export_time(domain, secs * 1000, None)
        self._check_sequence(18, domain, sequence, 0)
        domain.sequence = None                  # until it is known how many records these are
        if self._sets(data[:length], 16, domain) is not None:
            domain.sequence = (sequence + len(self.records)) % WRAP

    # ---- Sets ----

    def _sets(self, data, offset, domain):
        """Returns the number of records of all kinds, None if there may be others."""
        is_v9 = self.version == 9
        item = 9 if is_v9 else 20
        total = 0
        if offset == len(data):
            self.blame(item, "a message without content")
        while offset < len(data):
            if len(data) - offset < 4:
                self.blame(item, "octets behind the last Set")
                raise Malformed
            set_id, length = struct.unpack_from("!HH", data, offset)
            if length < 4 or offset + length > len(data):
                self.blame(item, f"length {length} of Set {set_id} with "
                                 f"{len(data) - offset} octets left")
                raise Malformed
            if is_v9 and length % 4:
                self.blame(10, f"FlowSet {set_id} of {length} octets is not padded to 4")
            body = data[offset + 4:offset + length]
            offset += length
            if set_id >= 256:
                records = self._data_set(set_id, body, domain)
            elif set_id in ((0, 1) if is_v9 else (2, 3)):
                records = self._template_set(set_id in (1, 3), body, domain)
            else:
                self.blame(item, f"Set id {set_id}")
                records = None
            if records == 0:
                self.blame(item, f"Set {set_id} without a record")
            total = None if records is None or total is None else total + records
        return total

    def _check_padding(self, padding, shortest):
        if any(padding):
            self.blame(10 if self.version == 9 else 20, "padding is not 0")
        if len(padding) >= shortest:
            self.blame(10 if self.version == 9 else 20,
                       f"{len(padding)} octets of padding could be a record")

    def _template_set(self, is_options, body, domain):
        offset = records = 0
        header_octets = 6 if is_options else 4
        while len(body) - offset >= 4:
            template_id, second = struct.unpack_from("!HH", body, offset)
            if not any(body[offset:]):
                break                           # padding
            if self.version == 10 and second == 0:
                self.blame(35, f"withdrawal of Template {template_id} over UDP")
                offset += 4
                records += 1
                continue
            if len(body) - offset < header_octets:
                self.blame(21, "a Template is cut off")
                raise Malformed
            offset += header_octets
            third = int.from_bytes(body[offset - 2:offset], "big")
            offset = self._template(template_id, is_options, second, third, body, offset, domain)
            records += 1
        self._check_padding(body[offset:], 4)
        return records

    def _template(self, template_id, is_options, second, third, body, offset, domain):
        """second, third: the words behind the id, in an Options Template"""
        is_v9 = self.version == 9
        what = f"Template {template_id}"
        if template_id < 256:
            self.blame(9 if is_v9 else 21, f"Template id {template_id}")
        if is_options and is_v9:
            if second % 4 or third % 4 or not second:
                self.blame(12, f"{what}: {second} octets of scopes, {third} of options")
            scopes, count = second // 4, (second + third) // 4
        elif is_options:
            scopes, count = third, second
            if not 0 < scopes < count:
                self.blame(22, f"{what}: {scopes} scopes in {count} fields")
        else:
            scopes, count = 0, second
        if not count:
            self.blame(9 if is_v9 else 21, f"{what} without fields")

        fields = []
        for index in range(count):
            if len(body) - offset < 4:
                self.blame(21, f"{what} is cut off")
                raise Malformed
            number, octets = struct.unpack_from("!HH", body, offset)
            offset += 4
            enterprise = 0
            if number & 0x8000 and not is_v9:
                if len(body) - offset < 4:
                    self.blame(33, f"{what}: no enterprise number")
                    raise Malformed
                enterprise = int.from_bytes(body[offset:offset + 4], "big")
                number &= 0x7fff
                offset += 4
            fields.append(self._field(what, number, octets, enterprise,
                                      is_options, index < scopes))

        template = Template(fields, scopes, is_options, self.messages, self.capture_ns)
        known = domain.templates.get(template_id)
        if known and known.definition() != template.definition():
            self.blame(13 if is_v9 else 37, f"{what} is redefined")
        elif self.rules.lifetime_minutes:
            self._check_lifetime(template_id, template.definition())
        ids = [field.id for field in fields if not field.enterprise]
        self.has_init_time |= 160 in ids
        if not is_v9 and (21 in ids or 22 in ids) and not self.has_init_time:
            self.blame(31, f"{what} has uptimes, but systemInitTimeMilliseconds is unknown")
        domain.templates[template_id] = template
        return offset

    def _check_lifetime(self, template_id, definition):
        before, time_ns = self.known_ids.get((self.version, template_id), (definition, None))
        if before != definition and (
                None in (time_ns, self.capture_ns) or
                self.capture_ns - time_ns < self.rules.lifetime_minutes * 60 * 10**9):
            self.blame(13 if self.version == 9 else 37,
                       f"Template {template_id} was another one in another session or domain")
        self.known_ids[self.version, template_id] = definition, self.capture_ns

    def _field(self, what, number, octets, enterprise, is_options, is_scope):
        if is_scope and self.version == 9:
            if not 1 <= number <= 5:
                self.blame(12, f"{what}: scope type {number}")
            return Field(number, octets, 0, f"scope{number}", "octetArray")
        if enterprise:
            if enterprise not in self.rules.enterprises:
                self.blame(33, f"{what}: enterprise number {enterprise}")
            return Field(number, octets, enterprise, f"{enterprise}/{number}", "octetArray")
        if number not in ELEMENTS:
            self.blame(15 if self.version == 9 else 25, f"{what}: unknown element {number}")
            return Field(number, octets, 0, str(number), "octetArray")

        name, kind = ELEMENTS[number]
        sizes = SIZES[kind]
        if self.version == 9:
            if octets == VARIABLE:
                self.blame(15, f"{what}: {name} has variable length")
            if number in NO_V9_FLOWS and not is_options:
                self.blame(15, f"{what}: {name} is not of v9")
            if number in (1, 2) and octets not in (4, 8):
                self.blame(14, f"{what}: {name} has {octets} octets")
        if number in NO_REDUCED_SIZE:
            sizes = (4,)
        if sizes is not None and octets not in sizes:
            self.blame(25, f"{what}: {name} has {octets} octets")
        return Field(number, octets, 0, name, kind)

    # ---- records ----

    def _check_refresh(self, template_id, template):
        message, time_ns = template.announced
        rules = self.rules
        # A refresh may take several messages, and is a message itself
        if rules.refresh_messages and self.messages - message > rules.refresh_messages + 2:
            self.blame(34, f"Template {template_id} is {self.messages - message} messages old")
            template.announced = (self.messages, self.capture_ns)
        elif rules.refresh_minutes and time_ns is not None:
            seconds = (self.capture_ns - time_ns) / 10**9
            if seconds > rules.refresh_minutes * 60 + 2:
                self.blame(34, f"Template {template_id} is {seconds:.0f} s old")
                template.announced = (self.messages, self.capture_ns)

    def _data_set(self, template_id, body, domain):
        template = domain.templates.get(template_id)
        if template is None:
            if not self.rules.mid_stream:
                self.blame(11 if self.version == 9 else 23,
                           f"data of Template {template_id}, which is unknown")
            return None
        self._check_refresh(template_id, template)
        if self.rules.lifetime_minutes:
            self._check_lifetime(template_id, template.definition())
        offset = records = 0
        while template.min_octets and len(body) - offset >= template.min_octets:
            record, offset = self._record(template, body, offset)
            self._add(record, template)
            records += 1
        self._check_padding(body[offset:], template.min_octets or 1)
        return records

    def _record(self, template, body, offset):
        record = {}
        for field in template.fields:
            octets = field.octets
            if octets == VARIABLE:
                octets, offset = self._variable_length(field, body, offset)
            if len(body) - offset < octets:
                self.blame(26, f"{field.name} reaches over the end of its Set")
                raise Malformed
            value = self._value(field, body[offset:offset + octets])
            offset += octets
            if field.name in record:            # an element may be there more than once
                value = (record[field.name] if isinstance(record[field.name], list)
                         else [record[field.name]]) + [value]
            record[field.name] = value
        return record, offset

    def _variable_length(self, field, body, offset):
        if offset < len(body) and body[offset] < 255:
            return body[offset], offset + 1
        if len(body) - offset < 3:
            self.blame(26, f"{field.name}: its length is cut off")
            raise Malformed
        octets = int.from_bytes(body[offset + 1:offset + 3], "big")
        if octets < 255:
            self.blame(26, f"{field.name}: long form of length {octets}")
        return octets, offset + 3

    def _value(self, field, octets):
        kind = field.type
        if kind.startswith("unsigned"):
            return int.from_bytes(octets, "big")
        if kind in ("ipv4Address", "ipv6Address") and len(octets) in (4, 16):
            return str(ipaddress.ip_address(octets))
        if kind in ("dateTimeSeconds", "dateTimeMilliseconds"):
            return int.from_bytes(octets, "big")
        if kind in ("dateTimeMicroseconds", "dateTimeNanoseconds"):
            value = int.from_bytes(octets, "big")
            if kind == "dateTimeMicroseconds" and value & 0x7ff:
                self.blame(29, f"{field.name}: the low 11 bits are not 0")
            # ns since 1970
            return ((value >> 32) - NTP_TO_UNIX) * 10**9 + ((value & 0xffffffff) * 10**9 >> 32)
        if kind == "boolean":
            if octets not in (b"\1", b"\2"):
                self.blame(27, f"{field.name}: {octets.hex()}")
            return octets == b"\1"
        if kind == "string":
            return self._string(field, octets)
        if kind == "float64" and len(octets) in (4, 8):
            return struct.unpack("!f" if len(octets) == 4 else "!d", octets)[0]
        return octets.hex(":") if kind == "macAddress" else octets.hex()

    def _string(self, field, octets):
        if field.octets != VARIABLE:
            octets = octets.rstrip(b"\0")
        try:
            text = octets.decode()
        except UnicodeDecodeError:
            self.blame(32, f"{field.name}: not UTF-8")
            return octets.hex()
        if "\0" in text:
            self.blame(32, f"{field.name}: a NUL in it")
        return text

    def _add(self, record, template):
        self.records.append(record)
        record["exporter"] = self.name
        record["version"] = self.version
        record["observationDomainId"] = self.domain_id
        record["exportTime"] = self.export_ms
        if self.capture_ns is not None:
            record["captureTime"] = self.capture_ns // 10**6
        if template and template.is_options:
            record["isOptions"] = True
            self.option_records += 1
            return
        self.flow_records += 1
        self.packets += record.get("packetDeltaCount", 0)
        self.octets += record.get("octetDeltaCount", 0)
        self._check_flow(record)

    def _wall_ms(self, record, uptime_name, names, ntp_name):
        """A time of a record in ms since 1970, None if it has none"""
        if uptime_name in record and self.uptime_ms is not None:
            # Uptimes wrap; a record's lies before the header's
            return self.export_ms - (self.uptime_ms - record[uptime_name]) % WRAP
        for name, factor in names.items():
            if name in record:
                return record[name] * factor
        for name in (ntp_name + "Nanoseconds", ntp_name + "Microseconds"):
            if name in record:
                return record[name] // 10**6
        return None

    def _check_flow(self, record):
        uptime_item = {5: 3, 9: 14, 10: 59}[self.version]
        start = self._wall_ms(record, "flowStartSysUpTime", STARTS, "flowStart")
        end = self._wall_ms(record, "flowEndSysUpTime", ENDS, "flowEnd")
        if start is not None and end is not None:
            record["start"] = start
            record["end"] = end
            # Export Time of IPFIX has no fraction
            export = self.export_ms + (999 if self.version == 10 else 0)
            if start > end:
                self.blame(uptime_item, f"starts {start - end} ms after its end")
            if end > export:
                self.blame(uptime_item, f"ends {end - export} ms after its export")
            if start < export - MAX_AGE_MS:
                self.blame(28 if self.version == 10 else uptime_item,
                           f"started {(export - start) // 86400000} days ago")
        for name in ("flowStartDeltaMicroseconds", "flowEndDeltaMicroseconds"):
            if record.get(name, 0) > 71 * 60 * 10**6:
                self.blame(30, f"{name}: {record[name]}")
        if "flowEndReason" in record and not 1 <= record["flowEndReason"] <= 5:
            self.blame(52, f"flowEndReason {record['flowEndReason']}")
        if record.get("flowDirection", 0) not in (0, 1):
            self.blame(58, f"flowDirection {record['flowDirection']}")
        packets = record.get("packetDeltaCount")
        octets = record.get("octetDeltaCount")
        if packets is not None and octets is not None:
            least = 40 if "sourceIPv6Address" in record else 20
            # v5 tells of NAT events by pseudo flows of nothing
            if packets == 0 and octets:
                self.blame(4, f"{octets} octets without a packet")
            elif not least * packets <= octets:
                self.blame(4, f"{octets} octets in {packets} packets: a counter wrapped")


# ---- captures ----

def _link_payload(linktype, frame):
    """Octets from the IP header on, None if it is not IP"""
    if linktype == 1:                           # Ethernet
        offset, kind = 14, frame[12:14]
        while kind in (b"\x81\x00", b"\x88\xa8"):
            kind = frame[offset + 2:offset + 4]
            offset += 4
    elif linktype == 113:                       # Linux cooked
        offset, kind = 16, frame[14:16]
    elif linktype == 276:                       # Linux cooked, version 2
        offset, kind = 20, frame[0:2]
    elif linktype in (0, 108):                  # BSD loopback
        return frame[4:]
    elif linktype in (12, 101, 228, 229):       # bare IP
        return frame
    else:
        raise ValueError(f"link type {linktype} is not supported")
    return frame[offset:] if kind in (b"\x08\x00", b"\x86\xdd") else None


def _datagram(time_ns, packet):
    """A Datagram, or None if the packet is not UDP; a fragment has an empty payload"""
    if len(packet) < (28 if packet[0] >> 4 == 4 else 48):
        return None
    if packet[0] >> 4 == 4:
        header = (packet[0] & 15) * 4
        length, = struct.unpack_from("!H", packet, 2)
        flags, = struct.unpack_from("!H", packet, 6)
        protocol, source, destination = packet[9], packet[12:16], packet[16:20]
        df, fragment = bool(flags & 0x4000), bool(flags & 0x3fff)
        is_first = not flags & 0x1fff
    elif packet[0] >> 4 == 6:
        header, length = 40, 40 + struct.unpack_from("!H", packet, 4)[0]
        protocol, source, destination = packet[6], packet[8:24], packet[24:40]
        df, fragment, is_first = True, protocol == 44, True
        if fragment:
            protocol = packet[40]
            is_first = not struct.unpack_from("!H", packet, 42)[0] & 0xfff8
            header = 48
    else:
        return None
    if protocol != 17 or len(packet) < header + 8 or not is_first:
        return None
    sport, dport, _, checksum = struct.unpack_from("!HHHH", packet, header)
    return Datagram(time_ns, str(ipaddress.ip_address(source)), sport,
                    str(ipaddress.ip_address(destination)), dport,
                    b"" if fragment else packet[header + 8:length], length, df, fragment, checksum)


def read_pcap(path):
    """Yields the UDP Datagrams of a pcap file."""
    with open(path, "rb") as capture:
        header = capture.read(24)
        formats = {b"\xd4\xc3\xb2\xa1": ("<", 1000), b"\xa1\xb2\xc3\xd4": (">", 1000),
                   b"\x4d\x3c\xb2\xa1": ("<", 1), b"\xa1\xb2\x3c\x4d": (">", 1)}
        if len(header) < 24 or header[:4] not in formats:
            raise ValueError(f"{path} is not a pcap file")
        order, unit_ns = formats[header[:4]]
        linktype = struct.unpack_from(order + "I", header, 20)[0] & 0x0fffffff
        while True:
            record = capture.read(16)
            if len(record) < 16:
                return
            secs, fraction, captured, _ = struct.unpack(order + "IIII", record)
            packet = _link_payload(linktype, capture.read(captured))
            if packet:
                datagram = _datagram(secs * 10**9 + fraction * unit_ns, packet)
                if datagram:
                    yield datagram


class Capture:
    """All Transport Sessions of a stream of Datagrams"""

    def __init__(self, rules=None, ports=None):
        self.rules = rules or Rules()
        self.ports = ports
        self.sessions = {}
        self.known_ids = collections.defaultdict(dict)

    def datagram(self, datagram):
        """Returns the Data Records of the message in it."""
        if self.ports and datagram.dport not in self.ports:
            return []
        name = (f"{datagram.source}#{datagram.sport}>"
                f"{datagram.destination}#{datagram.dport}")
        if name not in self.sessions:
            hosts = datagram.source, datagram.destination, datagram.dport
            self.sessions[name] = Session(name, self.rules, self.known_ids[hosts])
        session = self.sessions[name]
        if datagram.fragment:
            session.blame(24, "a fragment")
            return []
        records = session.message(datagram.payload, datagram.time_ns)
        if not datagram.df:
            session.blame(24, "may be fragmented: DF is not set")
        if self.rules.mtu and datagram.ip_octets > self.rules.mtu:
            session.blame(24, f"{datagram.ip_octets} octets with an MTU of {self.rules.mtu}")
        if not datagram.checksum:
            session.blame(42, "no UDP checksum")
        return records

    def read(self, path):
        """Yields the Data Records of a pcap file."""
        for datagram in read_pcap(path):
            yield from self.datagram(datagram)

    def total(self, counter):
        return sum(getattr(session, counter) for session in self.sessions.values())

    @property
    def violations(self):
        return [v for session in self.sessions.values() for v in session.violations]


def main(arguments=None):
    parser = argparse.ArgumentParser(description="strict decoder of NetFlow v5, v9 and IPFIX")
    parser.add_argument("command", choices=("check", "flows", "messages"))
    parser.add_argument("file", metavar="FILE.pcap")
    parser.add_argument("--port", type=int, action="append",
                        help="UDP port of the Collector, may be repeated (default 2055)")
    parser.add_argument("--mtu", type=int, help="no IP packet may be longer")
    parser.add_argument("--domain", type=int, help="Observation Domain ID to expect")
    parser.add_argument("--refresh-messages", type=int, metavar="N",
                        help="Templates have to be repeated after so many messages")
    parser.add_argument("--refresh-minutes", type=float, metavar="N",
                        help="Templates have to be repeated after so many minutes")
    parser.add_argument("--allow-gaps", action="store_true",
                        help="messages were lost: the sequence may go ahead")
    parser.add_argument("--mid-stream", action="store_true",
                        help="the capture began later than the session")
    parser.add_argument("--clock-steps", action="store_true",
                        help="the wall clock was set during the capture")
    options = parser.parse_args(arguments)

    capture = Capture(Rules(mtu=options.mtu, domain=options.domain,
                            refresh_messages=options.refresh_messages,
                            refresh_minutes=options.refresh_minutes,
                            allow_gaps=options.allow_gaps, mid_stream=options.mid_stream,
                            clock_steps=options.clock_steps),
                      options.port or [2055])
    try:
        if options.command == "messages":
            for datagram in read_pcap(options.file):
                if datagram.dport in capture.ports:
                    sys.stdout.buffer.write(datagram.payload)
            return 0
        for record in capture.read(options.file):
            if options.command == "flows" and not record.get("isOptions"):
                print(json.dumps(record))
    except (OSError, ValueError) as error:
        print(f"flowdecode: {error}", file=sys.stderr)
        return 2
    if options.command == "flows":
        return 0

    for violation in capture.violations:
        print(f"{violation.session}: message {violation.message}: "
              f"item {violation.item}: {violation.text}")
    print(f"{len(capture.sessions)} sessions, {capture.total('messages')} messages, "
          f"{capture.total('flow_records')} flow records, "
          f"{capture.total('option_records')} options records, {capture.total('lost')} lost, "
          f"{capture.total('packets')} packets, {capture.total('octets')} octets, "
          f"{len(capture.violations)} violations")
    return 1 if capture.violations or not capture.total("messages") else 0


if __name__ == "__main__":
    sys.exit(main())
