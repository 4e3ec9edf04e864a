/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PNF_UNIT_LINUX_BITS_H
#define PNF_UNIT_LINUX_BITS_H

#define BIT(bit)	(1UL << (bit))
#define BIT_ULL(bit)	(1ULL << (bit))

#endif /* PNF_UNIT_LINUX_BITS_H */
