package io.digflink.tests.upgrade;

/** State of release 0.2.0. */
class SavepointOf020ITCase extends SavepointOfRelease {
  SavepointOf020ITCase() {
    super("0.2.0");
  }
}
