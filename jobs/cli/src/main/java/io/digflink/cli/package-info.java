/** The command line: {@code dig}. */
package io.digflink.cli;
