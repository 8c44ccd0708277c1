#!/bin/sh
# Before a job starts on a node: one that is not as it should be is drained with the reason, and Slurm gives the job to another. In slurm.conf:
#
#   Prolog=/etc/slurm/gpucheck/prolog.sh
#   PrologFlags=Alloc
#
# Where a prolog fails, Slurm drains the node itself, but only with "Prolog error": health-check.sh, which must lie beside this file, says
# why before that. Jobs wait for it: it is as fast as the driver answers, and a driver that hangs is given up after `--probe-timeout`
# (in GPUCHECK_ARGUMENTS); PrologEpilogTimeout must be longer.
exec "$(dirname "$0")/health-check.sh"
