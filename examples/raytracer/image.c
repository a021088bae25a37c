#include "image.h"

#include <stdio.h>
#include <stdlib.h>

static size_t byte_count(const Image *image) {
    return (size_t)3 * (size_t)image->width * (size_t)image->height;
}

bool image_create(Image *image, int width, int height) {
    *image = (Image){width, height, NULL};
    image->bytes = calloc(byte_count(image), 1);
    return image->bytes;
}

void image_free(Image *image) {
    free(image->bytes);
}

// Narkowicz's fit to the ACES film curve, then the screen's gamma.
static unsigned char expose(double light) {
    double film = light * (2.51 * light + 0.03) / (light * (2.43 * light + 0.59) + 0.14);
    return (unsigned char)(255 * pow(fmin(film, 1), 1 / 2.2) + 0.5);
}

void image_set(Image *image, int column, int row, Vec light) {
    unsigned char *pixel = &image->bytes[3 * ((size_t)row * (size_t)image->width + (size_t)column)];
    pixel[0] = expose(light.x);
    pixel[1] = expose(light.y);
    pixel[2] = expose(light.z);
}

uint64_t image_checksum(const Image *image) {
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t at = 0; at < byte_count(image); ++at)
        hash = (hash ^ image->bytes[at]) * 0x100000001b3;
    return hash;
}

bool image_write(const Image *image, const char *path) {
    FILE *file = fopen(path, "wb");
    if (!file) return false;
    bool good = fprintf(file, "P6\n%d %d\n255\n", image->width, image->height) > 0;
    good = fwrite(image->bytes, 1, byte_count(image), file) == byte_count(image) && good;
    return fclose(file) == 0 && good;
}
