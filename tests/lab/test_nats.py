"""Three NATS servers lose one and go on."""

import asyncio
from pathlib import Path

import nats
from nats.errors import Error, NoRespondersError
from nats.js import JetStreamContext

from lab.nats import join_urls, leader, nats_cluster, wait_until_in_touch
from lab.process import PATIENCE, start_together, stop_together


async def publish(stream: JetStreamContext, text: str) -> None:
    """As soon as there is a leader; the message id makes what is sent twice one message."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                await stream.publish("words.said", text.encode(), timeout=1, headers={"Nats-Msg-Id": text})
                return
            except (Error, NoRespondersError):
                await asyncio.sleep(0.05)


def test_a_stream_survives_the_kill_of_its_leader(tmp_path: Path) -> None:
    servers = nats_cluster(tmp_path, 3, durable=True)

    async def story() -> None:
        client = await nats.connect(join_urls(servers).split(","), reconnect_time_wait=0.05, error_cb=ignored)
        stream = client.jetstream()
        await stream.add_stream(name="words", subjects=["words.>"], num_replicas=3)
        await publish(stream, "before")
        killed = leader(servers, "words")
        killed.kill()
        await publish(stream, "after")
        assert leader(servers, "words") is not killed
        killed.start()
        wait_until_in_touch(servers)
        assert (await stream.stream_info("words")).state.messages == 2
        await client.close()

    async def ignored(error: Exception) -> None:
        pass

    try:
        start_together(servers)
        wait_until_in_touch(servers)
        asyncio.run(story())
    finally:
        stop_together(servers)
    assert not any(server.running for server in servers)
