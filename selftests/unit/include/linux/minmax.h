/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PNF_UNIT_LINUX_MINMAX_H
#define PNF_UNIT_LINUX_MINMAX_H

#define min(a, b) ({				\
	__auto_type a__ = (a);			\
	__auto_type b__ = (b);			\
	a__ < b__ ? a__ : b__;			\
})

#define max(a, b) ({				\
	__auto_type a__ = (a);			\
	__auto_type b__ = (b);			\
	a__ > b__ ? a__ : b__;			\
})

#define min_t(type, a, b)	min((type)(a), (type)(b))

#endif /* PNF_UNIT_LINUX_MINMAX_H */
