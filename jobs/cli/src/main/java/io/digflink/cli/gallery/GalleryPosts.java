package io.digflink.cli.gallery;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.digflink.cli.client.CancellationSender;
import io.digflink.cli.client.RequestSender;
import io.digflink.schemas.GenerationRequest;
import io.digflink.schemas.codec.JsonCodec;
import io.digflink.schemas.codec.RecordFormatException;
import java.io.IOException;
import java.util.UUID;

/** Sends what the page asks for: requests and cancellations. */
final class GalleryPosts implements AutoCloseable {
  private static final int BAD = 400;
  private static final int UNAVAILABLE = 503;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final JsonCodec<GenerationRequest> codec = JsonCodec.of(GenerationRequest.class);
  private final RequestSender requests;
  private final CancellationSender cancellations;

  GalleryPosts(GallerySettings settings) {
    requests = new RequestSender(settings.client(), settings.topics().requests());
    cancellations = new CancellationSender(settings.client(), settings.topics().cancellations());
  }

  /**
   * Sends a request.
   *
   * @param body a GenerationRequest in JSON; without an id it gets one
   * @return its id
   */
  ObjectNode send(byte[] body) throws RefusedException, InterruptedException {
    ObjectNode given = object(body);
    if (!given.hasNonNull("request_id")) {
      given.put("request_id", "gallery-" + UUID.randomUUID());
    }
    if (!given.hasNonNull("created_at")) {
      given.put("created_at", System.currentTimeMillis());
    }
    try {
      GenerationRequest request = codec.decode(JSON.writeValueAsBytes(given));
      requests.send(request);
      return answer(request.getRequestId());
    } catch (RecordFormatException | JsonProcessingException e) {
      throw new RefusedException(BAD, e.getMessage());
    } catch (IllegalStateException e) {
      throw new RefusedException(UNAVAILABLE, e.getMessage());
    }
  }

  /**
   * Cancels a request.
   *
   * @param body an object with its request_id
   * @return its id
   */
  ObjectNode cancel(byte[] body) throws RefusedException, InterruptedException {
    JsonNode id = object(body).path("request_id");
    if (!id.isTextual() || id.textValue().isEmpty()) {
      throw new RefusedException(BAD, "Expected the request_id of a request, found " + id);
    }
    try {
      cancellations.cancel(id.textValue());
      return answer(id.textValue());
    } catch (IllegalStateException e) {
      throw new RefusedException(UNAVAILABLE, e.getMessage());
    }
  }

  private static ObjectNode answer(String requestId) {
    return JsonNodeFactory.instance.objectNode().put("request_id", requestId);
  }

  private static ObjectNode object(byte[] body) throws RefusedException {
    try {
      if (JSON.readTree(body) instanceof ObjectNode object) {
        return object;
      }
    } catch (IOException e) {
      // refused below
    }
    throw new RefusedException(BAD, "Expected a JSON object, found something else");
  }

  @Override
  public void close() {
    requests.close();
    cancellations.close();
  }
}
