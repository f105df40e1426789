"""Stretches on which strategies only look on leave what the driver leaves that steps each slice."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from unit.session.compiled.drawn_sessions import differences
from unit.session.quiet.drawn_events import Stepped, drawn


@given(st.integers(0, 2**32), st.booleans())
def test_stretches_leave_what_single_slices_leave(seed: int, cut: bool) -> None:
    session = drawn(seed)
    expected, found = Stepped(session, strides=False, cut=cut), Stepped(session, strides=True, cut=cut)
    assert differences(expected.left(), found.left()) == []
