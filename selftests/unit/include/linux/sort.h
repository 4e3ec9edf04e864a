/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PNF_UNIT_LINUX_SORT_H
#define PNF_UNIT_LINUX_SORT_H

#include <stdlib.h>

/* The swap function is NULL, which is the kernel's for any size. */
#define sort(base, count, size, compare, swap)	qsort(base, count, size, compare)

#endif /* PNF_UNIT_LINUX_SORT_H */
