from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svcflow.language.forms import read_weekdays
from svcflow.language.times import (
    Length,
    Misread,
    WrittenStep,
    WrittenTime,
    WrittenWindow,
    read_clock,
    read_length,
    read_step,
    read_time,
    read_window,
)
from svcflow.language.types import read_type

UNITS = st.sampled_from(["min", "h", "d", "w", "mo", "y"])


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("30min", WrittenTime(Length(30, "min"), "")),
        ("2d on hotline", WrittenTime(Length(2, "d"), "", calendar="hotline")),
        ("2d since served_at", WrittenTime(Length(2, "d"), "", since="served_at")),
        ("1mo on x since y", WrittenTime(Length(1, "mo"), "", calendar="x", since="y")),
        ("1mo since y on x", WrittenTime(Length(1, "mo"), "", calendar="x", since="y")),
        ("every 3d", WrittenTime(Length(3, "d"), "", every=True)),
        ("response_times", WrittenTime(None, "response_times")),
        ("every interval since start", WrittenTime(None, "interval", every=True, since="start")),
        ("0d since 合同到期", WrittenTime(Length(0, "d"), "", since="合同到期")),
    ],
)
def test_a_time_is_read(text: str, time: WrittenTime) -> None:
    assert read_time(text) == time


@pytest.mark.parametrize(
    ("text", "better"),
    [
        ("30 min", "30min"),
        ("4 hours", "4h"),
        ("4H", "4h"),
        ("03min", "3min"),
        ("h4", "4h"),
        ("2 Tage", "2d"),
        ("3天", "3d"),
        ("2个月", "2mo"),
        ("1.5h", "90min"),
        ("0,5h", "30min"),
        ("1.5d", ""),
        ("30m", ""),
        ("30s", ""),
        ("2mni", "2min"),
        ("2d form served_at", "2d since served_at"),
        ("2d sicne served_at", "2d since served_at"),
        ("2d no hotline", "2d on hotline"),
        ("evrey 2d", "every 2d"),
        ("2d since", ""),
        ("2d on a on b", ""),
        ("every", ""),
        ("200y", ""),
        ("999999999999d", ""),
        ("-2d", ""),
    ],
)
def test_a_misread_time_says_what_was_probably_meant(text: str, better: str) -> None:
    with pytest.raises(Misread) as raised:
        read_time(text)
    assert raised.value.code == "SF103"
    assert raised.value.hint
    assert raised.value.better == better


@given(st.integers(0, 100), UNITS)
def test_every_length_is_read_back(amount: int, unit: str) -> None:
    assert read_length(f"{amount}{unit}") == Length(amount, unit)  # type: ignore[arg-type]


@given(st.text(max_size=30))
def test_no_text_breaks_the_reading(text: str) -> None:
    for read in (read_time, read_window, read_step, read_clock, read_type, read_weekdays):
        with suppress(Misread):
            read(text)


def test_windows_are_two_dates() -> None:
    assert read_window("2d..5d since served_at") == WrittenWindow(2, 5, None, "served_at")
    assert read_window("0d..1w on office") == WrittenWindow(0, 7, "office", None)
    for text in ("2d-5d", "2..5", "5d..2d", "2h..5h", "2d..", ""):
        with pytest.raises(Misread):
            read_window(text)


def test_steps_of_an_escalation() -> None:
    assert read_step("50%") == WrittenStep(50)
    assert read_step("100% + 4h") == WrittenStep(100, Length(4, "h"))
    assert read_step("100%+1d") == WrittenStep(100, Length(1, "d"))
    assert read_step("-30min") == WrittenStep(None, Length(30, "min"), before=True)
    for text in ("50", "+4h", "50% - 1h", "-1d", "%", "", "half", "100% 4h"):
        with pytest.raises(Misread):
            read_step(text)


def test_hours_may_cross_midnight() -> None:
    assert read_clock("08:30-12:00") == (510, 720)
    assert read_clock("22:00-06:00") == (1320, 1800)
    assert read_clock("00:00-24:00") == (0, 1440)
    for text in ("25:00-26:00", "8-12", "08:60-09:00", "09:00-09:00", "24:00-25:00", "09:00"):
        with pytest.raises(Misread):
            read_clock(text)


def test_weekdays_go_round_the_week() -> None:
    assert read_weekdays("mon-fri") == (0, 1, 2, 3, 4)
    assert read_weekdays("sat-mon") == (5, 6, 0)
    assert read_weekdays("sun") == (6,)
    with pytest.raises(Misread) as raised:
        read_weekdays("monday-fri")
    assert raised.value.better == "mon-fri"


def test_types_of_fields() -> None:
    assert read_type("text") == ("text", (), 0, 0, None)
    assert read_type("gold | silver") == ("choice", ("gold", "silver"), 0, 0, None)
    assert read_type("1..5") == ("range", (), 1, 5, None)
    assert read_type("-5..5") == ("range", (), -5, 5, None)
    assert read_type("30min..4h") == ("duration", (), 30, 240, "min")
    assert read_type("1mo .. 1y") == ("duration", (), 1, 12, "mo")
    for text in ("4h..1h", "0h..4h", "1h..2d", "6d..1w", "1h..", "2d..2d", "1y..101y"):
        with pytest.raises(Misread):
            read_type(text)
    for text in ("txet", "string", "5..1", "gold |", "a | b | a", "a | and", "1...5", "a b | c"):
        with pytest.raises(Misread):
            read_type(text)
