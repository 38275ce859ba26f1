/** The streaming job: its options, its topology, its main class. */
package io.digflink.jobs.generate;
