#!/bin/sh
if [ $# -eq 0 ]; then
  echo "usage: install.sh cuda|cpu"
  exit 1
fi
while [ $# -gt 0 ]; do
  case "$1" in
    cuda) INDEX=cu126 ;;
    cpu) INDEX=cpu ;;
  esac
  shift
done
pip install torch==2.7.1 --index-url https://download.pytorch.org/whl/$INDEX
