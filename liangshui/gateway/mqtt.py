"""MQTT brokers (README 5.3): the gateway subscribes with QoS 1 and acknowledges a message only when it is on the disk.

The session is kept by the broker, so that what is sent while the gateway is away comes later; what comes again is stored once.
"""

import logging
import ssl
import time
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

import paho.mqtt.client as paho

from liangshui.core.errors import Invalid
from liangshui.gateway.directory import Directory, KnownBroker
from liangshui.gateway.frames import BODY, Record
from liangshui.gateway.readings.mqtt import message_in, topic_filter
from liangshui.records.secrets import opened

log = logging.getLogger(__name__)

HEARD_S = 30
"""That a broker was heard is written at most so often."""


def peer_of(broker: KnownBroker) -> str:
    """As its messages are kept."""
    return f"mqtt {broker.name}"[:60]


def record_of(broker: KnownBroker, topic: str, payload: bytes, received: int) -> Record:
    """What is kept of a message: its bytes, and the topic beside them."""
    record = Record(payload, received, peer_of(broker))
    record.protocol, record.asked = "mqtt", topic.encode()
    message = message_in(broker.device, topic, payload)
    if message is None:
        record.verdict = BODY
        return record
    record.key, record.message = message.station, message
    if broker.device.time:  # without a time in it, the same bytes are another reading
        record.identity = blake2b(topic.encode() + b"\0" + payload, digest_size=16).digest()
    return record


class Brokers:
    """The connections to all brokers. Everything is called in the gateway's loop, but for what paho's threads call."""

    def __init__(
        self,
        take: Callable[[Record], None],
        told: Callable[[int, dict[str, Any]], None],
        soon: Callable[..., Any],
    ) -> None:
        """`take` a record; `told(broker id, values)` writes what is known of a broker; `soon` runs something in the loop."""
        self._take, self._told, self._soon = take, told, soon
        self._clients: dict[KnownBroker, paho.Client] = {}
        self._heard: dict[int, float] = {}

    def renew(self, directory: Directory) -> None:
        """Listen to new or changed brokers, leave those that are gone."""
        for broker in [each for each in self._clients if each not in directory.brokers]:
            self._leave(broker)
        for broker in directory.brokers:
            if broker not in self._clients:
                self._listen(broker)

    def stop(self) -> None:
        for broker in list(self._clients):
            self._leave(broker)

    def _leave(self, broker: KnownBroker) -> None:
        client = self._clients.pop(broker)
        client.disconnect()
        client.loop_stop()

    def _listen(self, broker: KnownBroker) -> None:
        client = paho.Client(
            paho.CallbackAPIVersion.VERSION2, client_id=broker.client_id, clean_session=False, manual_ack=True
        )
        self._clients[broker] = client
        try:
            if broker.username:
                client.username_pw_set(broker.username, opened(broker.secret))
            if broker.tls:
                client.tls_set_context(ssl.create_default_context(cadata=broker.ca or None))
        except (Invalid, ssl.SSLError, ValueError) as error:
            self._told(broker.id, {"fault": str(error)[:200]})
            return
        client.reconnect_delay_set(1, 60)
        client.on_connect = lambda c, _u, _f, reason, _p: self._connected(broker, c, reason)
        client.on_connect_fail = lambda _c, _u: self._soon(self._told, broker.id, {"fault": "no connection"})
        client.on_message = lambda c, _u, message: self._soon(self._message, broker, c, message)
        client.connect_async(broker.host, broker.port, keepalive=60)
        client.loop_start()

    def _connected(self, broker: KnownBroker, client: paho.Client, reason: Any) -> None:
        fault = str(reason)[:200] if reason.is_failure else ""
        if not fault:
            client.subscribe(topic_filter(broker.device), qos=1)
        self._soon(self._told, broker.id, {"fault": fault})

    def _message(self, broker: KnownBroker, client: paho.Client, message: paho.MQTTMessage) -> None:
        received = time.time_ns() // 1_000_000
        record = record_of(broker, message.topic, bytes(message.payload), received)

        def acknowledge() -> None:
            client.ack(message.mid, message.qos)

        record.durable = acknowledge
        self._take(record)
        if time.monotonic() - self._heard.get(broker.id, -HEARD_S) >= HEARD_S:
            self._heard[broker.id] = time.monotonic()
            self._told(broker.id, {"heard_at": received})
