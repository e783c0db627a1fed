"""A newcomer's first minute: a simulated week of an after-sales desk, by calls of the public engine alone."""

from svcflow.demo.desk import Desk as Desk
from svcflow.demo.file import START as START
from svcflow.demo.file import is_demo as is_demo
from svcflow.demo.file import make_demo as make_demo
from svcflow.demo.file import url_of as url_of
from svcflow.demo.summary import Summary as Summary
from svcflow.demo.summary import sum_up as sum_up
