"""The headings and fixed words of `show`, `try`, `cases` and `journal` in Chinese, by what they are in English."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

CHINESE: Mapping[str, str] = MappingProxyType({
    "process": "流程", "{0} version {1}": "{0} 版本 {1}", "state": "环节", "opened": "发起", "last move": "最近流转",
    "runs in": "属于", "started by": "发起自", "runs": "正在运行", "ran": "运行过", "started": "已发起",
    "{0} (done)": "{0}（已办结）", "{0} (cancelled)": "{0}（已取消）",
    "Fields": "字段", "Clocks": "时限", "Next, if nobody does anything": "无人操作时，接下来",
    "Calls not delivered yet": "尚未完成的对接动作", "Who can do what": "谁可以做什么",
    "What {0} can do": "{0} 可以做什么", "Other cases": "其他工单", "opened by": "发起人",
    "CLOCK": "时限", "STANDS": "状态", "USED": "已用", "OF": "共", "LEFT": "剩余", "DUE": "到期",
    "HOOK": "对接动作", "TRIED": "尝试次数", "NEXT TRY": "下次尝试", "WHAT IT SAID": "返回信息",
    "waits": "等待中", "under way": "进行中", "failed for good": "最终失败",
    "met": "已达成", "running": "计时中", "paused": "已暂停", "stopped": "已停止", "late": "超时",
    "{0}, late": "{0}，超时", "{0} late": "{0} 超时", "limit of {0}": "{0} 的时限",
    "CASE": "工单", "PROCESS": "流程", "STATE": "环节", "LAST MOVE": "最近流转",
    "WHEN": "时间", "WHAT": "操作", "WHO": "处理人", "DETAILS": "详情",
})  # fmt: skip


def said(text: str, language: str | None) -> str:
    """A fixed text in a language: Chinese, or English for every other and for none."""
    return CHINESE.get(text, text) if language is not None and language.partition("-")[0] == "zh" else text
