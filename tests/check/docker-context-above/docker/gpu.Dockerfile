FROM nvidia/cuda:12.8.1-runtime-ubuntu24.04
RUN apt-get update && apt-get install -y python3.12-venv && python3 -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
COPY . /app/
WORKDIR /app
RUN grep -E '^torch(vision|audio)?([<>=]|$)' requirements/gpu.txt > /tmp/torch.txt && \
    sed -i -E 's/^torchvision==.*$//; s/\+cu[0-9]+//' /tmp/torch.txt && \
    pip install -r /tmp/torch.txt --index-url https://download.pytorch.org/whl/cu126
RUN pip install -r requirements/gpu.txt
