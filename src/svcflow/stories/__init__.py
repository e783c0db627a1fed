"""
Stories: what people do with a case and what is then expected, in YAML, run on a simulated clock.
"""

from svcflow.stories.expected import Miss as Miss
from svcflow.stories.rename import rename as rename
from svcflow.stories.run import Result as Result
from svcflow.stories.run import run as run
from svcflow.stories.story import Library as Library
from svcflow.stories.story import Story as Story
from svcflow.stories.story import findings as findings
from svcflow.stories.story import read as read
