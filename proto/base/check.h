// Assertions for our own mistakes, never for input. They stay on in release builds.
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

#define CHECK(condition) ((condition) ? (void)0 : check_failed(#condition, __FILE__, __LINE__))
#define ARRAY_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define UNUSED(name) ((void)(name))

__attribute__((noreturn)) void check_failed(const char *condition, const char *file, int line);

#endif
