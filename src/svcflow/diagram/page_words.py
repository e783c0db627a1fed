"""The headings and fixed words of documentation pages, in the languages that drawings speak."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ENGLISH: Mapping[str, str] = MappingProxyType({
    "picture": "Picture", "who": "Who may do what", "alone": "What happens by itself", "times": "Times in states",
    "clocks": "SLA clocks", "escalations": "Escalations", "fields": "Fields", "ends": "Ends",
    "children": "Other processes",
    "state": "State", "by": "Who", "event": "Event", "ask": "Must be filled in", "may": "Can be filled in",
    "to": "Leads to", "then": "Then", "when": "When", "time": "Time", "paused": "Clocks that stand still",
    "clock": "Clock", "from": "Starts", "until": "Stops", "target": "Promise", "renew": "Begins anew with",
    "again": "Starts again", "of": "Of", "at": "At", "field": "Field", "name": "Name", "kind": "Kind",
    "private": "Private", "seen_by": "Seen by", "everybody": "everybody",
    "end": "End", "process": "Process", "how": "How", "yes": "yes", "arrival": "On arrival",
    "opening": "Opening", "restart": "as a new cycle", "continue": "where it stopped", "ignore": "never",
    "set": "sets {0}", "send": "sends {0}", "start": "opens {0}", "hook": "calls {0}", "notify": "tells {0}",
    "message": "{0} ({1})", "responsible": "whoever may act", "gives": "Gives {0}", "run": "runs in {0}",
    "started": "opened in {0}", "escalated": "opened by an escalation", "free": "any declared field",
    "index": "Processes", "version": "Version", "language": "Language",
    "text": "text", "number": "number", "money": "money", "flag": "yes or no", "date": "date",
    "datetime": "date and time", "person": "person", "list": "list", "files": "files", "range": "{0} to {1}",
})  # fmt: skip
CHINESE: Mapping[str, str] = MappingProxyType({
    "picture": "流程图", "who": "谁可以做什么", "alone": "自动发生的事", "times": "环节时间", "clocks": "时限",
    "escalations": "升级", "fields": "字段", "ends": "结束", "children": "相关流程", "state": "环节", "by": "处理人",
    "event": "操作", "ask": "必填", "may": "可填", "to": "去向", "then": "随后", "when": "何时", "time": "时间",
    "paused": "暂停的时限", "clock": "时限", "from": "开始", "until": "停止", "target": "承诺", "renew": "重新计时于",
    "again": "再次开始", "of": "对象", "at": "时点", "field": "字段", "name": "名称", "kind": "类型",
    "private": "隐私", "seen_by": "可见人员", "everybody": "所有人",
    "end": "结束", "process": "流程", "how": "方式", "yes": "是", "arrival": "进入时",
    "opening": "发起", "restart": "新的一轮", "continue": "接着计时", "ignore": "不再计时", "set": "填写 {0}",
    "send": "触发 {0}", "start": "发起 {0}", "hook": "调用 {0}", "notify": "通知 {0}", "message": "{0}（{1}）",
    "responsible": "当前处理人", "gives": "交回 {0}", "run": "在 {0} 中运行", "started": "在 {0} 中发起",
    "escalated": "由升级发起", "free": "任何已声明的字段", "index": "流程", "version": "版本", "language": "语言",
    "text": "文本", "number": "数字", "money": "金额", "flag": "是或否", "date": "日期", "datetime": "日期和时间",
    "person": "人员", "list": "列表", "files": "文件", "range": "{0} 至 {1}",
})  # fmt: skip


def headings(language: str) -> Mapping[str, str]:
    """The words of one language: Chinese, or English for every other."""
    return CHINESE if language.partition("-")[0] == "zh" else ENGLISH
