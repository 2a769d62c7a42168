#!/usr/bin/env bash
# Builds the llama-server of the llama.cpp release that this repository is pinned to, in a folder outside of it, and prints the path of the program:
#   LLAMA_SERVER=$(bash tests/Gateway.Benchmarks/llama-server.sh /tmp/llama-server) dotnet run --project tests/Gateway.Benchmarks -c Release -- engine-vs
# It needs npm, git, cmake and a C++ compiler, and takes about a quarter of an hour on two cores. As a user builds it: Release, for this machine's processor.
set -euo pipefail
folder=${1:?usage: llama-server.sh FOLDER}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=$(node -p "require('$here/../../src/Gateway.Llama/runtimes/package.json').optionalDependencies['@node-llama-cpp/linux-x64']")
mkdir -p "$folder" && cd "$folder"
{
    [ -d source ] || {
        npm pack --silent "node-llama-cpp@$version"
        tar xzf node-llama-cpp-*.tgz package/llama/gitRelease.bundle
        git clone --quiet package/llama/gitRelease.bundle source
    }
    cmake -S source -B build -DCMAKE_BUILD_TYPE=Release -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_USE_PREBUILT_UI=OFF -DLLAMA_OPENSSL=OFF
    nice -n 19 cmake --build build --target llama-server -j "$(nproc)"
} >&2
echo "$folder/build/bin/llama-server"
