"""The running services: everything that HTTP and commands need."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from omilink.accounts.passwords import Passwords
from omilink.accounts.personal_webhook import PersonalUrlOwners
from omilink.accounts.rate_limits import LocalLimits, SharedLimits
from omilink.background import Task
from omilink.clock import Millis, now
from omilink.counted_time import CountedTime
from omilink.database.store import Store
from omilink.ingest.large_calls import LargeCalls
from omilink.ingest.queue import DeliveryQueue
from omilink.ingest.refusals import Refusals
from omilink.linking.notification import Notifications
from omilink.live.bus import Bus
from omilink.metrics import Metrics
from omilink.models.order import Moment
from omilink.settings import Settings

Checks = dict[str, Callable[[], Awaitable[None]]]
"""By the name of a part: a check that raises OmilinkError with the reason if the part does not work."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Transport:
    """The queue and the bus, and the background tasks that they need: on web nodes, and on all nodes (`everywhere`)."""

    queue: DeliveryQueue
    bus: Bus
    checks: Checks = field(default_factory=dict)
    on_web: tuple[Task, ...] = ()
    everywhere: tuple[Task, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Services:
    settings: Settings
    store: Store
    queue: DeliveryQueue
    bus: Bus
    webhook_secrets: tuple[str, ...]
    operator_token: str
    limits: SharedLimits
    local_limits: LocalLimits
    notifications: Notifications | None
    personal_urls: PersonalUrlOwners
    counted: CountedTime
    checks: Checks
    passwords: Passwords = field(default_factory=Passwords)
    metrics: Metrics = field(default_factory=Metrics)
    refusals: Refusals = field(default_factory=Refusals)
    large_calls: LargeCalls = field(default_factory=LargeCalls)
    clock: Callable[[], Millis] = now

    def shown(self, moment: Millis) -> Millis:
        """The wall clock's time at this moment of counted time, in milliseconds since 1970. For display only."""
        return moment + round((self.clock() - self.counted()) / 1000) * 1000

    async def moment(self) -> Moment:
        """The moment of an act that happens now: its place in the order, and its time."""
        return await self.queue.moment(self.clock())
