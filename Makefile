# Rond: `make help` lists what can be made. VARIANT=release|asan|tsan|coverage chooses the build; each has its own folder.
VERSION := $(shell cat VERSION)
VARIANT ?= release
CC ?= gcc
B := build/$(VARIANT)
MAKEFLAGS += --no-builtin-rules --no-print-directory
ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc) # on all cores, unless told otherwise
endif
# Tests and the demo may be run by root, with data directories of root's (server/privileges.h).
export ROND_AS_ROOT := 1
# One short line for each thing made; V=1 shows the commands.
run = $(if $(V),,@printf '  %-6s %s\n' $(1) $(patsubst build/%,%,$@) &&)

PACKAGES := libwebsockets libuv sqlite3 libprotobuf-c openssl libzstd yaml-0.1 inih jansson libsystemd libqrencode libcares libseccomp
PKG_CFLAGS := $(shell pkg-config --silence-errors --cflags $(PACKAGES) 2>/dev/null)
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wcast-qual -Wwrite-strings \
        -Wformat=2 -Wundef -Wvla -Wno-missing-field-initializers -Wno-unused-parameter $(WERROR)
# The sanitizers trace, fork and read /proc, and coverage writes into build/: none of which rondd may do (server/sandbox.h).
NO_SANDBOX := -DROND_WITHOUT_SANDBOX
FLAGS.release := -O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
FLAGS.asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer $(NO_SANDBOX)
FLAGS.tsan := -O1 -g -fsanitize=thread $(NO_SANDBOX)
FLAGS.coverage := -O0 -g --coverage $(NO_SANDBOX)
WARN.fuzz := -Wno-cast-qual # clang sees it in what protobuf-c's macros do
FLAGS.fuzz := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer $(NO_SANDBOX)
# tests/guard/hardening.sh looks for each of these in what was built. No path of this machine gets into a program.
HARDEN := -fstack-protector-strong -fstack-clash-protection $(if $(filter x86_64-%,$(shell $(CC) -dumpmachine)),-fcf-protection) \
          -ffile-prefix-map=$(CURDIR)=.
CFLAGS := -std=c17 -D_GNU_SOURCE -DROND_VERSION='"$(VERSION)"' $(FLAGS.$(VARIANT)) -fPIC -fvisibility=hidden -ffunction-sections -fdata-sections $(HARDEN) $(WARN) $(WARN.$(VARIANT)) \
          -Iproto -Iclient-sdk -Iclient-sdk/include -Iclient-sdk/src -Iserver -Itests -isystem $B/gen $(PKG_CFLAGS)
LDFLAGS := $(FLAGS.$(VARIANT)) -Wl,-z,relro,-z,now,-z,noexecstack
# What librond.so is compiled with beside these (docs/decisions/0020): for size, as a whole, without the passes that make it larger,
# and without tables for unwinding. What is uninitialised is told at -O2. Generated code is told apart: nobody compares the addresses of
# its constants, so alike ones may be one (-fmerge-all-constants), and its assertions, which are no CHECK of ours, are left out.
LARGER := expensive-optimizations tree-dominator-opts tree-sra tree-pta move-loop-invariants tree-coalesce-vars caller-saves inline-small-functions
SIZE.release := -Oz -flto -flto-partition=one $(LARGER:%=-fno-%) -fno-plt -fno-semantic-interposition \
                -fno-asynchronous-unwind-tables -fno-unwind-tables -Wno-maybe-uninitialized
SIZE_PB.release := -fno-lto -fmerge-all-constants -DNDEBUG

LIBS.proto := -lprotobuf-c -lcrypto -lzstd
LIBS.client := -lwebsockets -luv -lssl -lsqlite3 -lcares $(LIBS.proto) -lpthread
LIBS.server := -lwebsockets -luv -lssl -lsqlite3 -lyaml -linih -ljansson -lsystemd -lqrencode -lseccomp $(LIBS.proto) -lpthread

PROTOS := $(wildcard proto/rond/v1/*.proto)
PB_C := $(PROTOS:proto/%.proto=$B/gen/%.pb-c.c)
PB_H := $(PB_C:.c=.h)
SRC.proto := $(wildcard proto/base/*.c proto/wire/*.c proto/counting/*.c)
SRC.client := $(wildcard client-sdk/src/*.c)
SRC.cli := $(wildcard client-sdk/cli/*.c)
SRC.server := $(filter-out server/main.c,$(wildcard server/*.c server/net/*.c server/auth/*.c server/sync/*.c \
              server/backup/*.c server/rescue/*.c server/web/*.c server/ingest/*.c server/store/*.c server/promise/*.c server/admin/*.c server/read/*.c))
SRC.server += build/web/assets.c # made below
SRC.ctl := $(wildcard server/ctl/*.c)
obj = $(patsubst %.c,$B/obj/%.o,$(1))
OBJ.proto := $(call obj,$(SRC.proto)) $(PB_C:.c=.o)
OBJ.client := $(call obj,$(SRC.client))
OBJ.server := $(call obj,$(SRC.server))
OBJ.cli := $(call obj,$(SRC.cli))
OBJ.ctl := $(call obj,$(SRC.ctl))

# A test program per source file in these folders; tests/support is linked into each.
TEST_SRC := $(wildcard $(addprefix tests/,$(addsuffix /*_test.c,unit contract integration fault interop)))
TESTS := $(TEST_SRC:tests/%.c=$B/tests/%)
# Under a sanitizer once more only what has something to show there: not what reads sources or binaries, what asks command
# lines for their words (the fuzzers do), or what measures; nor the years of counting through whole programs, whose parts the
# unit and contract tests run there.
RELEASE_ONLY := $(addprefix tests/guard/,bench.sh budget.sh documents.sh guards_can_fail.sh include_direction.sh tests_per_source.sh hardening.sh sbom.sh service.sh \
                  planted.sh rond.sh rondctl.sh sdk.sh) $(addprefix tests/integration/,slow_clients.sh siege.sh wrong_clock.sh)
COUNTING := $(addprefix tests/integration/,lund.sh strangnas.sh promises.sh joint_activities.sh followup.sh feedback.sh)
GUARDS := $(filter-out $(if $(filter-out release,$(VARIANT)),$(RELEASE_ONLY)) $(if $(filter asan tsan,$(VARIANT)),$(COUNTING)),\
            $(wildcard tests/guard/*.sh tests/integration/*.sh))
SUPPORT := $(call obj,$(wildcard tests/support/*.c))
TESTS := $(filter-out $(if $(filter tsan,$(VARIANT)),$B/tests/fault/%),$(TESTS)) # which are of one thread each
SIM := $B/tests/sim/sim
SIM_OBJ := $(call obj,$(wildcard tests/sim/*.c))
SIM_WRAP := $(foreach name,signature_make signature_verify verify_key_create verify_key_destroy,-Wl,--wrap=$(name)) # tests/sim/signatures.h
SEEDS ?= 10000
REPLAY := $B/tests/fuzz/replay

.PHONY: all help programs tests
all: programs ## Build everything (default)

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

PROGRAMS := $(if $(wildcard server/main.c),$B/rondd) $(if $(SRC.ctl),$B/rondctl) $(if $(SRC.cli),$B/rond) $(if $(SRC.client),$B/librond.a $B/librond.so $B/rond.pc)
programs: $(PROGRAMS)
tests: $(TESTS) $(SIM) $(REPLAY) $B/bench $B/probe $B/open_bodies $B/tests/budget/budget

# The pages: bundled and compressed by what npm brings, then part of rondd.
WEB_SRC := $(shell find server/web -name node_modules -prune -o -type f -print)
WEB_MODULES := server/web/node_modules/.package-lock.json
WEB_TEST_MODULES := tests/web/node_modules/.package-lock.json
PEER_MODULES := tests/bench/peers/node_modules/.package-lock.json
$(WEB_MODULES) $(WEB_TEST_MODULES) $(PEER_MODULES): %/node_modules/.package-lock.json: %/package.json %/package-lock.json
	$(call run,NPM) cd $* && npm ci --no-audit --no-fund --loglevel=error >/dev/null && touch node_modules/.package-lock.json
build/web/assets.c: $(WEB_SRC) $(WEB_MODULES) VERSION
	$(call run,WEB) node server/web/build.mjs build/web

$B/gen/%.pb-c.c $B/gen/%.pb-c.h: proto/%.proto
	@mkdir -p $B/gen
	$(call run,PROTOC) protoc-c --c_out=$B/gen -Iproto proto/$*.proto

# Holds the flags, and is written anew only where they differ: every object is made anew then.
FLAGS := $(strip $(CC) $(CFLAGS) $(LDFLAGS) $(SIZE.$(VARIANT)) $(SIZE_PB.$(VARIANT)))
$B/flags: FORCE
	$(if $(findstring |$(FLAGS)|,|$(file <$@)|),,$(shell mkdir -p $(@D))$(file >$@,$(FLAGS)))
.PHONY: FORCE

$B/gen/%.o: $B/gen/%.c $B/flags | $(PB_H)
	$(call run,CC) $(CC) $(filter-out -Wshadow -Wundef,$(CFLAGS)) -MD -MP -c $< -o $@

$B/obj/%.o: %.c VERSION $B/flags | $(PB_H)
	@mkdir -p $(@D)
	$(call run,CC) $(CC) $(CFLAGS) -MD -MP -c $< -o $@

$B/libproto.a: $(OBJ.proto)
$B/libclient.a: $(OBJ.client)
$B/libserver.a: $(OBJ.server)
$B/libcli.a: $(filter-out %/main.o,$(OBJ.cli)) # for the tests
$B/libproto.a $B/libclient.a $B/libserver.a $B/libcli.a:
	@rm -f $@
	$(call run,AR) ar rcs $@ $^

# The SDK as an app links it: rond.h's symbols and no others, in the archive too; what the server alone uses of proto/ is left out.
SO_NAME := librond.so.$(firstword $(subst ., ,$(VERSION)))
$B/librond.a: $(OBJ.client) $(OBJ.proto)
	@rm -f $@
	@ld -r -o $B/librond.o $^
	@objcopy --localize-hidden $B/librond.o
	$(call run,AR) ar rcs $@ $B/librond.o

# The shared one is compiled for size, of objects of its own, and stripped: what a debugger wants, and what is needed to unwind the
# stack, lies in a file beside it (docs/decisions/0020). Under the sanitizers it is made of the objects of the tests.
LIBRARY_DEBUG := librond.so.$(VERSION).debug
PB_SLIM := $(PROTOS:proto/%=$B/slim/%)
OBJ.shared := $(OBJ.client) $(OBJ.proto)
ifneq ($(SIZE.$(VARIANT)),)
OBJ.shared := $(patsubst %.c,$B/slim/%.o,$(SRC.client) $(SRC.proto)) $(PB_SLIM:.proto=.pb-c.o)
endif
$(PB_SLIM): $B/slim/%: proto/%
	@mkdir -p $(@D)
	@sed 's/^package .*/&\noption optimize_for = CODE_SIZE;/' $< > $@
$B/slim/%.pb-c.c: $(PB_SLIM) client-sdk/slim.sed
	$(call run,PROTOC) protoc-c --c_out=$B/slim -I$B/slim $B/slim/$*.proto && sed -i -f client-sdk/slim.sed $@
$B/slim/rond/%.o: $B/slim/rond/%.c $B/flags | $(PB_H)
	$(call run,CC) $(CC) $(filter-out -Wshadow -Wundef,$(CFLAGS)) $(SIZE.$(VARIANT)) $(SIZE_PB.$(VARIANT)) -MD -MP -c $< -o $@
$B/slim/%.o: %.c VERSION $B/flags | $(PB_H)
	@mkdir -p $(@D)
	$(call run,CC) $(CC) $(CFLAGS) $(SIZE.$(VARIANT)) -MD -MP -c $< -o $@
$B/librond.so: $(OBJ.shared) client-sdk/librond.map
	$(call run,LD) $(CC) $(CFLAGS) $(LDFLAGS) $(SIZE.$(VARIANT)) -Wl,--gc-sections,-z,pack-relative-relocs -shared \
	    -Wl,-soname,$(SO_NAME) -Wl,--version-script=client-sdk/librond.map -o $@.whole $(OBJ.shared) $(LIBS.client)
	@objcopy --only-keep-debug $@.whole $B/$(LIBRARY_DEBUG)
	@objcopy --strip-all --add-gnu-debuglink=$B/$(LIBRARY_DEBUG) $@.whole $@ && rm $@.whole
$B/rond.pc: client-sdk/rond.pc.in VERSION Makefile
	@mkdir -p $(@D)
	$(call run,SED) sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' -e 's|@LIBS@|$(LIBS.client)|' $< > $@

$B/rondd: $B/obj/server/main.o $B/libserver.a $B/libproto.a
	$(call run,LD) $(CC) $(LDFLAGS) -pie -o $@ $^ $(LIBS.server)
$B/rondctl: $(OBJ.ctl) $B/libserver.a $B/libproto.a
	$(call run,LD) $(CC) $(LDFLAGS) -pie -o $@ $^ $(LIBS.server)
$B/rond: $(OBJ.cli) $B/libclient.a $B/libproto.a
	$(call run,LD) $(CC) $(LDFLAGS) -pie -o $@ $^ $(LIBS.client) -ljansson

# Libraries of one side only where the tests of the other do not need them: the archives are searched in this order, after
# every object, those that a program has of its own among them.
$B/tests/%: $B/obj/tests/%.o $(SUPPORT) $(if $(SRC.cli),$B/libcli.a) $(if $(SRC.client),$B/libclient.a) $(if $(SRC.server),$B/libserver.a) $B/libproto.a
	@mkdir -p $(@D)
	$(call run,LD) $(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) -lcmocka $(LIBS.client) $(LIBS.server)

# Power cuts and failing calls: what these programs share takes the place of libc's own functions, so they alone have it.
FAULT_OBJ := $(call obj,$(filter-out %_test.c,$(wildcard tests/fault/*.c)))
$(filter $B/tests/fault/%,$(TESTS)): $(FAULT_OBJ)
$B/tests/fault/fault_trust_test: $B/obj/server/ctl/init.o $B/obj/server/ctl/seclude.o
$B/obj/tests/fault/failing_calls.o: CFLAGS += -fno-sanitize=all # called before the sanitizers are ready

$(SIM): $(SIM_OBJ) $(SUPPORT) $B/libclient.a $B/libserver.a $B/libproto.a
	@mkdir -p $(@D)
	$(call run,LD) $(CC) $(LDFLAGS) $(SIM_WRAP) -o $@ $^ -lcmocka $(LIBS.client) $(LIBS.server)

.PHONY: fault-long
fault-long: $(filter $B/tests/fault/%,$(TESTS)) ## Power cuts and failing calls at every operation, not at some
	@TEST_LIMIT_S=14400 FAULT_LONG=1 tests/run.sh $^

.PHONY: sim sim-long sim-mutants
sim: $(SIM) ## The simulator: SEEDS=10000, or SEED=n for one with its trace
	@$(SIM) $(if $(SEED),--seed $(SEED) --trace,--seeds $(SEEDS))

sim-long: $(SIM) ## The simulator over a million seeds, on all cores (hours)
	@$(SIM) --seeds 1000000

# The same simulator with known defects built in, of which one is chosen when it runs: sources with one are compiled anew.
PLANTED_SRC := $(shell grep -lw PLANTED $(SRC.proto) $(SRC.client) $(filter server/%,$(SRC.server))) tests/sim/mutants.c
PLANTED_OBJ := $(PLANTED_SRC:%.c=$B/planted/%.o)
SIM_MUTANTS := $B/planted/sim
$B/planted/%.o: %.c VERSION $B/flags | $(PB_H)
	@mkdir -p $(@D)
	$(call run,CC) $(CC) $(CFLAGS) -DROND_PLANTED -MD -MP -c $< -o $@
$(SIM_MUTANTS): $(PLANTED_OBJ) $(filter-out %/mutants.o,$(SIM_OBJ)) $(SUPPORT) $B/libclient.a $B/libserver.a $B/libproto.a
	$(call run,LD) $(CC) $(LDFLAGS) $(SIM_WRAP) -o $@ $^ -lcmocka $(LIBS.client) $(LIBS.server)

sim-mutants: $(SIM_MUTANTS) ## Does the simulator find each planted defect, and after how many seeds (minutes)
	@$(SIM_MUTANTS) --mutants --seeds 10000

# --- Fuzzing: one program for all targets, built by clang; and one that plays their inputs again, in every variant ---
FUZZ_CC ?= clang
FUZZ_SECONDS ?= 2
FUZZ_OBJ := $(call obj,$(wildcard tests/fuzz/*_fuzz.c) tests/fuzz/input.c tests/fuzz/targets.c) $B/obj/tests/fuzz/rond_main.o $B/obj/tests/fuzz/rondctl_main.o
FUZZ_LIBS := $(SUPPORT) $(filter-out %/main.o,$(OBJ.ctl)) $B/libcli.a $B/libclient.a $B/libserver.a $B/libproto.a
$B/obj/tests/fuzz/%_main.o: WHOSE = $(if $(filter rond,$*),client-sdk/cli,server/ctl)
$B/obj/tests/fuzz/%_main.o: client-sdk/cli/main.c server/ctl/main.c $B/flags | $(PB_H)
	@mkdir -p $(@D)
	$(call run,CC) $(CC) $(CFLAGS) -Wno-missing-prototypes -Dmain=$*_main -Dexit=fuzz_exit -c $(WHOSE)/main.c -o $@
$(REPLAY): $B/obj/tests/fuzz/replay.o $(FUZZ_OBJ) $(FUZZ_LIBS)
	@mkdir -p $(@D)
	$(call run,LD) $(CC) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS.client) $(LIBS.server)
$B/fuzzer: $B/obj/tests/fuzz/libfuzzer.o $(FUZZ_OBJ) $(FUZZ_LIBS)
	$(call run,LD) $(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ -lcmocka $(LIBS.client) $(LIBS.server)

.PHONY: fuzz fuzz-long
fuzz: deps ## Fuzz each target for a moment (FUZZ_SECONDS=2, TARGET=name for one)
	@$(MAKE) VARIANT=fuzz CC="$(FUZZ_CC)" build/fuzz/fuzzer
	@tests/fuzz/run.sh build/fuzz/fuzzer $(FUZZ_SECONDS) $(TARGET)

fuzz-long: ## Fuzz each target for ten minutes
	@$(MAKE) fuzz FUZZ_SECONDS=600

# --- Two commands, and what they are made of ---
.PHONY: deps check check-web screenshots run-tests asan tsan coverage demo golden bench clean
deps: ## Install the Debian packages that are missing
	@.ci/install

check: deps ## Install what is missing, build, run all tests
	@$(MAKE) run-tests

run-tests: programs tests $(if $(filter release,$(VARIANT)),$(SIM_MUTANTS))
	@$(SIM) --seeds $(SEEDS)
	@$(if $(filter release,$(VARIANT)),$(SIM_MUTANTS) --mutants --seeds 3000)
	@tests/run.sh $(GUARDS) $(TESTS) $(REPLAY)

check-web: deps ## The pages in a real browser, over a real server (minutes; TEST=name for one file)
	@$(MAKE) programs $(WEB_TEST_MODULES)
	@cd server/web && npm run --silent types
	@node --test --test-concurrency=1 --test-reporter=spec tests/web/$(or $(TEST),*).test.mjs

screenshots: deps ## The pages over the demo's data, as docs/screenshots shows them (minutes)
	@$(MAKE) programs $B/relay $(WEB_TEST_MODULES)
	@tests/web/screenshots.sh docs/screenshots

asan: deps ## The tests under the address and undefined-behaviour sanitizers
	@$(MAKE) VARIANT=asan run-tests SEEDS=100

tsan: deps ## The tests under the thread sanitizer
	@$(MAKE) VARIANT=tsan run-tests SEEDS=50

coverage: deps ## The tests once more, and which share of each source file's lines they run
	@$(MAKE) VARIANT=release programs
	@find build/coverage -name '*.gcda' -delete 2>/dev/null || true
	@$(MAKE) VARIANT=coverage run-tests SEEDS=20
	@tests/coverage.sh build/coverage

$B/relay: tests/demo/relay.c $B/flags
	@mkdir -p $(@D)
	$(call run,CC) $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $<

$B/open_bodies: tests/interop/open_bodies.c $B/flags
	@mkdir -p $(@D)
	$(call run,CC) $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< -lsqlite3 -lcrypto

$B/recorder: tests/golden/recorder.c $B/flags
	@mkdir -p $(@D)
	$(call run,CC) $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< -lssl -lcrypto

demo: deps ## The main job in a minute: queue, sync, crash, count (KEEP=1 leaves the server running)
	@$(MAKE) programs $B/relay
	@tests/demo/demo.sh

.PHONY: kill-long
kill-long: programs $B/open_bodies ## kill -9 a thousand times, both sides, and the databases compared (KILLS=1000, KILL_SEED=n)
	@KILLS=$(or $(KILLS),1000) tests/integration/kill_loop.sh

.PHONY: flood
flood: programs $B/bench ## 2,000 devices at once, and one that floods, over TLS: within ten times what is promised (DEVICES=2000)
	@DEVICES=$(or $(DEVICES),2000) tests/integration/flood.sh

.PHONY: testssl
testssl: deps ## testssl.sh over the listeners, with our own authority (minutes)
	@$(MAKE) programs
	@TEST_LIMIT_S=1500 tests/run.sh tests/interop/testssl.sh

golden: $B/tests/golden/golden_frames ## Write the golden frames that are missing or changed (tests/fixtures/frames)
	@mkdir -p tests/fixtures/frames
	@$< tests/fixtures/frames

.PHONY: dictionary
dictionary: $B/tests/golden/dictionary ## Train the zstd dictionary NUMBER of batches from made-up reports (proto/wire/dictionaries)
	@$< proto/wire/dictionaries/$(or $(NUMBER),$(error NUMBER: of the new dictionary, as in make dictionary NUMBER=2)).zdict.zst

.PHONY: keep-version
keep-version: programs $B/relay $B/recorder ## Keep a store, outboxes and frames of this version under tests/fixtures/versions
	@tests/fixtures/keep-version.sh

.PHONY: sbom reproducible
sbom: programs ## Which libraries are in the programs, of which versions: build/sbom.json (CycloneDX)
	@.ci/sbom $B > build/sbom.json.new && mv build/sbom.json.new build/sbom.json && echo build/sbom.json

reproducible: deps $(WEB_MODULES) ## Build twice (two paths, times, users, locales) and compare the programs bit by bit (minutes)
	@.ci/reproducible

PREFIX ?= /usr/local
.PHONY: install
install: programs ## Install programs, library, header and pkg-config file (PREFIX=/usr/local, DESTDIR=)
	install -d $(addprefix $(DESTDIR)$(PREFIX)/,bin lib/pkgconfig include/rond lib/systemd/system lib/sysusers.d lib/tmpfiles.d lib/sysctl.d)
	install $(wildcard $B/rondd $B/rondctl) $B/rond $(DESTDIR)$(PREFIX)/bin
	install -m 644 $B/librond.a $(DESTDIR)$(PREFIX)/lib
	install -m 644 $B/librond.so $(DESTDIR)$(PREFIX)/lib/librond.so.$(VERSION)
	install -m 644 $B/$(LIBRARY_DEBUG) $(DESTDIR)$(PREFIX)/lib
	ln -sf librond.so.$(VERSION) $(DESTDIR)$(PREFIX)/lib/$(SO_NAME)
	ln -sf $(SO_NAME) $(DESTDIR)$(PREFIX)/lib/librond.so
	install -m 644 client-sdk/include/rond/rond.h $(DESTDIR)$(PREFIX)/include/rond
	$(call run,SED) sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' -e 's|@LIBS@|$(LIBS.client)|' client-sdk/rond.pc.in > $(DESTDIR)$(PREFIX)/lib/pkgconfig/rond.pc
	$(call run,SED) sed -e 's|@PREFIX@|$(PREFIX)|' server/rondd.service > $(DESTDIR)$(PREFIX)/lib/systemd/system/rondd.service
	install -m 644 server/rond.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/rond.conf
	install -m 644 server/rond.tmpfiles $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/rond.conf
	install -m 644 server/rond.sysctl $(DESTDIR)$(PREFIX)/lib/sysctl.d/50-rond.conf

$B/bench: $(call obj,$(wildcard tests/bench/*.c)) $(SUPPORT) $B/libclient.a $B/libserver.a $B/libproto.a
	$(call run,LD) $(CC) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS.client) $(LIBS.server) -lm

# Linked to what librond needs, and not to librond: what the SDK takes is told above that.
$B/probe: $B/obj/tests/bench/sdk/probe.o
	$(call run,LD) $(CC) $(LDFLAGS) -rdynamic -o $@ $^ -Wl,--no-as-needed $(LIBS.client) -ldl

bench: programs $B/bench $B/probe ## Measure; docs/performance.md tells how to read it (MEASURE="ingest bytes queueing idle flood siege storm sdk fold growth rebuild verify pages")
	@mkdir -p build/bench
	@BENCH_COMMIT=$$(git describe --always --dirty --abbrev=12 2>/dev/null) $B/bench $B build/bench $(MEASURE)

.PHONY: bench-peers
bench-peers: deps $(PEER_MODULES) ## The same reports to mosquitto, NATS, PouchDB and PostgreSQL, beside Rond in the same run (minutes)
	@.ci/install packages-bench
	@$(MAKE) programs $B/bench
	@mkdir -p build/bench; work=$$(mktemp -d /var/tmp/rond-peers.XXXXXX); trap 'rm -rf "$$work"' EXIT; trap 'exit 130' INT TERM; chmod 711 "$$work"; \
	    BENCH_RESULTS=build/bench/peers.jsonl BENCH_COMMIT=$$(git describe --always --dirty --abbrev=12 2>/dev/null) $B/bench $B "$$work" peers

.PHONY: bench-windows
bench-windows: programs $B/bench ## 200 queued reports over emulated GPRS, EDGE, 3G, LTE in windows of 5, 15, 60 s (root; minutes; BENCH_LARGE=1)
	@[ "$$(id -u)" = 0 ] || { echo "bench-windows makes networks of its own, which only root can." >&2; exit 1; }
	@mkdir -p build/bench/windows
	@ROND_AS_ROOT=1 BENCH_DEVICES=2 BENCH_COMMIT=$$(git describe --always --dirty --abbrev=12 2>/dev/null) $B/bench $B build/bench/windows windows

.PHONY: budget
budget: $B/tests/budget/budget ## Record how many instructions it takes to take in and to queue reports (tests/budget/budgets)
	@{ grep '^#' tests/budget/budgets; for s in ingest queueing; do echo "$$s $$(tests/budget/count.sh $< $$s)"; done; } > build/budgets
	@mv build/budgets tests/budget/budgets; cat tests/budget/budgets

.PHONY: bench-record bench-compare bench-plots
bench-record: ## Keep the figures of the last bench, bench-peers and bench-windows under docs/bench, to compare with
	@tests/bench/recorded.mjs record build/bench/results.jsonl docs/bench
	@[ ! -e build/bench/peers.jsonl ] || tests/bench/recorded.mjs record build/bench/peers.jsonl docs/bench peers
	@[ ! -e build/bench/windows/results.jsonl ] || tests/bench/recorded.mjs record build/bench/windows/results.jsonl docs/bench windows

bench-plots: ## Draw what is kept under docs/bench, and write its table into docs/performance.md
	@.ci/install packages-bench
	@tests/bench/plots.mjs docs/bench docs/performance.md

bench-compare: ## The figures of the last bench beside those that were recorded last
	@tests/bench/recorded.mjs compare build/bench/results.jsonl docs/bench

clean: ## Remove everything that was built
	rm -rf build

.SECONDARY:
-include $(shell find $B -name '*.d' 2>/dev/null)
