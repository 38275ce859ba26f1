#!/bin/sh
# Checks the sources' format and tests the kernels that build.sh built into the folder BUILD, under AddressSanitizer and
# UBSan.
#
#   test.sh BUILD
set -eu
if command -v clang-format >/dev/null; then
  find "$(dirname "$0")" -name '*.h' -o -name '*.cpp' -o -name '*.cuh' -o -name '*.cu' -o -name '*.inc' |
    xargs clang-format --dry-run -Werror
else
  echo "[WARNING] No clang-format here: the format of the C++ sources is not checked." >&2
fi
for name in gated_linear_attention_cpu_check token_cpu_check; do
  test="$1/cmake/$name"
  if [ -x "$test" ]; then
    "$test"
  else
    echo "[WARNING] $test was not built: these kernel tests are skipped." >&2
  fi
done
