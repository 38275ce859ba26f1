/** How requests share the job: portions, tenants, cancellations, repeats and previews. */
package io.digflink.tests.queue;
