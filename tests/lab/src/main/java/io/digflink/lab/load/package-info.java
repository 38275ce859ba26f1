/** Load on a cluster of processes: more than it can serve for long, and what checkpoints cost. */
package io.digflink.lab.load;
