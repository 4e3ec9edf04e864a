/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PNF_UNIT_LINUX_OVERFLOW_H
#define PNF_UNIT_LINUX_OVERFLOW_H

#define struct_size(to, member, count) \
	(sizeof(*(to)) + sizeof(*(to)->member) * (size_t)(count))

#endif /* PNF_UNIT_LINUX_OVERFLOW_H */
