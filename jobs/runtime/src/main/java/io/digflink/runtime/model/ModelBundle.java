package io.digflink.runtime.model;

import io.digflink.bundle.BundleDirectory;
import io.digflink.bundle.BundleException;
import io.digflink.bundle.ModelManifest;
import io.digflink.runtime.sampling.Diffusion;
import io.digflink.runtime.sampling.LatentShape;
import io.digflink.runtime.session.DecoderSession;
import io.digflink.runtime.session.DenoiserSession;
import io.digflink.runtime.session.Device;
import io.digflink.runtime.session.SessionException;
import io.digflink.runtime.session.SessionMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A verified model bundle and what can be made with it. */
public final class ModelBundle {
  private static final Set<Verified> VERIFIED = ConcurrentHashMap.newKeySet();

  private final BundleDirectory directory;
  private final String digest;
  private final Diffusion diffusion;
  private final Capabilities capabilities;

  private ModelBundle(BundleDirectory directory) {
    this.directory = directory;
    this.digest = directory.digest();
    this.diffusion = Diffusion.of(directory.manifest());
    this.capabilities = Capabilities.of(directory.manifest());
  }

  /**
   * Opens a bundle. Its files' digests are verified the first time in a JVM.
   *
   * @throws IOException if it is not a bundle or its files differ from its manifest
   */
  public static ModelBundle open(Path path) throws IOException {
    BundleDirectory directory = BundleDirectory.open(path);
    Object file = Files.readAttributes(directory.denoiser(), BasicFileAttributes.class).fileKey();
    Verified verified = new Verified(path.toRealPath(), directory.digest(), file);
    if (!VERIFIED.contains(verified)) {
      directory.verify();
      VERIFIED.add(verified);
    }
    return new ModelBundle(directory);
  }

  /** Name by which requests ask for it. */
  public String name() {
    return manifest().name();
  }

  /** The bundle's manifest. */
  public ModelManifest manifest() {
    return directory.manifest();
  }

  /** SHA-256 of the bundle, 64 lower-case hexadecimal digits. */
  public String digest() {
    return digest;
  }

  /** Its directory. */
  public Path path() {
    return directory.path();
  }

  /** Its name and digest, by which requests ask for this version. */
  public ModelReference reference() {
    return new ModelReference(name(), digest());
  }

  /** Which images it can make. */
  public Capabilities capabilities() {
    return capabilities;
  }

  /** What sampling needs to know of it. */
  public Diffusion diffusion() {
    return diffusion;
  }

  /** Whether it can decode latents into images. */
  public boolean hasDecoder() {
    return directory.decoder().isPresent();
  }

  /** Shape of the latents that the model was trained on. */
  public LatentShape latentShape() {
    ModelManifest.Latent latent = manifest().latent();
    return new LatentShape(latent.channels(), latent.height(), latent.width());
  }

  /** Image pixels per latent cell, in each direction. */
  public int imageScale() {
    return image().scale();
  }

  /** Bytes that its denoiser and its decoder reserve on a device. */
  public long memoryOn(Device device) {
    return SessionMemory.of(directory.denoiser(), device)
        + directory.decoder().map(decoder -> SessionMemory.of(decoder, device)).orElse(0L);
  }

  /** Leases the denoiser's session; see {@link DenoiserSession#open}. */
  public DenoiserSession openDenoiser(Device device, int threads) throws SessionException {
    DenoiserSession session = DenoiserSession.open(directory.denoiser(), device, threads);
    return checked(session, session::close);
  }

  /** Leases the decoder's session; see {@link DecoderSession#open}. */
  public DecoderSession openDecoder(Device device, int threads) throws SessionException {
    Path graph = directory.decoder().orElseThrow(this::noDecoder);
    DecoderSession session =
        DecoderSession.open(graph, image().scale(), image().channels(), device, threads);
    return checked(session, session::close);
  }

  /** A session of this bundle, and not of another that has taken its place meanwhile. */
  private <S> S checked(S session, Runnable close) throws SessionException {
    String found;
    try {
      found = BundleDirectory.open(path()).digest();
    } catch (BundleException e) {
      found = e.getMessage();
    }
    if (found.equals(digest())) {
      return session;
    }
    close.run();
    throw new SessionException(
        "Expected the bundle "
            + digest()
            + " in "
            + path()
            + ", found that it was replaced: "
            + found);
  }

  private ModelManifest.Image image() {
    if (!hasDecoder()) {
      throw noDecoder();
    }
    return manifest().image();
  }

  private IllegalStateException noDecoder() {
    return new IllegalStateException(
        "Bundle " + name() + " has no decoder: export it again with --vae");
  }

  /** A bundle whose digests were right; another copy of it may be in its place now. */
  private record Verified(Path path, String digest, Object file) {}
}
