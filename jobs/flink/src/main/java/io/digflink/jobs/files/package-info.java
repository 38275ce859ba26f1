/** What can be wrong with files that a user names. */
package io.digflink.jobs.files;
