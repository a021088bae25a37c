// Where rays meet the scene.
#ifndef RAYTRACER_TRACE_H
#define RAYTRACER_TRACE_H

#include "scene.h"

typedef struct {
    double distance;
    Vec point;
    Vec normal;   // of length 1, and against the ray
    bool inside;  // the ray meets the surface from within the body
    const Material *material;
} Hit;

// The nearest thing on the ray; false if there is none (the ray goes to the sky).
bool trace_nearest(const Scene *scene, Ray ray, Hit *hit);

// What part of the light, for each colour, passes from the ray's origin to a distance.
// Glass throws coloured shadows: it lets light through straight on, as in thin windows.
Vec trace_passing(const Scene *scene, Ray ray, double distance);

#endif
