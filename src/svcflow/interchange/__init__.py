"""
Machines of other libraries in, and processes out into other formats, each with a list of what does not come along.
"""

from svcflow.interchange.exports import FORMATS as FORMATS
from svcflow.interchange.exports import Exported as Exported
from svcflow.interchange.exports import export as export
from svcflow.interchange.imports import Imported as Imported
from svcflow.interchange.imports import import_machine as import_machine
from svcflow.interchange.imports import read_machine as read_machine
from svcflow.interchange.machine_file import SUFFIXES as SUFFIXES
from svcflow.interchange.machine_file import read_arguments as read_arguments
from svcflow.interchange.naming import identifier as identifier
from svcflow.interchange.notes import Note as Note
from svcflow.language.reader import LARGEST as LARGEST
