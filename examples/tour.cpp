#!/usr/bin/env forkrepl
// A tour of C++ in the shell. Run it:   forkrepl examples/tour.cpp
//
// There is no main here: the shell takes one statement or declaration after another and runs
// each at once. An expression without a semicolon shows its value, as (type) value.
#include <algorithm>
#include <atomic>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

// ---- Values. Without a semicolon the value is printed, with one it is not.
6 * 7
int answer = 6 * 7;
answer / 4.0
"a " "string"

// ---- Functions see everything above them; overloads may come later.
int twice(int x) { return 2 * x; }
std::string twice(const std::string &s) { return s + s; }
twice(21)
twice("tom") == "tomtom"

// ---- Templates are instantiated when they are first used.
template <typename T>
T largest(const std::vector<T> &values) {
    return *std::max_element(values.begin(), values.end());
}
largest(std::vector{3, 1, 4, 1, 5})
largest(std::vector{2.7, 1.4})

// ---- A lambda in a variable is a function that later lines can call.
auto add = [](int a, int b) { return a + b; };
auto count = [calls = 0]() mutable { return ++calls; };
count();
count();
add(count(), 39)

// ---- Containers and algorithms.
std::vector<int> numbers(10);
std::iota(numbers.begin(), numbers.end(), 1);
std::accumulate(numbers.begin(), numbers.end(), 0)
std::count_if(numbers.begin(), numbers.end(), [](int n) { return n % 3 == 0; })

std::map<std::string, int> lengths;
for (std::string word : {"fork", "exec", "mmap", "wait4"})
    lengths[word] = static_cast<int>(word.size());
for (const auto &[word, length] : lengths)
    std::cout << word << " has " << length << " letters\n";

// ---- Enumerations are shown by name.
enum class Colour { red, green, blue };
Colour::green

// ---- Virtual functions: the classes, and the code that uses them, are inputs of their own.
struct Shape {
    virtual ~Shape() = default;
    virtual double area() const = 0;
};
struct Square : Shape {
    double side;
    explicit Square(double side) : side(side) {}
    double area() const override { return side * side; }
};
std::unique_ptr<Shape> shape = std::make_unique<Square>(1.5);
shape->area()

// ---- Shared pointers count their owners.
auto shared = std::make_shared<std::string>("one text, two owners");
auto other = shared;
shared.use_count()

// ---- Exceptions pass through code of several inputs: thrown in one, rethrown in the next,
// caught in the third. One that nothing catches would end this script with status 1.
void risky(int level) {
    if (level > 2) throw std::out_of_range("level " + std::to_string(level));
}
void careful(int level) {
    try {
        risky(level);
    } catch (const std::exception &) {
        std::cout << "careful() passes it on\n";
        throw;
    }
}
try {
    careful(3);
} catch (const std::out_of_range &error) {
    std::cout << "caught: " << error.what() << '\n';
}

// ---- Threads. The threads share the session's variables, as in any program.
std::mutex total_mutex;
std::atomic<int> finished{0};
long total = 0;
void sum_up(int first, int last) {
    for (int i = first; i < last; ++i) {
        std::lock_guard lock(total_mutex);
        total += i;
    }
    ++finished;
}
{
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back(sum_up, 250 * i, 250 * (i + 1));
    for (auto &thread : threads)
        thread.join();
}
finished.load()
total

// ---- Objects live until the session ends; then they are destroyed, the youngest first.
struct Guest {
    std::string name;
    explicit Guest(std::string who) : name(std::move(who)) { std::cout << name << " comes\n"; }
    ~Guest() { std::cout << name << " goes\n"; }
};
static Guest ada("Ada");
static Guest bjarne("Bjarne");
