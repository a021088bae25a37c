// Vectors of three numbers: points, directions and colours.
#ifndef RAYTRACER_VEC_H
#define RAYTRACER_VEC_H

#include <math.h>

#define PI 3.14159265358979323846

typedef struct {
    double x, y, z;
} Vec;

static inline Vec vec(double x, double y, double z) {
    return (Vec){x, y, z};
}

static inline Vec add(Vec a, Vec b) {
    return vec(a.x + b.x, a.y + b.y, a.z + b.z);
}

static inline Vec subtract(Vec a, Vec b) {
    return vec(a.x - b.x, a.y - b.y, a.z - b.z);
}

static inline Vec scale(Vec a, double factor) {
    return vec(a.x * factor, a.y * factor, a.z * factor);
}

// Part by part: what is left of the light b after a surface of the colour a.
static inline Vec multiply(Vec a, Vec b) {
    return vec(a.x * b.x, a.y * b.y, a.z * b.z);
}

static inline double dot(Vec a, Vec b) {
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

static inline Vec cross(Vec a, Vec b) {
    return vec(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x);
}

static inline double length(Vec a) {
    return sqrt(dot(a, a));
}

static inline Vec unit(Vec a) {
    return scale(a, 1 / length(a));
}

// a where part is 0, b where it is 1.
static inline Vec mix(Vec a, Vec b, double part) {
    return add(scale(a, 1 - part), scale(b, part));
}

// No part above a limit.
static inline Vec at_most(Vec a, double limit) {
    return vec(fmin(a.x, limit), fmin(a.y, limit), fmin(a.z, limit));
}

static inline Vec reflect(Vec direction, Vec normal) {
    return subtract(direction, scale(normal, 2 * dot(direction, normal)));
}

// Two directions that are at right angles to the unit vector w and to each other.
static inline void basis(Vec w, Vec *u, Vec *v) {
    Vec other = fabs(w.x) > 0.9 ? vec(0, 1, 0) : vec(1, 0, 0);
    *u = unit(cross(other, w));
    *v = cross(w, *u);
}

// A ray; its direction has length 1.
typedef struct {
    Vec origin, direction;
} Ray;

static inline Vec along(Ray ray, double distance) {
    return add(ray.origin, scale(ray.direction, distance));
}

#endif
