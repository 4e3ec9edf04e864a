/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PNF_UNIT_LINUX_MM_H
#define PNF_UNIT_LINUX_MM_H

#include <linux/slab.h>

#endif /* PNF_UNIT_LINUX_MM_H */
