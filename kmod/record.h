/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * record.h - the seam: a Flow copied out as a value
 */
#ifndef PNF_RECORD_H
#define PNF_RECORD_H

#include "flow.h"

void pnf_record_fill(struct pnf_record *record, const struct pnf_flow *flow);

#endif /* PNF_RECORD_H */
