#!/bin/bash
source "${BASH_SOURCE[0]%/*}/lib.sh"
"$STEP"
