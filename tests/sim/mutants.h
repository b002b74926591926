// Would the simulator notice? Runs seeds with one planted defect after the other (base/planted.h) until each is found.
#ifndef SIM_MUTANTS_H
#define SIM_MUTANTS_H

#include <stdbool.h>
#include <stdint.h>

// Puts that defect in from here on; false where there is none of that name, or where the build has none at all.
bool mutants_plant(const char *name);
// Prints for each after how many seeds it was found and by which checker; false where one was not found in so many.
bool mutants_run(uint64_t seeds, unsigned jobs);

#endif
