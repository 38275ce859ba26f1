/** A client's two ends of the job: requests sent to Kafka, results read from it. */
package io.digflink.cli.client;
