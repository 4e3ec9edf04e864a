/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PNF_UNIT_LINUX_BITMAP_H
#define PNF_UNIT_LINUX_BITMAP_H

#include <linux/bitops.h>

static inline void bitmap_zero(unsigned long *map, unsigned int bits)
{
	unsigned int i;

	for (i = 0; i < (unsigned int)BITS_TO_LONGS(bits); i++)
		map[i] = 0;
}

#endif /* PNF_UNIT_LINUX_BITMAP_H */
