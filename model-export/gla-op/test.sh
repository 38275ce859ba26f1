#!/bin/sh
# Tests the kernels that build.sh built into the folder BUILD, under AddressSanitizer and UBSan.
#
#   test.sh BUILD
set -eu
for name in gla_cpu_test token_cpu_test; do
  test="$1/cmake/$name"
  if [ -x "$test" ]; then
    "$test"
  else
    echo "[WARNING] $test was not built: these kernel tests are skipped." >&2
  fi
done
