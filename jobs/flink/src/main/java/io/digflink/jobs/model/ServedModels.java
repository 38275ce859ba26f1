package io.digflink.jobs.model;

import io.digflink.runtime.model.ModelBundle;
import io.digflink.runtime.model.ModelCatalog;
import io.digflink.runtime.session.DecoderSession;
import io.digflink.runtime.session.DenoiserSession;
import io.digflink.runtime.session.Device;
import io.digflink.runtime.session.SessionException;
import java.io.IOException;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The verified bundles of a directory and the sessions of those in use, closed together. */
public final class ServedModels implements AutoCloseable {
  private final ModelSettings settings;
  private final Device device;
  private final Map<String, ModelBundle> bundles = new TreeMap<>();
  private final Map<String, DenoiserSession> denoisers = new HashMap<>();
  private final Map<String, DecoderSession> decoders = new HashMap<>();

  /**
   * Finds and verifies the bundles.
   *
   * @param device where their sessions are opened
   * @throws IOException if there are none, or one of them cannot make images
   */
  public ServedModels(ModelSettings settings, Device device) throws IOException {
    this.settings = settings;
    this.device = device;
    ModelCatalog catalog = FetchedBundles.open(settings.directory());
    for (String name : catalog.names()) {
      ModelBundle bundle = catalog.find(name).orElseThrow();
      if (!bundle.hasDecoder()) {
        throw new IOException(
            "Expected bundles that make images in "
                + settings.directory()
                + ", found "
                + name
                + " without a decoder: export it with --vae, or remove it");
      }
      bundles.put(name, bundle);
    }
  }

  /** All bundles. */
  public Collection<ModelBundle> bundles() {
    return Collections.unmodifiableCollection(bundles.values());
  }

  /** The bundle of a name, if it is served. */
  public Optional<ModelBundle> find(String name) {
    return Optional.ofNullable(bundles.get(name));
  }

  /** The bundle of a name that admission has found. */
  public ModelBundle bundle(String name) {
    return find(name)
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "Expected one of the models " + bundles.keySet() + ", found " + name));
  }

  /** The denoiser of a bundle, opened at its first use. */
  public DenoiserSession denoiser(String name) throws SessionException {
    DenoiserSession session = denoisers.get(name);
    if (session == null) {
      session = bundle(name).openDenoiser(device, settings.intraOpThreads());
      denoisers.put(name, session);
    }
    return session;
  }

  /** The decoder of a bundle, opened at its first use. */
  public DecoderSession decoder(String name) throws SessionException {
    DecoderSession session = decoders.get(name);
    if (session == null) {
      session = bundle(name).openDecoder(device, settings.intraOpThreads());
      decoders.put(name, session);
    }
    return session;
  }

  @Override
  public void close() {
    denoisers.values().forEach(DenoiserSession::close);
    decoders.values().forEach(DecoderSession::close);
  }
}
