"""Runs every block of docs/from_other_frameworks.md and prints what each framework made of it.

Friday runs in this environment; the others in environments that are made beside the folder given as
the only argument (default: build/frameworks), from the pinned lists beside this script. Exits with 1
if Friday and backtrader differ in a fill or in the last paisa, or if the page shows other figures.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "from_other_frameworks.md"
ENVIRONMENTS = {
    "backtesting": "backtesting-backtrader-vectorbt",
    "backtrader": "backtesting-backtrader-vectorbt",
    "vectorbt": "backtesting-backtrader-vectorbt",
    "zipline": "zipline",
}
SHOWN = {"backtesting": "backtesting.py"}
TELL = """
import json
print("\\n" + json.dumps({"fills": [[str(when)[:10], float(price)] for when, price in fills], "equity": float(equity)}))
"""
FRIDAY = """
import glob, json
import pyarrow.parquet as pq
folder = max(glob.glob("runs/*"))
fills = pq.read_table(f"{folder}/fills.parquet").to_pylist()
equity = json.load(open(f"{folder}/summary.json"))["results"]["end_equity"]
fills = [(one["ts_event"], one["price"]) for one in fills]
"""


def main() -> int:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "frameworks").resolve()
    work = folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    text = PAGE.read_text(encoding="utf-8")
    for place, block in re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        path = work / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block, encoding="utf-8")
    found = {"Friday": friday(work)}
    for name, block in re.findall(r"<!-- framework: (\w+) -->\n```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        found[SHOWN.get(name, name)] = answer(environment(folder, ENVIRONMENTS[name]), block + TELL, work)
    printed = "\n".join(table(found)) + "\n"
    print(printed)
    page = re.search(r"<!-- printed -->\n```text\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    if page is None or page[1] != printed:
        print("the page shows other figures: put these into it", file=sys.stderr)
        return 1
    ours, theirs = found["Friday"], found["backtrader"]
    if ours["fills"] != theirs["fills"] or round(ours["equity"], 2) != round(theirs["equity"], 2):
        print("Friday and backtrader differ", file=sys.stderr)
        return 1
    return 0


def friday(work: Path) -> dict:
    """The page's commands, with the package on the path in place of its installation."""
    metadata = work / "cross" / "cross-0.1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: cross\nVersion: 0.1\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text("[friday.plugins]\nstrategy.cross = cross\n", encoding="utf-8")
    subprocess.run([sys.executable, "prices.py"], cwd=work, check=True)
    command = [str(Path(sys.executable).parent / "friday"), "run", "--quiet"]
    subprocess.run(command, cwd=work, check=True, env={**os.environ, "PYTHONPATH": "cross"}, stdout=sys.stderr)
    return answer(sys.executable, FRIDAY + TELL, work)


def environment(folder: Path, name: str) -> str:
    """The interpreter of an environment with the pinned packages; made if it is not there."""
    made = folder / name
    python = made / "bin" / "python"
    listed = ROOT / "tools" / "frameworks" / f"{name}.txt"
    done = made / "installed.txt"
    if not done.exists() or done.read_text(encoding="utf-8") != listed.read_text(encoding="utf-8"):
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(made)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "-r", str(listed)], check=True)
        shutil.copy(listed, done)
    return str(python)


def answer(python: str, source: str, work: Path) -> dict:
    """What a block found; its last line of output."""
    clean = {**os.environ, "ZIPLINE_ROOT": str(work / "zipline"), "PYTHONWARNINGS": "ignore"}
    done = subprocess.run([python, "-c", source], cwd=work, env=clean, stdout=subprocess.PIPE, text=True, check=True)
    told: dict = json.loads(done.stdout.strip().splitlines()[-1])
    told["fills"] = [[day, round(price, 2)] for day, price in told["fills"]]
    return told


def table(found: dict[str, dict]) -> list[str]:
    """Framework, number of fills, the first one, equity at the end."""
    lines = ["                  fills  first fill            last equity"]
    for name, told in found.items():
        day, price = told["fills"][0]
        lines.append(f"{name:<18}{len(told['fills']):>5}  {day}  {price:.2f}  {told['equity']:>15,.2f}")
    return lines


if __name__ == "__main__":
    sys.exit(main())
