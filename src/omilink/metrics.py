"""Metrics for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """One registry per set of running services, so that tests can run several."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.webhooks = Counter("omilink_webhooks", "Webhook calls by their result", ["kind"], registry=registry)
        self.refused = Counter("omilink_webhooks_refused", "Webhook calls by error code", ["error"], registry=registry)
        self.messages = Counter("omilink_messages_saved", "Messages saved", registry=registry)
        self.too_large_records = Counter(
            "omilink_records_too_large", "Records of which nothing is kept, since they are too large", registry=registry
        )
        self.bad_segments = Counter("omilink_bad_segments", "Segments that could not be read", registry=registry)
        self.of_before = Counter(
            "omilink_segments_of_before", "Segments that continue words of an earlier owner", registry=registry
        )
        self.not_kept = Counter(
            "omilink_calls_not_kept",
            "Calls beyond a sender's daily budget, whose words are not kept",
            registry=registry,
        )
        self.quarantined = Counter(
            "omilink_quarantined", "Deliveries in quarantine, which are not saved", registry=registry
        )
        self.streams = Gauge("omilink_streams_open", "Live streams open on this node", registry=registry)
        self.jobs = Gauge("omilink_jobs", "jobs (saving a call) that are not done", ["state"], registry=registry)
        self.part_up = Gauge("omilink_part_up", "1 if a part works, else 0", ["part"], registry=registry)
        self.save_seconds = Histogram(
            "omilink_save_seconds",
            "Seconds from the acceptance of a call to the commit of its messages",
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30, 120),
            registry=registry,
        )
