/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PNF_UNIT_LINUX_RANDOM_H
#define PNF_UNIT_LINUX_RANDOM_H

#include <sys/random.h>

/* At most 256 octets are never cut short; more are not asked for at once. */
static inline void get_random_bytes(void *to, size_t octets)
{
	size_t at, part;

	for (at = 0; at < octets; at += part) {
		part = octets - at < 256 ? octets - at : 256;
		if (getrandom((char *)to + at, part, 0) != (ssize_t)part)
			abort();
	}
}

#endif /* PNF_UNIT_LINUX_RANDOM_H */
