/**
 * What operators that compute on a device share: runs beside the task's thread under the rules of
 * Flink's mailbox, and what becomes of images whose runs fail.
 */
package io.digflink.jobs.device;
