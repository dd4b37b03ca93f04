"""cim beside itself on ResNet-32: what threads gain, whole trials of few and of
many images, and how a compiled plan starts. Cases take turns, round by round;
figures are medians.

Whole trials are fresh weights, then all images; one `cim eval` runs several
chips, as a study does, so that starting, compiling and opening the data count
once, and not here. Start-up is of whole processes, in which they do count.
"""
# Nothing large is imported here: a child begins with its parent's peak memory (sweep.spent).

import argparse
import json
import os
import pathlib
import statistics
import tempfile

from paths import BUILD, SHARED, cpu_name
from sweep import run, spent

SETTINGS = {
    "f32": (),
    "bf16": ("--precision", "bf16"),
    "DAC and ADC of 8 bits, 128×128": ("--crossbar", "128x128", "--dac", "8", "--adc", "8"),
}
NOISE = ("--noise", "normal:0.01ns")  # its size does not matter to speed
TRIAL_IMAGES = (100, 200, 500, 1000, 10_000)


def in_turn(cases, rounds):
    """What each case, a function, returns in every round: a dictionary of figures."""
    results = {name: [] for name in cases}
    for _ in range(rounds):
        for name, case in cases.items():
            results[name].append(case())
    return results


def median(results, figure):
    return statistics.median(result[figure] for result in results)


def table(*rows):
    """The first row has the titles, and every row a name before its figures."""
    first, *others = ["| " + " | ".join(row) + " |" for row in rows]
    print(first, "|---" * len(rows[0]) + "|", *others, "", sep="\n", flush=True)


def inference(arguments, common):
    def case(threads, options):
        document, _, _ = run("eval", *common, "--limit", arguments.images, "--threads", threads, *options)
        return {"images_per_second": document["images_per_second"]}

    counts = (1, arguments.threads)
    results = in_turn({(name, threads): lambda threads=threads, options=options: case(threads, options)
                       for name, options in SETTINGS.items() for threads in counts}, arguments.rounds)
    rates = {key: median(result, "images_per_second") for key, result in results.items()}
    print(f"Inference of {arguments.images:,} images, images/s:\n")
    table(["", "1 thread", f"{arguments.threads} threads", "ratio"],
          *[[name, *[f"{rates[name, threads]:,.0f}" for threads in counts],
             f"{rates[name, counts[1]] / rates[name, 1]:.2f}×"] for name in SETTINGS])
    return [{"setting": name, "threads": threads, "rounds": result} for (name, threads), result in results.items()]


def trials(arguments, common):
    def case(images):
        chips = max(1, arguments.images // images)
        document, _, _ = run("eval", *common, "--limit", images, "--threads", arguments.threads, *NOISE, "--trials", chips)
        program, forward = document["seconds"]["program"], document["seconds"]["forward"]
        return {"chips": chips, "images_per_second": chips * images / (program + forward),
                "program_share": program / (program + forward)}

    results = in_turn({images: lambda images=images: case(images) for images in TRIAL_IMAGES if images <= arguments.images},
                      arguments.rounds)
    print(f"Whole trials, f32, {arguments.threads} threads:\n")
    table(["images of a trial", "chips", "images/s", "programming"],
          *[[f"{images:,}", str(result[0]["chips"]), f"{median(result, 'images_per_second'):,.0f}",
             f"{100 * median(result, 'program_share'):.1f} %"] for images, result in results.items()])
    return [{"images": images, "rounds": result} for images, result in results.items()]


def starts(arguments, common):
    """Neither asks for a document: `cim compile --json` would compile twice, to count layers."""
    model, *data = common
    with tempfile.TemporaryDirectory() as scratch:
        plan = pathlib.Path(scratch) / "network.plan"
        commands = {
            "`cim compile network.onnx -o network.plan`": ("compile", model, "-o", plan),
            "`cim eval network.plan --limit 1`": ("eval", plan, *data, "--limit", 1),
            "`cim eval network.onnx --limit 1`": ("eval", model, *data, "--limit", 1),
        }
        results = in_turn({name: lambda command=command: dict(zip(("seconds", "megabytes"), spent(*command)))
                           for name, command in commands.items()}, arguments.rounds)
        compiling = in_turn({"compiling": lambda: run("eval", model, *data, "--limit", 1)[0]["seconds"]}, arguments.rounds)
    print("Whole processes; compiling alone, without loading the compiler's libraries, is "
          f"{1000 * median(compiling['compiling'], 'compile'):.1f} ms of the last (`\"compile\"` of its document):\n")
    table(["", "seconds", "peak memory, MB"],
          *[[name, f"{median(result, 'seconds'):.3f}", f"{median(result, 'megabytes'):.0f}"]
            for name, result in results.items()])
    return [{"command": name, "rounds": result} for name, result in {**results, **compiling}.items()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=SHARED / "models/resnet32-cifar10.onnx")
    parser.add_argument("--data", default=f"cifar10:{SHARED / 'data/cifar-10-binary.tar.xz'}")
    parser.add_argument("--images", type=int, default=10_000, help="images of a run, of all its chips together")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", default=str(BUILD / "bench-program.json"), help="where the figures are saved")
    arguments = parser.parse_args()
    common = (arguments.model, "--data", arguments.data)
    run("eval", *common, "--limit", 1)  # unpacks the data
    document = {"machine": {"cpu": cpu_name(), "cores": os.cpu_count()}, "threads": arguments.threads,
                "images": arguments.images, "rounds": arguments.rounds,
                "inference": inference(arguments, common), "trials": trials(arguments, common),
                "starts": starts(arguments, common)}
    pathlib.Path(arguments.json).write_text(json.dumps(document, indent=1) + "\n")
    print(f"saved {arguments.json}")


if __name__ == "__main__":
    main()
