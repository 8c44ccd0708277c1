FROM python:3.11
ARG TORCH_VERSION
RUN pip install "torch==${TORCH_VERSION}"
