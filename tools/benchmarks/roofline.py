"""Draws every kernel of bench-kernels into a roofline picture: GFLOP/s over the
operations that a byte of operands is good for (Williams, Waterman, Patterson:
Roofline. CACM 52 (2009) 65). Operations are those of a direct convolution, so
Winograd's kernels stand above the roof."""

import argparse
import json
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMES = {"direct": "direct", "winograd2": "Winograd F(2×2)", "winograd4": "Winograd F(4×4)",
         "bfloat16": "bf16 products"}


def measure(out):
    """Runs bench-kernels and keeps its document."""
    subprocess.run([ROOT / "build/bin/bench-kernels", "--benchmark_filter=^(avx512|avx512bf16|amx|memory)/",
                    f"--benchmark_out={out}", "--benchmark_out_format=json"], check=True, stdout=subprocess.DEVNULL)


def read(path):
    """Points (FLOP/byte, GFLOP/s) by algorithm, the peak in GFLOP/s, and bandwidths in GB/s by name."""
    points, bandwidths, peaks = {}, {}, []
    for run in json.loads(path.read_text())["benchmarks"]:
        first, second = run["name"].split("/")[:2]
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
        document = ROOT / "build/bench-kernels.json"
        measure(document)
    with tempfile.NamedTemporaryFile("w", suffix=".gnuplot") as file:
        file.write(script(*read(document), options.output))
        file.flush()
        subprocess.run(["gnuplot", file.name], check=True)
    print(options.output)


if __name__ == "__main__":
    main()
