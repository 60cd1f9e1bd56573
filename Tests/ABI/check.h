/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the C tests of the library share: loading it, and counting checks. */
#ifndef CHECK_H
#define CHECK_H

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "eli.h"

static int check_passed, check_failed;

/* One check; says what failed and goes on. */
#define CHECK(condition)                                                  \
    do {                                                                  \
        if (condition) {                                                  \
            check_passed++;                                               \
        } else {                                                          \
            check_failed++;                                               \
            printf("%s:%d: failed: %s\n", __FILE__, __LINE__, #condition); \
        }                                                                 \
    } while (0)

typedef const eli_plugin_ops *(*eli_plugin_getter)(uint32_t abi_major);

/* The library as a VMM loads it; ends the test if that fails. */
static inline eli_plugin_getter check_load(int argc, char **argv)
{
    void *library = argc == 2 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    eli_plugin_getter get = library ? (eli_plugin_getter)dlsym(library, "eli_plugin_get") : NULL;

    if (!get) {
        fprintf(stderr, "can't load the library: %s\n", argc == 2 ? dlerror() : "no path given");
        exit(2);
    }
    return get;
}

static inline int check_summary(void)
{
    printf("%d passed, %d failed\n", check_passed, check_failed);
    return check_failed || !check_passed;
}

#endif
