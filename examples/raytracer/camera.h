// From places in the picture to rays.
#ifndef RAYTRACER_CAMERA_H
#define RAYTRACER_CAMERA_H

#include "random.h"

typedef struct {
    Vec eye, right, up, forward;  // right and up: as long as half the picture, at distance 1
    double focus;                 // what is so far away is sharp
    double aperture;              // the lens's radius
} Camera;

// field: the angle between the picture's top and bottom, in degrees. aspect: width / height.
Camera camera_at(Vec eye, Vec target, double field, double aspect, double aperture);

// x from -1 (left) to 1, y from -1 (bottom) to 1; through a random place of the lens.
Ray camera_ray(const Camera *camera, double x, double y, Random *random);

#endif
