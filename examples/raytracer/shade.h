// The colour that comes along a ray.
#ifndef RAYTRACER_SHADE_H
#define RAYTRACER_SHADE_H

#include "random.h"
#include "scene.h"

// One sample: it follows a single path of light, so take the mean of many.
Vec shade(const Scene *scene, Ray ray, Random *random);

#endif
