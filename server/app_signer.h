// The signer's process (auth/signer.h): forked before any thread is begun and before the server confines itself, so that it
// can open the CA's key and that of receipts, and the server never does. It ends with the server. Where it ends before, nobody
// enrols or renews, no rescue file opens and no receipt is given until rondd is started anew; all else goes on.
#ifndef APP_SIGNER_H
#define APP_SIGNER_H

#include <sys/types.h>

#include "auth/signer.h"
#include "config.h"
#include "wire/receipt_key.h"

struct app_signer {
    pid_t pid;      // 0: none, or it has ended
    bool has_ended; // by itself
    struct signer signer;
    uint8_t receipt_certificate[RECEIPT_CERTIFICATE_SIZE_MAX]; // DER
    uint32_t receipt_certificate_size;                         // 0: no receipts are signed
};

// Tells the name and mode of ca.key's own error, as ca_open does. From the only thread.
MUST_CHECK enum rond_err app_signer_start(struct app_signer *app_signer, const struct config *config,
                                          const struct clock *clock, const struct rng *rng, int server_days,
                                          struct fault *fault);
// Of the key of receipts, DER; empty where that key could not be made. Lives as long as the signer.
struct bytes app_signer_certificate(const struct app_signer *app_signer);
// True once, when it is found to have ended.
bool app_signer_sweep(struct app_signer *app_signer);
void app_signer_stop(struct app_signer *app_signer); // and waits; one that was never started is fine

#endif
