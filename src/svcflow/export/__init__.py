"""What happened in the cases of a store, as logs for process mining and warehouses: XES, OCEL 2.0 and CSV."""

from svcflow.export.objects import NAMING as NAMING
from svcflow.export.run import FORMATS as FORMATS
from svcflow.export.run import Exported as Exported
from svcflow.export.run import Format as Format
from svcflow.export.run import Scope as Scope
from svcflow.export.run import export as export
