"""gpucheck: will this software run on this GPU, and if not, what do I paste to fix it?

The program is no Python. This package is for ``python -m gpucheck_cli`` and for programs that look for it.
"""

from ._find import find_gpucheck

__all__ = ["find_gpucheck"]
