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
# What is missing (a C++ compiler, CMake, the headers) costs the libraries and one warning, not
# the build: without them ONNX Runtime runs the operators' function bodies.
set -eu
source=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1" "$2"
build=$(cd "$1" && pwd)
output=$(cd "$2" && pwd)
headers=${3:-}

without() {
  echo "[WARNING] $1: the operators of domain dig are not built, models run their slower function bodies." >&2
  exit 0
}

# Debian has the package since its release 13. A private package state leaves this machine's alone.
fetch_headers() {
  state=$build/apt
  mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
  mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list 2>/dev/null |
    awk '$1 ~ /^(deb|URIs:)$/ { for (i = 2; i <= NF; i++) if ($i ~ /^https?:.*\/debian\/?$/) { print $i; exit } }')
  [ -n "$mirror" ] || return 1
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >"$state/sources.list"
  set -- -qq -oDir::Etc::sourcelist="$state/sources.list" -oDir::Etc::sourceparts=/dev/null \
    -oDir::State::lists="$state/lists" -oDir::Cache="$state/cache" -oAPT::Sandbox::User=root
  apt-get "$@" update && (cd "$state" && apt-get "$@" download libonnxruntime-dev) &&
    dpkg -x "$state"/libonnxruntime-dev_*.deb "$build/headers" && rm -rf "$state"
}

command -v cmake >/dev/null || without "no cmake"
command -v "${CXX:-c++}" >/dev/null || without "no C++ compiler"
if [ -z "$headers" ]; then
  headers=$build/headers/usr/include/onnxruntime
  [ -f "$headers/onnxruntime_cxx_api.h" ] || fetch_headers >"$build/headers.log" 2>&1 ||
    without "no ONNX Runtime headers (give -Dort.include=DIR; $build/headers.log says why they could not be fetched)"
fi

cmake -S "$source" -B "$build/cmake" -DORT_INCLUDE="$headers" >"$build/configure.log" 2>&1 ||
  { cat "$build/configure.log" >&2; exit 1; }
cmake --build "$build/cmake" --parallel "$(nproc)" >"$build/build.log" 2>&1 ||
  { cat "$build/build.log" >&2; exit 1; }
for library in "$build"/cmake/libdig_ops*.so; do
  cmp -s "$library" "$output/${library##*/}" || cp "$library" "$output/"
done
