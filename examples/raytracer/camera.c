#include "camera.h"

Camera camera_at(Vec eye, Vec target, double field, double aspect, double aperture) {
    Vec forward = subtract(target, eye);
    double focus = length(forward);
    forward = scale(forward, 1 / focus);
    Vec right = unit(cross(vec(0, 1, 0), forward));
    Vec up = cross(forward, right);
    double half = tan(field / 2 * PI / 180);
    return (Camera){eye, scale(right, half * aspect), scale(up, half), forward, focus, aperture};
}

Ray camera_ray(const Camera *camera, double x, double y, Random *random) {
    Vec across = add(scale(camera->right, x), scale(camera->up, y));
    Vec target = add(camera->eye, scale(add(camera->forward, across), camera->focus));
    double radius = camera->aperture * sqrt(random_number(random));
    double angle = 2 * PI * random_number(random);
    Vec shift = add(scale(unit(camera->right), radius * cos(angle)),
                    scale(unit(camera->up), radius * sin(angle)));
    Vec origin = add(camera->eye, shift);
    return (Ray){origin, unit(subtract(target, origin))};
}
