/** What every command shares as a process: its temporary files, its log file, its end. */
package io.digflink.cli.process;
