// A small ray tracer: spheres over a chequered floor, with shadows and reflections.
//     forkrepl -O2 examples/raytracer.cpp picture.png 640 400
// It is an ordinary program, g++ takes it too: the shell calls main when a file defines it.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

struct Vec { double x, y, z; };
Vec operator+(Vec a, Vec b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
Vec operator-(Vec a, Vec b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
Vec operator*(Vec a, double k) { return {a.x * k, a.y * k, a.z * k}; }
double dot(Vec a, Vec b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
Vec unit(Vec a) { return a * (1 / std::sqrt(dot(a, a))); }

struct Ray { Vec origin, direction; };  // the direction has length 1
struct Sphere { Vec centre; double radius; Vec colour; double mirror; };
struct Hit { double distance; Vec point, normal, colour; double mirror; };

const Sphere spheres[] = {{{0, 1, 0}, 1, {0.9, 0.2, 0.2}, 0.3},
                          {{2, 0.7, -1}, 0.7, {0.2, 0.4, 0.9}, 0.2},
                          {{-2, 0.8, -0.6}, 0.8, {0.9, 0.9, 0.9}, 0.7},
                          {{0.8, 0.35, -1.8}, 0.35, {0.2, 0.8, 0.3}, 0.1}};
const Vec light{-5, 8, -6};

// Along a ray: |origin + t direction - centre| = radius is a quadratic equation in t.
bool hit_sphere(const Ray &ray, const Sphere &sphere, double &distance) {
    Vec offset = ray.origin - sphere.centre;
    double b = dot(offset, ray.direction);
    double discriminant = b * b - dot(offset, offset) + sphere.radius * sphere.radius;
    if (discriminant < 0) return false;
    distance = -b - std::sqrt(discriminant);
    return distance > 1e-6;
}

// The nearest thing that the ray meets; distance is infinite if there is none.
Hit trace(const Ray &ray) {
    Hit best{HUGE_VAL, {}, {}, {}, 0};
    if (ray.direction.y < -1e-6) {
        double t = -ray.origin.y / ray.direction.y;  // the floor is y = 0
        Vec point = ray.origin + ray.direction * t;
        bool dark = (long(std::floor(point.x)) + long(std::floor(point.z))) & 1;
        Vec colour = dark ? Vec{0.15, 0.15, 0.2} : Vec{0.8, 0.8, 0.75};
        best = {t, point, {0, 1, 0}, colour, 0.1};
    }
    for (const Sphere &sphere : spheres) {
        double t;
        if (!hit_sphere(ray, sphere, t) || t >= best.distance) continue;
        Vec point = ray.origin + ray.direction * t;
        best = {t, point, unit(point - sphere.centre), sphere.colour, sphere.mirror};
    }
    return best;
}

Vec colour_of(const Ray &ray, int depth) {
    Hit hit = trace(ray);
    if (hit.distance > 60)  // the sky
        return Vec{0.5, 0.7, 1.0} * (0.4 + 0.6 * std::max(ray.direction.y, 0.0));
    Vec start = hit.point + hit.normal * 1e-4;  // off the surface, or it would shade itself
    Vec to_light = unit(light - start);
    bool shadow = std::any_of(std::begin(spheres), std::end(spheres), [&](const Sphere &sphere) {
        double ignored;
        return hit_sphere({start, to_light}, sphere, ignored);
    });
    double brightness = 0.15 + (shadow ? 0 : 0.85 * std::max(dot(hit.normal, to_light), 0.0));
    Vec own = hit.colour * brightness;
    if (depth == 0 || hit.mirror == 0) return own;
    Vec mirrored = ray.direction - hit.normal * (2 * dot(ray.direction, hit.normal));
    return own * (1 - hit.mirror) + colour_of({start, mirrored}, depth - 1) * hit.mirror;
}

void show_progress(double part) {
    std::fprintf(stderr, "\r[%-40s]", std::string(size_t(40 * part), '#').c_str());
}

// Three bytes per pixel, row by row. Each thread takes the next row that nobody has begun.
std::string render(int width, int height) {
    std::string pixels(size_t(3) * width * height, 0);
    std::atomic<int> next_row{0};
    bool on_terminal = isatty(STDERR_FILENO);
    auto work = [&] {
        for (int row; (row = next_row++) < height;) {
            for (int column = 0; column < width; ++column) {
                double x = (column + 0.5 - width / 2.0) / height;
                double y = (height / 2.0 - row - 0.5) / height;
                Vec colour = colour_of({{0, 1.6, -6}, unit({x, y - 0.1, 1})}, 4);
                char *pixel = &pixels[3 * (size_t(row) * width + column)];
                for (double part : {colour.x, colour.y, colour.z})  // screens are not linear
                    *pixel++ = char(255 * std::sqrt(std::clamp(part, 0.0, 1.0)) + 0.5);
            }
            if (on_terminal) show_progress(double(row + 1) / height);
        }
    };
    std::vector<std::thread> threads(std::max(1u, std::thread::hardware_concurrency()));
    for (std::thread &thread : threads) thread = std::thread(work);
    for (std::thread &thread : threads) thread.join();
    if (on_terminal) show_progress(1), std::fputc('\n', stderr);
    return pixels;
}

std::string big_endian(uint32_t n) { return {char(n >> 24), char(n >> 16), char(n >> 8), char(n)}; }

// A PNG chunk: length, name, data and the CRC32 of the latter two.
std::string chunk(const std::string &name, const std::string &data) {
    uint32_t crc = ~0u;
    for (unsigned char byte : name + data) {
        crc ^= byte;
        for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return big_endian(uint32_t(data.size())) + name + data + big_endian(~crc);
}

// zlib's format with "stored" blocks: nothing is compressed, so no library is needed.
std::string zlib_stored(const std::string &data) {
    std::string result = "\x78\x01";
    for (size_t at = 0; at < data.size(); at += 65535) {
        size_t length = std::min<size_t>(65535, data.size() - at);
        result += char(at + length == data.size());  // 1: the last block
        for (size_t n : {length, ~length}) result += {char(n), char(n >> 8)};
        result.append(data, at, length);
    }
    uint32_t a = 1, b = 0;  // the Adler-32 checksum
    for (unsigned char byte : data) a = (a + byte) % 65521, b = (b + a) % 65521;
    return result + big_endian(b << 16 | a);
}

std::string png(const std::string &pixels, int width, int height) {
    std::string rows;  // each with the number of its filter before it: 0 is none
    size_t row_size = size_t(3) * width;
    for (size_t at = 0; at < pixels.size(); at += row_size)
        rows += '\0' + pixels.substr(at, row_size);
    std::string header = big_endian(width) + big_endian(height);
    header += {8, 2, 0, 0, 0};  // 8 bits a colour, RGB
    return "\x89PNG\r\n\x1a\n" + chunk("IHDR", header) + chunk("IDAT", zlib_stored(rows)) +
           chunk("IEND", "");
}

int complain(const std::string &what) {
    std::fprintf(stderr, "raytracer: %s\n", what.c_str());
    return 2;
}

// A width or height; 0 if the text is none.
int size_from(const char *text) {
    char *end;
    long number = std::strtol(text, &end, 10);
    return *end || number < 1 || number > 10000 ? 0 : int(number);
}

int main(int argc, char *argv[]) {
    if (argc != 4) return complain("usage: raytracer.cpp OUT.png|OUT.ppm WIDTH HEIGHT");
    std::string path = argv[1];
    std::string ending = path.substr(path.size() - std::min<size_t>(4, path.size()));
    int width = size_from(argv[2]), height = size_from(argv[3]);
    if (!width || !height) return complain("width and height are numbers from 1 to 10000");
    if (ending != ".png" && ending != ".ppm") return complain("no .png or .ppm file: " + path);
    std::ofstream file(path, std::ios::binary);
    if (!file) return complain("cannot write " + path);
    std::string pixels = render(width, height);
    std::string size = std::to_string(width) + " " + std::to_string(height);
    file << (ending == ".png" ? png(pixels, width, height) : "P6\n" + size + "\n255\n" + pixels);
    return file.flush() ? 0 : complain("cannot write " + path);
}
