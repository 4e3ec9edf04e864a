/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PNF_UNIT_LINUX_CTYPE_H
#define PNF_UNIT_LINUX_CTYPE_H

#include <ctype.h>

#endif /* PNF_UNIT_LINUX_CTYPE_H */
