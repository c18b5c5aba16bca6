from __future__ import annotations

import scipy.linalg  # noqa: F401 - brings the second OpenBLAS
from threadpoolctl import threadpool_info

from nlu import _PROCESSOR, kernels_for


def test_a_processor_newer_than_openblas_is_given_the_kernels_it_can_run() -> None:
    emerald_rapids = (
        "model name\t: Intel(R) Xeon(R)\nflags\t\t: fpu sse2 pni fma avx avx2 avx512f avx512_vnni\nbugs\t: x"
    )

    assert kernels_for(emerald_rapids) == "Haswell"


def test_a_processor_without_them_is_left_to_openblas() -> None:
    assert kernels_for("flags\t\t: fpu sse2 pni avx fma") is None
    assert kernels_for("Features\t: fp asimd") is None
    assert kernels_for("") is None


def test_linear_algebra_runs_on_those_kernels() -> None:
    wanted = kernels_for(_PROCESSOR.read_text(encoding="utf-8")) if _PROCESSOR.exists() else None

    found = {part["architecture"] for part in threadpool_info() if part["internal_api"] == "openblas"}

    assert found
    assert wanted is None or found == {wanted}
