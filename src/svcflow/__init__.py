"""
The public names of svcflow, and nothing else.
"""
