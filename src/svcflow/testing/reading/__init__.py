"""
A second reading of the language: cases as their journals tell them, and what the definition says must come of each.

It reads the compiled process and the journal, and shares no code with the core's own admission, people, effects,
moves or machines.
"""
