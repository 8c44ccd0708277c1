everything() {
  pip install torch==2.7.1
}
