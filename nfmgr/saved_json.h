/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NFMGR_SAVED_JSON_H
#define NFMGR_SAVED_JSON_H

#include "saved.h"

bool saved_is_json(const char *text);
int saved_parse_json(struct saved *saved, const char *name, const char *text, size_t length,
		     struct err *err);

#endif
