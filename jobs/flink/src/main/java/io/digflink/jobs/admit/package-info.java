/** Decides which requests are served: reads them, checks every field, and answers what is wrong. */
package io.digflink.jobs.admit;
