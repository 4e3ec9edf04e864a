/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PNF_UNIT_LINUX_SLAB_H
#define PNF_UNIT_LINUX_SLAB_H

#include <linux/errno.h>
#include <linux/types.h>
#include <stdlib.h>
#include <string.h>

#define GFP_KERNEL	0U

/* What a test may see and say of the kernel's memory, the same in all files */
struct unit_slab {
	unsigned int objects;	/* allocated and not freed */
	bool is_short;		/* only so many allocations succeed: */
	unsigned int left;
};

__attribute__((weak)) struct unit_slab unit_slab;

static inline void *kmalloc(size_t octets, unsigned int gfp)
{
	void *object;

	if (unit_slab.is_short && !unit_slab.left)
		return NULL;
	unit_slab.left -= unit_slab.is_short;
	object = malloc(octets);
	if (!object)
		abort();
	memset(object, 0xee, octets);
	unit_slab.objects++;
	return object;
}

static inline void *kzalloc(size_t octets, unsigned int gfp)
{
	void *object = kmalloc(octets, gfp);

	return object ? memset(object, 0, octets) : NULL;
}

static inline void kfree(const void *object)
{
	unit_slab.objects -= !!object;
	free((void *)object);
}

#define kvmalloc(octets, gfp)		kmalloc(octets, gfp)
#define kvcalloc(count, octets, gfp)	kzalloc((size_t)(count) * (octets), gfp)
#define kvfree(object)			kfree(object)

#endif /* PNF_UNIT_LINUX_SLAB_H */
