#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Each bug that the reference is known for is named by the result of a test that it would fail: KTAP.

lib/labels.py tells how a result names them.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
# pylint: disable=wrong-import-position
from labels import in_sources, report

BUGS = {
    1: "an IPv6 packet with 2 to 7 octets of an AH header reads address 0",
    2: "an IP header outside the linear area is read wrongly",
    3: "packets are lost, or wait, while the table is resized, flushed, reconfigured or unloaded",
    4: "a setting written while the module is loading",
    5: "super-packets of GSO, GRO and BIG TCP are not counted as what is on the wire",
    6: "DSCP, ECN and flow label of IPv6",
    7: "flowEndReason is not that of the cause",
    8: "SysUptime and system init time right after boot and after 49.7 days, steps of the clock",
    9: "1-in-N sampling tells a wrong spacing, totals of hash sampling are doubled",
    10: "bits of IPv4 options 8 to 15 and 24 to 31 and of TCP options, a shift by 32",
    11: "messages are fragmented or lost on a path of 1280 octets",
    12: "the secret of the hash is the same on each load, anybody can read flow contents",
    13: "metered packets show up in drop monitors",
    14: "hot paths flood the log",
}


if __name__ == "__main__":
    FOUND = in_sources("reference bug")
    sys.exit(report("reference bug", BUGS, FOUND, ("no result names another", set(FOUND) <= set(BUGS))))
