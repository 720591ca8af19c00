"""In which type of numbers the large products of a step are computed.

bfloat16 has float32's range and 8 bits of its precision; sums of products stay float32. Processors
that multiply it do so several times as fast; others would be slower.
"""

import torch

from mars_model.settings import Precision

# What torch calls the instructions that multiply bfloat16, on x86 and ARM.
_INSTRUCTIONS = ("avx512_bf16", "amx_bf16", "bf16")


def type_of_products(wanted: Precision, device: torch.device) -> torch.dtype | None:
    """The type for products of liked items with candidates here; None: as the vectors have it."""
    if wanted == "auto":
        has_it = any(torch.cpu.get_capabilities().get(name) for name in _INSTRUCTIONS)
        wanted = "bfloat16" if device.type == "cpu" and has_it else "float32"
    return torch.bfloat16 if wanted == "bfloat16" else None
