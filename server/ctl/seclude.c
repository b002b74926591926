// rondctl seclude: ca.key to where the running server cannot read it.
#include "ctl/seclude.h"

#include <stdio.h>
#include <string.h>

#include "auth/ca_key.h"
#include "ctl/ctl.h"

static const char help[] =
    "usage: rondctl [--data DIR] seclude\n\n"
    "Moves ca.key to DIR-ca, a directory beside DIR, and leaves a link: the server confines itself to DIR, so that whoever "
    "takes\n"
    "it over does not get the key. Works while the server runs. init and restore do it by themselves.\n";

void seclude_or_say(const char *data_dir) {
    struct fault fault = {0};
    if (ca_key_seclude(data_dir, &fault) != ROND_OK) {
        (void)fprintf(stderr,
                      "rondctl: ca.key stays in %s, where the server can read it: %s\n"
                      "         Make %s-ca for the server's user (mode 0700) and run: rondctl --data %s seclude\n",
                      data_dir, fault.text, data_dir, data_dir);
    }
}

int ctl_seclude(const struct ctl *ctl, int argc, char **argv) {
    struct fault fault = {0};
    if (argc > 1) {
        return ctl_help(help, strcmp(argv[1], "--help") == 0);
    }
    enum rond_err err = ca_key_seclude(ctl->data, &fault);
    if (err != ROND_OK) {
        return ctl_fail(ctl_exit_of(err), "%s", fault.text[0] != '\0' ? fault.text : rond_err_name(err));
    }
    if (ctl->json) {
        puts("{\"ok\":true}");
    } else {
        printf("ca.key lies in %s-ca\n", ctl->data);
    }
    return CTL_OK;
}
