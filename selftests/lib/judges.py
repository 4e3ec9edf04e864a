# SPDX-License-Identifier: GPL-2.0-only
"""judges.py - what decoders say of Flow Records, in one form

A judge gives records: element -> value, by IANA's number, or by the judge's own name if it has one.
Numbers are numbers, times ns, addresses and MAC addresses strings.
"""
import collections
import datetime
import ipaddress
import json
import re
import struct

from flowdecode import ELEMENTS, NTP_TO_UNIX, Capture, read_pcap
from guest import run

NUMBERS = {name: number for number, (name, _) in ELEMENTS.items()}
MILLISECONDS = ("flowStartMilliseconds", "flowEndMilliseconds", "flowStartSysUpTime",
                "flowEndSysUpTime")


def decoder(path, rules):
    """lib/flowdecode.py: Flow Records, Options Data, violations"""
    capture = Capture(rules, [2055])
    records, options = [], []
    for record in capture.read(path):
        if record.get("isOptions"):
            options.append(record)
            continue
        records.append({NUMBERS[name]: value * 10**6 if name in MILLISECONDS else value
                        for name, value in record.items()
                        if name in NUMBERS and name != "observationDomainId"})
    return records, options, capture.violations


# tshark -------------------------------------------------------------------------

def _tshark_time(text):
    match = re.match(r"(\w{3} +\d+, \d+ \d+:\d+:\d+)\.(\d+) UTC", text)
    if match:
        moment = datetime.datetime.strptime(match.group(1), "%b %d, %Y %H:%M:%S")
        seconds = int(moment.replace(tzinfo=datetime.timezone.utc).timestamp())
        return seconds * 10**9 + int(match.group(2).ljust(9, "0"))
    match = re.fullmatch(r"(\d+)\.(\d{9})", text)   # since boot, or a duration
    return int(match.group(1)) * 10**9 + int(match.group(2)) if match else text


def _tshark_value(name, text):
    if "time" in name:
        return _tshark_time(text)
    if name.endswith("option_map"):
        return int(text.replace(":", ""), 16)
    try:
        return int(text, 0)
    except ValueError:
        return text


def _flatten(tree, record):
    for name, value in tree:
        if isinstance(value, str):
            record[name].append(_tshark_value(name, value))
        elif value and isinstance(value[0], tuple):
            _flatten(value, record)


def _find_flows(tree, found):
    for name, value in tree:
        if isinstance(value, list) and re.match(r"Flow \d+", name):
            record = collections.defaultdict(list)
            _flatten(value, record)
            # It is not told what icmpTypeCodeIPv6 as a whole is
            for kind, code in zip(record["cflow.icmp_ipv6_type"], record["cflow.icmp_ipv6_code"]):
                record["cflow.icmp_ipv6"].append(kind << 8 | code)
            found.append(record)
        elif isinstance(value, list):
            _find_flows(value, found)


def _tshark(path, *words):
    done = run("tshark", "-n", "-r", path, "-d", "udp.port==2055,cflow", *words,
               env={"TZ": "UTC"}, timeout=600)
    if done.returncode:
        raise RuntimeError(f"tshark: {done.stderr}")
    return done.stdout


def tshark(path):
    """Records of name -> list of values"""
    records = []
    for packet in json.loads(_tshark(path, "-T", "json"), object_pairs_hook=list):
        for name, tree in dict(dict(packet)["_source"])["layers"]:
            if name == "cflow":
                _find_flows(tree, records)
    return records


def tshark_remarks(path):
    """What tshark finds wrong with a capture; severity 6291456 is a warning"""
    return _tshark(path, "-Y", "_ws.expert.severity >= 6291456 or cflow.no_template_found or "
                   "cflow.unexpected_sequence_number or cflow.flowset_length.invalid or "
                   "cflow.flowsets.impossible or _ws.malformed or !cflow")


# Others -------------------------------------------------------------------------

def _datetime_ns(moment):
    whole = moment.replace(microsecond=0, tzinfo=datetime.timezone.utc)
    return int(whole.timestamp()) * 10**9 + moment.microsecond * 1000


def _iso_ns(text):
    return _datetime_ns(datetime.datetime.fromisoformat(text))


def nfdump(directory):
    """Records by nfdump's names; icmp is type and code"""
    done = run("nfdump", "-R", directory, "-o", "json", env={"TZ": "UTC"}, timeout=600)
    records = json.loads(done.stdout)
    for record in records:
        for name in "first", "last":
            record[name] = _iso_ns(record[name])
        record["tcp_flags"] = sum(0x80 >> i for i, flag in enumerate(record.get("tcp_flags", ""))
                                  if flag != ".")
        if "icmp_type" in record:
            record["icmp"] = record["icmp_type"] << 8 | record["icmp_code"]
        for name in "ingress_vrf", "egress_vrf", "src_xlt_port", "dst_xlt_port":
            if name in record:
                record[name] = int(record[name])
    return records


def without_padding(message):
    """RFC 7011 3.3.1 allows padding behind Template Records, but python3-ipfix takes none."""
    out, at = b"", 16
    while at < len(message):
        set_id, length = struct.unpack_from("!HH", message, at)
        body, end = message[at + 4:at + length], length - 4
        if set_id in (2, 3):
            end = 0
            while len(body) - end >= 4 and any(body[end:end + 2]):
                end += (4 if set_id == 2 else 6) + 4 * int.from_bytes(body[end + 2:end + 4], "big")
        out += struct.pack("!HH", set_id, end + 4) + body[:end]
        at += length
    return message[:2] + struct.pack("!H", len(out) + 16) + message[4:16] + out


def ipfix_file(path, out):
    """IPFIX messages of a capture as a file (RFC 5655)"""
    with open(out, "wb") as file:
        for datagram in read_pcap(path):
            if datagram.dport == 2055 and datagram.payload[:2] == b"\0\n":
                file.write(without_padding(datagram.payload))


def python_ipfix(path):
    """Records by number. It takes NTP timestamps for ones that begin in 1970."""
    # pylint: disable=import-outside-toplevel,import-error
    import ipfix.ie
    import ipfix.reader
    ipfix.ie.use_iana_default()
    records = []
    with open(path, "rb") as file:
        for found in ipfix.reader.from_stream(file).namedict_iterator():
            record = {}
            for name, value in found.items():
                if isinstance(value, datetime.datetime):
                    value = _datetime_ns(value)
                    if name.endswith(("Microseconds", "Nanoseconds")):
                        value -= NTP_TO_UNIX * 10**9
                elif isinstance(value, bytes):
                    value = value.hex(":")
                elif isinstance(value, str):
                    value = value.rstrip("\0")
                elif not isinstance(value, (int, float)):
                    value = str(value)
                if name in NUMBERS:
                    record[NUMBERS[name]] = value
            records.append(record)
    return records


def _dumped(number, text):
    kind = ELEMENTS[number][1]
    if kind == "boolean":
        return {"1": True, "2": False}.get(text, text)
    if kind.startswith("dateTime"):
        return _iso_ns(text[:26])
    if kind == "ipv6Address":
        return str(ipaddress.ip_address(text))
    if kind == "string":
        return re.sub(r"^\(len: \d+\) ?", "", text)
    return int(text) if text.isdigit() else text


def ipfixdump(path):
    """Records by number. Its NTP timestamps have no fraction."""
    records = []
    for line in run("ipfixDump", "-d", "-i", path, timeout=600).stdout.splitlines():
        field = re.match(r"\t\((\d+)\)(?: \(S\))? +\w+ : ?(.*)", line)
        if line.startswith("--- data record"):
            records.append({})
        elif field and records and int(field.group(1)) in ELEMENTS:
            number = int(field.group(1))
            records[-1][number] = _dumped(number, field.group(2).strip())
    return records
