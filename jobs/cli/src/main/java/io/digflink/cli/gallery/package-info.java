/**
 * A web page that shows what a job does, and sends and cancels requests. It reads the topics as any
 * client does; nothing of it is needed to run a job.
 */
package io.digflink.cli.gallery;
