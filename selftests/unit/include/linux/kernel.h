/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PNF_UNIT_LINUX_KERNEL_H
#define PNF_UNIT_LINUX_KERNEL_H

#include_next <linux/kernel.h>
#include <linux/build_bug.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/types.h>

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#endif

#define ALIGN(value, to)	(((value) + (to) - 1) & ~((__typeof__(value))(to) - 1))

#define lower_32_bits(value)	((u32)(value))
#define upper_32_bits(value)	((u32)((u64)(value) >> 32))

#endif /* PNF_UNIT_LINUX_KERNEL_H */
