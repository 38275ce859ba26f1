/** The bounded Flink job: requests of a plan into spools and shards. */
package io.digflink.synthesis.job;
