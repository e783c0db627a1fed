"""A recorded event log driven through a process: what fits, what is refused and why, which promises are met."""

from svcflow.replay.answer import Replay as Replay
from svcflow.replay.log import Log as Log
from svcflow.replay.log import read_log as read_log
from svcflow.replay.map_file import read_map as read_map
from svcflow.replay.mapping import LogMap as LogMap
from svcflow.replay.run import replay as replay
