/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PNF_UNIT_LINUX_STRING_H
#define PNF_UNIT_LINUX_STRING_H

#include <string.h>

#endif /* PNF_UNIT_LINUX_STRING_H */
