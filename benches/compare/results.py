"""What was seen, round by round, and what is written of it."""

import json
import os
import platform
import subprocess
from statistics import median

import nchan
import plot
from plan import DESCRIPTIONS, EXPERIMENTS
from targets import judged

FAULTS = ["lost", "disordered", "repeated", "ended"]
SUMMARY = {
    "fanout-1000": "1 order, 1,000 watchers",
    "fanout-5000": "1 order, 5,000",
    "inflight": "1 order, 1,000, 16 under way",
    "topics-10000": "10,000 orders × 1, random",
}


class Results:
    """Each round is a table of experiment and server, holding what the load reported."""

    def __init__(self):
        self.rounds = []
        self.skipped = []
        self.failed = []

    @classmethod
    def load(cls, file):
        results = cls()
        stored = json.loads(file.read_text())
        results.rounds, results.skipped = stored["rounds"], stored["skipped"]
        results.failed = stored["failed"]
        return results

    def store(self, file):
        file.write_text(json.dumps(vars(self)))

    def figure(self, round, experiment, server, figure):
        return round.get(experiment, {}).get(server, {}).get(figure)

    def all(self, experiment, server, figure):
        """The figure in every round that has it."""
        values = (self.figure(round, experiment, server, figure) for round in self.rounds)
        return [value for value in values if value is not None]

    def faults(self):
        """What must not happen, and did, as sentences."""
        for experiment in EXPERIMENTS:
            for server in experiment.servers:
                sums = {fault: sum(self.all(experiment.name, server, fault)) for fault in FAULTS}
                if any(sums.values()):
                    counts = ", ".join(f"{count} {fault}" for fault, count in sums.items() if count)
                    yield f"{experiment.name}, {server}: {counts}"


def machine():
    """What the figures are to be read against."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    rustc = subprocess.run(["rustc", "--version"], capture_output=True, text=True).stdout.strip()
    lines = [
        f"{len(models) or os.cpu_count()} × {models[0] if models else platform.machine()}",
        f"Linux {platform.release().split('-')[0]}",
        rustc,
    ]
    if nchan.found()[0]:
        lines.append(nchan.version().replace("nginx version: ", "") + " with nchan")
    return lines


def write(results, markdown, svg):
    markdown.write_text(text(results, svg.name))
    columns = {name: SUMMARY[name] for name in ("fanout-1000", "fanout-5000", "topics-10000")}
    svg.write_text(plot.bars(results, columns, "cpu_us_per_delivery", DESCRIPTIONS))


def text(results, plot_name):
    parts = [
        "# Results",
        "Written by `scripts/bench end-to-end`; not to be edited. How it is measured, and why that "
        "is fair, stands in [README.md](README.md).",
        "\n".join(f"- {line}" for line in machine()),
        f"{len(results.rounds)} rounds, in each of which every server has its turn. Given is the "
        "median, and in brackets the least and the greatest. A ratio is taken within each round. "
        "The server is pinned to one core and the load to the other.",
        *(f"Left out: {reason}." for reason in results.skipped),
        "## CPU per delivery",
        "The server's own time, user's and system's, in µs.",
        summary(results),
        f"![CPU per delivery]({plot_name})",
        "## Reach",
        reach(results),
        "## Faults",
        faults(results),
    ]
    for experiment in EXPERIMENTS:
        parts += [f"## {experiment.name}", f"{experiment.about}.", call(experiment)]
        parts.append(figures(results, experiment))
    return "\n\n".join(parts) + "\n"


def call(experiment):
    options = " ".join(f"--{name} {value}" for name, value in experiment.options.items())
    return f"`load {experiment.scenario} {options}`, and each server on {threads(experiment)}."


def threads(experiment):
    return "1 thread" if experiment.threads == 1 else f"{experiment.threads} threads"


def summary(results):
    servers = [
        server
        for server in DESCRIPTIONS
        if any(results.all(name, server, "cpu_us_per_delivery") for name in SUMMARY)
    ]
    rows = [
        [DESCRIPTIONS[server]]
        + [spread(results.all(name, server, "cpu_us_per_delivery")) for name in SUMMARY]
        for server in servers
    ]
    return table(["server", *SUMMARY.values()], rows)


def reach(results):
    rows = []
    for target, values, is_met in judged(results):
        verdict = {None: "not run", True: "met", False: "**missed**"}[is_met]
        about = f"{target.about[0].upper()}{target.about[1:]}"
        rows.append([about, target.ours, target.bound_text(), spread(values), verdict])
    return table(["what", "server", "target", "seen", ""], rows)


def faults(results):
    found = [*results.faults(), *results.failed]
    if not found:
        return "None: nothing was lost, repeated or out of order, and no stream ended."
    return "\n".join(f"- {fault}" for fault in found)


def figures(results, experiment):
    names = experiment.figures
    rows = [
        [server] + [spread(results.all(experiment.name, server, name)) for name in names]
        for server in experiment.servers
        if results.all(experiment.name, server, names[0])
    ]
    if not rows:
        return "Not run."
    return table(["server", *(name.replace("_", " ") for name in names)], rows)


def table(heading, rows):
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def spread(values):
    if not values:
        return "–"
    least, greatest = number(min(values)), number(max(values))
    return f"{number(median(values))} ({least}–{greatest})"


def number(value):
    """Three digits that count; whole numbers as they are."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"
