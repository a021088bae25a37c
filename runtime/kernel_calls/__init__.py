"""What a kernel, or a container around this process, may not give: one place for each.

Owns the ways around: files in memory without memfd_create(2), what a refused call or a limit is
called; large pages for a heap. Must not know what they are used for. Start with ``memory_files``;
``limits`` says why something failed. Processes without pidfds are those of
``executor_client.process_handle``.
"""
