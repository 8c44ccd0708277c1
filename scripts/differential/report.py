"""Tables of docs/differential.md."""
from __future__ import annotations
def all_differences(result: dict) -> list[dict]:
    return result["differences"] + [found for found in result["hidden"] if "gpucheck" in found]
