// Four large bodies on a chequered floor among small balls in a spiral, at sunset.
#include "scene.h"

#include <stdlib.h>

#include "random.h"

enum { SMALL_SPHERES = 80 };

static Vec chequered(Vec point) {
    bool odd = ((long)floor(point.x * 0.8) + (long)floor(point.z * 0.8)) & 1;
    return odd ? vec(0.10, 0.11, 0.16) : vec(1, 1, 1);
}

static Vec striped(Vec point) {
    double wave = 0.5 + 0.5 * sin(26 * point.y + 1.5 * sin(5 * point.x));
    return mix(vec(1, 1, 1), vec(0.25, 0.45, 0.75), wave > 0.5 ? 1 : 0);
}

static const Material tiles = {GLOSSY, {0.50, 0.47, 0.45}, 0.02, chequered};
static const Material gold = {METAL, {1.0, 0.76, 0.38}, 0.04, NULL};
static const Material glass = {GLASS, {0.97, 0.99, 0.98}, 0, NULL};
static const Material porcelain = {GLOSSY, {0.92, 0.90, 0.88}, 0, striped};
static const Material ruby = {GLASS, {0.98, 0.42, 0.50}, 0, NULL};
static const Material lamp = {LIGHT, {46, 36, 25}, 0, NULL};

static void add_sphere(Scene *scene, Vec centre, double radius, const Material *material) {
    if (scene->sphere_count < scene->sphere_limit)
        scene->spheres[scene->sphere_count++] = (Sphere){centre, radius, material};
}

static void add_triangle(Scene *scene, Vec a, Vec b, Vec c, const Material *material) {
    if (scene->triangle_count < scene->triangle_limit)
        scene->triangles[scene->triangle_count++] =
            (Triangle){a, subtract(b, a), subtract(c, a), material};
}

// A gem: two pyramids, base to base.
static void add_octahedron(Scene *scene, Vec centre, double radius, const Material *material) {
    Vec top = add(centre, vec(0, 1.25 * radius, 0));
    Vec bottom = add(centre, vec(0, -1.25 * radius, 0));
    for (int side = 0; side < 4; ++side) {
        double from = 0.3 + side * PI / 2, to = from + PI / 2;
        Vec a = add(centre, vec(radius * cos(from), 0, radius * sin(from)));
        Vec b = add(centre, vec(radius * cos(to), 0, radius * sin(to)));
        add_triangle(scene, top, b, a, material);
        add_triangle(scene, bottom, a, b, material);
    }
}

// Colours round the wheel: each part is a cosine, a third of a turn after the other.
static Vec rainbow(double turn) {
    return vec(0.52 + 0.43 * cos(2 * PI * turn), 0.47 + 0.38 * cos(2 * PI * (turn - 0.33)),
               0.50 + 0.40 * cos(2 * PI * (turn - 0.67)));
}

// True if a ball would stand in another, as seen from above.
static bool occupied(const Scene *scene, Vec centre, double radius) {
    for (int i = 0; i < scene->sphere_count; ++i) {
        Vec gap = subtract(centre, scene->spheres[i].centre);
        if (length(gap) < radius + scene->spheres[i].radius + 0.03) return true;
    }
    for (int i = 0; i < scene->triangle_count; ++i) {
        Vec gap = subtract(centre, scene->triangles[i].corner);
        gap.y = 0;
        if (length(gap) < radius + 0.62) return true;
    }
    return false;
}

// As seeds stand in a sunflower: each a golden angle on, and a little further out.
static void add_small_spheres(Scene *scene) {
    Random random = {2022};
    for (int i = 0; i < SMALL_SPHERES; ++i) {
        double angle = i * PI * (3 - sqrt(5)), distance = 0.45 * sqrt(i + 0.5);
        double radius = 0.10 + 0.11 * random_number(&random);
        double kind = random_number(&random);
        Vec centre = vec(distance * cos(angle), radius, distance * sin(angle));
        if (occupied(scene, centre, radius)) continue;
        Material *material = &scene->own_materials[i];
        Vec colour = rainbow(0.9 + 0.0137 * i);
        *material = (Material){GLOSSY, colour, 0, NULL};
        if (kind < 0.15) *material = (Material){GLASS, colour, 0, NULL};
        if (kind > 0.75) *material = (Material){METAL, mix(colour, vec(1, 1, 1), 0.5), 0.1, NULL};
        add_sphere(scene, centre, radius, material);
    }
}

bool scene_build(Scene *scene) {
    *scene = (Scene){.sphere_limit = SMALL_SPHERES + 4, .triangle_limit = 8, .floor = &tiles};
    scene->spheres = calloc((size_t)scene->sphere_limit, sizeof *scene->spheres);
    scene->triangles = calloc((size_t)scene->triangle_limit, sizeof *scene->triangles);
    scene->own_materials = calloc(SMALL_SPHERES, sizeof *scene->own_materials);
    if (!scene->spheres || !scene->triangles || !scene->own_materials) return false;

    scene->light = (Sphere){vec(-7, 8.5, -5), 1.7, &lamp};
    add_sphere(scene, vec(-1.75, 1.15, 0.9), 1.15, &gold);
    add_sphere(scene, vec(0.35, 0.95, -0.55), 0.95, &glass);
    add_sphere(scene, vec(2.3, 1.0, 0.9), 1.0, &porcelain);
    add_octahedron(scene, vec(-1.25, 0.70, -1.9), 0.55, &ruby);
    add_small_spheres(scene);
    return true;
}

void scene_free(Scene *scene) {
    free(scene->spheres);
    free(scene->triangles);
    free(scene->own_materials);
}

Vec scene_sky(Vec direction) {
    double height = fmax(direction.y, 0);
    Vec sky = mix(vec(0.62, 0.25, 0.14), vec(0.02, 0.09, 0.30), pow(height, 0.3));
    double to_sunset = fmax(dot(direction, unit(vec(0.25, 0.02, 1))), 0);
    return add(sky, scale(vec(1.0, 0.45, 0.16), 1.1 * pow(to_sunset, 60)));
}
