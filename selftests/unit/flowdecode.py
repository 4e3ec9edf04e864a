#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The strict decoder finds each violation that is planted, and none in good streams."""
import contextlib
import io
import json
import os
import struct
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
sys.dont_write_bytecode = True
import flowdecode                               # noqa: E402  pylint: disable=wrong-import-position

NOW = 1700000000                                # s
UPTIME = 1000000                                # ms

# ---- good messages, to be spoilt ----


def be16(*values):
    return b"".join(struct.pack("!H", value & 0xffff) for value in values)


def a_set(set_id, body, length=None, padding=None):
    if padding is None:
        padding = bytes(-len(body) % 4)
    return be16(set_id, 4 + len(body) + len(padding) if length is None else length) + body + padding


def fields(*pairs):
    return b"".join(be16(*pair) for pair in pairs)


def template(template_id, *pairs):
    return be16(template_id, len(pairs)) + fields(*pairs)


V9_PAIRS = ((8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (2, 8), (1, 8), (22, 4), (21, 4))
IPFIX_PAIRS = ((8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (136, 1), (2, 8), (1, 8),
               (152, 8), (153, 8))
SOURCE, DESTINATION = bytes((192, 0, 2, 1)), bytes((198, 51, 100, 2))


def v9_record(first=UPTIME - 5000, last=UPTIME - 1000, packets=10, octets=1000):
    return SOURCE + DESTINATION + struct.pack("!HHBQQII", 1000, 80, 6, packets, octets, first, last)


def v9(*sets, count=2, sequence=0, domain=0, secs=NOW, uptime=UPTIME):
    return struct.pack("!HHIIII", 9, count, uptime, secs, sequence, domain) + b"".join(sets)


V9_TEMPLATE = a_set(0, template(256, *V9_PAIRS))


def ipfix_record(start=NOW * 1000 - 5000, end=NOW * 1000 - 1000, packets=10, octets=1000,
                 reason=1):
    return SOURCE + DESTINATION + struct.pack("!HHBBQQQQ", 1000, 80, 6, reason, packets, octets,
                                              start, end)


def ipfix(*sets, sequence=0, domain=0, secs=NOW, length=None, version=10):
    body = b"".join(sets)
    return struct.pack("!HHIII", version, 16 + len(body) if length is None else length,
                       secs, sequence, domain) + body


IPFIX_TEMPLATE = a_set(2, template(256, *IPFIX_PAIRS))
IPFIX_DATA = a_set(256, ipfix_record())


def one_field(number, octets, value):
    """A message with a record of the field and one that keeps records above 4 octets"""
    return ipfix(a_set(2, template(300, (number, octets), (1, 8))),
                 a_set(300, value + struct.pack("!Q", 1000)))


def v5_record(first=UPTIME - 5000, last=UPTIME - 1000, packets=10, octets=1000, pad1=0, pad2=0):
    return SOURCE + DESTINATION + bytes(4) + struct.pack(
        "!HHIIIIHHBBBBHHBBH", 1, 2, packets, octets, first, last, 1000, 80, pad1, 0, 6, 0,
        0, 0, 0, 0, pad2)


def v5(*records, count=None, sequence=0, nsecs=0, engine_type=0, engine_id=0, sampling=0,
       uptime=UPTIME, secs=NOW):
    return struct.pack("!HHIIIIBBH", 5, len(records) if count is None else count, uptime,
                       secs, nsecs, sequence, engine_type, engine_id, sampling) + b"".join(records)


def items(*messages, times=None, **rules):
    """Items that the messages of one session violate"""
    session = flowdecode.Session(rules=flowdecode.Rules(**rules))
    for index, data in enumerate(messages):
        session.message(data, times[index] * 10**9 if times else None)
    return sorted({violation.item for violation in session.violations})


# ---- good streams ----

def test_good_v5_has_no_violation():
    assert items(v5(v5_record(), v5_record(), sequence=7), v5(v5_record(), sequence=9)) == []


def test_good_v9_has_no_violation():
    assert items(v9(V9_TEMPLATE, a_set(256, v9_record())),
                 v9(a_set(256, v9_record() * 2), sequence=1)) == []


def test_good_ipfix_has_no_violation():
    assert items(ipfix(IPFIX_TEMPLATE, a_set(256, ipfix_record() * 3)),
                 ipfix(IPFIX_DATA, sequence=3), ipfix(IPFIX_TEMPLATE, sequence=4),
                 ipfix(IPFIX_DATA, sequence=4)) == []


def test_good_options_have_no_violation():
    options_v9 = be16(257, 4, 8) + fields((1, 4), (34, 4), (35, 1))
    assert items(v9(a_set(1, options_v9), a_set(257, bytes(4) + b"\0\0\0\12\2"))) == []
    options_ipfix = be16(257, 3, 1) + fields((149, 4), (34, 4), (35, 1))
    assert items(ipfix(a_set(3, options_ipfix), a_set(257, bytes(4) + b"\0\0\0\12\2")),
                 ipfix(IPFIX_TEMPLATE, IPFIX_DATA, sequence=1)) == []


def test_sequences_wrap():
    assert items(v5(v5_record(), sequence=0xffffffff), v5(v5_record(), sequence=0)) == []
    assert items(v9(V9_TEMPLATE, count=1, sequence=0xffffffff),
                 v9(V9_TEMPLATE, count=1, sequence=0)) == []
    assert items(ipfix(IPFIX_TEMPLATE, a_set(256, ipfix_record() * 3), sequence=0xfffffffe),
                 ipfix(IPFIX_DATA, sequence=1), mid_stream=True) == []


def test_uptimes_wrap():
    wrapped = {"uptime": 500, "secs": NOW + 1}
    assert items(v5(v5_record(0xffffff00, 100), **wrapped)) == []
    assert items(v9(V9_TEMPLATE, a_set(256, v9_record(0xffffff00, 100)), **wrapped)) == []


def test_domains_have_sequences_of_their_own():
    assert items(ipfix(IPFIX_TEMPLATE, IPFIX_DATA, domain=1),
                 ipfix(IPFIX_TEMPLATE, IPFIX_DATA, domain=2),
                 ipfix(IPFIX_DATA, domain=1, sequence=1)) == []


def test_records_are_decoded():
    session = flowdecode.Session()
    record, = session.message(ipfix(IPFIX_TEMPLATE, IPFIX_DATA, domain=77))
    expected = {
        "sourceIPv4Address": "192.0.2.1", "destinationIPv4Address": "198.51.100.2",
        "sourceTransportPort": 1000, "destinationTransportPort": 80, "protocolIdentifier": 6,
        "flowEndReason": 1, "packetDeltaCount": 10, "octetDeltaCount": 1000,
        "flowStartMilliseconds": NOW * 1000 - 5000, "flowEndMilliseconds": NOW * 1000 - 1000,
        "start": NOW * 1000 - 5000, "end": NOW * 1000 - 1000, "version": 10,
        "observationDomainId": 77, "exportTime": NOW * 1000, "exporter": "session",
    }
    assert record == expected, record


def test_times_are_the_same_in_all_versions():
    for message in (v5(v5_record()), v9(V9_TEMPLATE, a_set(256, v9_record())),
                    ipfix(IPFIX_TEMPLATE, IPFIX_DATA)):
        record, = flowdecode.Session().message(message)
        assert (record["start"], record["end"]) == (NOW * 1000 - 5000, NOW * 1000 - 1000)


def test_variable_lengths_are_decoded():
    for octets in (0, 1, 254, 255, 300):
        length = bytes((octets,)) if octets < 255 else b"\xff" + be16(octets)
        message = one_field(82, 65535, length + b"x" * octets)
        session = flowdecode.Session()
        record, = session.message(message)
        assert record["interfaceName"] == "x" * octets and not session.violations


# ---- violations ----

def test_item_1_v5_length_and_count():
    assert items(v5()) == [1]
    assert items(v5(v5_record(), count=2)) == [1]
    assert items(v5(*[v5_record()] * 31)) == [1]
    assert items(v5(v5_record()) + b"\0") == [1]
    assert items(v5()[:20]) == [1]


def test_item_2_v5_sequence():
    assert items(v5(v5_record()), v5(v5_record(), sequence=2)) == [2]
    assert items(v5(v5_record(), v5_record()), v5(v5_record(), sequence=1)) == [2]


def test_item_3_v5_times():
    assert items(v5(v5_record(first=UPTIME - 1, last=UPTIME - 2))) == [3]
    assert items(v5(v5_record(last=UPTIME + 1))) == [3]
    assert items(v5(v5_record()), v5(v5_record(), sequence=1, secs=NOW + 1)) == [3]


def test_item_4_counters_that_wrapped():
    assert items(v5(v5_record(packets=1000, octets=19999))) == [4]
    assert items(v5(v5_record(packets=0, octets=1))) == [4]


def test_item_6_v5_constant_fields():
    assert items(v5(v5_record(pad1=1))) == [6]
    assert items(v5(v5_record(pad2=1))) == [6]
    assert items(v5(v5_record(), engine_type=1)) == [6]
    assert items(v5(v5_record(), sampling=0x4000)) == [6]


def test_item_7_v9_count():
    data = a_set(256, v9_record() * 3)
    assert items(v9(V9_TEMPLATE, data, count=4)) == []
    assert items(v9(V9_TEMPLATE, data, count=2)) == [7]
    assert items(v9(V9_TEMPLATE, data, count=3)) == [7]
    # padding that is not shorter than a record reads as records
    short = a_set(0, template(256, (4, 1)))
    assert items(v9(short, a_set(256, b"\6", padding=bytes(3)))) == [7]


def test_item_8_v9_sequence():
    first = v9(V9_TEMPLATE, a_set(256, v9_record()))
    assert items(first, v9(a_set(256, v9_record()), count=1, sequence=2)) == [8]
    assert items(first, v9(a_set(256, v9_record()), count=1, sequence=0)) == [8]


def test_item_9_v9_flowsets():
    assert items(v9(a_set(2, bytes(8)), count=0)) == [9]
    assert items(v9(count=0)) == [9]
    assert items(v9(V9_TEMPLATE, a_set(256, v9_record(), length=48))) == [9]
    assert items(v9(V9_TEMPLATE, a_set(256, v9_record(), length=3))) == [9]
    assert items(v9(a_set(0, template(255, *V9_PAIRS)), count=1)) == [9]


def test_item_10_v9_padding():
    record = v9_record()
    assert len(record) % 4 == 1
    assert items(v9(V9_TEMPLATE, a_set(256, record, padding=b""))) == [10]
    assert items(v9(V9_TEMPLATE, a_set(256, record, padding=b"\0\0\1"))) == [10]
    assert items(v9(a_set(0, template(256, *V9_PAIRS), padding=bytes(4)), count=1)) == [10]


def test_item_11_v9_data_before_template():
    assert items(v9(a_set(256, v9_record()), V9_TEMPLATE)) == [11]
    assert items(v9(a_set(256, v9_record()), V9_TEMPLATE), mid_stream=True) == []


def test_item_12_v9_options_templates():
    def options(scopes, octets, scope_type):
        return v9(a_set(1, be16(257, scopes, octets) +
                        fields((scope_type, 4), (34, 4))), count=1)
    assert items(options(4, 4, 1)) == []
    assert items(options(4, 4, 6)) == [12]
    assert items(options(0, 8, 10)) == [12]
    assert items(v9(a_set(1, be16(257, 1, 1)), count=1)) == [9, 12]


def test_item_13_v9_id_redefined():
    other = a_set(0, template(256, *V9_PAIRS[1:]))
    assert items(v9(V9_TEMPLATE, V9_TEMPLATE)) == []
    assert items(v9(V9_TEMPLATE, other)) == [13]


def test_item_14_v9_times_and_counters():
    assert items(v9(V9_TEMPLATE, a_set(256, v9_record(last=UPTIME + 1)))) == [14]
    assert items(v9(V9_TEMPLATE, a_set(256, v9_record(first=UPTIME, last=UPTIME - 1)))) == [14]
    assert items(v9(a_set(0, template(256, (1, 3), (2, 4))), count=1)) == [14]
    assert items(v9(V9_TEMPLATE, count=1),
                 v9(V9_TEMPLATE, count=1, sequence=1, uptime=UPTIME + 500)) == [14]


def test_item_15_v9_elements():
    assert items(v9(a_set(0, template(256, (82, 65535), (1, 8))), count=1)) == [15]
    assert items(v9(a_set(0, template(256, (152, 8))), count=1)) == [15]
    assert items(v9(a_set(0, template(256, (0x8001, 4))), count=1)) == [15]


def test_item_16_ipfix_version_and_length():
    assert items(ipfix(IPFIX_TEMPLATE, version=11)) == [16]
    assert items(ipfix(IPFIX_TEMPLATE, length=100)) == [16]
    assert items(ipfix(IPFIX_TEMPLATE)[:15]) == [16]
    assert items(ipfix(IPFIX_TEMPLATE), v5(v5_record())) == [16]


def test_item_17_export_time():
    assert items(ipfix(IPFIX_TEMPLATE), times=[NOW + 1]) == []
    assert items(ipfix(IPFIX_TEMPLATE), times=[NOW + 2]) == [17]
    assert items(ipfix(IPFIX_TEMPLATE), times=[NOW - 2]) == [17]
    assert items(v9(V9_TEMPLATE, count=1), times=[NOW + 2]) == [17]
    assert items(v5(v5_record()), times=[NOW - 2]) == [17]
    assert items(v5(v5_record(), nsecs=10**9)) == [17]
    assert items(ipfix(IPFIX_TEMPLATE, secs=0)) == [17]


def test_item_18_ipfix_sequence():
    assert items(ipfix(IPFIX_TEMPLATE, sequence=1)) == [18]
    first = ipfix(IPFIX_TEMPLATE, IPFIX_DATA)
    assert items(first, ipfix(IPFIX_DATA, sequence=0)) == [18]
    assert items(first, ipfix(IPFIX_DATA, sequence=2)) == [18]
    # as if the Template counted
    assert items(first, ipfix(IPFIX_TEMPLATE, sequence=2)) == [18]


def test_item_18_options_data_count():
    options = a_set(3, be16(257, 2, 1) + fields((149, 4), (41, 8)))
    first = ipfix(options, a_set(257, bytes(12)))
    assert items(first, ipfix(options, sequence=1)) == []
    assert items(first, ipfix(options, sequence=0)) == [18]


def test_gaps_may_be_allowed_and_are_counted():
    session = flowdecode.Session(rules=flowdecode.Rules(allow_gaps=True))
    session.message(ipfix(IPFIX_TEMPLATE, IPFIX_DATA))
    session.message(ipfix(IPFIX_DATA, sequence=11))
    assert session.lost == 10 and not session.violations
    session.message(ipfix(IPFIX_DATA, sequence=5))
    assert [violation.item for violation in session.violations] == [18]


def test_item_19_observation_domain():
    assert items(ipfix(IPFIX_TEMPLATE, domain=77), domain=77) == []
    assert items(ipfix(IPFIX_TEMPLATE, domain=78), domain=77) == [19]
    assert items(v5(v5_record(), engine_id=0x34), domain=0x1234) == []
    assert items(v5(v5_record(), engine_id=0x12), domain=0x1234) == [19]


def test_item_20_ipfix_sets():
    for set_id in (0, 1, 4, 255):
        assert items(ipfix(a_set(set_id, bytes(8)))) == [20]
    assert items(ipfix()) == [20]
    assert items(ipfix(IPFIX_TEMPLATE, a_set(256, b""))) == [20]
    assert items(ipfix(IPFIX_TEMPLATE, a_set(256, ipfix_record(), length=56))) == [20]
    assert items(ipfix(IPFIX_TEMPLATE, b"\0\0")) == [20]
    assert items(ipfix(IPFIX_TEMPLATE, a_set(256, ipfix_record(), padding=b"\1\0"))) == [20]
    assert items(ipfix(a_set(2, template(256, *IPFIX_PAIRS), padding=bytes(4)))) == [20]


def test_item_21_templates():
    assert items(ipfix(a_set(2, template(255, *IPFIX_PAIRS)))) == [21]
    assert items(ipfix(a_set(2, be16(256, 3) + fields((8, 4), (12, 4))))) == [21]
    assert items(ipfix(a_set(3, be16(256, 3)))) == [21]


def test_item_22_options_templates():
    for count, scopes in ((2, 0), (2, 2), (2, 3)):
        options = be16(257, count, scopes) + fields((149, 4), (41, 8))
        assert items(ipfix(a_set(3, options))) == [22]


def test_item_23_data_before_template():
    assert items(ipfix(IPFIX_DATA, IPFIX_TEMPLATE)) == [23]
    assert items(ipfix(IPFIX_DATA), mid_stream=True) == []


def test_item_25_element_sizes():
    for number, octets in ((152, 4), (8, 3), (27, 4), (56, 8), (60, 2), (4, 2), (10, 5), (388, 2),
                           (150, 8), (158, 2), (311, 2), (1, 9)):
        assert items(ipfix(a_set(2, template(256, (number, octets), (1, 8))))) == [25], number
    assert items(ipfix(a_set(2, template(256, (2, 4), (10, 2), (31, 3), (311, 4))))) == []
    assert items(ipfix(a_set(2, template(256, (32000, 4))))) == [25]


def test_item_26_variable_length():
    assert items(one_field(82, 65535, b"\xff\0\1x")) == [26]
    assert items(ipfix(a_set(2, template(300, (1, 8), (82, 65535))),
                       a_set(300, bytes(8) + b"\5xyz"))) == [26]
    assert items(ipfix(a_set(2, template(300, (1, 8), (82, 65535))),
                       a_set(300, bytes(8) + b"\xff\0", padding=b""))) == [26]


def test_item_27_booleans():
    assert items(one_field(388, 1, b"\1")) == []
    assert items(one_field(388, 1, b"\2")) == []
    assert items(one_field(388, 1, b"\0")) == [27]


def test_item_28_times_in_milliseconds():
    for start in (0, NOW, NOW * 1000 - 9 * 86400000):
        assert items(ipfix(IPFIX_TEMPLATE, a_set(256, ipfix_record(start=start)))) == [28]


def test_item_29_ntp_times():
    seconds = struct.pack("!I", NOW + 2208988800)
    assert items(one_field(154, 8, seconds + b"\x80\0\0\0")) == []
    assert items(one_field(154, 8, seconds + b"\x80\0\0\1")) == [29]
    assert items(one_field(156, 8, seconds + b"\x80\0\0\1")) == []


def test_item_30_delta_microseconds():
    assert items(one_field(158, 4, struct.pack("!I", 4260000001))) == [30]


def test_item_31_uptime_needs_its_zero():
    assert items(ipfix(a_set(2, template(256, (22, 4), (21, 4))))) == [31]
    assert items(ipfix(a_set(2, template(256, (22, 4), (21, 4), (160, 8))))) == []


def test_item_32_strings():
    assert items(one_field(82, 65535, b"\2\xff\xff")) == [32]
    assert items(one_field(82, 65535, b"\4eth\0")) == [32]
    assert items(one_field(82, 4, b"eth\0")) == []


def test_item_33_enterprise_numbers():
    def enterprise(number):
        return ipfix(a_set(2, be16(256, 1, 0x8001, 8) + struct.pack("!I", number)))
    assert items(enterprise(29305)) == []
    assert items(enterprise(32473)) == [33]
    assert items(enterprise(32473), enterprises=(32473,)) == []
    assert items(ipfix(a_set(2, be16(256, 1, 0x8001, 8)))) == [33]


def test_item_34_templates_are_repeated_by_count():
    stream = [ipfix(IPFIX_TEMPLATE)] + [ipfix(IPFIX_DATA, sequence=n) for n in range(20)]
    assert items(*stream, refresh_messages=20) == []
    assert items(*stream, refresh_messages=10) == [34]
    stream.insert(11, ipfix(IPFIX_TEMPLATE, sequence=10))
    assert items(*stream, refresh_messages=10) == []


def test_item_34_templates_are_repeated_by_time():
    def stream(seconds):
        return items(ipfix(IPFIX_TEMPLATE), ipfix(IPFIX_DATA, secs=NOW + seconds),
                     times=[NOW, NOW + seconds], refresh_minutes=1)
    assert stream(60) == []
    assert stream(65) == [34]


def test_item_35_withdrawals():
    assert items(ipfix(IPFIX_TEMPLATE), ipfix(a_set(2, be16(256, 0)))) == [35]
    assert items(ipfix(IPFIX_TEMPLATE), ipfix(a_set(2, be16(2, 0)))) == [35]


def test_item_37_id_redefined():
    other = a_set(2, template(256, *IPFIX_PAIRS[1:]))
    options = a_set(3, be16(256, 10, 1) + fields(*IPFIX_PAIRS))
    assert items(ipfix(IPFIX_TEMPLATE), ipfix(IPFIX_TEMPLATE)) == []
    assert items(ipfix(IPFIX_TEMPLATE), ipfix(other)) == [37]
    assert items(ipfix(IPFIX_TEMPLATE), ipfix(options)) == [37]


def test_item_37_id_that_meant_something_else_in_another_session():
    other = ipfix(a_set(2, template(256, *IPFIX_PAIRS[1:])))
    more = ipfix(a_set(2, template(257, *IPFIX_PAIRS[1:])), domain=1)

    def session_after(minutes, message, **rules):
        ids = {}
        rules = flowdecode.Rules(clock_steps=True, **rules)
        first = flowdecode.Session("first", rules, ids)
        first.message(GOOD, NOW * 10**9)
        second = flowdecode.Session("second", rules, ids)
        seconds = NOW + minutes * 60
        second.message(message[:4] + struct.pack("!I", seconds) + message[8:], seconds * 10**9)
        return [violation.item for violation in second.violations]

    assert session_after(1, other, lifetime_minutes=30) == [37]
    assert session_after(29, other, lifetime_minutes=30) == [37]
    assert session_after(31, other, lifetime_minutes=30) == []
    assert session_after(1, GOOD, lifetime_minutes=30) == []
    assert session_after(1, more, lifetime_minutes=30) == []
    assert session_after(1, other) == []
    # Another domain of the same session
    other = ipfix(a_set(2, template(256, *IPFIX_PAIRS[1:])), domain=1)
    assert items(GOOD, other) == []
    assert items(GOOD, other, lifetime_minutes=30) == [37]


def test_item_52_end_reasons():
    for reason in (1, 2, 3, 4, 5):
        assert items(ipfix(IPFIX_TEMPLATE, a_set(256, ipfix_record(reason=reason)))) == []
    for reason in (0, 6):
        assert items(ipfix(IPFIX_TEMPLATE, a_set(256, ipfix_record(reason=reason)))) == [52]


def test_item_58_directions():
    assert items(one_field(61, 1, b"\1")) == []
    assert items(one_field(61, 1, b"\2")) == [58]


def test_item_59_start_end_export():
    def times(start, end):
        return items(ipfix(IPFIX_TEMPLATE, a_set(256, ipfix_record(
            start=NOW * 1000 + start, end=NOW * 1000 + end))))
    assert times(0, 999) == []
    assert times(-10, -11) == [59]
    assert times(0, 1000) == [59]


# ---- capture files ----

def ethernet(packet, kind):
    return bytes(12) + be16(kind) + packet


def ipv4(payload, flags=0x4000, checksum=0xffff, dport=2055, sport=40000):
    udp = be16(sport, dport, 8 + len(payload), checksum) + payload
    return be16(0x4500, 20 + len(udp), 0, flags) + bytes((64, 17, 0, 0, 127, 0, 0, 1,
                                                          127, 0, 0, 1)) + udp


def ipv6(payload):
    udp = be16(40000, 2055, 8 + len(payload), 0xffff) + payload
    return b"\x60\0\0\0" + be16(len(udp)) + b"\x11\x40" + bytes(15) + b"\1" + bytes(15) + b"\1" + udp


class Output(io.StringIO):
    """Standard output, for text and octets"""

    def __init__(self):
        super().__init__()
        self.buffer = io.BytesIO()


def run(frames, *arguments, linktype=1, command="check"):
    """Exit status and output for a capture of the frames"""
    with tempfile.NamedTemporaryFile() as capture:
        capture.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, linktype))
        for frame in frames:
            capture.write(struct.pack("<IIII", NOW, 0, len(frame), len(frame)) + frame)
        capture.flush()
        output = Output()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            status = flowdecode.main([command, capture.name, *arguments])
    return status, output.buffer.getvalue() or output.getvalue()


GOOD = ipfix(IPFIX_TEMPLATE, IPFIX_DATA)


def test_captures_of_all_link_types_are_read():
    for linktype, frame in ((1, ethernet(ipv4(GOOD), 0x0800)), (1, ethernet(ipv6(GOOD), 0x86dd)),
                            (1, ethernet(be16(5, 0x0800) + ipv4(GOOD), 0x8100)),
                            (101, ipv4(GOOD)), (101, ipv6(GOOD)), (0, b"\2\0\0\0" + ipv4(GOOD)),
                            (113, bytes(14) + be16(0x0800) + ipv4(GOOD)),
                            (276, be16(0x0800) + bytes(18) + ipv4(GOOD))):
        status, output = run([frame], linktype=linktype)
        assert status == 0 and "1 sessions, 1 messages, 1 flow records" in output, output


def test_flows_are_printed_as_json():
    status, output = run([ipv4(GOOD)], linktype=101, command="flows")
    record = json.loads(output)
    assert status == 0 and record["packetDeltaCount"] == 10
    assert record["exporter"] == "127.0.0.1#40000>127.0.0.1#2055"


def test_check_sums_what_the_records_have():
    status, output = run([ipv4(GOOD), ipv4(ipfix(a_set(256, ipfix_record() * 2), sequence=1))],
                         linktype=101)
    assert status == 0 and "3 flow records" in output and "30 packets, 3000 octets" in output, output


def test_messages_are_written_one_after_the_other():
    other = ipv4(b"x", dport=2056)
    status, output = run([ipv4(GOOD), other, ipv6(GOOD)], linktype=101, command="messages")
    assert status == 0 and output == GOOD + GOOD


def test_a_capture_without_messages_is_no_success():
    status, output = run([ipv4(GOOD, dport=2056)], linktype=101)
    assert status == 1 and "0 messages" in output
    assert run([ipv4(GOOD, dport=2056)], "--port", "2056", linktype=101)[0] == 0


def test_sessions_are_told_apart_by_port():
    second = ipfix(IPFIX_DATA)
    assert run([ipv4(GOOD), ipv4(GOOD, sport=40001)], linktype=101)[0] == 0
    status, output = run([ipv4(GOOD), ipv4(second, sport=40001)], linktype=101)
    assert status == 1 and "item 23" in output


def test_sessions_of_two_hosts_share_what_ids_mean():
    other = ipfix(a_set(2, template(256, *IPFIX_PAIRS[1:])))
    frames = [ipv4(GOOD), ipv4(other, sport=40001)]
    for minutes, expected in ((None, []), (30, [37])):
        capture = flowdecode.Capture(flowdecode.Rules(lifetime_minutes=minutes))
        for frame in frames:
            capture.datagram(flowdecode._datagram(NOW * 10**9, frame))
        assert [violation.item for violation in capture.violations] == expected


def test_item_24_fragments_and_size():
    for flags in (0x2000, 0x6000):
        status, output = run([ipv4(GOOD, flags=flags)], linktype=101)
        assert status == 1 and "item 24: a fragment" in output
    status, output = run([ipv4(GOOD, flags=0)], linktype=101)
    assert status == 1 and "item 24: may be fragmented" in output
    octets = len(ipv4(GOOD))
    assert run([ipv4(GOOD)], "--mtu", str(octets), linktype=101)[0] == 0
    status, output = run([ipv4(GOOD)], "--mtu", str(octets - 1), linktype=101)
    assert status == 1 and "item 24" in output


def test_item_42_udp_checksum():
    status, output = run([ipv4(GOOD, checksum=0)], linktype=101)
    assert status == 1 and "item 42" in output


def test_what_is_no_capture_is_refused():
    with tempfile.NamedTemporaryFile() as other:
        other.write(b"x" * 100)
        other.flush()
        with contextlib.redirect_stderr(io.StringIO()):
            assert flowdecode.main(["check", other.name]) == 2


def main():
    tests = [(name[5:], test) for name, test in globals().items() if name.startswith("test_")]
    failed = 0
    print("TAP version 13")
    print(f"1..{len(tests)}")
    for number, (name, test) in enumerate(tests, 1):
        try:
            test()
            print(f"ok {number} {name}")
        except Exception as error:              # pylint: disable=broad-exception-caught
            frame = error.__traceback__
            while frame.tb_next:
                frame = frame.tb_next
            print(f"# line {frame.tb_lineno}: {type(error).__name__} {error}")
            print(f"not ok {number} {name}")
            failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
