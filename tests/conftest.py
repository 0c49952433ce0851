"""What every test may rely on."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_ceilings(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No ceiling that this machine has worked out before is believed, and none is left behind."""
    import pragenv.ceiling

    folder: Path = tmp_path_factory.getbasetemp() / "cache"
    monkeypatch.setattr(pragenv.ceiling, "user_cache_dir", lambda _: str(folder))
