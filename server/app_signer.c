#include "app_signer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auth/seclusion.h"
#include "base/check.h"
#include "base/log.h"
#include "sandbox.h"
#include "wire/limits.h"

// What it says of its start.
struct started {
    enum rond_err err;
    struct fault fault;
    uint32_t receipt_certificate_size;
    uint8_t receipt_certificate[RECEIPT_CERTIFICATE_SIZE_MAX];
};

// Nothing of the server's is left open: not the lock, which would outlive it.
static int keep_only(int socket) {
    enum { SOCKET = 3 };
    if (socket != SOCKET && dup2(socket, SOCKET) < 0)
        return -1;
    return close_range(SOCKET + 1, ~0U, 0) == 0 ? SOCKET : -1;
}

// Whoever stops the server signals its whole group: the signer ends when the server has, not before.
static void ignore_signals(void) {
    static const int IGNORED[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
    for (size_t i = 0; i < ARRAY_COUNT(IGNORED); i++)
        (void)signal(IGNORED[i], SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

// Receipts are given with their key alone. One that cannot be made (a full disk) is no reason not to serve; one that is there
// and cannot be trusted is, as the CA's. A new one goes where the CA's lies; health says where it could not.
static enum rond_err open_receipts(const char *data_dir, const struct ca *ca, const struct clock *clock, const struct rng *rng,
                                   struct receipt_signer **ret_signer, struct fault *fault) {
    enum rond_err err = receipt_signer_open(data_dir, ca, rng, clock_wall_ms(clock), ret_signer, fault);
    bool is_off = err == ROND_EFULL || err == ROND_EIO;
    if (!err && seclusion_follow(data_dir, fault))
        log_event(LOG_LEVEL_WARN, "receipt_key_stays", "text=%s", log_quote(fault->text).text);
    if (is_off)
        log_event(LOG_LEVEL_WARN, "receipts_off", "err=%s text=%s", rond_err_name(err), log_quote(fault->text).text);
    if (!err || is_off)
        *fault = (struct fault){0};
    return is_off ? ROND_OK : err;
}

static void certificate_tell(const struct receipt_signer *receipts, struct started *started) {
    struct bytes certificate = receipts ? receipt_signer_certificate(receipts) : (struct bytes){0};
    if (certificate.size > sizeof started->receipt_certificate)
        return;
    if (certificate.size > 0)
        memcpy(started->receipt_certificate, certificate.data, certificate.size);
    started->receipt_certificate_size = (uint32_t)certificate.size;
}

static void serve(const struct config *config, const struct clock *clock, const struct rng *rng, int server_days,
                  int socket) {
    struct started started = {0};
    struct ca *ca = NULL;
    struct receipt_signer *receipts = NULL;
    const char *names[CONFIG_HOSTNAMES_MAX];
    for (size_t i = 0; i < config->hostnames_count; i++)
        names[i] = config->hostnames[i];
    started.err = ca_open(config->data_dir, &ca, &started.fault);
    if (!started.err)
        started.err = open_receipts(config->data_dir, ca, clock, rng, &receipts, &started.fault);
    certificate_tell(receipts, &started);
    if (!started.err)
        started.err = sandbox_enter_signer(&started.fault);
    bool told = send(socket, &started, sizeof started, MSG_NOSIGNAL) == (ssize_t)sizeof started;
    if (told && !started.err) {
        const struct signer_config serving = {.ca = ca,
                                              .receipts = receipts,
                                              .names = names,
                                              .names_count = config->hostnames_count,
                                              .device_days_max = CERTIFICATE_DAYS,
                                              .server_days = server_days,
                                              .clock = clock,
                                              .rng = rng};
        signer_serve(&serving, socket);
    }
    receipt_signer_close(receipts);
    ca_close(ca);
}

// In the child. Never returns; nothing of the server's is freed or flushed.
static void run(const struct config *config, const struct clock *clock, const struct rng *rng, int server_days, int socket,
                pid_t parent) {
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)prctl(PR_SET_NAME, "rondd-signer");
    ignore_signals();
    socket = keep_only(socket);
    if (socket >= 0 && getppid() == parent)
        serve(config, clock, rng, server_days, socket);
    _exit(0);
}

static enum rond_err failed(struct fault *fault) {
    return fault_set(fault, ROND_EIO, 0, "", "The signer cannot be started: %s.", strerror(errno));
}

enum rond_err app_signer_start(struct app_signer *app_signer, const struct config *config, const struct clock *clock,
                               const struct rng *rng, int server_days, struct fault *fault) {
    int ends[2];
    struct started started = {0};
    pid_t parent = getpid();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return failed(fault);
    pid_t pid = fork();
    if (pid == 0)
        run(config, clock, rng, server_days, ends[1], parent);
    (void)close(ends[1]);
    if (pid < 0) {
        (void)close(ends[0]);
        return failed(fault);
    }
    app_signer->pid = pid;
    signer_init(&app_signer->signer, ends[0]);
    ssize_t size;
    while ((size = recv(ends[0], &started, sizeof started, 0)) < 0 && errno == EINTR)
        continue;
    if (size != (ssize_t)sizeof started)
        started.err = fault_set(&started.fault, ROND_EIO, 0, "", "The signer has ended before it began.");
    if (started.err) {
        if (fault)
            *fault = started.fault;
        app_signer_stop(app_signer);
        return started.err;
    }
    app_signer->receipt_certificate_size = started.receipt_certificate_size;
    memcpy(app_signer->receipt_certificate, started.receipt_certificate, sizeof started.receipt_certificate);
    log_event(LOG_LEVEL_INFO, "signer", "pid=%d", (int)pid);
    return ROND_OK;
}

struct bytes app_signer_certificate(const struct app_signer *app_signer) {
    return bytes_of(app_signer->receipt_certificate, app_signer->receipt_certificate_size);
}

bool app_signer_sweep(struct app_signer *app_signer) {
    int status = 0;
    if (app_signer->pid == 0)
        return false;
    bool lives = waitpid(app_signer->pid, &status, WNOHANG) == 0;
    if (lives && signer_is_there(&app_signer->signer))
        return false;
    if (lives) { // it may hang
        (void)kill(app_signer->pid, SIGKILL);
        app_signer_stop(app_signer);
    } else {
        signer_give_up(&app_signer->signer);
        app_signer->pid = 0; // another's by now, maybe
    }
    app_signer->has_ended = true;
    log_event(LOG_LEVEL_ERROR, "signer_ended", "text=%s",
              log_quote("Nobody can enrol or renew, no rescue file opens and no receipt is given until rondd is started anew.").text);
    return true;
}

// One that does not end when its socket is closed hangs.
void app_signer_stop(struct app_signer *app_signer) {
    enum { WAIT_MS = 2000, PAUSE_MS = 5 };
    if (app_signer->pid == 0)
        return;
    signer_give_up(&app_signer->signer);
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    int waited_ms = 0;
    while (waitpid(app_signer->pid, NULL, WNOHANG) == 0 && waited_ms < WAIT_MS) {
        (void)nanosleep(&pause, NULL);
        waited_ms += PAUSE_MS;
    }
    if (waited_ms >= WAIT_MS) {
        (void)kill(app_signer->pid, SIGKILL);
        (void)waitpid(app_signer->pid, NULL, 0);
    }
    app_signer->pid = 0;
}
