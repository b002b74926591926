// What a report would count toward, as `rond report` tells it: in full with --dry-run, in one line after saving.
#ifndef CLI_PREVIEW_H
#define CLI_PREVIEW_H

#include "cli.h"

// Prints and frees the preview; answers an exit code.
int preview_show(struct cli *cli, rond_preview *take_preview);
// "counts toward A, B; waits toward C", "" where it counts toward nothing that is known here. Frees the preview.
void preview_line(rond_preview *take_preview, char *ret_line, size_t size);

#endif
