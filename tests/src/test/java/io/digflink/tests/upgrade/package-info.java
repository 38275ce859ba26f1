/** State that earlier releases wrote, restored by this one, and how such state is recorded. */
package io.digflink.tests.upgrade;
