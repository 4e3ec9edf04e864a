/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PNF_UNIT_LINUX_BITOPS_H
#define PNF_UNIT_LINUX_BITOPS_H

#include <linux/bits.h>
#include <linux/types.h>

#define BIT_WORD(bit)	((bit) / BITS_PER_LONG)
#define BIT_MASK(bit)	(1UL << ((bit) % BITS_PER_LONG))

static inline bool test_bit(unsigned int bit, const unsigned long *map)
{
	return map[BIT_WORD(bit)] & BIT_MASK(bit);
}

static inline void __set_bit(unsigned int bit, unsigned long *map)
{
	map[BIT_WORD(bit)] |= BIT_MASK(bit);
}

static inline bool __test_and_set_bit(unsigned int bit, unsigned long *map)
{
	bool was_set = test_bit(bit, map);

	__set_bit(bit, map);
	return was_set;
}

#endif /* PNF_UNIT_LINUX_BITOPS_H */
