"""What each word of the language looks like in a file: examples that editors show, as they would be typed."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import BaseModel

SAMPLES: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "after": ("{every 2d: {do: {notify: customer}}, 10d: cancelled}",),
    "again": ("ignore",),
    "anywhere": ("{cancel: {to: cancelled, by: [agent, customer], ask: reason, in: [new, repair]}}",),
    "ask": ("reason", "[owner, appointment]"),
    "auto": ("{to: urgent, when: priority == P1}",),
    "by": ("agent", "[owner, team_lead]"),
    "calendar": ("office",),
    "calendars": ("{office: {timezone: Europe/Berlin, hours: {mon-fri: [09:00-17:00]}, holidays: DE}}",),
    "count": ("working",),
    "days": ("mon-fri",),
    "do": ("{set: {served_by: me, served_at: now}, notify: customer}",),
    "end": ("done", "cancelled"),
    "escalation": ("standard",),
    "escalations": ("{standard: {75%: {notify: responsible}, 100%: {notify: team_lead}}}",),
    "events": ("{accept: diagnose, refuse: {to: cancelled, ask: reason}}",),
    "except": ("{2026-02-14: [09:00-12:00], 2026-05-04: []}",),
    "fields": ("{fault: text, phone: {type: text, private: true}, priority: P1 | P2 | P3, satisfaction: 1..5}",),
    "from": ("new", "[new, dispatch]"),
    "gives": ("[satisfaction, opinion]",),
    "holidays": ("CN", "US-CA"),
    "hook": ("order_parts", "[record_breach, publish_kb]"),
    "hooks": ("[order_parts, publish_kb]",),
    "hours": ("{mon-fri: [08:30-12:00, 13:30-17:30], sat: [09:00-12:00]}",),
    "in": ("[new, diagnose, repair]",),
    "labels": ("{en: {accept: Accept}, zh: {accept: 受理}}",),
    "languages": ("[zh, en]",),
    "limit": ("4h", "1d since appointment", "2d on always"),
    "makeup": ("[08:30-12:00, 13:30-17:30]",),
    "max": ("3",),
    "may": ("photos", "[customer_name, phone]"),
    "migrate": ("{1: {states: {inspect: diagnose}, set: {priority: P3}}}", "{1: finish}"),
    "not_by": ("repair",),
    "notify": ("customer", "[owner, customer]", "{customer: visit_moved}"),
    "open": ("{by: [agent, customer], ask: [customer, fault], may: phone}",),
    "parallel": ("true",),
    "pause": ("resolution", "all"),
    "per": ("contract", "[contract, priority]"),
    "private": ("true",),
    "process": ("service_ticket",),
    "renew": ("reopen",),
    "roles": ("[agent, engineer, team_lead]",),
    "roll": ("next",),
    "run": ("callback",),
    "send": ("approve",),
    "set": ("{served_by: me, served_at: now, accepted: false}",),
    "share": ("5%",),
    "shared": ("after_sales",),
    "since": ("served_at",),
    "sla": ("{resolution: {from: new, until: closed, target: 2d}}",),
    "start": ("complaint", "{service_ticket: {fault: advice}}"),
    "states": ("{new: {by: agent, events: {close: closed}}, closed: {end: done}}",),
    "table": ("{gold: 4h, silver: 2d, default: 5d}",),
    "target": ("2d", "resolution_times", "{per: contract, table: {gold: 4h, default: 2d}}"),
    "targets": ("{response: {per: contract, table: {gold: 30min, default: 2h}}}",),
    "timezone": ("Asia/Shanghai",),
    "title": ("Repair", "{zh: 维修, en: Repair}"),
    "to": ("repair", "[{to: parts, max: 3}, review]"),
    "type": ("text", "gold | silver | basic", "1..5"),
    "until": ("closed",),
    "use": ("common.yaml", "[common.yaml, calendars.yaml]"),
    "version": ("1",),
    "wait": ("2d",),
    "when": ("accepted and satisfaction > 3", "filled(reason)"),
    "window": ("2d..5d since served_at",),
    "Alternative.to": ("repair", "here"),
    "Migration.states": ("{inspect: diagnose}",),
    "Migration.set": ("{priority: P3}",),
    "WindowDates.from": ("2d",),
    "WindowDates.to": ("5d",),
})  # fmt: skip
"""By word, or by model and word where that looks otherwise."""


def samples(model: type[BaseModel], word: str) -> tuple[str, ...]:
    """The examples of a word in a mapping of this model."""
    return SAMPLES.get(f"{model.__name__}.{word}") or SAMPLES[word]
