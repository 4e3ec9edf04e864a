/* SPDX-License-Identifier: GPL-2.0-only */
/* Pure files allocate nothing: config.h includes it. */
#ifndef PNF_UNIT_LINUX_SLAB_H
#define PNF_UNIT_LINUX_SLAB_H

#endif /* PNF_UNIT_LINUX_SLAB_H */
