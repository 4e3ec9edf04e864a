/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NFMGR_RESOLVE_H
#define NFMGR_RESOLVE_H

#include "parse.h"

int resolve_destinations(const char *word, struct destination_list *list, struct err *err);

#endif
