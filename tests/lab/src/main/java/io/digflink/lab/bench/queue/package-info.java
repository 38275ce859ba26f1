/** How the queue of the job treats those who wait in it. */
package io.digflink.lab.bench.queue;
