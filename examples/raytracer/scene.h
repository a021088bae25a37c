// What there is to see: shapes, what they are made of, the light and the sky.
#ifndef RAYTRACER_SCENE_H
#define RAYTRACER_SCENE_H

#include <stdbool.h>

#include "vec.h"

typedef enum {
    MATTE,   // throws light everywhere
    GLOSSY,  // matte under a coat of varnish
    METAL,   // mirrors in its colour
    GLASS,   // mirrors, and lets through in its colour
    LIGHT,   // shines in its colour
} Surface;

typedef struct {
    Surface surface;
    Vec colour;
    double roughness;           // of METAL and GLOSSY: 0 is a perfect mirror
    Vec (*pattern)(Vec point);  // if not null: multiplies the colour
} Material;

typedef struct {
    Vec centre;
    double radius;
    const Material *material;
} Sphere;

typedef struct {
    Vec corner, edge1, edge2;
    const Material *material;
} Triangle;

typedef struct {
    Sphere *spheres;
    int sphere_count, sphere_limit;
    Triangle *triangles;
    int triangle_count, triangle_limit;
    const Material *floor;  // the plane y = 0
    Sphere light;
    Material *own_materials;  // of the small spheres
} Scene;

// False if there is no memory for it. Call scene_free in both cases.
bool scene_build(Scene *scene);
void scene_free(Scene *scene);

// What comes from the sky in a direction.
Vec scene_sky(Vec direction);

#endif
