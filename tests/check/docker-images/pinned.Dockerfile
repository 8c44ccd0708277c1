FROM lab.example/ai/base:7
RUN pip install torch==2.7.1 --index-url https://download.pytorch.org/whl/cu128
