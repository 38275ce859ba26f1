/** Model bundles as the runtime sees them: found by name, verified once, opened as sessions. */
package io.digflink.runtime.model;
