#!/usr/bin/env bash
# Builds everything and runs every test; installs what they need into artifacts/ and node_modules/. Needs the .NET 10 SDK and npm.
set -uo pipefail
cd "$(dirname "$0")/.."

need() { command -v "$1" >/dev/null || { echo "tests/run.sh needs $1: $2" >&2; exit 1; }; }
need dotnet "install the .NET 10 SDK"
need npm "install Node.js 20 or later with npm"

# promtool checks /metrics. The package is unpacked, not installed: nothing of it runs beside the tests.
if ! command -v promtool >/dev/null && command -v apt-get >/dev/null; then
  tools="$PWD/artifacts/tools"
  if [ ! -x "$tools/usr/bin/promtool" ]; then
    mkdir -p "$tools"
    (cd "$tools" && { apt-get download -qq prometheus || { apt-get update -qq && apt-get download -qq prometheus; }; } \
      && dpkg-deb -x prometheus_*.deb . && rm prometheus_*.deb) >/dev/null 2>&1 \
      || echo "promtool could not be had; the test that needs it is skipped" >&2
  fi
  export PATH="$tools/usr/bin:$PATH"
fi

# The tests of stores start a PostgreSQL server of their own; the package is told not to make and start one.
if ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 && ! command -v initdb >/dev/null && command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ]; then
  mkdir -p /etc/postgresql-common
  [ -e /etc/postgresql-common/createcluster.conf ] || echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
  install_postgresql() { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold postgresql; }
  { install_postgresql || { apt-get update -qq && install_postgresql; }; } >/dev/null 2>&1 \
    || echo "PostgreSQL could not be had; the tests that need it are skipped" >&2
fi

# Redis too is started by the tests themselves. redis-tools has the program; redis-server would add a service, which nobody needs here.
if ! command -v redis-server >/dev/null && ! command -v redis-check-rdb >/dev/null && command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ]; then
  install_redis() { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redis-tools; }
  { install_redis || { apt-get update -qq && install_redis; }; } >/dev/null 2>&1 \
    || echo "Redis could not be had; the tests that need it are skipped" >&2
fi

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
dotnet build Gateway.sln -c Release -warnaserror || exit 1
# The clients below talk to the published service, made from what the Dockerfile copies and as it makes it: no engine is needed to see that it builds.
rm -rf artifacts/image artifacts/publish && mkdir -p artifacts/image || exit 1
sed -n 's/^COPY \([^-].*\) [^ ]*$/\1/p' Dockerfile | xargs tar -c --exclude=bin --exclude=obj | tar -x -C artifacts/image || exit 1
(cd artifacts/image && dotnet publish src/Gateway -c Release -o ../publish) || exit 1
export GATEWAY_PROGRAM="$PWD/artifacts/publish/gateway.dll"
(cd tests/sdk && npm ci --ignore-scripts --no-audit --no-fund) || exit 1

passed=0 failed=0 skipped=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# add PASSED FAILED SKIPPED: nothing counted at all is a failure too.
add() {
  passed=$((passed + ${1:-0})) failed=$((failed + ${2:-0})) skipped=$((skipped + ${3:-0}))
  [ $((${1:-0} + ${2:-0} + ${3:-0})) -gt 0 ] || { echo "no test was run" >&2; failed=$((failed + 1)); }
}

for project in Gateway.Llama.Tests Gateway.Tests Gateway.EndToEnd.Tests; do
  dotnet test "tests/$project" -c Release --no-build --logger "console;verbosity=minimal" 2>&1 | tee "$log"
  number() { grep -oE "$1: +[0-9]+" "$log" | tail -n 1 | grep -oE '[0-9]+'; }
  add "$(number Passed)" "$(number Failed)" "$(number Skipped)"
done

(cd tests/sdk && node --test --test-reporter=tap) 2>&1 | tee "$log"
number() { grep -oE "^# $1 [0-9]+" "$log" | tail -n 1 | grep -oE '[0-9]+'; }
add "$(number pass)" "$(number fail)" "$(number skipped)"

dotnet format Gateway.sln --verify-no-changes --no-restore || { echo "dotnet format finds something to change" >&2; failed=$((failed + 1)); }

echo
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
