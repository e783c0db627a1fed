"""The words of a report in the languages that it speaks: headings, and what each key figure is called."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from attrs import frozen

from svcflow.cli.output import clean
from svcflow.core.event import EMPTY
from svcflow.report import KPIS
from svcflow.report.kpi import Unit
from svcflow.report.telling import seconds, worth

ENGLISH: Mapping[str, str] = MappingProxyType({
    "title": "Key figures", "compared": "Two sides compared", "beyond": "Beyond their limits",
    "legend": "Bars of shares fill the whole: the red part is the one that should be smaller.",
    "customer": "For the customer", "staff": "For the staff", "company": "For the company",
    "time": "Where the time goes", "passages": "From state to state", "ways": "The usual ways",
    "deviations": "Against the most usual way", "drawings": "What went through",
    "drawn": "Arrows that were taken often are wide. Where cases are late now, the edge is red and the text says so.",
    "figure": "figure", "value": "value", "limit": "limit", "median": "median", "of": "of", "about": "",
    "process": "process", "state": "state", "stays": "stays", "from": "from", "to": "to",
    "times": "times", "mean": "mean", "cases": "cases", "share": "share",
    "way": "way", "end": "end", "event": "event", "is": "is", "extra": "extra", "left out": "left out",
    "count": "{0}, of {1}", "by": "{0} by {1}", "more": "and {0} more, which JSON lists",
    "critical": "{0}: share of all time on critical paths, and mean of a stay",
    "more drawings": "and {0} versions with fewer cases, which are not drawn",
    "side": "{0}: {1}, {2}, {3} of them open", "better": "better", "worse": "worse", "other": "other",
    "median A": "median A", "median B": "median B", "of A": "of A", "of B": "of B",
    "low": "from", "high": "to", "sure": "95 %", "version": "version {0}",
    "which": "{0}: {1}, cases opened {2}, as of {3} UTC", "all": "all processes", "one case": "1 case",
    "some cases": "{0} cases", "since": "from {0} UTC", "before": "before {0} UTC", "any time": "at any time",
    "open": "Cases that are open have no end yet: figures of what takes long lack the longest of them.",
    "chance": "Of twenty figures that do not differ, one looks as if it did, by chance.",
})  # fmt: skip
CHINESE: Mapping[str, str] = MappingProxyType({
    "title": "关键指标", "compared": "两组对比", "beyond": "超出限值",
    "legend": "比例条合计为整体，红色部分越短越好。",
    "customer": "客户视角", "staff": "员工视角", "company": "企业视角",
    "time": "时间花在哪里", "passages": "环节之间", "ways": "常见路径",
    "deviations": "与最常见路径的差异", "drawings": "流程图与数据",
    "drawn": "箭头越粗，经过越多；红框环节有超时工单，框内注明件数。",
    "figure": "指标", "value": "数值", "limit": "限值", "median": "中位数", "of": "样本数", "about": "说明",
    "process": "流程", "state": "环节", "stays": "次数", "from": "从", "to": "到",
    "times": "次数", "mean": "平均", "cases": "件数",
    "share": "占比", "way": "路径", "end": "结束于", "event": "操作", "is": "差异", "extra": "多出", "left out": "缺少",
    "count": "{0}，共 {1}", "by": "{0}（按{1}）", "more": "另有 {0} 组，见 JSON",
    "critical": "{0}：关键路径用时占比与平均停留",
    "more drawings": "另有 {0} 个工单较少的版本未绘出",
    "side": "{0}：{1}，{2}，其中未结 {3} 件", "better": "改善", "worse": "变差", "other": "不同",
    "median A": "A 中位数", "median B": "B 中位数", "of A": "A 样本数", "of B": "B 样本数",
    "low": "下限", "high": "上限", "sure": "95 %", "version": "版本 {0}",
    "which": "{0}：{1}，受理时间：{2}，截至 {3} UTC", "all": "所有流程", "one case": "共 1 件",
    "some cases": "共 {0} 件", "since": "自 {0} UTC 起", "before": "至 {0} UTC", "any time": "不限",
    "open": "未结工单尚无结果：耗时类指标缺少其中最长的部分。",
    "chance": "即使没有差别，每二十项指标中也会有一项因偶然而显得不同。",
})  # fmt: skip
FIGURES: Mapping[str, tuple[str, str]] = MappingProxyType({
    "first_response": ("首次响应时间", "从受理到首次处理"), "late_response": ("响应超时率", "首次响应超过限时"),
    "resolution": ("解决时间", "从受理到解决"), "clock_met": ("时限达成率", "时限按时完成的次数占比"),
    "satisfaction": ("满意度", "评分的平均值"), "satisfied": ("满意率", "达到满意的评分占比（CSAT）"),
    "nps": ("净推荐值", "推荐者减去贬损者（NPS）"), "callback_in_time": ("回访及时率", "在规定时间内完成的回访"),
    "problem_solved": ("问题解决率", "已解决的问题占比"), "fault_repaired": ("故障修复率", "客户确认故障已排除"),
    "complaint_rate": ("投诉率", "平均每件服务的投诉数"), "repeat_complaint": ("重复投诉率", "投诉过的客户再次投诉"),
    "reopened": ("重开率", "完成的服务中曾重新打开的占比"), "handled": ("经办件数", "每人处理过的工单"),
    "first_time_fix": ("一次修复率", "没有返工也没有重开的服务"), "rework": ("返工率", "完成的服务中有返工的占比"),
    "recurrence": ("故障复现率", "近期服务过的设备再次报修"), "hand_overs": ("转手次数", "平均每件更换责任人的次数"),
    "completeness": ("记录完整率", "完成工单中已填的记录项"), "recording_delay": ("记录延迟", "从客户反映到登记"),
    "cases": ("工单数", "受理的工单"), "completed": ("完成率", "已完成的工单占比"),
    "cancelled": ("取消率", "已取消的工单占比"), "open_cases": ("未结工单", "目前未结的工单"),
    "queue": ("排队数", "目前处于该环节的工单"), "time_in_state": ("环节停留", "在一个环节停留一次的时间"),
    "work_in_state": ("环节工时", "停留期间的工作时间"), "clock_time": ("时限用时", "一轮时限所用的工作时间"),
    "escalations": ("升级次数", "平均每件的升级"), "escalated": ("升级率", "发生过升级的工单占比"),
    "cost": ("费用", "有记录的每件费用"),
})  # fmt: skip
DIMENSIONS: Mapping[str, str] = MappingProxyType({
    "process": "流程", "version": "版本", "status": "状态", "month": "月份", "kind": "类别", "contract": "合同",
    "product": "产品", "partner": "网点", "person": "人员", "customer": "客户", "channel": "渠道", "priority": "优先级",
    "cause": "原因", "state": "环节", "clock": "时限",
})  # fmt: skip


@frozen
class ReportWords:
    """A report in one language: Chinese, or English for every other. Names of the house's own stay as they are."""

    language: str = "en"

    @property
    def chinese(self) -> bool:
        """Whether it is the Chinese one."""
        return self.language.partition("-")[0] == "zh"

    def say(self, phrase: str, *parts: object) -> str:
        """One of the fixed texts."""
        return (CHINESE if self.chinese else ENGLISH).get(phrase, phrase).format(*parts)

    def count(self, cases: int) -> str:
        """So many cases."""
        return self.say("one case" if cases == 1 else "some cases", f"{cases:,}")

    def figure(self, name: str) -> str:
        """What a figure is called."""
        return FIGURES[name][0] if self.chinese else name

    def about(self, name: str) -> str:
        """What a figure says."""
        return FIGURES[name][1] if self.chinese else KPIS[name].about

    def dimension(self, name: str) -> str:
        """What cases are grouped by."""
        return DIMENSIONS.get(name, name) if self.chinese else name

    def named(self, name: str, by: Mapping[str, str] = EMPTY) -> str:
        """A figure and its group, such as `cases (product X1)`."""
        group = ", ".join(f"{self.dimension(dimension)} {value or '-'}" for dimension, value in by.items())
        return clean(f"{self.figure(name)}{f' ({group})' if group else ''}")

    def worth(self, unit: Unit, value: float | None, *, sign: bool = False) -> str:
        """A value in its unit, empty if there is none."""
        return worth(unit, value, self.language, sign=sign)

    def seconds(self, value: float | None) -> str:
        """A length of time, empty if there is none."""
        return seconds(value, self.language)


PLAIN = ReportWords()
