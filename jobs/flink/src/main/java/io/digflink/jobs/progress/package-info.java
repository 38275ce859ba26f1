/** Keeps count of requests whose images are made in several places, and tells clients. */
package io.digflink.jobs.progress;
