/** Exports a checkpoint as a model bundle, and reports on bundles. */
package io.digflink.export;
