/** Faults, load and hostile input on a cluster of processes, and the judge of what came of it. */
package io.digflink.lab.faults;
