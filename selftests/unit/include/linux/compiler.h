/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PNF_UNIT_LINUX_COMPILER_H
#define PNF_UNIT_LINUX_COMPILER_H

#include <sys/cdefs.h>

#define likely(condition)	__builtin_expect(!!(condition), 1)
#define unlikely(condition)	__builtin_expect(!!(condition), 0)

#ifndef noinline
#define noinline	__attribute__((noinline))
#endif
#ifndef fallthrough
#define fallthrough	__attribute__((fallthrough))
#endif
#ifndef __always_inline
#define __always_inline	inline __attribute__((always_inline))
#endif
#ifndef __force
#define __force
#endif

#endif /* PNF_UNIT_LINUX_COMPILER_H */
