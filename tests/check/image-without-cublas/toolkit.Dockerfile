FROM nvidia/cuda:12.9.1-cudnn-runtime-ubuntu24.04
RUN apt-get update && apt-get install -y ffmpeg python3 python3-venv
COPY requirements.txt .
RUN python3 -m venv venv && . venv/bin/activate && pip install -r requirements.txt
ENV PATH="/venv/bin:$PATH"
