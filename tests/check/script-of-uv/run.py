# /// script
# requires-python = ">=3.10"
# dependencies = ["torch==2.6.0"]
# ///
import torch

print(torch.cuda.get_device_name())
