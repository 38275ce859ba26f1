package io.digflink.lab.bench.queue;

/** What a part of the benchmark found. */
interface Findings {
  /** A title, a table in Markdown, and how it is reckoned. */
  String table();
}
