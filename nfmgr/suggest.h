/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NFMGR_SUGGEST_H
#define NFMGR_SUGGEST_H

#define SUGGESTION_TEXT	80

/* What was meant by a word that is not known: the nearest one offered so far */
struct suggestion {
	const char *word;
	const char *nearest;
	unsigned int distance;
};

void suggestion_start(struct suggestion *suggestion, const char *word);
void suggestion_offer(struct suggestion *suggestion, const char *candidate);
const char *suggestion_sentence(const struct suggestion *suggestion, char text[SUGGESTION_TEXT]);

#endif
