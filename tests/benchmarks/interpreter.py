"""What a linked CPython is timed on: a second or two of plain Python.

No extension modules, which not every interpreter that is timed can load. Prints what
it computed, so that the interpreters can be compared.
"""

from __future__ import annotations

from collections.abc import Iterator


def fibonacci(n: int) -> int:
    """Calls."""
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


class Body:
    """A mass in a plane."""

    def __init__(self, x: float, y: float, vx: float, vy: float, mass: float) -> None:
        self.x, self.y, self.vx, self.vy, self.mass = x, y, vx, vy, mass


def orbits(steps: int) -> float:
    """Floating point and attributes: a sun, two planets, and where one of them ends."""
    bodies = [
        Body(0, 0, 0, 0, 1000),
        Body(100, 0, 0, 3.1, 1),
        Body(0, 200, -2.2, 0, 2),
    ]
    pairs = [(a, b) for i, a in enumerate(bodies) for b in bodies[i + 1 :]]
    for _ in range(steps):
        for a, b in pairs:
            dx, dy = b.x - a.x, b.y - a.y
            pull = 0.01 * (dx * dx + dy * dy) ** -1.5
            a.vx += dx * b.mass * pull
            a.vy += dy * b.mass * pull
            b.vx -= dx * a.mass * pull
            b.vy -= dy * a.mass * pull
        for body in bodies:
            body.x += 0.01 * body.vx
            body.y += 0.01 * body.vy
    return bodies[1].x


def digits_of_pi() -> Iterator[int]:
    """Long integers: Gibbons' spigot."""
    q, r, t, k, n, m = 1, 0, 1, 1, 3, 3
    while True:
        if 4 * q + r - t < n * t:
            yield n
            q, r, n = 10 * q, 10 * (r - n * t), 10 * (3 * q + r) // t - 10 * n
        else:
            q, r, t, n = q * k, (2 * q + r) * m, t * m, (q * (7 * k + 2) + r * m) // (t * m)
            k, m = k + 1, m + 2


def words(count: int) -> str:
    """Strings, lists, dictionaries and sorting: the most frequent of made-up words."""
    frequencies: dict[str, int] = {}
    state = 1
    for _ in range(count):
        state = (state * 1103515245 + 12345) % 2**31
        word = "".join("aeioudrntk"[int(digit)] for digit in str(state % 2000))
        frequencies[word] = frequencies.get(word, 0) + 1
    first = sorted(frequencies.items(), key=lambda item: (-item[1], item[0]))[:3]
    return " ".join(word for word, _ in first)


def main() -> None:
    """Each for about as long as the others."""
    pi = digits_of_pi()
    digits = [next(pi) for _ in range(2600)]
    print(fibonacci(32), f"{orbits(330_000):.12g}", digits[-5:], words(330_000))


if __name__ == "__main__":
    main()
