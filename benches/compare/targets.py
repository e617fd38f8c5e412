"""What the library means to reach, each as a figure or a ratio within one round."""

from dataclasses import dataclass
from statistics import median

# The cap of our send buffer: 64 KiB, which Linux doubles for its own records.
SENDING_KB = 128


@dataclass
class Target:
    """`figure` of `ours` in an experiment, over the same of `against` where there is one."""

    about: str
    experiment: str
    figure: str
    ours: str
    bound: float
    against: str = ""
    at_least: bool = False
    # The experiment of `against`, where it is another; turned round where more is better.
    other: str = ""

    def values(self, results):
        """The figure or ratio of every round that has all it needs."""
        return [
            value
            for round in results.rounds
            if (value := self.value(lambda *key: results.figure(round, *key))) is not None
        ]

    def value(self, figure):
        ours = figure(self.experiment, self.ours, self.figure)
        if not self.against:
            return ours
        theirs = figure(self.other or self.experiment, self.against, self.figure)
        return quotient(ours, theirs)

    def is_met(self, value):
        return value >= self.bound if self.at_least else value <= self.bound

    def bound_text(self):
        return f"{'≥' if self.at_least else '≤'} {self.bound:g}{' ×' if self.is_ratio() else ''}"

    def is_ratio(self):
        quotients = ("_ratio", "_to_fresh", "_to_discard")
        return bool(self.against) or self.figure.endswith(quotients)

    def subject(self):
        return f"{self.ours}, {self.about}"


@dataclass
class Growth(Target):
    """How the ratio to the floor changes from 100 orders to 10,000."""

    def value(self, figure):
        def to_floor(experiment):
            of = [figure(experiment, server, self.figure) for server in (self.ours, "floor")]
            return quotient(*of)

        return quotient(to_floor("topics-10000"), to_floor("topics-100"))

    def is_ratio(self):
        return True


def quotient(above, below):
    return above / below if above is not None and below else None


def cpu(about, experiment, ours, against, bound):
    return Target(about, experiment, "cpu_us_per_delivery", ours, bound, against)


def targets():
    watchers = "5,000 watchers, CPU per delivery"
    yield cpu(f"{watchers}: to the floor", "fanout-5000", "ours-axum", "floor", 1.35)
    ready = f"{watchers}: to the framework's ready bytes"
    yield cpu(ready, "fanout-5000", "ours-axum", "axum-bytes", 0.75)
    yield cpu(f"{watchers}: to nchan", "fanout-5000", "ours-axum", "nchan", 0.75)
    yield cpu(f"{watchers}: to the floor", "fanout-5000", "ours-axum-stock", "floor", 1.6)
    yield cpu(f"{watchers}: to the floor", "fanout-5000", "ours-actix", "floor", 1.3)
    yield cpu(ready, "fanout-5000", "ours-actix", "actix-bytes", 0.9)
    for ours in ("ours-axum", "ours-actix"):
        flight = "16 events under way"
        yield cpu(f"{flight}, CPU: to axum with ready bytes", "inflight", ours, "axum-bytes", 0.9)
        yield cpu(f"{flight}, CPU: to the floor", "inflight", ours, "floor", 0.4)
        yield Target(f"{flight}, p99: to nchan", "inflight", "p99_ms", ours, 1, "nchan")
    for ours in ("ours-axum", "ours-actix"):
        last = "10 events a second, publish → last watcher, p99"
        yield Target(f"{last}: in ms", "paced", "last_watcher_p99_ms", ours, 100)
        yield Target(f"{last}: to nchan", "paced", "last_watcher_p99_ms", ours, 1, "nchan")
    for ours in ("ours-axum", "ours-actix"):
        orders = "10,000 orders, CPU per delivery"
        yield cpu(f"{orders}: to the competent user's axum", "topics-10000", ours, "axum-user", 0.8)
        growth = "10,000 orders: ratio to the floor, to that of 100 orders"
        yield Growth(growth, "topics-10000", "cpu_us_per_delivery", ours, 1)
    for ours in ("ours-axum", "ours-axum-stock", "ours-actix"):
        publish = "publish with nobody watching: to reading and answering"
        yield Target(publish, "publish", "publish_to_discard", ours, 1.25)
    idle = "idle stream, process memory"
    yield Target(f"{idle}: in KB", "idle", "kb_per_stream", "ours-axum", 11)
    bare = f"{idle}: to a bare stream"
    yield Target(bare, "idle", "kb_per_stream", "ours-axum-stock", 1.05, "bare-axum")
    yield Target(bare, "idle", "kb_per_stream", "ours-actix", 1.05, "bare-actix")
    for ours in ("ours-axum", "ours-actix"):
        beats = "10,000 idle streams with heartbeats"
        yield Target(f"{beats}: % of a core", "heartbeats", "cpu_percent", ours, 1)
        spike = f"{beats}: % in the busiest half second"
        yield Target(spike, "heartbeats", "busiest_half_second_percent", ours, 3)
    for ours in ("ours-axum", "ours-actix"):
        storm = "5,000 come back, 5 events missed"
        yield Target(f"{storm}: time, to fresh streams", "storm", "caught_up_to_fresh", ours, 1.2)
        yield Target(f"{storm}: lost SYNs", "storm", "storm_lost_syns", ours, 0)
        yield Target(f"{storm}: CPU, to nchan", "storm", "storm_cpu_us", ours, 0.5, "nchan")
    for ours in ("ours-axum", "ours-actix"):
        slow = "60 of 300 stopped"
        yield Target(f"{slow}: the others' CPU", "slow", "cpu_ratio", ours, 1.1)
        yield Target(f"{slow}: the others' p99", "slow", "p99_ratio", ours, 1.1)
        yield Target(f"{slow}: process KB per stopped reader", "slow", "kb_per_stopped", ours, 64)
        kernel = f"{slow}: kernel KB per stopped reader, the server's end"
        yield Target(kernel, "slow", "sending_kb_per_stopped", ours, SENDING_KB)
    for ours in ("ours-axum", "ours-actix"):
        two = "2 threads on 2 cores: speed, to 1 thread"
        yield Speed(two, "two-threads", "written_ms", ours, 1.6, ours, True, "one-thread")


class Speed(Target):
    """Times, compared as speeds."""

    def value(self, figure):
        return quotient(1, super().value(figure))


def judged(results):
    """Every target with what was seen: the median over the rounds, and whether that meets it."""
    for target in targets():
        values = target.values(results)
        yield target, values, target.is_met(median(values)) if values else None
