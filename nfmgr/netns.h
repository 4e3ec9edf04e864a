/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NFMGR_NETNS_H
#define NFMGR_NETNS_H

#include "err.h"

int netns_enter(const char *name, struct err *err);

#endif
