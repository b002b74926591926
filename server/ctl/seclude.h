// The keys that only the signer may read out of the data directory (auth/seclusion.h).
#ifndef CTL_SECLUDE_H
#define CTL_SECLUDE_H

// Where it cannot be done, standard error says so and what to do: the key is where it was, and the server says it too.
void seclude_or_say(const char *data_dir);

#endif
