/* SPDX-License-Identifier: GPL-2.0-only */
/* 6.12 moved asm/unaligned.h here. By version, since sparse has no __has_include_next. */
#ifndef PNF_COMPAT_LINUX_UNALIGNED_H
#define PNF_COMPAT_LINUX_UNALIGNED_H

#include <linux/version.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#include_next <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

#endif /* PNF_COMPAT_LINUX_UNALIGNED_H */
