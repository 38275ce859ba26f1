/** What earlier releases wrote: their bytes, and the values that these stand for. */
package io.digflink.jobs.golden;
