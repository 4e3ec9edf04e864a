#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""uapi/pkt_netflow.yaml says the same as uapi/linux/pkt_netflow.h: KTAP."""

import glob
import os
import re
import sys

try:
    import yaml
except ImportError:
    print("TAP version 13\n1..0 # SKIP python3-yaml is not installed")
    sys.exit(4)

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
HEADER = os.path.join(TOP, "uapi", "linux", "pkt_netflow.h")
SPEC = os.path.join(TOP, "uapi", "pkt_netflow.yaml")
KMOD = os.path.join(TOP, "kmod")

SCALARS = ("u8", "u16", "u32", "u64", "s32", "string", "flag")


def c_name(prefix, name):
    return (prefix + name).replace("-", "_").upper()


def header_enums(text):
    """{enum: {NAME: (value, comment)}} without _UNSPEC and the _MAX at the end"""
    enums = {}
    for name, body in re.findall(r"^enum (\w+) \{\n(.*?)^\};", text, re.S | re.M):
        rows, value = {}, 0
        for line in body.splitlines():
            row = re.match(r"\t(\w+)(?: = ([^,/]+?))?,?\s*(?:/\*\s*(.*?)\s*\*/)?$", line)
            if not row:
                continue
            if row[1].startswith("__"):
                break
            value = int(row[2], 0) if row[2] else value
            if not row[1].endswith("_UNSPEC"):
                rows[row[1]] = (value, row[3] or "")
            value += 1
        enums[name] = rows
    return enums


def header_defines(text):
    """{NAME: value}, expressions of other defines evaluated"""
    defines = {}
    for name, value in re.findall(r"^#define (PNF_\w+)\t+(.*?)(?:\t+/\*.*)?$", text, re.M):
        value = re.sub(r"\b(0x[0-9a-f]+|\d+)U\b", r"\1", value)
        defines[name] = eval(value, {"__builtins__": {}}, dict(defines))
    return defines


def read_kmod(pattern):
    """The text of all files that match, the one behind the other"""
    texts = []
    for path in sorted(glob.glob(os.path.join(KMOD, pattern))):
        with open(path, encoding="utf-8") as file:
            texts.append(file.read())
    return "".join(texts)


def kernel_ranges(text, numbers):
    """{NAME: (lowest, highest)} of the policies that check numbers; None: the type's own"""
    def value(word):
        word = re.sub(r"\b(\d+)U\b", r"\1", word.strip())
        return eval(word, {"__builtins__": {}}, numbers)

    full = {}
    for name, body in re.findall(r"^static struct netlink_range_validation (\w+) = \{\n(.*?)^\};",
                                 text, re.S | re.M):
        limits = dict(re.findall(r"\.(min|max) = (\w+),", body))
        full[name] = (value(limits.get("min", "0")), value(limits["max"]))
    ranges = {}
    for name, kind, limits in re.findall(
            r"\[(PNF_\w+)\] = NLA_POLICY_(MIN|MAX|RANGE|FULL_RANGE)\(NLA_\w+,\s*(.*?)\),\n",
            text, re.S):
        if kind == "FULL_RANGE":
            ranges[name] = full[limits.lstrip("&")]
        elif kind == "RANGE":
            ranges[name] = tuple(value(limit) for limit in limits.split(","))
        else:
            ranges[name] = (value(limits), None) if kind == "MIN" else (None, value(limits))
    return ranges


def kernel_masks(text, numbers):
    """{NAME: bits} of the policies that check masks"""
    return {name: numbers[mask] for name, mask in re.findall(
        r"\[(PNF_\w+)\] = NLA_POLICY_MASK\(NLA_\w+,\s*(\w+)\),\n", text)}


def kernel_lengths(text, numbers):
    """{NAME: octets without the NUL} of the policies of strings"""
    return {name: eval(re.sub(r"\bIFNAMSIZ\b", "16", octets), {"__builtins__": {}}, dict(numbers))
            for name, octets in re.findall(
                r"\[(PNF_\w+)\] = \{ \.type = NLA_NUL_STRING, \.len = (.*?) \},\n", text)}


def words_of(node, where=""):
    """(where, key, value) of all that the YAML has to say"""
    if isinstance(node, dict):
        for key, value in node.items():
            yield where, key, value
            yield from words_of(value, "%s/%s" % (where, node.get("name", key)))
    elif isinstance(node, list):
        for value in node:
            yield from words_of(value, where)


def spec_enum(definition):
    prefix = definition["name-prefix"]
    value = definition.get("value-start", 0)
    rows = {}
    for entry in definition["entries"]:
        value = entry.get("value", value)
        rows[c_name(prefix, entry["name"])] = value
        value += 1
    return rows


def spec_set(attribute_set):
    value, rows = 1, {}
    for attr in attribute_set["attributes"]:
        value = attr.get("value", value)
        rows[c_name(attribute_set["name-prefix"], attr["name"])] = (value, attr)
        value += 1
    return rows


def header_type(name, comment):
    """What the comment behind an attribute says of its type, in YNL's words"""
    if name.endswith("_PAD"):
        return {"type": "pad"}
    word = re.match(r"16 octets|\w+ list|\w+", comment)
    word = word[0] if word else ""
    if word.endswith(" list"):
        return {**header_type(name, word[:-len(" list")]), "multi-attr": True}
    if word in ("be16", "be32"):
        return {"type": "u" + word[2:], "byte-order": "big-endian"}
    if word == "16 octets":
        return {"type": "binary", "exact-len": 16}
    if word == "octets":
        return {"type": "binary"}
    if word in SCALARS + ("nest",):
        return {"type": word}
    return {"type": "the comment '%s' names no type" % comment}


def spec_type(attr):
    said = {"type": attr["type"]}
    for key in ("byte-order", "multi-attr"):
        if key in attr:
            said[key] = attr[key]
    if "exact-len" in attr.get("checks", {}):
        said["exact-len"] = attr["checks"]["exact-len"]
    return said


class Spec:
    def __init__(self):
        with open(HEADER, encoding="utf-8") as file:
            self.text = file.read()
        with open(SPEC, encoding="utf-8") as file:
            self.spec = yaml.safe_load(file)
        self.enums = header_enums(self.text)
        self.defines = header_defines(self.text)
        self.sets = {s["name"]: s for s in self.spec["attribute-sets"]}
        self.operations = self.spec["operations"]["list"]

    def set_enum(self, attribute_set):
        return attribute_set["enum-name"].replace("-", "_")

    def family_is_that_of_the_header(self):
        header = "linux/" + os.path.basename(HEADER)
        yield self.spec["uapi-header"], header
        yield self.spec["name"], self.defines[c_name("", self.spec["c-family-name"])]
        yield self.spec["version"], self.defines[c_name("", self.spec["c-version-name"])]
        groups = self.spec["mcast-groups"]["list"]
        yield ([(g["name"], c_name("", g["c-define-name"])) for g in groups],
               [(v, n) for n, v in self.defines.items() if n.startswith("PNF_MCGRP_")])

    def every_enum_is_told(self):
        told = {d["enum-name"].replace("-", "_") for d in self.spec["definitions"]
                if d["type"] == "enum"}
        told |= {self.set_enum(s) for s in self.spec["attribute-sets"]}
        told.add(self.spec["operations"]["enum-name"].replace("-", "_"))
        yield told, set(self.enums)

    def enums_have_the_same_names_and_values(self):
        for definition in self.spec["definitions"]:
            if definition["type"] != "enum":
                continue
            rows = self.enums[definition["enum-name"].replace("-", "_")]
            yield spec_enum(definition), {n: v for n, (v, _) in rows.items()}

    def constants_and_flags_have_the_same_values(self):
        told = {}
        for definition in self.spec["definitions"]:
            if definition["type"] == "const":
                told[c_name("", definition["name"])] = definition["value"]
            elif definition["type"] == "flags":
                names = spec_enum(definition)
                told.update({n: 1 << bit for n, bit in names.items()})
        fixed = ("PNF_GENL_", "PNF_MCGRP_")
        yield told, {n: v for n, v in self.defines.items() if not n.startswith(fixed)}

    def attributes_have_the_same_names_and_ids(self):
        for attribute_set in self.spec["attribute-sets"]:
            rows = self.enums[self.set_enum(attribute_set)]
            yield ({n: v for n, (v, _) in spec_set(attribute_set).items()},
                   {n: v for n, (v, _) in rows.items()})

    def attributes_have_the_same_types(self):
        for attribute_set in self.spec["attribute-sets"]:
            rows = self.enums[self.set_enum(attribute_set)]
            for name, (_, attr) in spec_set(attribute_set).items():
                _, comment = rows.get(name, (0, ""))
                yield (name, spec_type(attr)), (name, header_type(name, comment))

    def nests_and_enums_are_those_of_the_comments(self):
        for attribute_set in self.spec["attribute-sets"]:
            rows = self.enums[self.set_enum(attribute_set)]
            for name, (_, attr) in spec_set(attribute_set).items():
                named = re.search(r"enum (pnf_\w+)", rows.get(name, (0, ""))[1])
                if attr["type"] == "nest":
                    nested = self.sets[attr["nested-attributes"]]
                    # "..._DEL" has no comment of its own: it takes what "..." takes
                    if not named:
                        whole = rows[name.rsplit("_", 1)[0]][1]
                        named = re.search(r"enum (pnf_\w+)", whole)
                    yield (name, self.set_enum(nested)), (name, named[1])
                elif named:
                    definition = next(d for d in self.spec["definitions"]
                                      if d["name"] == attr.get("enum"))
                    yield ((name, definition["enum-name"].replace("-", "_")),
                           (name, named[1]))

    def ranges_are_those_of_the_comments(self):
        for attribute_set in self.spec["attribute-sets"]:
            rows = self.enums[self.set_enum(attribute_set)]
            for name, (_, attr) in spec_set(attribute_set).items():
                named = re.search(r"(\d+)\.\.(\d+)(; 0:)?", rows.get(name, (0, ""))[1])
                if not named:
                    continue
                checks = attr.get("checks", {})
                low = 0 if named[3] else int(named[1])
                yield ((name, checks.get("min", 0), checks.get("max")),
                       (name, low, int(named[2])))
                said = re.search(r"\d+\.\.\d+", attr.get("doc", ""))
                if said:
                    yield (name, said[0]), (name, "%s..%s" % named.group(1, 2))

    def kernel_numbers(self):
        numbers = header_defines(self.text)
        numbers.update(header_defines(read_kmod("config.h")))
        for rows in self.enums.values():
            numbers.update({n: v for n, (v, _) in rows.items()})
        return numbers

    def ranges_are_those_that_the_kernel_enforces(self):
        ranges = kernel_ranges(read_kmod("nl_*.c"), self.kernel_numbers())
        for attribute_set in self.spec["attribute-sets"]:
            for name, (_, attr) in spec_set(attribute_set).items():
                checks = attr.get("checks", {})
                low, high = ranges.pop(name, (None, None))
                # YNL's schema has no negative limits
                low = None if low is not None and low <= 0 else low
                yield (name, checks.get("min"), checks.get("max")), (name, low, high)
        yield "ranges of %s" % list(ranges), "ranges of []"

    def masks_are_those_that_the_kernel_enforces(self):
        masks = kernel_masks(read_kmod("nl_*.c"), self.kernel_numbers())
        flags = {d["name"]: (1 << len(d["entries"])) - 1 for d in self.spec["definitions"]
                 if d["type"] == "flags"}
        told = {}
        for attribute_set in self.spec["attribute-sets"]:
            for name, (_, attr) in spec_set(attribute_set).items():
                if "flags-mask" in attr.get("checks", {}):
                    told[name] = flags[attr["checks"]["flags-mask"]]
        yield told, masks

    def lengths_of_strings_are_those_that_the_kernel_enforces(self):
        lengths = kernel_lengths(read_kmod("nl_*.c"), self.kernel_numbers())
        told = {}
        for attribute_set in self.spec["attribute-sets"]:
            for name, (_, attr) in spec_set(attribute_set).items():
                if "max-len" in attr.get("checks", {}):
                    told[name] = attr["checks"]["max-len"]
        yield told, lengths

    def names_and_docs_are_text(self):
        """As YNL's schema has it: a doc that is a number makes its tools refuse the file"""
        for where, key, value in words_of(self.spec):
            if key in ("doc", "name"):
                yield (where, key, value, type(value).__name__), (where, key, value, "str")

    def every_operation_has_a_name_a_doc_and_attributes(self):
        for operation in self.operations:
            lacks = {"name", "doc", "attribute-set"} - set(operation)
            yield (operation["name"], lacks), (operation["name"], set())

    def commands_have_the_same_names_and_ids(self):
        prefix = self.spec["operations"]["name-prefix"]
        yield ({c_name(prefix, o["name"]): o["value"] for o in self.operations},
               {n: v for n, (v, _) in self.enums["pnf_cmd"].items()})

    def commands_do_and_dump_as_the_comment_says(self):
        said = dict(re.findall(r"^ \*   (PNF_CMD_\w+) \((do|dump)\)", self.text, re.M))
        events = set(re.findall(r"^ \*   (PNF_CMD_\w+_NTF) ", self.text, re.M))
        prefix = self.spec["operations"]["name-prefix"]
        for operation in self.operations:
            name = c_name(prefix, operation["name"])
            kinds = [k for k in ("do", "dump", "event") if k in operation]
            yield (name, kinds), (name, ["event"] if name in events else [said.get(name)])
            yield ((name, operation.get("flags"), operation.get("mcgrp")),
                   (name, None, "events") if name in events else
                   (name, ["admin-perm"], None))

    def operations_use_attributes_that_exist(self):
        for operation in self.operations:
            known = {a["name"] for a in
                     self.sets.get(operation.get("attribute-set"), {}).get("attributes", [])}
            for part in ("do", "dump"):
                for message in operation.get(part, {}).values():
                    yield set(message["attributes"]) - known, set()
            yield set(operation.get("event", {}).get("attributes", [])) - known, set()

    def every_attribute_is_used_by_an_operation_or_a_nest(self):
        used = {}
        for operation in self.operations:
            names = used.setdefault(operation.get("attribute-set"), set())
            for part in ("do", "dump"):
                for message in operation.get(part, {}).values():
                    names.update(message["attributes"])
            names.update(operation.get("event", {}).get("attributes", []))
        for attribute_set in self.spec["attribute-sets"]:
            for attr in attribute_set["attributes"]:
                if attr["type"] == "nest":
                    nested = self.sets[attr["nested-attributes"]]
                    used.setdefault(nested["name"], set()).update(
                        a["name"] for a in nested["attributes"])
        for attribute_set in self.spec["attribute-sets"]:
            names = {a["name"] for a in attribute_set["attributes"] if a["type"] != "pad"}
            yield (attribute_set["name"], names - used[attribute_set["name"]]), \
                  (attribute_set["name"], set())


TESTS = (
    Spec.family_is_that_of_the_header,
    Spec.every_enum_is_told,
    Spec.enums_have_the_same_names_and_values,
    Spec.constants_and_flags_have_the_same_values,
    Spec.attributes_have_the_same_names_and_ids,
    Spec.attributes_have_the_same_types,
    Spec.nests_and_enums_are_those_of_the_comments,
    Spec.ranges_are_those_of_the_comments,
    Spec.ranges_are_those_that_the_kernel_enforces,
    Spec.masks_are_those_that_the_kernel_enforces,
    Spec.lengths_of_strings_are_those_that_the_kernel_enforces,
    Spec.names_and_docs_are_text,
    Spec.every_operation_has_a_name_a_doc_and_attributes,
    Spec.commands_have_the_same_names_and_ids,
    Spec.commands_do_and_dump_as_the_comment_says,
    Spec.operations_use_attributes_that_exist,
    Spec.every_attribute_is_used_by_an_operation_or_a_nest,
)


def run(test, spec):
    """Each test yields pairs that should be equal; one that yields none proves nothing"""
    wrong, pairs = [], 0
    for told, expected in test(spec):
        pairs += 1
        if told != expected:
            wrong.append("YAML has %s, the header %s" % (told, expected))
    return wrong if pairs else ["nothing was compared"]


def main():
    spec = Spec()
    failed = 0
    print("TAP version 13\n1..%d" % len(TESTS))
    for number, test in enumerate(TESTS, 1):
        wrong = run(test, spec)
        failed += bool(wrong)
        for line in wrong:
            print("# " + line)
        print("%s %d uapi_spec.%s" % ("not ok" if wrong else "ok", number, test.__name__))
    print("# Totals: pass:%d fail:%d xfail:0 xpass:0 skip:0 error:0"
          % (len(TESTS) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
