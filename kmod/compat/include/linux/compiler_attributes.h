/* SPDX-License-Identifier: GPL-2.0-only */
/* Newer kernels have __uninitialized, for variables that a hot path fills in itself. */
#ifndef PNF_COMPAT_LINUX_COMPILER_ATTRIBUTES_H
#define PNF_COMPAT_LINUX_COMPILER_ATTRIBUTES_H

#include_next <linux/compiler_attributes.h>

#ifndef __uninitialized
# if __has_attribute(__uninitialized__)
#  define __uninitialized __attribute__((__uninitialized__))
# else
#  define __uninitialized
# endif
#endif

#endif /* PNF_COMPAT_LINUX_COMPILER_ATTRIBUTES_H */
