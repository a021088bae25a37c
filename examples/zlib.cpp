#!/usr/bin/env forkrepl
// Using a real shared library: zlib, of which only libz.so.1 need be installed.
//     forkrepl examples/zlib.cpp
//
// %lib opens the library (`z` is libz; a path works too) and later lines link against it.
%lib z

// Its header tells Clang what is in it. Where the header is not installed, the few declarations
// that we need do as well.
#if __has_include(<zlib.h>)
#include <zlib.h>
#else
extern "C" {
typedef unsigned char Bytef;
typedef unsigned long uLong;
typedef unsigned long uLongf;
uLong compressBound(uLong length);
int compress2(Bytef *to, uLongf *to_length, const Bytef *from, uLong length, int level);
int uncompress(Bytef *to, uLongf *to_length, const Bytef *from, uLong length);
uLong crc32(uLong checksum, const Bytef *data, unsigned int length);
const char *zlibVersion();
const char *zError(int code);
}
#define Z_OK 0
#endif

#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

using Bytes = std::vector<Bytef>;

// Errors become exceptions: with them no line below has to look at return codes.
void check(int code) {
    if (code != Z_OK) throw std::runtime_error(zError(code));
}

Bytes compressed(const Bytes &data, int level) {
    uLongf size = compressBound(data.size());
    Bytes result(size);
    check(compress2(result.data(), &size, data.data(), data.size(), level));
    result.resize(size);
    return result;
}

Bytes decompressed(const Bytes &data, size_t expected_size) {
    uLongf size = expected_size;
    Bytes result(size);
    check(uncompress(result.data(), &size, data.data(), data.size()));
    result.resize(size);
    return result;
}

// Something to compress: the squares of the first numbers, as text.
Bytes text;
for (int i = 0; i < 5000; ++i)
    for (char c : std::to_string(i) + " squared is " + std::to_string(i * i) + "\n")
        text.push_back(c);

text.size()

for (int level : {1, 6, 9}) {
    Bytes small = compressed(text, level);
    std::cout << "level " << level << ": " << text.size() << " -> " << small.size() << " bytes, "
              << (decompressed(small, text.size()) == text ? "restored exactly" : "DAMAGED")
              << '\n';
}

// The checksum that PNG and gzip files carry; this is its well-known check value.
const char digits[] = "123456789";
std::cout << std::hex << crc32(0, reinterpret_cast<const Bytef *>(digits), 9) << std::dec << '\n';

// A damaged stream is noticed: zlib says so, and check() turns that into an exception.
Bytes damaged = compressed(text, 6);
damaged[damaged.size() / 2] ^= 0xff;
try {
    decompressed(damaged, text.size());
} catch (const std::runtime_error &error) {
    std::cout << "zlib says: " << error.what() << '\n';
}
