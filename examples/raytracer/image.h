// The picture as bytes: red, green, blue, row by row from the top.
#ifndef RAYTRACER_IMAGE_H
#define RAYTRACER_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vec.h"

typedef struct {
    int width, height;
    unsigned char *bytes;
} Image;

// False if there is no memory for it.
bool image_create(Image *image, int width, int height);
void image_free(Image *image);

// light: 0 is black, without a limit; exposed as film does it.
void image_set(Image *image, int column, int row, Vec light);

// FNV-1a, of all bytes.
uint64_t image_checksum(const Image *image);

// As a binary PPM; false, with errno set, if it cannot be written.
bool image_write(const Image *image, const char *path);

#endif
