"""
A small process with everything a command shows, and how a test runs a command and reads what it said.
"""

import json
from collections.abc import Callable
from typing import Any, TypeAlias

from attrs import frozen

SHOP = """
process: shop
version: 1
languages: [en, zh]
title: {en: Repair shop, zh: 维修店}
roles: [agent, engineer, lead]
calendars: {office: {timezone: Asia/Shanghai, hours: {mon-fri: [09:00-17:00]}}}
calendar: office
escalations: {standard: {50%: {notify: responsible}, 100%: {notify: lead}}}
escalation: standard
fields:
  customer: person
  owner: person
  phone: {type: text, private: true}
  fault: text
  result: text
  grade: gold | silver
  price: money
  parts: list
  photos: files
open: {by: [agent, customer], ask: [customer, fault], may: [phone, grade]}
sla:
  solved: {from: received, until: returned, target: 8h}
states:
  received:
    title: {en: Received, zh: 已受理}
    by: agent
    limit: 2h
    events:
      hand_over: {to: repairing, ask: owner, may: [price, parts, photos], do: {notify: owner}}
      refuse: refused
  repairing:
    title: {en: In repair, zh: 维修中}
    by: owner
    events:
      done: {to: check, ask: result}
  check:
    title: {en: Check, zh: 检查}
    by: [engineer, agent]
    not_by: repairing
    events:
      good: returned
      bad: {to: [{to: repairing, max: 1}, {to: refused, when: price > 100}]}
  returned: {end: done, title: {en: Returned, zh: 已归还}}
  refused: {end: cancelled, title: {en: Refused, zh: 不予受理}}
labels:
  en: {hand_over: Hand over, refuse: Refuse, done: Done, good: Good, bad: Bad, solved: Solved}
  zh: {agent: 客服, engineer: 工程师, lead: 主管, customer: 客户, owner: 责任人, phone: 电话, fault: 故障, result: 结果,
       grade: 级别, gold: 金牌, silver: 银牌, price: 价格, parts: 备件, photos: 照片, hand_over: 转修, refuse: 不受理,
       done: 完成, good: 合格, bad: 不合格, solved: 解决时限}
"""
STORE = "sqlite:///shop.db"
AGENT = ("--actor", "li", "--role", "agent")


@frozen
class Done:
    """
    How a command ended and what it said.
    """

    status: int
    out: str
    err: str

    @property
    def data(self) -> Any:  # noqa: ANN401 - JSON data have no narrower type
        """
        What it printed, as JSON.
        """
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """
        The same of a command that prints a line of JSON for each thing.
        """
        return [json.loads(line) for line in self.out.splitlines()]


Command: TypeAlias = Callable[..., Done]


def told(done: Done) -> tuple[str, str]:
    """
    The one line of an error and its hint; fails if there is more.
    """
    lines = done.err.splitlines()
    assert done.out == ""
    assert lines[0].startswith("error: ")
    assert len(lines) <= 2
    hint = lines[1].removeprefix("hint: ") if len(lines) == 2 else ""
    return lines[0].removeprefix("error: "), hint
