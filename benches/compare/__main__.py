"""Runs every server under the same load, turn by turn, and writes what came of it.

usage: scripts/bench end-to-end [--quick] [--rounds N] [--only WORD]... [--again]

  --quick     two rounds of shorter runs, to see that all is well
  --rounds N  how often everything is run; 5 otherwise
  --only WORD experiments whose name contains it; may be given several times
  --again     writes the results of the last run anew, and runs nothing
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import nchan
from plan import EXPERIMENTS, NCHAN, command
from results import Results, write
from targets import judged

HERE = Path(__file__).resolve().parent
LONGEST_RUN = 180


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1])
    parser.add_argument("--target-dir", type=Path, required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--again", action="store_true")
    arguments = parser.parse_args()
    stored = arguments.target_dir / "end-to-end.json"

    results = Results.load(stored) if arguments.again else run(arguments, stored)
    # What is quick or of a part is to look at, and does not replace what was published.
    whole = not arguments.quick and not arguments.only
    folder = HERE.parent if whole else arguments.target_dir
    write(results, folder / "RESULTS.md", folder / "fanout.svg")
    print(f"\nwritten: {folder / 'RESULTS.md'}")
    for target, values, is_met in judged(results):
        if is_met is False:
            print(f"missed: {target.subject()} {target.bound_text()}: {sorted(values)}")


def run(arguments, stored):
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    results = Results()
    available, reason = nchan.found()
    if not available:
        results.skipped.append(f"nchan, since {reason}")
        print(f"without nchan: {reason}")
    binaries = arguments.target_dir / "release"
    chosen = [
        experiment
        for experiment in EXPERIMENTS
        if not arguments.only or any(word in experiment.name for word in arguments.only)
    ]
    rounds = arguments.rounds or (2 if arguments.quick else 5)
    begun = time.monotonic()
    for number in range(1, rounds + 1):
        results.rounds.append({})
        for experiment in chosen:
            for server in turns(experiment.servers, number):
                if server == NCHAN and not available:
                    continue
                report = measure(experiment, server, binaries, arguments.quick, files, results)
                results.rounds[-1].setdefault(experiment.name, {})[server] = report
                first = experiment.figures[0]
                minutes = (time.monotonic() - begun) / 60
                print(
                    f"[{minutes:4.1f} min] {number}/{rounds} {experiment.name:<13} {server:<16} "
                    f"{first} {report.get(first, 'failed')}",
                    flush=True,
                )
            # A run that is cut off is not lost: `--again` writes what there is.
            results.store(stored)
    return results


def turns(servers, number):
    """Whoever comes first in one round comes last in another."""
    start = (number - 1) * 2 % len(servers)
    return servers[start:] + servers[:start]


def measure(experiment, server, binaries, quick, files, results):
    options = experiment.options | (experiment.quick if quick else {})
    load = [str(binaries / "load"), experiment.scenario, "--label", server]
    for name, value in options.items():
        load += [f"--{name}", str(value)]
    if server == NCHAN:
        with nchan.Nchan(files) as nginx:
            call = [*load, "--port", str(nginx.port), "--", *nginx.command]
            return report_of(call, experiment, server, results)
    call = [*load, "--", *command(server, binaries, experiment.threads)]
    return report_of(call, experiment, server, results)


def report_of(call, experiment, server, results):
    """The JSON line; nothing where the run failed, which the results then say."""
    try:
        done = subprocess.run(call, capture_output=True, text=True, timeout=LONGEST_RUN)
        if done.returncode == 0:
            return json.loads(done.stdout.splitlines()[-1])
        why = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
    except subprocess.TimeoutExpired:
        why = f"not done after {LONGEST_RUN} s"
    print(f"failed: {' '.join(call)}: {why}", file=sys.stderr)
    results.failed.append(f"{experiment.name}, {server} failed: {why}")
    return {}


if __name__ == "__main__":
    main()
