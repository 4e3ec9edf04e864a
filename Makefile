# SPDX-License-Identifier: GPL-2.0-only
#
# make, make install, make demo, make check: README.rst says what each does.

KDIR ?= /lib/modules/$(shell uname -r)/build

.PHONY: all
all: module nfmgr

.PHONY: module
module:
	scripts/build-module $(KDIR)

.PHONY: nfmgr
nfmgr:
	$(MAKE) -C nfmgr

.PHONY: clean
clean:
	$(RM) -r build
	$(MAKE) -C nfmgr clean
