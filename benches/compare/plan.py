"""Which servers run, what is done to them, and how often."""

from dataclasses import dataclass, field

# The names under which results and targets speak of servers, and how each is started. `{port}` is
# the load's to fill in; nginx is set up by `nchan.py`.
PEERS = ["floor", "actix-bytes", "actix-lab", "axum-bytes", "axum-user", "bare-axum", "bare-actix"]
OURS = {
    "ours-axum": "axum", "ours-axum-stock": "axum-stock",
    "ours-actix": "actix", "ours-actix-stock": "actix-stock",
}
NCHAN = "nchan"

DESCRIPTIONS = {
    "floor": "bare epoll loop, one `write` of a ready frame per socket",
    "actix-bytes": "actix, `broadcast` of ready `Bytes`",
    "actix-lab": "actix-web-lab SSE, serialised per watcher",
    "axum-bytes": "axum, `broadcast` of ready `Bytes`",
    "axum-user": "axum SSE + `broadcast`, as a competent user writes it",
    "bare-axum": "axum, a silent stream of `Bytes`",
    "bare-actix": "actix, a silent stream of `Bytes`",
    "nchan": "nginx + nchan (C)",
    "ours-axum": "order-events, axum by its own `serve`",
    "ours-axum-stock": "order-events, stock `axum::serve` with our listener",
    "ours-actix": "order-events, actix by its own `serve`",
    "ours-actix-stock": "order-events, actix's `HttpServer` with our sockets",
}

BOTH = ["ours-axum", "ours-actix"]
ALL_OURS = ["ours-axum", "ours-axum-stock", "ours-actix", "ours-actix-stock"]
DELIVERING = ["floor", "actix-bytes", "actix-lab", "axum-bytes", "axum-user", NCHAN, *ALL_OURS]


@dataclass
class Experiment:
    """One call of the load per server and round."""

    name: str
    about: str
    servers: list
    scenario: str
    options: dict = field(default_factory=dict)
    # Options that a quick run has instead.
    quick: dict = field(default_factory=dict)
    threads: int = 1
    # Figures that the tables show first, and whether each is the better the smaller.
    figures: list = field(default_factory=list)


DELIVERY = ["cpu_us_per_delivery", "p50_ms", "p99_ms", "deliveries_per_read"]

EXPERIMENTS = [
    Experiment(
        "fanout-1000", "1 order, 1,000 watchers, an event at a time",
        DELIVERING, "fanout", {"watchers": 1000, "rounds": 250}, {"rounds": 100},
        figures=DELIVERY,
    ),
    Experiment(
        "fanout-5000", "1 order, 5,000 watchers, an event at a time",
        DELIVERING, "fanout", {"watchers": 5000, "rounds": 60}, {"rounds": 30},
        figures=DELIVERY,
    ),
    Experiment(
        "inflight", "1 order, 1,000 watchers, 16 events under way at once",
        ["floor", "axum-bytes", "actix-bytes", NCHAN, *ALL_OURS],
        "fanout", {"watchers": 1000, "inflight": 16, "rounds": 20}, {"rounds": 10},
        figures=DELIVERY,
    ),
    Experiment(
        "paced", "1 order, 5,000 watchers, 10 events a second",
        ["floor", NCHAN, *BOTH],
        "paced", {"watchers": 5000, "seconds": 10}, {"seconds": 5},
        figures=["last_watcher_p50_ms", "last_watcher_p99_ms", "cpu_us_per_delivery"],
    ),
    Experiment(
        "topics-10000", "10,000 orders with a watcher each, random publishes",
        DELIVERING, "topics", {"orders": 10_000, "rounds": 10_000}, {"rounds": 5_000},
        figures=DELIVERY,
    ),
    Experiment(
        "topics-100", "100 orders with a watcher each, random publishes",
        ["floor", *ALL_OURS], "topics", {"orders": 100, "rounds": 10_000}, {"rounds": 5_000},
        figures=DELIVERY,
    ),
    Experiment(
        "publish", "nobody watches: a publish over HTTP, and a handler that reads and answers",
        ALL_OURS, "publish", {"rounds": 10_000}, {"rounds": 5_000},
        figures=["publish_to_discard", "cpu_us_per_publish", "cpu_us_per_discard"],
    ),
    Experiment(
        "idle", "10,000 open streams, to which nothing is published",
        ["floor", "bare-axum", "bare-actix", NCHAN, *ALL_OURS],
        "idle", {"watchers": 10_000, "seconds": 0},
        figures=["kb_per_stream", "resident_kb_per_stream", "kernel_kb_per_stream"],
    ),
    Experiment(
        "heartbeats", "10,000 open streams with heartbeats after 15 s of silence",
        BOTH, "idle", {"watchers": 10_000, "seconds": 36}, {"seconds": 20},
        figures=[
            "cpu_percent", "busiest_half_second_percent", "heartbeats_per_half_second",
            "most_in_half_a_second",
        ],
    ),
    Experiment(
        "storm", "5,000 watchers drop, miss 5 events, and come back at once",
        [NCHAN, *ALL_OURS], "storm", {"watchers": 5000, "events": 5},
        figures=[
            "caught_up_ms", "fresh_ms", "caught_up_to_fresh", "storm_cpu_us", "fresh_cpu_us",
            "storm_slowest_connect_ms", "storm_lost_syns",
        ],
    ),
    Experiment(
        "slow", "60 of 300 readers stop, 1,000-byte events",
        [NCHAN, *BOTH], "slow",
        {"watchers": 240, "stopped": 60, "inflight": 4, "seconds": 4}, {"seconds": 2},
        figures=[
            "cpu_ratio", "alone_cpu_us_per_delivery", "beside_cpu_us_per_delivery", "p99_ratio",
            "alone_p99_ms", "beside_p99_ms", "kb_per_stopped", "sending_kb_per_stopped",
            "kernel_kb_per_stopped",
        ],
    ),
    Experiment(
        "one-thread", "time to write one event to 5,000 watchers, both cores free, 1 thread",
        BOTH, "scale", {"watchers": 5000, "rounds": 60, "server-cores": "0,1"}, {"rounds": 30},
        figures=["written_ms", "written_p90_ms", "cpu_us_per_delivery"],
    ),
    Experiment(
        "two-threads", "the same with 2 threads",
        BOTH, "scale", {"watchers": 5000, "rounds": 60, "server-cores": "0,1"}, {"rounds": 30},
        threads=2,
        figures=["written_ms", "written_p90_ms", "cpu_us_per_delivery"],
    ),
]


def command(server, binaries, threads):
    """How a server other than nginx is started."""
    if server in OURS:
        program = [str(binaries / "serve"), "--adapter", OURS[server]]
    else:
        program = [str(binaries / "peer"), "--kind", server]
    return [*program, "--port", "{port}", "--threads", str(threads)]
