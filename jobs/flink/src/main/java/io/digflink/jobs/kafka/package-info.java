/** The job's Kafka ends: bytes in as they are, records out exactly once. */
package io.digflink.jobs.kafka;
