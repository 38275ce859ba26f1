/** The model bundles that a job serves, for its operators. */
package io.digflink.jobs.model;
