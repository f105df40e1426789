"""What kernels and driver are told: the places of numbers in an instruction, in the context, in a join.

All of them are int64 words; an address is that of float64 values unless it says otherwise.
"""

from __future__ import annotations

#: Inputs that an operator with a kernel may have.
MOST_INPUTS = 3
#: Instructions of one operator that a kernel may execute side by side.
WIDEST = 4
#: Rows that a block has, if slices need not be whole.
BLOCK = 1024

# An instruction: its kernel, the register it writes, its place in an instrument's state, whether
# its first input is in price units, its parameters, its join (of ``asof`` only), how many
# instructions from it on the kernel executes, and the registers it reads.
KERNEL, OUT, AT, PRICED, PARAMS, JOIN, LANES, INPUT = range(8)
INSTRUCTION_WORDS = INPUT + MOST_INPUTS
# Of a panel, which reads one register: that of a condition; on slices where it holds nowhere, nobody sees the panel.
GATE, NO_GATE = INPUT + 1, -1

# The context. ``CODE`` are instructions; ``BASES`` the address of each register's row 0,
# ``STRIDES`` the bytes from one row to the next, ``REGISTERS`` the addresses of the block's first
# rows: the driver moves the first ``REGISTER_COUNT``, the others hold a block and stay where they are.
# A call of the driver runs the rows from ``FIRST`` to before ``ROWS``, and changes neither.
CODE, CODE_COUNT, BASES, STRIDES, REGISTERS, REGISTER_COUNT, ROWS, BLOCK_ROWS = range(8)
# ``STATE`` is the arena, ``STATE_SIZE`` the float64 of one instrument, ``SCALES`` the price units
# of one currency unit by instrument; ``INSTS`` and ``TIMES`` are int64 by row.
STATE, STATE_SIZE, SCALES, INSTS, TIMES = range(8, 13)
# ``WHOLE`` says that slices must not be cut, ``SCRATCH`` is room for two words a row, ``SPARE``
# room for what a kernel may write about itself.
WHOLE, SCRATCH, SPARE = range(13, 16)
# Of the current block, set by the driver: its instruments and times, and whether it has one instrument only.
BLOCK_INSTS, BLOCK_TIMES, ALONE = range(16, 19)
# ``DRIVER`` is the driver's own address: who has the context's can run its code (``driver.run_rows``).
FIRST, DRIVER = range(19, 21)
# ``AGAIN`` are those instructions of ``CODE`` that have state; their inputs keep their registers (``run_again``).
# ``ALIKE`` says that all instruments have the same price unit.
AGAIN, AGAIN_COUNT, ALIKE = range(21, 24)
# Of how many rows each slice is, where all slices have the same instruments; else 0.
PERIOD = 24
CONTEXT_WORDS = 25

# A join: rows of the coarser clock as times and instruments (both int64) and values, their number,
# and how many of them have been taken over.
JOIN_TIMES, JOIN_INSTS, JOIN_VALUES, JOIN_COUNT, JOIN_TAKEN = range(5)
JOIN_WORDS = 5
