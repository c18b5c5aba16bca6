"""Reading shoppers' messages: what runs beside Rasa, on its Python."""

import os
from pathlib import Path

_PROCESSOR = Path("/proc/cpuinfo")


def kernels_for(processor: str) -> str | None:
    """Return OpenBLAS's name for the kernels that a processor described by /proc/cpuinfo can run; None: whatever OpenBLAS finds."""
    flags = next((line.split() for line in processor.splitlines() if line.startswith("flags")), [])
    return "Haswell" if {"avx2", "fma"} <= set(flags) else None


# OpenBLAS 0.3.18 and 0.3.20, which SciPy 1.10 and NumPy 1.23 bring, take every processor that is newer than they are for a
# Prescott of 2004: half as fast, and factorising the examples in one thread crashes. Read when NumPy is imported, so here.
if _PROCESSOR.exists() and (_kernels := kernels_for(_PROCESSOR.read_text(encoding="utf-8"))):
    os.environ.setdefault("OPENBLAS_CORETYPE", _kernels)
