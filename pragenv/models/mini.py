"""The bundled model: small enough for a laptop, trained by `pragenv train-mini` from text that it generates."""

from __future__ import annotations

from importlib.resources import files

from pragenv.models.local import Local

FOLDER = str(files("pragenv.models") / "mini")
SECOND = str(files("pragenv.models") / "mini_second")


class Mini(Local):
    """The bundled model, which can speak for both parties of Clarify and Twenty Questions. See its `README.md`.

    Args:
        path: another checkpoint of its kind: `second`, the bundled one that speaks in the other tasks, or a folder.
        device: `cpu`, `cuda`, …
        dtype: float32, float64, bfloat16 or float16.
        deterministic: float64 on the CPU, so that a completion is the same alone, in any batch and from the cache.
        batch_size: most prompts that are continued side by side.
        cache_gb: memory for what has been read, in 2**30 bytes.
        threads: of PyTorch, for this whole process: on few cores, one is faster than two.
    """

    def __init__(
        self,
        path: str | None = None,
        device: str = "cpu",
        dtype: str = "float32",
        deterministic: bool = True,
        batch_size: int = 256,
        cache_gb: float = 1.0,
        threads: int | None = 1,
    ) -> None:
        exact = deterministic and device == "cpu"
        super().__init__(
            SECOND if path == "second" else path or FOLDER, device, dtype, exact, batch_size, cache_gb, threads
        )
