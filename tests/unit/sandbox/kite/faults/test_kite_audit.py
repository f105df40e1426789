"""The file of an audit: whole lines, and no secret in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from friday_core.sandbox.kite.audit.log import Audit, masked, read
from friday_core.sandbox.kite.faults.fault import Do


def test_a_line_is_read_as_it_was_written_also_while_the_audit_is_open(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    audit = Audit(path)
    audit.write("fault", do=Do.HANG, n=3, wall=5)
    assert list(read(path)) == [{"kind": "fault", "do": "hang", "n": 3, "wall": 5}]
    audit.close()
    again = Audit(path)
    again.write("start", wall=6)
    again.close()
    assert [one["kind"] for one in read(path)] == ["fault", "start"]


def test_a_line_that_is_half_written_is_left_for_later_and_one_that_is_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_text('{"kind": "start"}\n{"kind": "en', "utf-8")
    assert list(read(path)) == [{"kind": "start"}]
    path.write_text('{"kind": "start"}\nnothing\n', "utf-8")
    with pytest.raises(ValueError, match="line 2 is no line of an audit"):
        list(read(path))


def test_of_tokens_the_beginning_is_written_and_of_secrets_hardly_anything(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    audit = Audit(path)
    secret = "qwertyuiopasdfgh"
    audit.write("request", token=secret, form={"checksum": secret, "api_secret": "abc", "rows": [{"password": secret}]})
    audit.write("socket", tokens=[738561], query={"Access_Token": secret})
    audit.close()
    assert secret not in path.read_text("utf-8")
    assert "abc" not in path.read_text("utf-8")
    told = list(read(path))
    assert (told[0]["token"], told[0]["form"]["api_secret"], told[1]["tokens"]) == ("qwer…", "a…", [738561])


def test_what_is_no_secret_is_left_as_it_is() -> None:
    row = {"tag": "A", "quantity": 10, "tokens": [1], "deep": {"price": 1.5, "none": None}}
    assert masked(row) == row
