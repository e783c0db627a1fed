"""What happened to cases, as values: the one source of reports, exports and learned scenarios."""

from svcflow.eventlog.log import CaseLog as CaseLog
from svcflow.eventlog.log import Cycle as Cycle
from svcflow.eventlog.log import Visit as Visit
from svcflow.eventlog.log import case_log as case_log
from svcflow.eventlog.reading import read as read
