#!/bin/sh
# Tests the kernels that build.sh built into the folder BUILD, under AddressSanitizer and UBSan.
#
#   test.sh BUILD
set -eu
test="$1/cmake/gla_cpu_test"
if [ ! -x "$test" ]; then
  echo "[WARNING] $test was not built: the kernel tests are skipped." >&2
  exit 0
fi
exec "$test"
