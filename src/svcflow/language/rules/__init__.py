"""
The checks over a compiled process, one small function each; `svcflow.language.check` runs them stage by stage.
"""
