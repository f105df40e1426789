"""Whether what a component says of one row is what it says of a chunk."""

from __future__ import annotations


def speaks_for(component: object, of_row: str, of_chunk: str) -> bool:
    """Whether the method for one row belongs to the class that says how chunks are taken, or to one made from it.

    A class that is made from another and takes chunks in its own way has inherited the other's way with rows.
    """
    kinds = type(component).__mro__
    one, many = (next(kind for kind in kinds if name in vars(kind)) for name in (of_row, of_chunk))
    return issubclass(one, many)
