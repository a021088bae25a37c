// Numbers that look random and are the same in every run.
#ifndef RAYTRACER_RANDOM_H
#define RAYTRACER_RANDOM_H

#include <stdint.h>

#include "vec.h"

typedef struct {
    uint64_t state;
} Random;

// From 0 to 1, without 1. The generator is SplitMix64.
double random_number(Random *random);

// On the surface of the sphere of radius 1, everywhere equally likely.
Vec random_direction(Random *random);

// Around the unit vector normal, as often as a matte surface throws light there.
Vec random_bounce(Random *random, Vec normal);

#endif
