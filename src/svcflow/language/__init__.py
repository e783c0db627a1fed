"""
YAML in, complete `Process` out, or every finding at once: the language, its checks and how they are told.
"""
