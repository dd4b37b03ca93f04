#!/usr/bin/env bash
# Installs into a scratch prefix, moves it elsewhere, and runs the main job from
# there: nothing may point back into the build tree.
set -euo pipefail
cmake=$1 build=$2 source=$3
scratch=$(realpath "$(mktemp -d)")
trap 'rm -rf "$scratch"' EXIT
"$cmake" --install "$build" --prefix "$scratch/first" >/dev/null
mv "$scratch/first" "$scratch/moved"
cd "$scratch"
model=$source/tools/demo-network/resnet8-shapes.onnx
moved/bin/cim compile "$model" --until perturbed --quantize 4 -o network.mlir
moved/bin/cim-opt network.mlir -o /dev/null
# The sources, which the library falls back to, are still there.
for command in devices technologies; do
  moved/bin/cim $command --json listed.json >/dev/null
  grep '"file": ' listed.json >files
  if grep -v "\"$scratch/moved/" files; then
    echo "cim $command reads the source tree" >&2
    exit 1
  fi
done
moved/bin/cim eval network.mlir --data shapes --limit 200 | grep accuracy
for program in moved/bin/cim moved/lib*/*.so; do
  if ldd "$program" | grep -E "not found|$build"; then
    echo "$program does not stand alone" >&2
    exit 1
  fi
done
test -f moved/share/doc/*/LICENSE
test -f moved/share/doc/*/echarts/LICENSE
test -f moved/share/doc/*/echarts/NOTICE
