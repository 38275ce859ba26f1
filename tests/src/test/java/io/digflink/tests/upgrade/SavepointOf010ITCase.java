package io.digflink.tests.upgrade;

/** State of release 0.1.0. */
class SavepointOf010ITCase extends SavepointOfRelease {
  SavepointOf010ITCase() {
    super("0.1.0");
  }
}
