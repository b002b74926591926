// A QR code on a terminal, for a handheld's camera: two modules a character, dark on light whatever the terminal's colours.
#ifndef CTL_QR_H
#define CTL_QR_H

#include <stdio.h>

void qr_print(const char *text, FILE *to); // nothing where there is no memory: the text itself is shown anyhow

#endif
