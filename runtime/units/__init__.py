"""Units: what is loaded into an executor, and how it is taken back.

Owns the order in which a unit is linked, registered, run, closed and freed, and the journal by
which the controller's knowledge goes back with a checkpoint. Must not know source text. Start
reading at ``execution_session``.
"""
