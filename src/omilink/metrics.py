"""What is counted, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """One registry per set of running services, so that tests can run several."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.webhooks = Counter("omilink_webhooks", "Webhook calls by what became of them", ["kind"], registry=registry)
        self.refused = Counter("omilink_webhooks_refused", "Webhook calls by error code", ["error"], registry=registry)
        self.messages = Counter("omilink_messages_saved", "Messages saved", registry=registry)
        self.bad_segments = Counter("omilink_bad_segments", "Segments that could not be read", registry=registry)
        self.of_before = Counter(
            "omilink_segments_of_before", "Segments that go on with an earlier owner's words", registry=registry
        )
        self.not_kept = Counter(
            "omilink_calls_not_kept",
            "Calls beyond a sender's budget of a day, whose words are not kept",
            registry=registry,
        )
        self.quarantined = Counter("omilink_quarantined", "Deliveries put aside unsaved", registry=registry)
        self.streams = Gauge("omilink_streams_open", "Live streams open on this node", registry=registry)
        self.jobs = Gauge("omilink_jobs", "CONVERSATION_SAVE jobs that are not done", ["state"], registry=registry)
        self.part_up = Gauge(
            "omilink_part_up", "1 for a part that works, 0 for one that is ill", ["part"], registry=registry
        )
        self.save_seconds = Histogram(
            "omilink_save_seconds",
            "From the call's acceptance to its commit as messages",
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30, 120),
            registry=registry,
        )
