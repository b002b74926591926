#include "ctl/qr.h"

#include <qrencode.h>
#include <stdbool.h>

enum { QUIET = 2 }; // modules around it; the standard asks for four, cameras for some

static bool is_dark(const QRcode *code, int x, int y) {
    return x >= 0 && y >= 0 && x < code->width && y < code->width && (code->data[y * code->width + x] & 1) != 0;
}

void qr_print(const char *text, FILE *to) {
    QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
    if (code == NULL)
        return;
    for (int y = -QUIET; y < code->width + QUIET; y += 2) {
        fputs("\033[30;47m", to); // black on white
        for (int x = -QUIET; x < code->width + QUIET; x++) {
            bool upper = is_dark(code, x, y), lower = is_dark(code, x, y + 1);
            fputs(upper && lower ? "█" : upper ? "▀" : lower ? "▄" : " ", to);
        }
        fputs("\033[0m\n", to);
    }
    QRcode_free(code);
}
