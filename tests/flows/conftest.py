"""One served workspace for the tests of a file: a server takes ten seconds to start, and much while it runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from served_fleet import TOOLS, Day, Serve, ask, fleet


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    """`agentre serve` with proposals that wait, and a nightly flow due each minute."""
    workspace = fleet(tmp_path_factory.mktemp("served") / "fleet", nightly="* * * * *")
    drafted = ask(workspace, TOOLS)
    proposals = {next(tool for tool in TOOLS if tool in p.title): p for p in drafted}
    assert len(proposals) == len(TOOLS)
    serve = Serve(workspace)
    try:
        yield Day(serve, serve.start(), proposals)
    finally:
        serve.kill()
