"""
YAML in, complete `Process` out, or every finding at once: the language, its checks and how they are told.
"""

from svcflow.language.findings import Finding as Finding
from svcflow.language.reading import check as check
from svcflow.language.reading import compile_sources as compile_sources
from svcflow.language.reading import load as load
from svcflow.language.reading import project as project
