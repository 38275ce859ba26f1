package io.digflink.runtime.session;

/** ONNX Runtime could not make a session or could not run it. */
public class SessionException extends Exception {
  private static final long serialVersionUID = 1L;

  public SessionException(String message) {
    super(message);
  }

  public SessionException(String message, Throwable cause) {
    super(message, cause);
  }
}
