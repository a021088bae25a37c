#!/usr/bin/env forkrepl
/* The mathematics library.   forkrepl examples/maths.c
 *
 * %lib opens a shared library, so that what follows can call it: `m` is libm. On the command
 * line `-l m` does the same. */
%lib m
#include <complex.h>
#include <math.h>
#include <stdio.h>

sqrt(2)
pow(2, 0.5) == sqrt(2)
exp2(10)
hypot(3, 4)
atan2(1, 1) * 4

/* Special functions: gamma(n + 1) = n!. */
tgamma(6)

/* Rounding has several meanings. */
floor(-2.5)
round(-2.5)
lrint(2.5)

/* Infinity and what is not a number. */
isinf(HUGE_VAL) != 0
isnan(sqrt(-1)) != 0

/* Complex numbers: exp(i pi) = -1. In C a variable at file scope can only start as a constant,
 * so it is assigned in a statement of its own. */
double complex z;
z = cexp(I * atan2(0, -1));
creal(z)
fabs(cimag(z)) < 1e-15

/* Newton's method, for any function of one variable. */
double solve(double (*f)(double), double (*slope)(double), double x) {
    for (int i = 0; i < 100 && fabs(f(x)) > 1e-15; ++i)
        x -= f(x) / slope(x);
    return x;
}
double minus_sine(double x) { return -sin(x); }

printf("cos x = 0 at x = %.12f\n", solve(cos, minus_sine, 1));

/* A table: two columns of numbers. */
for (int degrees = 0; degrees <= 90; degrees += 30)
    printf("%3d  sin %.4f  cos %.4f\n", degrees, sin(degrees * M_PI / 180),
           cos(degrees * M_PI / 180));
