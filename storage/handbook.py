"""The pages that people fill in: charter, on-call page, readiness checklist and runbooks, Markdown in the workspace."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from storage.records import Record

FOLDER: Final = "handbook"
SHIPPED: Final = Path(__file__).with_name("handbook")
BLANK: Final = "FILL IN"
"""What stands where only people know what to write."""
LARGEST: Final = 1024 * 1024
_BOX: Final = re.compile(r"^\s*[-*] \[([ xX])\] ", re.MULTILINE)


class Page(Record, frozen=True, kw_only=True):
    """A page as it is now. `blanks`: places to fill in; `boxes`: of a checklist, `ticked` of them. A missing page is
    all blank."""

    path: str
    exists: bool
    blanks: int
    boxes: int
    ticked: int

    @property
    def done(self) -> bool:
        """Whether it is there, filled in and ticked."""
        return self.exists and not self.blanks and self.ticked == self.boxes


def write_pages(root: Path) -> list[Path]:
    """Writes the pages that a workspace lacks, and returns them; what is there is left as it is."""
    written = []
    for shipped in _shipped():
        target = root / FOLDER / shipped.relative_to(SHIPPED)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary = target.with_suffix(".tmp")
            temporary.write_bytes(shipped.read_bytes())
            temporary.replace(target)
            written.append(target)
    return written


def pages(root: Path) -> list[Page]:
    """Every page that comes with the project, as it is in a workspace."""
    return [page(root, str(shipped.relative_to(SHIPPED))) for shipped in _shipped()]


def page(root: Path, name: str) -> Page:
    """One page by its name in the handbook, e.g. `charter.md`; what cannot be read as text counts as missing."""
    return _counted(name, _text(root / FOLDER / name))


def section(root: Path, name: str, heading: str) -> Page:
    """One section of a page, from its `## heading` to the next, counted as `page` counts."""
    after = _text(root / FOLDER / name).partition(f"## {heading}\n")[2]
    return _counted(name, after.partition("\n## ")[0])


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8") if path.stat().st_size <= LARGEST else ""
    except (OSError, UnicodeDecodeError):
        return ""


def _counted(name: str, text: str) -> Page:
    ticks = _BOX.findall(text)
    return Page(
        path=f"{FOLDER}/{name}", exists=bool(text.strip()), blanks=text.count(BLANK), boxes=len(ticks),
        ticked=sum(tick in "xX" for tick in ticks),
    )  # fmt: skip


def _shipped() -> list[Path]:
    return sorted(SHIPPED.rglob("*.md"), key=lambda path: (len(path.relative_to(SHIPPED).parts), path.name))
