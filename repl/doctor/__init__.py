"""``forkrepl doctor``: what this machine, this installation and this user's folders lack.

Owns the checks, each of which finds things that are well or lacking. It has to work where nothing
else does, so a check that fails is a finding too, and nothing is imported that is not needed.
Start with ``command``; what a finding is stands in ``findings``.
"""
