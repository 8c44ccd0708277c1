FROM lab.example/ai/base:7
RUN pip install torch numpy
