#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""make without kernel headers builds nfmgr and says so; uninstall needs nothing to build with: KTAP."""

import os
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
RELEASE = "0.0.0-no-such-kernel"
BUILT = ("sbin/nfmgr", "share/man/man8/nfmgr.8", "share/bash-completion/completions/nfmgr")


class Tree:
    """A copy of what make needs, on a machine whose kernel has no headers"""

    def __init__(self, place):
        self.top = os.path.join(place, "tree")
        os.mkdir(self.top)
        for name in "Kbuild", "Makefile", "dkms.conf":
            shutil.copy(os.path.join(TOP, name), self.top)
        for name in "kmod", "nfmgr", "scripts", "uapi":
            shutil.copytree(os.path.join(TOP, name), os.path.join(self.top, name),
                            ignore=shutil.ignore_patterns("*.o", "*.d"))
        if self.has(self.top, "nfmgr", "nfmgr"):
            os.remove(os.path.join(self.top, "nfmgr", "nfmgr"))
        self.bin = os.path.join(place, "bin")
        os.mkdir(self.bin)
        with open(os.path.join(self.bin, "uname"), "w", encoding="ascii") as file:
            file.write("#!/bin/sh\necho %s\n" % RELEASE)
        os.chmod(file.name, 0o755)
        self.dest = os.path.join(place, "dest")

    def make(self, *words):
        keep = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "KDIR"))}
        keep["PATH"] = self.bin + ":" + keep["PATH"]
        return subprocess.run(["make", "-C", self.top, *words], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", check=False, env=keep)

    def has(self, *path):
        return os.path.exists(os.path.join(*path))


def make_without_headers_builds_nfmgr_and_names_them(tree):
    said = tree.make()
    yield said.returncode == 0, said.stdout
    yield tree.has(tree.top, "nfmgr", "nfmgr"), "nfmgr is not there"
    yield "The module is not built" in said.stdout, said.stdout
    yield "linux-headers-" + RELEASE in said.stdout, said.stdout


def the_module_alone_needs_headers(tree):
    said = tree.make("module")
    yield said.returncode != 0, said.stdout
    yield "linux-headers-" + RELEASE in said.stdout, said.stdout


def a_kernel_that_is_named_has_to_be_there(tree):
    said = tree.make("KDIR=" + os.path.join(tree.top, "nowhere"))
    yield said.returncode != 0, said.stdout
    yield "nowhere has no kernel build tree" in said.stdout, said.stdout


def install_leaves_no_old_source_behind(tree):
    source = os.path.join(tree.dest, "usr", "src")
    yield tree.make("install", "DESTDIR=" + tree.dest).returncode == 0, "install failed"
    version, = os.listdir(source)
    with open(os.path.join(source, version, "kmod", "old.c"), "w", encoding="ascii"):
        pass
    yield tree.make("install", "DESTDIR=" + tree.dest).returncode == 0, "install again failed"
    yield not tree.has(source, version, "kmod", "old.c"), "a file of the old source is there"
    yield tree.has(source, version, "kmod", "main.c"), "the source is not there"
    for name in BUILT:
        yield tree.has(tree.dest, "usr", name), "%s is not there" % name


def uninstall_needs_no_libraries_and_leaves_nothing(tree):
    said = tree.make("uninstall", "DESTDIR=" + tree.dest, "PKG_CONFIG=false")
    yield said.returncode == 0, said.stdout
    left = [os.path.join(where, name) for where, _, names in os.walk(tree.dest) for name in names]
    yield left == [], "left: %s" % left


TESTS = (
    make_without_headers_builds_nfmgr_and_names_them,
    the_module_alone_needs_headers,
    a_kernel_that_is_named_has_to_be_there,
    install_leaves_no_old_source_behind,
    uninstall_needs_no_libraries_and_leaves_nothing,
)


def main():
    failed = 0
    print("TAP version 13\n1..%d" % len(TESTS))
    with tempfile.TemporaryDirectory() as place:
        tree = Tree(place)
        for number, test in enumerate(TESTS, 1):
            wrong = [why for holds, why in test(tree) if not holds]
            failed += bool(wrong)
            for line in "\n".join(wrong).splitlines():
                print("# " + line)
            print("%s %d nfmgr_make.%s" % ("not ok" if wrong else "ok", number, test.__name__))
    print("# Totals: pass:%d fail:%d xfail:0 xpass:0 skip:0 error:0" % (len(TESTS) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
