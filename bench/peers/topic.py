"""What the peers share: reading a topic of float32 rows, and telling how fast."""

import sys
import time
import uuid

import numpy as np
from confluent_kafka import Consumer

BATCH = 1000
WARM_UP = 0.1


def measure(title, score):
    """Answers each line of input, a number of records, with the records per second of reading and scoring
    that many, and the processor seconds that each took.

    PROGRAM BROKERS TOPIC REFERENCE.npy; `score` takes an n x d float32 array. The first tenth of the records is warm-up.
    """
    brokers, topic, reference = sys.argv[1:4]
    d = np.load(reference, mmap_mode="r").shape[1]
    print(title, flush=True)
    for line in sys.stdin:
        print(*rate(brokers, topic, d, int(line), score), flush=True)


def rate(brokers, topic, d, records, score):
    consumer = Consumer(
        {
            "bootstrap.servers": brokers,
            "group.id": f"peer-{uuid.uuid4()}",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    consumer.subscribe([topic])
    start = None
    seen = 0
    while seen < records:
        messages = consumer.consume(BATCH, timeout=1.0)
        if not messages:
            continue
        for message in messages:
            if message.error():
                raise RuntimeError(message.error())
        score(np.frombuffer(b"".join(message.value() for message in messages), "<f4").reshape(-1, d))
        seen += len(messages)
        if start is None and seen >= WARM_UP * records:
            start, cpu, before = time.perf_counter(), time.process_time(), seen
    seconds, worked = time.perf_counter() - start, time.process_time() - cpu
    consumer.close()
    return (seen - before) / seconds, worked / (seen - before)
