#include "random.h"

double random_number(Random *random) {
    uint64_t z = random->state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    z ^= z >> 31;
    return (double)(z >> 11) * 0x1p-53;
}

Vec random_direction(Random *random) {
    double height = 1 - 2 * random_number(random);
    double angle = 2 * PI * random_number(random);
    double radius = sqrt(1 - height * height);
    return vec(radius * cos(angle), height, radius * sin(angle));
}

Vec random_bounce(Random *random, Vec normal) {
    Vec sum = add(normal, random_direction(random));
    // The direction may be the very opposite of the normal.
    return dot(sum, sum) < 1e-12 ? normal : unit(sum);
}
