#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Each rule of the protocols that applies is named by the result of a test: KTAP.

The numbers are those of a list of 58 rules taken from Cisco's NetFlow v5 format, RFC 3954,
RFC 7011 and their kin; RULES has the first 42, which are those of the protocols themselves.
lib/labels.py tells how a result names them.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
# pylint: disable=wrong-import-position
from labels import in_sources, report

RULES = {
    1: "v5: header, records and count",
    2: "v5: flow_sequence counts the Flows exported before",
    3: "v5: First and Last in ms of sysUptime, and their wrap",
    4: "v5: counters over 32 bits are split, never wrapped",
    5: "v5: large ifIndexes are not truncated, no IPv6",
    6: "v5: sampling, ICMP type and code, engine",
    7: "v9: count has records of all kinds",
    8: "v9: sequence counts messages",
    9: "v9: FlowSet ids",
    10: "v9: padding",
    11: "v9: Templates before data, again by messages and by time",
    12: "v9: Options Templates",
    13: "v9: ids are never ambiguous",
    14: "v9: FIRST_SWITCHED and LAST_SWITCHED",
    15: "v9: no variable length, no enterprise number",
    16: "IPFIX: header and length",
    17: "IPFIX: Export Time",
    18: "IPFIX: sequence counts Data Records",
    19: "IPFIX: Observation Domain",
    20: "IPFIX: Set ids, lengths and padding",
    21: "IPFIX: Template Records",
    22: "IPFIX: Options Templates",
    23: "IPFIX: Templates before their Data Sets",
    24: "IPFIX: messages fit the path, no fragments",
    25: "IPFIX: types and octets of Information Elements",
    27: "IPFIX: booleans",
    28: "IPFIX: dateTimeMilliseconds",
    29: "IPFIX: dateTimeMicroseconds and dateTimeNanoseconds",
    32: "IPFIX: strings",
    33: "IPFIX: Enterprise Numbers",
    34: "IPFIX: Templates again at regular intervals over UDP",
    35: "IPFIX: no Template Withdrawal over UDP",
    37: "IPFIX: an id has one definition",
    38: "a restarted Collector decodes",
    42: "UDP checksum, one source port a session",
}

# What is not built has nothing to obey
ABSENT = {
    26: "elements of variable length",
    30: "flowStartDeltaMicroseconds",
    31: "flowStartSysUpTime in IPFIX",
    36: "TCP and SCTP",
    39: "TCP and SCTP; a rule for documents only: nfmgr(8) states the position",
    40: "TCP",
    41: "DTLS and TLS",
}


if __name__ == "__main__":
    sys.exit(report("conformance", RULES, in_sources("conformance"),
                    ("all of 1 to 42 apply or not",
                     sorted([*RULES, *ABSENT]) == list(range(1, 43)))))
