// Path tracing: a ray is followed from surface to surface until it meets the light or the
// sky; at each matte surface the lamp is also looked for directly, which gives soft shadows.
#include "shade.h"

#include "trace.h"

enum { LONGEST_PATH = 10 };

static const double GLASS_INDEX = 1.5;

// Off the surface, or the next ray would meet it at once.
static Ray leave(const Hit *hit, Vec direction) {
    double side = dot(direction, hit->normal) > 0 ? 1e-5 : -1e-5;
    return (Ray){add(hit->point, scale(hit->normal, side)), direction};
}

// Schlick: what part a smooth surface mirrors, of light at this angle.
static double mirrored_part(double cosine, double index) {
    double head_on = (1 - index) / (1 + index);
    head_on *= head_on;
    return head_on + (1 - head_on) * pow(1 - cosine, 5);
}

// Light of the lamp that a matte surface throws back: from one point of the lamp, chosen in
// the cone in which it is seen from here.
static Vec direct_light(const Scene *scene, const Hit *hit, Random *random) {
    Vec to_centre = subtract(scene->light.centre, hit->point);
    double distance = length(to_centre);
    double ratio = scene->light.radius / distance;
    double widest = sqrt(1 - ratio * ratio);  // the cosine of half the cone's angle
    double cosine = 1 - random_number(random) * (1 - widest);
    double sine = sqrt(1 - cosine * cosine), turn = 2 * PI * random_number(random);
    Vec axis = scale(to_centre, 1 / distance), u, v;
    basis(axis, &u, &v);
    Vec across = add(scale(u, cos(turn) * sine), scale(v, sin(turn) * sine));
    Ray ray = leave(hit, unit(add(scale(axis, cosine), across)));
    double facing = dot(ray.direction, hit->normal);
    if (facing <= 0) return vec(0, 0, 0);
    // A matte surface throws back 1 / pi of it, and the cone is 2 pi (1 - widest) wide.
    Vec passing = trace_passing(scene, ray, distance - scene->light.radius);
    return scale(multiply(passing, scene->light.material->colour), 2 * (1 - widest) * facing);
}

static Ray mirror(const Hit *hit, Vec direction, double roughness, Random *random) {
    Vec mirrored = reflect(direction, hit->normal);
    if (roughness > 0) {
        mirrored = unit(add(mirrored, scale(random_direction(random), roughness)));
        if (dot(mirrored, hit->normal) <= 0) mirrored = reflect(direction, hit->normal);
    }
    return leave(hit, mirrored);
}

// Through the surface by Snell's law, or back from it.
static Ray pass_glass(const Hit *hit, Vec direction, Random *random) {
    double ratio = hit->inside ? GLASS_INDEX : 1 / GLASS_INDEX;
    double cosine = fmin(-dot(direction, hit->normal), 1);
    double under_root = 1 - ratio * ratio * (1 - cosine * cosine);
    // From the thin side the angle counts, from the dense side that in the air outside.
    double outside = hit->inside ? sqrt(fmax(under_root, 0)) : cosine;
    if (under_root <= 0 || random_number(random) < mirrored_part(outside, GLASS_INDEX))
        return mirror(hit, direction, 0, random);
    Vec bent = add(scale(direction, ratio), scale(hit->normal, ratio * cosine - sqrt(under_root)));
    return leave(hit, unit(bent));
}

static bool is_coat_mirroring(const Hit *hit, Vec direction, Random *random) {
    double cosine = fmin(-dot(direction, hit->normal), 1);
    return random_number(random) < mirrored_part(cosine, GLASS_INDEX);
}

Vec shade(const Scene *scene, Ray ray, Random *random) {
    Vec sum = vec(0, 0, 0), left = vec(1, 1, 1);
    // The lamp is counted when met, unless the last surface has already looked for it.
    bool lamp_counts = true;
    for (int step = 0; step < LONGEST_PATH; ++step) {
        Hit hit;
        if (!trace_nearest(scene, ray, &hit))
            return add(sum, multiply(left, scene_sky(ray.direction)));
        const Material *material = hit.material;
        Vec colour = material->colour;
        if (material->pattern) colour = multiply(colour, material->pattern(hit.point));
        if (material->surface == LIGHT)
            return lamp_counts ? add(sum, multiply(left, colour)) : sum;
        if (material->surface == GLASS) {
            ray = pass_glass(&hit, ray.direction, random);
            left = multiply(left, colour);
        } else if (material->surface == METAL) {
            ray = mirror(&hit, ray.direction, material->roughness, random);
            left = multiply(left, colour);
        } else if (material->surface == GLOSSY && is_coat_mirroring(&hit, ray.direction, random)) {
            ray = mirror(&hit, ray.direction, material->roughness, random);
        } else {
            left = multiply(left, colour);
            sum = add(sum, multiply(left, direct_light(scene, &hit, random)));
            ray = leave(&hit, random_bounce(random, hit.normal));
            lamp_counts = false;
        }
    }
    return sum;
}
