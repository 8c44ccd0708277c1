FROM docker.io/pytorch/pytorch:2.5.1-cuda12.4-cudnn9-runtime
RUN pip install "torch>=2.0" numpy
