#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""nfmgr's man page and completion tell all that its tables have, and no more: KTAP."""

import os
import re
import sys

NFMGR = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "nfmgr")


def read(*path):
    with open(os.path.join(NFMGR, *path), encoding="utf-8") as file:
        return file.read()


def table_of_settings():
    """{name: {field: text}} of the table in settings.c"""
    body = read("settings.c").split("const struct setting settings[] = {")[1].split("\n};")[0]
    rows = {}
    for row in re.split(r"\n\t\}, \{\n", body):
        fields = dict(re.findall(r'\.(\w+) = "((?:[^"\\]|\\.)*)"', row))
        rows[fields["name"]] = fields
    return rows


def table_of_commands():
    """{name: synopsis} of the table in main.c"""
    body = read("main.c").split("static const struct command commands[] = {")[1].split("\n};")[0]
    return dict(re.findall(r'\{ "([\w ]+)", "(.*?)",', body))


def man_section(name):
    text = read("nfmgr.8").replace("\\-", "-")
    return text.split("\n.SH %s\n" % name)[1].split("\n.SH ")[0]


TAGGED = re.compile(r"^\.TP\n\.BI? (\S+)(?: .*)?\n", re.M)


def man_settings():
    """{name: text} of the section SETTINGS, with what is listed inside of a setting as its text"""
    text = re.sub(r"^\.RS\n.*?^\.RE\n", lambda inner: inner[0].replace(".TP\n", ""),
                  man_section("SETTINGS"), flags=re.M | re.S)
    parts = TAGGED.split(text)
    return dict(zip(parts[1::2], parts[2::2]))


def groups_of_fields():
    """What the parser takes in 'set fields'"""
    rows = read("parse.c").split("field_words[] = {")[1].split("};")[0]
    return sorted(re.findall(r'\{ "([^"]+)"', rows) + ["mpls"])


def names_of_lists():
    """What add and del take"""
    return sorted(row["entry"] for row in table_of_settings().values() if "entry" in row)


def plain(roff):
    """roff without its requests and fonts"""
    return re.sub(r'[" ]+', " ", re.sub(r"^\.[A-Z]+ |\\f.|\n", " ", roff, flags=re.M))


def man_has_each_setting_and_no_other():
    yield sorted(man_settings()), sorted(table_of_settings())


def man_has_defaults_ranges_and_old_names():
    man = man_settings()
    for name, row in table_of_settings().items():
        text = plain(man[name])
        default = row["default_text"].lstrip("-") or "empty"
        yield (name, bool(re.search(r"\b%s\b" % re.escape(default), text))), (name, True)
        old = row.get("old_name", name)
        yield (name, old in text or old == name), (name, True)
        bounds = re.search(r"(-?\d+)\.\.(\d+)", row["accepted"])
        if bounds:
            yield (name, bounds[2] in text or name == "debug"), (name, True)


def man_and_help_have_each_group_of_fields_and_no_other():
    inner = re.search(r"^\.RS\n(.*?)^\.RE\n", man_section("SETTINGS"), re.M | re.S)[1]
    yield sorted(name.rstrip("=") for name in TAGGED.findall(inner)), groups_of_fields()
    accepted = table_of_settings()["fields"]["accepted"]
    words = accepted.removeprefix("a list of ").removesuffix("; none").split(", ")
    yield sorted(word.partition("=")[0] for word in words), groups_of_fields()


def each_list_is_named_wherever_lists_are():
    for where in "SYNOPSIS", "COMMANDS":
        row = re.search(r"add \| del .*?((?:[a-z-]+ \| )+[a-z-]+)", plain(man_section(where)))[1]
        yield (where, sorted(row.split(" | "))), (where, names_of_lists())
    row = re.search(r"\tadd \| del\)\n.*echo (.*)\n", read("completion", "nfmgr"))[1]
    yield sorted(row.split()), names_of_lists()
    said = re.search(r"add to a list: ([a-z, -]+)\"", read("main.c"))[1]
    yield sorted(said.split(", ")), names_of_lists()


def man_has_each_command():
    text = plain(man_section("COMMANDS")) + plain(man_section("SYNOPSIS"))
    for name in table_of_commands():
        for word in name.split():
            yield (name, bool(re.search(r"\b%s\b" % word, text))), (name, True)


def man_has_each_option():
    options = set(re.findall(r'"(--[a-z]+)"', read("main.c")))
    yield set(re.findall(r"--[a-z]+", man_section("OPTIONS"))), options


def completion_has_each_command_and_no_other():
    text = read("completion", "nfmgr")
    words = {}
    for name in table_of_commands():
        first, _, second = name.partition(" ")
        words.setdefault(first, set()).update([second] if second else [])
    offered = re.search(r"'?'\)\n\t\techo (.*)\n", text)[1].split()
    yield sorted(offered), sorted(words)
    for first, second in words.items():
        if second:
            row = re.search(r"\t%s\)\n.*echo (.*)\n" % first, text)
            yield (first, sorted(row[1].split())), (first, sorted(second))


def completion_has_each_option():
    text = read("completion", "nfmgr")
    options = set(re.findall(r'"(--[a-z]+)"', read("main.c")))
    yield set(re.findall(r"--[a-z]+", text)), options


TESTS = (
    man_has_each_setting_and_no_other,
    man_has_defaults_ranges_and_old_names,
    man_and_help_have_each_group_of_fields_and_no_other,
    each_list_is_named_wherever_lists_are,
    man_has_each_command,
    man_has_each_option,
    completion_has_each_command_and_no_other,
    completion_has_each_option,
)


def main():
    failed = 0
    print("TAP version 13\n1..%d" % len(TESTS))
    for number, test in enumerate(TESTS, 1):
        pairs = list(test())
        wrong = ["told %s, expected %s" % pair for pair in pairs if pair[0] != pair[1]]
        if not pairs:
            wrong = ["nothing was compared"]
        failed += bool(wrong)
        for line in wrong:
            print("# " + line)
        print("%s %d nfmgr_docs.%s" % ("not ok" if wrong else "ok", number, test.__name__))
    print("# Totals: pass:%d fail:%d xfail:0 xpass:0 skip:0 error:0"
          % (len(TESTS) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
