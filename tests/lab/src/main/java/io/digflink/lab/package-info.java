/** Benchmarks, load and faults: the commands that measure dig-flink and break it. */
package io.digflink.lab;
