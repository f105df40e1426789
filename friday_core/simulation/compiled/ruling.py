"""What risk rules leave of a draft, by the terms that they say."""

from __future__ import annotations

from friday_core.simulation.compiled.limiting import cut
from friday_core.simulation.compiled.memory import Memory
from friday_core.simulation.compiled.places import pair_at, queue_at
from friday_core.simulation.compiled.words import (
    FAULT,
    INSTS,
    IS_ASKED,
    NONE,
    OPEN,
    POSITION,
    Q_DESK,
    Q_INST,
    RULE_COUNT,
    RULE_HEAD_WORDS,
    RULE_HEADS,
    RULES_AT,
    SPAN_WORDS,
    U_ASKED,
    U_BOUND,
    U_CODE,
    U_INSTRUMENTS,
    U_LAST,
    U_MOST,
    U_ORDER,
    U_SHORT,
    U_UNKNOWN,
    W_A,
    W_ADDING,
    W_ASKED,
    W_B,
    W_C,
    W_CODE,
    W_INST,
    W_NEXT,
    W_REDUCING,
    W_SIGN,
    WORKING,
)


def rule(m: Memory, desk: int, w: int, before: int, session: int) -> bool:
    """As the rules of ``RiskEngine.check``, each in its turn; whether anything is left of the draft.

    From the draft ``before`` on, others go before it.
    """
    draft, terms = m.s, m.words(m.c[RULES_AT])
    for number in range(terms[RULE_COUNT]):
        at = _span(m, number, draft[w + W_INST], session)
        bound = terms[at + U_BOUND] if at != NONE else U_UNKNOWN
        room, told = draft[w + W_ADDING], 0
        if bound == U_UNKNOWN or (bound == U_ASKED and abs(draft[w + W_ASKED]) > draft[w + W_REDUCING]):
            m.c[FAULT] = IS_ASKED
        elif bound == U_ORDER:
            room = terms[at + U_MOST] - draft[w + W_REDUCING]
        elif bound == U_SHORT and draft[w + W_SIGN] < 0:
            room, told = 0, draft[w + W_REDUCING]
        elif bound == U_INSTRUMENTS and room > 0:
            told = _others(m, desk, w, before)
            room = 0 if told >= terms[at + U_MOST] and told != NONE else room
        if cut(m, w, room):
            draft[w + W_CODE], draft[w + W_A] = terms[at + U_CODE], told
            draft[w + W_B], draft[w + W_C] = session, number
    return draft[w + W_REDUCING] + draft[w + W_ADDING] > 0  # type: ignore[no-any-return]


def _span(m: Memory, number: int, inst: int, session: int) -> int:
    """Where that stands which a rule says of an instrument in a session; ``NONE`` if that is not known."""
    terms = m.words(m.c[RULES_AT])
    head = RULE_HEADS + (number * m.c[INSTS] + inst) * RULE_HEAD_WORDS
    first, low, high = terms[head], 0, terms[head + 1]
    end = high
    while low < high:
        middle = (low + high) // 2
        if terms[first + middle * SPAN_WORDS + U_LAST] < session:
            low = middle + 1
        else:
            high = middle
    return first + low * SPAN_WORDS if low < end else NONE


def _others(m: Memory, desk: int, w: int, before: int) -> int:
    """How many instruments are held or on order, drafts counted; ``NONE`` if that of the draft is one of them."""
    s = m.s
    if _is_there(m, desk, s[w + W_INST]):
        return NONE
    count = 0
    for inst in range(m.c[INSTS]):
        if _is_known(m, desk, inst):
            count += 1
    for n in range(s[WORKING]):
        q = queue_at(m, n)
        if s[q + Q_DESK] == desk and not _is_known(m, desk, s[q + Q_INST]) and not _works(m, desk, s[q + Q_INST], n):
            count += 1
    while before != w:
        if s[before + W_REDUCING] + s[before + W_ADDING] > 0 and not _is_there(m, desk, s[before + W_INST]):
            count += 1
        before = s[before + W_NEXT]
    return count


def _is_there(m: Memory, desk: int, inst: int) -> bool:
    """Whether an instrument is held, or on order."""
    return _is_known(m, desk, inst) or _works(m, desk, inst, m.s[WORKING])


def _is_known(m: Memory, desk: int, inst: int) -> bool:
    """Whether that is seen from the position: not where orders on both sides come to nothing together."""
    p = pair_at(m, desk, inst)
    return m.s[p + POSITION] != 0 or m.s[p + OPEN] != 0  # type: ignore[no-any-return]


def _works(m: Memory, desk: int, inst: int, count: int) -> bool:
    """Whether one of the first orders that work, so many, is the desk's in an instrument."""
    s = m.s
    for n in range(count):
        q = queue_at(m, n)
        if s[q + Q_DESK] == desk and s[q + Q_INST] == inst:
            return True
    return False
