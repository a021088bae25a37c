"""What happens when the program ends: the report, going back, starting anew.

Must not know prompts or scripts. Start reading at ``survival``.
"""
