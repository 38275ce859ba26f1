/**
 * Compares what was asked for with what came of it, topic against topic, in bounded memory: records
 * are first spread over files by request, then looked at file by file.
 */
package io.digflink.cli.audit;
