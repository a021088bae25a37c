"""A session as its machine code, for processes that have no Clang: workers of Dask, joblib,
``concurrent.futures`` and ``multiprocessing``.

Must know neither Clang's client processes nor Python's proxies. Start reading at
``portable.Portable``; ``README.md`` says why things are so.

- ``portable``: what travels; ``needs``: of the machine; ``features``: of its processor;
- ``libraries``: shared libraries by their soname, archives by the members that are linked;
- ``replay``: a ``LiveSession`` made of it, whose compiler knows nothing.
"""
