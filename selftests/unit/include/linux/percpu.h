/* SPDX-License-Identifier: GPL-2.0-only */
/* Two CPUs; unit_cpu says on which one the test runs. */
#ifndef PNF_UNIT_LINUX_PERCPU_H
#define PNF_UNIT_LINUX_PERCPU_H

#include <linux/slab.h>

#define UNIT_CPUS	2
#define UNIT_PERCPU_MAX	65536	/* octets of one CPU's part */

__attribute__((weak)) int unit_cpu;

#define __percpu

static inline void *__alloc_percpu(size_t octets, size_t align)
{
	return octets <= UNIT_PERCPU_MAX ? kzalloc(UNIT_CPUS * UNIT_PERCPU_MAX, GFP_KERNEL) : NULL;
}

#define free_percpu(object)	kfree(object)
#define per_cpu_ptr(object, cpu)	\
	((__typeof__(object))((char *)(object) + (size_t)(cpu) * UNIT_PERCPU_MAX))
#define this_cpu_ptr(object)	per_cpu_ptr(object, unit_cpu)

#endif /* PNF_UNIT_LINUX_PERCPU_H */
