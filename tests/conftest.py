"""What every test may rely on."""

import gc
from pathlib import Path

import pytest


def pytest_collection_finish() -> None:
    """Thousands of tests live as long as the run: the garbage collector need not go through them again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(autouse=True)
def own_ceilings(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No ceiling that this machine has worked out before is believed, and none is left behind."""
    import pragenv.ceiling

    folder: Path = tmp_path_factory.getbasetemp() / "cache"
    monkeypatch.setattr(pragenv.ceiling, "user_cache_dir", lambda _: str(folder))


@pytest.fixture(autouse=True)
def own_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers is known to no other."""
    from pragenv import registration

    for registry in (registration.tasks, registration.simulators, registration.agents, registration.models):
        monkeypatch.setattr(registry, "_registered", dict(registry._registered))
