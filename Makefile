# SPDX-License-Identifier: GPL-2.0-only
#
# make, make install, make demo, make check: README.rst says what each does.

KDIR ?= /lib/modules/$(shell uname -r)/build
SECONDS ?= 60
DESTDIR ?=
PREFIX ?= /usr

version := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"$$/\1/p' dkms.conf)
dkms_source := $(DESTDIR)/usr/src/pkt_netflow-$(version)

.PHONY: all
all: module nfmgr

.PHONY: module
module:
	scripts/build-module $(KDIR)

.PHONY: nfmgr
nfmgr:
	$(MAKE) -C nfmgr

# The module goes to DKMS, which builds it for every kernel that is installed, now and
# later; without DKMS, the one for KDIR is put into place.
.PHONY: install
install: nfmgr
	$(MAKE) -C nfmgr install DESTDIR=$(DESTDIR) PREFIX=$(PREFIX)
	install -d $(dkms_source)
	cp -r Kbuild dkms.conf kmod uapi $(dkms_source)/
	@if [ -n "$(DESTDIR)" ]; then \
		echo "module sources are in $(dkms_source)"; \
	elif command -v dkms >/dev/null; then \
		dkms install --force pkt_netflow/$(version); \
	else \
		module=$$(scripts/build-module $(KDIR)) && \
		$(MAKE) -s -C $(KDIR) M=$$(dirname $$module) INSTALL_MOD_DIR=updates modules_install && \
		depmod $$(modinfo -F vermagic $$module | cut -d ' ' -f 1); \
	fi

# Where nfmgr's files go only its own install knows: asked once more, beside the system
.PHONY: uninstall
uninstall: nfmgr
	stage=$$(mktemp -d) && \
	$(MAKE) -s -C nfmgr install DESTDIR=$$stage PREFIX=$(PREFIX) && \
	(cd $$stage && find . -type f -printf '$(DESTDIR)/%P\n') | xargs $(RM) && \
	$(RM) -r $$stage
	@if [ -n "$(DESTDIR)" ]; then \
		:; \
	elif command -v dkms >/dev/null; then \
		dkms remove pkt_netflow/$(version) --all; \
	else \
		$(RM) /lib/modules/*/updates/pkt_netflow.ko && depmod; \
	fi
	$(RM) -r $(dkms_source)

# Debian packages: installed where something is missing and we are root, named otherwise
.PHONY: install-deps
install-deps:
	scripts/install-deps check bench

.PHONY: demo
demo:
	scripts/install-deps demo
	$(MAKE) -s nfmgr
	scripts/demo

.PHONY: check
check:
	scripts/install-deps check
	$(MAKE) -s nfmgr
	selftests/run --lint

# The guest tests on every supported kernel
.PHONY: check-kernels
check-kernels:
	scripts/install-deps check
	$(MAKE) -s nfmgr
	selftests/run --kernel 6.1 --kernel uml --kernel uml-debug

.PHONY: bench
bench:
	scripts/install-deps bench
	$(MAKE) -s nfmgr
	selftests/bench/run

.PHONY: fuzz
fuzz:
	scripts/install-deps check
	scripts/fuzz $(SECONDS)

.PHONY: lint
lint:
	scripts/install-deps check
	scripts/lint

.PHONY: clean
clean:
	$(RM) -r build
	$(MAKE) -C nfmgr clean
