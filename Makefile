# SPDX-License-Identifier: GPL-2.0-only
#
# make, make install, make demo, make check: README.rst says what each does.

# depmod, modinfo and dkms, for users whose PATH has no such directories
export PATH := $(PATH):/usr/sbin:/sbin

KDIR ?= /lib/modules/$(shell uname -r)/build
SECONDS ?= 60
DESTDIR ?=
PREFIX ?= /usr

version := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"$$/\1/p' dkms.conf)
dkms_source := $(DESTDIR)/usr/src/pkt_netflow-$(version)

# Who names a kernel wants a module for it; else nfmgr alone is of use, too
.PHONY: all
all: nfmgr
	@if [ -f "$(KDIR)/Makefile" ] || [ "$(origin KDIR)" != file ]; then \
		$(MAKE) module; \
	else \
		echo "The module is not built: $(KDIR) has no kernel build tree."; \
		echo "Install the headers of the running kernel (Debian: linux-headers-$$(uname -r))"; \
		echo "or name those of another one: make KDIR=DIRECTORY."; \
	fi

.PHONY: module
module:
	scripts/build-module "$(KDIR)"

.PHONY: nfmgr
nfmgr:
	$(MAKE) -C nfmgr

# Versions of these sources that DKMS was given, this one or others; not another project's
forget_versions = for source in $(DESTDIR)/usr/src/pkt_netflow-*; do \
		[ -f "$$source/kmod/point_inet.c" ] || continue; \
		[ -n "$(DESTDIR)" ] || ! command -v dkms >/dev/null || \
			dkms remove "pkt_netflow/$${source\#\#*/pkt_netflow-}" --all || \
			echo "DKMS did not have it, going on"; \
		$(RM) -r "$$source"; \
	done

# The module goes to DKMS, which builds it for every kernel that has its headers installed,
# now and later; without DKMS, the one for KDIR is put into place. DKMS keeps what it
# built of a version: it has to forget that first.
.PHONY: install
install: nfmgr
	$(MAKE) -C nfmgr install DESTDIR=$(DESTDIR) PREFIX=$(PREFIX)
	@$(forget_versions) >/dev/null 2>&1
	install -d $(dkms_source)
	cp -r Kbuild dkms.conf kmod uapi $(dkms_source)/
	@if [ -n "$(DESTDIR)" ]; then \
		echo "module sources are in $(dkms_source)"; \
	elif command -v dkms >/dev/null; then \
		dkms add pkt_netflow/$(version) || exit; \
		kernels=; failed=; \
		for build in /lib/modules/*/build; do \
			[ -f "$$build/Makefile" ] || continue; \
			kernel=$${build#/lib/modules/}; kernel=$${kernel%/build}; \
			kernels="$$kernels $$kernel"; \
			dkms install --force pkt_netflow/$(version) -k "$$kernel" || \
				failed="$$failed $$kernel"; \
		done; \
		[ -n "$$kernels" ] || echo "No kernel has its headers installed: DKMS builds the module when one has."; \
		[ -z "$$failed" ] || { echo "The module could not be built for:$$failed" >&2; exit 1; }; \
	else \
		module=$$(scripts/build-module "$(KDIR)") && \
		$(MAKE) -s -C $(KDIR) M=$$(dirname $$module) INSTALL_MOD_DIR=updates modules_install && \
		depmod $$(modinfo -F vermagic $$module | cut -d ' ' -f 1); \
	fi

# Goes on whatever is missing: modules may be compressed, and left by either way to install
.PHONY: uninstall
uninstall:
	$(MAKE) -C nfmgr uninstall DESTDIR=$(DESTDIR) PREFIX=$(PREFIX)
	@$(forget_versions)
	@if [ -z "$(DESTDIR)" ]; then \
		for module in /lib/modules/*/updates/pkt_netflow.ko* \
			      /lib/modules/*/updates/dkms/pkt_netflow.ko*; do \
			[ -e "$$module" ] || continue; \
			kernel=$${module#/lib/modules/}; kernel=$${kernel%%/*}; \
			$(RM) "$$module"; \
			depmod "$$kernel" || echo "depmod $$kernel failed, going on"; \
		done; \
	fi

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
	scripts/install-deps check bench
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
