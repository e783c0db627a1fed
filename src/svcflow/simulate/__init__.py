"""Cases that never were: a process on the engine's own step, with staff, chance and a clock that runs ahead."""

from svcflow.simulate.compare import Difference as Difference
from svcflow.simulate.compare import compare as compare
from svcflow.simulate.learn import learn as learn
from svcflow.simulate.reading import read_scenario as read_scenario
from svcflow.simulate.recorded import Recorded as Recorded
from svcflow.simulate.result import Result as Result
from svcflow.simulate.result import result as result
from svcflow.simulate.run import Simulation as Simulation
from svcflow.simulate.scenario import Scenario as Scenario
from svcflow.simulate.world import Journals as Journals
