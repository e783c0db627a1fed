"""Archive files: closed cases outside of any database, to be read and checked with this package alone."""

from svcflow.archive.reading import ArchivedCase as ArchivedCase
from svcflow.archive.reading import Checked as Checked
from svcflow.archive.reading import read as read
from svcflow.archive.reading import verify as verify
from svcflow.archive.writing import forget as forget
