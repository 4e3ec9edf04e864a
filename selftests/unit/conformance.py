#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Each rule of the protocols that applies is named by the result of a test: KTAP.

The numbers are those of a list of 58 rules taken from Cisco's NetFlow v5 format, RFC 3954,
RFC 7011 and their kin; RULES has the first 42, which are those of the protocols themselves.
A result that proves one begins so: "conformance 38: ..." or "conformance 11, 34: ...", in
Python and shell in a string, in C as a name, TEST_F(v5_message, conformance_1_count_is_right).
What only a comment or a decoder claims counts for nothing.
"""

import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SELFTESTS = os.path.dirname(HERE)

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

# The beginning of a result's name
RESULT = re.compile(r"""["']conformance (\d+(?:(?:, | and )\d+)*):""")
C_RESULT = re.compile(r"\bTEST(?:_F)?\((?:\w+, *)?conformance((?:_\d+)+)_")


def named():
    """{number: files}"""
    found = {}
    for directory, _, files in os.walk(SELFTESTS):
        for name in files:
            path = os.path.join(directory, name)
            # The tests of the decoder prove nothing of what it decodes
            if name == "flowdecode.py" or os.path.samefile(path, __file__):
                continue
            pattern = C_RESULT if name.endswith(".c") else RESULT
            if not name.endswith((".c", ".sh", ".py")):
                continue
            with open(path, encoding="utf-8") as file:
                text = file.read()
            for words in pattern.findall(text):
                for number in re.findall(r"\d+", words):
                    found.setdefault(int(number), set()).add(os.path.relpath(path, SELFTESTS))
    return found


def main():
    found = named()
    results = [(f"conformance {number}: {text}", sorted(found.get(number, ())))
               for number, text in RULES.items()]
    print(f"TAP version 13\n1..{len(results) + 1}")
    failed = 0
    for i, (name, files) in enumerate(results, 1):
        failed += not files
        print(f"{'ok' if files else 'not ok'} {i} {name}: {', '.join(files) or 'no test'}")
    whole = sorted([*RULES, *ABSENT]) == list(range(1, 43))
    failed += not whole
    print(f"{'ok' if whole else 'not ok'} {len(results) + 1} all of 1 to 42 apply or not")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
