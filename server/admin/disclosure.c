// Rules of disclosure: what an organisation may see of another's reports.
#include <string.h>

#include "admin/inner.h"
#include "read/retention.h"
#include "store/disclosure.h"
#include "wire/limits.h"

static bool is_somebody(const struct catalogue *catalogue, const char *whom) {
    return strcmp(whom, DISCLOSURE_PUBLIC) == 0 || strcmp(whom, DISCLOSURE_EVERYBODY) == 0 ||
           catalogue_organisation(catalogue, whom) != NULL;
}

struct named {
    const char *from, *to, *category;
};

static enum rond_err named_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                                   struct admin_change *change, struct named *named, struct fault *fault) {
    enum rond_err err = controller_prepare(arguments, "from", context->catalogue, arena, &named->from, fault);
    if (err == ROND_OK) {
        err = argument_text(arguments, "to", REFERENCE_ID_BYTES_MAX, arena, &named->to, fault);
    }
    if (err == ROND_OK && !is_somebody(context->catalogue, named->to)) {
        err = fault_both(fault, ROND_EINVALID, 0, "to", "There is no organisation '%s'; see 'rondctl words', or say public.",
                         "Organisationen ”%s” finns inte; välj en annan eller allmänheten (public).", named->to);
    }
    if (err == ROND_OK) {
        err = argument_text(arguments, "category", REFERENCE_ID_BYTES_MAX, arena, &named->category, fault);
    }
    Rond__V1__Kind kind;
    if (err == ROND_OK && strcmp(named->category, "default") != 0 && !kind_from_name(named->category, &kind)) {
        err =
            fault_both(fault, ROND_EINVALID, 0, "category", "There is no category '%s'; it is a kind of report or default.",
                       "Kategorin ”%s” finns inte; den är en sorts rapport eller default.", named->category);
    }
    if (err != ROND_OK) {
        return err;
    }
    change->rule_kind = RULE_DISCLOSURE;
    change->subject = arena_printf(arena, "%s>%s/%s", named->from, named->to, named->category);
    return change->subject == NULL ? ROND_ENOMEM : ROND_OK;
}

enum rond_err disclosure_set_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                                     struct admin_change *change, struct fault *fault) {
    struct named named;
    const char *name;
    enum disclosure_level level;
    enum rond_err err = named_prepare(arguments, context, arena, change, &named, fault);
    if (err == ROND_OK) {
        err = argument_text(arguments, "level", REFERENCE_ID_BYTES_MAX, arena, &name, fault);
    }
    if (err == ROND_OK && !disclosure_level_from_name(name, &level)) {
        err = fault_both(fault, ROND_EINVALID, 0, "level", "'%s' is no level: figures, reports, texts, or nothing.",
                         "”%s” är ingen nivå: figures (siffror), reports (rapporter), texts (texter) eller inget.", name);
    }
    return err == ROND_OK ? rule_body_put(change,
                                          json_pack("{s:s,s:s,s:s,s:s}", "from", named.from, "to", named.to, "category",
                                                    named.category, "level", name),
                                          arena)
                          : err;
}

enum rond_err disclosure_unset_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                                       struct admin_change *change, struct fault *fault) {
    struct named named;
    enum rond_err err = named_prepare(arguments, context, arena, change, &named, fault);
    return err == ROND_OK ? rule_remove(change) : err;
}
