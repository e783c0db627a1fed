"""
YAML in, complete `Process` out, or every finding at once: the language, its checks and how they are told.
"""

from svcflow.language.changes import Change as Change
from svcflow.language.changes import changes as changes
from svcflow.language.doors import Report as Report
from svcflow.language.doors import check as check
from svcflow.language.doors import check_text as check_text
from svcflow.language.doors import compile_file as compile_file
from svcflow.language.doors import compile_sources as compile_sources
from svcflow.language.doors import compiled as compiled
from svcflow.language.doors import load as load
from svcflow.language.doors import project as project
from svcflow.language.doors import unsupported as unsupported
from svcflow.language.english import swapped_letters as swapped_letters
from svcflow.language.findings import Finding as Finding
from svcflow.language.fix import Repair as Repair
from svcflow.language.fix import repair as repair
from svcflow.language.fmt import formatted as formatted
from svcflow.language.house import house_rules as house_rules
from svcflow.language.json_schema import json_schema as json_schema
from svcflow.language.lock import Edition as Edition
from svcflow.language.lock import Lock as Lock
from svcflow.language.lock import read_lock as read_lock
from svcflow.language.names import names_beside as names_beside
from svcflow.language.page import Page as Page
from svcflow.language.page import pages as pages
from svcflow.language.rename import rename as rename
from svcflow.language.render import as_json as as_json
from svcflow.language.render import render as render
from svcflow.language.render import summary as summary
from svcflow.language.reports import github as github
from svcflow.language.reports import sarif as sarif
from svcflow.language.rules.catalogue import RULES as RULES
