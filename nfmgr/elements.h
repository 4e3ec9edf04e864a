/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NFMGR_ELEMENTS_H
#define NFMGR_ELEMENTS_H

#include "channel.h"
#include "ie.h"

int elements_read(struct channel *channel, struct elements *elements, struct err *err);
void elements_free(struct elements *elements);

#endif
