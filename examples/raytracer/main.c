// A small path tracer in C: spheres, a gem, glass, metal, soft shadows, a lens.
//     cc -O2 -fPIC -c examples/raytracer/*.c
//     forkrepl link *.o -lm -- 640 400 64 picture.ppm
// It prints a checksum of the picture, which is the same in every run.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camera.h"
#include "image.h"
#include "shade.h"

enum { USAGE = 2, MOST = 100000, BRIGHTEST = 8 };

static void render(const Scene *scene, Image *image, int samples) {
    double aspect = (double)image->width / image->height;
    Camera camera = camera_at(vec(0.6, 1.9, -7.8), vec(0.15, 0.85, -0.6), 31, aspect, 0.05);
    for (int row = 0; row < image->height; ++row) {
        for (int column = 0; column < image->width; ++column) {
            // Each pixel has numbers of its own, so that it is the same in any order.
            Random random = {((uint64_t)row << 32 | (uint64_t)column) * 0x2545f4914f6cdd1d};
            Vec sum = vec(0, 0, 0);
            for (int sample = 0; sample < samples; ++sample) {
                double x = 2 * (column + random_number(&random)) / image->width - 1;
                double y = 1 - 2 * (row + random_number(&random)) / image->height;
                Vec light = shade(scene, camera_ray(&camera, x, y, &random), &random);
                // Rare paths to the lamp are so bright that they would show as specks.
                sum = add(sum, at_most(light, BRIGHTEST));
            }
            image_set(image, column, row, scale(sum, 1.0 / samples));
        }
    }
}

// 0 if the text is no number from 1 to MOST.
static int number_from(const char *text) {
    char *end;
    long number = strtol(text, &end, 10);
    return *text == '\0' || *end != '\0' || number < 1 || number > MOST ? 0 : (int)number;
}

static int complain(int status, const char *what, const char *name) {
    fprintf(stderr, "raytracer: %s%s\n", what, name);
    return status;
}

// Renders, prints the checksum and writes the picture; returns the exit status.
static int make_picture(const Scene *scene, Image *image, int samples, const char *path) {
    render(scene, image, samples);
    printf("%016" PRIx64 "\n", image_checksum(image));
    if (path && !image_write(image, path)) {
        fprintf(stderr, "raytracer: cannot write %s: %s\n", path, strerror(errno));
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

int main(int argc, char *argv[]) {
    if (argc < 4 || argc > 5)
        return complain(USAGE, "usage: raytracer WIDTH HEIGHT SAMPLES [OUT.ppm]", "");
    int numbers[3];
    for (int i = 0; i < 3; ++i) {
        numbers[i] = number_from(argv[i + 1]);
        if (!numbers[i]) return complain(USAGE, "not a number from 1 to 100000: ", argv[i + 1]);
    }
    Scene scene;
    Image image = {0};
    int status = EXIT_FAILURE;
    if (scene_build(&scene) && image_create(&image, numbers[0], numbers[1]))
        status = make_picture(&scene, &image, numbers[2], argc == 5 ? argv[4] : NULL);
    else
        complain(status, "not enough memory", "");
    image_free(&image);
    scene_free(&scene);
    return status;
}
