// rondctl seclude: keys to where the running server cannot read them.
#include "ctl/seclude.h"

#include <stdio.h>
#include <string.h>

#include "auth/seclusion.h"
#include "ctl/ctl.h"

static const char help[] =
    "usage: rondctl [--data DIR] seclude\n\n"
    "Moves ca.key and receipt.key to DIR-ca, a directory beside DIR, and leaves links: the server confines itself to DIR, so\n"
    "that whoever takes it over does not get the keys. Works while the server runs. init and restore do it by themselves.\n";

void seclude_or_say(const char *data_dir) {
    struct fault fault = {0};
    if (seclusion_make(data_dir, &fault) != ROND_OK) {
        (void)fprintf(stderr,
                      "rondctl: ca.key or receipt.key stays in %s, where the server can read it: %s\n"
                      "         Make %s-ca for the server's user (mode 0700) and run: rondctl --data %s seclude\n",
                      data_dir, fault.text, data_dir, data_dir);
    }
}

int ctl_seclude(const struct ctl *ctl, int argc, char **argv) {
    struct fault fault = {0};
    if (argc > 1) {
        return ctl_help(help, strcmp(argv[1], "--help") == 0);
    }
    enum rond_err err = seclusion_make(ctl->data, &fault);
    if (err != ROND_OK) {
        return ctl_fail(ctl_exit_of(err), "%s", fault.text[0] != '\0' ? fault.text : rond_err_name(err));
    }
    if (ctl->json) {
        puts("{\"ok\":true}");
    } else {
        printf("the keys lie in %s-ca\n", ctl->data);
    }
    return CTL_OK;
}
