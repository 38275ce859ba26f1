/**
 * A Kafka broker and a Flink cluster inside this JVM: what the commands use where no servers are
 * given, and what integration tests run on.
 */
package io.digflink.cli.embedded;
