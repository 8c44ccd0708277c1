#!/usr/bin/env bash
set -e
read -rp "CUDA release? " release
case "$release" in
  11*) index=cu118 ;;
  12*) index=cu128 ;;
  none) index=cpu ;;
  *) echo "unknown release" >&2; exit 1 ;;
esac
python3 -m venv venv
source venv/bin/activate
pip install torch==2.7.1 --index-url "https://download.pytorch.org/whl/$index"
