#include "trace.h"

// Nearer than that, a ray meets the surface on which it starts.
static const double NEAREST = 1e-6;

// Beyond it nothing is to be seen.
static const double HORIZON = 200;

// |origin + t direction - centre| = radius is a quadratic equation in t.
static double meet_sphere(Ray ray, const Sphere *sphere) {
    Vec offset = subtract(ray.origin, sphere->centre);
    double half = dot(offset, ray.direction);
    double under_root = half * half - dot(offset, offset) + sphere->radius * sphere->radius;
    if (under_root < 0) return HUGE_VAL;
    double root = sqrt(under_root);
    if (-half - root > NEAREST) return -half - root;
    return -half + root > NEAREST ? -half + root : HUGE_VAL;
}

// Möller and Trumbore: origin + t direction = corner + u edge1 + v edge2, by Cramer's rule.
static double meet_triangle(Ray ray, const Triangle *triangle) {
    Vec p = cross(ray.direction, triangle->edge2);
    double determinant = dot(triangle->edge1, p);
    if (fabs(determinant) < 1e-12) return HUGE_VAL;
    Vec offset = subtract(ray.origin, triangle->corner);
    double u = dot(offset, p) / determinant;
    if (u < 0 || u > 1) return HUGE_VAL;
    Vec q = cross(offset, triangle->edge1);
    double v = dot(ray.direction, q) / determinant;
    if (v < 0 || u + v > 1) return HUGE_VAL;
    double distance = dot(triangle->edge2, q) / determinant;
    return distance > NEAREST ? distance : HUGE_VAL;
}

static double meet_floor(Ray ray) {
    if (ray.direction.y == 0) return HUGE_VAL;
    double distance = -ray.origin.y / ray.direction.y;
    return distance > NEAREST && distance < HORIZON ? distance : HUGE_VAL;
}

static void hit_sphere(Ray ray, const Sphere *sphere, Hit *hit) {
    double distance = meet_sphere(ray, sphere);
    if (distance >= hit->distance) return;
    Vec normal = unit(subtract(along(ray, distance), sphere->centre));
    *hit = (Hit){.distance = distance, .normal = normal, .material = sphere->material};
}

static void hit_triangle(Ray ray, const Triangle *triangle, Hit *hit) {
    double distance = meet_triangle(ray, triangle);
    if (distance >= hit->distance) return;
    Vec normal = unit(cross(triangle->edge1, triangle->edge2));
    *hit = (Hit){.distance = distance, .normal = normal, .material = triangle->material};
}

bool trace_nearest(const Scene *scene, Ray ray, Hit *hit) {
    *hit = (Hit){.distance = meet_floor(ray), .normal = vec(0, 1, 0), .material = scene->floor};
    hit_sphere(ray, &scene->light, hit);
    for (int i = 0; i < scene->sphere_count; ++i) hit_sphere(ray, &scene->spheres[i], hit);
    for (int i = 0; i < scene->triangle_count; ++i) hit_triangle(ray, &scene->triangles[i], hit);
    if (hit->distance == HUGE_VAL) return false;
    hit->point = along(ray, hit->distance);
    hit->inside = dot(ray.direction, hit->normal) > 0;
    if (hit->inside) hit->normal = scale(hit->normal, -1);
    return true;
}

// One more surface before the light.
static Vec behind(Vec light, const Material *material) {
    if (material->surface != GLASS) return vec(0, 0, 0);
    return multiply(light, scale(material->colour, 0.85));
}

Vec trace_passing(const Scene *scene, Ray ray, double distance) {
    Vec light = vec(1, 1, 1);
    for (int i = 0; i < scene->sphere_count; ++i) {
        if (meet_sphere(ray, &scene->spheres[i]) >= distance) continue;
        light = behind(light, scene->spheres[i].material);
        if (dot(light, light) == 0) return light;
    }
    for (int i = 0; i < scene->triangle_count; ++i)
        if (meet_triangle(ray, &scene->triangles[i]) < distance)
            light = behind(light, scene->triangles[i].material);
    return light;
}
