#!/bin/sh
# Builds the operator libraries, as far as this machine can.
#
#   build.sh BUILD OUTPUT [ORT_INCLUDE]
#
# BUILD        the folder for CMake and for ONNX Runtime's headers
# OUTPUT       receives libdig_ops.so and, where nvcc is found, libdig_ops_cuda.so
# ORT_INCLUDE  the folder of onnxruntime_cxx_api.h; without it the headers come from the Debian
#              package libonnxruntime-dev, unpacked into BUILD
#
# If something is missing (a C++ compiler, CMake, the headers), the build warns and goes on without
# the libraries: ONNX Runtime then runs the operators' function bodies.
set -eu
source=$(cd "$(dirname "$0")" && pwd)
ci=$source/../../../.ci
mkdir -p "$1" "$2"
build=$(cd "$1" && pwd)
output=$(cd "$2" && pwd)
headers=${3:-}

without() {
  echo "[WARNING] The operators of domain dig are not built, so models run their slower function bodies. $1" >&2
  exit 0
}

# Debian has the package since its release 13.
fetch_headers() {
  "$ci/fetch-deb" libonnxruntime-dev "$build/package" &&
    dpkg -x "$build"/package/libonnxruntime-dev_*.deb "$build/headers" && rm -rf "$build/package"
}

tool() {
  "$ci/tool" "$1" 2>"$build/missing.log"
}

cmake=$(tool cmake) && tool make >/dev/null && CXX=${CXX:-$(tool c++)} || without "$(cat "$build/missing.log")"
export CXX
if [ -z "$headers" ]; then
  headers=$build/headers/usr/include/onnxruntime
  [ -f "$headers/onnxruntime_cxx_api.h" ] || fetch_headers >"$build/headers.log" 2>&1 ||
    without "$build/headers.log says why ONNX Runtime's headers could not be downloaded; -Dort.include=DIR gives a folder that has them."
fi

"$cmake" -S "$source" -B "$build/cmake" -DORT_INCLUDE="$headers" >"$build/configure.log" 2>&1 ||
  { cat "$build/configure.log" >&2; exit 1; }
"$cmake" --build "$build/cmake" --parallel "$(nproc)" >"$build/build.log" 2>&1 ||
  { cat "$build/build.log" >&2; exit 1; }
for library in "$build"/cmake/libdig_ops*.so; do
  cmp -s "$library" "$output/${library##*/}" || cp "$library" "$output/"
done
