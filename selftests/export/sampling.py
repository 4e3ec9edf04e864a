#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
# kernels: uml uml-debug
# timeout: 580
"""What a sampler selects, and how it is told, in v5, v9 and IPFIX

Of a million Flows, fewer in slow kernels, deterministic sampling exports exactly one in N, random
and hash sampling one in N within 4 standard errors. What is left out is counted once; what
nfdump and nfacctd make of the rest by what they are told of the sampler is N times that.
A change of the sampler under traffic first exports what the former one has to decide.

lib/exported.py has the picture.
"""
import itertools
import json
import math
import os
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
from exported import (KERNEL, PACKET_OCTETS, TMP, Collectors, command, configure, flush, generate,
                      set_up, stats, stop_generating, violations_of)
from guest import Ktap, check_law, die, must, run, slowwait

MANY = {"uml": 1000000, "6.1": 50000, "uml-debug": 20000}[KERNEL]
SOME = MANY // 20
MODES = {"deterministic": 1, "random": 2, "hash": 2}        # v5, samplerMode, samplingAlgorithm
COLLECTOR = "203.0.113.2"


# Other programs that renormalise -------------------------------------------------------------

def bound(port):
    return must("ss", "-Hlun", f"sport = :{port}", ns="c1").strip()


def unread(port):
    return must("ss", "-Hlun", f"sport = :{port}", ns="c1").split()[1:2] not in ([], ["0"])


class Judge:
    """A collector that is not ours, and the packets and octets that it makes of what it gets"""

    def __init__(self, port, *words):
        self.port = port
        self.log = open(os.path.join(TMP, f"{words[0]}.log"), "w", encoding="utf-8")
        self.process = subprocess.Popen(["ip", "netns", "exec", "c1", *words],
                                        stdout=self.log, stderr=subprocess.STDOUT)
        if not slowwait(20, lambda: bound(port)):
            die(f"{words[0]} does not start: {open(self.log.name, encoding='utf-8').read()}")

    def stop(self, _):
        slowwait(30, lambda: not unread(self.port))
        self.process.send_signal(2)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


class Nfdump(Judge):
    name = "nfdump"

    def __init__(self, number):
        self.directory = os.path.join(TMP, f"nfdump-{number}")
        os.mkdir(self.directory)
        super().__init__(2056, "nfcapd", "-p", "2056", "-w", self.directory, "-t", "86400",
                         "-B", "16777216")

    def totals(self):
        said = must("nfdump", "-R", self.directory, "-q", "-N", "-o", "fmt:%pkt %byt")
        counts = [[int(word) for word in line.split()] for line in said.splitlines() if line]
        return [sum(count[i] for count in counts) for i in (0, 1)]


class Nfacctd(Judge):
    name = "nfacctd"

    def __init__(self, number):
        self.file = os.path.join(TMP, f"nfacctd-{number}")
        with open(self.file + ".conf", "w", encoding="ascii") as conf:
            conf.write("daemonize: false\nnfacctd_port: 2057\nnfacctd_pipe_size: 16777216\n"
                       "nfacctd_renormalize: true\nplugins: print[all]\naggregate[all]: proto\n"
                       f"print_output[all]: json\nprint_output_file[all]: {self.file}\n"
                       "print_output_file_append[all]: true\nprint_refresh_time[all]: 1\n"
                       "plugin_pipe_size[all]: 16777216\n")
        super().__init__(2057, "nfacctd", "-f", self.file + ".conf")
        # What comes before its plugin is ready is lost
        if not slowwait(20, lambda: "Purging cache" in open(self.log.name, encoding="utf-8").read()):
            die("nfacctd's plugin does not start")

    def stop(self, expected):
        """When it has written what is expected. What the last of it becomes when it is asked to end
        is up to chance (1.7.7).
        """
        slowwait(60, lambda: self.totals() == expected)
        run("pkill", "-KILL", "-P", str(self.process.pid))
        self.process.kill()
        self.process.wait()
        self.log.close()

    def totals(self):
        counts = [0, 0]
        if not os.path.exists(self.file):
            return counts
        with open(self.file, encoding="utf-8") as file:
            for row in map(json.loads, file):
                counts[0] += row["packets"]
                counts[1] += row["bytes"]
        return counts


# What is told --------------------------------------------------------------------------------

def only(records, *names):
    """What all the records say alike, once"""
    return sorted({tuple(record.get(name) for name in names) for record in records}, key=str)


def is_told_ipfix(name, told, method, interval, number):
    """`number`: of the Selector"""
    if method == "deterministic":
        selector = [(number, 1, 1, interval - 1, None)]
    else:
        selector = [(number, 4, None, None, 1 / interval)]
    ktap.equal(f"conformance 47: {name}: the Selector is told as it is", selector,
               only(told.options("flowSelectorAlgorithm"), "selectorId", "flowSelectorAlgorithm",
                    "samplingFlowInterval", "samplingFlowSpacing", "samplingProbability"))
    ktap.equal(f"{name}: each Flow Record names it", [(number,)], only(told.flows, "selectorId"))


def is_told_v9(name, told, method, interval, number):
    ktap.equal(f"{name}: the sampler is told as it is", [(number, MODES[method], interval)],
               only(told.options("samplerMode"), "samplerId", "samplerMode",
                    "samplerRandomInterval"))
    ktap.equal(f"{name}: each Flow Record names it", [(number,)], only(told.flows, "samplerId"))


def v5_fields(told):
    """The sampling fields of the headers: mode and interval"""
    fields = {struct.unpack_from("!H", message.datagram.payload, 22)[0] for message in told.messages}
    return sorted((field >> 14, field & 0x3fff) for field in fields)


def tshark(*fields):
    """What tshark reads in these fields, wherever they are: a set for each"""
    words = [word for field in fields for word in ("-e", f"cflow.{field}")]
    said = must("tshark", "-n", "-r", os.path.join(TMP, "c1.pcap"), "-d", "udp.port==2055,cflow",
                "-Y", "udp.dstport == 2055", "-T", "fields", "-E", "occurrence=a", *words)
    seen = [set() for _ in fields]
    for line in said.splitlines():
        for values, cell in zip(seen, line.split("\t")):
            values.update(cell.split(",") if cell else [])
    return seen


def is_told(name, protocol, told, method, interval, numbers):
    """The reports, by our decoder and by tshark; `numbers`: of the samplers so far"""
    mode = MODES[method]
    if protocol == "v5":
        ktap.equal(f"conformance 6: {name}: each header tells of the sampler", [(mode, interval)],
                   v5_fields(told))
        ktap.equal(f"{name}: tshark reads the same", [{str(mode)}, {str(interval)}],
                   tshark("samplingmode", "samplerate"))
        return
    element = "samplerId" if protocol == "v9" else "selectorId"
    number = told.flows[0].get(element)
    ktap.test(f"{name}: a sampler of its own: {number}", number not in numbers, numbers)
    numbers.add(number)
    (is_told_v9 if protocol == "v9" else is_told_ipfix)(name, told, method, interval, number)
    ktap.equal(f"{name}: what collectors renormalise by", [(interval, mode), (interval, None)],
               only(told.options("samplingInterval"), "samplingInterval", "samplingAlgorithm"))
    if protocol == "v9":
        wanted = {"sampler_id": number, "sampler_mode": mode, "sampler_random_interval": interval}
    elif method == "deterministic":
        wanted = {"selector_id": number, "flow_selector_algorithm": 1, "sampling_flow_interval": 1,
                  "sampling_flow_spacing": interval - 1}
    else:
        wanted = {"selector_id": number, "flow_selector_algorithm": 4}
    wanted |= {"sampling_interval": interval, "sampling_algorithm": mode}
    ktap.equal(f"{name}: tshark reads the same", [{str(value)} for value in wanted.values()],
               tshark(*wanted))
    announced = [message for message in told.messages if message.records]
    first = next(i for i, message in enumerate(announced)
                 if any(not record.get("isOptions") for record in message.records))
    ktap.test(f"{name}: the sampler is told before any Flow Record",
              any("samplingInterval" in record for message in announced[:first]
                  for record in message.records), f"{first} messages with data before that")


def has_statistics(name, told, method, expected):
    """The Selector's statistics in the session that began last"""
    records = told.options("selectorIDTotalFlowsSelected")
    if not ktap.test(f"{name}: the Selector's statistics are told", records, told.options("selectorId")):
        return
    names = ["selectorIDTotalFlowsObserved", "selectorIDTotalFlowsSelected",
             "selectorIdTotalPktsObserved", "selectorIdTotalPktsSelected"]
    last = records[-1]
    ktap.equal(f"{name}: they are those of all its Flows and packets"
               f"{', but for Flows that nobody has seen' if method == 'hash' else ''}",
               expected, [last.get(element) for element in names])
    ktap.test(f"{name}: from its beginning to now",
              0 <= last["exportTime"] - last["flowEndMilliseconds"] // 1000 * 1000 <= 1000 and
              last["flowStartMilliseconds"] < last["flowEndMilliseconds"], last)
    fields = ["selectorid_total_flows_observed", "selectorid_total_flows_selected",
              "selector_id_total_pkts_observed", "selector_id_total_pkts_selected"]
    ktap.test(f"{name}: tshark reads the same",
              all(value is None or str(value) in values
                  for value, values in zip(expected, tshark(*fields))), tshark(*fields))


# Ratios --------------------------------------------------------------------------------------

def is_ratio(name, method, interval, flows, selected):
    if method == "deterministic":
        ktap.equal(f"{name}: exactly one in {interval} of {flows} Flows", -(-flows // interval),
                   selected)
        return
    error = math.sqrt(flows / interval * (1 - 1 / interval))
    ktap.test(f"{name}: one in {interval} of {flows} Flows within 4 standard errors "
              f"({selected}, {(selected - flows / interval) / error:+.2f})",
              abs(selected - flows / interval) <= 4 * error)


def scenario(collectors, number, protocol, method, interval, flows, numbers):
    """Two packets of each Flow, but of the million one"""
    name = f"{protocol}, {method}:{interval}"
    each = 1 if flows == MANY else 2
    packets = flows * each
    configure("destination", "none")
    configure("protocol", protocol, "sampler", f"{method}:{interval}", "compat-sampling", "on",
              "metering", "on")
    command("reset", "stats")
    judges = [Nfdump(number), Nfacctd(number)]
    collectors.begin()
    configure("destination", ",".join(f"{COLLECTOR}:{port}" for port in (2055, 2056, 2057)))
    for _ in range(each):
        generate(flows)
    seen = stats()
    is_ratio_of_cache = method == "hash"
    ktap.equal(f"{name}: the Cache has {'what was selected' if is_ratio_of_cache else 'all Flows'}",
               seen["metering"]["flows_created"] if is_ratio_of_cache else flows,
               seen["cache"]["flows"])
    if seen["cache"]["flows"] <= 20000:
        check_law(ktap, f"{name}, before the flush", "router")
    flush()
    check_law(ktap, name, "router")
    seen = stats()
    sampling, exporting = seen["sampling"], seen["exporting"]
    selected = sampling["flows_selected"]
    is_ratio(name, method, interval, flows, selected)
    left_out = packets - selected * each
    ktap.equal(f"{name}: statistics: observed, selected, left out, exported, nothing lost",
               [method, interval, None if method == "hash" else flows, left_out,
                left_out * PACKET_OCTETS, selected, selected * each, 0, 0],
               [sampling["method"], sampling["interval"], sampling["flows_observed"],
                sampling["unselected_packets"], sampling["unselected_octets"],
                exporting["flow_records"], exporting["exported_packets"],
                exporting["not_sent_flows"], seen["metering"]["ignored_packets"]])

    # A session that begins now is told all there is to tell
    command("del", "destination", f"{COLLECTOR}:2055")
    command("add", "destination", f"{COLLECTOR}:2055")
    if protocol != "v5" and not slowwait(10, lambda: stats()["destinations"][-1]["data_records"]):
        die("a new destination is told nothing")
    collectors.end()
    told = collectors.told()
    expected = [interval * total for total in told.totals()]
    for judge in judges:
        judge.stop(expected)
    ktap.equal(f"{name}: no violation of the protocol", "", violations_of(told))
    ktap.equal(f"{name}: the collector was told what was selected, each Flow whole",
               (selected, [(each, each * PACKET_OCTETS)]),
               (len(told.flows), only(told.flows, "packetDeltaCount", "octetDeltaCount")))
    is_told(name, protocol, told, method, interval, numbers)
    if protocol == "ipfix":
        has_statistics(name, told, method, [None if method == "hash" else flows, selected, packets,
                                            selected * each])
    for judge in judges:
        ktap.equal(f"{name}: {judge.name} makes it N times what was exported", expected,
                   judge.totals())
    if method == "deterministic":
        ktap.test(f"{name}: and that is the traffic, within what one Flow stands for",
                  0 <= expected[0] - packets < interval * each, f"{expected[0]} of {packets}")


def nothing_to_tell(collectors, protocol, sampler, compat):
    """Nothing is told where there never was a sampler, or it is not wanted"""
    name = f"{protocol}, sampler {sampler}, compat-sampling {compat}"
    configure("destination", "none")
    configure("protocol", protocol, "sampler", sampler, "compat-sampling", compat)
    command("reset", "stats")
    collectors.begin()
    configure("destination", f"{COLLECTOR}:2055")
    generate(100)
    flush()
    collectors.end()
    told = collectors.told()
    elements = {element for record in told.records for element in record}
    told_elements = {"samplingInterval", "samplingAlgorithm"}
    if sampler == "none":
        ktap.equal(f"{name}: null where there is nothing", ["none", None, None, None, 0, 0],
                   list(stats()["sampling"].values()))
        told_elements |= {"samplerId", "samplerMode", "selectorId", "flowSelectorAlgorithm",
                          "selectorIDTotalFlowsSelected"}
    ktap.equal(f"{name}: no sampling is told", set(), elements & told_elements)
    if protocol == "v5":
        ktap.equal(f"conformance 6: {name}: the header's field", [(0, 0)] if sampler == "none" else
                   [(2, 2)], v5_fields(told))


# Changes -------------------------------------------------------------------------------------

def position_goes_on():
    """The count of deterministic sampling goes on from flush to flush"""
    configure("sampler", "deterministic:16")
    command("reset", "stats")
    for first, count in (1, 10), (2, 6), (3, 1), (4, 15):
        generate(count, f"src_min 10.{first}.0.1")
        flush()
    ktap.equal("deterministic:16: the first, the 17th and no other of 32", [32, 2],
               [stats()["sampling"]["flows_observed"], stats()["sampling"]["flows_selected"]])


def changes_flush(collectors, protocol):
    """What was metered under one sampler leaves under it"""
    configure("destination", "none")
    configure("protocol", protocol, "sampler", "deterministic:10", "compat-sampling", "on")
    command("reset", "stats")
    judges = [Nfdump(f"changes-{protocol}"), Nfacctd(f"changes-{protocol}")]
    collectors.begin()
    configure("destination", ",".join(f"{COLLECTOR}:{port}" for port in (2055, 2056, 2057)))
    generate(1000)
    configure("sampler", "random:2")
    first = stats()
    ktap.equal(f"{protocol}: a change of the sampler first exports what the former one decides",
               [0, 1000, 100], [first["cache"]["flows"], first["sampling"]["flows_observed"],
                                first["sampling"]["flows_selected"]])
    generate(1000)
    configure("sampler", "none")
    second = stats()["exporting"]["flow_records"]
    generate(50)
    flush()
    check_law(ktap, f"{protocol}, other samplers", "router")
    expected = [octets * (1000 + (second - 100) * 2 + 50) for octets in (1, PACKET_OCTETS)]
    for judge in judges:
        judge.stop(expected)
    collectors.end()
    told = collectors.told()
    ktap.equal(f"{protocol}: no violation of the protocol", "", violations_of(told))
    if protocol == "v5":
        counts = [(field, sum(len(message.records) for message in told.messages if
                              struct.unpack_from("!H", message.datagram.payload, 22)[0] == field))
                  for field in (1 << 14 | 10, 2 << 14 | 2, 0)]
        counts = [count for _, count in counts]
    else:
        element = "samplerId" if protocol == "v9" else "selectorId"
        counts = [len(list(group)) for _, group in
                  itertools.groupby(flow.get(element) for flow in told.flows)]
    ktap.equal(f"{protocol}: Flow Records tell of the sampler that selected them",
               [100, second - 100, 50], counts)
    # nfcapd 1.7.1 keeps what an earlier header of v5 told when there is no sampler any more
    for judge in judges[protocol == "v5":]:
        ktap.equal(f"{protocol}: {judge.name} follows, also when there is no sampler any more",
                   expected, judge.totals())


def some_traffic():
    """Enough for any sampler to select some of it"""
    before = stats()["metering"]["metered_packets"]
    if not slowwait(60, lambda: stats()["metering"]["metered_packets"] > before + 500):
        die("there is no traffic")


def under_traffic(collectors, protocol):
    """Each packet is a Flow of its own"""
    samplers = ["deterministic:5", "random:3", "hash:2", "hash:7", "none", "deterministic:2", "hash:3",
                "random:9", "none"]
    configure("destination", "none")
    configure("protocol", protocol, "sampler", "none", "inactive-timeout", "1")
    command("reset", "stats")
    collectors.begin()
    configure("destination", f"{COLLECTOR}:2055")
    traffic = threading.Thread(target=generate, args=(0, "delay 200000"))
    traffic.start()
    for sampler in samplers:
        some_traffic()
        configure("sampler", sampler)
    some_traffic()
    stop_generating()
    traffic.join()
    configure("inactive-timeout", "600")
    flush()
    check_law(ktap, f"{protocol}, samplers change under traffic", "router")
    seen = stats()
    collectors.end()
    told = collectors.told()
    exporting = seen["exporting"]
    ktap.equal(f"{protocol}: no violation of the protocol under traffic", "", violations_of(told))
    ktap.equal(f"{protocol}: the collector has what was exported while samplers changed, nothing was lost",
               [exporting["exported_packets"], exporting["exported_octets"], 0],
               [*told.totals(), exporting["not_sent_packets"]])
    ktap.test(f"{protocol}: and that is not all of {seen['metering']['metered_packets']} packets",
              0 < seen["sampling"]["unselected_packets"] < seen["metering"]["metered_packets"])
    element = "samplerId" if protocol == "v9" else "selectorId"
    known, used, unknown = set(), [], []
    for record in told.records:
        if record.get("isOptions"):
            known.add(record.get(element))
            continue
        number = record.get(element)
        used += [number] if number not in used[-1:] else []
        if number is not None and number not in known:
            unknown.append(number)
    ktap.equal(f"{protocol}: each sampler is told before the Flow Records that name it", [], unknown)
    ktap.equal(f"{protocol}: one after the other, each its own, {used}",
               [None if sampler == "none" else True for sampler in ["none", *samplers]],
               [None if number is None else used.count(number) == 1 for number in used])


def reset_leaves_reports(collectors):
    """reset stats does not touch what Options Data reports"""
    configure("destination", "none")
    configure("protocol", "ipfix", "sampler", "deterministic:4", "metering", "on")
    command("reset", "stats")
    generate(400)
    flush()
    command("reset", "stats")
    ktap.equal("reset stats: no Flow was observed, none selected", [0, 0, 0],
               [stats()["sampling"][name] for name in
                ("flows_observed", "flows_selected", "unselected_packets")])
    collectors.begin()
    configure("destination", f"{COLLECTOR}:2055")
    slowwait(10, lambda: stats()["destinations"][0]["data_records"])
    collectors.end()
    ktap.equal("the Selector's statistics go on", [(400, 100, 400, 100)],
               only(collectors.told().options("selectorIDTotalFlowsSelected"),
                    "selectorIDTotalFlowsObserved", "selectorIDTotalFlowsSelected",
                    "selectorIdTotalPktsObserved", "selectorIdTotalPktsSelected"))
    check_law(ktap, "after reset stats", "router")


def main():
    for program in "nfcapd", "nfdump", "nfacctd", "tshark":
        if run("which", program).returncode:
            print(f"1..0 # SKIP {program} is not installed")
            sys.exit(4)
    set_up()
    collectors = Collectors()
    configure("points", "inet=forward", "inactive-timeout", "600", "active-timeout", "3600")
    plan = [("v5", "deterministic", 64, MANY), ("v9", "random", 100, MANY),
            ("ipfix", "hash", 50, MANY),
            ("v5", "random", 3, SOME), ("v5", "hash", 7, SOME),
            ("v9", "deterministic", 2, SOME), ("v9", "hash", 5, SOME),
            ("ipfix", "deterministic", 9, SOME), ("ipfix", "random", 11, SOME)]
    for protocol in "ipfix", "v9", "v5":
        nothing_to_tell(collectors, protocol, "none", "on")
    numbers = set()
    for number, (protocol, method, interval, flows) in enumerate(plan):
        scenario(collectors, number, protocol, method, interval, flows, numbers)
    for protocol in "ipfix", "v9", "v5":
        nothing_to_tell(collectors, protocol, "random:2", "off")
        changes_flush(collectors, protocol)
    position_goes_on()
    reset_leaves_reports(collectors)
    for protocol in "ipfix", "v9":
        under_traffic(collectors, protocol)
    ktap.end()


ktap = Ktap()
main()
