/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a fuzzer makes of its bytes: numbers, and structs that are allocated to the byte. */
#ifndef ELI_TESTS_INPUT_H
#define ELI_TESTS_INPUT_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MUST(condition)                                                    \
    do {                                                                   \
        if (!(condition)) {                                                \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                       \
        }                                                                  \
    } while (0)

struct input {
    const uint8_t *bytes;
    size_t left;
};

static inline uint8_t byte(struct input *input)
{
    if (!input->left)
        return 0;
    input->left--;
    return *input->bytes++;
}

/* Numbers that matter: small ones, powers of two, the extremes, anything. */
static inline uint32_t number(struct input *input)
{
    uint8_t kind = byte(input);
    uint32_t value = byte(input);

    switch (kind & 7) {
    case 0: return value & 7;
    case 1: return 1u << (value & 31);
    case 2: return UINT32_MAX - (value & 3);
    case 3: return (uint32_t)byte(input) << 24 | (uint32_t)byte(input) << 16 | value;
    case 4: return value << 4 | 0xf;
    default: return value;
    }
}

static inline uint64_t wide(struct input *input)
{
    return (uint64_t)number(input) << 32 | number(input);
}

/* A block of exactly @size bytes, the first of them from @known, the rest from the input. */
static inline void *block(struct input *input, const void *known, size_t known_size, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);

    for (size_t i = 0; i < size; i++)
        copy[i] = i < known_size ? ((const uint8_t *)known)[i] : byte(input);
    return copy;
}

/* A struct as a caller of some version has it: mostly its own size, at times another. */
static inline void *sized(struct input *input, void *known, uint32_t known_size)
{
    uint32_t size = known_size;
    uint8_t kind = byte(input);

    if (kind < 16)
        return NULL;
    if (kind < 48)
        size = 4 + number(input) % 256;
    memcpy(known, &size, 4);
    return block(input, known, known_size, size);
}

#endif
