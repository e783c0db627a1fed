"""Key figures of an after-sales house, worked out from what happened to its cases."""

from svcflow.report.comparing import Difference as Difference
from svcflow.report.comparing import compare as compare
from svcflow.report.comparing import one_group as one_group
from svcflow.report.flow import Deviation as Deviation
from svcflow.report.flow import Passage as Passage
from svcflow.report.flow import Step as Step
from svcflow.report.flow import Variant as Variant
from svcflow.report.kpi import KPIS as KPIS
from svcflow.report.kpi import Kpi as Kpi
from svcflow.report.kpi import Meaning as Meaning
from svcflow.report.measure_file import read_measures as read_measures
from svcflow.report.measures import Measures as Measures
from svcflow.report.measures import Watch as Watch
from svcflow.report.reporting import Report as Report
from svcflow.report.reporting import report as report
from svcflow.report.roads import traffic as traffic
from svcflow.report.watching import Alarm as Alarm
from svcflow.report.watching import alarms as alarms
from svcflow.report.watching import open_cases as open_cases
from svcflow.report.watching import watch as watch
