/**
 * A cluster of processes: broker, ZooKeeper, JobManager and TaskManagers, each a JVM of its own.
 */
package io.digflink.lab.cluster;
