// What a process that holds keys does about itself, first of all.
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

// No core dump is ever written, and no other process of the same user may read this one's memory or attach to it.
// With a sanitizer (ROND_WITHOUT_SANDBOX), which attaches to its own process at the end, only the first.
void process_keep_secrets(void);

#endif
