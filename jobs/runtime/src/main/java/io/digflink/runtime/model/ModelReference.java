package io.digflink.runtime.model;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a request asks for: a model by its name, or one version of it by the bundle's digest, as in
 * {@code fashion@sha256:…} with all 64 hexadecimal digits.
 *
 * @param name the model's name
 * @param digest digest of the bundle, or null: whichever version is served
 */
public record ModelReference(String name, String digest) {
  private static final Pattern VERSION = Pattern.compile("(.+)@sha256:([0-9a-f]{64})");

  /** Reads a reference; every text is one. */
  public static ModelReference of(String text) {
    Matcher version = VERSION.matcher(text);
    return version.matches()
        ? new ModelReference(version.group(1), version.group(2))
        : new ModelReference(text, null);
  }

  /** Whether a bundle is what is asked for. */
  boolean isFor(String bundleName, String bundleDigest) {
    return name.equals(bundleName) && (digest == null || digest.equals(bundleDigest));
  }

  @Override
  public String toString() {
    return digest == null ? name : name + "@sha256:" + digest;
  }
}
