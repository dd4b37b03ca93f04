"""Draws the convolutions and dense layers of bench-kernels into a roofline
picture: GFLOP/s over the operations that a byte of operands is good for
(Williams, Waterman, Patterson: Roofline. CACM 52 (2009) 65). Operations are
those of a direct convolution, so Winograd's kernels stand above the roof. It
shows f32 kernels of the processor's best instruction set and kernels of bf16
products; those of other sets and the other subjects of bench-kernels (its first
lines list them) are not drawn."""

import argparse
import json
import pathlib
import subprocess
import tempfile

from paths import BUILD, ROOT

KERNELS = BUILD / "bin/bench-kernels"
NAMES = {"direct": "direct", "winograd2": "Winograd F(2×2)", "winograd4": "Winograd F(4×4)",
         "bfloat16": "bf16 products"}
BFLOAT16 = ("avx512bf16", "amx")  # instruction sets that have such products and no other kernels


def shown(names):
    """What the picture shows of the benchmarks named: convolutions of the best instruction set, products in bf16, and memory.
    Names of all other subjects begin with the subject."""
    found = {name.split("/")[0] for name in names}
    best = next(name for name in ("avx512", "avx2", "baseline") if name in found)
    return {best, *BFLOAT16, "memory"} & found


def measure(out):
    """Runs what is drawn of bench-kernels and keeps its document."""
    names = subprocess.run([KERNELS, "--benchmark_list_tests"], check=True, capture_output=True, text=True).stdout.split("\n")
    subprocess.run([KERNELS, f"--benchmark_filter=^({'|'.join(shown(names))})/", f"--benchmark_out={out}",
                    "--benchmark_out_format=json"], check=True, stdout=subprocess.DEVNULL)


def read(path):
    """Points (FLOP/byte, GFLOP/s) by algorithm, the peak in GFLOP/s, and bandwidths in GB/s by name."""
    points, bandwidths, peaks = {}, {}, []
    runs = json.loads(path.read_text())["benchmarks"]
    kinds = shown(run["name"] for run in runs)
    for run in runs:
        first, second = run["name"].split("/")[:2]
        if first not in kinds:
            continue
        if first == "memory":
            bandwidths[second] = run["GB/s"]
            continue
        points.setdefault(second, []).append((run["FLOP/byte"], run["GFLOP/s"]))
        peaks.append(100 * run["GFLOP/s"] / run["%peak"])
    return points, max(peaks), bandwidths


def script(points, peak, bandwidths, out):
    lines = [
        f'set terminal svg size 760,460 font "sans-serif,12" background "white"; set output "{out}"',
        'set logscale xy; set xlabel "operations per byte of operands"; set ylabel "GFLOP/s of one core"',
        'set key below maxrows 3; set grid; set xrange [0.3:300]; set yrange [5:1000]',
    ]
    plots = []
    for index, name in enumerate(name for name in NAMES if name in points):
        lines.append(f"$points{index} << END\n" + "\n".join(f"{x} {y}" for x, y in points[name]) + "\nEND")
        plots.append(f'$points{index} with points pointtype 7 pointsize 0.6 title "{NAMES[name]}"')
    plots.append(f'{peak} with lines linewidth 2 linecolor "black" title "multiply-add peak, {peak:.0f}"')
    for name, bandwidth in bandwidths.items():
        plots.append(f'(x * {bandwidth} < {peak} ? x * {bandwidth} : 1/0) with lines dashtype 2 '
                     f'linecolor "gray40" title "{name}, {bandwidth:.0f} GB/s"')
    return "\n".join(lines + ["plot " + ", ".join(plots)]) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measured", type=pathlib.Path, help="an earlier document of bench-kernels, instead of measuring")
    parser.add_argument("-o", "--output", type=pathlib.Path, default=ROOT / "docs/images/roofline.svg")
    options = parser.parse_args()
    document = options.measured
    if document is None:
        document = BUILD / "bench-kernels.json"
        measure(document)
    with tempfile.NamedTemporaryFile("w", suffix=".gnuplot") as file:
        file.write(script(*read(document), options.output))
        file.flush()
        subprocess.run(["gnuplot", file.name], check=True)
    print(options.output)


if __name__ == "__main__":
    main()
