#!/usr/bin/env python3
"""Asks for one image and writes it as a file: client.py BROKERS MODEL LABEL FILE

Needs Debian's python3-kafka; the job must run with --topics.format json.
"""
import base64
import json
import sys
import uuid

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

brokers, model, label, file = sys.argv[1:]
request_id = str(uuid.uuid4())

# From the topics' ends, which are known before the request is sent: its answers come after.
consumer = KafkaConsumer(bootstrap_servers=brokers, consumer_timeout_ms=120_000)
partitions = [
    TopicPartition(topic, partition)
    for topic in ("dig.images", "dig.rejected")
    for partition in consumer.partitions_for_topic(topic)
]
consumer.assign(partitions)
consumer.seek_to_end()
for partition in partitions:
    consumer.position(partition)

producer = KafkaProducer(bootstrap_servers=brokers)
request = {"request_id": request_id, "model": model, "labels": [int(label)], "steps": 10}
producer.send("dig.requests", key=request_id.encode(), value=json.dumps(request).encode())
producer.close()

for record in consumer:
    # Version 2.0.2 hands over transaction markers as records. Only the job's own have this header.
    # It cannot read committed records only, either: an image of an aborted transaction comes a
    # second time with the same bytes, so whoever counts takes request id and index as the key.
    if dict(record.headers).get("request-id") != request_id.encode():
        continue
    answer = json.loads(record.value)
    if record.topic == "dig.rejected":
        sys.exit(answer["message"])
    with open(file, "wb") as image:
        image.write(base64.b64decode(answer["bytes"]))
    print(f"{file}: {answer['width']}x{answer['height']}, sha256 {answer['sha256']}")
    break
else:
    sys.exit("no answer within two minutes: does the job run, with --topics.format json?")
