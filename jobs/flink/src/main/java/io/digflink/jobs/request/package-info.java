/** What passes between the stages about a request: records, rejects, progress, side outputs. */
package io.digflink.jobs.request;
