/**
 * What operators that compute on a device share: a thread that computes while the task goes on, and
 * the rules of Flink's mailbox around it.
 */
package io.digflink.jobs.device;
