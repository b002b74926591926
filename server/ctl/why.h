// rondctl progress --why PROMISE/COMMITMENT
#ifndef CTL_WHY_H
#define CTL_WHY_H

#include "ctl/ctl.h"

// Prints the figure and what is behind it (with --json: the rows alone). Answers an exit code.
int why_show(const struct ctl *ctl, const char *path, bool swedish);

#endif
