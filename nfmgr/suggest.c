// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "suggest.h"

/* No name is longer; longer words are not like any */
#define WORD_MAX	32

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int least = a < b ? a : b;

	return least < c ? least : c;
}

/* '_' was the '-' of old names */
static char fold(char c)
{
	return c == '_' ? '-' : c;
}

/* Letters to insert, delete or replace, or neighbours to swap, to get from a to b */
static unsigned int word_distance(const char *a, const char *b)
{
	unsigned int rows[3][WORD_MAX + 1];
	size_t a_length = strlen(a), b_length = strlen(b);
	size_t i, j;

	for (j = 0; j <= b_length; j++)
		rows[0][j] = j;

	for (i = 1; i <= a_length; i++) {
		unsigned int *before = rows[(i + 1) % 3];
		unsigned int *prev = rows[(i - 1) % 3];
		unsigned int *row = rows[i % 3];

		row[0] = i;
		for (j = 1; j <= b_length; j++) {
			unsigned int differs = fold(a[i - 1]) != fold(b[j - 1]);

			row[j] = min3(prev[j] + 1, row[j - 1] + 1, prev[j - 1] + differs);
			if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) &&
			    fold(a[i - 2]) == fold(b[j - 1]) && before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
	}
	return rows[a_length % 3][b_length];
}

void suggestion_start(struct suggestion *suggestion, const char *word)
{
	suggestion->word = word;
	suggestion->nearest = NULL;
	/* every third letter may be wrong */
	suggestion->distance = strlen(word) / 3 + 1;
}

void suggestion_offer(struct suggestion *suggestion, const char *candidate)
{
	unsigned int distance;

	if (strlen(suggestion->word) > WORD_MAX || strlen(candidate) > WORD_MAX)
		return;

	/* "inactive" for inactive-timeout: the start of a name is as good */
	if (strlen(suggestion->word) >= 3 &&
	    !strncmp(suggestion->word, candidate, strlen(suggestion->word)))
		distance = 1;
	else
		distance = word_distance(suggestion->word, candidate);

	if (distance < suggestion->distance ||
	    (distance == suggestion->distance && !suggestion->nearest)) {
		suggestion->nearest = candidate;
		suggestion->distance = distance;
	}
}

/**
 * suggestion_sentence() - ", did you mean 'X'?", or nothing
 */
const char *suggestion_sentence(const struct suggestion *suggestion, char text[SUGGESTION_TEXT])
{
	text[0] = '\0';
	if (suggestion->nearest)
		snprintf(text, SUGGESTION_TEXT, ", did you mean '%s'?", suggestion->nearest);
	return text;
}
