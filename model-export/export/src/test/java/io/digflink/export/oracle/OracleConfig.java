package io.digflink.export.oracle;

import java.util.Map;

/** Constructor arguments by their official names, with the official defaults. */
record OracleConfig(Map<String, Object> values) {

  int integer(String name, int otherwise) {
    return ((Number) values.getOrDefault(name, otherwise)).intValue();
  }

  double real(String name, double otherwise) {
    return values.get(name) instanceof Number number ? number.doubleValue() : otherwise;
  }

  boolean flag(String name, boolean otherwise) {
    return (Boolean) values.getOrDefault(name, otherwise);
  }

  String text(String name, String otherwise) {
    return (String) values.getOrDefault(name, otherwise);
  }
}
