/** Faults of the network between the processes, each on an address of its own. */
package io.digflink.lab.faults.network;
