"""The words of measures as JSON Schema (draft-07), for editors that complete and explain them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

import attrs

from svcflow.language.json_schema import DRAFT, Json
from svcflow.report.kpi import KPIS
from svcflow.report.measures import BUILT_IN, Measures

WORDS: Mapping[str, tuple[str, object]] = MappingProxyType({
    "services": ("Processes whose cases are services; all others if nothing is said.", ["repair", "visit"]),
    "complaints": ("Processes whose cases are complaints.", "grievance"),
    "callbacks": ("Processes that ring customers up: the state of each whose window or limit counts.",
                  {"survey": "asking"}),
    "problems": ("Processes for what callbacks bring up.", "problem"),
    "unsolved": ("Ends of a problem that is not solved.", "unsolved"),
    "dimensions": ("What cases can be grouped by: fields, the first that is filled counts.",
                   {"product": ["model"], "region": "region"}),
    "records": ("Fields of a complete record, by process.", {"repair": ["customer", "model", "work_done"]}),
    "response": ("Events that are an answer; any event of your people if nothing is said.", "answer"),
    "resolution": ("Clocks that stop at the solution.", ["solved"]),
    "rework": ("Events and ways, such as `tested -> repaired`, by which work is done again.",
               ["not_fixed", "tested -> repaired"]),
    "reopen": ("Events and ways by which a case is opened again.", "reopen"),
    "satisfaction": ("Fields with the mark of a customer.", "attitude"),
    "satisfied_from": ("The lowest mark of somebody who is satisfied.", 4),
    "recommend": ("Fields that say from 0 to 10 whether a customer would recommend the house.", "recommend"),
    "working": ("Fields that say whether the fault is gone.", "repaired"),
    "owner": ("Fields with whoever is responsible.", "owner"),
    "received": ("Fields with the time at which something came in.", "received_at"),
    "cost": ("Fields with amounts that a case costs.", ["labour_cost", "parts_cost"]),
    "thing": ("Fields that name the thing, such as its serial number.", "serial"),
    "again_within": ("How soon something counts as come again, by the clock on the wall.", "90d"),
    "response_limit": ("How soon the first answer must come.", "48h"),
    "limits": ("Values that figures must keep to.", {"complaint_rate": 0.05, "first_time_fix": 0.8}),
    "watch": ("Which case is opened when a figure is beyond its limit.",
              {"complaint_rate": {"by": "product", "least": 20, "open": "corrective", "fields": {"cause": "?"}}}),
})  # fmt: skip
"""What each word says, and how it looks in a file."""

_NAME: Json = {"type": ["string", "number", "boolean"], "pattern": "\\S"}
_NAMES: Json = {"anyOf": [_NAME, {"type": "array", "items": _NAME}]}
_TEXTS: Json = {"type": "object", "additionalProperties": _NAME}
_SCORE: Json = {"type": ["integer", "string"], "pattern": "^-?[0-9]+$", "patternErrorMessage": "a whole number"}
_NUMBER: Json = {"type": ["number", "string"], "pattern": "^[-+]?[0-9.]", "patternErrorMessage": "a number"}
_LENGTH: Json = {
    "type": "string",
    "pattern": "^[0-9]{1,6}(min|h|d)$",
    "patternErrorMessage": "a length, such as 30min, 48h or 90d",
}
_WATCH: Json = {
    "type": "object",
    "properties": {
        "open": {**_NAME, "description": "The process that is opened."},
        "by": {**_NAME, "description": "For each group by a dimension; `a+b` for pairs."},
        "least": {**_SCORE, "description": "Fewer observations say nothing."},
        "fields": {**_TEXTS, "description": "Its form; `{value}`, `{limit}` and others stand for what was found."},
    },
    "required": ["open"],
    "additionalProperties": False,
}
_TABLES: Mapping[str, Json] = MappingProxyType({
    "callbacks": _TEXTS,
    "dimensions": {"type": "object", "additionalProperties": _NAMES, "propertyNames": {"not": {"enum": [*BUILT_IN]}}},
    "records": {"type": "object", "additionalProperties": _NAMES},
    "limits": {
        "type": "object",
        "properties": {name: {**_NUMBER, "description": meaning.about} for name, meaning in KPIS.items()},
        "additionalProperties": False,
    },
    "watch": {
        "type": "object",
        "properties": {name: {**_WATCH, "description": meaning.about} for name, meaning in KPIS.items()},
        "additionalProperties": False,
    },
})  # fmt: skip


def json_schema() -> Json:
    """The words of measures as JSON Schema."""
    properties: Json = {}
    for one in attrs.fields(Measures):
        about, example = WORDS[one.name]
        properties[one.name] = {**_of(one.name, one.default), "description": about, "examples": [example]}
    return {
        "$schema": DRAFT,
        "description": "Measures of svcflow: which processes, events and fields mean what in a report.",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def _of(word: str, default: object) -> Json:
    """How a word is written, by the kind of its default."""
    if isinstance(default, tuple):
        return _NAMES
    if isinstance(default, timedelta):
        return _LENGTH
    return _SCORE if isinstance(default, int) else _TABLES[word]
